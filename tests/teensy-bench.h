/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The Teensy boards, told here once more (pjrc.com, teensy_loader_cli), and what their programs begin with. */

#ifndef DFUT_TESTS_TEENSY_BENCH_H
#define DFUT_TESTS_TEENSY_BENCH_H

#include "program-bench.h"

#define FLEXSPI 0x60000000u

enum head {
	HEAD_AVR,
	HEAD_VECTORS,
	HEAD_FLEXSPI,
};

struct board {
	const char *name; /* of the virtual device's option */
	const char *model;
	enum head head;
	uint32_t a; /* AVR: the boot section as jmp has it; else stack, or size of the flash */
	uint32_t b; /* reset handler */
	uint32_t size;
	uint32_t block_size;
};

/* clang-format off */
static const struct board boards[] = {
	{ "2.0", "Teensy 2.0", HEAD_AVR, 0x3f00, 0, 32256, 128 },
	{ "++1.0", "Teensy++ 1.0", HEAD_AVR, 0x7e00, 0, 64512, 256 },
	{ "++2.0", "Teensy++ 2.0", HEAD_AVR, 0xfe00, 0, 130048, 256 },
	{ "lc", "Teensy LC", HEAD_VECTORS, 0x20001800, 0xc1, 63488, 512 },
	{ "3.0", "Teensy 3.0", HEAD_VECTORS, 0x20002000, 0xf9, 131072, 1024 },
	{ "3.1", "Teensy 3.1 or 3.2", HEAD_VECTORS, 0x20008000, 0x1bd, 262144, 1024 },
	{ "3.2", "Teensy 3.1 or 3.2", HEAD_VECTORS, 0x20008000, 0x1bd, 262144, 1024 },
	{ "3.5", "Teensy 3.5", HEAD_VECTORS, 0x2002fffc, 0x199, 524288, 1024 },
	{ "3.6", "Teensy 3.6", HEAD_VECTORS, 0x20030000, 0x1d1, 1048576, 1024 },
	{ "4.0", "Teensy 4.0", HEAD_FLEXSPI, 0x00200000, 0, 2031616, 1024 },
	{ "4.1", "Teensy 4.1", HEAD_FLEXSPI, 0x00800000, 0, 8126464, 1024 },
	{ "micromod", "MicroMod Teensy", HEAD_FLEXSPI, 0x01000000, 0, 16515072, 1024 },
};
/* clang-format on */

static inline const struct board *find_board(const char *name)
{
	for (size_t i = 0; i < COUNT(boards); i++)
		if (strcmp(boards[i].name, name) == 0)
			return &boards[i];
	cr_assert(false, "no board %s", name);
	return NULL;
}

static inline uint32_t board_get_address(const struct board *board)
{
	return board->head == HEAD_FLEXSPI ? FLEXSPI : 0;
}

/* jmp, rjmp to itself, cli: Teensyduino's way into HalfKay, as it is in a program */
static inline void put_reboot(uint8_t *bytes, uint32_t target)
{
	const uint8_t code[] = { 0x0c, 0x94, (uint8_t)target, (uint8_t)(target >> 8), 0xff, 0xcf, 0xf8, 0x94 };

	memcpy(bytes, code, sizeof(code));
}

/* A program of this board, of 2 KiB at least. */
static inline void program_make(uint8_t *bytes, size_t size, const struct board *board)
{
	program_fill(bytes, size);
	switch (board->head) {
	case HEAD_AVR:
		put_le32(bytes, 0x0056940c);
		put_reboot(bytes + 0x333, board->a);
		break;
	case HEAD_VECTORS:
		put_le32(bytes, board->a);
		put_le32(bytes + 4, board->b);
		break;
	case HEAD_FLEXSPI:
		memcpy(bytes, "FCFB\0\0\1\x56", 8);
		put_le32(bytes + 0x50, board->a);
		break;
	}
}

#endif
