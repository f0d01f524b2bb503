/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A block of a UF2 file (microsoft/uf2, README). */

#ifndef DFUT_UF2_BLOCK_H
#define DFUT_UF2_BLOCK_H

#include "language/uf2/wire.h"

#define UF2_BLOCK_SIZE UF2_SECTOR
/* That every bootloader takes */
#define UF2_PAYLOAD 256
/* In front of it */
#define UF2_HEAD_SIZE 32
/* Of RP2040 and RP2350: erased at once. */
#define UF2_FLASH_SECTOR 4096

#define UF2_FLAG_NOT_FLASH 0x0001
#define UF2_FLAG_FAMILY 0x2000
#define UF2_FLAG_EXTENSIONS 0x8000

/* Names no family. */
#define UF2_FAMILY_NONE 0

struct uf2_block {
	uint32_t flags;
	uint32_t address;
	uint32_t size;
	uint32_t number;
	uint32_t count;
	uint32_t family; /* UF2_FAMILY_NONE if it names none */
	const uint8_t *data;
};

/* False if it is none. */
bool uf2_read_block(struct uf2_block *block, const uint8_t bytes[UF2_BLOCK_SIZE]);
/* With UF2_PAYLOAD bytes; flags follow from the family. */
void uf2_put_block(uint8_t bytes[UF2_BLOCK_SIZE], const struct uf2_block *block);
/* The one that tools put in front of files for RP2350 because of its erratum E10: number 0 of 2, and there is no 1. */
bool uf2_is_e10_block(const struct uf2_block *block);

#endif
