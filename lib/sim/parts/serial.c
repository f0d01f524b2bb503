/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The replies of a device on its serial port: when they are ready, and what becomes of them on their way. */

#include <string.h>

#include "sim/parts/serial.h"

/* As a terminal would send it, or ModemManager */
static const uint8_t noise[] = { 'A', 'T', '\r' };

void dfut_sim_serial_start(struct dfut_sim_serial *serial, struct dfut_sim_device *device, unsigned int timer)
{
	memset(serial, 0, sizeof(*serial));
	serial->device = device;
	serial->timer = timer;
	dfut_sim_device_set_timer(device, timer, UINT64_MAX);
}

bool dfut_sim_serial_is_empty(const struct dfut_sim_serial *serial)
{
	return serial->size == 0;
}

static void add(struct dfut_sim_serial *serial, const uint8_t *bytes, size_t size)
{
	size_t room = sizeof(serial->bytes) - serial->size;

	if (size > room)
		size = room;
	memcpy(serial->bytes + serial->size, bytes, size);
	serial->size += size;
}

void dfut_sim_serial_say(struct dfut_sim_serial *serial, const uint8_t *bytes, size_t size, uint64_t after_us)
{
	enum dfut_sim_fault_kind fault = serial->device->reply_fault;
	size_t start = serial->size;

	if (fault == DFUT_SIM_FAULT_LOST_REPLY)
		return;
	if (fault == DFUT_SIM_FAULT_NOISY_REPLY)
		add(serial, noise, sizeof(noise));
	add(serial, bytes, size);
	if (fault == DFUT_SIM_FAULT_SPOILT_REPLY && serial->size > start)
		serial->bytes[start + (serial->size - start) / 2] ^= 0x10;
	serial->is_ready = false;
	dfut_sim_device_set_timer(serial->device, serial->timer, after_us);
}

void dfut_sim_serial_forget(struct dfut_sim_serial *serial)
{
	serial->size = 0;
	serial->is_ready = false;
	dfut_sim_device_set_timer(serial->device, serial->timer, UINT64_MAX);
}

int dfut_sim_serial_send(struct dfut_sim_serial *serial, uint8_t *data, size_t room)
{
	size_t given = serial->size < room ? serial->size : room;

	if (!serial->is_ready || serial->size == 0)
		return DFUT_ERROR_BUSY;
	memcpy(data, serial->bytes, given);
	serial->size -= given;
	memmove(serial->bytes, serial->bytes + given, serial->size);
	return (int)given;
}

void dfut_sim_serial_timer(struct dfut_sim_serial *serial)
{
	serial->is_ready = true;
	dfut_sim_device_set_ready(serial->device);
}
