/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The Teensy boards, and the programs that are built for each. */

#include "language/halfkay/models.h"

/* Where the flash of a Teensy 4 is; that of others begins at 0. */
#define FLEXSPI_ADDRESS 0x60000000
#define FLEXSPI_TAG 0x42464346
#define FLEXSPI_VERSION 0x56010000
#define FLEXSPI_SIZE_OFFSET 0x50
#define STARTUP_SIZE 0x400
/* Of the largest AVR */
#define AVR_SIZE 130048
#define REBOOT_SIZE 8

#define SMALL_BLOCKS(size) \
	{ \
		size, 2, 2, 0 \
	}
#define HIGH_BLOCKS(size) \
	{ \
		size, 2, 2, 8 \
	}
#define LONG_BLOCKS(size) \
	{ \
		size, 64, 3, 0 \
	}

/* teensy_loader_cli and tytools. A Teensy 1.0 does not tell what it is. */
/* clang-format off */
static const struct halfkay_model models[] = {
	{ "Teensy 2.0", HALFKAY_TEENSY_2_0, 0x1b, 0, "avr", 0, 32256, SMALL_BLOCKS(128), false },
	{ "Teensy++ 1.0", HALFKAY_TEENSY_PP_1_0, 0x1a, 0, "avr", 0, 64512, SMALL_BLOCKS(256), false },
	{ "Teensy++ 2.0", HALFKAY_TEENSY_PP_2_0, 0x1c, 0, "avr", 0, 130048, HIGH_BLOCKS(256), false },
	{ "Teensy LC", HALFKAY_TEENSY_LC, 0x20, 0x0273, "arm", 0, 63488, LONG_BLOCKS(512), false },
	{ "Teensy 3.0", HALFKAY_TEENSY_3_0, 0x1d, 0x0274, "arm", 0, 131072, LONG_BLOCKS(1024), false },
	{ "Teensy 3.1 or 3.2", HALFKAY_TEENSY_3_1, 0x1e, 0x0275, "arm", 0, 262144, LONG_BLOCKS(1024), false },
	{ "Teensy 3.1 or 3.2", HALFKAY_TEENSY_3_1, 0x21, 0x0275, "arm", 0, 262144, LONG_BLOCKS(1024), false },
	{ "Teensy 3.5", HALFKAY_TEENSY_3_5, 0x1f, 0x0276, "arm", 0, 524288, LONG_BLOCKS(1024), false },
	{ "Teensy 3.6", HALFKAY_TEENSY_3_6, 0x22, 0x0277, "arm", 0, 1048576, LONG_BLOCKS(1024), false },
	{ "Teensy 4.0", HALFKAY_TEENSY_4_0, 0x24, 0x0279, "arm", FLEXSPI_ADDRESS, 2031616, LONG_BLOCKS(1024), true },
	{ "Teensy 4.0 (beta)", HALFKAY_TEENSY_4_0, 0x23, 0x0278, "arm", FLEXSPI_ADDRESS, 2031616, LONG_BLOCKS(1024), true },
	{ "Teensy 4.1", HALFKAY_TEENSY_4_1, 0x25, 0x0280, "arm", FLEXSPI_ADDRESS, 8126464, LONG_BLOCKS(1024), true },
	{ "MicroMod Teensy", HALFKAY_MICROMOD, 0x26, 0x0281, "arm", FLEXSPI_ADDRESS, 16515072, LONG_BLOCKS(1024), true },
};

/* Where the stack of a program begins, and where its table of vectors ends. */
static const struct {
	uint32_t stack;
	uint32_t vectors_end;
	enum halfkay_family family;
} vectors[] = {
	{ 0x20002000, 0xf8, HALFKAY_TEENSY_3_0 },  { 0x20008000, 0x1bc, HALFKAY_TEENSY_3_1 },
	{ 0x20001800, 0xc0, HALFKAY_TEENSY_LC },   { 0x20020000, 0x198, HALFKAY_TEENSY_3_5 },
	{ 0x2002fffc, 0x198, HALFKAY_TEENSY_3_5 }, { 0x2002fff8, 0x198, HALFKAY_TEENSY_3_5 },
	{ 0x20030000, 0x1d0, HALFKAY_TEENSY_3_6 },
};

/* The jump into the bootloader, and the two instructions behind it, of Teensyduino's way to restart. */
static const struct {
	uint32_t jump;
	enum halfkay_family family;
} reboots[] = {
	{ 0x7e00940c, HALFKAY_TEENSY_PP_1_0 },
	{ 0x3f00940c, HALFKAY_TEENSY_2_0 },
	{ 0xfe00940c, HALFKAY_TEENSY_PP_2_0 },
};
/* clang-format on */
#define REBOOT_END 0x94f8cfff

const struct halfkay_model *halfkay_get_model(size_t index)
{
	return index < DFUT_COUNT(models) ? &models[index] : NULL;
}

const struct halfkay_model *halfkay_find_by_usage(uint16_t usage)
{
	for (size_t i = 0; i < DFUT_COUNT(models); i++)
		if (models[i].usage == usage)
			return &models[i];
	return NULL;
}

const struct halfkay_model *halfkay_find_by_release(uint16_t release)
{
	for (size_t i = 0; release && i < DFUT_COUNT(models); i++)
		if (models[i].release == release)
			return &models[i];
	return NULL;
}

const struct halfkay_model *halfkay_find_by_family(enum halfkay_family family)
{
	for (size_t i = 0; i < DFUT_COUNT(models); i++)
		if (models[i].family == family)
			return &models[i];
	return NULL;
}

static enum halfkay_family recognise_flexspi(const struct dfut_segment *segment)
{
	if (segment->size < FLEXSPI_SIZE_OFFSET + 4 || dfut_le32(segment->data) != FLEXSPI_TAG ||
	    dfut_le32(segment->data + 4) != FLEXSPI_VERSION)
		return HALFKAY_UNKNOWN;
	switch (dfut_le32(segment->data + FLEXSPI_SIZE_OFFSET)) {
	case 0x00800000:
		return HALFKAY_TEENSY_4_1;
	case 0x01000000:
		return HALFKAY_MICROMOD;
	}
	return HALFKAY_TEENSY_4_0;
}

/* The reset handler follows the table; if it is elsewhere, the gap behind the table is erased. */
static uint32_t find_vectors_end(const struct dfut_segment *segment)
{
	uint32_t end = dfut_le32(segment->data + 4) & ~1u;

	for (uint32_t i = 0; end >= STARTUP_SIZE && i + 8 < STARTUP_SIZE; i += 4)
		if (dfut_le32(segment->data + i) == 0xffffffff && dfut_le32(segment->data + i + 4) == 0xffffffff)
			return i;
	return end;
}

static enum halfkay_family recognise_vectors(const struct dfut_segment *segment)
{
	if (segment->size < STARTUP_SIZE)
		return HALFKAY_UNKNOWN;
	for (size_t i = 0; i < DFUT_COUNT(vectors); i++)
		if (vectors[i].stack == dfut_le32(segment->data) && vectors[i].vectors_end == find_vectors_end(segment))
			return vectors[i].family;
	return HALFKAY_UNKNOWN;
}

static enum halfkay_family recognise_reboot(const struct dfut_segment *segment)
{
	for (size_t at = 0; at + REBOOT_SIZE <= segment->size && segment->size <= AVR_SIZE; at++)
		for (size_t i = 0; i < DFUT_COUNT(reboots); i++)
			if (dfut_le32(segment->data + at + 4) == REBOOT_END &&
			    dfut_le32(segment->data + at) == reboots[i].jump)
				return reboots[i].family;
	return HALFKAY_UNKNOWN;
}

enum halfkay_family halfkay_recognise(const struct dfut_image *image)
{
	struct dfut_segment segment;
	enum halfkay_family family = HALFKAY_UNKNOWN;

	for (size_t i = 0; !family && dfut_image_find_segment(image, i, &segment); i++) {
		bool is_first = !segment.has_address || segment.address == 0 || segment.address == FLEXSPI_ADDRESS;

		if (is_first)
			family = recognise_flexspi(&segment);
		if (is_first && !family)
			family = recognise_vectors(&segment);
	}
	for (size_t i = 0; !family && dfut_image_find_segment(image, i, &segment); i++)
		family = recognise_reboot(&segment);
	return family;
}
