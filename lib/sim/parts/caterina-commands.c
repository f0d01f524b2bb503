/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The commands of AVR109 as Caterina, LUFA's bootloader and XBoot carry them out: CDC_Task() and main() of their sources. */

#include <string.h>

#include "sim/parts/caterina.h"

#define DONE '\r'
#define UNKNOWN '?'
#define YES 'Y'
#define FLASH 'F'
#define EEPROM 'E'

static bool is_xboot(const struct dfut_sim_caterina *caterina)
{
	return caterina->options.loader == DFUT_SIM_CATERINA_XBOOT;
}

static uint32_t get_word(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 8 | bytes[1];
}

static void say_byte(struct dfut_sim_caterina *caterina, uint8_t byte)
{
	dfut_sim_caterina_say(caterina, &byte, 1);
}

/* That the addresses are in the part of flash that is a program's, or in EEPROM. */
static void check_place(struct dfut_sim_caterina *caterina, uint8_t memory, uint32_t size)
{
	uint32_t room = memory == FLASH ? dfut_sim_caterina_get_room(caterina) : caterina->part->eeprom_size;
	uint32_t at = memory == FLASH ? caterina->address : caterina->address >> 1;

	if (at < room && size <= room - at)
		return;
	if (memory == FLASH)
		dfut_sim_caterina_breach(caterina, "writes to 0x%x: in the bootloader, or behind the flash", at);
	else
		dfut_sim_caterina_breach(caterina, "address 0x%x: behind the EEPROM", at);
}

/* B. */

static void check_block(struct dfut_sim_caterina *caterina, uint32_t size)
{
	uint32_t page_size = caterina->part->page_size;

	if (caterina->address % page_size)
		dfut_sim_caterina_breach(caterina, "block at 0x%x: not at the beginning of a page", caterina->address);
	if (size > page_size)
		dfut_sim_caterina_breach(caterina, "block of %u bytes: more than a page", size);
	if (size % 2)
		dfut_sim_caterina_breach(caterina, "block of %u bytes: half a word is lost", size);
}

static void end_block(struct dfut_sim_caterina *caterina)
{
	uint8_t memory = caterina->arguments[2];

	if (memory != FLASH && memory != EEPROM) {
		say_byte(caterina, UNKNOWN);
		return;
	}
	if (memory == FLASH)
		dfut_sim_caterina_write_page(caterina, caterina->block_page);
	caterina->device->counters.objects++;
	say_byte(caterina, DONE);
}

/* XBoot takes a page at most, wherever that begins, and looks at the kind of memory when all has come. */
static void begin_block(struct dfut_sim_caterina *caterina)
{
	uint32_t size = get_word(caterina->arguments);
	uint8_t memory = caterina->arguments[2];
	uint32_t page_size = caterina->part->page_size;

	if (memory != FLASH && memory != EEPROM) {
		dfut_sim_caterina_breach(caterina, "a block of memory '%c'", memory);
		if (!is_xboot(caterina)) {
			say_byte(caterina, UNKNOWN);
			return;
		}
	}
	if (memory == FLASH)
		check_block(caterina, size);
	check_place(caterina, memory, size);
	caterina->block_left = is_xboot(caterina) && size > page_size ? page_size : size;
	caterina->block_page = caterina->address;
	caterina->block_at = caterina->address - (is_xboot(caterina) ? caterina->address % page_size : 0);
	caterina->is_block_high = false;
	if (memory == FLASH)
		dfut_sim_caterina_erase_page(caterina, caterina->block_page);
	if (!caterina->block_left)
		end_block(caterina);
}

static void write_eeprom(struct dfut_sim_caterina *caterina, uint8_t byte)
{
	*dfut_sim_caterina_get_eeprom(caterina, caterina->address >> 1) = byte;
	caterina->address += 2;
	caterina->work_us += caterina->options.eeprom_us;
}

/* Returns true if the block is complete. */
static bool take_block(struct dfut_sim_caterina *caterina, uint8_t byte)
{
	uint8_t memory = caterina->arguments[2];

	if (memory == EEPROM) {
		write_eeprom(caterina, byte);
	} else if (memory == FLASH) {
		if (caterina->is_block_high) {
			dfut_sim_caterina_fill_word(caterina, caterina->block_at, caterina->block_low, byte);
			caterina->block_at += 2;
			caterina->address += 2;
		}
		caterina->block_low = byte;
		caterina->is_block_high = !caterina->is_block_high;
	}
	if (--caterina->block_left)
		return false;
	end_block(caterina);
	return true;
}

/* g. */

static void read_block(struct dfut_sim_caterina *caterina)
{
	uint32_t size = get_word(caterina->arguments);
	uint8_t memory = caterina->arguments[2];

	if (memory != FLASH && memory != EEPROM) {
		dfut_sim_caterina_breach(caterina, "reads a block of memory '%c'", memory);
		if (!is_xboot(caterina))
			say_byte(caterina, UNKNOWN);
		return;
	}
	caterina->is_flash_read = memory == FLASH;
	caterina->read_at = memory == FLASH ? caterina->address : caterina->address >> 1;
	caterina->read_left = size;
	caterina->address += memory == FLASH ? size & ~1u : 2 * size;
	dfut_sim_caterina_say(caterina, NULL, 0);
}

/* The others. */

/* Caterina writes page by page what is erased, XBoot erases the EEPROM, too. */
static void erase(struct dfut_sim_caterina *caterina)
{
	uint32_t room = dfut_sim_caterina_get_room(caterina);

	for (uint32_t at = 0; at < room; at += caterina->part->page_size) {
		dfut_sim_caterina_erase_page(caterina, at);
		if (caterina->options.loader == DFUT_SIM_CATERINA_CATERINA)
			dfut_sim_caterina_write_page(caterina, at);
	}
	if (is_xboot(caterina))
		memset(caterina->eeprom, DFUT_SIM_CATERINA_ERASED, caterina->part->eeprom_size);
	say_byte(caterina, DONE);
}

static void set_address(struct dfut_sim_caterina *caterina)
{
	const uint8_t *at = caterina->arguments;

	caterina->address = 2u * (caterina->command == 'H' ? (uint32_t)at[0] << 16 | get_word(at + 1) : get_word(at));
	say_byte(caterina, DONE);
}

/* What the first two take for a half of a word fills all of it; XBoot has both halves when the high one comes. */
static void fill(struct dfut_sim_caterina *caterina)
{
	bool is_high = caterina->command == 'C';

	check_place(caterina, FLASH, 2);
	if (!is_xboot(caterina))
		dfut_sim_caterina_fill_word(caterina, caterina->address, caterina->arguments[0], 0);
	else if (is_high)
		dfut_sim_caterina_fill_word(caterina, caterina->address, caterina->block_low, caterina->arguments[0]);
	else
		caterina->block_low = caterina->arguments[0];
	if (is_high == is_xboot(caterina))
		caterina->address += 2;
	say_byte(caterina, DONE);
}

static void write_page(struct dfut_sim_caterina *caterina)
{
	check_place(caterina, FLASH, 2);
	if (is_xboot(caterina) && caterina->address >= dfut_sim_caterina_get_room(caterina)) {
		say_byte(caterina, UNKNOWN);
		return;
	}
	dfut_sim_caterina_write_page(caterina, caterina->address);
	say_byte(caterina, DONE);
}

static void read_word(struct dfut_sim_caterina *caterina)
{
	const uint8_t word[] = { dfut_sim_caterina_read_flash(caterina, caterina->address + 1),
				 dfut_sim_caterina_read_flash(caterina, caterina->address) };

	if (is_xboot(caterina))
		caterina->address += 2;
	dfut_sim_caterina_say(caterina, word, sizeof(word));
}

static void take_eeprom(struct dfut_sim_caterina *caterina)
{
	check_place(caterina, EEPROM, 1);
	if (caterina->command == 'D') {
		write_eeprom(caterina, caterina->arguments[0]);
		say_byte(caterina, DONE);
		return;
	}
	say_byte(caterina, *dfut_sim_caterina_get_eeprom(caterina, caterina->address >> 1));
	caterina->address += 2;
}

/* Caterina's makefile leaves it out (NO_LOCK_BYTE_WRITE_SUPPORT). Bits are only cleared. */
static void lock(struct dfut_sim_caterina *caterina)
{
	dfut_sim_caterina_breach(caterina, "writes lock bits 0x%02x", caterina->arguments[0]);
	caterina->fuses[DFUT_SIM_CATERINA_LOCK] &= caterina->arguments[0];
	say_byte(caterina, DONE);
}

static void tell_fuse(struct dfut_sim_caterina *caterina)
{
	static const char names[] = "FNQr";

	say_byte(caterina, caterina->fuses[strchr(names, caterina->command) - names]);
}

static void tell(struct dfut_sim_caterina *caterina)
{
	static const char *const ids[] = { "CATERIN", "LUFACDC", "XBoot++" };
	const uint8_t *signature = caterina->part->signature;
	const uint8_t backwards[] = { signature[2], signature[1], signature[0] };
	const uint8_t block[] = { YES, (uint8_t)(caterina->part->page_size >> 8), (uint8_t)caterina->part->page_size };
	const uint8_t codes[] = { is_xboot(caterina) ? 123 : 0x44, 0 };

	switch (caterina->command) {
	case 'S':
		dfut_sim_caterina_say(caterina, ids[caterina->options.loader], strlen(ids[0]));
		return;
	case 'V':
		dfut_sim_caterina_say(caterina, is_xboot(caterina) ? "17" : "10", 2);
		return;
	case 'b':
		dfut_sim_caterina_say(caterina, block, sizeof(block));
		return;
	case 't':
		dfut_sim_caterina_say(caterina, codes, sizeof(codes));
		return;
	default:
		dfut_sim_caterina_say(caterina, backwards, sizeof(backwards));
	}
}

/* ESC has no answer. Commands of AVR910 that write fuses are not known either. */
static void refuse(struct dfut_sim_caterina *caterina)
{
	if (caterina->command == '.' || caterina->command == ':')
		dfut_sim_caterina_breach(caterina, "command '%c', which can write fuses", caterina->command);
	if (caterina->command == 'l')
		dfut_sim_caterina_breach(caterina, "command '%c', which writes lock bits", caterina->command);
	say_byte(caterina, UNKNOWN);
}

static void do_nothing(struct dfut_sim_caterina *caterina)
{
	(void)caterina;
}

static void say_done(struct dfut_sim_caterina *caterina)
{
	say_byte(caterina, DONE);
}

static void say_yes(struct dfut_sim_caterina *caterina)
{
	say_byte(caterina, YES);
}

static void say_serial(struct dfut_sim_caterina *caterina)
{
	say_byte(caterina, 'S');
}

#define CATERINA 1u
#define LUFA 2u
#define XBOOT 4u
#define ALL (CATERINA | LUFA | XBOOT)

static const struct command {
	uint8_t command;
	uint8_t argument_count;
	uint8_t loaders;
	void (*obey)(struct dfut_sim_caterina *caterina);
} commands[] = {
	{ 'S', 0, ALL, tell },
	{ 'V', 0, ALL, tell },
	{ 'p', 0, ALL, say_serial },
	{ 'a', 0, ALL, say_yes },
	{ 'b', 0, ALL, tell },
	{ 't', 0, ALL, tell },
	{ 's', 0, ALL, tell },
	{ 'T', 1, ALL, say_done },
	{ 'P', 0, ALL, say_done },
	{ 'L', 0, ALL, say_done },
	{ 'A', 2, ALL, set_address },
	{ 'H', 3, XBOOT, set_address },
	{ 'B', 3, ALL, begin_block },
	{ 'g', 3, ALL, read_block },
	{ 'e', 0, ALL, erase },
	{ 'F', 0, ALL, tell_fuse },
	{ 'N', 0, ALL, tell_fuse },
	{ 'Q', 0, ALL, tell_fuse },
	{ 'r', 0, ALL, tell_fuse },
	{ 'l', 1, LUFA | XBOOT, lock },
	{ 'C', 1, ALL, fill },
	{ 'c', 1, ALL, fill },
	{ 'm', 0, ALL, write_page },
	{ 'R', 0, ALL, read_word },
	{ 'D', 1, ALL, take_eeprom },
	{ 'd', 0, ALL, take_eeprom },
	{ 'x', 1, LUFA | XBOOT, say_done },
	{ 'y', 1, LUFA | XBOOT, say_done },
	{ 'E', 0, ALL, dfut_sim_caterina_exit },
	{ 0x1b, 0, ALL, do_nothing },
};

static const struct command *find(const struct dfut_sim_caterina *caterina)
{
	static const struct command unknown = { 0, 0, ALL, refuse };

	for (size_t i = 0; i < DFUT_COUNT(commands); i++)
		if (commands[i].command == caterina->command && commands[i].loaders & 1u << caterina->options.loader)
			return &commands[i];
	return &unknown;
}

bool dfut_sim_caterina_take(struct dfut_sim_caterina *caterina, uint8_t byte)
{
	const struct command *command;

	if (caterina->block_left)
		return take_block(caterina, byte);
	if (caterina->has_command) {
		caterina->arguments[caterina->argument_count++] = byte;
	} else {
		caterina->has_command = true;
		caterina->command = byte;
		caterina->argument_count = 0;
		if (byte == 'B' || byte == 'g')
			dfut_sim_caterina_rest(caterina);
	}
	command = find(caterina);
	if (caterina->argument_count < command->argument_count)
		return false;
	command->obey(caterina);
	return !caterina->block_left;
}
