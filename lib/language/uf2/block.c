/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A block of a UF2 file: its bytes (microsoft/uf2, README; RP2350 datasheet, errata, E10). */

#include <string.h>

#include "language/uf2/block.h"

#define MAGIC_START_0 0x0a324655
#define MAGIC_START_1 0x9e5d5157
#define MAGIC_END 0x0ab16f30
#define DATA 32
#define END 508

#define RP2350_ABSOLUTE 0xe48bff57
/* Behind the payload of a block that has it: 4 bytes, of type 0x9957e3. */
#define E10_TAG 0x9957e304

bool uf2_read_block(struct uf2_block *block, const uint8_t bytes[UF2_BLOCK_SIZE])
{
	*block = (struct uf2_block){ .flags = dfut_le32(bytes + 8),
				     .address = dfut_le32(bytes + 12),
				     .size = dfut_le32(bytes + 16),
				     .number = dfut_le32(bytes + 20),
				     .count = dfut_le32(bytes + 24),
				     .data = bytes + DATA };
	if (block->flags & UF2_FLAG_FAMILY)
		block->family = dfut_le32(bytes + 28);
	return dfut_le32(bytes) == MAGIC_START_0 && dfut_le32(bytes + 4) == MAGIC_START_1 &&
	       dfut_le32(bytes + END) == MAGIC_END;
}

void uf2_put_block(uint8_t bytes[UF2_BLOCK_SIZE], const struct uf2_block *block)
{
	memset(bytes, 0, UF2_BLOCK_SIZE);
	dfut_put_le32(bytes, MAGIC_START_0);
	dfut_put_le32(bytes + 4, MAGIC_START_1);
	dfut_put_le32(bytes + 8, block->family == UF2_FAMILY_NONE ? 0 : UF2_FLAG_FAMILY);
	dfut_put_le32(bytes + 12, block->address);
	dfut_put_le32(bytes + 16, UF2_PAYLOAD);
	dfut_put_le32(bytes + 20, block->number);
	dfut_put_le32(bytes + 24, block->count);
	dfut_put_le32(bytes + 28, block->family);
	memcpy(bytes + DATA, block->data, UF2_PAYLOAD);
	dfut_put_le32(bytes + END, MAGIC_END);
}

static bool is_filled(const uint8_t *data, uint8_t value)
{
	for (size_t i = 0; i < UF2_PAYLOAD; i++)
		if (data[i] != value)
			return false;
	return true;
}

/* Older files have no tag: then the address and the bytes tell. */
bool uf2_is_e10_block(const struct uf2_block *block)
{
	if (block->family != RP2350_ABSOLUTE || block->number != 0 || block->count != 2 || block->size != UF2_PAYLOAD)
		return false;
	return (block->flags & UF2_FLAG_EXTENSIONS && dfut_le32(block->data + UF2_PAYLOAD) == E10_TAG) ||
	       is_filled(block->data, 0xef);
}
