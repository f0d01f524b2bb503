/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* An image in a memory that is written block by block. */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "image/blocks.h"

/* Of the segment; one without an address goes to where the memory says. */
static uint64_t get_address(const struct dfut_segment *segment, const struct dfut_memory *memory)
{
	return segment->has_address ? segment->address : memory->raw_start;
}

static int check_segment(const struct dfut_segment *segment, const struct dfut_memory *memory,
			 struct dfut_failure *failure)
{
	uint64_t from = get_address(segment, memory);
	uint64_t to = from + segment->size;

	if (segment->alternate >= 0)
		return dfut_fail(failure, DFUT_ERROR_MISMATCH,
				 "the file names alternate settings of a DFU device, which this device has not");
	if (from < memory->address || from >= (uint64_t)memory->address + memory->size)
		return dfut_fail(failure, DFUT_ERROR_MISMATCH,
				 "the image has data at 0x%08" PRIx64 ", and %s is at 0x%08" PRIx32 " to 0x%08" PRIx64,
				 from, memory->name, memory->address, (uint64_t)memory->address + memory->size - 1);
	if (from < memory->start)
		return dfut_fail(failure, DFUT_ERROR_MISMATCH,
				 "the image has data at 0x%08" PRIx64
				 ", and what may be written of %s begins at 0x%08" PRIx32,
				 from, memory->name, memory->start);
	if (to > memory->end)
		return dfut_fail(failure, DFUT_ERROR_MISMATCH,
				 "the image ends at 0x%08" PRIx64 ", and what may be written of %s at 0x%08" PRIx32
				 ": it is %" PRIu64 " bytes too large",
				 to - 1, memory->name, memory->end - 1, to - memory->end);
	return 0;
}

/* Bytes from the memory's first to the image's last. */
static int measure(const struct dfut_image *image, const struct dfut_memory *memory, struct dfut_failure *failure,
		   size_t *size)
{
	struct dfut_segment segment;

	*size = 0;
	for (size_t i = 0; dfut_image_find_segment(image, i, &segment); i++) {
		uint64_t to = get_address(&segment, memory) - memory->address + segment.size;

		if (!segment.size)
			continue;
		if (check_segment(&segment, memory, failure) < 0)
			return failure->code;
		*size = to > *size ? (size_t)to : *size;
	}
	return *size ? 0 : dfut_fail(failure, DFUT_ERROR_MISMATCH, "the image has no bytes");
}

static void copy(struct dfut_blocks *blocks, const struct dfut_segment *segment, size_t offset)
{
	memcpy(blocks->data + offset, segment->data, segment->size);
	for (size_t i = offset / blocks->size; i <= (offset + segment->size - 1) / blocks->size; i++) {
		blocks->used_count += !blocks->used[i];
		blocks->used[i] = true;
	}
}

int dfut_blocks_take(struct dfut_blocks *blocks, const struct dfut_image *image, const struct dfut_memory *memory,
		     struct dfut_failure *failure)
{
	struct dfut_segment segment;
	size_t size;

	*blocks = (struct dfut_blocks){ .size = memory->block_size };
	if (measure(image, memory, failure, &size) < 0)
		return failure->code;
	blocks->count = (size + memory->block_size - 1) / memory->block_size;
	blocks->data = malloc(blocks->count * blocks->size);
	blocks->used = calloc(blocks->count, sizeof(*blocks->used));
	if (!blocks->data || !blocks->used) {
		dfut_blocks_free(blocks);
		return dfut_fail_memory(failure);
	}
	memset(blocks->data, memory->blank, blocks->count * blocks->size);
	for (size_t i = 0; dfut_image_find_segment(image, i, &segment); i++)
		if (segment.size)
			copy(blocks, &segment, (size_t)(get_address(&segment, memory) - memory->address));
	return 0;
}

void dfut_blocks_free(struct dfut_blocks *blocks)
{
	free(blocks->data);
	free(blocks->used);
	*blocks = (struct dfut_blocks){ 0 };
}

size_t dfut_blocks_find(const struct dfut_blocks *blocks, size_t from)
{
	while (from < blocks->count && !blocks->used[from])
		from++;
	return from;
}

bool dfut_blocks_is_filled(const struct dfut_blocks *blocks, size_t index, uint8_t value)
{
	const uint8_t *data = dfut_blocks_get(blocks, index);

	for (size_t i = 0; i < blocks->size; i++)
		if (data[i] != value)
			return false;
	return true;
}
