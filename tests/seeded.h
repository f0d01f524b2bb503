/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Numbers made by chance, the same ones for the same seed (splitmix64). */

#ifndef SEEDED_H
#define SEEDED_H

#include <stddef.h>
#include <stdint.h>

static inline uint64_t seeded_next(uint64_t *seed)
{
	uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* From 0 to count - 1 */
static inline size_t seeded_choose(uint64_t *seed, size_t count)
{
	return (size_t)(seeded_next(seed) % count);
}

#endif
