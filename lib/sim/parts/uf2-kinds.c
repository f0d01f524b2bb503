/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * What differs between loaders of UF2 files: adafruit/tinyuf2 (src/ghostfat.c), adafruit/uf2-samdx1 (src/fat.c),
 * adafruit/Adafruit_nRF52_Bootloader (src/usb/uf2).
 */

#include "sim/parts/uf2.h"

#define INDEX(url) "<!doctype html><html><body><script>location.replace(\"" url "\");</script></body></html>\r\n"

static const struct dfut_sim_uf2_kind kinds[] = {
	/* An ESP32-S2: addresses count from the start of the slot ota_0. */
	[DFUT_SIM_TINYUF2] = {
		.label = "METROS2BOOT",
		.info = "TinyUF2 Bootloader 0.18.1 - tinyusb (0.16.0)\r\nModel: Metro ESP32-S2\r\n"
			"Board-ID: ESP32S2-Metro-revB\r\nDate: Jan  1 2024\r\n",
		.index = INDEX("https://www.adafruit.com/product/4775"),
		.family = 0xbfdd4eee,
		.flash_size = 0x160000,
		.end = 0x160000,
		.volume_blocks = 0x10109,
		.erase_size = 4096,
		.erase_us = 45000,
		.program_us = 400,
		.has_any_payload = true,
		.is_esp_image = true,
		.waits_for_status = true,
	},
	[DFUT_SIM_UF2_SAMDX1] = {
		.label = "FEATHERBOOT",
		.info = "UF2 Bootloader v3.15.0 SFHWRO\r\nModel: Feather M4 Express\r\nBoard-ID: SAMD51J19A-Feather-v0\r\n",
		.index = INDEX("https://www.adafruit.com/product/3857"),
		.family = 0x55114460,
		.flash_size = 0x80000,
		.start = 0x4000,
		.end = 0x80000,
		.volume_blocks = 8000,
		.erase_size = 8192,
		.erase_us = 100000,
		.program_us = 800,
		.erases_once = true,
		.needs_no_family = true,
		.counts_payload = true,
		.restarts_at_zero = true,
	},
	[DFUT_SIM_UF2_SAMD21] = {
		.label = "FEATHERBOOT",
		.info = "UF2 Bootloader v3.15.0 SFHWRO\r\nModel: Feather M0 Express\r\nBoard-ID: SAMD21G18A-Feather-v0\r\n",
		.index = INDEX("https://www.adafruit.com/product/3403"),
		.family = 0x68ed2b88,
		.flash_size = 0x40000,
		.start = 0x2000,
		.end = 0x40000,
		.volume_blocks = 8000,
		.erase_size = 256,
		.erase_us = 6000,
		.program_us = 10000,
		.needs_no_family = true,
		.counts_payload = true,
		.restarts_at_zero = true,
	},
	/* Behind SoftDevice S140 6.1.1, up to where CircuitPython has its files */
	[DFUT_SIM_UF2_NRF52] = {
		.label = "FTHR840BOOT",
		.info = "UF2 Bootloader 0.8.0 lib/nrfx (v2.0.0)\r\nModel: Adafruit Feather nRF52840 Express\r\n"
			"Board-ID: nRF52840-Feather-revD\r\nDate: Jan  1 2024\r\nSoftDevice: S140 6.1.1\r\n",
		.index = INDEX("https://www.adafruit.com/product/4062"),
		.family = 0xada52840,
		.own_family = 0xd663823c,
		.flash_size = 0x100000,
		.start = 0x26000,
		.end = 0xad000,
		.current_start = 0x26000,
		.volume_blocks = 0x10109,
		.erase_size = 4096,
		.erase_us = 85000,
		.program_us = 2600,
		.waits_for_status = true,
		.above = DFUT_SIM_UF2_ABOVE_REFUSED,
	},
};

const struct dfut_sim_uf2_kind *dfut_sim_uf2_get_kind(enum dfut_sim_uf2_flavour flavour)
{
	return &kinds[flavour];
}
