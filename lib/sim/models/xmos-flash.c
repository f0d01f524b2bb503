/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The flash of lib_xua's sound card: the upgrade image, and the page buffer, which takes four blocks, by their numbers. */

#include <stdlib.h>
#include <string.h>

#include "sim/models/xmos.h"

#define BLOCKS_PER_PAGE (DFUT_SIM_XMOS_PAGE_SIZE / DFUT_SIM_XMOS_BLOCK_SIZE)
#define SECTOR_SIZE 4096u
#define ERASED 0xff
/* 512 KiB take 26 GETSTATUS of at most 400 ms. */
#define SECTOR_ERASE_MS 80

int dfut_sim_xmos_flash_prepare(struct dfut_sim_xmos_flash *flash)
{
	if (flash->size % SECTOR_SIZE)
		return DFUT_ERROR_USAGE;
	flash->upgrade = malloc(flash->size);
	if (!flash->upgrade)
		return DFUT_ERROR_NO_MEMORY;
	dfut_sim_xmos_flash_revert(flash);
	return 0;
}

void dfut_sim_xmos_flash_revert(struct dfut_sim_xmos_flash *flash)
{
	memset(flash->upgrade, ERASED, flash->size);
	memset(flash->image_size, 0, sizeof(flash->image_size));
}

void dfut_sim_xmos_flash_rewind(struct dfut_sim_xmos_flash *flash)
{
	flash->offset = 0;
	flash->filled = 0;
	flash->erased = flash->size;
}

bool dfut_sim_xmos_flash_begin(struct dfut_sim_xmos_flash *flash, uint16_t block)
{
	flash->offset = 0;
	flash->filled = 0;
	memset(flash->page, 0, sizeof(flash->page));
	if (block % BLOCKS_PER_PAGE)
		return false;
	memset(flash->image_size, 0, sizeof(flash->image_size));
	flash->erased = 0;
	return true;
}

uint32_t dfut_sim_xmos_flash_erase(struct dfut_sim_xmos_flash *flash, uint32_t sectors)
{
	uint32_t ms = 0;

	for (uint32_t i = 0; i < sectors && flash->erased < flash->size; i++) {
		memset(flash->upgrade + flash->erased, ERASED, SECTOR_SIZE);
		flash->erased += SECTOR_SIZE;
		ms += SECTOR_ERASE_MS;
	}
	return (uint32_t)((uint64_t)ms * flash->erase_percent / 100);
}

/* It always takes 64 bytes: of a short block, the rest is what was there before. */
void dfut_sim_xmos_flash_put(struct dfut_sim_xmos_flash *flash, uint16_t block, const uint8_t *data, size_t size)
{
	uint32_t place = block % BLOCKS_PER_PAGE * DFUT_SIM_XMOS_BLOCK_SIZE;

	memset(flash->page + place, 0xa5, DFUT_SIM_XMOS_BLOCK_SIZE);
	memcpy(flash->page + place, data, size);
	flash->filled = place + DFUT_SIM_XMOS_BLOCK_SIZE;
}

bool dfut_sim_xmos_flash_write(struct dfut_sim_xmos_flash *flash)
{
	if (flash->offset + DFUT_SIM_XMOS_PAGE_SIZE > flash->size)
		return false;
	for (uint32_t i = 0; i < DFUT_SIM_XMOS_PAGE_SIZE; i++)
		flash->upgrade[flash->offset + i] &= flash->page[i];
	flash->offset += DFUT_SIM_XMOS_PAGE_SIZE;
	flash->filled = 0;
	memset(flash->page, 0, sizeof(flash->page));
	return true;
}
