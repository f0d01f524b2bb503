/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Chips with a bootloader that speaks AVR109, and how their flash is written. Signatures and sizes: avrdude.conf; fuses
 * and lock bits: boards.txt of arduino/ArduinoCore-avr; rules of the page buffer: the data sheets' chapter on
 * self-programming.
 */

#include <stdlib.h>
#include <string.h>

#include "sim/parts/caterina.h"

/* Bytes of the sketch that it is sold with */
#define PROGRAM_SIZE 0x300u
/* Bits BLB11 and BLB12: the loader may overwrite itself. */
#define LOCK_USUAL 0x2f
#define LOCK_OPEN 0x3f
#define LOCK_SELF 0x10

/* The loader's size is that of its makefile. */
/* clang-format off */
static const struct dfut_sim_caterina_part parts[] = {
	{ { 0x1e, 0x95, 0x87 }, false, 128, 0x8000, 0x1000, 1024, { 0xff, 0xd8, 0xcb } },
	{ { 0x1e, 0x94, 0x88 }, false, 128, 0x4000, 0x1000, 512, { 0xff, 0xd8, 0xcb } },
	{ { 0x1e, 0x96, 0x82 }, false, 256, 0x10000, 0x2000, 2048, { 0xff, 0xd8, 0xcb } },
	{ { 0x1e, 0x98, 0x42 }, true, 512, 0x42000, 0x2000, 4096, { 0xff, 0xff, 0xff } },
};
/* clang-format on */

static uint8_t get_loader_byte(uint32_t offset)
{
	return (uint8_t)(offset * 11 + 0x3c);
}

/* jmp 0x68, as the vector table of a C program begins */
static void put_program(uint8_t *at)
{
	static const uint8_t vector[] = { 0x0c, 0x94, 0x34, 0x00 };

	memcpy(at, vector, sizeof(vector));
	for (size_t i = sizeof(vector); i < PROGRAM_SIZE; i++)
		at[i] = (uint8_t)(i * 5 + 1);
}

static void clear_page(struct dfut_sim_caterina *caterina)
{
	memset(caterina->page, DFUT_SIM_CATERINA_ERASED, sizeof(caterina->page));
	memset(caterina->is_filled, 0, sizeof(caterina->is_filled));
}

int dfut_sim_caterina_prepare(struct dfut_sim_caterina *caterina, struct dfut_sim_device *device)
{
	const struct dfut_sim_caterina_part *part = &parts[caterina->options.part];
	uint32_t room = part->flash_size - part->loader_size;

	caterina->device = device;
	caterina->part = part;
	caterina->flash = malloc(part->flash_size);
	caterina->eeprom = malloc(part->eeprom_size);
	if (!caterina->flash || !caterina->eeprom)
		return DFUT_ERROR_NO_MEMORY;
	memset(caterina->flash, DFUT_SIM_CATERINA_ERASED, part->flash_size);
	memset(caterina->eeprom, DFUT_SIM_CATERINA_ERASED, part->eeprom_size);
	memcpy(caterina->fuses, part->fuses, sizeof(part->fuses));
	caterina->fuses[DFUT_SIM_CATERINA_LOCK] = caterina->options.lock ? LOCK_OPEN : LOCK_USUAL;
	for (uint32_t i = 0; i < part->loader_size; i++)
		caterina->flash[room + i] = get_loader_byte(i);
	if (caterina->options.has_program)
		put_program(caterina->flash);
	clear_page(caterina);
	return 0;
}

void dfut_sim_caterina_free(struct dfut_sim_caterina *caterina)
{
	free(caterina->flash);
	free(caterina->eeprom);
}

int dfut_sim_caterina_get_memory(struct dfut_sim_caterina *caterina, size_t index, struct dfut_sim_memory *memory)
{
	const struct dfut_sim_memory memories[] = {
		{ "flash", caterina->flash, caterina->part->flash_size },
		{ "eeprom", caterina->eeprom, caterina->part->eeprom_size },
		{ "fuses", caterina->fuses, sizeof(caterina->fuses) },
	};

	if (index >= DFUT_COUNT(memories))
		return DFUT_ERROR_NOT_FOUND;
	*memory = memories[index];
	return 0;
}

uint32_t dfut_sim_caterina_get_room(const struct dfut_sim_caterina *caterina)
{
	return caterina->part->flash_size - caterina->part->loader_size;
}

bool dfut_sim_caterina_has_program(const struct dfut_sim_caterina *caterina)
{
	return dfut_le16(caterina->flash) != UINT16_MAX;
}

bool dfut_sim_caterina_is_bricked(const struct dfut_sim_caterina *caterina)
{
	const uint8_t *loader = caterina->flash + dfut_sim_caterina_get_room(caterina);

	for (uint32_t i = 0; i < caterina->part->loader_size; i++)
		if (loader[i] != get_loader_byte(i))
			return true;
	return false;
}

/* Flash. What is behind its end is its beginning once more: the address has no bits for it. */

static uint8_t *find_page(const struct dfut_sim_caterina *caterina, uint32_t address)
{
	uint32_t at = address % caterina->part->flash_size;
	bool is_loader = at >= dfut_sim_caterina_get_room(caterina);
	bool is_locked = caterina->part->is_xmega || !(caterina->fuses[DFUT_SIM_CATERINA_LOCK] & LOCK_SELF);

	return is_loader && is_locked ? NULL : caterina->flash + at - at % caterina->part->page_size;
}

void dfut_sim_caterina_erase_page(struct dfut_sim_caterina *caterina, uint32_t address)
{
	uint8_t *page = find_page(caterina, address);

	caterina->work_us += caterina->options.erase_us;
	if (!page)
		return;
	memset(page, DFUT_SIM_CATERINA_ERASED, caterina->part->page_size);
	caterina->device->counters.pages++;
}

void dfut_sim_caterina_fill_word(struct dfut_sim_caterina *caterina, uint32_t address, uint8_t low, uint8_t high)
{
	size_t word = address % caterina->part->page_size / 2;

	if (caterina->is_filled[word])
		return;
	caterina->is_filled[word] = true;
	caterina->page[2 * word] = low;
	caterina->page[2 * word + 1] = high;
}

/* Writing clears bits; erasing is what sets them. */
void dfut_sim_caterina_write_page(struct dfut_sim_caterina *caterina, uint32_t address)
{
	uint8_t *page = find_page(caterina, address);

	caterina->work_us += caterina->options.page_us;
	for (size_t i = 0; page && i < caterina->part->page_size; i++) {
		page[i] &= caterina->page[i];
		caterina->device->counters.words += i % 2 && caterina->is_filled[i / 2];
	}
	clear_page(caterina);
}

uint8_t dfut_sim_caterina_read_flash(const struct dfut_sim_caterina *caterina, uint32_t address)
{
	return caterina->flash[address % caterina->part->flash_size];
}

uint8_t *dfut_sim_caterina_get_eeprom(struct dfut_sim_caterina *caterina, uint32_t address)
{
	return &caterina->eeprom[address % caterina->part->eeprom_size];
}
