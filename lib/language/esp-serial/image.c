/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Images of ESP-IDF (esp-idf, components/bootloader_support/include/esp_app_format.h): a header, segments, and a checksum in the
 * last byte of a block of 16. A bootloader and an application begin alike; what tells them apart is a description in the first
 * segment.
 */

#include "language/esp-serial/image.h"

#define SEGMENTS 1
#define FLASH 3
#define CHIP_ID 12
#define SEGMENT_MAX 16
#define SEGMENT_HEADER_SIZE 8
#define SEGMENT_SIZE 4
#define CHECKSUM_START 0xef
#define CHECKSUM_BLOCK 16

/* Of the first segment */
#define DESCRIPTION (ESP_SERIAL_HEADER_SIZE + SEGMENT_HEADER_SIZE)
#define DESCRIPTION_APPLICATION 0xabcd5432
#define DESCRIPTION_BOOTLOADER 0x50

/* A partition table begins with the magic of its first entry. */
#define TABLE_MAGIC 0x50aa
/* Where bootloaders are, on one chip or another */
#define LATE_BOOTLOADER 0x1000

/* Where the segments end; 0 if that is not in the file. */
static size_t add_up(const uint8_t *data, size_t size, uint8_t *sum)
{
	size_t at = ESP_SERIAL_HEADER_SIZE;

	*sum = CHECKSUM_START;
	for (unsigned int i = 0; i < data[SEGMENTS]; i++) {
		size_t length;

		if (size - at < SEGMENT_HEADER_SIZE)
			return 0;
		length = dfut_le32(data + at + SEGMENT_SIZE);
		at += SEGMENT_HEADER_SIZE;
		if (length > size - at)
			return 0;
		for (size_t k = 0; k < length; k++)
			*sum ^= data[at + k];
		at += length;
	}
	return at;
}

bool esp_serial_read_header(struct esp_serial_header *header, const uint8_t *data, size_t size)
{
	size_t end;
	uint8_t sum;

	if (size < ESP_SERIAL_HEADER_SIZE || data[0] != ESP_SERIAL_MAGIC || !data[SEGMENTS] ||
	    data[SEGMENTS] > SEGMENT_MAX)
		return false;
	*header = (struct esp_serial_header){ .chip_id = dfut_le16(data + CHIP_ID) };
	/* 1 MiB to 128 MiB */
	if (data[FLASH] >> 4 < 8)
		header->flash_size = UINT32_C(1) << (20 + (data[FLASH] >> 4));
	end = add_up(data, size, &sum);
	header->is_whole = end && end / CHECKSUM_BLOCK * CHECKSUM_BLOCK + CHECKSUM_BLOCK <= size;
	header->is_right = header->is_whole && data[end / CHECKSUM_BLOCK * CHECKSUM_BLOCK + CHECKSUM_BLOCK - 1] == sum;
	return true;
}

static bool has_image(const uint8_t *data, size_t size, size_t at)
{
	struct esp_serial_header header;

	return at < size && esp_serial_read_header(&header, data + at, size - at);
}

enum esp_serial_kind esp_serial_get_kind(const uint8_t *data, size_t size)
{
	bool has_table = size > ESP_SERIAL_TABLE + 2 && dfut_le16(data + ESP_SERIAL_TABLE) == TABLE_MAGIC;

	if (has_table && (has_image(data, size, 0) || has_image(data, size, LATE_BOOTLOADER)))
		return ESP_SERIAL_KIND_MERGED;
	if (!has_image(data, size, 0))
		return ESP_SERIAL_KIND_OTHER;
	if (size >= DESCRIPTION + 4 && dfut_le32(data + DESCRIPTION) == DESCRIPTION_APPLICATION)
		return ESP_SERIAL_KIND_APPLICATION;
	if (size > DESCRIPTION && size <= ESP_SERIAL_TABLE && data[DESCRIPTION] == DESCRIPTION_BOOTLOADER)
		return ESP_SERIAL_KIND_BOOTLOADER;
	return ESP_SERIAL_KIND_APPLICATION;
}
