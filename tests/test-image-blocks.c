/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* An image laid out in a memory that is written block by block, and what does not fit. */

#include "image/blocks.h"
#include "image-host.h"

TestSuite(blocks, .init = start, .fini = stop, .timeout = 60);

/* 4 KiB at 0x8000, of which a bootloader has the first and the last 512 bytes */
static const struct dfut_memory memory = {
	.name = "the flash",
	.address = 0x8000,
	.size = 0x1000,
	.start = 0x8200,
	.end = 0x8e00,
	.raw_start = 0x8200,
	.block_size = 128,
	.blank = 0xff,
};

static struct dfut_blocks blocks;
static struct dfut_failure failure;

static void add_record(struct file *file, uint16_t address, size_t size, uint8_t value)
{
	uint8_t sum = (uint8_t)(size + (address >> 8) + address + size * value);
	char line[64];

	snprintf(line, sizeof(line), ":%02X%04X00", (unsigned int)size, address);
	add_bytes(file, line, strlen(line));
	for (size_t i = 0; i < size; i++) {
		snprintf(line, sizeof(line), "%02X", value);
		add_bytes(file, line, 2);
	}
	snprintf(line, sizeof(line), "%02X\n", (uint8_t)-sum);
	add_bytes(file, line, 3);
}

/* Intel HEX of pieces of 16 bytes, of the value that their index is. */
static int lay_out(const uint16_t *addresses, size_t count)
{
	struct file file = { .size = 0 };

	for (size_t i = 0; i < count; i++)
		add_record(&file, addresses[i], 16, (uint8_t)i);
	add_bytes(&file, ":00000001FF\n", 12);
	dfut_image_free(image);
	cr_assert(eq(int, dfut_image_load_buffer(&image, context, file.bytes, file.size, DFUT_CHECK_FORMAT), 0), "%s",
		  dfut_context_get_error(context));
	return dfut_blocks_take(&blocks, image, &memory, &failure);
}

static int lay_out_raw(size_t size)
{
	uint8_t bytes[0x2000];

	memset(bytes, 0x5a, sizeof(bytes));
	dfut_image_free(image);
	cr_assert(eq(int, dfut_image_load_buffer(&image, context, bytes, size, DFUT_CHECK_FORMAT), 0), "%s",
		  dfut_context_get_error(context));
	return dfut_blocks_take(&blocks, image, &memory, &failure);
}

/* From the memory's first byte on, though nothing goes there; what is between two pieces is blank, or no block at all. */
Test(blocks, are_of_the_memory)
{
	static const uint16_t addresses[] = { 0x8278, 0x8400 };

	cr_assert(eq(int, lay_out(addresses, 2), 0));
	cr_assert(eq(sz, blocks.count, 0x400 / 128 + 1));
	cr_assert(eq(sz, blocks.used_count, 3));
	cr_assert(eq(sz, dfut_blocks_find(&blocks, 0), 4));
	cr_assert(eq(sz, dfut_blocks_find(&blocks, 5), 5));
	cr_assert(eq(sz, dfut_blocks_find(&blocks, 6), 8));
	cr_assert(eq(sz, dfut_blocks_find(&blocks, 9), 9));
	cr_assert(eq(int, dfut_blocks_get(&blocks, 4)[0x77], 0xff));
	cr_assert(eq(int, dfut_blocks_get(&blocks, 4)[0x78], 0));
	cr_assert(eq(int, dfut_blocks_get(&blocks, 5)[7], 0));
	cr_assert(eq(int, dfut_blocks_get(&blocks, 5)[8], 0xff));
	cr_assert(eq(int, dfut_blocks_get(&blocks, 8)[15], 1));
	cr_assert(dfut_blocks_is_filled(&blocks, 3, 0xff));
	cr_assert(not(dfut_blocks_is_filled(&blocks, 4, 0xff)));
	dfut_blocks_free(&blocks);
}

Test(blocks, of_an_image_without_addresses)
{
	cr_assert(eq(int, lay_out_raw(0xc00), 0));
	cr_assert(eq(sz, blocks.used_count, 0xc00 / 128));
	cr_assert(eq(sz, dfut_blocks_find(&blocks, 0), 4));
	dfut_blocks_free(&blocks);
	cr_assert(eq(int, lay_out_raw(0xc01), DFUT_ERROR_MISMATCH));
	cr_assert(strstr(failure.text, "1 bytes too large") != NULL, "%s", failure.text);
}

Test(blocks, that_do_not_fit_are_refused)
{
	static const struct {
		uint16_t address;
		const char *text;
	} cases[] = {
		{ 0x7ff8, "has data at 0x00007ff8" },
		{ 0x7000, "has data at 0x00007000" },
		{ 0x81f8, "begins at 0x00008200" },
		{ 0x8df8, "8 bytes too large" },
		{ 0x8ff8, "too large" },
		{ 0x9000, "has data at 0x00009000" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const uint16_t addresses[] = { 0x8300, cases[i].address };

		cr_assert(eq(int, lay_out(addresses, 2), DFUT_ERROR_MISMATCH), "0x%x", cases[i].address);
		cr_assert(strstr(failure.text, cases[i].text) != NULL, "%s", failure.text);
		cr_assert(blocks.data == NULL && blocks.used == NULL);
	}
}
