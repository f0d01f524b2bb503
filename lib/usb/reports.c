/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What a HID report descriptor says (HID 1.11, 6.2.2). */

#include <stdlib.h>
#include <string.h>

#include "usb/reports.h"

#define LONG_ITEM 0xfe
#define SIZE_MASK 0x03

/* Tag and type of the items that matter, without their size (6.2.2.4 to 6.2.2.8). */
enum item {
	ITEM_INPUT = 0x80,
	ITEM_OUTPUT = 0x90,
	ITEM_COLLECTION = 0xa0,
	ITEM_FEATURE = 0xb0,
	ITEM_END_COLLECTION = 0xc0,
	ITEM_USAGE_PAGE = 0x04,
	ITEM_REPORT_SIZE = 0x74,
	ITEM_REPORT_ID = 0x84,
	ITEM_REPORT_COUNT = 0x94,
	ITEM_PUSH = 0xa4,
	ITEM_POP = 0xb4,
	ITEM_USAGE = 0x08,
};

#define STACK_LIMIT 8
#define COUNT_LIMIT 1024
/* wLength has 16 bits. */
#define BITS_LIMIT (65535 * 8)

struct globals {
	uint16_t usage_page;
	uint32_t report_size;
	uint32_t report_count;
	uint8_t report_id;
};

struct walk {
	struct dfut_reports *out;
	struct globals globals;
	struct globals stack[STACK_LIMIT];
	size_t pushed;
	size_t depth;
	uint32_t usage;	   /* the first one in front of the main item that follows */
	size_t usage_size; /* its bytes, 0 if there is none */
};

static struct dfut_report_size *find(const struct dfut_reports *reports, enum dfut_report_type type, uint8_t id)
{
	for (size_t i = 0; i < reports->size_count; i++)
		if (reports->sizes[i].type == type && reports->sizes[i].id == id)
			return &reports->sizes[i];
	return NULL;
}

static int add_field(struct walk *walk, enum dfut_report_type type)
{
	struct dfut_reports *out = walk->out;
	struct dfut_report_size *report = find(out, type, walk->globals.report_id);
	uint64_t bits = (uint64_t)walk->globals.report_size * walk->globals.report_count;

	if (!report) {
		void *grown = out->size_count < COUNT_LIMIT ?
				      realloc(out->sizes, (out->size_count + 1) * sizeof(*out->sizes)) :
				      NULL;

		if (!grown)
			return out->size_count < COUNT_LIMIT ? DFUT_ERROR_NO_MEMORY : 0;
		out->sizes = grown;
		report = &out->sizes[out->size_count++];
		*report = (struct dfut_report_size){ type, walk->globals.report_id, 0 };
	}
	bits += report->bits;
	report->bits = bits < BITS_LIMIT ? (uint32_t)bits : BITS_LIMIT;
	return 0;
}

/* Four bytes bring the page with them; else it is the one that holds at the main item (6.2.2.8). */
static struct dfut_usage get_usage(const struct walk *walk)
{
	if (!walk->usage_size)
		return (struct dfut_usage){ 0, 0 };
	return (struct dfut_usage){ walk->usage_size == 4 ? (uint16_t)(walk->usage >> 16) : walk->globals.usage_page,
				    (uint16_t)walk->usage };
}

static int begin_collection(struct walk *walk)
{
	struct dfut_reports *out = walk->out;
	void *grown;

	if (walk->depth++ || out->usage_count == COUNT_LIMIT)
		return 0;
	grown = realloc(out->usages, (out->usage_count + 1) * sizeof(*out->usages));
	if (!grown)
		return DFUT_ERROR_NO_MEMORY;
	out->usages = grown;
	out->usages[out->usage_count++] = get_usage(walk);
	return 0;
}

static int take_main(struct walk *walk, enum item item)
{
	switch (item) {
	case ITEM_INPUT:
		return add_field(walk, DFUT_REPORT_INPUT);
	case ITEM_OUTPUT:
		return add_field(walk, DFUT_REPORT_OUTPUT);
	case ITEM_FEATURE:
		return add_field(walk, DFUT_REPORT_FEATURE);
	case ITEM_COLLECTION:
		return begin_collection(walk);
	case ITEM_END_COLLECTION:
		walk->depth -= walk->depth ? 1 : 0;
		break;
	case ITEM_USAGE_PAGE:
	case ITEM_REPORT_SIZE:
	case ITEM_REPORT_ID:
	case ITEM_REPORT_COUNT:
	case ITEM_PUSH:
	case ITEM_POP:
	case ITEM_USAGE:
		break;
	}
	return 0;
}

static int take_item(struct walk *walk, enum item item, uint32_t value, size_t size)
{
	int result;

	switch (item) {
	case ITEM_INPUT:
	case ITEM_OUTPUT:
	case ITEM_FEATURE:
	case ITEM_COLLECTION:
	case ITEM_END_COLLECTION:
		result = take_main(walk, item);
		/* Local items end with it (5.4). */
		walk->usage_size = 0;
		return result;
	case ITEM_USAGE_PAGE:
		walk->globals.usage_page = (uint16_t)value;
		break;
	case ITEM_REPORT_SIZE:
		walk->globals.report_size = value;
		break;
	case ITEM_REPORT_ID:
		walk->globals.report_id = (uint8_t)value;
		walk->out->numbered = true;
		break;
	case ITEM_REPORT_COUNT:
		walk->globals.report_count = value;
		break;
	case ITEM_PUSH:
		if (walk->pushed < STACK_LIMIT)
			walk->stack[walk->pushed++] = walk->globals;
		break;
	case ITEM_POP:
		if (walk->pushed)
			walk->globals = walk->stack[--walk->pushed];
		break;
	case ITEM_USAGE:
		if (walk->usage_size)
			break;
		walk->usage = value;
		walk->usage_size = size;
		break;
	}
	return 0;
}

int dfut_reports_parse(struct dfut_reports *reports, const uint8_t *data, size_t size)
{
	static const uint8_t sizes[] = { 0, 1, 2, 4 };
	struct walk walk = { .out = reports };
	int result = 0;

	memset(reports, 0, sizeof(*reports));
	for (size_t at = 0; at < size && result == 0;) {
		uint8_t prefix = data[at++];
		size_t length = prefix == LONG_ITEM ? (at < size ? data[at] + 2u : 1) : sizes[prefix & SIZE_MASK];
		uint32_t value = 0;

		if (length > size - at)
			break;
		for (size_t i = 0; i < length && prefix != LONG_ITEM; i++)
			value |= (uint32_t)data[at + i] << (8 * i);
		if (prefix != LONG_ITEM)
			result = take_item(&walk, (enum item)(prefix & ~SIZE_MASK), value, length);
		at += length;
	}
	if (result < 0)
		dfut_reports_finish(reports);
	return result;
}

void dfut_reports_finish(struct dfut_reports *reports)
{
	free(reports->usages);
	free(reports->sizes);
	memset(reports, 0, sizeof(*reports));
}

bool dfut_reports_have_usage(const struct dfut_reports *reports, struct dfut_usage usage)
{
	for (size_t i = 0; i < reports->usage_count; i++)
		if (reports->usages[i].page == usage.page && (!usage.id || reports->usages[i].id == usage.id))
			return true;
	return false;
}

int dfut_reports_get_size(const struct dfut_reports *reports, enum dfut_report_type type, uint8_t id)
{
	const struct dfut_report_size *report = find(reports, type, id);

	return report ? (int)((report->bits + 7) / 8) : -1;
}
