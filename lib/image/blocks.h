/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What an image puts into a memory that is written block by block. */

#ifndef DFUT_BLOCKS_H
#define DFUT_BLOCKS_H

#include "image/image.h"

/* The largest memory that is laid out. */
#define DFUT_MEMORY_MAX_SIZE ((size_t)64 * 1024 * 1024)

/* A memory, as images see it. */
struct dfut_memory {
	const char *name;    /* for people, as in "the flash of the ATmega32U4" */
	uint32_t address;    /* of its first byte */
	uint32_t size;	     /* bytes, DFUT_MEMORY_MAX_SIZE at most */
	uint32_t start;	     /* address of the first byte that may be written: a bootloader may be below */
	uint32_t end;	     /* address behind the last one: a bootloader may be there */
	uint32_t raw_start;  /* where an image without addresses goes */
	uint32_t block_size; /* bytes that are written at once; the size is a multiple of it */
	uint8_t blank;	     /* what its erased bytes are, and what fills up a block */
};

/* The memory from its first byte to the last block that the image has something for. */
struct dfut_blocks {
	uint8_t *data; /* count * size bytes */
	bool *used;    /* of each block, whether the image has bytes for it */
	size_t count;
	size_t used_count;
	uint32_t size; /* bytes of each */
};

/* Lays the image out: 0, DFUT_ERROR_MISMATCH if a byte would not lie between start and end, with its address, or
 * DFUT_ERROR_NO_MEMORY. On an error there is nothing to free. */
int dfut_blocks_take(struct dfut_blocks *blocks, const struct dfut_image *image, const struct dfut_memory *memory,
		     struct dfut_failure *failure);
void dfut_blocks_free(struct dfut_blocks *blocks);
/* The first used block from this one on; count if there is none. */
size_t dfut_blocks_find(const struct dfut_blocks *blocks, size_t from);
static inline const uint8_t *dfut_blocks_get(const struct dfut_blocks *blocks, size_t index)
{
	return blocks->data + index * blocks->size;
}
/* Whether all of its bytes are this one. */
bool dfut_blocks_is_filled(const struct dfut_blocks *blocks, size_t index, uint8_t value);

#endif
