/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Devices with XMOS chips: a sound card with lib_xua, and the voice processor of sln_voice. */

#ifndef DFUT_SIM_XMOS_H
#define DFUT_SIM_XMOS_H

#include "sim/sim.h"

#define DFUT_SIM_XMOS_VENDOR_ID 0x20b1
#define DFUT_SIM_XMOS_DESCRIPTORS_SIZE 256

/*
 * Device and configuration descriptor of a sound card whose interfaces up to `audio_count` are for audio, behind which
 * others come. Returns its size. The total length is set by dfut_sim_xmos_finish_descriptors().
 */
size_t dfut_sim_xmos_put_audio(uint8_t *out, uint16_t product_id, uint16_t release, uint8_t audio_count);
void dfut_sim_xmos_finish_descriptors(uint8_t *out, size_t size);

#define DFUT_SIM_XMOS_BLOCK_SIZE 64u
#define DFUT_SIM_XMOS_PAGE_SIZE 256u

/* The flash of lib_xua's sound card. Size and percent are set before it is prepared. */
struct dfut_sim_xmos_flash {
	uint32_t size; /* of the upgrade image */
	uint32_t erase_percent;
	uint8_t *upgrade;
	uint8_t image_size[4]; /* of the upgrade image, little endian; 0 if there is none */
	uint8_t page[DFUT_SIM_XMOS_PAGE_SIZE];
	uint32_t filled; /* of the page */
	uint32_t offset; /* of the page when it is written, of what is read */
	uint32_t erased; /* up to here; size when it has done */
};

/* Returns 0 or an error; upgrade is to be freed. */
int dfut_sim_xmos_flash_prepare(struct dfut_sim_xmos_flash *flash);
/* As it leaves the factory. */
void dfut_sim_xmos_flash_revert(struct dfut_sim_xmos_flash *flash);
/* As it is after a restart. */
void dfut_sim_xmos_flash_rewind(struct dfut_sim_xmos_flash *flash);
/* A download begins with this block. True if all is to be erased for it. */
bool dfut_sim_xmos_flash_begin(struct dfut_sim_xmos_flash *flash, uint16_t block);
/* Returns how long it takes, in ms. */
uint32_t dfut_sim_xmos_flash_erase(struct dfut_sim_xmos_flash *flash, uint32_t sectors);
/* A block goes into the page. */
void dfut_sim_xmos_flash_put(struct dfut_sim_xmos_flash *flash, uint16_t block, const uint8_t *data, size_t size);
/* The page is written. False if it is beyond the end. */
bool dfut_sim_xmos_flash_write(struct dfut_sim_xmos_flash *flash);

extern const struct dfut_sim_model dfut_sim_xmos;
extern const struct dfut_sim_model dfut_sim_sln_voice;

#endif
