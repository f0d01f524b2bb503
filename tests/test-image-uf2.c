/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* UF2: order of blocks, families, what is not for flash, damage of each field, converting. */

#if !defined(_WIN32) && !defined(_XOPEN_SOURCE)
#define _XOPEN_SOURCE 700
#endif

#include "image-host.h"

TestSuite(uf2, .init = start, .fini = stop, .timeout = 60);

#define FAMILY_FLAG 0x2000
#define RP2040 0xe48bff56
#define STM32F4 0x57755a57

/* Offsets in a block */
#define FLAGS 8
#define ADDRESS 12
#define SIZE 16
#define NUMBER 20
#define COUNT 24
#define FAMILY 28

static void add_block(struct file *file, uint32_t address, uint32_t size, uint32_t number, uint32_t count,
		      uint32_t family)
{
	uint8_t data[476];

	memset(data, (int)(0x40 + number), sizeof(data));
	add_bytes(file, "UF2\n\x57\x51\x5d\x9e", 8);
	add_le32(file, family ? FAMILY_FLAG : 0);
	add_le32(file, address);
	add_le32(file, size);
	add_le32(file, number);
	add_le32(file, count);
	add_le32(file, family);
	add_bytes(file, data, sizeof(data));
	add_bytes(file, "\x30\x6f\xb1\x0a", 4);
}

/* Three blocks, a gap before the last */
static struct file make_sample(void)
{
	struct file file = { .size = 0 };

	add_block(&file, 0x10000000, 256, 0, 3, RP2040);
	add_block(&file, 0x10000100, 256, 1, 3, RP2040);
	add_block(&file, 0x10001000, 256, 2, 3, RP2040);
	return file;
}

Test(uf2, blocks_become_segments)
{
	struct file file = make_sample();
	struct dfut_segment segment;

	cr_assert(eq(int, load_file(&file), 0), "%s", dfut_context_get_error(context));
	cr_assert(eq(str, get_format(), (char *)"uf2"));
	cr_assert(eq(str, list_segments(), (char *)"0x10000000+512/-1 0x10001000+256/-1"));
	cr_assert(eq(int, dfut_image_get_segment(image, 0, &segment, sizeof(segment)), 0));
	cr_assert(eq(u8, segment.data[255], 0x40));
	cr_assert(eq(u8, segment.data[256], 0x41));
	cr_assert(eq(str, get_fact("family"), (char *)"rp2040 (0xe48bff56)"));
	cr_assert(eq(str, get_fact("blocks"), (char *)"3"));
	cr_assert(eq(int, dfut_image_set_address(image, 0), DFUT_ERROR_USAGE));
	expect_round_trip();
}

Test(uf2, blocks_in_any_order_are_sorted)
{
	struct file file = { .size = 0 };
	struct dfut_segment segment;

	add_block(&file, 0x10001000, 476, 2, 3, 0);
	add_block(&file, 0x10000100, 256, 1, 3, 0);
	add_block(&file, 0x10000000, 256, 0, 3, 0);
	cr_assert(eq(int, load_file(&file), 0), "%s", dfut_context_get_error(context));
	cr_assert(eq(str, list_segments(), (char *)"0x10000000+512/-1 0x10001000+476/-1"));
	cr_assert(eq(int, dfut_image_get_segment(image, 0, &segment, sizeof(segment)), 0));
	cr_assert(eq(u8, segment.data[0], 0x40));
	cr_assert(eq(str, get_fact("family"), (char *)"none"));
	expect_round_trip();
}

Test(uf2, what_is_not_for_flash_is_left_out)
{
	struct file file = make_sample();

	put_le32(&file, 512 + FLAGS, FAMILY_FLAG | 1);
	cr_assert(eq(int, load_file(&file), 0), "%s", dfut_context_get_error(context));
	cr_assert(eq(str, list_segments(), (char *)"0x10000000+256/-1 0x10001000+256/-1"));
	cr_assert(eq(str, get_fact("blocks_not_for_flash"), (char *)"1"));
}

Test(uf2, block_for_the_erratum_of_rp2350_is_left_out)
{
	struct file file = { .size = 0 };

	add_block(&file, 0x10ffff00, 256, 0, 2, 0xe48bff57);
	add_block(&file, 0x10000000, 256, 0, 1, 0xe48bff59);
	cr_assert(eq(int, load_file(&file), 0), "%s", dfut_context_get_error(context));
	cr_assert(eq(str, list_segments(), (char *)"0x10000000+256/-1"));
	cr_assert(eq(str, get_fact("family"), (char *)"rp2350-arm-s (0xe48bff59)"));
	cr_assert(eq(str, get_fact("rp2350_e10_block"), (char *)"left out"));
}

Test(uf2, tags_are_facts)
{
	static const uint8_t tags[] = "\x09\xbc\xc7\x9f"
				      "0.1.2\0\0\0"
				      "\x14\x9d\x0d\x65"
				      "ACME Toaster mk3\xff\xff\xff\xff";
	struct file file = make_sample();

	put_le32(&file, FLAGS, FAMILY_FLAG | 0x8000);
	memcpy(file.bytes + 32 + 256, tags, sizeof(tags) - 1);
	cr_assert(eq(int, load_file(&file), 0), "%s", dfut_context_get_error(context));
	cr_assert(eq(str, get_fact("version"), (char *)"0.1.2"));
	cr_assert(eq(str, get_fact("device"), (char *)"ACME Toaster mk3"));
	for (unsigned int size = 0; size < 256; size++) {
		file.bytes[32 + 256] = (uint8_t)size;
		cr_assert(eq(int, load_file(&file), 0));
	}
}

static struct file make_several(void)
{
	struct file file = make_sample();

	add_block(&file, 0x10000000, 256, 0, 2, STM32F4);
	add_block(&file, 0x10000100, 256, 1, 2, STM32F4);
	return file;
}

Test(uf2, several_families_are_several_firmwares)
{
	struct file file = make_several();

	cr_assert(eq(int, load_file(&file), 0), "%s", dfut_context_get_error(context));
	cr_assert(eq(str, list_segments(), (char *)"0x10000000+512/-1 0x10001000+256/-1 0x10000000+512/-1"));
	cr_assert(eq(str, get_fact("family_0"), (char *)"rp2040 (0xe48bff56)"));
	cr_assert(eq(str, get_fact("family_1"), (char *)"stm32f4 (0x57755a57)"));
	cr_assert(eq(int, dfut_image_convert(image, "raw"), DFUT_ERROR_UNSUPPORTED));
	cr_assert(image_says("several chips or boards"));
	cr_expect(eq(str, (char *)dfut_image_get_hint(image),
		     (char *)"make a file for one of them (pack --family): rp2040 (0xe48bff56), stm32f4 (0x57755a57)"));
	expect_round_trip();
}

Test(uf2, one_of_several_families_can_be_chosen)
{
	struct file file = make_several();

	cr_assert(eq(int, load_file(&file), 0));
	cr_assert(eq(int, dfut_image_set_family(image, "samd21"), DFUT_ERROR_NOT_FOUND));
	cr_assert(image_says("samd21 (0x68ed2b88)"));
	cr_assert(eq(int, dfut_image_set_family(image, "nonsense"), DFUT_ERROR_USAGE));
	cr_assert(eq(int, dfut_image_set_family(image, "0x"), DFUT_ERROR_USAGE));
	cr_assert(eq(int, dfut_image_set_family(image, "0x123456789"), DFUT_ERROR_USAGE));
	cr_assert(eq(int, dfut_image_set_family(image, NULL), DFUT_ERROR_USAGE));
	cr_assert(eq(sz, dfut_image_get_segment_count(image), 3));
	cr_assert(eq(int, dfut_image_set_family(image, "STM32F4"), 0), "%s", dfut_image_get_error(image));
	cr_assert(eq(str, list_segments(), (char *)"0x10000000+512/-1"));
	cr_assert(eq(str, get_fact("family"), (char *)"stm32f4 (0x57755a57)"));
	expect_round_trip();
	cr_assert(eq(int, dfut_image_convert(image, "raw"), 0), "%s", dfut_image_get_error(image));
	cr_assert(eq(sz, dfut_image_get_size(image), 512));
}

Test(uf2, is_made_of_whole_pages)
{
	static const uint8_t bytes[] = { 0x80, 1, 2, 3 };
	static struct file saved;
	struct dfut_segment segment;

	cr_assert(eq(int, load_forced(bytes, sizeof(bytes), 0), 0));
	dfut_image_set_address(image, 0x100000fe);
	cr_assert(eq(int, dfut_image_set_family(image, "0xE48BFF56"), 0));
	cr_assert(eq(int, dfut_image_convert(image, "uf2"), 0), "%s", dfut_image_get_error(image));
	cr_assert(eq(str, list_segments(), (char *)"0x10000000+512/-1"));
	cr_assert(eq(int, dfut_image_get_segment(image, 0, &segment, sizeof(segment)), 0));
	cr_assert(eq(u8, segment.data[0xfd], 0xff));
	cr_assert(eq(int, memcmp(segment.data + 0xfe, bytes, sizeof(bytes)), 0));
	cr_assert(eq(u8, segment.data[0x102], 0xff));
	cr_assert(eq(str, get_fact("family"), (char *)"rp2040 (0xe48bff56)"));
	save_to(&saved);
	cr_assert(eq(sz, saved.size, 1024));
	cr_assert(eq(u8, saved.bytes[512 + NUMBER], 1));
	cr_assert(eq(u8, saved.bytes[512 + COUNT], 2));
	expect_round_trip();
	cr_assert(eq(int, dfut_image_set_family(image, "samd21"), 0));
	cr_assert(eq(str, get_fact("family"), (char *)"samd21 (0x68ed2b88)"));
}

Test(uf2, segments_may_share_a_page)
{
	cr_assert(eq(int,
		     load_text(":0100000011EE\n:0100800022"
			       "5D\n:0100FF0033CD\n:00000001FF\n"),
		     0),
		  "%s", dfut_context_get_error(context));
	cr_assert(eq(int, dfut_image_convert(image, "uf2"), 0), "%s", dfut_image_get_error(image));
	cr_assert(eq(str, list_segments(), (char *)"0x00000000+256/-1"));
	cr_assert(eq(str, get_fact("blocks"), (char *)"1"));
}

/* Bad files */

Test(uf2, wrong_numbers_are_refused_where_they_stand)
{
	static const struct {
		struct refusal refusal;
		size_t offset;
		uint32_t value;
		/* clang-format off */
	} cases[] = {
		{ { "second magic of the first", "offset 4: no UF2 block here: magic 00000000 instead of 9e5d5157",
		    DFUT_CHECK_FORMAT }, 4, 0 },
		{ { "first magic of the first", "offset 0: no UF2 block here", DFUT_CHECK_FORMAT }, 0, 0x0a324654 },
		{ { "last magic of the first", "offset 508:", DFUT_CHECK_FORMAT }, 508, 0x0ab16f31 },
		{ { "first magic of the second", "offset 512:", DFUT_CHECK_FORMAT }, 512, 0 },
		{ { "second magic of the second", "offset 516:", DFUT_CHECK_FORMAT }, 516, 0xffffffff },
		{ { "last magic of the second", "offset 1020:", DFUT_CHECK_FORMAT }, 1020, 0 },
		{ { "last magic of the last", "offset 1532:", DFUT_CHECK_FORMAT }, 1532, 0 },
		{ { "size 0", "offset 16: the UF2 block has no data", DFUT_CHECK_LENGTH }, SIZE, 0 },
		{ { "size 477", "offset 16: the UF2 block says 477 bytes of data, it has room for 476", DFUT_CHECK_LENGTH },
		  SIZE, 477 },
		{ { "size 512", "offset 1040:", DFUT_CHECK_LENGTH }, 1024 + SIZE, 512 },
		{ { "size 2 GiB", "offset 528:", DFUT_CHECK_LENGTH }, 512 + SIZE, 0x80000000 },
		{ { "size 4 GiB", "offset 16:", DFUT_CHECK_LENGTH }, SIZE, 0xffffffff },
		{ { "number too large", "offset 20: the UF2 block has number 3 of 3", DFUT_CHECK_FORMAT }, NUMBER, 3 },
		{ { "number 4 G", "offset 1044:", DFUT_CHECK_FORMAT }, 1024 + NUMBER, 0xffffffff },
		{ { "number twice", "offset 532: UF2 block number 0 is there twice", DFUT_CHECK_FORMAT }, 512 + NUMBER, 0 },
		{ { "last number twice", "offset 1044: UF2 block number 1 is there twice", DFUT_CHECK_FORMAT },
		  1024 + NUMBER, 1 },
		{ { "count 0", "offset 20: the UF2 block has number 0 of 0", DFUT_CHECK_FORMAT }, COUNT, 0 },
		{ { "count of the second", "offset 536: the UF2 block says 4 blocks, those before it 3", DFUT_CHECK_FORMAT },
		  512 + COUNT, 4 },
		{ { "count of the first", "offset 536: the UF2 block says 3 blocks, those before it 2", DFUT_CHECK_FORMAT },
		  COUNT, 2 },
		{ { "count 4 G in the last", "offset 1048:", DFUT_CHECK_FORMAT }, 1024 + COUNT, 0xffffffff },
		{ { "another family in the second", "offset 1536: the file ends early, it has 2 of 3 UF2 blocks of family rp2040 "
						    "(0xe48bff56), number 1 is the first that is missing",
		    DFUT_CHECK_LENGTH }, 512 + FAMILY, STM32F4 },
		{ { "no family in the first", "1 of 3 UF2 blocks of family none, number 1 is the first that is missing", DFUT_CHECK_LENGTH }, FLAGS, 0 },
		{ { "the same address", "offset 544: 0x10000000 is written a second time, the first is at offset 32", 0 },
		  512 + ADDRESS, 0x10000000 },
		{ { "overlap by a byte", "offset 544: 0x100000ff is written a second time", 0 }, 512 + ADDRESS,
		  0x100000ff },
		{ { "overlap from below", "offset 1056: 0x10000000 is written a second time, the first is at offset 32", 0 },
		  1024 + ADDRESS, 0x0fffff01 },
		{ { "size that overlaps", "offset 544: 0x10000100 is written a second time", 0 }, SIZE, 257 },
		{ { "beyond the last address", "offset 1056: 256 bytes at 0xffffff01 go beyond", 0 }, 1024 + ADDRESS,
		  0xffffff01 },
		{ { "first beyond the last address", "offset 32: 256 bytes at 0xffffffff", 0 }, ADDRESS, 0xffffffff },
		{ { "an MD5 over the data", "offset 16: the UF2 block says 460 bytes of data, it has room for 452",
		    DFUT_CHECK_LENGTH }, FLAGS, FAMILY_FLAG | 0x4000 },
	};
	/* clang-format on */

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct file file = make_sample();

		if (strstr(cases[i].refusal.name, "MD5"))
			put_le32(&file, SIZE, 460);
		put_le32(&file, cases[i].offset, cases[i].value);
		expect_refusal(&cases[i].refusal, file.bytes, file.size);
	}
}

Test(uf2, counts_of_all_blocks_that_are_wrong_are_refused)
{
	static const uint32_t counts[] = { 4, 5, 1000, 0x00800000, 0x7fffffff, 0xffffffff };
	static const struct refusal refusal = { "too many", "offset 1536: the file ends early, it has 3 of ",
						DFUT_CHECK_LENGTH };

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		struct file file = make_sample();

		for (size_t block = 0; block < 3; block++)
			put_le32(&file, 512 * block + COUNT, counts[i]);
		expect_refusal(&refusal, file.bytes, file.size);
	}
}

Test(uf2, truncated_anywhere_is_refused)
{
	static const struct refusal refusal = { "truncated", "offset ", DFUT_CHECK_LENGTH };
	struct file file = make_sample();

	for (size_t size = 4; size < file.size; size += size % 512 == 511 ? 1 : 13)
		expect_refusal(&refusal, file.bytes, size);
}

Test(uf2, bytes_after_the_last_block_are_refused)
{
	static const struct refusal refusal = { "too long", "offset 1536: the file ends inside a UF2 block, 5 of 512",
						DFUT_CHECK_LENGTH };
	struct file file = make_sample();

	add_bytes(&file, "bytes", 5);
	expect_refusal(&refusal, file.bytes, file.size);
}

Test(uf2, nothing_for_flash_is_refused)
{
	static const struct refusal refusal = { "comments", "offset 1536: the file has nothing to write to a device",
						0 };
	struct file file = make_sample();

	for (size_t block = 0; block < 3; block++)
		put_le32(&file, 512 * block + FLAGS, FAMILY_FLAG | 1);
	expect_refusal(&refusal, file.bytes, file.size);
}

Test(uf2, file_for_a_file_system_is_not_supported)
{
	struct file file = make_sample();

	put_le32(&file, 512 + FLAGS, 0x1000);
	cr_assert(eq(int, load_file(&file), DFUT_ERROR_UNSUPPORTED));
	cr_assert(says("offset 520:"));
	cr_assert(eq(u32, dfut_context_get_failed_check(context), DFUT_CHECK_FORMAT));
}

Test(uf2, more_families_than_any_file_has_are_refused)
{
	static const struct refusal refusal = { "families", "offset 8192: firmware for more than 16 families", 0 };
	static uint8_t bytes[20 * 512];
	struct file file = { .size = 0 };

	for (uint32_t i = 0; i < 20; i++) {
		file.size = 0;
		add_block(&file, 0, 256, 0, 1, i + 1);
		memcpy(bytes + 512 * i, file.bytes, 512);
	}
	expect_refusal(&refusal, bytes, sizeof(bytes));
}
