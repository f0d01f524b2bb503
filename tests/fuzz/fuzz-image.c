/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Loads hostile firmware files. The first byte of the input overrules checks, the rest is the file, whose size chooses what it
 * becomes. */

#include <stdlib.h>
#include <string.h>

#include "one-context.h"

#define RAW_LIMIT (1u << 20)
#define FORMATS 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use_text(const char *text)
{
	if (!text || strlen(text) > 1u << 20)
		abort();
}

static void read_facts(const struct dfut_image *image)
{
	const char *layer, *key, *value;
	size_t count = dfut_image_get_fact_count(image);

	for (size_t i = 0; i < count; i++) {
		if (dfut_image_get_fact(image, i, &layer, &key, &value) < 0)
			abort();
		use_text(layer);
		use_text(key);
		use_text(value);
	}
	if (dfut_image_get_fact(image, count, &layer, &key, &value) != DFUT_ERROR_NOT_FOUND)
		abort();
}

static unsigned int sum_up(const struct dfut_segment *segment)
{
	unsigned int sum = 0;

	for (size_t i = 0; i < segment->size; i++)
		sum += segment->data[i];
	return sum;
}

static void read_all(const struct dfut_image *image)
{
	volatile unsigned int sum = 0;
	struct dfut_segment segment;
	uint16_t vendor_id, product_id, release;

	use_text(dfut_image_get_format(image));
	for (size_t i = 0; i < dfut_image_get_segment_count(image); i++) {
		if (dfut_image_get_segment(image, i, &segment, sizeof(segment)) < 0)
			abort();
		sum += sum_up(&segment);
	}
	(void)sum;
	dfut_image_get_ids(image, &vendor_id, &product_id, &release);
	read_facts(image);
}

/* A few bytes, far from each other, are as much as a raw file can have: nothing for a fuzzer. */
static bool is_wide(const struct dfut_image *image)
{
	uint64_t first = UINT64_MAX, end = 0;
	struct dfut_segment segment;

	for (size_t i = 0; i < dfut_image_get_segment_count(image); i++) {
		if (dfut_image_get_segment(image, i, &segment, sizeof(segment)) < 0)
			abort();
		first = segment.address < first ? segment.address : first;
		end = segment.address + (uint64_t)segment.size > end ? segment.address + (uint64_t)segment.size : end;
	}
	return end > first && end - first > RAW_LIMIT;
}

/* Those that can be written. */
static size_t list_written(const char *formats[FORMATS])
{
	size_t count = 0;
	const char *name;

	for (size_t i = 0; count < FORMATS && (name = dfut_format_get_name(i)); i++)
		if (dfut_format_get_traits(name) & DFUT_FORMAT_WRITTEN)
			formats[count++] = name;
	return count;
}

/* What was read can be written, unless a text says why not, and is read again: two formats, one after the other. */
static void convert(struct dfut_image *image, size_t choice)
{
	const char *formats[FORMATS];
	size_t count = list_written(formats);

	if (dfut_image_set_family(image, "rp2040") < 0)
		use_text(dfut_image_get_error(image));
	for (size_t left = 2; left > 0; left--, choice /= count) {
		const char *format = formats[choice % count];

		if (strcmp(format, "raw") == 0 && is_wide(image))
			continue;
		if (dfut_image_convert(image, format) < 0)
			use_text(dfut_image_get_error(image));
		read_all(image);
	}
}

static void change(struct dfut_image *image)
{
	dfut_image_set_address(image, 0x08000000);
	dfut_image_set_suffix(image, 0x1209, DFUT_ID_ANY, 0x0100);
	read_all(image);
	if (dfut_image_wrap_mcuboot(image, "1.2.3+4", 32) == 0)
		read_all(image);
	dfut_image_remove_suffix(image);
	read_all(image);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dfut_context *context = get_context();
	struct dfut_image *image;
	uint8_t *copy;

	if (size < 1)
		return 0;
	/* A block of exactly its size, so that a read beyond it is seen. */
	copy = malloc(size > 1 ? size - 1 : 1);
	if (!copy)
		abort();
	memcpy(copy, data + 1, size - 1);
	if (dfut_image_load_buffer(&image, context, copy, size - 1, data[0]) == 0) {
		read_all(image);
		change(image);
		convert(image, size);
		dfut_image_free(image);
	} else {
		use_text(dfut_context_get_error(context));
		use_text(dfut_context_get_hint(context));
	}
	free(copy);
	return 0;
}
