/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * UF2 (github.com/microsoft/uf2): blocks of 512 bytes that stand for themselves. A file may have firmware for several
 * families of chips, each with block numbers of its own; each is a group of parts.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image/pieces.h"

#define BLOCK_SIZE 512
#define MAGIC_START_0 0x0a324655
#define MAGIC_START_1 0x9e5d5157
#define MAGIC_END 0x0ab16f30

/* Offsets in a block */
#define START_1 4
#define FLAGS 8
#define TARGET_ADDRESS 12
#define PAYLOAD_SIZE 16
#define BLOCK_NUMBER 20
#define BLOCK_COUNT 24
#define FAMILY 28
#define DATA 32
#define END 508

#define DATA_SIZE 476
#define MD5_SIZE 24

#define FLAG_NOT_MAIN_FLASH 0x00000001
#define FLAG_FILE_CONTAINER 0x00001000
#define FLAG_FAMILY 0x00002000
#define FLAG_MD5 0x00004000
#define FLAG_EXTENSIONS 0x00008000

/* Tools for RP2350 put one block in front, of another family and of a count that is never complete (erratum E10). */
#define RP2350_ABSOLUTE 0xe48bff57
#define RP2350_E10_ADDRESS 0x10ffff00
#define RP2350_E10_FILLER 0xef

/* What every boot loader takes. */
#define PAGE_SIZE 256

struct group {
	uint32_t count; /* of its blocks, as they say */
	size_t seen;
	uint8_t *numbers; /* a bit each */
};

struct uf2 {
	struct dfut_loader *loader;
	struct dfut_pieces pieces;
	struct group groups[DFUT_MAX_FAMILIES];
	size_t not_flashed;
	bool has_tags;
};

/* One magic is enough: the other is missing from a file that is damaged or ends early. */
bool dfut_uf2_matches(const struct dfut_image *image)
{
	if (image->size >= 4 && dfut_le32(image->data) == MAGIC_START_0)
		return true;
	return image->size >= BLOCK_SIZE && dfut_le32(image->data + START_1) == MAGIC_START_1;
}

static int doubt(struct uf2 *uf2, unsigned int check, size_t offset, const char *text)
{
	return dfut_image_doubt(uf2->loader, DFUT_ERROR_IMAGE, check, "offset %zu: %s", offset, text);
}

/* Index of the block's group, which may be new. */
static int find_group(struct uf2 *uf2, const uint8_t *block, size_t offset)
{
	struct dfut_image *image = uf2->loader->image;
	bool is_given = dfut_le32(block + FLAGS) & FLAG_FAMILY;
	uint32_t id = is_given ? dfut_le32(block + FAMILY) : 0;
	size_t i = 0;

	while (i < image->family_count && (image->families[i].is_given != is_given || image->families[i].id != id))
		i++;
	if (i < image->family_count)
		return (int)i;
	if (i == DFUT_MAX_FAMILIES)
		return dfut_fail(uf2->loader->failure, DFUT_ERROR_IMAGE,
				 "offset %zu: firmware for more than %d families", offset, DFUT_MAX_FAMILIES);
	uf2->groups[i].numbers = calloc(image->size / BLOCK_SIZE / 8 + 1, 1);
	if (!uf2->groups[i].numbers)
		return dfut_fail_memory(uf2->loader->failure);
	uf2->groups[i].count = dfut_le32(block + BLOCK_COUNT);
	image->families[i].is_given = is_given;
	image->families[i].id = id;
	image->family_count++;
	return (int)i;
}

static int judge_number(struct uf2 *uf2, struct group *group, const uint8_t *block, size_t offset)
{
	uint32_t number = dfut_le32(block + BLOCK_NUMBER);
	uint32_t count = dfut_le32(block + BLOCK_COUNT);

	if (count != group->count)
		return dfut_image_doubt(uf2->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_FORMAT,
					"offset %zu: the UF2 block says %lu blocks, those before it %lu",
					offset + BLOCK_COUNT, (unsigned long)count, (unsigned long)group->count);
	if (number >= count)
		return dfut_image_doubt(uf2->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_FORMAT,
					"offset %zu: the UF2 block has number %lu of %lu", offset + BLOCK_NUMBER,
					(unsigned long)number, (unsigned long)count);
	group->seen++;
	/* More than there are blocks in the file: some are missing, which is told at the end. */
	if (number >= uf2->loader->image->size / BLOCK_SIZE)
		return 0;
	if (group->numbers[number / 8] & 1u << number % 8) {
		group->seen--;
		return dfut_image_doubt(uf2->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_FORMAT,
					"offset %zu: UF2 block number %lu is there twice", offset + BLOCK_NUMBER,
					(unsigned long)number);
	}
	group->numbers[number / 8] |= (uint8_t)(1u << number % 8);
	return 0;
}

/* 1 if the block can be looked at */
static int judge_magic(struct uf2 *uf2, const uint8_t *block, size_t offset)
{
	static const struct {
		size_t offset;
		uint32_t magic;
	} magics[] = { { 0, MAGIC_START_0 }, { START_1, MAGIC_START_1 }, { END, MAGIC_END } };

	for (size_t i = 0; i < DFUT_COUNT(magics); i++)
		if (dfut_le32(block + magics[i].offset) != magics[i].magic)
			return dfut_image_doubt(uf2->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_FORMAT,
						"offset %zu: no UF2 block here: magic %08lx instead of %08lx",
						offset + magics[i].offset,
						(unsigned long)dfut_le32(block + magics[i].offset),
						(unsigned long)magics[i].magic);
	return 1;
}

/* Tags are repeated in each block: those of the first tell. */
static void note_tags(struct uf2 *uf2, const uint8_t *block, size_t size)
{
	size_t at = (size + 3) / 4 * 4;

	uf2->has_tags = true;
	while (at + 4 <= DATA_SIZE) {
		const uint8_t *tag = block + DATA + at;
		uint32_t type = dfut_le32(tag) >> 8;
		char text[256];

		if (tag[0] < 4 || tag[0] > DATA_SIZE - at)
			return;
		snprintf(text, sizeof(text), "%.*s", tag[0] - 4, (const char *)tag + 4);
		if (type == 0x9fc7bc)
			dfut_image_add_fact(uf2->loader, "version", "%s", text);
		if (type == 0x650d9d)
			dfut_image_add_fact(uf2->loader, "device", "%s", text);
		if (type == 0x0be9f7 && tag[0] == 8)
			dfut_image_add_fact(uf2->loader, "page_size", "%lu", (unsigned long)dfut_le32(tag + 4));
		at += ((size_t)tag[0] + 3) / 4 * 4;
	}
}

static int add_data(struct uf2 *uf2, uint32_t group, const uint8_t *block, size_t offset)
{
	uint32_t flags = dfut_le32(block + FLAGS);
	uint32_t room = flags & FLAG_MD5 ? DATA_SIZE - MD5_SIZE : DATA_SIZE;
	const struct dfut_piece piece = {
		.group = group,
		.address = dfut_le32(block + TARGET_ADDRESS),
		.size = dfut_le32(block + PAYLOAD_SIZE),
		.offset = (uint32_t)offset + DATA,
	};

	if (piece.size > room)
		return dfut_image_doubt(uf2->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_LENGTH,
					"offset %zu: the UF2 block says %lu bytes of data, it has room for %lu",
					offset + PAYLOAD_SIZE, (unsigned long)piece.size, (unsigned long)room);
	if (piece.size == 0)
		return doubt(uf2, DFUT_CHECK_LENGTH, offset + PAYLOAD_SIZE, "the UF2 block has no data");
	if (flags & FLAG_EXTENSIONS && !uf2->has_tags)
		note_tags(uf2, block, piece.size);
	return dfut_pieces_add(&uf2->pieces, &piece);
}

/* Where it is may be chosen; what it has is always the same. */
static bool is_filler(const uint8_t *block)
{
	for (size_t i = 0; i < PAGE_SIZE; i++)
		if (block[DATA + i] != RP2350_E10_FILLER)
			return false;
	return dfut_le32(block + PAYLOAD_SIZE) == PAGE_SIZE;
}

static bool is_e10_block(const uint8_t *block)
{
	bool is_usual = dfut_le32(block + TARGET_ADDRESS) == RP2350_E10_ADDRESS;

	return dfut_le32(block + FLAGS) & FLAG_FAMILY && dfut_le32(block + FAMILY) == RP2350_ABSOLUTE &&
	       dfut_le32(block + BLOCK_NUMBER) == 0 && dfut_le32(block + BLOCK_COUNT) == 2 &&
	       (is_usual || is_filler(block));
}

static int read_block(struct uf2 *uf2, size_t offset)
{
	const uint8_t *block = uf2->loader->image->data + offset;
	uint32_t flags = dfut_le32(block + FLAGS);
	int result = judge_magic(uf2, block, offset);
	int group;

	if (result <= 0)
		return result;
	if (is_e10_block(block)) {
		dfut_image_add_fact(uf2->loader, "rp2350_e10_block", "left out");
		return 0;
	}
	if (flags & FLAG_FILE_CONTAINER)
		return dfut_image_doubt(uf2->loader, DFUT_ERROR_UNSUPPORTED, DFUT_CHECK_FORMAT,
					"offset %zu: the UF2 block is of a file for a file system, not for flash",
					offset + FLAGS);
	group = find_group(uf2, block, offset);
	if (group < 0)
		return group;
	result = judge_number(uf2, &uf2->groups[group], block, offset);
	if (result < 0)
		return result;
	if (flags & FLAG_NOT_MAIN_FLASH) {
		uf2->not_flashed++;
		return 0;
	}
	return add_data(uf2, (uint32_t)group, block, offset);
}

static size_t find_missing(const struct group *group)
{
	size_t number = 0;

	while (number < group->count && group->numbers[number / 8] & 1u << number % 8)
		number++;
	return number;
}

static int judge_group(struct uf2 *uf2, size_t index)
{
	const struct dfut_family *family = &uf2->loader->image->families[index];
	const struct group *group = &uf2->groups[index];
	char text[40] = "none";
	char key[40] = "family";

	if (family->is_given)
		dfut_uf2_put_family(text, sizeof(text), family->id);
	if (uf2->loader->image->family_count > 1)
		snprintf(key, sizeof(key), "family_%zu", index);
	dfut_image_add_fact(uf2->loader, key, "%s", text);
	if (group->seen >= group->count)
		return 0;
	return dfut_image_doubt(
		uf2->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_LENGTH,
		"offset %zu: the file ends early, it has %zu of %lu UF2 blocks of family %s, number %zu "
		"is the first that is missing",
		uf2->loader->image->size, group->seen, (unsigned long)group->count, text, find_missing(group));
}

static int read_blocks(struct uf2 *uf2)
{
	const struct dfut_image *image = uf2->loader->image;
	size_t rest = image->size % BLOCK_SIZE;
	int result = 0;

	for (size_t offset = 0; result == 0 && image->size - offset >= BLOCK_SIZE; offset += BLOCK_SIZE)
		result = read_block(uf2, offset);
	if (result == 0 && rest > 0)
		result = dfut_image_doubt(uf2->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_LENGTH,
					  "offset %zu: the file ends inside a UF2 block, %zu of 512 bytes are there",
					  image->size - rest, rest);
	dfut_image_add_fact(uf2->loader, "blocks", "%zu", image->size / BLOCK_SIZE);
	if (uf2->not_flashed > 0)
		dfut_image_add_fact(uf2->loader, "blocks_not_for_flash", "%zu", uf2->not_flashed);
	for (size_t i = 0; result == 0 && i < image->family_count; i++)
		result = judge_group(uf2, i);
	return result;
}

static void read_piece(const struct dfut_image *image, const struct dfut_piece *piece, uint8_t *bytes)
{
	memcpy(bytes, image->data + piece->offset, piece->size);
}

int dfut_uf2_inspect(struct dfut_loader *loader)
{
	struct uf2 uf2 = { .loader = loader, .pieces = { .loader = loader } };
	int result = read_blocks(&uf2);

	if (result == 0)
		result = dfut_pieces_join(&uf2.pieces, read_piece);
	if (loader->image->family_count == 1)
		loader->image->family = loader->image->families[0];
	for (size_t i = 0; i < DFUT_MAX_FAMILIES; i++)
		free(uf2.groups[i].numbers);
	dfut_pieces_free(&uf2.pieces);
	return result;
}

/* Writing */

static int begin_block(const struct dfut_source *source, struct dfut_buffer *file, uint32_t address)
{
	uint8_t block[BLOCK_SIZE] = { 0 };

	dfut_put_le32(block, MAGIC_START_0);
	dfut_put_le32(block + START_1, MAGIC_START_1);
	dfut_put_le32(block + FLAGS, source->family.is_given ? FLAG_FAMILY : 0);
	dfut_put_le32(block + TARGET_ADDRESS, address);
	dfut_put_le32(block + PAYLOAD_SIZE, PAGE_SIZE);
	dfut_put_le32(block + BLOCK_NUMBER, (uint32_t)(file->size / BLOCK_SIZE));
	dfut_put_le32(block + FAMILY, source->family.is_given ? source->family.id : 0);
	memset(block + DATA, 0xff, PAGE_SIZE);
	dfut_put_le32(block + END, MAGIC_END);
	return dfut_buffer_add(file, block, sizeof(block));
}

static uint32_t get_last_address(const struct dfut_buffer *file)
{
	return dfut_le32(file->data + file->size - BLOCK_SIZE + TARGET_ADDRESS);
}

/* Whole pages, since boot loaders write no less; a page may be shared with the segment before. */
static int write_segment(const struct dfut_source *source, struct dfut_buffer *file, const struct dfut_segment *segment)
{
	size_t done = 0;

	while (done < segment->size) {
		uint32_t address = segment->address + (uint32_t)done;
		uint32_t offset = address % PAGE_SIZE;
		size_t room = PAGE_SIZE - offset;
		size_t size = segment->size - done < room ? segment->size - done : room;

		if ((file->size == 0 || get_last_address(file) != address - offset) &&
		    begin_block(source, file, address - offset) < 0)
			return file->failure->code;
		memcpy(file->data + file->size - BLOCK_SIZE + DATA + offset, segment->data + done, size);
		done += size;
	}
	return 0;
}

int dfut_uf2_write(const struct dfut_source *source, struct dfut_buffer *file)
{
	int result = 0;

	for (size_t i = 0; result == 0 && i < source->count; i++)
		result = write_segment(source, file, &source->segments[i]);
	for (size_t offset = 0; offset < file->size; offset += BLOCK_SIZE)
		dfut_put_le32(file->data + offset + BLOCK_COUNT, (uint32_t)(file->size / BLOCK_SIZE));
	return result;
}
