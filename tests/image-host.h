/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What the tests of firmware formats share: an image of bytes, what is said of it, and files that are composed. */

#ifndef DFUTRIGGER_TESTS_IMAGE_HOST_H
#define DFUTRIGGER_TESTS_IMAGE_HOST_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unistd.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "dfutrigger.h"

static struct dfut_context *context;
static struct dfut_image *image;

static void start(void)
{
	cr_assert(eq(int, dfut_context_new(&context), 0));
}

static void stop(void)
{
	dfut_image_free(image);
	dfut_context_free(context);
}

/* A file with room to spare. */
struct file {
	uint8_t bytes[16384];
	size_t size;
};

static inline void add_bytes(struct file *file, const void *bytes, size_t size)
{
	cr_assert(size <= sizeof(file->bytes) - file->size);
	memcpy(file->bytes + file->size, bytes, size);
	file->size += size;
}

static inline void add_le32(struct file *file, uint32_t value)
{
	const uint8_t bytes[] = { (uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
				  (uint8_t)(value >> 24) };

	add_bytes(file, bytes, sizeof(bytes));
}

static inline void put_le32(struct file *file, size_t offset, uint32_t value)
{
	size_t size = file->size;

	file->size = offset;
	add_le32(file, value);
	file->size = size;
}

/* Bit by bit, as DFU 1.1 gives it, so that it shares nothing with the library. */
static inline uint32_t get_crc(const uint8_t *data, size_t size)
{
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < size; i++) {
		crc ^= data[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
	}
	return crc;
}

static inline void add_suffix(struct file *file, uint16_t dfu_version)
{
	const uint8_t suffix[] = {
		0xff, 0xff, 0x11, 0xdf, 0x83, 0x04, (uint8_t)dfu_version, (uint8_t)(dfu_version >> 8), 'U', 'F', 'D', 16
	};

	add_bytes(file, suffix, sizeof(suffix));
	add_le32(file, get_crc(file->bytes, file->size));
}

/* From a block of exactly its size, so that a sanitizer sees a read beyond it. */
static inline int load_forced(const void *data, size_t size, unsigned int force)
{
	uint8_t *copy = malloc(size > 0 ? size : 1);
	int result;

	memcpy(copy, data, size);
	dfut_image_free(image);
	result = dfut_image_load_buffer(&image, context, copy, size, force);
	free(copy);
	return result;
}

static inline int load_file(const struct file *file)
{
	return load_forced(file->bytes, file->size, 0);
}

static inline int load_text(const char *text)
{
	return load_forced(text, strlen(text), 0);
}

static inline char *get_format(void)
{
	return (char *)dfut_image_get_format(image);
}

static inline char *get_fact(const char *wanted)
{
	const char *layer, *key, *value;

	for (size_t i = 0; dfut_image_get_fact(image, i, &layer, &key, &value) == 0; i++)
		if (strcmp(key, wanted) == 0)
			return (char *)value;
	return (char *)"(none)";
}

static inline bool says(const char *text)
{
	return strstr(dfut_context_get_error(context), text) != NULL;
}

/* Of a call on the image. */
static inline bool image_says(const char *text)
{
	return strstr(dfut_image_get_error(image), text) != NULL;
}

static inline bool has_segment(size_t index, uint32_t address, int alternate, const void *data, size_t size)
{
	struct dfut_segment segment;

	return dfut_image_get_segment(image, index, &segment, sizeof(segment)) == 0 && segment.has_address &&
	       segment.address == address && segment.alternate == alternate && segment.size == size &&
	       memcmp(segment.data, data, size) == 0;
}

/* One or more segments as text, "0x08000000+4/0 ...": address, size, alternate. */
static inline char *list_segments(void)
{
	static char text[1000];
	struct dfut_segment segment;
	size_t length = 0;

	text[0] = '\0';
	for (size_t i = 0;
	     dfut_image_get_segment(image, i, &segment, sizeof(segment)) == 0 && length < sizeof(text) - 50; i++)
		length += (size_t)snprintf(text + length, sizeof(text) - length, "%s0x%08x+%zu/%d", i ? " " : "",
					   (unsigned int)segment.address, segment.size, segment.alternate);
	return text;
}

/* What saving writes. */
static inline void save_to(struct file *file)
{
	char path[] = "/tmp/dfut-test-image-XXXXXX";
	int descriptor = mkstemp(path);
	FILE *stream;

	cr_assert(descriptor >= 0);
	close(descriptor);
	cr_assert(eq(int, dfut_image_save_file(image, path), 0));
	stream = fopen(path, "rb");
	cr_assert(stream != NULL);
	file->size = fread(file->bytes, 1, sizeof(file->bytes), stream);
	fclose(stream);
	remove(path);
}

/* Saved and loaded again, it is the same. */
static inline void expect_round_trip(void)
{
	static struct file first, second;
	char segments[1000];

	snprintf(segments, sizeof(segments), "%s", list_segments());
	save_to(&first);
	cr_assert(eq(int, load_file(&first), 0), "%s", dfut_context_get_error(context));
	cr_assert(eq(str, list_segments(), (char *)segments));
	save_to(&second);
	cr_assert(eq(sz, first.size, second.size));
	cr_assert(eq(int, memcmp(first.bytes, second.bytes, first.size), 0));
}

/* How a bad file is refused. */
struct refusal {
	const char *name;
	const char *text;   /* in the error */
	unsigned int check; /* 0 if nothing overrules it */
};

/* It is refused as told, whatever else is forced; with its check forced it is read or refused, but never crashes. */
static inline void expect_refusal(const struct refusal *refusal, const void *data, size_t size)
{
	cr_expect(eq(int, load_forced(data, size, 0), DFUT_ERROR_IMAGE), "%s", refusal->name);
	cr_expect(says(refusal->text), "%s: \"%s\" instead of \"%s\"", refusal->name, dfut_context_get_error(context),
		  refusal->text);
	cr_expect(says("offset ") || says("line "), "%s: %s", refusal->name, dfut_context_get_error(context));
	cr_expect(eq(u32, dfut_context_get_failed_check(context), refusal->check), "%s: %s", refusal->name,
		  dfut_context_get_error(context));
	cr_expect(eq(int, load_forced(data, size, ~refusal->check), DFUT_ERROR_IMAGE), "%s", refusal->name);
	load_forced(data, size, refusal->check);
	load_forced(data, size, ~0u);
}

#endif
