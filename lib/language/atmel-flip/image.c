/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Images for AVR, XMEGA and AVR32: addresses are as avr-gcc has them (EEPROM, fuses and lock bits behind the flash, from 0x810000
 * on), an AVR32's flash is at 0x80000000. What is written must begin with an instruction that leads into itself.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "language/atmel-flip/image.h"

/* Of ELF programs for AVR (binutils, ld/scripttempl/avr.sc) */
#define AVR_RAM 0x800000
#define AVR_EEPROM 0x810000
#define AVR_FUSES 0x820000
#define AVR_END 0x860000
#define AVR32_FLASH 0x80000000
#define EEPROM_BLOCK_ONE 32
#define EEPROM_BLOCK_TWO 64

void flip_content_free(struct flip_content *content)
{
	dfut_blocks_free(&content->blocks);
	free(content->covered);
	content->covered = NULL;
}

static bool is_at(const struct dfut_segment *segment, uint32_t from, uint32_t end)
{
	return segment->has_address && segment->size && segment->address >= from && segment->address < end;
}

static int check_machine(const struct dfut_image *image, const struct flip_part *part, unsigned int force,
			 struct dfut_failure *failure)
{
	const char *machine = part->kind == FLIP_KIND_AVR32 ? "avr32" : "avr";

	if (force & DFUT_CHECK_FORMAT || !image->machine || strcmp(image->machine, machine) == 0)
		return 0;
	return dfut_fail_check(failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_FORMAT, "the program is for %s, an %s has %s",
			       image->machine, part->name, machine);
}

/* Flash. */

static int refuse_other_memory(const struct dfut_segment *segment, struct dfut_failure *failure)
{
	bool is_eeprom = is_at(segment, AVR_EEPROM, AVR_FUSES);

	dfut_fail_check(failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_MEMORY_MAP, "the file has data at 0x%06" PRIx32 ", %s",
			segment->address,
			is_eeprom ? "for the EEPROM, and the flash was chosen" :
			is_at(segment, AVR_RAM, AVR_EEPROM) ?
				    "which is RAM" :
				    "for fuses, lock bits or the like, which are never written");
	if (is_eeprom)
		dfut_hint(failure,
			  "leave the section out (objcopy -R .eeprom); what is for the EEPROM is written on its "
			  "own (--alt eeprom)");
	else
		dfut_hint(failure, "leave the section out (objcopy -j .text -j .data)");
	return failure->code;
}

static int check_memories(const struct dfut_image *image, struct dfut_failure *failure)
{
	struct dfut_segment segment;

	for (size_t i = 0; dfut_image_find_segment(image, i, &segment); i++)
		if (is_at(&segment, AVR_RAM, AVR_END))
			return refuse_other_memory(&segment, failure);
	return 0;
}

static bool is_from_avr32_linker(const struct dfut_image *image)
{
	struct dfut_segment segment;

	for (size_t i = 0; dfut_image_find_segment(image, i, &segment); i++)
		if (segment.size)
			return segment.has_address && segment.address >= AVR32_FLASH;
	return false;
}

static int refuse_vector(const struct flip_part *part, struct dfut_failure *failure, const char *why)
{
	dfut_fail_check(failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_FORMAT, "%s: an %s would not start it", why,
			part->name);
	dfut_hint(
		failure,
		"it may be for another part, or no firmware at all; a file that is not decoded before (\"encrypted\") "
		"can't be judged");
	return failure->code;
}

/* Where the instruction at 0 leads to; false if it is neither jmp nor rjmp (AVR Instruction Set Manual). */
static bool get_target(const struct flip_part *part, const uint8_t *bytes, uint32_t *target)
{
	uint16_t word = dfut_le16(bytes);

	if ((word & 0xfe0e) == 0x940c) {
		uint32_t high = (uint32_t)(word >> 3 & 0x3e) | (word & 1);

		*target = (high << 16 | dfut_le16(bytes + 2)) * 2;
		return true;
	}
	if ((word & 0xf000) != 0xc000)
		return false;
	*target = word & 0x0fff;
	/* Backwards it goes round to the flash's end. */
	if (*target & 0x0800)
		*target += part->flash / 2 - 0x1000;
	*target = (*target + 1) * 2 % part->flash;
	return true;
}

/* No instruction is ff ff. */
static bool is_empty(const struct dfut_blocks *blocks, uint32_t offset)
{
	return offset / blocks->size >= blocks->count || dfut_le16(blocks->data + offset) == 0xffff;
}

static int check_avr_vector(const struct flip_part *part, const struct dfut_blocks *blocks, unsigned int force,
			    struct dfut_failure *failure)
{
	uint32_t target;

	if (force & DFUT_CHECK_FORMAT)
		return 0;
	if (is_empty(blocks, 0))
		return refuse_vector(part, failure, "the file has nothing at 0x0000, where the program begins");
	if (!get_target(part, blocks->data, &target))
		return refuse_vector(part, failure, "what the file has at 0x0000 is neither jmp nor rjmp");
	if (target >= flip_part_get_end(part) && !(force & DFUT_CHECK_BOOTLOADER)) {
		dfut_fail_check(failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_BOOTLOADER,
				"the program begins with a jump to 0x%05" PRIx32
				", which is behind its flash of %" PRIu32 " bytes",
				target, flip_part_get_end(part));
		dfut_hint(failure, "it may be a bootloader, or for a larger part");
		return failure->code;
	}
	if (target < 2 || (target < flip_part_get_end(part) && is_empty(blocks, target)))
		return refuse_vector(part, failure, "the program begins with a jump to where the file has nothing");
	return 0;
}

static int check_avr32_start(const struct flip_part *part, const struct dfut_blocks *blocks, unsigned int force,
			     struct dfut_failure *failure)
{
	if (force & DFUT_CHECK_FORMAT)
		return 0;
	if (is_empty(blocks, part->loader))
		return refuse_vector(part, failure, "the file has nothing at 0x80002000, where the program begins");
	return 0;
}

static int take_flash(struct flip_content *content, const struct dfut_image *image, const struct flip_part *part,
		      unsigned int force, struct dfut_failure *failure)
{
	uint32_t base = part->kind == FLIP_KIND_AVR32 && is_from_avr32_linker(image) ? AVR32_FLASH : 0;
	struct dfut_memory memory = { .address = base,
				      .size = part->flash,
				      .start = base + flip_part_get_start(part),
				      .end = base + flip_part_get_end(part),
				      .raw_start = base + flip_part_get_start(part),
				      .block_size = part->page,
				      .blank = 0xff };
	char name[64];
	int result;

	snprintf(name, sizeof(name), "the flash of an %s", part->name);
	memory.name = name;
	if (part->kind != FLIP_KIND_AVR32 && check_memories(image, failure) < 0)
		return failure->code;
	if (dfut_blocks_take(&content->blocks, image, &memory, failure) < 0) {
		if (part->loader && failure->code == DFUT_ERROR_MISMATCH)
			dfut_hint(failure, "its bootloader is %s that, and stays as it is: the file must not have one",
				  part->kind == FLIP_KIND_AVR32 ? "below" : "behind");
		return failure->code;
	}
	result = part->kind == FLIP_KIND_AVR32 ? check_avr32_start(part, &content->blocks, force, failure) :
						 check_avr_vector(part, &content->blocks, force, failure);
	if (result < 0)
		flip_content_free(content);
	return result;
}

/* EEPROM: of a program that has some, only that; else a file of its own, with addresses from 0. */

static bool has_eeprom_section(const struct dfut_image *image)
{
	struct dfut_segment segment;

	for (size_t i = 0; dfut_image_find_segment(image, i, &segment); i++)
		if (is_at(&segment, AVR_EEPROM, AVR_FUSES))
			return true;
	return false;
}

static int take_eeprom_segment(struct flip_content *content, const struct dfut_segment *segment,
			       const struct flip_part *part, uint32_t base, struct dfut_failure *failure)
{
	uint64_t from = segment->has_address ? segment->address - base : 0;

	if (segment->alternate >= 0)
		return dfut_fail(failure, DFUT_ERROR_MISMATCH,
				 "the file names alternate settings of a DFU device, which this device has not");
	if (from + segment->size > part->eeprom)
		return dfut_fail_check(failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_SIZE,
				       "the file has data for the EEPROM up to 0x%04" PRIx64
				       ", an %s has %u bytes of it",
				       from + segment->size - 1, part->name, part->eeprom);
	memcpy(content->blocks.data + from, segment->data, segment->size);
	memset(content->covered + from, true, segment->size);
	for (uint64_t i = from / content->blocks.size; i <= (from + segment->size - 1) / content->blocks.size; i++) {
		content->blocks.used_count += !content->blocks.used[i];
		content->blocks.used[i] = true;
	}
	return 0;
}

static int fill_eeprom(struct flip_content *content, const struct dfut_image *image, const struct flip_part *part,
		       struct dfut_failure *failure)
{
	bool has_section = has_eeprom_section(image);
	struct dfut_segment segment;

	for (size_t i = 0; dfut_image_find_segment(image, i, &segment); i++) {
		if (!segment.size || (has_section && !is_at(&segment, AVR_EEPROM, AVR_FUSES)))
			continue;
		if (take_eeprom_segment(content, &segment, part, has_section ? AVR_EEPROM : 0, failure) < 0)
			return failure->code;
	}
	if (!content->blocks.used_count)
		return dfut_fail(failure, DFUT_ERROR_MISMATCH, "the image has no bytes");
	return 0;
}

static int take_eeprom(struct flip_content *content, const struct dfut_image *image, const struct flip_part *part,
		       struct dfut_failure *failure)
{
	struct dfut_blocks *blocks = &content->blocks;

	if (!part->eeprom)
		return dfut_fail(failure, DFUT_ERROR_MISMATCH, "an %s has no EEPROM", part->name);
	blocks->size = flip_kind_is_two(part->kind) ? EEPROM_BLOCK_TWO : EEPROM_BLOCK_ONE;
	blocks->count = part->eeprom / blocks->size;
	blocks->data = calloc(1, part->eeprom);
	blocks->used = calloc(blocks->count, sizeof(*blocks->used));
	content->covered = calloc(part->eeprom, sizeof(*content->covered));
	if (!blocks->data || !blocks->used || !content->covered)
		dfut_fail_memory(failure);
	else if (fill_eeprom(content, image, part, failure) == 0)
		return 0;
	flip_content_free(content);
	return failure->code;
}

int flip_content_take(struct flip_content *content, const struct dfut_image *image, const struct flip_part *part,
		      enum flip_unit unit, unsigned int force, struct dfut_failure *failure)
{
	*content = (struct flip_content){ 0 };
	if (check_machine(image, part, force, failure) < 0)
		return failure->code;
	return unit == FLIP_UNIT_EEPROM ? take_eeprom(content, image, part, failure) :
					  take_flash(content, image, part, force, failure);
}
