/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The blocks of UF2 files: microsoft/uf2, README.md. */

#include <string.h>

#include "sim/parts/uf2.h"

#define MAGIC_START_0 0x0a324655u
#define MAGIC_START_1 0x9e5d5157u
#define MAGIC_END 0x0ab16f30u
#define PAYLOAD_LIMIT 476u

/* Offsets in a block */
enum {
	BLOCK_FLAGS = 8,
	BLOCK_ADDRESS = 12,
	BLOCK_SIZE = 16,
	BLOCK_NUMBER = 20,
	BLOCK_COUNT = 24,
	BLOCK_FAMILY = 28,
	BLOCK_DATA = 32,
	BLOCK_END = 508,
};

bool dfut_sim_uf2_take(struct dfut_sim_uf2_block *block, const uint8_t *data)
{
	if (dfut_le32(data) != MAGIC_START_0 || dfut_le32(&data[4]) != MAGIC_START_1 ||
	    dfut_le32(&data[BLOCK_END]) != MAGIC_END)
		return false;
	*block = (struct dfut_sim_uf2_block){
		.flags = dfut_le32(&data[BLOCK_FLAGS]),
		.address = dfut_le32(&data[BLOCK_ADDRESS]),
		.size = dfut_le32(&data[BLOCK_SIZE]),
		.number = dfut_le32(&data[BLOCK_NUMBER]),
		.count = dfut_le32(&data[BLOCK_COUNT]),
		.family = dfut_le32(&data[BLOCK_FAMILY]),
		.data = &data[BLOCK_DATA],
	};
	return block->size <= PAYLOAD_LIMIT;
}

void dfut_sim_uf2_put(const struct dfut_sim_uf2_block *block, uint8_t *data)
{
	memset(data, 0, DFUT_SIM_BLOCK_SIZE);
	dfut_put_le32(data, MAGIC_START_0);
	dfut_put_le32(&data[4], MAGIC_START_1);
	dfut_put_le32(&data[BLOCK_FLAGS], block->flags);
	dfut_put_le32(&data[BLOCK_ADDRESS], block->address);
	dfut_put_le32(&data[BLOCK_SIZE], DFUT_SIM_UF2_PAYLOAD);
	dfut_put_le32(&data[BLOCK_NUMBER], block->number);
	dfut_put_le32(&data[BLOCK_COUNT], block->count);
	dfut_put_le32(&data[BLOCK_FAMILY], block->family);
	memcpy(&data[BLOCK_DATA], block->data, DFUT_SIM_UF2_PAYLOAD);
	dfut_put_le32(&data[BLOCK_END], MAGIC_END);
}

bool dfut_sim_uf2_get_bit(const uint8_t *bits, uint32_t index)
{
	return bits[index / 8] & 1u << index % 8;
}

void dfut_sim_uf2_set_bit(uint8_t *bits, uint32_t index)
{
	bits[index / 8] |= (uint8_t)(1u << index % 8);
}
