/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What devices unpack that are sent zlib streams in pieces: RFC 1950 and 1951, apart from the library's zlib. */

#ifndef DFUT_SIM_INFLATE_H
#define DFUT_SIM_INFLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DFUT_SIM_INFLATE_WINDOW 32768u
/* Room for what is left of a piece: at most the head of a block with its codes */
#define DFUT_SIM_INFLATE_ROOM 4096u

enum dfut_sim_inflate_result {
	DFUT_SIM_INFLATE_MORE, /* all was taken, and the stream goes on */
	DFUT_SIM_INFLATE_DONE,
	DFUT_SIM_INFLATE_WRONG,
	DFUT_SIM_INFLATE_WRONG_SUM, /* Adler-32 */
};

enum dfut_sim_inflate_part {
	DFUT_SIM_INFLATE_HEADER,
	DFUT_SIM_INFLATE_BLOCK,
	DFUT_SIM_INFLATE_STORED,
	DFUT_SIM_INFLATE_CODES,
	DFUT_SIM_INFLATE_TRAILER,
	DFUT_SIM_INFLATE_END,
};

/* A canonical code: how many there are of each length, and what they stand for in their order. */
struct dfut_sim_huffman {
	uint16_t counts[16];
	uint16_t symbols[288];
};

struct dfut_sim_inflate {
	void (*put)(void *self, uint8_t byte); /* where the bytes go */
	void *self;
	uint8_t in[DFUT_SIM_INFLATE_ROOM];
	size_t size;
	size_t bit;    /* the next one in it */
	bool is_short; /* it wanted more bits than there are */
	enum dfut_sim_inflate_part part;
	bool is_last;
	uint32_t stored; /* bytes that are left of a stored block */
	struct dfut_sim_huffman literals;
	struct dfut_sim_huffman distances;
	uint8_t window[DFUT_SIM_INFLATE_WINDOW];
	uint64_t total; /* bytes that came out */
	uint32_t sums[2];
};

void dfut_sim_inflate_start(struct dfut_sim_inflate *inflate, void (*put)(void *self, uint8_t byte), void *self);
enum dfut_sim_inflate_result dfut_sim_inflate_take(struct dfut_sim_inflate *inflate, const uint8_t *bytes, size_t size);

#endif
