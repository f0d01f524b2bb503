/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The second stage of an RP2040's boot: what its ROM checks before it starts a program. */

#ifndef DFUTRIGGER_TESTS_RP_STAGE_H
#define DFUTRIGGER_TESTS_RP_STAGE_H

#include <stdbool.h>
#include <stdint.h>

/* The polynomial of Ethernet, the highest bit first (RP2040 datasheet, 2.8.1.3.1). */
static inline uint32_t rp_stage_get_crc(const uint8_t *data)
{
	uint32_t crc = 0xffffffff;

	for (int i = 0; i < 252; i++)
		for (int bit = 7; bit >= 0; bit--) {
			bool is_one = (crc >> 31) ^ (data[i] >> bit & 1u);

			crc = crc << 1 ^ (is_one ? 0x04c11db7 : 0);
		}
	return crc;
}

#endif
