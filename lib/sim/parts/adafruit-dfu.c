/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * The legacy DFU of nRF5 SDK 11 as Adafruit's bootloader has it: dfu_transport_serial.c, dfu_single_bank.c,
 * dfu_init.c. A packet is acknowledged when it came; what it says is done afterwards, and if it is refused the device
 * restarts. Times: nRF52840 product specification.
 */

#include <stdlib.h>
#include <string.h>

#include "sim/parts/adafruit-dfu.h"

enum operation {
	OPERATION_INIT = 1,
	OPERATION_START = 3,
	OPERATION_DATA = 4,
	OPERATION_STOP = 5,
};

/* In START; bits */
enum mode {
	MODE_SOFTDEVICE = 1,
	MODE_BOOTLOADER = 2,
	MODE_APPLICATION = 4,
};

#define START_SIZE 16u
#define DATA_LIMIT 512u
#define ERASED 0xff
#define WORD_SIZE 4u
#define CRC_START 0xffff
#define SOFTDEVICE_ANY 0xfffe
#define SOFTDEVICE_ID_OFFSET 0x200cu
#define DEVICE_TYPE 0x0052
#define DEVICE_REVISION 52840
#define DEVICE_REVISION_ANY 0xffff
/* Behind S140 6.1.1, and up to the application's data */
#define APPLICATION 0x26000u
#define APPLICATION_END 0xed000u
#define FACTORY_SOFTDEVICE 0xb6
#define FACTORY_SIZE 0x8000u
#define ERASE_MS 85
#define WRITE_US 41
/* Time enough for the acknowledgement to be read */
#define RESET_US 20000

/* What is in front of the list of SoftDevices in an init packet */
#define INIT_HEAD 10u
#define INIT_REVISION 2
#define INIT_COUNT 8

uint64_t dfut_sim_adafruit_get_busy_us(const struct dfut_sim_adafruit *dfu)
{
	uint64_t now_us = dfut_sim_device_get_time_us(dfu->device);

	return dfu->busy_until_us > now_us ? dfu->busy_until_us - now_us : 0;
}

static void take_time(struct dfut_sim_adafruit *dfu, uint64_t us)
{
	dfu->busy_until_us = dfut_sim_device_get_time_us(dfu->device) + dfut_sim_adafruit_get_busy_us(dfu) + us;
}

static uint32_t count_pages(uint32_t size)
{
	return (size + DFUT_SIM_ADAFRUIT_PAGE_SIZE - 1) / DFUT_SIM_ADAFRUIT_PAGE_SIZE;
}

static void restart(struct dfut_sim_adafruit *dfu)
{
	dfu->phase = DFUT_SIM_ADAFRUIT_ENDING;
	dfut_sim_device_set_timer(dfu->device, DFUT_SIM_ADAFRUIT_RESET, dfut_sim_adafruit_get_busy_us(dfu) + RESET_US);
}

const char *dfut_sim_adafruit_get_state_name(const struct dfut_sim_adafruit *dfu)
{
	static const char *const names[] = { "idle", "started", "receiving", "ending" };

	return names[dfu->phase];
}

/* START. */

static bool is_right_start(const struct dfut_sim_adafruit *dfu, const uint32_t sizes[3])
{
	bool has_application = dfu->mode & MODE_APPLICATION;
	uint32_t room = (APPLICATION_END - APPLICATION) / (dfu->options.bank ? 2 : 1);

	if (dfu->mode == 0 || dfu->mode > MODE_APPLICATION || (has_application && dfu->mode != MODE_APPLICATION))
		return false;
	for (size_t i = 0; i < 3; i++)
		if (sizes[i] % WORD_SIZE || sizes[i] > room || !sizes[i] != !(dfu->mode & 1u << i))
			return false;
	return sizes[0] + sizes[1] + sizes[2] <= room;
}

static void start_update(struct dfut_sim_adafruit *dfu, const uint8_t *rest, size_t size)
{
	uint32_t sizes[3];

	if (dfu->phase != DFUT_SIM_ADAFRUIT_IDLE || size != START_SIZE) {
		restart(dfu);
		return;
	}
	dfu->mode = dfut_le32(rest);
	for (size_t i = 0; i < 3; i++)
		sizes[i] = dfut_le32(rest + 4 * (i + 1));
	if (!is_right_start(dfu, sizes)) {
		restart(dfu);
		return;
	}
	dfu->image_size = sizes[0] + sizes[1] + sizes[2];
	dfu->received = 0;
	dfu->settings.application_size = 0;
	memset(dfu->flash + APPLICATION, ERASED, (size_t)count_pages(dfu->image_size) * DFUT_SIM_ADAFRUIT_PAGE_SIZE);
	dfu->device->counters.pages += count_pages(dfu->image_size);
	take_time(dfu, count_pages(dfu->image_size) * (uint64_t)dfu->options.erase_ms * DFUT_SIM_US_PER_MS);
	dfu->phase = DFUT_SIM_ADAFRUIT_STARTED;
}

/* INIT: device type and revision, version, the SoftDevices that will do, CRC of the image; two zeros behind it. */

static bool is_for_softdevice(const struct dfut_sim_adafruit *dfu, const uint8_t *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint16_t id = dfut_le16(list + 2 * i);

		if (id == SOFTDEVICE_ANY || id == dfu->settings.softdevice)
			return true;
	}
	return false;
}

static bool is_right_init(const struct dfut_sim_adafruit *dfu, const uint8_t *init, size_t size)
{
	size_t count;
	uint16_t revision;

	if (size < INIT_HEAD + 2 || size > DFUT_SIM_ADAFRUIT_INIT_SIZE || dfut_le16(init) != DEVICE_TYPE)
		return false;
	revision = dfut_le16(init + INIT_REVISION);
	if (dfu->mode != MODE_APPLICATION && revision != DEVICE_REVISION && revision != DEVICE_REVISION_ANY)
		return false;
	count = dfut_le16(init + INIT_COUNT);
	return count <= (size - INIT_HEAD - 2) / 2 && is_for_softdevice(dfu, init + INIT_HEAD, count);
}

static void take_init(struct dfut_sim_adafruit *dfu, const uint8_t *rest, size_t size)
{
	if (dfu->phase != DFUT_SIM_ADAFRUIT_STARTED || size < 2 || !is_right_init(dfu, rest, size - 2)) {
		restart(dfu);
		return;
	}
	dfu->crc = dfut_le16(rest + INIT_HEAD + (size_t)2 * dfut_le16(rest + INIT_COUNT));
	dfu->phase = DFUT_SIM_ADAFRUIT_RECEIVING;
}

/* DATA and STOP. */

static void take_data(struct dfut_sim_adafruit *dfu, const uint8_t *rest, size_t size)
{
	if (size > DATA_LIMIT || size % WORD_SIZE)
		dfut_sim_device_breach(dfu->device, "%s: DATA with %zu bytes: 512 at most, and whole words",
				       dfut_sim_adafruit_get_state_name(dfu), size);
	if (dfu->phase != DFUT_SIM_ADAFRUIT_RECEIVING || size == 0 || size % WORD_SIZE ||
	    size > dfu->image_size - dfu->received) {
		restart(dfu);
		return;
	}
	memcpy(dfu->flash + APPLICATION + dfu->received, rest, size);
	dfu->received += (uint32_t)size;
	dfu->device->counters.objects++;
	dfu->device->counters.words += size / WORD_SIZE;
	take_time(dfu, (uint64_t)size / WORD_SIZE * dfu->options.write_us);
}

static void activate(struct dfut_sim_adafruit *dfu)
{
	uint32_t page_us = DFUT_SIM_ADAFRUIT_PAGE_SIZE / WORD_SIZE * dfu->options.write_us;

	if (dfu->mode == MODE_APPLICATION)
		dfu->settings.application_size = dfu->image_size;
	if (dfu->mode & MODE_SOFTDEVICE && dfu->image_size >= SOFTDEVICE_ID_OFFSET + 2)
		dfu->settings.softdevice = dfut_le16(dfu->flash + APPLICATION + SOFTDEVICE_ID_OFFSET);
	dfu->activation_ms = 0;
	if (dfu->options.bank || dfu->mode != MODE_APPLICATION)
		dfu->activation_ms = count_pages(dfu->image_size) * (dfu->options.erase_ms + page_us / 1000);
	/* The settings page */
	take_time(dfu, dfu->options.erase_ms * DFUT_SIM_US_PER_MS);
}

static void stop_update(struct dfut_sim_adafruit *dfu)
{
	if (dfu->phase == DFUT_SIM_ADAFRUIT_RECEIVING && dfu->received == dfu->image_size &&
	    dfut_sim_adafruit_crc(CRC_START, dfu->flash + APPLICATION, dfu->image_size) == dfu->crc)
		activate(dfu);
	restart(dfu);
}

void dfut_sim_adafruit_take(struct dfut_sim_adafruit *dfu, const uint8_t *payload, size_t size)
{
	const uint8_t *rest = payload + WORD_SIZE;

	if (size < WORD_SIZE)
		return;
	switch (dfut_le32(payload)) {
	case OPERATION_START:
		start_update(dfu, rest, size - WORD_SIZE);
		return;
	case OPERATION_INIT:
		take_init(dfu, rest, size - WORD_SIZE);
		return;
	case OPERATION_DATA:
		take_data(dfu, rest, size - WORD_SIZE);
		return;
	case OPERATION_STOP:
		stop_update(dfu);
		return;
	default:
		dfut_sim_device_breach(dfu->device, "%s: operation %u, which there is not",
				       dfut_sim_adafruit_get_state_name(dfu), (unsigned int)dfut_le32(payload));
	}
}

/* Life. */

void dfut_sim_adafruit_create(struct dfut_sim_adafruit *dfu, struct dfut_sim_device *device)
{
	dfu->device = device;
	dfu->options.softdevice = FACTORY_SOFTDEVICE;
	dfu->options.erase_ms = ERASE_MS;
	dfu->options.write_us = WRITE_US;
}

int dfut_sim_adafruit_prepare(struct dfut_sim_adafruit *dfu)
{
	dfu->flash = malloc(DFUT_SIM_ADAFRUIT_FLASH_SIZE);
	if (!dfu->flash)
		return DFUT_ERROR_NO_MEMORY;
	memset(dfu->flash, ERASED, DFUT_SIM_ADAFRUIT_FLASH_SIZE);
	for (uint32_t i = 0; i < FACTORY_SIZE; i++)
		dfu->flash[APPLICATION + i] = (uint8_t)(i * 7 + i / 256);
	dfu->settings = (struct dfut_sim_adafruit_settings){ FACTORY_SIZE, dfu->options.softdevice };
	return 0;
}

void dfut_sim_adafruit_free(struct dfut_sim_adafruit *dfu)
{
	free(dfu->flash);
}

void dfut_sim_adafruit_start(struct dfut_sim_adafruit *dfu)
{
	dfut_sim_serial_start(&dfu->serial, dfu->device, DFUT_SIM_ADAFRUIT_REPLY);
	dfu->packet_size = 0;
	dfu->is_inside = false;
	dfu->is_escaped = false;
	dfu->is_wrong = false;
	dfu->is_deaf = false;
	dfu->expected = 1;
	dfu->busy_until_us = 0;
	dfu->phase = DFUT_SIM_ADAFRUIT_IDLE;
}

int dfut_sim_adafruit_get_memory(struct dfut_sim_adafruit *dfu, size_t index, struct dfut_sim_memory *memory)
{
	if (index > 1)
		return DFUT_ERROR_NOT_FOUND;
	*memory = index == 0 ? (struct dfut_sim_memory){ "flash", dfu->flash, DFUT_SIM_ADAFRUIT_FLASH_SIZE } :
			       (struct dfut_sim_memory){ "settings", (uint8_t *)&dfu->settings, sizeof(dfu->settings) };
	return 0;
}
