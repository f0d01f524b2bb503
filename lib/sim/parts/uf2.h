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

/* uf2-board.c, uf2-kinds.c */

/* The order is that of the option's words. */
enum dfut_sim_uf2_flavour {
	DFUT_SIM_UF2_SAMDX1, /* on a SAMD51 */
	DFUT_SIM_UF2_SAMD21, /* the same on a SAMD21 */
	DFUT_SIM_TINYUF2,
	DFUT_SIM_UF2_NRF52,
};

/* What a loader does with a block that lies above its application's area. */
enum dfut_sim_uf2_above {
	DFUT_SIM_UF2_ABOVE_COUNTS,
	DFUT_SIM_UF2_ABOVE_REFUSED,
};

/* A loader on one board. Addresses are those of its blocks, from 0 on. */
struct dfut_sim_uf2_kind {
	const char *label;
	const char *info;
	const char *index;
	uint32_t family;
	uint32_t own_family; /* of files for the loader itself, 0 for none */
	uint32_t flash_size;
	uint32_t start; /* of the application */
	uint32_t end;
	uint32_t current_start; /* of what CURRENT.UF2 has */
	uint32_t volume_blocks;
	uint32_t erase_size;
	uint32_t erase_us;
	uint32_t program_us; /* of 256 bytes */
	bool erases_once;    /* each piece, as long as the loader runs; all else keeps the rest of what it erases */
	bool needs_no_family;
	bool has_any_payload;
	bool counts_payload; /* which is not 256 bytes, though it is not written */
	bool is_esp_image;   /* starts with its mark; all else with vectors */
	bool waits_for_status;
	bool restarts_at_zero; /* a block of none ends it, too */
	enum dfut_sim_uf2_above above;
};

#define DFUT_SIM_UF2_BOARD_BLOCK_LIMIT 8192u

struct dfut_sim_uf2_board {
	struct dfut_sim_device *device;
	const struct dfut_sim_uf2_kind *kind;
	struct {
		uint32_t erase_us; /* UINT32_MAX: the kind's */
		uint32_t program_us;
		bool tells_last;
	} options;
	uint8_t *flash;
	struct dfut_sim_ghost ghost;
	struct dfut_sim_medium medium;
	uint64_t work_until_us;
	uint32_t erased_piece; /* the one that was erased last */
	uint32_t count;
	uint32_t written;
	bool is_complete;
	uint8_t seen[DFUT_SIM_UF2_BOARD_BLOCK_LIMIT / 8];
	uint8_t erased[DFUT_SIM_UF2_BOARD_BLOCK_LIMIT / 8];
};

#define DFUT_SIM_UF2_BOARD_WORK_TIMER 1
#define DFUT_SIM_UF2_BOARD_RESTART_TIMER 2

const struct dfut_sim_uf2_kind *dfut_sim_uf2_get_kind(enum dfut_sim_uf2_flavour flavour);
void dfut_sim_uf2_board_set_defaults(struct dfut_sim_uf2_board *uf2, struct dfut_sim_device *device);
/* Makes the memory, with an application in it. Returns 0 or DFUT_ERROR_NO_MEMORY. */
int dfut_sim_uf2_board_prepare(struct dfut_sim_uf2_board *uf2, const struct dfut_sim_uf2_kind *kind);
void dfut_sim_uf2_board_free(struct dfut_sim_uf2_board *uf2);
/* The loader starts. */
void dfut_sim_uf2_board_start(struct dfut_sim_uf2_board *uf2);
/* Is there something that it starts? */
bool dfut_sim_uf2_board_has_application(const struct dfut_sim_uf2_board *uf2);

#endif
