/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Items of HID report descriptors (HID 1.11, 6.2.2), as lsusb names them. */

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "sim/dump/dump.h"

/* clang-format off */
static const struct {
	const char *name;
	uint8_t prefix; /* tag and type, without the size */
} items[] = {
	{ "Input", 0x80 }, { "Output", 0x90 }, { "Collection", 0xa0 }, { "Feature", 0xb0 }, { "End Collection", 0xc0 },
	{ "Usage Page", 0x04 }, { "Logical Minimum", 0x14 }, { "Logical Maximum", 0x24 }, { "Physical Minimum", 0x34 },
	{ "Physical Maximum", 0x44 }, { "Unit Exponent", 0x54 }, { "Unit", 0x64 }, { "Report Size", 0x74 },
	{ "Report ID", 0x84 }, { "Report Count", 0x94 }, { "Push", 0xa4 }, { "Pop", 0xb4 },
	{ "Usage", 0x08 }, { "Usage Minimum", 0x18 }, { "Usage Maximum", 0x28 }, { "Designator Index", 0x38 },
	{ "Designator Minimum", 0x48 }, { "Designator Maximum", 0x58 }, { "String Index", 0x78 },
	{ "String Minimum", 0x88 }, { "String Maximum", 0x98 }, { "Delimiter", 0xa8 },
};
/* clang-format on */

static bool find_prefix(const char *name, size_t length, uint8_t *prefix)
{
	for (size_t i = 0; i < DFUT_COUNT(items); i++)
		if (strlen(items[i].name) == length && memcmp(items[i].name, name, length) == 0) {
			*prefix = items[i].prefix;
			return true;
		}
	return false;
}

/* "[ 0x60 0xff ]", or "none". */
static size_t read_data(const char *text, uint8_t data[4])
{
	size_t size = 0;
	char *end;

	while (*text == ' ')
		text++;
	if (*text++ != '[')
		return 0;
	for (; size < 4; text = end) {
		unsigned long value = strtoul(text, &end, 16);

		if (end == text || value > UINT8_MAX)
			break;
		data[size++] = (uint8_t)value;
	}
	return size;
}

size_t dump_read_item(const char *line, uint8_t item[5])
{
	const char *name = strstr(line, "Item(");
	const char *data;
	size_t size;

	name = name ? strstr(name, "): ") : NULL;
	data = name ? strstr(name, ", data=") : NULL;
	if (!data || !find_prefix(name + 3, (size_t)(data - name) - 3, &item[0]))
		return 0;
	size = read_data(data + strlen(", data="), item + 1);
	/* There is no item with three bytes. */
	if (size == 3)
		item[++size] = 0;
	item[0] |= (uint8_t)(size == 4 ? 3 : size);
	return 1 + size;
}
