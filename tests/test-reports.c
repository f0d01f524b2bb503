/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Report descriptors: what is read from good ones, from ones that are cut off, and from nonsense. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "usb/reports.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define NONSENSE_COUNT 10000
#define NONSENSE_SIZE 300

/* HID 1.11, appendix E.6: a boot keyboard */
static const uint8_t keyboard[] = {
	0x05, 0x01, 0x09, 0x06, 0xa1, 0x01, 0x05, 0x07, 0x19, 0xe0, 0x29, 0xe7, 0x15, 0x00, 0x25, 0x01,
	0x75, 0x01, 0x95, 0x08, 0x81, 0x02, 0x95, 0x01, 0x75, 0x08, 0x81, 0x01, 0x95, 0x05, 0x75, 0x01,
	0x05, 0x08, 0x19, 0x01, 0x29, 0x05, 0x91, 0x02, 0x95, 0x01, 0x75, 0x03, 0x91, 0x01, 0x95, 0x06,
	0x75, 0x08, 0x15, 0x00, 0x25, 0x65, 0x05, 0x07, 0x19, 0x00, 0x29, 0x65, 0x81, 0x00, 0xc0,
};

/* Consumer keys with number 3, then a vendor's collection with numbers 5 (5 bytes) and 6 (2049 bytes) */
static const uint8_t numbered[] = {
	0x05, 0x0c, 0x09, 0x01, 0xa1, 0x01, 0x85, 0x03, 0x75, 0x10, 0x95, 0x01, 0x81,
	0x00, 0xc0, 0x06, 0x00, 0xff, 0x09, 0x02, 0xa1, 0x01, 0x85, 0x05, 0x75, 0x08,
	0x95, 0x05, 0xb1, 0x02, 0x85, 0x06, 0x96, 0x01, 0x08, 0xb1, 0x02, 0xc0,
};

static void parse(struct dfut_reports *reports, const void *data, size_t size)
{
	/* In memory of its own, so that a byte read behind it is seen. */
	uint8_t *copy = malloc(size ? size : 1);

	cr_assert(copy != NULL);
	memcpy(copy, data, size);
	cr_assert(eq(int, dfut_reports_parse(reports, copy, size), 0));
	free(copy);
}

static int get_size(const struct dfut_reports *reports, enum dfut_report_type type, uint8_t id)
{
	return dfut_reports_get_size(reports, type, id);
}

static bool has_usage(const struct dfut_reports *reports, uint16_t page, uint16_t id)
{
	return dfut_reports_have_usage(reports, (struct dfut_usage){ page, id });
}

Test(reports, adds_up_the_fields_of_reports_without_numbers)
{
	struct dfut_reports reports;

	parse(&reports, keyboard, sizeof(keyboard));
	cr_expect(not(reports.numbered));
	cr_expect(eq(int, get_size(&reports, DFUT_REPORT_INPUT, 0), 8));
	/* 5 LEDs and 3 bits of nothing */
	cr_expect(eq(int, get_size(&reports, DFUT_REPORT_OUTPUT, 0), 1));
	cr_expect(eq(int, get_size(&reports, DFUT_REPORT_FEATURE, 0), -1));
	cr_expect(eq(int, get_size(&reports, DFUT_REPORT_INPUT, 1), -1));
	cr_expect(eq(sz, reports.usage_count, 1));
	cr_expect(has_usage(&reports, 0x01, 0x06));
	dfut_reports_finish(&reports);
	cr_expect(eq(sz, reports.usage_count, 0));
}

Test(reports, tells_numbered_ones_and_their_collections_apart)
{
	struct dfut_reports reports;

	parse(&reports, numbered, sizeof(numbered));
	cr_expect(reports.numbered);
	cr_expect(eq(int, get_size(&reports, DFUT_REPORT_INPUT, 3), 2));
	cr_expect(eq(int, get_size(&reports, DFUT_REPORT_FEATURE, 5), 5));
	cr_expect(eq(int, get_size(&reports, DFUT_REPORT_FEATURE, 6), 2049));
	cr_expect(eq(int, get_size(&reports, DFUT_REPORT_FEATURE, 0), -1));
	cr_expect(eq(int, get_size(&reports, DFUT_REPORT_FEATURE, 3), -1));
	cr_expect(eq(sz, reports.usage_count, 2));
	cr_expect(has_usage(&reports, 0x0c, 0x01));
	cr_expect(has_usage(&reports, 0xff00, 0x02));
	cr_expect(not(has_usage(&reports, 0x0c, 0x02)));
	dfut_reports_finish(&reports);
}

Test(reports, rounds_bits_up_to_bytes)
{
	static const uint8_t descriptor[] = { 0x05, 0x01, 0x09, 0x02, 0xa1, 0x01, 0x75, 0x01, 0x95,
					      0x03, 0x81, 0x02, 0x95, 0x06, 0x81, 0x02, 0xc0 };
	struct dfut_reports reports;

	parse(&reports, descriptor, sizeof(descriptor));
	cr_expect(eq(int, get_size(&reports, DFUT_REPORT_INPUT, 0), 2));
	dfut_reports_finish(&reports);
}

Test(reports, takes_the_page_of_a_usage_of_four_bytes)
{
	static const uint8_t descriptor[] = { 0x05, 0x01, 0x0b, 0x61, 0x00, 0x60, 0xff, 0xa1, 0x01, 0xc0,
					      /* The page before is as it was. */
					      0x09, 0x02, 0xa1, 0x01, 0xc0 };
	struct dfut_reports reports;

	parse(&reports, descriptor, sizeof(descriptor));
	cr_expect(has_usage(&reports, 0xff60, 0x61));
	cr_expect(has_usage(&reports, 0x01, 0x02));
	dfut_reports_finish(&reports);
}

/* HID 1.11, 6.2.2.8: a usage of one or two bytes gets the page that holds at the main item. */
Test(reports, takes_the_page_that_holds_where_the_collection_begins)
{
	static const uint8_t descriptor[] = { 0x09, 0x61, 0x06, 0x60, 0xff, 0xa1, 0x01, 0xc0 };
	struct dfut_reports reports;

	parse(&reports, descriptor, sizeof(descriptor));
	cr_expect(has_usage(&reports, 0xff60, 0x61));
	dfut_reports_finish(&reports);
}

Test(reports, does_not_take_the_usage_of_a_field_for_that_of_the_next_collection)
{
	/* Local items end with the main item: the second collection has no usage. */
	static const uint8_t descriptor[] = { 0x06, 0x00, 0xff, 0x09, 0x01, 0xa1, 0x01, 0x09, 0x61, 0x75,
					      0x08, 0x95, 0x01, 0x81, 0x02, 0xc0, 0xa1, 0x01, 0xc0 };
	struct dfut_reports reports;

	parse(&reports, descriptor, sizeof(descriptor));
	cr_expect(has_usage(&reports, 0xff00, 0x01));
	cr_expect(not(has_usage(&reports, 0xff00, 0x61)));
	dfut_reports_finish(&reports);
}

/* Of several usages in front of a main item with one element the first is meant (6.2.2.8). */
Test(reports, takes_the_first_of_several_usages)
{
	static const uint8_t descriptor[] = { 0x05, 0x01, 0x09, 0x06, 0x09, 0x02, 0xa1, 0x01, 0xc0 };
	struct dfut_reports reports;

	parse(&reports, descriptor, sizeof(descriptor));
	cr_expect(has_usage(&reports, 0x01, 0x06));
	dfut_reports_finish(&reports);
}

Test(reports, leaves_nested_collections_out)
{
	static const uint8_t descriptor[] = { 0x05, 0x01, 0x09, 0x02, 0xa1, 0x01, 0x09, 0x01, 0xa1, 0x00,
					      0xc0, 0xc0, 0x05, 0x0c, 0x09, 0x01, 0xa1, 0x01, 0xc0 };
	struct dfut_reports reports;

	parse(&reports, descriptor, sizeof(descriptor));
	cr_expect(eq(sz, reports.usage_count, 2));
	cr_expect(has_usage(&reports, 0x01, 0x02));
	cr_expect(not(has_usage(&reports, 0x01, 0x01)));
	cr_expect(has_usage(&reports, 0x0c, 0x01));
	dfut_reports_finish(&reports);
}

Test(reports, remembers_with_push_and_pop)
{
	static const uint8_t descriptor[] = {
		0x06, 0x00, 0xff, 0x09, 0x01, 0xa1, 0x01, 0x85, 0x01, 0x75, 0x08, 0x95, 0x04, 0xa4, 0x85, 0x02,
		0x95, 0x10, 0x05, 0x0c, 0xb1, 0x02, 0xb4, 0xb1, 0x02, 0xc0, 0x09, 0x07, 0xa1, 0x01, 0xc0,
	};
	struct dfut_reports reports;

	parse(&reports, descriptor, sizeof(descriptor));
	cr_expect(eq(int, get_size(&reports, DFUT_REPORT_FEATURE, 2), 16));
	cr_expect(eq(int, get_size(&reports, DFUT_REPORT_FEATURE, 1), 4));
	cr_expect(has_usage(&reports, 0xff00, 0x07));
	dfut_reports_finish(&reports);
}

Test(reports, survives_push_and_pop_without_end)
{
	uint8_t descriptor[600];
	struct dfut_reports reports;

	memset(descriptor, 0xa4, sizeof(descriptor));
	parse(&reports, descriptor, sizeof(descriptor));
	dfut_reports_finish(&reports);
	memset(descriptor, 0xb4, sizeof(descriptor));
	parse(&reports, descriptor, sizeof(descriptor));
	dfut_reports_finish(&reports);
	memset(descriptor, 0xc0, sizeof(descriptor));
	parse(&reports, descriptor, sizeof(descriptor));
	dfut_reports_finish(&reports);
}

Test(reports, passes_over_long_items)
{
	/* A long item whose data look like a report id */
	static const uint8_t descriptor[] = { 0xfe, 0x02, 0xf0, 0x85, 0x07, 0x05, 0x01, 0x09, 0x06, 0xa1, 0x01,
					      0x75, 0x08, 0x95, 0x02, 0x81, 0x02, 0xfe, 0x00, 0xf1, 0xc0 };
	struct dfut_reports reports;

	parse(&reports, descriptor, sizeof(descriptor));
	cr_expect(not(reports.numbered));
	cr_expect(has_usage(&reports, 0x01, 0x06));
	cr_expect(eq(int, get_size(&reports, DFUT_REPORT_INPUT, 0), 2));
	dfut_reports_finish(&reports);
}

Test(reports, takes_no_report_for_longer_than_a_request_can_carry)
{
	/* 4294967295 fields of 4294967295 bits, twice */
	static const uint8_t descriptor[] = { 0x77, 0xff, 0xff, 0xff, 0xff, 0x97, 0xff,
					      0xff, 0xff, 0xff, 0xb1, 0x02, 0xb1, 0x02 };
	struct dfut_reports reports;

	parse(&reports, descriptor, sizeof(descriptor));
	cr_expect(eq(int, get_size(&reports, DFUT_REPORT_FEATURE, 0), 65535));
	dfut_reports_finish(&reports);
}

Test(reports, takes_no_more_than_it_has_room_for)
{
	uint8_t descriptor[4 * 3000];
	struct dfut_reports reports;

	/* Collections without end: 3000 of them, each with a usage of its own */
	for (size_t i = 0; i < 2000; i++)
		memcpy(&descriptor[6 * i], "\x09\x01\xa1\x01\xc0\xc0", 6);
	parse(&reports, descriptor, sizeof(descriptor));
	cr_expect(eq(sz, reports.usage_count, 1024));
	dfut_reports_finish(&reports);
}

Test(reports, reads_what_is_there_of_one_that_is_cut_off)
{
	static const struct {
		const uint8_t *data;
		size_t size;
	} whole[] = { { keyboard, sizeof(keyboard) }, { numbered, sizeof(numbered) } };
	size_t cases = 0;

	for (size_t i = 0; i < COUNT(whole); i++) {
		size_t usages = 0;

		for (size_t size = 0; size <= whole[i].size; size++) {
			struct dfut_reports reports;

			parse(&reports, whole[i].data, size);
			cr_expect(ge(sz, reports.usage_count, usages), "descriptor %zu, %zu bytes", i, size);
			usages = reports.usage_count;
			dfut_reports_finish(&reports);
			cases++;
		}
	}
	fprintf(stderr, "%zu descriptors cut off\n", cases);
}

Test(reports, survives_nonsense)
{
	uint32_t value = 1;
	size_t with_reports = 0;

	for (size_t i = 0; i < NONSENSE_COUNT; i++) {
		uint8_t data[NONSENSE_SIZE];
		struct dfut_reports reports;
		size_t size;

		for (size_t k = 0; k < sizeof(data); k++) {
			value ^= value << 13;
			value ^= value >> 17;
			value ^= value << 5;
			data[k] = (uint8_t)value;
		}
		size = value % (sizeof(data) + 1);
		parse(&reports, data, size);
		cr_expect(le(sz, reports.usage_count, size), "buffer %zu", i);
		for (size_t k = 0; k < reports.size_count; k++)
			cr_expect(le(int, get_size(&reports, reports.sizes[k].type, reports.sizes[k].id), 65535),
				  "buffer %zu", i);
		with_reports += reports.size_count > 0;
		dfut_reports_finish(&reports);
	}
	fprintf(stderr, "%u buffers of nonsense, %zu of them with reports\n", NONSENSE_COUNT, with_reports);
	cr_expect(lt(sz, 1000, with_reports));
}
