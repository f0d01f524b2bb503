/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The replies of a device on its serial port: when they are ready, and what becomes of them on their way. */

#include <string.h>

#include "sim/parts/serial.h"

/* On a slow line a device's bytes come in pieces. */
#define PIECE_SIZE 16u
#define BITS_PER_BYTE 10u
#define US_PER_S UINT64_C(1000000)

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

uint64_t dfut_sim_serial_get_time_us(const struct dfut_sim_serial *serial, size_t size)
{
	return serial->baud ? (size * BITS_PER_BYTE * US_PER_S + serial->baud - 1) / serial->baud : 0;
}

static size_t get_piece(const struct dfut_sim_serial *serial)
{
	size_t left = serial->size - serial->ready;

	return serial->baud && left > PIECE_SIZE ? PIECE_SIZE : left;
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
	bool is_sending = serial->baud && serial->ready < serial->size;
	uint64_t now_us = dfut_sim_device_get_time_us(serial->device);

	if (fault == DFUT_SIM_FAULT_LOST_REPLY)
		return;
	if (fault == DFUT_SIM_FAULT_NOISY_REPLY)
		add(serial, noise, sizeof(noise));
	add(serial, bytes, size);
	if (fault == DFUT_SIM_FAULT_SPOILT_REPLY && serial->size > start)
		serial->bytes[start + (serial->size - start) / 2] ^= 0x10;
	if (is_sending)
		return;
	if (!serial->baud)
		serial->ready = 0;
	if (fault == DFUT_SIM_FAULT_LATE_REPLY)
		after_us += serial->device->reply_delay_us;
	/* What was said before does not come sooner for it. */
	if (start && serial->due_us > now_us + after_us)
		after_us = serial->due_us - now_us;
	serial->due_us = now_us + after_us;
	dfut_sim_device_set_timer(serial->device, serial->timer,
				  after_us + dfut_sim_serial_get_time_us(serial, get_piece(serial)));
}

void dfut_sim_serial_forget(struct dfut_sim_serial *serial)
{
	serial->size = 0;
	serial->ready = 0;
	dfut_sim_device_set_timer(serial->device, serial->timer, UINT64_MAX);
}

int dfut_sim_serial_send(struct dfut_sim_serial *serial, uint8_t *data, size_t room)
{
	size_t given = serial->ready < room ? serial->ready : room;

	if (serial->ready == 0)
		return DFUT_ERROR_BUSY;
	memcpy(data, serial->bytes, given);
	serial->size -= given;
	serial->ready -= given;
	memmove(serial->bytes, serial->bytes + given, serial->size);
	return (int)given;
}

void dfut_sim_serial_timer(struct dfut_sim_serial *serial)
{
	serial->ready += get_piece(serial);
	if (serial->ready < serial->size)
		dfut_sim_device_set_timer(serial->device, serial->timer,
					  dfut_sim_serial_get_time_us(serial, get_piece(serial)));
	dfut_sim_device_set_ready(serial->device);
}
