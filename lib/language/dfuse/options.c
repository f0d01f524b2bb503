/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Option bytes, as far as they tell of write protection. */

#include "language/dfuse/options.h"

#define PAIRS_ADDRESS 0x1ffff800
#define PAIRS_WRITE_PROTECTION 8
#define PAIRS_UNIT 4096
#define SECTORS_ADDRESS 0x1fffc000
#define SECTORS_WRITE_PROTECTION 8
#define SECTORS_MASK 0x0fff
/* Not used on STM32F405, and 1; 0 on STM32F427, or else (SPRMOD) the others mean that code can't be read. */
#define SECTORS_MODE 0xf000
#define LAST_BIT 31

bool dfuse_options_are_known(uint32_t address)
{
	return address == PAIRS_ADDRESS || address == SECTORS_ADDRESS;
}

static void parse_pairs(struct dfuse_options *options, const uint8_t *bytes)
{
	for (size_t i = 0; i < 4; i++) {
		const uint8_t *pair = bytes + PAIRS_WRITE_PROTECTION + 2 * i;

		if ((pair[0] ^ pair[1]) != 0xff)
			return;
		options->protected |= (uint32_t)(uint8_t)~pair[0] << 8 * i;
	}
	options->form = DFUSE_OPTIONS_PAIRS;
}

static void parse_sectors(struct dfuse_options *options, const uint8_t *bytes)
{
	unsigned int bits = dfut_le16(bytes + SECTORS_WRITE_PROTECTION);

	if ((bits & SECTORS_MODE) != SECTORS_MODE && (bits & SECTORS_MODE) != 0)
		return;
	options->protected = ~bits & SECTORS_MASK;
	options->form = DFUSE_OPTIONS_SECTORS;
}

void dfuse_options_parse(struct dfuse_options *options, uint32_t address, const uint8_t bytes[DFUSE_OPTIONS_SIZE])
{
	*options = (struct dfuse_options){ .form = DFUSE_OPTIONS_UNKNOWN };
	if (address == PAIRS_ADDRESS)
		parse_pairs(options, bytes);
	if (address == SECTORS_ADDRESS)
		parse_sectors(options, bytes);
}

/* Of the address among all sectors. */
static uint32_t count_sectors_before(const struct dfuse_layout *flash, uint32_t address)
{
	uint32_t count = 0;

	for (size_t i = 0; i < flash->count; i++) {
		const struct dfuse_run *run = &flash->runs[i];

		if (address >= run->address && (address - run->address) / run->sector_size < run->count)
			return count + (address - run->address) / run->sector_size;
		count += run->count;
	}
	return count;
}

bool dfuse_options_protect(const struct dfuse_options *options, const struct dfuse_layout *flash, uint32_t address)
{
	uint32_t bit;

	switch (options->form) {
	case DFUSE_OPTIONS_PAIRS:
		bit = (address - flash->runs[0].address) / PAIRS_UNIT;
		bit = bit < LAST_BIT ? bit : LAST_BIT;
		return options->protected >> bit & 1;
	case DFUSE_OPTIONS_SECTORS:
		bit = count_sectors_before(flash, address);
		return bit <= LAST_BIT && options->protected >> bit & 1;
	case DFUSE_OPTIONS_UNKNOWN:
		break;
	}
	return false;
}
