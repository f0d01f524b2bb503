/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * What of an image is sent, and whether the loader could complete it: all take payloads of 256 bytes, restart once all numbers
 * were there, and ignore other families (RP2040's and RP2350's boot ROM; tinyuf2, src/ghostfat.c; uf2-samdx1, src/fat.c;
 * Adafruit_nRF52_Bootloader, src/usb/uf2/ghostfat.c).
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image/blocks.h"
#include "language/uf2/image.h"

/* Block numbers that RP2040 erases a sector for. */
#define GROUP 16

void uf2_blocks_free(struct uf2_blocks *blocks)
{
	free(blocks->data);
	*blocks = (struct uf2_blocks){ 0 };
}

static bool get_block(struct uf2_block *block, const uint8_t *data, size_t index)
{
	return uf2_read_block(block, data + index * UF2_BLOCK_SIZE);
}

static const char *name_family(char text[40], uint32_t family)
{
	if (family == UF2_FAMILY_NONE)
		return "none";
	dfut_uf2_put_family(text, 40, family);
	return text;
}

/* What the device has, for people. */
static const char *name_target(char text[40], const struct uf2_target *target)
{
	return target->chip ? target->chip->name : name_family(text, target->family);
}

static bool is_target_known(const struct uf2_target *target)
{
	return target->chip || target->family != UF2_FAMILY_NONE;
}

static bool takes(const struct uf2_target *target, uint32_t family)
{
	if (target->chip)
		return uf2_chip_takes(target->chip, family);
	return target->family == UF2_FAMILY_NONE || target->family == family;
}

/* The blocks of a UF2 file. */

struct chooser {
	const struct dfut_image *image;
	const struct uf2_target *target;
	bool takes_all;
	bool has_family;
	bool has_several;
	uint32_t family; /* of the first that is taken */
	uint32_t other;	 /* of the first that is not */
};

static bool is_wanted(struct chooser *chooser, const struct uf2_block *block)
{
	if (!chooser->takes_all && !takes(chooser->target, block->family)) {
		chooser->other = block->family;
		return false;
	}
	/* It belongs to what follows, and is no image. */
	if (uf2_is_e10_block(block))
		return true;
	chooser->has_several = chooser->has_several || (chooser->has_family && chooser->family != block->family);
	chooser->family = chooser->has_family ? chooser->family : block->family;
	chooser->has_family = true;
	return true;
}

static int refuse_foreign(const struct chooser *chooser, struct dfut_failure *failure)
{
	char device[40], file[40];

	if (chooser->other == UF2_FAMILY_NONE)
		dfut_fail_check(failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_IDS,
				"the blocks of the file name no family of chips, and the bootloader ignores such: it "
				"takes those for %s",
				name_target(device, chooser->target));
	else
		dfut_fail_check(failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_IDS,
				"the file has no block for the device, which is %s: it is for %s",
				name_target(device, chooser->target), name_family(file, chooser->other));
	dfut_hint(failure, "use the file for this board: the bootloader would ignore this one, and stay as it is");
	return DFUT_ERROR_MISMATCH;
}

static int refuse_several(const struct chooser *chooser, struct dfut_failure *failure)
{
	dfut_fail(failure, DFUT_ERROR_MISMATCH,
		  is_target_known(chooser->target) ?
			  "the file has several images that the bootloader takes, which is more than one at a time" :
			  "the file has firmware for several families of chips, and the device does not tell its own");
	dfut_image_hint_families(chooser->image, failure);
	return DFUT_ERROR_MISMATCH;
}

static int choose_blocks(struct uf2_blocks *blocks, struct chooser *chooser, struct dfut_failure *failure)
{
	size_t count = chooser->image->size / UF2_BLOCK_SIZE;
	struct uf2_block block;

	blocks->data = malloc(count * UF2_BLOCK_SIZE + 1);
	if (!blocks->data)
		return dfut_fail_memory(failure);
	for (size_t i = 0; i < count; i++)
		if (get_block(&block, chooser->image->data, i) && is_wanted(chooser, &block))
			memcpy(blocks->data + blocks->count++ * UF2_BLOCK_SIZE,
			       chooser->image->data + i * UF2_BLOCK_SIZE, UF2_BLOCK_SIZE);
	if (!chooser->has_family)
		return refuse_foreign(chooser, failure);
	if (!chooser->has_several)
		return 0;
	if (is_target_known(chooser->target) || chooser->target->is_asked)
		return refuse_several(chooser, failure);
	uf2_blocks_free(blocks);
	return 0;
}

/* Blocks of other formats. */

static int refuse_unknown_family(const struct uf2_target *target, struct dfut_failure *failure)
{
	if (target->chip)
		dfut_fail(failure, DFUT_ERROR_MISMATCH,
			  "the file is no UF2 file, and which of the families of %s it is for is not known",
			  target->chip->name);
	else
		dfut_fail(failure, DFUT_ERROR_MISMATCH,
			  "the file is no UF2 file, and the device does not tell which family of chips it takes");
	dfut_hint(failure, "make one that says it (dfutrigger pack --format uf2 --family NAME)%s",
		  target->chip ? "" : ", or name the chip (--part)");
	return DFUT_ERROR_MISMATCH;
}

static int check_raw(const struct dfut_image *image, const struct uf2_target *target, struct dfut_failure *failure)
{
	struct dfut_segment segment;

	if (target->chip && target->chip->has_raw_start)
		return 0;
	for (size_t i = 0; dfut_image_find_segment(image, i, &segment); i++) {
		if (!segment.size || segment.has_address)
			continue;
		dfut_fail_check(
			failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_MEMORY_MAP,
			"the file has no addresses, and where an application of this board begins is not known");
		dfut_hint(failure, "use its UF2, HEX or ELF file, or say the address when it is made a UF2 file "
				   "(dfutrigger pack --format uf2 --address)");
		return DFUT_ERROR_MISMATCH;
	}
	return 0;
}

static uint32_t get_lowest(const struct dfut_image *image)
{
	struct dfut_segment segment;
	uint32_t lowest = UINT32_MAX;

	for (size_t i = 0; dfut_image_find_segment(image, i, &segment); i++)
		if (segment.size && segment.has_address && segment.address < lowest)
			lowest = segment.address;
	return lowest / UF2_PAYLOAD * UF2_PAYLOAD;
}

static void describe_memory(struct dfut_memory *memory, const struct dfut_image *image, const struct uf2_target *target)
{
	const struct uf2_chip *chip = target->chip;
	bool is_known = chip && (chip->has_raw_start || chip->end);
	uint32_t start = is_known ? chip->start : get_lowest(image);
	uint64_t left = UINT32_MAX - (uint64_t)start;
	uint32_t most = (uint32_t)(left < DFUT_MEMORY_MAX_SIZE ? left : DFUT_MEMORY_MAX_SIZE) / UF2_FLASH_SECTOR *
			UF2_FLASH_SECTOR;

	*memory = (struct dfut_memory){ .name = "its flash",
					.address = start,
					.size = is_known && chip->end ? chip->end - start : most,
					.start = start,
					.raw_start = start,
					.block_size = chip && chip->erases_groups ? UF2_FLASH_SECTOR : UF2_PAYLOAD,
					.blank = 0xff };
	memory->end = start + memory->size;
}

static int put_blocks(struct uf2_blocks *blocks, const struct dfut_blocks *memory, uint32_t start, uint32_t family,
		      struct dfut_failure *failure)
{
	uint32_t each = memory->size / UF2_PAYLOAD;
	struct uf2_block block = { .count = (uint32_t)memory->used_count * each, .family = family };

	blocks->data = malloc((size_t)block.count * UF2_BLOCK_SIZE);
	if (!blocks->data)
		return dfut_fail_memory(failure);
	for (size_t i = dfut_blocks_find(memory, 0); i < memory->count; i = dfut_blocks_find(memory, i + 1))
		for (uint32_t k = 0; k < each; k++) {
			block.address = start + (uint32_t)i * memory->size + k * UF2_PAYLOAD;
			block.data = dfut_blocks_get(memory, i) + k * UF2_PAYLOAD;
			uf2_put_block(blocks->data + (size_t)block.number * UF2_BLOCK_SIZE, &block);
			block.number++;
		}
	blocks->count = block.count;
	return 0;
}

static int make_blocks(struct uf2_blocks *blocks, const struct dfut_image *image, const struct uf2_target *target,
		       struct dfut_failure *failure)
{
	struct dfut_memory memory;
	struct dfut_blocks laid;
	int result;

	if (target->chip ? !uf2_chip_is_one_family(target->chip) : target->family == UF2_FAMILY_NONE)
		return target->chip || target->is_asked ? refuse_unknown_family(target, failure) : 0;
	if (check_raw(image, target, failure) < 0)
		return failure->code;
	describe_memory(&memory, image, target);
	if (dfut_blocks_take(&laid, image, &memory, failure) < 0)
		return failure->code;
	result = put_blocks(blocks, &laid, memory.address, target->chip ? target->chip->families[0] : target->family,
			    failure);
	dfut_blocks_free(&laid);
	return result;
}

/* Judging. */

struct judge {
	const struct uf2_blocks *blocks;
	const struct uf2_target *target;
	unsigned int force;
	struct dfut_failure *failure;
	uint32_t count; /* of the image, as its blocks say; 0 before the first */
	bool is_written;
};

static int refuse_block(struct judge *judge, unsigned int check, const struct uf2_block *block, const char *what)
{
	if (judge->force & check)
		return 0;
	return dfut_fail_check(judge->failure, DFUT_ERROR_MISMATCH, check,
			       "block %" PRIu32 " of the file, for 0x%08" PRIx32 ", %s", block->number, block->address,
			       what);
}

static int judge_consent(struct judge *judge, const struct uf2_block *block)
{
	if (block->family != UF2_FAMILY_NRF52_BOOTLOADER || judge->force & DFUT_CHECK_BOOTLOADER)
		return 0;
	dfut_fail_check(judge->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_BOOTLOADER,
			"the file replaces the bootloader: if that is interrupted, or the file is for another board, "
			"the board can't be updated over USB any more");
	dfut_hint(judge->failure, "if that is wanted, say so (--force bootloader)");
	return DFUT_ERROR_MISMATCH;
}

/* What the loader would ignore, or count for ever. */
static int judge_form(struct judge *judge, const struct uf2_block *block)
{
	if (block->flags & UF2_FLAG_NOT_FLASH &&
	    refuse_block(judge, DFUT_CHECK_FORMAT, block, "is not for flash: the loader would wait for it for ever") <
		    0)
		return judge->failure->code;
	if (block->size != UF2_PAYLOAD &&
	    refuse_block(judge, DFUT_CHECK_LENGTH, block, "has not 256 bytes of data, as bootloaders take them") < 0)
		return judge->failure->code;
	if (judge->count && block->count != judge->count &&
	    refuse_block(judge, DFUT_CHECK_FORMAT, block, "says another number of blocks than those before it") < 0)
		return judge->failure->code;
	judge->count = judge->count ? judge->count : block->count;
	return 0;
}

static int refuse_address(struct judge *judge, const struct uf2_block *block, uint32_t start, uint32_t end)
{
	if (judge->force & DFUT_CHECK_MEMORY_MAP)
		return 0;
	return dfut_fail_check(judge->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_MEMORY_MAP,
			       "block %" PRIu32 " of the file goes to 0x%08" PRIx32
			       ", and flash that an application may have is at 0x%08" PRIx32 " to 0x%08" PRIx32,
			       block->number, block->address, start, end - 1);
}

static int judge_address(struct judge *judge, const struct uf2_block *block)
{
	const struct uf2_target *target = judge->target;
	const struct uf2_chip *chip = target->chip;
	bool is_low = chip && block->address < chip->start;

	if (block->address % UF2_PAYLOAD &&
	    refuse_block(judge, DFUT_CHECK_MEMORY_MAP, block, "does not begin at a multiple of 256") < 0)
		return judge->failure->code;
	judge->is_written = judge->is_written || !is_low;
	if (chip && chip->end && (block->address >= chip->end || (is_low && !chip->skips_low)))
		return refuse_address(judge, block, chip->start, chip->end);
	if (target->has_window && (block->address < target->start || block->address >= target->end))
		return refuse_address(judge, block, target->start, target->end);
	return 0;
}

/* RP2040 erases the sector of the first of 16 numbers that comes, and no other for the rest of them. */
static int judge_group(struct judge *judge, const struct uf2_block *block, uint32_t *sectors)
{
	uint32_t sector = block->address / UF2_FLASH_SECTOR + 1;
	uint32_t *known = &sectors[block->number / GROUP];

	if (*known && *known != sector)
		return refuse_block(judge, DFUT_CHECK_MEMORY_MAP, block,
				    "is in another sector of 4 KiB than others of the 16 block numbers that RP2040 "
				    "erases one for: a part would be written over what is there");
	*known = sector;
	return 0;
}

static int compare_addresses(const void *one, const void *two)
{
	const uint32_t *a = one;
	const uint32_t *b = two;

	return (*a > *b) - (*a < *b);
}

static int judge_overlaps(struct judge *judge, uint32_t *addresses, size_t count)
{
	qsort(addresses, count, sizeof(*addresses), compare_addresses);
	for (size_t i = 1; i < count && !(judge->force & DFUT_CHECK_MEMORY_MAP); i++)
		if (addresses[i] - addresses[i - 1] < UF2_PAYLOAD)
			return dfut_fail_check(judge->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_MEMORY_MAP,
					       "the file has two contents for 0x%08" PRIx32, addresses[i]);
	return 0;
}

/* addresses and sectors: room for one of each block */
static int judge_each(struct judge *judge, uint32_t *addresses, uint32_t *sectors)
{
	bool has_groups = judge->target->chip && judge->target->chip->erases_groups;
	struct uf2_block block;
	size_t count = 0;

	for (size_t i = 0; i < judge->blocks->count; i++) {
		get_block(&block, judge->blocks->data, i);
		if (uf2_is_e10_block(&block))
			continue;
		if (judge_consent(judge, &block) < 0 || judge_form(judge, &block) < 0 ||
		    judge_address(judge, &block) < 0)
			return judge->failure->code;
		if (has_groups && block.number / GROUP < judge->blocks->count &&
		    judge_group(judge, &block, sectors) < 0)
			return judge->failure->code;
		addresses[count++] = block.address;
	}
	if (judge->count != count && !(judge->force & DFUT_CHECK_LENGTH))
		return dfut_fail_check(judge->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_LENGTH,
				       "the file says that the image has %" PRIu32 " blocks, and has %zu: the loader "
				       "would wait for ever",
				       judge->count, count);
	if (!judge->is_written && !(judge->force & DFUT_CHECK_MEMORY_MAP))
		return dfut_fail_check(judge->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_MEMORY_MAP,
				       "all of the file is below where applications begin, 0x%08" PRIx32
				       ": nothing would be written",
				       judge->target->chip->start);
	return judge_overlaps(judge, addresses, count);
}

static int judge_blocks(const struct uf2_blocks *blocks, const struct uf2_target *target, unsigned int force,
			struct dfut_failure *failure)
{
	struct judge judge = { blocks, target, force, failure, 0, false };
	uint32_t *room = calloc(2 * blocks->count + 1, sizeof(*room));
	int result;

	if (!room)
		return dfut_fail_memory(failure);
	result = judge_each(&judge, room, room + blocks->count);
	free(room);
	return result;
}

int uf2_blocks_take(struct uf2_blocks *blocks, const struct dfut_image *image, const struct uf2_target *target,
		    unsigned int force, struct dfut_failure *failure)
{
	struct chooser chooser = { .image = image, .target = target, .takes_all = force & DFUT_CHECK_IDS };
	int result;

	*blocks = (struct uf2_blocks){ 0 };
	if (strcmp(dfut_image_get_format(image), "uf2") == 0)
		result = choose_blocks(blocks, &chooser, failure);
	else
		result = make_blocks(blocks, image, target, failure);
	if (result == 0 && blocks->count)
		result = judge_blocks(blocks, target, force, failure);
	if (result < 0)
		uf2_blocks_free(blocks);
	return result;
}
