/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * What an RP2040 or RP2350 finds in flash when it starts: a second stage whose CRC is right; blocks with an image
 * definition (boot/picobin.h of the pico-sdk), and a partition table.
 */

#include <string.h>

#include "sim/parts/rp.h"

/* RP2040: 252 bytes and their CRC */
#define SECOND_STAGE_SIZE 252u
#define CRC_POLYNOMIAL 0x04c11db7u

/* RP2350: a block is looked for in the first sector. */
#define BLOCK_START 0xffffded3u
#define BLOCK_END 0xab123579u
#define ITEM_PARTITION_TABLE 0x0a
#define ITEM_IMAGE_TYPE 0x42
#define ITEM_VERSION 0x48
#define ITEM_LAST 0xff
#define ITEM_WIDE 0x80
/* An executable image for this chip, whatever its CPU */
#define IMAGE_TYPE_MASK 0x700f
#define IMAGE_TYPE_RP2350 0x1001
#define IMAGE_TYPE_SAMPLE 0x1021
/* Try before you buy */
#define IMAGE_TYPE_TRIAL 0x8000u

#define SECTOR_MASK 0x1fffu
#define LAST_SECTOR_SHIFT 13
#define PERMISSIONS 0xfc000000u
/* Of a partition: 1 at bit 1 is "the other of partition n", n is at bit 3. */
#define LINK_MASK 0x06u
#define LINK_A 0x02u
#define LINK_SHIFT 3
#define LINK_VALUE 0x0fu

#define FAMILY_ABSOLUTE 0xe48bff57u
#define FAMILY_DATA 0xe48bff58u
#define FAMILY_ARM 0xe48bff59u
#define FAMILY_RISCV 0xe48bff5au

struct block {
	const uint8_t *table; /* NULL for none */
	uint32_t table_words;
	uint32_t type_at; /* of the image, from the block's start on */
	uint32_t image_type;
	uint32_t version;
};

static uint32_t get_crc(const uint8_t *data, size_t size)
{
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < size; i++) {
		crc ^= (uint32_t)data[i] << 24;
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 0x80000000u ? crc << 1 ^ CRC_POLYNOMIAL : crc << 1;
	}
	return crc;
}

/* Blocks. */

static void take_item(struct block *block, const uint8_t *data, uint32_t at, uint32_t words)
{
	const uint8_t *item = data + at;

	if (item[0] == ITEM_IMAGE_TYPE && words == 1) {
		block->image_type = dfut_le16(&item[2]);
		block->type_at = at + 2;
	} else if (item[0] == ITEM_VERSION && words >= 2) {
		block->version = dfut_le32(&item[4]);
	} else if (item[0] == ITEM_PARTITION_TABLE && words >= 2) {
		block->table = item;
		block->table_words = words;
	}
}

/* The items of a block are followed by the last one, which counts their words, a link, and the end. */
static bool read_block(struct block *block, const uint8_t *data, uint32_t size)
{
	uint32_t at = 4;

	memset(block, 0, sizeof(*block));
	while (size - at >= 12 && data[at] != ITEM_LAST) {
		uint32_t words = data[at] & ITEM_WIDE ? dfut_le16(&data[at + 1]) : data[at + 1];

		if (words == 0 || words > (size - at) / 4)
			return false;
		take_item(block, data, at, words);
		at += 4 * words;
	}
	return size - at >= 12 && data[at] == ITEM_LAST && dfut_le16(&data[at + 1]) == (at - 4) / 4 &&
	       dfut_le32(&data[at + 8]) == BLOCK_END;
}

static bool find_block(struct block *block, const uint8_t *data, uint32_t size)
{
	for (uint32_t at = 0; at + 16 <= size; at += 4) {
		if (dfut_le32(&data[at]) != BLOCK_START || !read_block(block, &data[at], size - at))
			continue;
		block->type_at += at;
		return true;
	}
	return false;
}

/* One that is on trial starts only when it was just written. */
static bool find_image(const struct dfut_sim_rp *rp, uint32_t start, uint32_t updated_at, struct block *block)
{
	return start <= rp->options.flash_size - DFUT_SIM_RP_SECTOR_SIZE &&
	       find_block(block, rp->flash + start, DFUT_SIM_RP_SECTOR_SIZE) &&
	       (block->image_type & IMAGE_TYPE_MASK) == IMAGE_TYPE_RP2350 &&
	       (!(block->image_type & IMAGE_TYPE_TRIAL) || updated_at == DFUT_SIM_RP_FLASH_BASE + start);
}

/* Partitions. */

uint32_t dfut_sim_rp_get_start(const struct dfut_sim_rp_partition *partition)
{
	return (partition->location & SECTOR_MASK) * DFUT_SIM_RP_SECTOR_SIZE;
}

uint32_t dfut_sim_rp_get_end(const struct dfut_sim_rp_partition *partition)
{
	return ((partition->location >> LAST_SECTOR_SHIFT & SECTOR_MASK) + 1) * DFUT_SIM_RP_SECTOR_SIZE;
}

void dfut_sim_rp_read_table(struct dfut_sim_rp *rp)
{
	struct block block;
	size_t count;

	rp->partition_count = 0;
	rp->unpartitioned_flags = DFUT_SIM_RP_FAMILY_FLAG(FAMILY_ABSOLUTE) | DFUT_SIM_RP_FAMILY_FLAG(FAMILY_DATA) |
				  DFUT_SIM_RP_FAMILY_FLAG(FAMILY_ARM) | DFUT_SIM_RP_FAMILY_FLAG(FAMILY_RISCV);
	if (rp->options.chip != DFUT_SIM_RP2350 || !find_block(&block, rp->flash, DFUT_SIM_RP_SECTOR_SIZE) ||
	    !block.table)
		return;
	count = block.table[3] & 0x0f;
	if (count > DFUT_SIM_RP_PARTITION_LIMIT || 2 + 2 * count > block.table_words)
		return;
	rp->unpartitioned_flags = dfut_le32(&block.table[4]);
	for (size_t i = 0; i < count; i++) {
		rp->partitions[i].location = dfut_le32(&block.table[8 + 8 * i]);
		rp->partitions[i].flags = dfut_le32(&block.table[12 + 8 * i]);
	}
	rp->partition_count = count;
}

/* The partition that takes turns with this one, DFUT_SIM_RP_NOWHERE for none */
static int find_other(const struct dfut_sim_rp *rp, size_t index)
{
	for (size_t i = 0; i < rp->partition_count; i++)
		if ((rp->partitions[i].flags & LINK_MASK) == LINK_A &&
		    (rp->partitions[i].flags >> LINK_SHIFT & LINK_VALUE) == index)
			return (int)i;
	return DFUT_SIM_RP_NOWHERE;
}

static bool is_other(const struct dfut_sim_rp_partition *partition)
{
	return (partition->flags & LINK_MASK) == LINK_A;
}

/* Of two, the one that would start: the newer program. DFUT_SIM_RP_NOWHERE if neither has one */
static int choose(const struct dfut_sim_rp *rp, int a, int b, uint32_t updated_at)
{
	struct block block;
	int chosen = DFUT_SIM_RP_NOWHERE;
	uint32_t version = 0;
	const int both[] = { a, b };

	for (size_t i = 0; i < DFUT_COUNT(both); i++) {
		uint32_t start;

		if (both[i] < 0)
			continue;
		start = dfut_sim_rp_get_start(&rp->partitions[both[i]]);
		if (!find_image(rp, start, updated_at, &block))
			continue;
		if (updated_at == DFUT_SIM_RP_FLASH_BASE + start)
			return both[i];
		if (chosen < 0 || block.version > version) {
			chosen = both[i];
			version = block.version;
		}
	}
	return chosen;
}

int dfut_sim_rp_find_target(const struct dfut_sim_rp *rp, uint32_t family)
{
	uint32_t flag;

	if (family - DFUT_SIM_RP_FAMILY_FIRST >= DFUT_SIM_RP_FAMILY_COUNT)
		return DFUT_SIM_RP_NOWHERE;
	flag = DFUT_SIM_RP_FAMILY_FLAG(family);
	for (size_t i = 0; i < rp->partition_count; i++) {
		int other = find_other(rp, i);

		if (!(rp->partitions[i].flags & flag) || is_other(&rp->partitions[i]))
			continue;
		return other >= 0 && choose(rp, (int)i, other, 0) == (int)i ? other : (int)i;
	}
	return rp->unpartitioned_flags & flag ? DFUT_SIM_RP_UNPARTITIONED_SPACE : DFUT_SIM_RP_NOWHERE;
}

/* What starts. */

bool dfut_sim_rp_find_program(const struct dfut_sim_rp *rp, uint32_t updated_at, uint32_t *start)
{
	struct block block;

	*start = 0;
	if (rp->options.chip == DFUT_SIM_RP2040)
		return get_crc(rp->flash, SECOND_STAGE_SIZE) == dfut_le32(&rp->flash[SECOND_STAGE_SIZE]);
	for (size_t i = 0; i < rp->partition_count; i++) {
		int chosen = choose(rp, (int)i, find_other(rp, i), updated_at);

		if (chosen < 0)
			continue;
		*start = dfut_sim_rp_get_start(&rp->partitions[chosen]);
		return true;
	}
	return rp->partition_count == 0 && find_image(rp, 0, updated_at, &block);
}

/* Programs on trial. */

bool dfut_sim_rp_is_trial(const struct dfut_sim_rp *rp, uint32_t start)
{
	struct block block;

	return rp->options.chip == DFUT_SIM_RP2350 && find_image(rp, start, DFUT_SIM_RP_FLASH_BASE + start, &block) &&
	       block.image_type & IMAGE_TYPE_TRIAL;
}

void dfut_sim_rp_buy(struct dfut_sim_rp *rp, uint32_t start)
{
	struct block block;

	if (find_image(rp, start, DFUT_SIM_RP_FLASH_BASE + start, &block))
		dfut_put_le16(rp->flash + start + block.type_at, (uint16_t)(block.image_type & ~IMAGE_TYPE_TRIAL));
}

/* As it leaves the factory. */

static uint8_t *put_word(uint8_t *at, uint32_t word)
{
	dfut_put_le32(at, word);
	return at + 4;
}

static void put_second_stage(uint8_t *flash)
{
	for (uint32_t i = 0; i < SECOND_STAGE_SIZE; i++)
		flash[i] = (uint8_t)(i * 7);
	dfut_put_le32(&flash[SECOND_STAGE_SIZE], get_crc(flash, SECOND_STAGE_SIZE));
	/* Behind it, where the program's vectors are: stack and entry */
	put_word(put_word(&flash[SECOND_STAGE_SIZE + 4], 0x20042000), 0x100001f7);
}

static void put_image(uint8_t *flash)
{
	uint8_t *at = put_word(put_word(flash, 0x20082000), 0x1000015d);

	at = put_word(flash + 0x110, BLOCK_START);
	at = put_word(at, ITEM_IMAGE_TYPE | 1 << 8 | (uint32_t)IMAGE_TYPE_SAMPLE << 16);
	at = put_word(at, ITEM_LAST | 1 << 8);
	at = put_word(at, 0);
	put_word(at, BLOCK_END);
}

static uint8_t *put_partition(uint8_t *at, uint32_t first, uint32_t end, uint32_t flags)
{
	return put_word(put_word(at, first | (end - 1) << LAST_SECTOR_SHIFT | PERMISSIONS), flags);
}

/* Programs from the third sector on, data in the last quarter. */
static void put_table(struct dfut_sim_rp *rp)
{
	uint32_t sectors = rp->options.flash_size / DFUT_SIM_RP_SECTOR_SIZE;
	uint32_t data = sectors / 4 * 3;
	uint32_t half = rp->options.partitions == DFUT_SIM_RP_AB ? data / 2 : data;
	uint32_t count = rp->options.partitions == DFUT_SIM_RP_AB ? 3 : 2;
	uint32_t words = 2 + 2 * count;
	uint32_t programs = DFUT_SIM_RP_FAMILY_FLAG(FAMILY_ARM) | DFUT_SIM_RP_FAMILY_FLAG(FAMILY_RISCV);
	uint8_t *at = put_word(rp->flash, BLOCK_START);

	at = put_word(at, ITEM_PARTITION_TABLE | words << 8 | count << 24);
	at = put_word(at, DFUT_SIM_RP_FAMILY_FLAG(FAMILY_ABSOLUTE));
	at = put_partition(at, 2, half, programs);
	if (rp->options.partitions == DFUT_SIM_RP_AB)
		at = put_partition(at, half, data, programs | LINK_A);
	at = put_partition(at, data, sectors, DFUT_SIM_RP_FAMILY_FLAG(FAMILY_DATA) | DFUT_SIM_RP_FLAG_NO_REBOOT);
	at = put_word(at, ITEM_LAST | words << 8);
	at = put_word(at, 0);
	put_word(at, BLOCK_END);
}

void dfut_sim_rp_fill(struct dfut_sim_rp *rp)
{
	if (rp->options.chip == DFUT_SIM_RP2040) {
		put_second_stage(rp->flash);
	} else if (rp->options.partitions == DFUT_SIM_RP_UNPARTITIONED) {
		put_image(rp->flash);
	} else {
		put_table(rp);
		put_image(rp->flash + 2 * DFUT_SIM_RP_SECTOR_SIZE);
	}
}
