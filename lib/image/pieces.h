/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Where the bytes of a file go to, for formats whose records come in any order. */

#ifndef DFUT_PIECES_H
#define DFUT_PIECES_H

#include "image/image.h"

struct dfut_piece {
	uint32_t group; /* what has addresses of its own: an alternate setting, a chip */
	uint32_t address;
	uint32_t size;
	uint32_t offset; /* in the file */
};

struct dfut_pieces {
	struct dfut_loader *loader;
	struct dfut_piece *items;
	size_t count;
	size_t capacity;
	size_t size; /* bytes of all */
};

/* Takes the bytes of a piece out of the file. */
typedef void (*dfut_piece_reader)(const struct dfut_image *image, const struct dfut_piece *piece, uint8_t *bytes);

/* Refuses what would lie beyond 4 GiB, and more bytes than the file has: pieces of it that lie over each other. */
int dfut_pieces_add(struct dfut_pieces *pieces, const struct dfut_piece *piece);
/* Sorts them, and refuses bytes that are given twice. */
int dfut_pieces_sort(struct dfut_pieces *pieces);
/* Sorts them, and makes parts of the image of those that lie side by side. */
int dfut_pieces_join(struct dfut_pieces *pieces, dfut_piece_reader read);
void dfut_pieces_free(struct dfut_pieces *pieces);

#endif
