/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * The memories of STM32 and GD32 chips: sectors, option bytes, protection. Programming makes bits 0, erasing makes
 * them 1. Option bytes: RM0091 (STM32F0) and the GD32VF103 manual, a byte and its complement each; RM0090 (STM32F4).
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/parts/dfuse.h"

#define NOT_READ_PROTECTED 0xaa
#define READ_PROTECTED 0x55
/* Where each bit of write protection stands for 4 KiB */
#define PROTECTED_SIZE 4096
#define PAIRS_USER 2
#define PAIRS_WRITE_PROTECTION 8
#define PAIRS_WRITE_PROTECTION_COUNT 4
#define F4_READ_PROTECTION 1
#define F4_WRITE_PROTECTION 8
#define F4_DEFAULT_USER 0xef
/* A vector table begins with a stack pointer in RAM and an odd address in flash. */
#define RAM 0x20000000
#define RAM_MASK 0x2ffe0000
#define FLASH_MASK 0xfff00000

uint32_t dfut_sim_zone_get_size(const struct dfut_sim_zone *zone)
{
	uint32_t size = 0;

	for (size_t i = 0; i < DFUT_SIM_RUN_LIMIT; i++)
		size += zone->runs[i].count * zone->runs[i].size;
	return size;
}

static uint8_t *get_option_bytes(const struct dfut_sim_flash *flash)
{
	return flash->memories[DFUT_SIM_ZONE_OPTION_BYTES];
}

int dfut_sim_flash_prepare(struct dfut_sim_flash *flash)
{
	for (size_t i = 0; i < flash->zone_count; i++) {
		uint32_t size = dfut_sim_zone_get_size(&flash->zones[i]);

		flash->memories[i] = malloc(size);
		if (!flash->memories[i])
			return DFUT_ERROR_NO_MEMORY;
		memset(flash->memories[i], DFUT_SIM_ERASED, size);
	}
	dfut_sim_flash_protect(flash, false, 0);
	return 0;
}

void dfut_sim_flash_free(struct dfut_sim_flash *flash)
{
	for (size_t i = 0; i < DFUT_SIM_ZONE_LIMIT; i++)
		free(flash->memories[i]);
}

static void find_in_zone(const struct dfut_sim_zone *zone, uint32_t offset, struct dfut_sim_sector *sector)
{
	const struct dfut_sim_run *run = zone->runs;

	sector->index = 0;
	sector->offset = 0;
	for (; offset - sector->offset >= run->count * run->size; run++) {
		sector->index += run->count;
		sector->offset += run->count * run->size;
	}
	sector->index += (offset - sector->offset) / run->size;
	sector->offset += (offset - sector->offset) / run->size * run->size;
	sector->size = run->size;
	sector->erase_ms = run->erase_ms;
}

bool dfut_sim_flash_find(const struct dfut_sim_flash *flash, uint32_t address, struct dfut_sim_sector *sector)
{
	for (size_t i = 0; i < flash->zone_count; i++) {
		uint32_t offset = address - flash->zones[i].address;

		if (address < flash->zones[i].address || offset >= dfut_sim_zone_get_size(&flash->zones[i]))
			continue;
		sector->zone = i;
		find_in_zone(&flash->zones[i], offset, sector);
		return true;
	}
	return false;
}

uint8_t *dfut_sim_flash_get_bytes(const struct dfut_sim_flash *flash, uint32_t address, uint32_t *room)
{
	struct dfut_sim_sector sector;
	uint32_t offset;

	*room = 0;
	if (!dfut_sim_flash_find(flash, address, &sector))
		return NULL;
	offset = address - flash->zones[sector.zone].address;
	*room = dfut_sim_zone_get_size(&flash->zones[sector.zone]) - offset;
	return flash->memories[sector.zone] + offset;
}

/* Protection. */

static void put_pair(uint8_t *bytes, uint8_t value)
{
	bytes[0] = value;
	bytes[1] = (uint8_t)~value;
}

static void protect_pairs(uint8_t *bytes, uint8_t read_protection, uint32_t write_protection)
{
	put_pair(bytes, read_protection);
	for (size_t i = PAIRS_USER; i < PAIRS_WRITE_PROTECTION; i += 2)
		put_pair(bytes + i, 0xff);
	for (size_t i = 0; i < PAIRS_WRITE_PROTECTION_COUNT; i++)
		put_pair(bytes + PAIRS_WRITE_PROTECTION + 2 * i, (uint8_t) ~(write_protection >> 8 * i));
}

void dfut_sim_flash_protect(struct dfut_sim_flash *flash, bool from_reading, uint32_t write_protection)
{
	uint8_t *bytes = get_option_bytes(flash);
	uint8_t read_protection = from_reading ? READ_PROTECTED : NOT_READ_PROTECTED;

	if (flash->part->has_pairs) {
		protect_pairs(bytes, read_protection, write_protection);
		return;
	}
	bytes[0] = F4_DEFAULT_USER;
	bytes[F4_READ_PROTECTION] = read_protection;
	dfut_put_le16(bytes + F4_WRITE_PROTECTION, (uint16_t)~write_protection);
}

bool dfut_sim_flash_is_read_protected(const struct dfut_sim_flash *flash)
{
	return get_option_bytes(flash)[flash->part->has_pairs ? 0 : F4_READ_PROTECTION] != NOT_READ_PROTECTED;
}

bool dfut_sim_flash_is_write_protected(const struct dfut_sim_flash *flash, const struct dfut_sim_sector *sector)
{
	const uint8_t *bytes = get_option_bytes(flash);
	uint32_t bit = flash->part->has_pairs ? sector->offset / PROTECTED_SIZE : sector->index;

	if (sector->zone != DFUT_SIM_ZONE_FLASH)
		return false;
	if (!flash->part->has_pairs)
		return !(dfut_le16(bytes + F4_WRITE_PROTECTION) >> bit & 1);
	/* The last bit stands for all that follows. */
	bit = bit < 8 * PAIRS_WRITE_PROTECTION_COUNT ? bit : 8 * PAIRS_WRITE_PROTECTION_COUNT - 1;
	return !(bytes[PAIRS_WRITE_PROTECTION + bit / 8 * 2] >> bit % 8 & 1);
}

/* Contents. */

void dfut_sim_flash_erase(struct dfut_sim_flash *flash, const struct dfut_sim_sector *sector)
{
	if (!dfut_sim_flash_is_write_protected(flash, sector))
		memset(flash->memories[sector->zone] + sector->offset, DFUT_SIM_ERASED, sector->size);
}

void dfut_sim_flash_erase_all(struct dfut_sim_flash *flash)
{
	const struct dfut_sim_zone *zone = &flash->zones[DFUT_SIM_ZONE_FLASH];
	uint32_t size = dfut_sim_zone_get_size(zone);
	struct dfut_sim_sector sector = { .zone = DFUT_SIM_ZONE_FLASH };

	for (uint32_t offset = 0; offset < size; offset += sector.size) {
		find_in_zone(zone, offset, &sector);
		dfut_sim_flash_erase(flash, &sector);
	}
}

static bool program_byte(uint8_t *byte, uint8_t value)
{
	bool is_possible = (*byte & value) == value;

	*byte &= value;
	return is_possible;
}

bool dfut_sim_flash_program(struct dfut_sim_flash *flash, uint32_t address, const uint8_t *data, uint32_t length)
{
	struct dfut_sim_sector sector;
	uint32_t room;
	bool is_possible = true;

	for (uint32_t i = 0; i < length; i++) {
		uint8_t *byte = dfut_sim_flash_get_bytes(flash, address + i, &room);

		if (!dfut_sim_flash_find(flash, address + i, &sector) || !byte)
			return false;
		/* Option bytes are erased before they are written, and registers are none. */
		if (sector.zone == DFUT_SIM_ZONE_OPTION_BYTES)
			*byte = data[i];
		else if (!dfut_sim_flash_is_write_protected(flash, &sector))
			is_possible = program_byte(byte, data[i]) && is_possible;
	}
	return is_possible;
}

bool dfut_sim_flash_has_code(const struct dfut_sim_flash *flash, uint32_t address)
{
	uint32_t room;
	const uint8_t *bytes = dfut_sim_flash_get_bytes(flash, address, &room);
	uint32_t start = flash->zones[DFUT_SIM_ZONE_FLASH].address;

	if (!bytes || room < 8)
		return false;
	if (flash->part->is_riscv)
		return dfut_le32(bytes) != UINT32_MAX;
	return (dfut_le32(bytes) & RAM_MASK) == RAM && (dfut_le32(bytes + 4) & FLASH_MASK) == start && bytes[4] & 1;
}

/* Is the sector behind this one like it? */
static bool goes_on(const struct dfut_sim_flash *flash, const struct dfut_sim_sector *sector)
{
	const struct dfut_sim_zone *zone = &flash->zones[DFUT_SIM_ZONE_FLASH];
	uint32_t offset = sector->offset + sector->size;
	struct dfut_sim_sector next = { .zone = DFUT_SIM_ZONE_FLASH };

	if (offset >= dfut_sim_zone_get_size(zone))
		return false;
	find_in_zone(zone, offset, &next);
	return next.size == sector->size &&
	       dfut_sim_flash_is_write_protected(flash, &next) == dfut_sim_flash_is_write_protected(flash, sector);
}

void dfut_sim_flash_tell_layout(const struct dfut_sim_flash *flash, char *text, size_t room)
{
	const struct dfut_sim_zone *zone = &flash->zones[DFUT_SIM_ZONE_FLASH];
	uint32_t size = dfut_sim_zone_get_size(zone);
	struct dfut_sim_sector sector = { .zone = DFUT_SIM_ZONE_FLASH };
	int at = snprintf(text, room, "@Internal Flash  /0x%08x", (unsigned int)zone->address);
	unsigned int count = 0;

	for (uint32_t offset = 0; offset < size && (size_t)at < room; offset += sector.size) {
		find_in_zone(zone, offset, &sector);
		count++;
		if (goes_on(flash, &sector))
			continue;
		at += snprintf(text + at, room - (size_t)at, "%c%02u*%03uK%c", strchr(text, '*') ? ',' : '/', count,
			       (unsigned int)(sector.size / 1024),
			       dfut_sim_flash_is_write_protected(flash, &sector) ? 'a' : 'g');
		count = 0;
	}
}
