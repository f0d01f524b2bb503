/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Firmware for SinoWealth's chips, and what must be in their flash afterwards. */

#ifndef DFUT_TESTS_SINOWEALTH_BENCH_H
#define DFUT_TESTS_SINOWEALTH_BENCH_H

#include "isp-bench.h"

#define SH68F90 61440u
#define SH68F881 28672u
#define BOOTLOADER 4096u
#define PAGE 2048u

/* As its bootloader wants it: a jump, then anything. */
static inline void file_make_sinowealth(struct file *file, size_t size, uint16_t entry)
{
	file_fill(file, size, 3);
	file->bytes[0] = 0x02;
	file->bytes[1] = (uint8_t)(entry >> 8);
	file->bytes[2] = (uint8_t)entry;
}

/* All of the part's flash: the last bytes are the bootloader's. */
static inline void file_make_whole(struct file *file, size_t size, uint16_t entry)
{
	file_make_sinowealth(file, size, entry);
	memset(file->bytes + size - 5, 0, 3);
}

static inline const char *get_part(const char *spec)
{
	return strstr(spec, "chip=sh68f881") ? "sh68f881" : "sh68f90";
}

static inline size_t get_size(const char *spec)
{
	return strstr(spec, "chip=sh68f881") ? SH68F881 : SH68F90;
}

/* Reset goes to the bootloader, that to the file's program; behind the file are zeros. */
static inline bool bench_holds(const struct bench *bench, const char *spec, const struct file *file)
{
	size_t size, end = get_size(spec);
	const uint8_t *flash = dfut_sim_device_get_memory(bench->device, "flash", &size);

	cr_assert(flash != NULL);
	cr_assert(ge(sz, size, end));
	if (flash[0] != 0x02 || flash[1] != end >> 8 || flash[2] != 0)
		return false;
	if (flash[end - 5] != 0x02 || memcmp(flash + end - 4, file->bytes + 1, 2) != 0)
		return false;
	for (size_t i = 3; i < end; i++)
		if ((i < end - 5 || i >= end - 2) && flash[i] != (i < file->size ? file->bytes[i] : 0))
			return false;
	return true;
}

#endif
