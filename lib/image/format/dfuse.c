/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * DfuSe files (ST UM0391): targets, one for each alternate setting, of elements, which have addresses. Functions that
 * read return 1 if what comes next can be looked at, 0 if a doubt that was overruled prevents it, or a negative error.
 */

#include <stdio.h>
#include <string.h>

#include "image/pieces.h"

#define PREFIX_SIZE 11
#define PREFIX_VERSION 5
#define PREFIX_IMAGE_SIZE 6
#define PREFIX_TARGETS 10
#define VERSION 1

#define TARGET_SIZE 274
#define TARGET_ALTERNATE 6
#define TARGET_NAMED 7
#define TARGET_NAME 11
#define TARGET_NAME_SIZE 255
#define TARGET_LENGTH 266
#define TARGET_ELEMENTS 270

#define ELEMENT_SIZE 8

static const char prefix_signature[] = "DfuSe";
static const char target_signature[] = "Target";

struct dfuse {
	struct dfut_loader *loader;
	struct dfut_pieces pieces; /* to find what overlaps */
	const uint8_t *data;
	size_t size;
	size_t offset; /* of what is read next */
};

bool dfut_dfuse_matches(const struct dfut_image *image)
{
	size_t length = strlen(prefix_signature);

	return image->size >= length && memcmp(image->data, prefix_signature, length) == 0;
}

static int doubt_length(struct dfuse *dfuse, const char *what, size_t needed)
{
	return dfut_image_doubt(dfuse->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_LENGTH,
				"offset %zu: the file ends inside the DfuSe %s at offset %zu, which needs %zu bytes",
				dfuse->size, what, dfuse->offset, needed);
}

/* Without the suffix, as ST wrote it, or with it, as dfuse-pack 0.10 and later write it. */
static int judge_image_size(struct dfuse *dfuse)
{
	size_t said = dfut_le32(dfuse->data + PREFIX_IMAGE_SIZE);
	size_t suffix = dfuse->loader->image->suffix.present ? dfuse->loader->image->suffix.length : DFUT_SUFFIX_SIZE;

	dfut_image_add_fact(dfuse->loader, "image_size", "%zu", said);
	if (said == dfuse->size || said == dfuse->size + suffix) {
		dfut_image_add_fact(dfuse->loader, "image_size_counts", "%s",
				    said == dfuse->size ? "without the suffix" : "with the suffix");
		return 0;
	}
	return dfut_image_doubt(dfuse->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_LENGTH,
				"offset %d: the DfuSe prefix says %zu bytes, the file has %zu without its suffix",
				PREFIX_IMAGE_SIZE, said, dfuse->size);
}

static int judge_suffix(struct dfuse *dfuse)
{
	const struct dfut_suffix *suffix = &dfuse->loader->image->suffix;
	int result;

	if (!suffix->present) {
		result = dfut_image_doubt(dfuse->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_LENGTH,
					  "offset %zu: the DfuSe file has no DFU suffix, as if its end were missing",
					  dfuse->size);
		return result;
	}
	if (suffix->dfu_version == DFUT_DFU_VERSION_DFUSE)
		return 0;
	return dfut_image_doubt(dfuse->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_FORMAT,
				"offset %zu: the suffix of a DfuSe file says bcdDFU %04x instead of 011a",
				dfuse->size + suffix->length - 10, (unsigned int)suffix->dfu_version);
}

static int read_prefix(struct dfuse *dfuse)
{
	int result = judge_suffix(dfuse);

	if (result < 0)
		return result;
	if (dfuse->size < PREFIX_SIZE)
		return doubt_length(dfuse, "prefix", PREFIX_SIZE);
	if (dfuse->data[PREFIX_VERSION] != VERSION)
		result = dfut_image_doubt(dfuse->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_FORMAT,
					  "offset %d: version %u of the DfuSe format, 1 is known", PREFIX_VERSION,
					  (unsigned int)dfuse->data[PREFIX_VERSION]);
	if (result == 0)
		result = judge_image_size(dfuse);
	if (result == 0 && dfuse->data[PREFIX_TARGETS] == 0)
		result = dfut_image_doubt(dfuse->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_FORMAT,
					  "offset %d: the DfuSe file has no targets", PREFIX_TARGETS);
	dfut_image_add_fact(dfuse->loader, "targets", "%u", (unsigned int)dfuse->data[PREFIX_TARGETS]);
	dfuse->offset = PREFIX_SIZE;
	return result < 0 ? result : 1;
}

static int add_element(struct dfuse *dfuse, uint8_t alternate, uint32_t size)
{
	const uint8_t *bytes = dfuse->data + dfuse->offset;
	const struct dfut_piece piece = {
		.group = alternate,
		.address = dfut_le32(bytes),
		.size = size,
		.offset = (uint32_t)dfuse->offset,
	};
	const struct dfut_segment segment = { true, piece.address, alternate, bytes + ELEMENT_SIZE, size };
	int result = dfut_pieces_add(&dfuse->pieces, &piece);

	if (result == 0)
		result = dfut_image_add_part(dfuse->loader, &segment, alternate);
	return result;
}

static int read_element(struct dfuse *dfuse, uint8_t alternate, size_t end)
{
	size_t left = end - dfuse->offset;
	uint32_t size;
	int result;

	if (left < ELEMENT_SIZE)
		return dfut_image_doubt(dfuse->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_LENGTH,
					"offset %zu: the DfuSe target has %zu bytes left for an element, which needs 8",
					dfuse->offset, left);
	size = dfut_le32(dfuse->data + dfuse->offset + 4);
	if (size > left - ELEMENT_SIZE)
		return dfut_image_doubt(dfuse->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_LENGTH,
					"offset %zu: the DfuSe element says %lu bytes, its target has %zu left",
					dfuse->offset + 4, (unsigned long)size, left - ELEMENT_SIZE);
	if (size == 0)
		result = dfut_image_doubt(dfuse->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_LENGTH,
					  "offset %zu: the DfuSe element is empty", dfuse->offset + 4);
	else
		result = add_element(dfuse, alternate, size);
	dfuse->offset += ELEMENT_SIZE + (size_t)size;
	return result < 0 ? result : 1;
}

static void add_target_fact(struct dfuse *dfuse, unsigned int index)
{
	const uint8_t *bytes = dfuse->data + dfuse->offset;
	char key[24];
	char name[TARGET_NAME_SIZE + 1] = "";

	if (dfut_le32(bytes + TARGET_NAMED) != 0)
		snprintf(name, sizeof(name), "%.*s", TARGET_NAME_SIZE, (const char *)bytes + TARGET_NAME);
	snprintf(key, sizeof(key), "target_%u", index);
	dfut_image_add_fact(dfuse->loader, key, "alternate %u%s%s%s, %lu elements, %lu bytes",
			    (unsigned int)bytes[TARGET_ALTERNATE], name[0] ? " \"" : "", name, name[0] ? "\"" : "",
			    (unsigned long)dfut_le32(bytes + TARGET_ELEMENTS),
			    (unsigned long)dfut_le32(bytes + TARGET_LENGTH));
}

static int read_elements(struct dfuse *dfuse, uint8_t alternate, uint32_t count, size_t end)
{
	int result = 1;

	for (uint32_t i = 0; result == 1 && i < count; i++)
		result = read_element(dfuse, alternate, end);
	if (result == 1 && dfuse->offset < end)
		result = dfut_image_doubt(dfuse->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_LENGTH,
					  "offset %zu: %zu bytes too many after the last element of the DfuSe target",
					  dfuse->offset, end - dfuse->offset);
	dfuse->offset = end;
	return result < 0 ? result : 1;
}

static int judge_target(struct dfuse *dfuse, uint32_t length, uint32_t count)
{
	size_t left = dfuse->size - dfuse->offset - TARGET_SIZE;

	if (length > left)
		return dfut_image_doubt(dfuse->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_LENGTH,
					"offset %zu: the DfuSe target says %lu bytes, the file has %zu left",
					dfuse->offset + TARGET_LENGTH, (unsigned long)length, left);
	if (count == 0)
		return dfut_image_doubt(dfuse->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_FORMAT,
					"offset %zu: the DfuSe target has no elements",
					dfuse->offset + TARGET_ELEMENTS);
	return 0;
}

static int read_target(struct dfuse *dfuse, unsigned int index)
{
	const uint8_t *bytes = dfuse->data + dfuse->offset;
	size_t left = dfuse->size - dfuse->offset;
	uint32_t length, count;
	int result;

	if (left < TARGET_SIZE)
		return doubt_length(dfuse, "target", TARGET_SIZE);
	if (memcmp(bytes, target_signature, strlen(target_signature)) != 0)
		return dfut_image_doubt(dfuse->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_FORMAT,
					"offset %zu: no DfuSe target here: it does not begin with \"Target\"",
					dfuse->offset);
	length = dfut_le32(bytes + TARGET_LENGTH);
	count = dfut_le32(bytes + TARGET_ELEMENTS);
	add_target_fact(dfuse, index);
	result = judge_target(dfuse, length, count);
	if (result < 0)
		return result;
	dfuse->offset += TARGET_SIZE;
	left -= TARGET_SIZE;
	return read_elements(dfuse, bytes[TARGET_ALTERNATE], count, dfuse->offset + (length < left ? length : left));
}

static int read_targets(struct dfuse *dfuse)
{
	int result = 1;

	for (unsigned int i = 0; result == 1 && i < dfuse->data[PREFIX_TARGETS]; i++)
		result = read_target(dfuse, i);
	if (result == 1 && dfuse->offset < dfuse->size)
		result = dfut_image_doubt(dfuse->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_LENGTH,
					  "offset %zu: %zu bytes too many after the last DfuSe target", dfuse->offset,
					  dfuse->size - dfuse->offset);
	return result < 0 ? result : dfut_pieces_sort(&dfuse->pieces);
}

int dfut_dfuse_inspect(struct dfut_loader *loader)
{
	struct dfuse dfuse = {
		.loader = loader,
		.pieces = { .loader = loader },
		.data = loader->image->data,
		.size = loader->image->size,
	};
	int result = read_prefix(&dfuse);

	if (result == 1)
		result = read_targets(&dfuse);
	dfut_pieces_free(&dfuse.pieces);
	return result;
}

/* Writing */

/* Segments of an alternate setting that follow each other form a target. */
static size_t count_elements(const struct dfut_source *source, size_t first)
{
	size_t next = first + 1;

	while (next < source->count && source->segments[next].alternate == source->segments[first].alternate)
		next++;
	return next - first;
}

static int write_element(struct dfut_buffer *file, const struct dfut_segment *segment)
{
	uint8_t header[ELEMENT_SIZE];
	int result;

	dfut_put_le32(header, segment->address);
	dfut_put_le32(header + 4, (uint32_t)segment->size);
	result = dfut_buffer_add(file, header, sizeof(header));
	return result < 0 ? result : dfut_buffer_add(file, segment->data, segment->size);
}

static int write_target(struct dfut_buffer *file, const struct dfut_segment *segments, size_t count)
{
	uint8_t header[TARGET_SIZE] = { 0 };
	size_t start = file->size + TARGET_SIZE;
	int result;

	memcpy(header, target_signature, strlen(target_signature));
	dfut_put_le32(header + TARGET_ELEMENTS, (uint32_t)count);
	header[TARGET_ALTERNATE] = segments->alternate < 0 ? 0 : (uint8_t)segments->alternate;
	result = dfut_buffer_add(file, header, sizeof(header));
	for (size_t i = 0; result == 0 && i < count; i++)
		result = write_element(file, &segments[i]);
	if (result == 0)
		dfut_put_le32(file->data + start - TARGET_SIZE + TARGET_LENGTH, (uint32_t)(file->size - start));
	return result;
}

/* The size is ST's, without the suffix: fwupd refuses the other. */
int dfut_dfuse_write(const struct dfut_source *source, struct dfut_buffer *file)
{
	uint8_t prefix[PREFIX_SIZE] = { 0 };
	size_t targets = 0;
	int result;

	memcpy(prefix, prefix_signature, strlen(prefix_signature));
	prefix[PREFIX_VERSION] = VERSION;
	result = dfut_buffer_add(file, prefix, sizeof(prefix));
	for (size_t first = 0; result == 0 && first < source->count; targets++) {
		size_t count = count_elements(source, first);

		result = write_target(file, source->segments + first, count);
		first += count;
	}
	if (result < 0)
		return result;
	if (targets > UINT8_MAX)
		return dfut_fail(file->failure, DFUT_ERROR_UNSUPPORTED, "%zu targets: a DfuSe file has 255 at most",
				 targets);
	dfut_put_le32(file->data + PREFIX_IMAGE_SIZE, (uint32_t)file->size);
	file->data[PREFIX_TARGETS] = (uint8_t)targets;
	return 0;
}
