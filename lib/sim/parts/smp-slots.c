/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The flash of a device with MCUboot: two slots for each image, pages that take their time to erase. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/parts/smp.h"

#define ERASED 0xff
#define WORD_SIZE 4u
/* What MCUboot keeps for its trailer and for the sectors that it moves */
#define OVERHEAD_PAGES 2u
/* boot/bootutil/include/bootutil/image.h */
#define VERSION 20
#define VERSION_TEXT_SIZE 32

struct dfut_sim_mcuboot dfut_sim_smp_get_mcuboot(const struct dfut_sim_smp *smp, unsigned int image)
{
	const struct dfut_sim_smp_options *options = &smp->options;

	return (struct dfut_sim_mcuboot){
		.slots = { smp->slots[2 * image], smp->slots[2 * image + 1] },
		.slot_count = dfut_sim_smp_count_slots(smp),
		.slot_size = options->slot_size,
		.overwrites = options->loader == DFUT_SIM_SMP_OVERWRITE,
		.no_downgrade = options->no_downgrade,
	};
}

unsigned int dfut_sim_smp_count_slots(const struct dfut_sim_smp *smp)
{
	return smp->options.loader == DFUT_SIM_SMP_SINGLE ? 1 : DFUT_SIM_SLOT_COUNT;
}

bool dfut_sim_smp_has_slot(const struct dfut_sim_smp *smp, unsigned int slot)
{
	return slot < DFUT_SIM_SMP_SLOT_LIMIT && smp->slots[slot];
}

int dfut_sim_smp_make_slots(struct dfut_sim_smp *smp)
{
	for (unsigned int slot = 0; slot < 2 * smp->options.images; slot++) {
		if (slot % 2 >= dfut_sim_smp_count_slots(smp))
			continue;
		smp->slots[slot] = malloc(smp->options.slot_size);
		if (!smp->slots[slot])
			return DFUT_ERROR_NO_MEMORY;
		memset(smp->slots[slot], ERASED, smp->options.slot_size);
		if (slot % 2 == 0)
			dfut_sim_mcuboot_make_image(smp->slots[slot]);
	}
	return 0;
}

/* Up to the last byte that is not erased; pages that are wholly so in one go each. */
static uint32_t get_used(const struct dfut_sim_smp *smp, unsigned int slot, uint32_t size)
{
	for (; size >= DFUT_SIM_SMP_PAGE_SIZE; size -= DFUT_SIM_SMP_PAGE_SIZE) {
		const uint8_t *page = smp->slots[slot] + size - DFUT_SIM_SMP_PAGE_SIZE;

		if (page[0] != ERASED || memcmp(page, page + 1, DFUT_SIM_SMP_PAGE_SIZE - 1) != 0)
			break;
	}
	while (size && smp->slots[slot][size - 1] == ERASED)
		size--;
	return size;
}

bool dfut_sim_smp_is_empty(const struct dfut_sim_smp *smp, unsigned int slot)
{
	return get_used(smp, slot, smp->options.slot_size) == 0;
}

/* Writing. */

static uint32_t round_up(uint32_t size)
{
	return (size + DFUT_SIM_SMP_PAGE_SIZE - 1) / DFUT_SIM_SMP_PAGE_SIZE * DFUT_SIM_SMP_PAGE_SIZE;
}

void dfut_sim_smp_erase(struct dfut_sim_smp *smp, unsigned int slot, uint32_t start, uint32_t end)
{
	uint32_t size = end > smp->options.slot_size ? smp->options.slot_size : round_up(end);
	uint32_t pages;

	if (start >= size)
		return;
	pages = (size - start) / DFUT_SIM_SMP_PAGE_SIZE;
	memset(smp->slots[slot] + start, ERASED, size - start);
	smp->device->counters.pages += pages;
	dfut_sim_smp_work(smp, pages * (uint64_t)smp->options.erase_ms * DFUT_SIM_US_PER_MS);
}

void dfut_sim_smp_erase_ahead(struct dfut_sim_smp *smp, uint32_t end)
{
	struct dfut_sim_smp_upload *upload = &smp->upload;

	if (!smp->options.erase || end <= upload->erased)
		return;
	dfut_sim_smp_erase(smp, upload->slot, upload->erased, end);
	upload->erased = round_up(end);
}

void dfut_sim_smp_erase_trailer(struct dfut_sim_smp *smp, unsigned int slot, uint32_t erased)
{
	uint32_t last = smp->options.slot_size - DFUT_SIM_SMP_PAGE_SIZE;

	if (round_up(erased) <= last)
		dfut_sim_smp_erase(smp, slot, last, smp->options.slot_size);
}

void dfut_sim_smp_write(struct dfut_sim_smp *smp, unsigned int slot, uint32_t offset, const uint8_t *bytes, size_t size)
{
	size_t words = (size + WORD_SIZE - 1) / WORD_SIZE;

	for (size_t i = 0; i < size && offset + i < smp->options.slot_size; i++)
		smp->slots[slot][offset + i] &= bytes[i];
	smp->device->counters.words += words;
	dfut_sim_smp_work(smp, words * (uint64_t)smp->options.write_us);
}

/* Images. */

uint32_t dfut_sim_smp_get_image_limit(const struct dfut_sim_smp *smp)
{
	return smp->options.slot_size - OVERHEAD_PAGES * DFUT_SIM_SMP_PAGE_SIZE;
}

void dfut_sim_smp_put_version(struct dfut_sim_smp *smp, unsigned int slot)
{
	const uint8_t *version = smp->slots[slot] + VERSION;
	uint32_t build = dfut_le32(version + 4);
	char text[VERSION_TEXT_SIZE];
	int length = snprintf(text, sizeof(text), "%u.%u.%u", version[0], version[1], dfut_le16(version + 2));

	if (build)
		snprintf(text + length, sizeof(text) - (size_t)length, ".%u", (unsigned int)build);
	dfut_sim_cbor_put_text(&smp->cbor, "version");
	dfut_sim_cbor_put_text(&smp->cbor, text);
}

/* Each page that is in use is erased in both slots, or in one. */
static uint32_t get_swap_ms(const struct dfut_sim_smp *smp, unsigned int image)
{
	uint32_t room = dfut_sim_smp_get_image_limit(smp);
	uint32_t first = get_used(smp, 2 * image, room);
	uint32_t second = get_used(smp, 2 * image + 1, room);
	uint32_t pages = round_up(first > second ? first : second) / DFUT_SIM_SMP_PAGE_SIZE;

	return pages * smp->options.erase_ms * (smp->options.loader == DFUT_SIM_SMP_SWAP ? 2 : 1);
}

bool dfut_sim_smp_boot(const struct dfut_sim_smp *smp, uint32_t *ms)
{
	bool is_bootable = true;

	for (unsigned int image = 0; image < smp->options.images; image++) {
		struct dfut_sim_mcuboot mcuboot = dfut_sim_smp_get_mcuboot(smp, image);

		if (dfut_sim_mcuboot_get_swap(&mcuboot) != DFUT_SIM_MCUBOOT_NONE)
			*ms += get_swap_ms(smp, image);
		is_bootable = dfut_sim_mcuboot_boot(&mcuboot) && is_bootable;
	}
	return is_bootable;
}
