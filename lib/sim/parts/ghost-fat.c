/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* FAT16 after Microsoft's "FAT: General Overview of On-Disk Format" 1.03. */

#include <string.h>

#include "sim/parts/drive.h"
#include "sim/parts/ghost-fat.h"

#define RESERVED_BLOCKS 1u
#define FAT_COUNT 2u
#define ROOT_ENTRIES 64u
#define ENTRY_SIZE 32u
#define ROOT_BLOCKS (ROOT_ENTRIES * ENTRY_SIZE / DFUT_SIM_BLOCK_SIZE)
#define CLUSTERS_IN_BLOCK (DFUT_SIM_BLOCK_SIZE / 2)
#define FIRST_CLUSTER 2u
#define MEDIA 0xf8
#define END_OF_CHAIN 0xffff
#define ATTRIBUTE_READ_ONLY 0x01
#define ATTRIBUTE_VOLUME 0x08
/* 2024-01-01, noon */
#define DATE 0x5821
#define TIME 0x6000

static uint32_t get_fat_blocks(const struct dfut_sim_ghost *ghost)
{
	uint32_t clusters = ghost->block_count / ghost->cluster_blocks + FIRST_CLUSTER;

	return (clusters + CLUSTERS_IN_BLOCK - 1) / CLUSTERS_IN_BLOCK;
}

static uint32_t get_file_size(const struct dfut_sim_ghost_file *file)
{
	return file->text ? (uint32_t)strlen(file->text) : file->size;
}

static uint32_t get_file_clusters(const struct dfut_sim_ghost *ghost, size_t file)
{
	uint32_t cluster_size = ghost->cluster_blocks * DFUT_SIM_BLOCK_SIZE;

	return (get_file_size(&ghost->files[file]) + cluster_size - 1) / cluster_size;
}

/* They follow each other. */
static uint32_t get_file_start(const struct dfut_sim_ghost *ghost, size_t file)
{
	uint32_t start = FIRST_CLUSTER;

	for (size_t i = 0; i < file; i++)
		start += get_file_clusters(ghost, i);
	return start;
}

static void put_signature(uint8_t *data)
{
	data[510] = 0x55;
	data[511] = 0xaa;
}

static void make_partition_table(const struct dfut_sim_ghost *ghost, uint8_t *data)
{
	uint8_t *entry = &data[446];

	/* FAT16 with block numbers, from block 1 on; its cylinders can't be told */
	memcpy(&entry[1], "\xfe\xff\xff\x0e\xfe\xff\xff", 7);
	dfut_put_le32(&entry[8], 1);
	dfut_put_le32(&entry[12], ghost->block_count);
	put_signature(data);
}

static void make_boot_block(const struct dfut_sim_ghost *ghost, uint8_t *data)
{
	memcpy(data, "\xeb\x3c\x90UF2 UF2 ", 11);
	dfut_put_le16(&data[11], DFUT_SIM_BLOCK_SIZE);
	data[13] = (uint8_t)ghost->cluster_blocks;
	dfut_put_le16(&data[14], RESERVED_BLOCKS);
	data[16] = FAT_COUNT;
	dfut_put_le16(&data[17], ROOT_ENTRIES);
	if (ghost->block_count < 0x10000)
		dfut_put_le16(&data[19], (uint16_t)ghost->block_count);
	else
		dfut_put_le32(&data[32], ghost->block_count);
	data[21] = MEDIA;
	dfut_put_le16(&data[22], (uint16_t)get_fat_blocks(ghost));
	dfut_put_le16(&data[24], 1);
	dfut_put_le16(&data[26], 1);
	dfut_put_le32(&data[28], ghost->has_partition_table);
	data[36] = 0x80;
	data[38] = 0x29;
	dfut_put_le32(&data[39], 0x00420042);
	memcpy(&data[43], ghost->label, 11);
	memcpy(&data[54], "FAT16   ", 8);
	if (ghost->has_boot_signature)
		put_signature(data);
}

static uint16_t get_next_cluster(const struct dfut_sim_ghost *ghost, uint32_t cluster)
{
	if (cluster < FIRST_CLUSTER)
		return cluster == 0 ? 0xff00 | MEDIA : END_OF_CHAIN;
	for (size_t i = 0; i < ghost->file_count; i++) {
		uint32_t end = get_file_start(ghost, i) + get_file_clusters(ghost, i);

		if (cluster < end)
			return cluster + 1 == end ? END_OF_CHAIN : (uint16_t)(cluster + 1);
	}
	return 0;
}

static void make_fat_block(const struct dfut_sim_ghost *ghost, uint32_t index, uint8_t *data)
{
	for (uint32_t i = 0; i < CLUSTERS_IN_BLOCK; i++)
		dfut_put_le16(&data[2 * i], get_next_cluster(ghost, index * CLUSTERS_IN_BLOCK + i));
}

static void make_root_block(const struct dfut_sim_ghost *ghost, uint32_t index, uint8_t *data)
{
	if (index)
		return;
	memcpy(data, ghost->label, 11);
	data[11] = ATTRIBUTE_VOLUME;
	for (size_t i = 0; i < ghost->file_count; i++) {
		uint8_t *entry = data + ENTRY_SIZE * (i + 1);

		memcpy(entry, ghost->files[i].name, 11);
		entry[11] = ATTRIBUTE_READ_ONLY;
		dfut_put_le16(&entry[14], TIME);
		dfut_put_le16(&entry[16], DATE);
		dfut_put_le16(&entry[18], DATE);
		dfut_put_le16(&entry[22], TIME);
		dfut_put_le16(&entry[24], DATE);
		dfut_put_le16(&entry[26], (uint16_t)get_file_start(ghost, i));
		dfut_put_le32(&entry[28], get_file_size(&ghost->files[i]));
	}
}

static void make_file_block(const struct dfut_sim_ghost *ghost, const struct dfut_sim_ghost_file *file, uint32_t index,
			    uint8_t *data)
{
	uint32_t size = get_file_size(file);
	uint32_t at = index * DFUT_SIM_BLOCK_SIZE;
	uint32_t left = at < size ? size - at : 0;

	if (left && file->text)
		memcpy(data, file->text + at, left < DFUT_SIM_BLOCK_SIZE ? left : DFUT_SIM_BLOCK_SIZE);
	else if (left)
		ghost->make(ghost->self, index, data);
}

static void make_data_block(const struct dfut_sim_ghost *ghost, uint32_t index, uint8_t *data)
{
	for (size_t i = 0; i < ghost->file_count; i++) {
		uint32_t start = (get_file_start(ghost, i) - FIRST_CLUSTER) * ghost->cluster_blocks;
		uint32_t end = start + get_file_clusters(ghost, i) * ghost->cluster_blocks;

		if (index >= start && index < end)
			make_file_block(ghost, &ghost->files[i], index - start, data);
	}
}

uint32_t dfut_sim_ghost_get_count(const struct dfut_sim_ghost *ghost)
{
	return ghost->block_count + (ghost->has_partition_table ? 1 : 0);
}

void dfut_sim_ghost_read(const struct dfut_sim_ghost *ghost, uint32_t block, uint8_t *data)
{
	uint32_t fat_blocks = get_fat_blocks(ghost);
	uint32_t root = RESERVED_BLOCKS + FAT_COUNT * fat_blocks;

	memset(data, 0, DFUT_SIM_BLOCK_SIZE);
	if (ghost->has_partition_table && block-- == 0)
		make_partition_table(ghost, data);
	else if (block == 0)
		make_boot_block(ghost, data);
	else if (block < root)
		make_fat_block(ghost, (block - RESERVED_BLOCKS) % fat_blocks, data);
	else if (block < root + ROOT_BLOCKS)
		make_root_block(ghost, block - root, data);
	else
		make_data_block(ghost, block - root - ROOT_BLOCKS, data);
}
