/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Firmware for SN32F2 chips, and what must be in their flash afterwards. */

#ifndef DFUT_TESTS_SONIX_BENCH_H
#define DFUT_TESTS_SONIX_BENCH_H

#include "isp-bench.h"

#define JUMP 0x200u
#define BLOCK 64u

static inline void file_put_word(struct file *file, size_t index, uint32_t value)
{
	for (size_t i = 0; i < 4; i++)
		file->bytes[4 * index + i] = (uint8_t)(value >> 8 * i);
}

/* Linked for this address. */
static inline void file_make_sonix(struct file *file, size_t size, uint32_t address)
{
	file_fill(file, size, 1);
	file_put_word(file, 0, 0x20000800);
	for (size_t i = 1; i < 16; i++)
		file_put_word(file, i, address + 0xc1 + 2 * (uint32_t)i);
}

static inline uint32_t get_base(const char *spec)
{
	return strstr(spec, "chip=26x") ? JUMP : 0;
}

static inline const uint8_t *bench_get_flash(const struct bench *bench, size_t *size)
{
	const uint8_t *flash = dfut_sim_device_get_memory(bench->device, "flash", size);

	cr_assert(flash != NULL);
	return flash;
}

/* The file is at this address, and zeros up to the end of its last report. */
static inline bool bench_holds(const struct bench *bench, const struct file *file, uint32_t address)
{
	size_t size;
	const uint8_t *flash = bench_get_flash(bench, &size);

	if (address + file->size > size || memcmp(flash + address, file->bytes, file->size) != 0)
		return false;
	for (size_t i = address + file->size; i % BLOCK; i++)
		if (flash[i])
			return false;
	return true;
}

#endif
