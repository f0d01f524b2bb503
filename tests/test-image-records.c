/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Intel HEX and S-records that are too long to be held as text: what they say is the same as of a text in memory. */

#if !defined(_WIN32) && !defined(_XOPEN_SOURCE)
#define _XOPEN_SOURCE 700
#endif

#include "image-host.h"

/* More than 1 MiB of text, many times what is read at once, and no multiple of it. */
#define RECORD_COUNT 50001
#define LINE_ROOM 64
#define RECORD_SIZE 16

static char text[RECORD_COUNT * LINE_ROOM];
static size_t size;
static char path[64];

static void begin(void)
{
	start();
	snprintf(path, sizeof(path), "/tmp/dfut-test-records-XXXXXX");
	close(mkstemp(path));
	size = 0;
}

static void end(void)
{
	stop();
	unlink(path);
}

TestSuite(records, .init = begin, .fini = end, .timeout = 300);

/* An S3 record; its data are not the same in any two. */
static void add_record(uint32_t address)
{
	uint8_t sum = RECORD_SIZE + 5;

	size += (size_t)sprintf(text + size, "S3%02X%08lX", RECORD_SIZE + 5, (unsigned long)address);
	for (int shift = 0; shift < 32; shift += 8)
		sum = (uint8_t)(sum + (address >> shift));
	for (uint32_t i = 0; i < RECORD_SIZE; i++) {
		uint8_t byte = (uint8_t)((address + i) * 2654435761u >> 24);

		size += (size_t)sprintf(text + size, "%02X", (unsigned int)byte);
		sum = (uint8_t)(sum + byte);
	}
	size += (size_t)sprintf(text + size, "%02X\r\n", (unsigned int)(uint8_t)~sum);
}

static void add_records(uint32_t first, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		add_record((first + i) * RECORD_SIZE);
}

static void add_end(void)
{
	size += (size_t)sprintf(text + size, "S70500000000FA\r\n");
}

static void save_text(void)
{
	FILE *file = fopen(path, "wb");

	cr_assert(file != NULL);
	cr_assert(eq(sz, fwrite(text, 1, size, file), size));
	cr_assert(eq(int, fclose(file), 0));
}

/* From the file; then the same from memory: both say the same. */
static int load_both(unsigned int force)
{
	char said[512];
	int result;

	save_text();
	dfut_image_free(image);
	result = dfut_image_load_file(&image, context, path, force);
	snprintf(said, sizeof(said), "%s", dfut_context_get_error(context));
	if (result < 0) {
		cr_assert(eq(int, load_forced(text, size, force), result));
		cr_assert(says(said + strlen(path) + 2), "%s: %s", said, dfut_context_get_error(context));
	}
	return result;
}

static void expect_same(void)
{
	struct dfut_image *from_file = image;
	struct dfut_segment one;
	struct dfut_segment other;

	image = NULL;
	cr_assert(eq(int, load_forced(text, size, 0), 0), "%s", dfut_context_get_error(context));
	cr_assert(eq(sz, dfut_image_get_segment_count(from_file), dfut_image_get_segment_count(image)));
	for (size_t i = 0; i < dfut_image_get_segment_count(image); i++) {
		cr_assert(eq(int, dfut_image_get_segment(from_file, i, &one, sizeof(one)), 0));
		cr_assert(eq(int, dfut_image_get_segment(image, i, &other, sizeof(other)), 0));
		cr_assert(eq(u32, one.address, other.address));
		cr_assert(eq(sz, one.size, other.size));
		cr_assert(eq(int, memcmp(one.data, other.data, one.size), 0));
	}
	dfut_image_free(image);
	image = from_file;
}

Test(records, long_text_is_read_from_its_file)
{
	add_records(0, RECORD_COUNT - 1);
	add_end();
	cr_assert(eq(int, load_both(0), 0), "%s", dfut_context_get_error(context));
	cr_assert(eq(str, get_format(), (char *)"srec"));
	cr_assert(eq(str, get_fact("data_records"), (char *)"50000"));
	cr_assert(eq(sz, dfut_image_get_segment_count(image), 1));
	expect_same();
}

Test(records, any_order_and_gaps_are_put_in_order)
{
	add_records(30000, 20000);
	add_records(10, 15000);
	add_records(16000, 12000);
	add_end();
	cr_assert(eq(int, load_both(0), 0), "%s", dfut_context_get_error(context));
	cr_assert(eq(sz, dfut_image_get_segment_count(image), 3));
	expect_same();
}

Test(records, bytes_given_twice_are_told_with_both_lines)
{
	add_records(0, 40000);
	add_record(12345 * RECORD_SIZE + 3);
	add_end();
	cr_assert(eq(int, load_both(0), DFUT_ERROR_IMAGE));
	cr_assert(says("line 40001: 0x00030393 is written a second time, the first is at line 12346"), "%s",
		  dfut_context_get_error(context));
}

Test(records, damage_is_told_with_its_line)
{
	add_records(0, 40000);
	text[size - 10] = text[size - 10] == '0' ? '1' : '0';
	add_end();
	cr_assert(eq(int, load_both(0), DFUT_ERROR_IMAGE));
	cr_assert(says("line 40000: the record says checksum"), "%s", dfut_context_get_error(context));
}

Test(records, what_is_behind_the_end_is_saved_with_the_rest)
{
	char *saved = malloc(sizeof(text));
	char other[sizeof(path) + 8];
	FILE *file;

	add_records(0, 20000);
	add_end();
	add_records(0, 20000);
	cr_assert(eq(int, load_both(0), DFUT_ERROR_IMAGE));
	cr_assert(eq(int, load_both(DFUT_CHECK_LENGTH), 0), "%s", dfut_context_get_error(context));
	/* Windows replaces no file that is open, as the one that an image comes from. */
	snprintf(other, sizeof(other), "%s.saved", path);
	cr_assert(eq(int, dfut_image_save_file(image, other), 0), "%s", dfut_image_get_error(image));
	file = fopen(other, "rb");
	cr_assert(file != NULL);
	cr_assert(eq(sz, fread(saved, 1, sizeof(text), file), size));
	cr_assert(eq(int, memcmp(saved, text, size), 0));
	fclose(file);
	unlink(other);
	free(saved);
}

Test(records, a_line_that_never_ends_is_refused)
{
	add_records(0, 10000);
	for (size_t i = 0; i < 40000 * (size_t)LINE_ROOM; i++)
		text[size++] = i < 2 ? "S3"[i] : '0';
	cr_assert(eq(int, load_both(0), DFUT_ERROR_IMAGE));
	cr_assert(says("line 10001: "), "%s", dfut_context_get_error(context));
}

Test(records, a_suffix_behind_text_is_seen)
{
	struct file tail = { .size = 0 };

	add_records(0, 40000);
	add_end();
	add_suffix(&tail, 0x0100);
	memcpy(text + size, tail.bytes, tail.size);
	size += tail.size;
	/* Its CRC is of itself alone. */
	cr_assert(eq(int, load_both(0), DFUT_ERROR_IMAGE));
	cr_assert(says("CRC"), "%s", dfut_context_get_error(context));
}
