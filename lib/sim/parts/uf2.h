/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Loaders that take UF2 blocks (microsoft/uf2, README.md) on their drive, each by its own rules. */

#ifndef DFUT_SIM_UF2_H
#define DFUT_SIM_UF2_H

#include "sim/parts/drive.h"
#include "sim/parts/ghost-fat.h"
#include "sim/parts/rp.h"

#define DFUT_SIM_UF2_PAYLOAD 256u

/* uf2-block.c */

enum dfut_sim_uf2_flags {
	DFUT_SIM_UF2_NOT_MAIN_FLASH = 0x0001,
	DFUT_SIM_UF2_FAMILY = 0x2000,
};

struct dfut_sim_uf2_block {
	uint32_t flags;
	uint32_t address;
	uint32_t size;
	uint32_t number;
	uint32_t count;
	uint32_t family;
	const uint8_t *data;
};

/* Returns false if it is none: whoever writes a file system writes other blocks, too. */
bool dfut_sim_uf2_take(struct dfut_sim_uf2_block *block, const uint8_t *data);
/* A whole block with a payload of 256 bytes. */
void dfut_sim_uf2_put(const struct dfut_sim_uf2_block *block, uint8_t *data);
/* One of many bits. */
bool dfut_sim_uf2_get_bit(const uint8_t *bits, uint32_t index);
void dfut_sim_uf2_set_bit(uint8_t *bits, uint32_t index);

/* uf2-rp.c */

/* As many as the window of flash can take */
#define DFUT_SIM_RP_BLOCK_LIMIT (DFUT_SIM_RP_WINDOW_SIZE / DFUT_SIM_UF2_PAYLOAD)
#define DFUT_SIM_RP_SECTOR_LIMIT (DFUT_SIM_RP_WINDOW_SIZE / DFUT_SIM_RP_SECTOR_SIZE)

/* The drive of an RP2040's or RP2350's boot ROM. */
struct dfut_sim_uf2_rp {
	struct dfut_sim_rp *rp;
	struct dfut_sim_ghost ghost;
	struct dfut_sim_medium medium;
	/* The transfer that is running */
	uint32_t family;
	uint32_t count;
	uint32_t seen_count;
	bool is_ram;
	bool is_done;
	uint8_t seen[DFUT_SIM_RP_BLOCK_LIMIT / 8];
	uint8_t erased[DFUT_SIM_RP_SECTOR_LIMIT / 8];  /* RP2040: groups of 16 block numbers; RP2350: sectors */
	uint8_t written[DFUT_SIM_RP_SECTOR_LIMIT / 8]; /* sectors */
};

/* Its medium is for the drive. */
void dfut_sim_uf2_rp_prepare(struct dfut_sim_uf2_rp *uf2, struct dfut_sim_rp *rp);
void dfut_sim_uf2_rp_start(struct dfut_sim_uf2_rp *uf2);

#endif
