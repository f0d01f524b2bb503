/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A FAT16 volume that is nowhere: each of its blocks is made when it is read, and what is written to it is lost. */

#ifndef DFUT_SIM_GHOST_FAT_H
#define DFUT_SIM_GHOST_FAT_H

#include "sim/sim.h"

#define DFUT_SIM_GHOST_FILE_LIMIT 3

struct dfut_sim_ghost_file {
	const char *name; /* 8 and 3 characters */
	const char *text; /* NULL: what it holds is made by the volume's function */
	uint32_t size;	  /* of what is made */
};

struct dfut_sim_ghost {
	const char *label;	  /* 11 characters */
	uint32_t block_count;	  /* of the volume */
	uint32_t cluster_blocks;  /* blocks in a cluster */
	bool has_partition_table; /* in front of the volume */
	bool has_boot_signature;  /* the volume's first block ends with 55 aa */
	struct dfut_sim_ghost_file files[DFUT_SIM_GHOST_FILE_LIMIT];
	size_t file_count;
	/* Makes block `index` of the file that has no text. */
	void (*make)(void *self, uint32_t index, uint8_t *data);
	void *self;
};

/* All blocks of the drive */
uint32_t dfut_sim_ghost_get_count(const struct dfut_sim_ghost *ghost);
void dfut_sim_ghost_read(const struct dfut_sim_ghost *ghost, uint32_t block, uint8_t *data);

#endif
