/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Images: what is known of firmware. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/struct.h"
#include "image/image.h"
#include "image/paged.h"

/* More are left out: a hostile file that is forced may have millions. */
#define MAX_FACTS 20000
/* No device has more memories than these, and a file of 256 MiB might have millions. */
#define MAX_PARTS (1u << 20)

/* Facts and doubts */

static struct dfut_fact *new_fact(struct dfut_image *image)
{
	struct dfut_fact *facts;
	size_t capacity;

	if (image->fact_count < image->fact_capacity)
		return &image->facts[image->fact_count];
	capacity = image->fact_capacity ? image->fact_capacity * 2 : 16;
	facts = realloc(image->facts, capacity * sizeof(*facts));
	if (!facts)
		return NULL;
	image->facts = facts;
	image->fact_capacity = capacity;
	return &facts[image->fact_count];
}

/* Takes the value over. */
static void add_fact(struct dfut_loader *loader, const char *key, char *value)
{
	struct dfut_fact *fact;

	if (loader->image->fact_count == MAX_FACTS) {
		free(value);
		return;
	}
	fact = value ? new_fact(loader->image) : NULL;
	if (!fact) {
		loader->image->lacks_memory = true;
		free(value);
		return;
	}
	fact->layer = loader->layer;
	snprintf(fact->key, sizeof(fact->key), "%s", key);
	fact->value = value;
	loader->image->fact_count++;
}

static char *format_arguments(const char *text, va_list arguments)
{
	char line[sizeof(((struct dfut_failure *)NULL)->text)];

	vsnprintf(line, sizeof(line), text, arguments);
	dfut_clean_text(line);
	return dfut_format_text("%s", line);
}

void dfut_image_add_fact(struct dfut_loader *loader, const char *key, const char *text, ...)
{
	va_list arguments;

	va_start(arguments, text);
	add_fact(loader, key, format_arguments(text, arguments));
	va_end(arguments);
}

void dfut_image_put_hex(char *text, const uint8_t *data, size_t size)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < size; i++) {
		*text++ = digits[data[i] >> 4];
		*text++ = digits[data[i] & 0x0f];
	}
	*text = '\0';
}

void dfut_image_add_hex_fact(struct dfut_loader *loader, const char *key, const uint8_t *data, size_t size)
{
	char *value = malloc(2 * size + 1);

	if (value)
		dfut_image_put_hex(value, data, size);
	add_fact(loader, key, value);
}

int dfut_image_doubt(struct dfut_loader *loader, int code, unsigned int check, const char *text, ...)
{
	va_list arguments;
	char *line;

	va_start(arguments, text);
	line = format_arguments(text, arguments);
	va_end(arguments);
	if (!line)
		return dfut_fail_memory(loader->failure);
	if (loader->force & check) {
		add_fact(loader, "warning", line);
		return 0;
	}
	dfut_fail_check(loader->failure, code, check, "%s", line);
	free(line);
	return code;
}

static void drop_suffix_notes(struct dfut_image *image)
{
	size_t kept = 0;

	for (size_t i = 0; i < image->fact_count; i++) {
		if (image->facts[i].layer == dfut_suffix_layer) {
			free(image->facts[i].value);
			continue;
		}
		image->facts[kept++] = image->facts[i];
	}
	image->fact_count = kept;
}

/* Parts */

/* A line ends with \n, \r\n or \r. */
static size_t count_line_ends(const uint8_t *bytes, size_t size, uint8_t *last)
{
	size_t count = 0;

	for (size_t i = 0; i < size; i++) {
		count += bytes[i] == '\n' ? 1 : 0;
		count += *last == '\r' && bytes[i] != '\n' ? 1 : 0;
		*last = bytes[i];
	}
	return count;
}

/* In which line an offset is, with which none begins. */
static size_t count_lines(const struct dfut_image *image, size_t offset)
{
	struct dfut_failure ignored;
	uint8_t bytes[4096];
	uint8_t last = 0;
	size_t line = 1;
	size_t part;

	if (!image->paged)
		return line + count_line_ends(image->data, offset, &last);
	for (size_t done = 0; done < offset; done += part) {
		part = offset - done < sizeof(bytes) ? offset - done : sizeof(bytes);
		if (dfut_paged_peek(image->paged, &ignored, done, bytes, part) < 0)
			break;
		line += count_line_ends(bytes, part, &last);
	}
	return line;
}

const char *dfut_image_put_place(const struct dfut_image *image, size_t offset, char *text, size_t size)
{
	if (dfut_image_is(image, DFUT_FORMAT_TEXT))
		snprintf(text, size, "line %zu", count_lines(image, offset));
	else
		snprintf(text, size, "offset %zu", offset);
	return text;
}

int dfut_image_add_part(struct dfut_loader *loader, const struct dfut_segment *segment, uint32_t group)
{
	struct dfut_image *image = loader->image;
	struct dfut_part *parts = image->parts;
	size_t capacity = image->part_capacity;

	if (image->part_count == MAX_PARTS)
		return dfut_fail(loader->failure, DFUT_ERROR_IMAGE,
				 "0x%08lx: more than %u parts, which no firmware has", (unsigned long)segment->address,
				 MAX_PARTS);
	if (image->part_count == capacity) {
		capacity = capacity ? capacity * 2 : 16;
		parts = realloc(parts, capacity * sizeof(*parts));
		if (!parts)
			return dfut_fail_memory(loader->failure);
		image->parts = parts;
		image->part_capacity = capacity;
	}
	parts[image->part_count].segment = *segment;
	parts[image->part_count++].group = group;
	return 0;
}

struct dfut_image *dfut_image_ref(struct dfut_image *image)
{
	image->references++;
	return image;
}

DFUT_API void dfut_image_free(struct dfut_image *image)
{
	if (!image || --image->references > 0)
		return;
	for (size_t i = 0; i < image->fact_count; i++)
		free(image->facts[i].value);
	free(image->facts);
	free(image->parts);
	free(image->decoded);
	free(image->nordic);
	dfut_paged_free(image->paged);
	free(image->data);
	free(image->failure);
	free(image);
}

/* Words */

DFUT_API const char *dfut_image_get_error(const struct dfut_image *image)
{
	return image->failure->text;
}

DFUT_API int dfut_image_get_error_code(const struct dfut_image *image)
{
	return image->failure->code;
}

DFUT_API const char *dfut_image_get_hint(const struct dfut_image *image)
{
	return image->failure->hint;
}

DFUT_API const char *dfut_image_get_hint_line(const struct dfut_image *image)
{
	return dfut_failure_get_line(image->failure);
}

DFUT_API unsigned int dfut_image_get_failed_check(const struct dfut_image *image)
{
	return image->failure->check;
}

/* What is in it */

DFUT_API const char *dfut_image_get_format(const struct dfut_image *image)
{
	return image->format->name;
}

DFUT_API size_t dfut_image_get_size(const struct dfut_image *image)
{
	size_t size = 0;

	if (!dfut_image_is(image, DFUT_FORMAT_PARTS))
		return image->size;
	for (size_t i = 0; i < image->part_count; i++)
		size += image->parts[i].segment.size;
	return size;
}

DFUT_API size_t dfut_image_get_segment_count(const struct dfut_image *image)
{
	return dfut_image_is(image, DFUT_FORMAT_PARTS) ? image->part_count : 1;
}

bool dfut_image_find_segment(const struct dfut_image *image, size_t index, struct dfut_segment *segment)
{
	if (index >= dfut_image_get_segment_count(image))
		return false;
	if (dfut_image_is(image, DFUT_FORMAT_PARTS)) {
		*segment = image->parts[index].segment;
		return true;
	}
	*segment = (struct dfut_segment){
		.has_address = image->has_address,
		.address = image->address,
		.alternate = -1,
		.data = image->data,
		.size = image->size,
	};
	return true;
}

DFUT_API int dfut_image_get_segment(const struct dfut_image *image, size_t index, struct dfut_segment *segment,
				    size_t segment_size)
{
	struct dfut_segment found;

	if (dfut_image_find_segment(image, index, &found)) {
		dfut_struct_give(segment, segment_size, &found, sizeof(found));
		return 0;
	}
	return dfut_fail(image->failure, DFUT_ERROR_NOT_FOUND, "the image has %zu segments, none has the index %zu",
			 dfut_image_get_segment_count(image), index);
}

int dfut_image_read(const struct dfut_image *image, struct dfut_failure *failure, const struct dfut_segment *segment,
		    size_t offset, void *bytes, size_t size)
{
	if (image->paged && !segment->data)
		return dfut_paged_read(image->paged, failure, offset, bytes, size);
	if (size > 0)
		memcpy(bytes, segment->data + offset, size);
	return 0;
}

DFUT_API int dfut_image_read_segment(const struct dfut_image *image, size_t index, size_t offset, void *data,
				     size_t size)
{
	struct dfut_segment segment;

	if (dfut_image_get_segment(image, index, &segment, sizeof(segment)) < 0)
		return image->failure->code;
	if (offset > segment.size || size > segment.size - offset)
		return dfut_fail(image->failure, DFUT_ERROR_USAGE,
				 "offset %zu: %zu bytes are wanted, the segment has %zu in all", offset, size,
				 segment.size);
	return dfut_image_read(image, image->failure, &segment, offset, data, size);
}

int dfut_image_need_held(const struct dfut_image *image, struct dfut_failure *failure, const char *who)
{
	if (!image->paged || image->decoded)
		return 0;
	return dfut_fail(failure, DFUT_ERROR_UNSUPPORTED, "the image has %zu bytes, too large for %s: the limit is %zu",
			 image->size, who, DFUT_IMAGE_HELD_SIZE);
}

static size_t suffix_fact_count(const struct dfut_image *image)
{
	return image->suffix.present ? DFUT_SUFFIX_FACT_COUNT : 0;
}

DFUT_API size_t dfut_image_get_fact_count(const struct dfut_image *image)
{
	return suffix_fact_count(image) + image->fact_count;
}

DFUT_API int dfut_image_get_fact(const struct dfut_image *image, size_t index, const char **layer, const char **key,
				 const char **value)
{
	size_t suffix_facts = suffix_fact_count(image);

	if (index < suffix_facts) {
		*layer = dfut_suffix_layer;
		*key = dfut_suffix_get_fact_key(index);
		*value = image->suffix.values[index];
		return 0;
	}
	index -= suffix_facts;
	if (index >= image->fact_count)
		return dfut_fail(image->failure, DFUT_ERROR_NOT_FOUND,
				 "%zu facts are known of the image, none has the index %zu",
				 dfut_image_get_fact_count(image), suffix_facts + index);
	*layer = image->facts[index].layer;
	*key = image->facts[index].key;
	*value = image->facts[index].value;
	return 0;
}

DFUT_API bool dfut_image_get_ids(const struct dfut_image *image, uint16_t *vendor_id, uint16_t *product_id,
				 uint16_t *release)
{
	const struct dfut_suffix *suffix = &image->suffix;

	if (vendor_id)
		*vendor_id = suffix->present ? suffix->vendor_id : DFUT_ID_ANY;
	if (product_id)
		*product_id = suffix->present ? suffix->product_id : DFUT_ID_ANY;
	if (release)
		*release = suffix->present ? suffix->release : DFUT_ID_ANY;
	return suffix->present;
}

/* Changing it */

DFUT_API int dfut_image_set_address(struct dfut_image *image, uint32_t address)
{
	if (image->format->traits & (DFUT_FORMAT_ADDRESSES | DFUT_FORMAT_PARTS))
		return dfut_fail(image->failure, DFUT_ERROR_USAGE, "a file of the format %s has addresses of its own",
				 image->format->name);
	image->has_address = true;
	image->address = address;
	return 0;
}

/* A DfuSe file has a suffix of its own kind. */
static uint16_t get_dfu_version(const struct dfut_image *image)
{
	return dfut_image_is(image, DFUT_FORMAT_ALTERNATES) ? DFUT_DFU_VERSION_DFUSE : DFUT_DFU_VERSION_1_0;
}

DFUT_API void dfut_image_set_suffix(struct dfut_image *image, uint16_t vendor_id, uint16_t product_id, uint16_t release)
{
	drop_suffix_notes(image);
	dfut_suffix_set(image, vendor_id, product_id, release, get_dfu_version(image));
}

DFUT_API void dfut_image_remove_suffix(struct dfut_image *image)
{
	drop_suffix_notes(image);
	image->suffix.present = false;
	if (dfut_image_is(image, DFUT_FORMAT_ALTERNATES))
		dfut_image_set_suffix(image, DFUT_ID_ANY, DFUT_ID_ANY, DFUT_ID_ANY);
}

void dfut_image_replace(struct dfut_image *image, struct dfut_image *other)
{
	struct dfut_image old = *image;

	*image = *other;
	image->references = old.references;
	image->failure = old.failure;
	old.failure = other->failure;
	if (old.suffix.present && dfut_image_is(image, DFUT_FORMAT_SUFFIX))
		dfut_suffix_set(image, old.suffix.vendor_id, old.suffix.product_id, old.suffix.release,
				get_dfu_version(image));
	else if (dfut_image_is(image, DFUT_FORMAT_ALTERNATES))
		dfut_image_remove_suffix(image);
	*other = old;
	other->references = 1;
	dfut_image_free(other);
}

static int check_wrap(const struct dfut_image *image, struct dfut_failure *failure, const char *version)
{
	if (!version)
		return dfut_fail(failure, DFUT_ERROR_USAGE, "no version given");
	if (dfut_image_is_mcuboot(image))
		return dfut_fail(failure, DFUT_ERROR_USAGE, "it is an MCUboot image already");
	if (dfut_image_is(image, DFUT_FORMAT_PARTS)) {
		dfut_fail(failure, DFUT_ERROR_USAGE,
			  "a file of the format %s has parts, MCUboot's images have plain bytes", image->format->name);
		dfut_hint(failure, "convert it to the format raw (--format raw) first");
		return failure->code;
	}
	/* A session that holds the image reads the bytes that would be replaced. */
	if (image->references > 1)
		return dfut_fail(failure, DFUT_ERROR_USAGE, "a session uses the image");
	return dfut_image_need_held(image, failure, "an MCUboot image");
}

DFUT_API int dfut_image_wrap_mcuboot(struct dfut_image *image, const char *version, size_t header_size)
{
	struct dfut_loader loader = { .failure = image->failure };
	uint8_t *data;
	size_t size;
	int result = check_wrap(image, image->failure, version);

	if (result < 0)
		return result;
	result = dfut_mcuboot_wrap(image, image->failure, version, header_size, &data, &size);
	if (result < 0)
		return result;
	result = dfut_image_build(&loader, data, size, NULL);
	if (result < 0)
		return result;
	loader.image->has_address = image->has_address;
	loader.image->address = image->address;
	dfut_image_replace(image, loader.image);
	return 0;
}
