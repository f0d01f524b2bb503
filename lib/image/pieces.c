/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Sorting, judging and joining the pieces of a file. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image/pieces.h"

/* 128 MiB of them: a file of 256 MiB may have three times as many, but no firmware does. */
#define MAX_PIECES (1u << 23)
#define ADDRESS_END ((uint64_t)1 << 32)

static int grow(struct dfut_pieces *pieces)
{
	size_t capacity = pieces->capacity ? pieces->capacity * 2 : 64;
	struct dfut_piece *items = realloc(pieces->items, capacity * sizeof(*items));

	if (!items)
		return dfut_fail_memory(pieces->loader->failure);
	pieces->items = items;
	pieces->capacity = capacity;
	return 0;
}

static int judge(const struct dfut_pieces *pieces, const struct dfut_piece *piece)
{
	struct dfut_failure *failure = pieces->loader->failure;
	char place[40];

	if (piece->address + (uint64_t)piece->size > ADDRESS_END)
		return dfut_fail(failure, DFUT_ERROR_IMAGE,
				 "%s: %lu bytes at 0x%08lx go beyond the last address, 0xffffffff",
				 dfut_image_put_place(pieces->loader->image, piece->offset, place, sizeof(place)),
				 (unsigned long)piece->size, (unsigned long)piece->address);
	if (piece->size > pieces->loader->image->size - pieces->size)
		return dfut_fail(
			failure, DFUT_ERROR_IMAGE,
			"%s: with %lu bytes here, more would be written than the file has: the same bytes are used "
			"again and again",
			dfut_image_put_place(pieces->loader->image, piece->offset, place, sizeof(place)),
			(unsigned long)piece->size);
	if (pieces->count == MAX_PIECES)
		return dfut_fail(failure, DFUT_ERROR_IMAGE, "%s: more than %u records, which no firmware has",
				 dfut_image_put_place(pieces->loader->image, piece->offset, place, sizeof(place)),
				 MAX_PIECES);
	return 0;
}

static int append(struct dfut_pieces *pieces, const struct dfut_piece *piece)
{
	if (pieces->count == pieces->capacity && grow(pieces) < 0)
		return DFUT_ERROR_NO_MEMORY;
	pieces->items[pieces->count++] = *piece;
	pieces->size += piece->size;
	return 0;
}

int dfut_pieces_add(struct dfut_pieces *pieces, const struct dfut_piece *piece)
{
	int result = judge(pieces, piece);

	return result < 0 ? result : append(pieces, piece);
}

/* What is decoded has half as many bytes as there are digits, so that this is enough from the beginning; what is not used of it
 * takes no memory. */
static int make_room(struct dfut_pieces *pieces)
{
	pieces->room = pieces->loader->image->size / 2 + 1;
	pieces->decoded = malloc(pieces->room);
	return pieces->decoded ? 0 : dfut_fail_memory(pieces->loader->failure);
}

/* Whether a piece is the next of the same length, as records of a file are. */
static bool goes_on(const struct dfut_piece *last, const struct dfut_piece *piece)
{
	uint32_t step = last->step ? last->step : last->size;
	uint32_t count = last->size / step;

	if (piece->group != last->group || piece->address != last->address + (uint64_t)last->size ||
	    piece->size > step || last->size % step != 0 || piece->offset <= last->offset)
		return false;
	return !last->step || piece->offset - last->offset == count * (uint64_t)last->stride;
}

int dfut_pieces_add_bytes(struct dfut_pieces *pieces, const struct dfut_piece *piece, const uint8_t *bytes)
{
	struct dfut_piece *last = pieces->count > 0 ? &pieces->items[pieces->count - 1] : NULL;
	struct dfut_piece added = *piece;
	int result;

	if (!pieces->decoded && make_room(pieces) < 0)
		return DFUT_ERROR_NO_MEMORY;
	added.at = (uint32_t)pieces->size;
	result = judge(pieces, &added);
	if (result < 0)
		return result;
	memcpy(pieces->decoded + added.at, bytes, added.size);
	if (!last || !goes_on(last, &added))
		return append(pieces, &added);
	if (!last->step) {
		last->step = last->size;
		last->stride = added.offset - last->offset;
	}
	last->size += added.size;
	pieces->size += added.size;
	return 0;
}

static int compare(const void *one, const void *two)
{
	const struct dfut_piece *a = one;
	const struct dfut_piece *b = two;

	if (a->group != b->group)
		return a->group < b->group ? -1 : 1;
	if (a->address != b->address)
		return a->address < b->address ? -1 : 1;
	return (a->offset > b->offset) - (a->offset < b->offset);
}

static bool is_sorted(const struct dfut_pieces *pieces)
{
	for (size_t i = 1; i < pieces->count; i++)
		if (compare(&pieces->items[i - 1], &pieces->items[i]) > 0)
			return false;
	return true;
}

/* Where in the file the byte of an address stands, or the record that has it. */
static size_t find_offset(const struct dfut_piece *piece, uint32_t address)
{
	return piece->offset + (piece->step ? (size_t)((address - piece->address) / piece->step) * piece->stride : 0);
}

static int refuse_overlap(struct dfut_pieces *pieces, const struct dfut_piece *one, const struct dfut_piece *two)
{
	size_t one_offset = find_offset(one, two->address);
	size_t first = one_offset < two->offset ? one_offset : two->offset;
	size_t second = one_offset < two->offset ? two->offset : one_offset;
	char first_place[40];
	char second_place[40];

	return dfut_fail(pieces->loader->failure, DFUT_ERROR_IMAGE,
			 "%s: 0x%08lx is written a second time, the first is at %s",
			 dfut_image_put_place(pieces->loader->image, second, second_place, sizeof(second_place)),
			 (unsigned long)two->address,
			 dfut_image_put_place(pieces->loader->image, first, first_place, sizeof(first_place)));
}

int dfut_pieces_sort(struct dfut_pieces *pieces)
{
	if (!is_sorted(pieces))
		qsort(pieces->items, pieces->count, sizeof(*pieces->items), compare);
	for (size_t i = 1; i < pieces->count; i++) {
		const struct dfut_piece *last = &pieces->items[i - 1];
		const struct dfut_piece *piece = &pieces->items[i];

		if (piece->group == last->group && piece->address < last->address + (uint64_t)last->size)
			return refuse_overlap(pieces, last, piece);
	}
	return 0;
}

/* Puts the bytes of a piece where they belong; of those that are there already nothing is moved. */
static void place(const struct dfut_pieces *pieces, const struct dfut_piece *piece, dfut_piece_reader read,
		  uint8_t *bytes)
{
	const struct dfut_image *image = pieces->loader->image;

	if (!pieces->decoded)
		read(image, piece, bytes);
	else if (bytes != pieces->decoded + piece->at)
		memcpy(bytes, pieces->decoded + piece->at, piece->size);
}

static int join(struct dfut_pieces *pieces, dfut_piece_reader read)
{
	struct dfut_image *image = pieces->loader->image;
	uint8_t *bytes = image->decoded;
	struct dfut_part *part = NULL;
	int result;

	for (size_t i = 0; i < pieces->count; i++) {
		const struct dfut_piece *piece = &pieces->items[i];
		const struct dfut_segment segment = { true, piece->address, -1, bytes, piece->size };

		place(pieces, piece, read, bytes);
		bytes += piece->size;
		if (part && part->group == piece->group &&
		    part->segment.address + (uint64_t)part->segment.size == piece->address) {
			part->segment.size += piece->size;
			continue;
		}
		result = dfut_image_add_part(pieces->loader, &segment, piece->group);
		if (result < 0)
			return result;
		part = &image->parts[image->part_count - 1];
		part->offset = piece->offset;
	}
	return 0;
}

/* Variables that a linker script has put there by mistake: no bootloader writes them, and most refuse the whole file. */
static void note_ram(struct dfut_pieces *pieces)
{
	const struct dfut_image *image = pieces->loader->image;
	char place[40];

	for (size_t i = 1; i < image->part_count; i++) {
		const struct dfut_part *part = &image->parts[i];

		if (!dfut_image_is(image, DFUT_FORMAT_TEXT) || dfut_image_is_ram(image->parts[0].segment.address) ||
		    !dfut_image_is_ram(part->segment.address))
			continue;
		dfut_image_add_fact(pieces->loader, "ram", "%s: %zu bytes at 0x%08lx, RAM of most chips with Cortex-M",
				    dfut_image_put_place(image, part->offset, place, sizeof(place)), part->segment.size,
				    (unsigned long)part->segment.address);
		return;
	}
}

/* What is decoded in the order of addresses is the image as it is. */
static int make_decoded(struct dfut_pieces *pieces, bool was_sorted)
{
	struct dfut_image *image = pieces->loader->image;
	size_t size = pieces->size > 0 ? pieces->size : 1;

	if (was_sorted && pieces->decoded) {
		uint8_t *fitting = realloc(pieces->decoded, size);

		pieces->decoded = fitting ? fitting : pieces->decoded;
		image->decoded = pieces->decoded;
	} else {
		image->decoded = malloc(size);
	}
	return image->decoded ? 0 : dfut_fail_memory(pieces->loader->failure);
}

int dfut_pieces_join(struct dfut_pieces *pieces, dfut_piece_reader read)
{
	bool was_sorted = is_sorted(pieces);
	int result = dfut_pieces_sort(pieces);

	if (result == 0)
		result = make_decoded(pieces, was_sorted);
	if (result < 0)
		return result;
	result = join(pieces, read);
	if (result == 0)
		note_ram(pieces);
	return result;
}

void dfut_pieces_free(struct dfut_pieces *pieces)
{
	if (pieces->decoded != pieces->loader->image->decoded)
		free(pieces->decoded);
	free(pieces->items);
}
