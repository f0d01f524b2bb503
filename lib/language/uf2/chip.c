/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Chips with UF2 bootloaders (microsoft/uf2, utils/uf2families.json; RP2040's and RP2350's boot ROM; adafruit/tinyuf2, ports/;
 * adafruit/uf2-samdx1, boards/; Adafruit_nRF52_Bootloader, src/usb/uf2/uf2cfg.h).
 */

#include <string.h>

#include "language/uf2/chip.h"

/* Where an nRF52 application begins depends on the SoftDevice below it. */
static const struct uf2_chip chips[] = {
	{ .name = "rp2040",
	  .families = { 0xe48bff56 },
	  .start = 0x10000000,
	  .end = 0x11000000,
	  .needs_family = true,
	  .has_raw_start = true,
	  .erases_groups = true },
	{ .name = "rp2350",
	  .families = { 0xe48bff59, 0xe48bff5a, 0xe48bff5b, 0xe48bff57, 0xe48bff58 },
	  .start = 0x10000000,
	  .end = 0x12000000,
	  .needs_family = true,
	  .has_raw_start = true },
	{ .name = "samd21",
	  .families = { 0x68ed2b88 },
	  .start = 0x2000,
	  .end = 0x40000,
	  .skips_low = true,
	  .shows_at_once = true,
	  .has_raw_start = true },
	{ .name = "samd51",
	  .families = { 0x55114460 },
	  .start = 0x4000,
	  .end = 0x100000,
	  .skips_low = true,
	  .shows_at_once = true,
	  .has_raw_start = true },
	{ .name = "esp32s2", .families = { 0xbfdd4eee }, .needs_family = true, .has_raw_start = true },
	{ .name = "esp32s3", .families = { 0xc47e5767 }, .needs_family = true, .has_raw_start = true },
	{ .name = "nrf52833",
	  .families = { 0x621e937a, UF2_FAMILY_NRF52_BOOTLOADER },
	  .start = 0x1000,
	  .end = 0x80000,
	  .needs_family = true,
	  .skips_low = true },
	{ .name = "nrf52840",
	  .families = { 0xada52840, UF2_FAMILY_NRF52_BOOTLOADER },
	  .start = 0x1000,
	  .end = 0x100000,
	  .needs_family = true,
	  .skips_low = true },
	{ .name = "stm32f4", .families = { 0x57755a57 }, .needs_family = true },
};

const struct uf2_chip *uf2_chip_get(size_t index)
{
	return index < DFUT_COUNT(chips) ? &chips[index] : NULL;
}

bool uf2_chip_takes(const struct uf2_chip *chip, uint32_t family)
{
	if (family == UF2_FAMILY_NONE)
		return !chip->needs_family;
	for (size_t i = 0; i < UF2_FAMILIES_MAX; i++)
		if (chip->families[i] == family)
			return true;
	return false;
}

bool uf2_chip_is_one_family(const struct uf2_chip *chip)
{
	return chip->families[1] == UF2_FAMILY_NONE || chip->families[1] == UF2_FAMILY_NRF52_BOOTLOADER;
}

const struct uf2_chip *uf2_chip_find_by_family(uint32_t family)
{
	for (size_t i = 0; family != UF2_FAMILY_NONE && family != UF2_FAMILY_NRF52_BOOTLOADER && i < DFUT_COUNT(chips);
	     i++)
		if (uf2_chip_takes(&chips[i], family))
			return &chips[i];
	return NULL;
}

static bool begins_with(const char *text, const char *name)
{
	for (; *name; text++, name++)
		if ((*text >= 'A' && *text <= 'Z' ? *text - 'A' + 'a' : *text) != *name)
			return false;
	return true;
}

/* Boards are named after their chip by those who write these bootloaders. */
static const struct uf2_chip *find_by_info(const struct uf2_info *info)
{
	if (strcmp(info->board, "RPI-RP2") == 0)
		return &chips[0];
	for (size_t i = 1; i < DFUT_COUNT(chips); i++)
		if (begins_with(info->board, chips[i].name))
			return &chips[i];
	return NULL;
}

/* The blocks of CURRENT.UF2 are more than a name. */
const struct uf2_chip *uf2_chip_find(const struct uf2_identity *identity)
{
	if (!identity->is_known)
		return NULL;
	if (identity->current.family != UF2_FAMILY_NONE)
		return uf2_chip_find_by_family(identity->current.family);
	return find_by_info(&identity->info);
}

bool uf2_can_leave(const struct uf2_identity *identity)
{
	const struct uf2_chip *chip = uf2_chip_find(identity);

	return chip && chip->skips_low && identity->current.count;
}
