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
	uint32_t step;	 /* of several that follow each other: bytes of each but the last; 0: it is one */
	uint32_t stride; /* ... and how far they are from each other in the file */
	uint32_t at;	 /* in what is decoded */
};

struct dfut_pieces {
	struct dfut_loader *loader;
	struct dfut_piece *items;
	size_t count;
	size_t capacity;
	size_t size; /* bytes of all */
	uint8_t *
		decoded; /* those bytes in the order of the file, of formats that are decoded as they are read; else NULL */
	size_t room;	 /* there */
};

/* Takes the bytes of a piece out of the file. */
typedef void (*dfut_piece_reader)(const struct dfut_image *image, const struct dfut_piece *piece, uint8_t *bytes);

/* Refuses what would lie beyond 4 GiB, and more bytes than the file has: pieces of it that lie over each other. */
int dfut_pieces_add(struct dfut_pieces *pieces, const struct dfut_piece *piece);
/* The same for bytes of a format that is decoded as it is read; one that goes on where the last one ended becomes a part of it. */
int dfut_pieces_add_bytes(struct dfut_pieces *pieces, const struct dfut_piece *piece, const uint8_t *bytes);
/* Sorts them, and refuses bytes that are given twice. */
int dfut_pieces_sort(struct dfut_pieces *pieces);
/* Sorts them, and makes parts of the image of those that lie side by side; read may be NULL if all are decoded. */
int dfut_pieces_join(struct dfut_pieces *pieces, dfut_piece_reader read);
void dfut_pieces_free(struct dfut_pieces *pieces);

#endif
