/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * DfuSe's memory layout: "@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg". ROMs leave the unit out, pad with
 * blanks and unprintable characters, and write more digits than documented; numbers are decimal despite leading zeros.
 * Firmware that speaks DfuSe leaves "@" or the name out, puts commas where none belong, and goes on with other text.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "language/dfuse/layout.h"
#include "usb/dfu.h"

#define COUNT_LIMIT 100000
#define GD32_FLASH 0x08000000
#define GD32_PAGE_SIZE 1024

static const char *skip_noise(const char *text)
{
	while (*text && (*text <= ' ' || *text >= 0x7f))
		text++;
	return text;
}

static bool take_number(const char **text, uint64_t most, uint64_t *number)
{
	const char *at = *text;

	*number = 0;
	while (*at >= '0' && *at <= '9' && *number <= most)
		*number = *number * 10 + (uint64_t)(*at++ - '0');
	if (at == *text || *number > most)
		return false;
	*text = at;
	return true;
}

/* "/0x08000000/" */
static bool take_address(const char **text, uint64_t *address)
{
	const char *digits = *text + strlen("/0x");
	size_t length = strspn(digits, "0123456789abcdefABCDEF");

	if (length == 0 || length > 8 || digits[length] != '/')
		return false;
	*address = strtoull(digits, NULL, 16);
	*text = digits + length + 1;
	return true;
}

/* "B", "K", "M" or a blank; the letter of the type may follow the size at once. */
static uint64_t take_unit(const char **text)
{
	switch (**text) {
	case 'M':
	case 'm':
		(*text)++;
		return 1024 * 1024;
	case 'K':
	case 'k':
		(*text)++;
		return 1024;
	case 'B':
	case ' ':
		(*text)++;
		return 1;
	default:
		return 1;
	}
}

/* Of the letter its lowest bits count. One that is none could be anything. */
static bool take_access(const char **text, unsigned int *access)
{
	char letter = (char)(**text | 0x20);

	if (letter >= 'a' && letter <= 'g') {
		*access = letter & 7u;
		(*text)++;
		return true;
	}
	/* F4's "Device Feature" has no letter that means anything. */
	*access = DFUSE_READ | DFUSE_WRITE;
	return skip_noise(*text) != *text || strchr(",/", **text);
}

/* "04*016Kg" */
static bool take_run(struct dfuse_layout *layout, const char **text, uint64_t *address)
{
	struct dfuse_run *run = &layout->runs[layout->count];
	uint64_t count, size;
	unsigned int access;

	if (layout->count == DFUSE_RUN_LIMIT || !take_number(text, COUNT_LIMIT, &count) || *(*text)++ != '*' ||
	    !take_number(text, UINT32_MAX, &size))
		return false;
	size *= take_unit(text);
	if (!take_access(text, &access) || !count || !size || size > UINT32_MAX ||
	    *address + count * size > UINT64_C(0x100000000))
		return false;
	*run = (struct dfuse_run){ (uint32_t)*address, (uint32_t)size, (uint32_t)count, access };
	layout->count++;
	*address += count * size;
	return true;
}

/* One address and the runs behind it, up to what can't be understood: where the next one would be is not known then. */
static bool take_zone(struct dfuse_layout *layout, const char *text)
{
	size_t before = layout->count;
	bool is_whole = true;
	uint64_t address;

	if (!take_address(&text, &address))
		return false;
	for (;;) {
		text = skip_noise(text);
		if (*text == ',') {
			text++;
			continue;
		}
		if (!*text || *text == '/')
			break;
		if (!take_run(layout, &text, &address))
			return false;
		text = skip_noise(text);
		/* What is written behind a run is for somebody else. */
		is_whole = is_whole && (!*text || strchr(",/", *text));
		text += strcspn(text, ",/");
	}
	return is_whole && layout->count > before && (!*text || dfu_find_zone(text) == text);
}

bool dfuse_layout_parse(struct dfuse_layout *layout, const char *text)
{
	const char *name, *zone;
	size_t length;

	memset(layout, 0, sizeof(*layout));
	if (!text)
		return false;
	name = dfu_find_name(text, &length);
	snprintf(layout->name, sizeof(layout->name), "%.*s", (int)length, name);
	layout->is_whole = true;
	for (zone = dfu_find_zone(text); zone; zone = dfu_find_zone(zone + 1))
		layout->is_whole = take_zone(layout, zone) && layout->is_whole;
	snprintf(layout->title, sizeof(layout->title), "%s", layout->is_whole && *layout->name ? layout->name : text);
	return layout->count > 0;
}

/* Its string descriptor has a byte for each character: two of them look like one of UTF-16, here as UTF-8. */
static size_t unpack_serial(const char *serial, char *out, size_t room)
{
	const uint8_t *in = (const uint8_t *)serial;
	size_t count = 0;

	while (*in && count + 1 < room) {
		if ((in[0] & 0xf0) == 0xe0 && in[1] && in[2]) {
			unsigned int unit = (in[0] & 0x0fu) << 12 | (in[1] & 0x3fu) << 6 | (in[2] & 0x3fu);

			out[count++] = (char)(unit & 0xff);
			out[count++] = (char)(unit >> 8);
			in += 3;
			continue;
		}
		out[count++] = (char)*in++;
	}
	return count;
}

void dfuse_layout_take_gd32(struct dfuse_layout *layout, const char *serial)
{
	static const struct {
		char letter;
		uint16_t pages;
	} sizes[] = { { '2', 8 }, { '4', 16 }, { '6', 32 }, { '8', 64 }, { 'B', 128 }, { 'D', 256 } };
	struct dfuse_run *run = &layout->runs[0];
	char text[8];

	if (layout->count != 1 || run->address != GD32_FLASH || unpack_serial(serial, text, sizeof(text)) != 4 ||
	    text[0] != '3' || text[3] != 'J')
		return;
	for (size_t i = 0; i < DFUT_COUNT(sizes); i++)
		if (sizes[i].letter == text[2])
			*run = (struct dfuse_run){ GD32_FLASH, GD32_PAGE_SIZE, sizes[i].pages, run->access };
}

bool dfuse_layout_find(const struct dfuse_layout *layout, uint32_t address, struct dfuse_sector *sector)
{
	for (size_t i = 0; i < layout->count; i++) {
		const struct dfuse_run *run = &layout->runs[i];
		uint32_t offset = address - run->address;

		if (address < run->address || offset / run->sector_size >= run->count)
			continue;
		*sector = (struct dfuse_sector){ address - offset % run->sector_size, run->sector_size, run->access };
		return true;
	}
	return false;
}

bool dfuse_layout_find_gap(const struct dfuse_layout *layout, uint32_t address, uint64_t size, unsigned int access,
			   uint32_t *gap)
{
	uint64_t at = address;
	struct dfuse_sector sector;

	while (at < address + size) {
		*gap = (uint32_t)at;
		if (at > UINT32_MAX || !dfuse_layout_find(layout, (uint32_t)at, &sector) ||
		    (sector.access & access) != access)
			return true;
		at = (uint64_t)sector.address + sector.size;
	}
	return false;
}

uint32_t dfuse_layout_get_start(const struct dfuse_layout *layout)
{
	for (size_t i = 0; i < layout->count; i++)
		if (layout->runs[i].access & DFUSE_WRITE)
			return layout->runs[i].address;
	return layout->runs[0].address;
}

uint64_t dfuse_layout_get_room(const struct dfuse_layout *layout, uint32_t address)
{
	uint64_t at = address, before;

	do {
		before = at;
		for (size_t i = 0; i < layout->count; i++) {
			const struct dfuse_run *run = &layout->runs[i];
			uint64_t end = run->address + (uint64_t)run->sector_size * run->count;

			at = at >= run->address && at < end ? end : at;
		}
	} while (at > before);
	return at - address;
}
