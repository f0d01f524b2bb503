/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Espressif's chips: those that are known, and where in them things are (esptool, esptool/targets). */

#ifndef DFUT_ESP_SERIAL_CHIPS_H
#define DFUT_ESP_SERIAL_CHIPS_H

#include "base/base.h"

struct esp_serial_chip {
	const char *part;    /* as ESP-IDF calls it: "esp32s3" */
	const char *title;   /* "ESP32-S3" */
	uint16_t id;	     /* in images, and in what the ROM says of itself */
	uint16_t product;    /* of its ROM on its own USB pins, 0 for none */
	bool is_supported;   /* what follows is known */
	uint32_t bootloader; /* where in flash it is */
	uint32_t flash;	     /* registers: SPI1 ... */
	uint32_t watchdog;   /* ... the RTC watchdog's first configuration; the second is behind it ... */
	uint32_t lock;	     /* ... what protects both ... */
	uint32_t super;	     /* ... the super watchdog, whose lock is behind it; 0 for none ... */
	uint32_t option;     /* ... what an application asks for its ROM with ... */
	uint32_t strap;	     /* ... the pins at its last reset; 0: not known */
};

/* What the first word of the ROM's data is on chips that tell no id. */
#define ESP_SERIAL_MAGIC_ADDRESS 0x40001000

#define ESP_SERIAL_VENDOR 0x303a

/* NULL if there is none. */
const struct esp_serial_chip *esp_serial_find_chip(uint32_t id);
const struct esp_serial_chip *esp_serial_find_chip_by_magic(uint32_t magic);
const struct esp_serial_chip *esp_serial_find_chip_by_part(const char *part);
/* That has these ids in its ROM. */
const struct esp_serial_chip *esp_serial_find_chip_by_ids(uint16_t vendor, uint16_t product);
/* Parts that are supported, by index; NULL after the last. */
const char *esp_serial_get_part(size_t index);
/* Bytes, by what flash says of itself (the third byte of its JEDEC id); 0 if that says nothing. */
uint32_t esp_serial_get_flash_size(uint32_t jedec_id);

#endif
