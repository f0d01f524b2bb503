/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Images for RP2040 begin with a second stage that ends in its CRC32 (RP2040 datasheet, 2.8.1.3.1); those for RP2350 have a
 * block that defines them in their first 4 KiB (RP2350 datasheet, 5.9; pico-sdk, boot/picobin.h).
 */

#include <inttypes.h>
#include <string.h>

#include "language/picoboot/image.h"

#define STAGE_SIZE 252
#define CRC_POLYNOMIAL 0x04c11db7

#define DEFINITION_REACH 4096
#define MARKER_START 0xffffded3
#define MARKER_END 0xab123579
#define ITEM_IMAGE_TYPE 0x42
#define ITEM_LAST 0xff
#define ITEM_IS_LONG 0x80 /* its size has two bytes */
/* Behind the last item: a link to the next block, and the marker. */
#define BLOCK_TAIL 2

#define TYPE_CHIP_SHIFT 12
#define TYPE_CPU_SHIFT 8
#define TYPE_MASK 0x07
#define TYPE_SECURITY_SHIFT 4
#define TYPE_SECURITY_MASK 0x03
#define TYPE_CPU_RISCV 1
#define TYPE_NON_SECURE 1

/* Memory that is no flash, and forgets: XIP's cache, and RAM. */
static const struct {
	uint32_t first;
	uint32_t last;
} rams[] = { { 0x13ffc000, 0x13ffffff }, { 0x15000000, 0x15003fff }, { 0x20000000, 0x2fffffff } };

static uint32_t get_address(const struct dfut_segment *segment)
{
	return segment->has_address ? segment->address : PICOBOOT_FLASH;
}

/* Most significant bit first. */
static uint32_t get_crc(const uint8_t *bytes, size_t size)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < size; i++) {
		crc ^= (uint32_t)bytes[i] << 24;
		for (unsigned int bit = 0; bit < 8; bit++)
			crc = crc & 0x80000000 ? crc << 1 ^ CRC_POLYNOMIAL : crc << 1;
	}
	return crc;
}

static bool has_stage(const struct dfut_segment *segment)
{
	return segment->size >= STAGE_SIZE + 4 &&
	       get_crc(segment->data, STAGE_SIZE) == dfut_le32(segment->data + STAGE_SIZE);
}

/* Image definitions. */

/* Of an item at these bytes, in words; 0 if it is none. */
static size_t get_item_size(const uint8_t *item)
{
	return item[0] & ITEM_IS_LONG ? dfut_le16(item + 1) : item[1];
}

/* A block from this word on, whose first is its marker. True if it is whole; its image type, if it has one. */
static bool read_block(const uint8_t *words, size_t count, bool *has_type, uint16_t *type)
{
	size_t at = 1;

	*has_type = false;
	while (at < count && words[4 * at] != ITEM_LAST) {
		size_t size = get_item_size(words + 4 * at);

		if (!size || size > count - at)
			return false;
		if (words[4 * at] == ITEM_IMAGE_TYPE && size == 1) {
			*has_type = true;
			*type = dfut_le16(words + 4 * at + 2);
		}
		at += size;
	}
	/* The last item says how many words there were before it. */
	return count - at > BLOCK_TAIL && dfut_le16(words + 4 * at + 1) == at - 1 &&
	       dfut_le32(words + 4 * (at + BLOCK_TAIL)) == MARKER_END;
}

/* The first that defines an image. */
static bool find_definition(const struct dfut_segment *segment, uint16_t *type)
{
	size_t reach = segment->size < DEFINITION_REACH ? segment->size : DEFINITION_REACH;
	bool has_type;

	for (size_t at = 0; at + 4 <= reach; at += 4)
		if (dfut_le32(segment->data + at) == MARKER_START &&
		    read_block(segment->data + at, (segment->size - at) / 4, &has_type, type) && has_type)
			return true;
	return false;
}

static uint32_t get_family(uint16_t type)
{
	if ((type >> TYPE_CPU_SHIFT & TYPE_MASK) == TYPE_CPU_RISCV)
		return PICOBOOT_FAMILIES | PICOBOOT_FAMILY_RISCV;
	return PICOBOOT_FAMILIES |
	       ((type >> TYPE_SECURITY_SHIFT & TYPE_SECURITY_MASK) == TYPE_NON_SECURE ? PICOBOOT_FAMILY_ARM_NS :
											PICOBOOT_FAMILY_ARM_S);
}

/* The image. */

static bool is_known_family(uint32_t id)
{
	return id >= (PICOBOOT_FAMILIES | PICOBOOT_FAMILY_RP2040) && id <= (PICOBOOT_FAMILIES | PICOBOOT_FAMILY_ARM_NS);
}

static void take_program(struct picoboot_kind *kind, const struct dfut_segment *segment)
{
	uint16_t type = 0;

	kind->is_program = true;
	kind->has_stage = has_stage(segment);
	kind->has_definition = find_definition(segment, &type);
	if (kind->has_definition) {
		kind->chip = type >> TYPE_CHIP_SHIFT & TYPE_MASK ? PICOBOOT_CHIP_RP2350 : PICOBOOT_CHIP_RP2040;
		kind->family = get_family(type);
	}
	if (kind->has_stage)
		kind->chip = PICOBOOT_CHIP_RP2040;
}

void picoboot_get_kind(struct picoboot_kind *kind, const struct dfut_image *image)
{
	struct dfut_segment segment;

	*kind = (struct picoboot_kind){ .family = PICOBOOT_FAMILIES | PICOBOOT_FAMILY_ABSOLUTE };
	for (size_t i = 0; dfut_image_find_segment(image, i, &segment); i++)
		if (segment.size && get_address(&segment) == PICOBOOT_FLASH)
			take_program(kind, &segment);
	if (!image->family.is_given)
		return;
	kind->family = image->family.id;
	if (is_known_family(kind->family))
		kind->chip = kind->family == (PICOBOOT_FAMILIES | PICOBOOT_FAMILY_RP2040) ? PICOBOOT_CHIP_RP2040 :
											    PICOBOOT_CHIP_RP2350;
}

static int check_memories(const struct dfut_image *image, struct dfut_failure *failure)
{
	struct dfut_segment segment;

	for (size_t i = 0; dfut_image_find_segment(image, i, &segment); i++)
		for (size_t k = 0; k < DFUT_COUNT(rams); k++) {
			if (!segment.size || get_address(&segment) < rams[k].first ||
			    get_address(&segment) > rams[k].last)
				continue;
			dfut_fail_check(failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_MEMORY_MAP,
					"the image goes to RAM, at 0x%08" PRIx32
					", and would be gone with the next restart: only flash is written",
					get_address(&segment));
			dfut_hint(failure, "build the program for flash, which begins at 0x%08x", PICOBOOT_FLASH);
			return DFUT_ERROR_MISMATCH;
		}
	return 0;
}

static int check_family(const struct dfut_image *image, struct dfut_failure *failure)
{
	char text[40];

	if (!image->family.is_given || is_known_family(image->family.id))
		return 0;
	dfut_uf2_put_family(text, sizeof(text), image->family.id);
	return dfut_fail_check(failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_IDS,
			       "the file is for the family %s, which is neither RP2040 nor RP2350", text);
}

static int check_chip(const struct picoboot_kind *kind, enum picoboot_chip chip, struct dfut_failure *failure)
{
	if (chip == PICOBOOT_CHIP_UNKNOWN || kind->chip == PICOBOOT_CHIP_UNKNOWN || kind->chip == chip)
		return 0;
	return dfut_fail_check(failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_IDS,
			       "the image is for the %s, the device has an %s", picoboot_chip_get_name(kind->chip),
			       picoboot_chip_get_name(chip));
}

static int refuse_stage(struct dfut_failure *failure)
{
	dfut_fail_check(
		failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_CHECKSUM,
		"the image has no second stage of RP2040: its first 256 bytes do not end in their CRC32, so that "
		"the ROM would never start it");
	dfut_hint(failure, "if these are data only, say so (--force checksum)");
	return DFUT_ERROR_MISMATCH;
}

static int refuse_definition(struct dfut_failure *failure)
{
	dfut_fail_check(failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_CHECKSUM,
			"the image has no block in its first 4 KiB that defines an image, so that RP2350's ROM would "
			"never start it");
	dfut_hint(failure, "if these are data only, say so (--force checksum)");
	return DFUT_ERROR_MISMATCH;
}

static int refuse_both(struct dfut_failure *failure)
{
	dfut_fail_check(
		failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_CHECKSUM,
		"the image has neither a second stage with its CRC32 (RP2040) nor a block that defines an image "
		"(RP2350): no ROM would ever start it");
	dfut_hint(failure, "if these are data only, say so (--force checksum)");
	return DFUT_ERROR_MISMATCH;
}

static int check_program(const struct picoboot_kind *kind, enum picoboot_chip chip, struct dfut_failure *failure)
{
	if (!kind->is_program || kind->family == (PICOBOOT_FAMILIES | PICOBOOT_FAMILY_DATA))
		return 0;
	switch (chip != PICOBOOT_CHIP_UNKNOWN ? chip : kind->chip) {
	case PICOBOOT_CHIP_UNKNOWN:
		return refuse_both(failure);
	case PICOBOOT_CHIP_RP2040:
		return kind->has_stage ? 0 : refuse_stage(failure);
	case PICOBOOT_CHIP_RP2350:
		return kind->has_definition ? 0 : refuse_definition(failure);
	}
	return 0;
}

int picoboot_check_image(const struct dfut_image *image, enum picoboot_chip chip, unsigned int force,
			 struct dfut_failure *failure)
{
	struct picoboot_kind kind;
	int result = check_memories(image, failure);

	picoboot_get_kind(&kind, image);
	if (result == 0 && !(force & DFUT_CHECK_IDS))
		result = check_family(image, failure);
	if (result == 0 && !(force & DFUT_CHECK_IDS))
		result = check_chip(&kind, chip, failure);
	if (result == 0 && !(force & DFUT_CHECK_CHECKSUM))
		result = check_program(&kind, chip, failure);
	return result;
}
