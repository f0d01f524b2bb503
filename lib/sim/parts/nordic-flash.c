/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * The flash of an nRF52840 under nRF5 SDK's bootloader: MBR, SoftDevice if there is one, application, what is left for
 * a second bank, bootloader, settings (nrf_dfu_utils.c, nrf_bootloader_fw_activation.c). Times: nRF52840 product
 * specification.
 */

#include <stdlib.h>
#include <string.h>

#include "sim/parts/nordic.h"

#define ERASED 0xff
#define WORD_SIZE 4u
#define CRC_POLYNOMIAL 0xedb88320u
/* nrf_sdm.h: the information structure of a SoftDevice, from the start of its image on */
#define SOFTDEVICE_MAGIC_OFFSET 0x2004u
#define SOFTDEVICE_MAGIC 0x51b1e5dbu
#define SOFTDEVICE_ID_OFFSET 0x200cu
#define SOFTDEVICE_VERSION_OFFSET 0x2014u
#define SOFTDEVICE_INFO_END 0x2018u
/* What the factory puts where the application is */
#define FACTORY_SIZE 0xc000u
#define FACTORY_SOFTDEVICE_SIZE 0x26000u
#define FACTORY_SOFTDEVICE_VERSION 7002000u

uint32_t dfut_sim_nordic_crc(uint32_t crc, const uint8_t *bytes, size_t size)
{
	crc = ~crc;
	for (size_t i = 0; i < size; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ CRC_POLYNOMIAL : crc >> 1;
	}
	return ~crc;
}

static uint32_t round_up(uint32_t size)
{
	return (size + DFUT_SIM_NORDIC_PAGE_SIZE - 1) / DFUT_SIM_NORDIC_PAGE_SIZE * DFUT_SIM_NORDIC_PAGE_SIZE;
}

uint32_t dfut_sim_nordic_get_application_address(const struct dfut_sim_nordic *nordic)
{
	return DFUT_SIM_NORDIC_MBR_SIZE + nordic->settings.softdevice_size;
}

/* Work. Its effect is there at once, its time is added to what is still to be done. */

static uint64_t take_time(struct dfut_sim_nordic *nordic, uint64_t us)
{
	uint64_t now_us = dfut_sim_device_get_time_us(nordic->device);

	if (nordic->flash_until_us < now_us)
		nordic->flash_until_us = now_us;
	return nordic->flash_until_us += us;
}

uint64_t dfut_sim_nordic_erase(struct dfut_sim_nordic *nordic, uint32_t address, uint32_t size)
{
	uint32_t pages = round_up(size) / DFUT_SIM_NORDIC_PAGE_SIZE;

	memset(nordic->flash + address, ERASED, (size_t)pages * DFUT_SIM_NORDIC_PAGE_SIZE);
	nordic->device->counters.pages += pages;
	return take_time(nordic, pages * nordic->options.erase_ms * DFUT_SIM_US_PER_MS);
}

uint64_t dfut_sim_nordic_write(struct dfut_sim_nordic *nordic, uint32_t address, const uint8_t *bytes, size_t size)
{
	size_t words = (size + WORD_SIZE - 1) / WORD_SIZE;

	for (size_t i = 0; i < size; i++)
		nordic->flash[address + i] &= bytes[i];
	nordic->device->counters.words += words;
	return take_time(nordic, (uint64_t)words * nordic->options.write_us);
}

static bool is_sane(const struct dfut_sim_nordic_settings *settings)
{
	uint32_t room = DFUT_SIM_NORDIC_BOOTLOADER - DFUT_SIM_NORDIC_MBR_SIZE;

	if (settings->softdevice_size % DFUT_SIM_NORDIC_PAGE_SIZE || settings->softdevice_size > room ||
	    settings->application_size > room - settings->softdevice_size)
		return false;
	if (settings->command_size > sizeof(settings->command) || settings->command_offset > settings->command_size)
		return false;
	if (settings->update_type == 0)
		return true;
	return settings->update_address >= DFUT_SIM_NORDIC_MBR_SIZE + settings->softdevice_size &&
	       settings->update_address <= DFUT_SIM_NORDIC_BOOTLOADER &&
	       settings->update_size <= DFUT_SIM_NORDIC_BOOTLOADER - settings->update_address &&
	       settings->update_softdevice_size <= settings->update_size;
}

void dfut_sim_nordic_load(struct dfut_sim_nordic *nordic)
{
	struct dfut_sim_nordic_settings *settings = &nordic->settings;

	*settings = nordic->saved;
	if (!is_sane(settings))
		memset(settings, 0, sizeof(*settings));
	/* What was written of an object is not saved. */
	settings->data_size = 0;
	settings->data_offset = settings->data_done;
}

/* The page is erased and written, and so is its copy in the MBR's parameters. */
void dfut_sim_nordic_save(struct dfut_sim_nordic *nordic)
{
	uint64_t write_us = sizeof(nordic->saved) / WORD_SIZE * nordic->options.write_us;

	nordic->saved = nordic->settings;
	take_time(nordic, 2 * (nordic->options.erase_ms * DFUT_SIM_US_PER_MS + write_us));
}

uint64_t dfut_sim_nordic_get_busy_us(const struct dfut_sim_nordic *nordic)
{
	uint64_t now_us = dfut_sim_device_get_time_us(nordic->device);

	return nordic->flash_until_us > now_us ? nordic->flash_until_us - now_us : 0;
}

/* Banks. */

static bool is_over_softdevice(const struct dfut_sim_nordic *nordic, const struct dfut_sim_nordic_init *init)
{
	return init->type.value == DFUT_SIM_NORDIC_APPLICATION && nordic->settings.softdevice &&
	       init->requirement_count && init->requirements[0] == 0;
}

bool dfut_sim_nordic_find_bank(const struct dfut_sim_nordic *nordic, const struct dfut_sim_nordic_init *init,
			       uint32_t *bank)
{
	uint32_t application = dfut_sim_nordic_get_application_address(nordic);
	uint32_t behind = application + round_up(nordic->settings.application_size);
	uint32_t size = dfut_sim_nordic_init_get_size(init);
	bool is_application = init->type.value == DFUT_SIM_NORDIC_APPLICATION;
	bool wants_second = !is_application || is_over_softdevice(nordic, init) || nordic->options.bank;

	*bank = wants_second ? behind : application;
	if (size <= DFUT_SIM_NORDIC_BOOTLOADER - *bank)
		return true;
	*bank = application;
	return size <= DFUT_SIM_NORDIC_BOOTLOADER - application;
}

bool dfut_sim_nordic_is_softdevice(const uint8_t *image, uint32_t size)
{
	return size >= SOFTDEVICE_INFO_END && dfut_le32(image + SOFTDEVICE_MAGIC_OFFSET) == SOFTDEVICE_MAGIC;
}

/* Activation. */

void dfut_sim_nordic_plan_update(struct dfut_sim_nordic *nordic)
{
	struct dfut_sim_nordic_settings *settings = &nordic->settings;

	settings->update_type = nordic->init.type.value + 1;
	settings->update_address = nordic->bank;
	settings->update_size = dfut_sim_nordic_init_get_size(&nordic->init);
	settings->update_softdevice_size = nordic->init.sd_size.value;
	settings->update_version = nordic->init.fw_version.value;
	settings->update_over_softdevice = is_over_softdevice(nordic, &nordic->init);
}

static uint32_t move(struct dfut_sim_nordic *nordic, uint32_t to, uint32_t from, uint32_t size)
{
	uint32_t pages = round_up(size) / DFUT_SIM_NORDIC_PAGE_SIZE;
	uint32_t page_us = DFUT_SIM_NORDIC_PAGE_SIZE / WORD_SIZE * nordic->options.write_us;

	if (to == from)
		return 0;
	memmove(nordic->flash + to, nordic->flash + from, size);
	nordic->device->counters.pages += pages;
	return pages * (nordic->options.erase_ms + page_us / 1000);
}

static uint32_t activate_softdevice(struct dfut_sim_nordic *nordic)
{
	struct dfut_sim_nordic_settings *settings = &nordic->settings;
	uint32_t application = dfut_sim_nordic_get_application_address(nordic);
	uint32_t size = settings->update_softdevice_size;
	uint32_t ms = move(nordic, DFUT_SIM_NORDIC_MBR_SIZE, settings->update_address, size);

	settings->softdevice = dfut_le16(nordic->flash + DFUT_SIM_NORDIC_MBR_SIZE + SOFTDEVICE_ID_OFFSET);
	settings->softdevice_version = dfut_le32(nordic->flash + DFUT_SIM_NORDIC_MBR_SIZE + SOFTDEVICE_VERSION_OFFSET);
	settings->softdevice_size = round_up(size);
	/* The application that was there does not begin where this one ends. */
	if (application != dfut_sim_nordic_get_application_address(nordic))
		settings->application_size = 0;
	return ms;
}

static uint32_t activate_application(struct dfut_sim_nordic *nordic)
{
	struct dfut_sim_nordic_settings *settings = &nordic->settings;

	if (settings->update_over_softdevice) {
		settings->softdevice = 0;
		settings->softdevice_size = 0;
	}
	settings->application_size = settings->update_size;
	settings->application_version = settings->update_version;
	return move(nordic, dfut_sim_nordic_get_application_address(nordic), settings->update_address,
		    settings->update_size);
}

uint32_t dfut_sim_nordic_activate(struct dfut_sim_nordic *nordic, bool *waits_for_more)
{
	struct dfut_sim_nordic_settings *settings = &nordic->settings;
	uint32_t ms = 0;

	dfut_sim_nordic_load(nordic);
	*waits_for_more = false;
	if (!settings->update_type)
		return 0;
	switch ((enum dfut_sim_nordic_type)(settings->update_type - 1)) {
	case DFUT_SIM_NORDIC_APPLICATION:
		ms = activate_application(nordic);
		break;
	case DFUT_SIM_NORDIC_SOFTDEVICE:
		ms = activate_softdevice(nordic);
		*waits_for_more = true;
		break;
	case DFUT_SIM_NORDIC_SOFTDEVICE_BOOTLOADER:
		ms = activate_softdevice(nordic);
		settings->bootloader_version = settings->update_version;
		*waits_for_more = true;
		break;
	case DFUT_SIM_NORDIC_BOOTLOADER_IMAGE:
		settings->bootloader_version = settings->update_version;
		ms = settings->update_size / DFUT_SIM_NORDIC_PAGE_SIZE * nordic->options.erase_ms;
		break;
	case DFUT_SIM_NORDIC_EXTERNAL:
		break;
	}
	settings->update_type = 0;
	nordic->saved = nordic->settings;
	return ms;
}

/* Factory. */

int dfut_sim_nordic_make_flash(struct dfut_sim_nordic *nordic)
{
	struct dfut_sim_nordic_settings *settings = &nordic->settings;
	uint32_t address;

	nordic->flash = malloc(DFUT_SIM_NORDIC_FLASH_SIZE);
	if (!nordic->flash)
		return DFUT_ERROR_NO_MEMORY;
	memset(nordic->flash, ERASED, DFUT_SIM_NORDIC_FLASH_SIZE);
	settings->bootloader_version = nordic->options.bootloader_version;
	settings->softdevice = nordic->options.softdevice;
	settings->softdevice_size = settings->softdevice ? FACTORY_SOFTDEVICE_SIZE : 0;
	settings->softdevice_version = settings->softdevice ? FACTORY_SOFTDEVICE_VERSION : 0;
	address = dfut_sim_nordic_get_application_address(nordic);
	if (nordic->options.has_application) {
		settings->application_size = FACTORY_SIZE;
		settings->application_version = nordic->options.fw_version;
		for (uint32_t i = 0; i < FACTORY_SIZE; i++)
			nordic->flash[address + i] = (uint8_t)(i * 7 + i / 256);
	}
	nordic->saved = *settings;
	return 0;
}
