/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * What an ESP chip starts: esp-idf's docs/en/api-reference/system/app_image_format.rst and
 * docs/en/api-guides/partition-tables.rst. Of the second-stage bootloader no more is looked at than its header.
 */

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "sim/parts/esp-loader.h"

#define MAGIC 0xe9
#define HEADER_SIZE 24u
#define SEGMENT_COUNT 1
#define CHIP_ID 12
#define HAS_HASH 23
#define SEGMENT_HEADER_SIZE 8u
#define SEGMENT_LIMIT 16
#define CHECKSUM_START 0xef
#define ALIGNMENT 16u
#define HASH_SIZE 32u
#define TABLE 0x8000u
#define TABLE_SIZE 0xc00u
#define ENTRY_SIZE 32u
#define ENTRY_MAGIC 0x50aa
#define TYPE_APPLICATION 0
/* Enough for an application: a segment of RAM */
#define FACTORY_SEGMENT 64u
#define FACTORY_LOAD_ADDRESS 0x3ffb0000u

uint8_t dfut_sim_esp_encrypt(uint8_t byte)
{
	return byte ^ 0xa5;
}

/* As the chip sees it. */
static uint8_t get_byte(const struct dfut_sim_esp_loader *loader, uint32_t address)
{
	uint8_t byte = loader->flash[address];

	return loader->options.is_encrypted ? dfut_sim_esp_encrypt(byte) : byte;
}

static uint32_t get_u32(const struct dfut_sim_esp_loader *loader, uint32_t address)
{
	uint8_t bytes[4];

	for (uint32_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = get_byte(loader, address + i);
	return dfut_le32(bytes);
}

static bool has_header(const struct dfut_sim_esp_loader *loader, uint32_t address)
{
	if (address > loader->options.flash_size - HEADER_SIZE)
		return false;
	return get_byte(loader, address) == MAGIC && (uint16_t)get_u32(loader, address + CHIP_ID) == loader->chip->id;
}

static bool is_hash_right(const struct dfut_sim_esp_loader *loader, uint32_t address, uint32_t size)
{
	uint8_t hash[DFUT_DIGEST_MAX_SIZE];
	uint8_t *bytes;
	bool is_right;

	if (size + HASH_SIZE > loader->options.flash_size - address)
		return false;
	bytes = malloc(size + HASH_SIZE);
	if (!bytes)
		return false;
	for (uint32_t i = 0; i < size + HASH_SIZE; i++)
		bytes[i] = get_byte(loader, address + i);
	is_right = dfut_digest(hash, DFUT_DIGEST_SHA256, bytes, size) && memcmp(hash, bytes + size, HASH_SIZE) == 0;
	free(bytes);
	return is_right;
}

static bool is_image(const struct dfut_sim_esp_loader *loader, uint32_t address)
{
	uint32_t limit = loader->options.flash_size - address;
	uint32_t at = HEADER_SIZE;
	uint8_t checksum = CHECKSUM_START;
	uint8_t segments;

	if (!has_header(loader, address))
		return false;
	segments = get_byte(loader, address + SEGMENT_COUNT);
	if (segments == 0 || segments > SEGMENT_LIMIT)
		return false;
	for (uint8_t i = 0; i < segments; i++) {
		uint32_t size;

		if (limit - at < SEGMENT_HEADER_SIZE + ALIGNMENT)
			return false;
		size = get_u32(loader, address + at + 4);
		at += SEGMENT_HEADER_SIZE;
		if (size > limit - at - ALIGNMENT)
			return false;
		for (uint32_t end = at + size; at < end; at++)
			checksum ^= get_byte(loader, address + at);
	}
	at += ALIGNMENT - at % ALIGNMENT;
	if (get_byte(loader, address + at - 1) != checksum)
		return false;
	return get_byte(loader, address + HAS_HASH) != 1 || is_hash_right(loader, address, at);
}

/* The first one that the partition table has; without a table where it usually is. */
static uint32_t find_application(const struct dfut_sim_esp_loader *loader)
{
	for (uint32_t at = TABLE; at < TABLE + TABLE_SIZE; at += ENTRY_SIZE) {
		uint32_t head = get_u32(loader, at);

		if ((uint16_t)head != ENTRY_MAGIC)
			break;
		if ((head >> 16 & 0xff) == TYPE_APPLICATION)
			return get_u32(loader, at + 4);
	}
	return DFUT_SIM_ESP_APPLICATION;
}

bool dfut_sim_esp_has_application(const struct dfut_sim_esp_loader *loader)
{
	return has_header(loader, loader->chip->code_address) && is_image(loader, find_application(loader));
}

void dfut_sim_esp_make_image(struct dfut_sim_esp_loader *loader, uint32_t address)
{
	uint8_t image[HEADER_SIZE + SEGMENT_HEADER_SIZE + FACTORY_SEGMENT + ALIGNMENT + HASH_SIZE] = { MAGIC, 1, 2 };
	uint32_t at = HEADER_SIZE + SEGMENT_HEADER_SIZE;
	uint8_t checksum = CHECKSUM_START;

	dfut_put_le32(image + 4, FACTORY_LOAD_ADDRESS);
	dfut_put_le16(image + CHIP_ID, loader->chip->id);
	image[HAS_HASH] = 1;
	dfut_put_le32(image + HEADER_SIZE, FACTORY_LOAD_ADDRESS);
	dfut_put_le32(image + HEADER_SIZE + 4, FACTORY_SEGMENT);
	for (uint32_t i = 0; i < FACTORY_SEGMENT; i++, at++) {
		image[at] = (uint8_t)(i * 7 + 1);
		checksum ^= image[at];
	}
	at += ALIGNMENT - at % ALIGNMENT;
	image[at - 1] = checksum;
	dfut_digest(image + at, DFUT_DIGEST_SHA256, image, at);
	for (uint32_t i = 0; i < at + HASH_SIZE; i++)
		loader->flash[address + i] = loader->options.is_encrypted ? dfut_sim_esp_encrypt(image[i]) : image[i];
}
