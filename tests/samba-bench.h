/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What tests of updates by SAM-BA have in common: boards, programs for them, and what is in their flash afterwards. */

#ifndef DFUT_TESTS_SAMBA_BENCH_H
#define DFUT_TESTS_SAMBA_BENCH_H

#include "isp-bench.h"

/* What a board's programs have to be. */
struct board {
	const char *spec;
	uint32_t start;
	uint32_t at; /* of the start, in its memory "flash" */
	uint32_t stack;
};

static const struct board boards[] = {
	{ "samd:board=zero", 0x2000, 0x2000, 0x20008000 },
	{ "samd:board=mkr", 0x2000, 0x2000, 0x20008000 },
	{ "samd:board=nano-33-iot", 0x2000, 0x2000, 0x20008000 },
	{ "samd:board=xiao-samd21", 0x2000, 0x2000, 0x20008000 },
	{ "samd:board=metro-m4", 0x4000, 0x4000, 0x20030000 },
	{ "samd:board=nano-33-ble", 0x10000, 0x10000, 0x20040000 },
	{ "samd:board=uno-r4-wifi", 0x4000, 0x4000, 0x20008000 },
	{ "samd:board=uno-r4-wifi,dfu=yes", 0x8000, 0x8000, 0x20008000 },
	{ "samd:board=due", 0x80000, 0, 0x20088000 },
};

/* No "#" among the data: where a command is lost, data are taken for commands, and of these none is carried out. */
static inline void file_make_program(struct file *file, const struct board *board, size_t size, unsigned int seed)
{
	file_fill(file, size, seed);
	for (size_t i = 0; i < size; i++)
		file->bytes[i] = file->bytes[i] == '#' ? '$' : file->bytes[i];
	for (size_t i = 0; i < 16; i++) {
		uint32_t vector = i == 0 ? board->stack : board->start + 0x81 + (uint32_t)i * 4;

		for (size_t k = 0; k < 4; k++)
			file->bytes[4 * i + k] = (uint8_t)(vector >> 8 * k);
	}
}

static inline bool bench_has_program(const struct bench *bench, const struct board *board, const struct file *file)
{
	size_t size;
	const uint8_t *flash = dfut_sim_device_get_memory(bench->device, "flash", &size);

	cr_assert(flash != NULL);
	return board->at + file->size <= size && memcmp(flash + board->at, file->bytes, file->size) == 0;
}

static inline bool is_bridged(const struct board *board)
{
	return strstr(board->spec, "uno-r4-wifi") != NULL;
}

/* Behind a bridge nobody tells when it has started. */
static inline bool bench_runs_program(struct bench *bench, const struct board *board)
{
	if (is_bridged(board))
		bench_wait_ms(bench, 1000);
	return bench_runs_application(bench);
}

/* At the speed that is tried first, another build hears bytes that nobody sent. */
static inline void bench_expect_good_host(const struct bench *bench, const struct board *board, const char *what)
{
	if (!strstr(board->spec, "dfu=yes"))
		bench_expect_no_breach(bench->device, what);
}

#endif
