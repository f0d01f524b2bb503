/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Zephyr's flash_img (subsys/dfu/img_util/flash_img.c): collects blocks, writes full ones, erases as it goes on. */

#include <string.h>

#include "sim/models/zephyr.h"

unsigned int dfut_sim_zephyr_get_download_slot(const struct dfut_sim_zephyr *zephyr)
{
	return zephyr->options.slots == DFUT_SIM_SLOT_COUNT ? 1 : 0;
}

void dfut_sim_zephyr_begin_image(struct dfut_sim_zephyr *zephyr)
{
	zephyr->image.slot = zephyr->slots[dfut_sim_zephyr_get_download_slot(zephyr)];
	zephyr->image.fill = 0;
	zephyr->image.written = 0;
	zephyr->image.erased = 0;
}

uint32_t dfut_sim_zephyr_erase_until(struct dfut_sim_zephyr *zephyr, uint32_t end)
{
	struct dfut_sim_zephyr_image *image = &zephyr->image;
	uint32_t pages = 0;

	while (image->erased < end) {
		memset(image->slot + image->erased, DFUT_SIM_ZEPHYR_ERASED, DFUT_SIM_ZEPHYR_PAGE_SIZE);
		image->erased += DFUT_SIM_ZEPHYR_PAGE_SIZE;
		pages++;
	}
	return pages;
}

/* Returns the pages erased, or -1 if the slot is full. */
static int write_block(struct dfut_sim_zephyr *zephyr)
{
	struct dfut_sim_zephyr_image *image = &zephyr->image;
	uint32_t pages;

	if (image->fill > zephyr->options.slot_size - image->written)
		return -1;
	pages = dfut_sim_zephyr_erase_until(zephyr, image->written + image->fill);
	memcpy(image->slot + image->written, image->block, image->fill);
	image->written += image->fill;
	image->fill = 0;
	return (int)pages;
}

/* The page of the trailer has to be clean, too. */
static int flush(struct dfut_sim_zephyr *zephyr)
{
	struct dfut_sim_zephyr_image *image = &zephyr->image;
	int pages = write_block(zephyr);
	uint32_t last_page = zephyr->options.slot_size - DFUT_SIM_ZEPHYR_PAGE_SIZE;

	if (pages < 0 || image->erased > last_page)
		return pages;
	memset(image->slot + last_page, DFUT_SIM_ZEPHYR_ERASED, DFUT_SIM_ZEPHYR_PAGE_SIZE);
	return pages + 1;
}

int dfut_sim_zephyr_write(struct dfut_sim_zephyr *zephyr, const uint8_t *data, uint32_t length)
{
	struct dfut_sim_zephyr_image *image = &zephyr->image;
	int pages = 0;

	if (length == 0)
		return flush(zephyr);
	while (length) {
		uint32_t room = DFUT_SIM_ZEPHYR_BLOCK_SIZE - image->fill;
		uint32_t part = room < length ? room : length;

		memcpy(image->block + image->fill, data, part);
		image->fill += part;
		data += part;
		length -= part;
		if (image->fill == DFUT_SIM_ZEPHYR_BLOCK_SIZE) {
			int written = write_block(zephyr);

			if (written < 0)
				return -1;
			pages += written;
		}
	}
	return pages;
}

int dfut_sim_zephyr_read_slot(const struct dfut_sim_zephyr *zephyr, uint32_t offset, uint32_t length, uint8_t *data)
{
	uint32_t left = zephyr->options.slot_size - offset;
	uint32_t given = left < length ? left : length;

	if (given)
		memcpy(data, zephyr->slots[zephyr->slot] + offset, given);
	return (int)given;
}
