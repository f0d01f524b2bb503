/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The slots of a device with MCUboot, and what it does with them when it starts. */

#ifndef DFUT_SIM_MCUBOOT_H
#define DFUT_SIM_MCUBOOT_H

#include "sim/sim.h"

#define DFUT_SIM_SLOT_COUNT 2

/* The slots that MCUboot swaps. */
struct dfut_sim_mcuboot {
	uint8_t *slots[DFUT_SIM_SLOT_COUNT];
	uint32_t slot_count; /* with one the image is written where it runs */
	uint32_t slot_size;
	bool overwrites;   /* instead of swapping */
	bool no_downgrade; /* an image that is older than the present one is not taken */
};

/* What the next start does; BOOT_SWAP_TYPE_ in bootutil_public.h */
enum dfut_sim_mcuboot_swap {
	DFUT_SIM_MCUBOOT_NONE = 1,
	DFUT_SIM_MCUBOOT_TEST = 2,
	DFUT_SIM_MCUBOOT_PERM = 3,
	DFUT_SIM_MCUBOOT_REVERT = 4,
};

/* Swaps or reverts as the trailers ask for. Returns false if there is nothing to start. */
bool dfut_sim_mcuboot_boot(const struct dfut_sim_mcuboot *mcuboot);
/* boot_request_upgrade() in Zephyr's subsys/dfu/boot/mcuboot.c */
void dfut_sim_mcuboot_request_upgrade(const struct dfut_sim_mcuboot *mcuboot, bool permanent);
enum dfut_sim_mcuboot_swap dfut_sim_mcuboot_get_swap(const struct dfut_sim_mcuboot *mcuboot);
/* The image in slot 0 stays. */
void dfut_sim_mcuboot_confirm(const struct dfut_sim_mcuboot *mcuboot);
bool dfut_sim_mcuboot_is_valid(const struct dfut_sim_mcuboot *mcuboot, unsigned int slot);
/* The SHA-256 that an image tells of itself, which need not be right; NULL if there is none. */
const uint8_t *dfut_sim_mcuboot_find_hash(const struct dfut_sim_mcuboot *mcuboot, unsigned int slot);
/* Of two headers, by version: -1, 0 or 1. */
int dfut_sim_mcuboot_compare(const uint8_t *header, const uint8_t *other);
/* The least that MCUboot starts. */
void dfut_sim_mcuboot_make_image(uint8_t *slot);
/* The version of the image in a slot in binary-coded decimals, 0 if there is none. */
uint16_t dfut_sim_mcuboot_get_bcd_version(const uint8_t *slot);

#endif
