/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* DfuSe files: targets, elements, both ways to count, damage of each part, changing and saving them. */

#if !defined(_WIN32) && !defined(_XOPEN_SOURCE)
#define _XOPEN_SOURCE 700
#endif

#include "image-host.h"

TestSuite(dfuse, .init = start, .fini = stop, .timeout = 60);

static const uint8_t one[] = { 0x00, 0x50, 0x00, 0x20, 0x45, 0x01, 0x00, 0x08, 0x77 };
static const uint8_t two[] = { 1, 2, 3, 4, 5 };
static const uint8_t three[] = { 0xaa, 0x55, 0xff };

/* Offsets in the sample: prefix 0, target 11, element 285, element 302, target 315, element 589, suffix 600 */
#define TARGET_1 11
#define ELEMENT_1 285
#define ELEMENT_2 (ELEMENT_1 + 8 + sizeof(one))
#define TARGET_2 (ELEMENT_2 + 8 + sizeof(two))
#define ELEMENT_3 (TARGET_2 + 274)
#define END (ELEMENT_3 + 8 + sizeof(three))

static void add_target(struct file *file, uint8_t alternate, const char *name, uint32_t size, uint32_t elements)
{
	uint8_t bytes[266] = "Target";

	bytes[6] = alternate;
	bytes[7] = name[0] != '\0';
	memcpy(bytes + 11, name, strlen(name));
	add_bytes(file, bytes, sizeof(bytes));
	add_le32(file, size);
	add_le32(file, elements);
}

static void add_element(struct file *file, uint32_t address, const void *data, size_t size)
{
	add_le32(file, address);
	add_le32(file, (uint32_t)size);
	add_bytes(file, data, size);
}

/* Without its suffix */
static struct file make_body(void)
{
	struct file file = { .size = 0 };

	add_bytes(&file, "DfuSe\1", 6);
	add_le32(&file, END);
	add_bytes(&file, "\2", 1);
	add_target(&file, 0, "ST...", 8 + sizeof(one) + 8 + sizeof(two), 2);
	add_element(&file, 0x08000000, one, sizeof(one));
	add_element(&file, 0x08004000, two, sizeof(two));
	add_target(&file, 2, "", 8 + sizeof(three), 1);
	add_element(&file, 0x1fff7800, three, sizeof(three));
	cr_assert(eq(sz, file.size, END));
	return file;
}

static struct file make_sample(void)
{
	struct file file = make_body();

	add_suffix(&file, 0x011a);
	return file;
}

Test(dfuse, targets_and_elements_become_segments)
{
	struct file file = make_sample();
	uint16_t vendor, product, release;

	cr_assert(eq(int, load_file(&file), 0), "%s", dfut_context_get_error(context));
	cr_assert(eq(str, get_format(), (char *)"dfuse"));
	cr_assert(eq(sz, dfut_image_get_segment_count(image), 3));
	cr_assert(has_segment(0, 0x08000000, 0, one, sizeof(one)));
	cr_assert(has_segment(1, 0x08004000, 0, two, sizeof(two)));
	cr_assert(has_segment(2, 0x1fff7800, 2, three, sizeof(three)));
	cr_assert(eq(sz, dfut_image_get_size(image), sizeof(one) + sizeof(two) + sizeof(three)));
	cr_assert(dfut_image_get_ids(image, &vendor, &product, &release));
	cr_assert(eq(u16, vendor, 0x0483));
	cr_assert(eq(u16, product, 0xdf11));
	cr_assert(eq(str, get_fact("dfu_version"), (char *)"011a"));
	cr_assert(eq(str, get_fact("targets"), (char *)"2"));
	cr_assert(eq(str, get_fact("target_0"), (char *)"alternate 0 \"ST...\", 2 elements, 30 bytes"));
	cr_assert(eq(str, get_fact("target_1"), (char *)"alternate 2, 1 elements, 11 bytes"));
	cr_assert(eq(str, get_fact("warning"), (char *)"(none)"));
	cr_assert(eq(int, dfut_image_set_address(image, 0x08000000), DFUT_ERROR_USAGE));
}

Test(dfuse, both_ways_to_count_the_file_are_taken)
{
	struct file file = make_body();

	add_suffix(&file, 0x011a);
	cr_assert(eq(int, load_file(&file), 0));
	cr_assert(eq(str, get_fact("image_size_counts"), (char *)"without the suffix"));

	file = make_body();
	put_le32(&file, 6, END + 16);
	add_suffix(&file, 0x011a);
	cr_assert(eq(int, load_file(&file), 0));
	cr_assert(eq(str, get_fact("image_size_counts"), (char *)"with the suffix"));
}

Test(dfuse, is_saved_as_it_was)
{
	struct file file = make_sample();
	static struct file saved;

	cr_assert(eq(int, load_file(&file), 0));
	save_to(&saved);
	cr_assert(eq(sz, saved.size, file.size));
	cr_assert(eq(int, memcmp(saved.bytes, file.bytes, file.size), 0));
	expect_round_trip();
}

Test(dfuse, keeps_a_suffix_of_its_own_kind)
{
	struct file file = make_sample();
	uint16_t vendor;

	cr_assert(eq(int, load_file(&file), 0));
	dfut_image_set_suffix(image, 0x1209, 0x0001, 0x0100);
	expect_round_trip();
	cr_assert(eq(str, get_fact("vendor_id"), (char *)"1209"));
	cr_assert(eq(str, get_fact("dfu_version"), (char *)"011a"));

	dfut_image_remove_suffix(image);
	expect_round_trip();
	cr_assert(dfut_image_get_ids(image, &vendor, NULL, NULL));
	cr_assert(eq(u16, vendor, DFUT_ID_ANY));
}

Test(dfuse, same_address_in_two_alternates_is_no_overlap)
{
	struct file file = make_body();

	put_le32(&file, ELEMENT_3, 0x08000000);
	add_suffix(&file, 0x011a);
	cr_assert(eq(int, load_file(&file), 0), "%s", dfut_context_get_error(context));
}

Test(dfuse, elements_side_by_side_and_up_to_the_last_address_are_taken)
{
	struct file file = make_body();

	put_le32(&file, ELEMENT_2, 0x08000000 + sizeof(one));
	put_le32(&file, ELEMENT_3, 0xffffffff - sizeof(three) + 1);
	add_suffix(&file, 0x011a);
	cr_assert(eq(int, load_file(&file), 0), "%s", dfut_context_get_error(context));
	cr_assert(eq(str, list_segments(), (char *)"0x08000000+9/0 0x08000009+5/0 0xfffffffd+3/2"));
}

/* Bad files */

static void expect_patched(const struct refusal *refusal, size_t offset, uint32_t value)
{
	struct file file = make_body();

	put_le32(&file, offset, value);
	add_suffix(&file, 0x011a);
	expect_refusal(refusal, file.bytes, file.size);
}

Test(dfuse, wrong_numbers_are_refused_where_they_stand)
{
	static const struct {
		struct refusal refusal;
		size_t offset;
		uint32_t value;
	} cases[] = {
		{ { "image size 0", "offset 6:", DFUT_CHECK_LENGTH }, 6, 0 },
		{ { "image size one less", "offset 6:", DFUT_CHECK_LENGTH }, 6, END - 1 },
		{ { "image size one more", "offset 6:", DFUT_CHECK_LENGTH }, 6, END + 1 },
		{ { "image size 4 GiB", "offset 6:", DFUT_CHECK_LENGTH }, 6, 0xffffffff },
		{ { "image size between the two", "offset 6:", DFUT_CHECK_LENGTH }, 6, END + 15 },
		{ { "target size 0", "offset 285:", DFUT_CHECK_LENGTH }, TARGET_1 + 266, 0 },
		{ { "target size one less", "offset 306: the DfuSe element says 5 bytes, its target has 4",
		    DFUT_CHECK_LENGTH },
		  TARGET_1 + 266,
		  29 },
		{ { "target size one more", "offset 315: 1 bytes too many", DFUT_CHECK_LENGTH }, TARGET_1 + 266, 31 },
		{ { "target size beyond the file", "offset 277:", DFUT_CHECK_LENGTH }, TARGET_1 + 266, END },
		{ { "target size 4 GiB", "offset 277:", DFUT_CHECK_LENGTH }, TARGET_1 + 266, 0xffffffff },
		{ { "second target size 4 GiB", "offset 581:", DFUT_CHECK_LENGTH }, TARGET_2 + 266, 0xfffffff8 },
		{ { "second target size one less", "offset 593:", DFUT_CHECK_LENGTH }, TARGET_2 + 266, 10 },
		{ { "no elements", "offset 281: the DfuSe target has no elements", DFUT_CHECK_FORMAT },
		  TARGET_1 + 270,
		  0 },
		{ { "no elements in the second", "offset 585:", DFUT_CHECK_FORMAT }, TARGET_2 + 270, 0 },
		{ { "an element less", "offset 302: 13 bytes too many", DFUT_CHECK_LENGTH }, TARGET_1 + 270, 1 },
		{ { "an element more", "offset 315: the DfuSe target has 0 bytes left", DFUT_CHECK_LENGTH },
		  TARGET_1 + 270,
		  3 },
		{ { "4 G elements", "offset 315:", DFUT_CHECK_LENGTH }, TARGET_1 + 270, 0xffffffff },
		{ { "element size 0", "offset 289: the DfuSe element is empty", DFUT_CHECK_LENGTH }, ELEMENT_1 + 4, 0 },
		{ { "element size one more", "offset 289:", DFUT_CHECK_LENGTH }, ELEMENT_1 + 4, sizeof(one) + 14 },
		{ { "element size 4 GiB", "offset 289:", DFUT_CHECK_LENGTH }, ELEMENT_1 + 4, 0xffffffff },
		{ { "element size 4 GiB less 8", "offset 289:", DFUT_CHECK_LENGTH }, ELEMENT_1 + 4, 0xfffffff8 },
		{ { "last element size one more", "offset 593:", DFUT_CHECK_LENGTH }, ELEMENT_3 + 4, 4 },
		{ { "last element size one less", "offset 599: 1 bytes too many", DFUT_CHECK_LENGTH },
		  ELEMENT_3 + 4,
		  2 },
		{ { "overlap by a byte", "offset 302: 0x08000008 is written a second time, the first is at offset 285",
		    0 },
		  ELEMENT_2,
		  0x08000008 },
		{ { "the same address", "offset 302:", 0 }, ELEMENT_2, 0x08000000 },
		{ { "overlap from below", "offset 302: 0x08000000 is written a second time", 0 },
		  ELEMENT_2,
		  0x07fffffc },
		{ { "beyond the last address", "offset 589: 3 bytes at 0xfffffffe", 0 }, ELEMENT_3, 0xfffffffe },
		{ { "first beyond the last address", "offset 285:", 0 }, ELEMENT_1, 0xffffffff },
		{ { "no target signature", "offset 11:", DFUT_CHECK_FORMAT }, TARGET_1, 0x47524154 },
		{ { "no second target signature", "offset 315:", DFUT_CHECK_FORMAT }, TARGET_2 + 2, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect_patched(&cases[i].refusal, cases[i].offset, cases[i].value);
}

Test(dfuse, wrong_bytes_of_the_prefix_are_refused)
{
	static const struct {
		struct refusal refusal;
		size_t offset;
		uint8_t value;
	} cases[] = {
		{ { "version 0", "offset 5: version 0", DFUT_CHECK_FORMAT }, 5, 0 },
		{ { "version 2", "offset 5: version 2", DFUT_CHECK_FORMAT }, 5, 2 },
		{ { "no targets", "offset 10: the DfuSe file has no targets", DFUT_CHECK_FORMAT }, 10, 0 },
		{ { "a target less", "offset 315: 285 bytes too many", DFUT_CHECK_LENGTH }, 10, 1 },
		{ { "a target more", "offset 600: the file ends inside the DfuSe target at offset 600",
		    DFUT_CHECK_LENGTH },
		  10,
		  3 },
		{ { "255 targets", "offset 600:", DFUT_CHECK_LENGTH }, 10, 255 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct file file = make_body();

		file.bytes[cases[i].offset] = cases[i].value;
		add_suffix(&file, 0x011a);
		expect_refusal(&cases[i].refusal, file.bytes, file.size);
	}
}

/* The sizes are mended, so that each is judged by what is missing. */
Test(dfuse, truncated_anywhere_is_refused)
{
	static const struct refusal refusal = { "truncated", "offset ", DFUT_CHECK_LENGTH };

	for (size_t size = 6; size < END; size++) {
		struct file file = make_body();

		file.size = size;
		if (size >= 10)
			put_le32(&file, 6, (uint32_t)size);
		add_suffix(&file, 0x011a);
		expect_refusal(&refusal, file.bytes, file.size);
	}
}

Test(dfuse, without_its_suffix_is_refused)
{
	static const struct refusal missing = { "no suffix", "has no DFU suffix", DFUT_CHECK_LENGTH };
	static const struct refusal cut = { "cut suffix", "offset ", DFUT_CHECK_LENGTH };
	struct file file = make_sample();

	expect_refusal(&missing, file.bytes, END);
	for (size_t size = END + 1; size < END + 16; size++)
		expect_refusal(&cut, file.bytes, size);
}

Test(dfuse, suffix_of_another_kind_is_refused)
{
	static const struct refusal plain = { "plain suffix", "offset 606: the suffix of a DfuSe file says bcdDFU 0100",
					      DFUT_CHECK_FORMAT };
	struct file file = make_body();

	add_suffix(&file, 0x0100);
	expect_refusal(&plain, file.bytes, file.size);
}

Test(dfuse, every_flipped_byte_fails_the_crc)
{
	struct file file = make_sample();

	for (size_t i = 0; i < END; i++) {
		file.bytes[i] ^= 0x10;
		cr_assert(eq(int, load_file(&file), DFUT_ERROR_IMAGE), "%zu", i);
		if (i > 4)
			cr_assert(eq(u32, dfut_context_get_failed_check(context), DFUT_CHECK_CHECKSUM), "%zu", i);
		file.bytes[i] ^= 0x10;
	}
}

/* Converting */

Test(dfuse, is_made_of_a_raw_image_with_an_address)
{
	cr_assert(eq(int, load_forced(one, sizeof(one), 0), 0));
	cr_assert(eq(int, dfut_image_convert(image, "dfuse"), DFUT_ERROR_USAGE));
	cr_assert(image_says("needs an address"));
	cr_assert(eq(str, get_format(), (char *)"raw"));

	dfut_image_set_address(image, 0x08000000);
	dfut_image_set_suffix(image, 0x0483, 0xdf11, 0x0000);
	cr_assert(eq(int, dfut_image_convert(image, "dfuse"), 0), "%s", dfut_image_get_error(image));
	cr_assert(eq(str, get_format(), (char *)"dfuse"));
	cr_assert(has_segment(0, 0x08000000, 0, one, sizeof(one)));
	cr_assert(eq(str, get_fact("warning"), (char *)"(none)"));
	expect_round_trip();
	cr_assert(eq(str, get_fact("product_id"), (char *)"df11"));
	cr_assert(eq(str, get_fact("image_size_counts"), (char *)"without the suffix"));
}

Test(dfuse, becomes_a_raw_image_if_it_has_one_alternate)
{
	struct file file = make_sample();
	struct dfut_segment segment;

	cr_assert(eq(int, load_file(&file), 0));
	cr_assert(eq(int, dfut_image_convert(image, "raw"), DFUT_ERROR_UNSUPPORTED));
	cr_assert(image_says("several alternate settings"));

	file = make_body();
	file.bytes[10] = 1;
	file.size = TARGET_2;
	put_le32(&file, 6, TARGET_2);
	add_suffix(&file, 0x011a);
	cr_assert(eq(int, load_file(&file), 0));
	cr_assert(eq(int, dfut_image_convert(image, "raw"), 0), "%s", dfut_image_get_error(image));
	cr_assert(eq(int, dfut_image_get_segment(image, 0, &segment, sizeof(segment)), 0));
	cr_assert(eq(sz, segment.size, 0x4000 + sizeof(two)));
	cr_assert(eq(u32, segment.address, 0x08000000));
	cr_assert(eq(int, memcmp(segment.data, one, sizeof(one)), 0));
	cr_assert(eq(u8, segment.data[sizeof(one)], 0xff));
	cr_assert(eq(u8, segment.data[0x3fff], 0xff));
	cr_assert(eq(int, memcmp(segment.data + 0x4000, two, sizeof(two)), 0));
	cr_assert(eq(str, get_fact("dfu_version"), (char *)"0100"));
}

Test(dfuse, conversions_that_make_no_sense_are_refused)
{
	cr_assert(eq(int, load_forced(one, sizeof(one), 0), 0));
	cr_assert(eq(int, dfut_image_convert(image, NULL), DFUT_ERROR_USAGE));
	cr_assert(eq(int, dfut_image_convert(image, "zip"), DFUT_ERROR_USAGE));
	cr_assert(image_says("\"zip\""));
	cr_assert(eq(int, dfut_image_convert(image, "mcuboot"), DFUT_ERROR_UNSUPPORTED));
	cr_assert(eq(int, dfut_image_convert(image, "raw"), 0));
	dfut_image_set_address(image, 0xfffffff8);
	cr_assert(eq(int, dfut_image_convert(image, "dfuse"), DFUT_ERROR_USAGE));
	cr_assert(image_says("beyond the last address"));
}
