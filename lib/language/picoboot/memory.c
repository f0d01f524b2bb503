/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What an image puts into the flash of an RP2040 or RP2350: whole sectors, in which its gaps keep what was there. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "language/picoboot/image.h"
#include "language/picoboot/plan.h"

/* Of the address space for flash, if nobody says how much there is. */
#define RP2040_FLASH_MAX (UINT32_C(16) * 1024 * 1024)
#define RP2350_FLASH_MAX (UINT32_C(32) * 1024 * 1024)

static void free_sectors(struct picoboot_work *work)
{
	dfut_blocks_free(&work->sectors);
	free(work->covered);
	free(work->differs);
	free(work->ranges);
	work->covered = NULL;
	work->differs = NULL;
	work->ranges = NULL;
}

void picoboot_finish(void *work)
{
	free_sectors(work);
}

/* Whether it fits. */

static void describe_memory(struct dfut_memory *memory, const struct picoboot_identity *identity, char *name,
			    size_t name_size)
{
	uint32_t most = identity->chip == PICOBOOT_CHIP_RP2040 ? RP2040_FLASH_MAX : RP2350_FLASH_MAX;
	uint32_t size = identity->flash_size ? identity->flash_size : most;

	if (identity->has_place && identity->place.size) {
		snprintf(name, name_size, "partition %" PRIu32, identity->place.number);
		size = identity->place.size;
	} else if (identity->flash_size) {
		snprintf(name, name_size, "the flash of this %s", picoboot_chip_get_name(identity->chip));
	} else {
		snprintf(name, name_size, "the flash");
	}
	*memory = (struct dfut_memory){ .name = name,
					.address = PICOBOOT_FLASH,
					.size = size,
					.start = PICOBOOT_FLASH,
					.end = PICOBOOT_FLASH + size,
					.raw_start = PICOBOOT_FLASH,
					.block_size = PICOBOOT_FLASH_SECTOR,
					.blank = 0xff };
}

static int take_blocks(struct dfut_session *session, struct dfut_blocks *blocks,
		       const struct picoboot_identity *identity)
{
	struct dfut_memory memory;
	char name[64];

	describe_memory(&memory, identity, name, sizeof(name));
	return dfut_blocks_take(blocks, session->plan.image, &memory, &session->failure);
}

/* The ROM is asked for one family. */
static int check_place(struct dfut_session *session, const struct picoboot_identity *identity)
{
	struct picoboot_kind kind;
	char family[40];

	if (identity->chip != PICOBOOT_CHIP_RP2350 || identity->has_place)
		return 0;
	picoboot_get_kind(&kind, session->plan.image);
	dfut_uf2_put_family(family, sizeof(family), kind.family);
	dfut_fail(&session->failure, DFUT_ERROR_MISMATCH,
		  "no partition of the device's flash takes an image of the family %s", family);
	dfut_hint(&session->failure, "its partition table says which families go where");
	return DFUT_ERROR_MISMATCH;
}

/* Sectors. */

static uint32_t get_offset(const struct dfut_segment *segment)
{
	return segment->has_address ? segment->address - PICOBOOT_FLASH : 0;
}

/* The part of a segment from this byte on that lies in one sector. */
static size_t get_part(const struct dfut_segment *segment, size_t done)
{
	size_t room = PICOBOOT_FLASH_SECTOR - (get_offset(segment) + done) % PICOBOOT_FLASH_SECTOR;

	return segment->size - done < room ? segment->size - done : room;
}

static void count_covered(struct picoboot_work *work, const struct dfut_image *image)
{
	struct dfut_segment segment;

	for (size_t i = 0; dfut_image_find_segment(image, i, &segment); i++)
		for (size_t done = 0; done < segment.size; done += get_part(&segment, done))
			work->covered[(get_offset(&segment) + done) / PICOBOOT_FLASH_SECTOR] += (uint16_t)
				get_part(&segment, done);
}

int picoboot_check_fit(struct dfut_session *session, enum picoboot_chip chip)
{
	const struct picoboot_identity supposed = { .chip = chip };
	struct dfut_blocks blocks;

	if (picoboot_check_image(session->plan.image, chip, session->force, &session->failure) < 0 ||
	    take_blocks(session, &blocks, &supposed) < 0)
		return session->failure.code;
	dfut_blocks_free(&blocks);
	return 0;
}

int picoboot_lay_out(struct dfut_session *session)
{
	struct picoboot_work *work = picoboot_get_work(session);
	const struct picoboot_identity *identity = &work->identity;

	free_sectors(work);
	if (picoboot_check_image(session->plan.image, identity->chip, session->force, &session->failure) < 0 ||
	    check_place(session, identity) < 0 || take_blocks(session, &work->sectors, identity) < 0)
		return session->failure.code;
	work->start = identity->has_place ? identity->place.start : 0;
	work->covered = calloc(work->sectors.count, sizeof(*work->covered));
	work->differs = calloc(work->sectors.count, sizeof(*work->differs));
	work->ranges = calloc(work->sectors.count, sizeof(*work->ranges));
	if (!work->covered || !work->differs || !work->ranges)
		return dfut_fail_memory(&session->failure);
	count_covered(work, session->plan.image);
	for (size_t i = 0; i < work->sectors.count; i++)
		work->differs[i] = work->sectors.used[i] && session->erase == DFUT_ERASE_ALL;
	return 0;
}

uint32_t picoboot_get_first_address(const struct dfut_session *session)
{
	const struct picoboot_work *work = picoboot_get_work(session);

	return PICOBOOT_FLASH + work->start + (uint32_t)dfut_blocks_find(&work->sectors, 0) * PICOBOOT_FLASH_SECTOR;
}

/* Ranges. */

static void add_sector(struct picoboot_work *work, size_t index)
{
	uint32_t address = PICOBOOT_FLASH + work->start + (uint32_t)index * PICOBOOT_FLASH_SECTOR;
	struct picoboot_range *last = work->range_count ? &work->ranges[work->range_count - 1] : NULL;

	if (last && last->address + last->size == address) {
		last->size += PICOBOOT_FLASH_SECTOR;
		return;
	}
	work->ranges[work->range_count++] = (struct picoboot_range){
		address,
		PICOBOOT_FLASH_SECTOR,
		dfut_blocks_get(&work->sectors, index),
	};
}

static void begin_ranges(struct picoboot_work *work)
{
	work->range_count = 0;
	work->range = 0;
	work->offset = 0;
}

void picoboot_choose_unknown(struct dfut_session *session)
{
	struct picoboot_work *work = picoboot_get_work(session);

	begin_ranges(work);
	for (size_t i = 0; i < work->sectors.count; i++)
		if (work->sectors.used[i] && (!work->differs[i] || work->covered[i] < PICOBOOT_FLASH_SECTOR))
			add_sector(work, i);
}

void picoboot_choose_differing(struct dfut_session *session)
{
	struct picoboot_work *work = picoboot_get_work(session);

	begin_ranges(work);
	for (size_t i = 0; i < work->sectors.count; i++)
		if (work->differs[i])
			add_sector(work, i);
}

/* What of the bytes that were read belongs to the range that reading is in. */
static uint32_t get_room(const struct picoboot_work *work, size_t size)
{
	uint32_t left = work->ranges[work->range].size - work->offset;

	return size < left ? (uint32_t)size : left;
}

static void move_on(struct picoboot_work *work, uint32_t size)
{
	work->offset += size;
	if (work->offset < work->ranges[work->range].size)
		return;
	work->range++;
	work->offset = 0;
}

int picoboot_keep_bytes(const uint8_t *data, size_t size, void *user_data)
{
	struct picoboot_work *work = picoboot_get_work(user_data);

	while (size && work->range < work->range_count) {
		uint32_t part = get_room(work, size);
		uint32_t at = work->ranges[work->range].address + work->offset - PICOBOOT_FLASH - work->start;

		memcpy(work->sectors.data + at, data, part);
		data += part;
		size -= part;
		move_on(work, part);
	}
	return 0;
}

static int refuse_difference(struct dfut_session *session, uint32_t address, uint8_t wanted, uint8_t found)
{
	dfut_fail(&session->failure, DFUT_ERROR_VERIFY,
		  "read back differs at 0x%08" PRIx32 ": 0x%02x was written, 0x%02x is there", address, wanted, found);
	dfut_hint(
		&session->failure,
		"run it again; if it stays so, the flash is smaller than the image, write-protected or worn out, which "
		"the bootloader does not report");
	return DFUT_ERROR_VERIFY;
}

int picoboot_compare_bytes(const uint8_t *data, size_t size, void *user_data)
{
	struct dfut_session *session = user_data;
	struct picoboot_work *work = picoboot_get_work(session);

	while (size && work->range < work->range_count) {
		const struct picoboot_range *range = &work->ranges[work->range];
		uint32_t part = get_room(work, size);

		for (uint32_t i = 0; i < part; i++)
			if (range->data[work->offset + i] != data[i])
				return refuse_difference(session, range->address + work->offset + i,
							 range->data[work->offset + i], data[i]);
		data += part;
		size -= part;
		move_on(work, part);
	}
	return 0;
}

static void overlay_segment(struct picoboot_work *work, const struct dfut_segment *segment)
{
	for (size_t done = 0; done < segment->size; done += get_part(segment, done)) {
		size_t at = get_offset(segment) + done;
		size_t part = get_part(segment, done);

		if (memcmp(work->sectors.data + at, segment->data + done, part) == 0)
			continue;
		memcpy(work->sectors.data + at, segment->data + done, part);
		work->differs[at / PICOBOOT_FLASH_SECTOR] = true;
	}
}

size_t picoboot_overlay(struct dfut_session *session)
{
	struct picoboot_work *work = picoboot_get_work(session);
	struct dfut_segment segment;
	size_t count = 0;

	for (size_t i = 0; dfut_image_find_segment(session->plan.image, i, &segment); i++)
		overlay_segment(work, &segment);
	for (size_t i = 0; i < work->sectors.count; i++)
		count += work->differs[i];
	return count;
}
