/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Chips. Those without registers are named only: their ROMs say what they are, and are left alone. */

#include <string.h>

#include "language/esp-serial/chips.h"

/* clang-format off */
static const struct esp_serial_chip chips[] = {
	{ "esp32s2", "ESP32-S2", 2, 0x0002, true, 0x1000, 0x3f402000, 0x3f408094, 0x3f4080ac, 0, 0x3f408128, 0x3f404038 },
	{ "esp32s3", "ESP32-S3", 9, 0x0009, true, 0x0000, 0x60002000, 0x60008098, 0x600080b0, 0x600080b4, 0x6000812c, 0x60004038 },
	{ "esp32c3", "ESP32-C3", 5, 0, true, 0x0000, 0x60002000, 0x60008090, 0x600080a8, 0x600080ac, 0, 0 },
	{ .part = "esp32", .title = "ESP32", .id = 0 },
	{ .part = "esp32c2", .title = "ESP32-C2", .id = 12 },
	{ .part = "esp32c6", .title = "ESP32-C6", .id = 13 },
	{ .part = "esp32h2", .title = "ESP32-H2", .id = 16 },
	{ .part = "esp32p4", .title = "ESP32-P4", .id = 18, .product = 0x0012 },
	{ .part = "esp32c61", .title = "ESP32-C61", .id = 20 },
	{ .part = "esp32c5", .title = "ESP32-C5", .id = 23 },
	{ .part = "esp32s31", .title = "ESP32-S31", .id = 32, .product = 0x0020 },
};
/* clang-format on */

static const struct {
	uint32_t magic;
	uint16_t id;
} magics[] = { { 0x000007c6, 2 }, { 0x00f01d83, 0 } };

const struct esp_serial_chip *esp_serial_find_chip(uint32_t id)
{
	for (size_t i = 0; i < DFUT_COUNT(chips); i++)
		if (chips[i].id == id)
			return &chips[i];
	return NULL;
}

const struct esp_serial_chip *esp_serial_find_chip_by_magic(uint32_t magic)
{
	for (size_t i = 0; i < DFUT_COUNT(magics); i++)
		if (magics[i].magic == magic)
			return esp_serial_find_chip(magics[i].id);
	return NULL;
}

const struct esp_serial_chip *esp_serial_find_chip_by_part(const char *part)
{
	for (size_t i = 0; i < DFUT_COUNT(chips); i++)
		if (strcmp(chips[i].part, part) == 0)
			return &chips[i];
	return NULL;
}

const struct esp_serial_chip *esp_serial_find_chip_by_ids(uint16_t vendor, uint16_t product)
{
	for (size_t i = 0; i < DFUT_COUNT(chips); i++)
		if (vendor == ESP_SERIAL_VENDOR && chips[i].product && chips[i].product == product)
			return &chips[i];
	return NULL;
}

/* Those that are supported come first. */
const char *esp_serial_get_part(size_t index)
{
	return index < DFUT_COUNT(chips) && chips[index].is_supported ? chips[index].part : NULL;
}

/* 64 KiB to 256 MiB. Some makers count anew from 0x20 on, others have an offset of 0x20. */
uint32_t esp_serial_get_flash_size(uint32_t jedec_id)
{
	uint32_t code = jedec_id >> 16 & 0xff;

	if (code >= 0x10 && code <= 0x1c)
		return UINT32_C(1) << code;
	if (code >= 0x20 && code <= 0x22)
		return UINT32_C(1) << (code - 0x20 + 26);
	return code >= 0x32 && code <= 0x3a ? UINT32_C(1) << (code - 0x20) : 0;
}
