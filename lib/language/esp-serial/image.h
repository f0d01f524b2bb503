/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What Espressif's chips start: the header of their images, and files that have several of them. */

#ifndef DFUT_ESP_SERIAL_IMAGE_H
#define DFUT_ESP_SERIAL_IMAGE_H

#include "base/base.h"

/* Of flash: where ESP-IDF's partition table is, and the first application. */
#define ESP_SERIAL_TABLE 0x8000
#define ESP_SERIAL_APPLICATION 0x10000

#define ESP_SERIAL_HEADER_SIZE 24
#define ESP_SERIAL_MAGIC 0xe9

struct esp_serial_header {
	uint16_t chip_id;
	uint32_t flash_size; /* that it was made for, in bytes; 0 if it does not say */
	bool is_whole;	     /* what it tells of is there ... */
	bool is_right;	     /* ... and has its checksum */
};

/* A file that does not say where it goes. */
enum esp_serial_kind {
	ESP_SERIAL_KIND_OTHER,
	ESP_SERIAL_KIND_APPLICATION,
	ESP_SERIAL_KIND_BOOTLOADER,
	ESP_SERIAL_KIND_MERGED, /* bootloader, partition table and more: all of the flash from its beginning on */
};

/* False if no image begins here. */
bool esp_serial_read_header(struct esp_serial_header *header, const uint8_t *data, size_t size);
enum esp_serial_kind esp_serial_get_kind(const uint8_t *data, size_t size);

#endif
