/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The chips, as SonixFlasherC knows them. */

#include "language/sonix-isp/parts.h"

#define VENDOR 0x0c45
#define FAMILY 32
#define KIB 1024u

/* clang-format off */
static const struct sonix_part parts[] = {
	{ "SN32F22x",  1, 1,  16 * KIB,   16, 0xe000, 0xffff, SONIX_RAM_MAX, true,  false },
	{ "SN32F23x",  1, 2,  32 * KIB,   32, 0xc000, 0xffff, SONIX_RAM_MAX, true,  false },
	{ "SN32F24x",  1, 3,  64 * KIB,   64, 0x8000, 0xffff, SONIX_RAM_MAX, true,  false },
	{ "SN32F26x",  2, 0,  30 * KIB,  480, 0,      0x0000, 2 * KIB, false, true },
	{ "SN32F24xB", 3, 0,  64 * KIB, 1024, 0,      0x0000, SONIX_RAM_MAX, false, false },
	{ "SN32F28x",  4, 0, 128 * KIB,  128, 0x0000, 0xffff, SONIX_RAM_MAX, true,  false },
	{ "SN32F29x",  5, 0, 256 * KIB,  256, 0x0000, 0xffff, SONIX_RAM_MAX, true,  false },
	{ "SN32F24xC", 6, 0, 128 * KIB,  128, 0x0000, 0xffff, SONIX_RAM_MAX, true,  false },
};
/* clang-format on */

const struct sonix_part *sonix_part_find(const struct sonix_version *version)
{
	for (size_t i = 0; version->family == FAMILY && i < DFUT_COUNT(parts); i++)
		if (parts[i].sub_family == version->sub_family &&
		    (!parts[i].member || parts[i].member == version->member))
			return &parts[i];
	return NULL;
}

uint8_t sonix_get_promise(uint16_t vendor, uint16_t product)
{
	static const struct {
		uint16_t product;
		uint8_t sub_family;
	} promises[] = { { 0x7900, 1 }, { 0x7010, 2 }, { 0x7040, 3 }, { 0x7120, 4 }, { 0x7140, 5 }, { 0x7160, 6 } };

	for (size_t i = 0; vendor == VENDOR && i < DFUT_COUNT(promises); i++)
		if (promises[i].product == product)
			return promises[i].sub_family;
	return 0;
}

const struct sonix_part *sonix_part_find_only(uint8_t sub_family)
{
	for (size_t i = 0; i < DFUT_COUNT(parts); i++)
		if (parts[i].sub_family == sub_family)
			return parts[i].member ? NULL : &parts[i];
	return NULL;
}

bool sonix_is_open(uint16_t security)
{
	return security == 0 || security == 0xffff;
}

const char *sonix_get_security_name(uint16_t security)
{
	static const struct {
		uint16_t security;
		const char *name;
	} levels[] = { { 0, "CS0" }, { 0xffff, "CS0" }, { 0x5a5a, "CS1" }, { 0xa5a5, "CS2" }, { 0x55aa, "CS3" } };

	for (size_t i = 0; i < DFUT_COUNT(levels); i++)
		if (levels[i].security == security)
			return levels[i].name;
	return NULL;
}
