/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The chips, as bossac and the boards' cores know them; erase times are those of the data sheets. */

#include "language/sam-ba/parts.h"

#define KIB 1024u
/* Without die and revision. */
#define DID_MASK 0xffff00ffu
/* Without the version, and what it says of extensions. */
#define CHIP_ID_MASK 0x7fffffe0u
#define BUFFER 0x20004000u

/* A row of 256 bytes takes 6 ms, a block of 8 KiB 200 ms, a page of 4 KiB 85 ms. */
#define D21(name, kib, ram) \
	{ \
		"samd21x" name, "SAMD21x" name, SAMBA_SAMD21, 0, 0, (kib)*KIB, 0x2000, 64, (ram)*KIB, BUFFER, \
			(kib)*4 * 6, false, false, 0 \
	}
#define D51(name, kib, ram) \
	{ \
		"samd51x" name, "SAMD51x" name, SAMBA_SAMD51, 0, 0, (kib)*KIB, 0x4000, 512, (ram)*KIB, BUFFER, \
			(kib) / 8 * 200, false, false, 0 \
	}

/* clang-format off */
static const struct samba_part parts[] = {
	D21("15", 32, 4),
	D21("16", 64, 8),
	D21("17", 128, 16),
	D21("18", 256, 32),
	D51("18", 256, 128),
	D51("19", 512, 192),
	D51("20", 1024, 256),
	{ "sam3x4e", "SAM3X4E", SAMBA_SAM3X, 0x285b0960, 0x80000, 256 * KIB, 0x80000, 256, 0x88000, 0x20001000, 30000, true, false, 0 },
	{ "sam3x8e", "SAM3X8E", SAMBA_SAM3X, 0x285e0a60, 0x80000, 512 * KIB, 0x80000, 256, 0x88000, 0x20001000, 30000, true, false, 0 },
	{ "nrf52840", "nRF52840", SAMBA_EXTENDED, 0, 0, 1024 * KIB, 0x10000, 8, 256 * KIB, 0, 240 * 85, false, false, 0 },
	{ "ra4m1", "RA4M1", SAMBA_EXTENDED, 0, 0, 256 * KIB, 0x4000, 8, 32 * KIB, 0, 0, true, true, 0x8000 },
};

static const struct {
	uint32_t did;
	const char *name;
} dids[] = {
	{ 0x10010000, "18" }, { 0x10010005, "18" }, { 0x1001000a, "18" }, { 0x1001000f, "18" },
	{ 0x10010001, "17" }, { 0x10010006, "17" }, { 0x1001000b, "17" }, { 0x10010010, "17" },
	{ 0x10010002, "16" }, { 0x10010007, "16" }, { 0x1001000c, "16" },
	{ 0x10010003, "15" }, { 0x10010008, "15" }, { 0x1001000d, "15" },
	{ 0x60060006, "18" }, { 0x60060008, "18" },
	{ 0x60060001, "19" }, { 0x60060003, "19" }, { 0x60060005, "19" }, { 0x60060007, "19" },
	{ 0x60060000, "20" }, { 0x60060002, "20" }, { 0x60060004, "20" },
};
/* clang-format on */

static const uint32_t chip_ids_of_8e[] = { 0x285e0a60, 0x284e0a60, 0x286e0a60 };

const struct samba_part *samba_part_get(size_t index)
{
	return index < DFUT_COUNT(parts) ? &parts[index] : NULL;
}

const char *samba_part_get_name(size_t index)
{
	return index < DFUT_COUNT(parts) ? parts[index].name : NULL;
}

/* The last two characters of a SAMD's name are its size. */
static const struct samba_part *find(enum samba_family family, const char *size)
{
	for (size_t i = 0; i < DFUT_COUNT(parts); i++)
		if (parts[i].family == family && parts[i].name[7] == size[0] && parts[i].name[8] == size[1])
			return &parts[i];
	return NULL;
}

const struct samba_part *samba_part_find_by_did(uint32_t did)
{
	for (size_t i = 0; i < DFUT_COUNT(dids); i++)
		if (dids[i].did == (did & DID_MASK))
			return find(did >> 28 == 1 ? SAMBA_SAMD21 : SAMBA_SAMD51, dids[i].name);
	return NULL;
}

const struct samba_part *samba_part_find_by_chip_id(uint32_t chip_id)
{
	uint32_t id = chip_id & CHIP_ID_MASK;

	for (size_t i = 0; i < DFUT_COUNT(chip_ids_of_8e); i++)
		if (id == chip_ids_of_8e[i])
			id = chip_ids_of_8e[0];
	for (size_t i = 0; i < DFUT_COUNT(parts); i++)
		if (parts[i].id && parts[i].id == id)
			return &parts[i];
	return NULL;
}
