/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Names of UF2 families (github.com/microsoft/uf2, utils/uf2families.json; RP2350 datasheet, 5.5.3), and of boards in a
 * Universal Hex (github.com/microbit-foundation/spec-universal-hex), whose numbers no family has.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image/image.h"

/* clang-format off */
static const struct {
	uint32_t id;
	const char *name;
} families[] = {
	{ 0x16573617, "atmega32" },
	{ 0x4f6ace52, "csk4" },
	{ 0x6e7348a8, "csk6" },
	{ 0x1c5f21b0, "esp32" },
	{ 0x2b88d29c, "esp32c2" },
	{ 0xd42ba06c, "esp32c3" },
	{ 0x540ddf62, "esp32c6" },
	{ 0x332726f6, "esp32h2" },
	{ 0x3d308e94, "esp32p4" },
	{ 0xbfdd4eee, "esp32s2" },
	{ 0xc47e5767, "esp32s3" },
	{ 0x7eab61ed, "esp8266" },
	{ 0x5a18069b, "fx2" },
	{ 0x31d228c6, "gd32f350" },
	{ 0x9af03e33, "gd32vf103" },
	{ 0x7f83e793, "kl32l2" },
	{ 0x2abc77ec, "lpc55" },
	{ 0x11de784a, "m0sense" },
	{ 0x00009900, "microbit-v1" },
	{ 0x00009901, "microbit-v1-9901" },
	{ 0x00009903, "microbit-v2" },
	{ 0x4fb2d5bd, "mimxrt10xx" },
	{ 0x1b57745f, "nrf52" },
	{ 0x621e937a, "nrf52833" },
	{ 0xada52840, "nrf52840" },
	{ 0xe48bff56, "rp2040" },
	{ 0xe48bff57, "rp2350-absolute" },
	{ 0xe48bff5b, "rp2350-arm-ns" },
	{ 0xe48bff59, "rp2350-arm-s" },
	{ 0xe48bff58, "rp2350-data" },
	{ 0xe48bff5a, "rp2350-riscv" },
	{ 0x9517422f, "rza1lu" },
	{ 0x68ed2b88, "samd21" },
	{ 0x55114460, "samd51" },
	{ 0x1851780a, "saml21" },
	{ 0x647824b6, "stm32f0" },
	{ 0x5ee21072, "stm32f1" },
	{ 0x5d1a0a2e, "stm32f2" },
	{ 0x6b846188, "stm32f3" },
	{ 0x57755a57, "stm32f4" },
	{ 0x6d0922fa, "stm32f407" },
	{ 0x8fb060fe, "stm32f407vg" },
	{ 0x53b80f00, "stm32f7" },
	{ 0x300f5633, "stm32g0" },
	{ 0x4c71240a, "stm32g4" },
	{ 0x6db66082, "stm32h7" },
	{ 0x202e3a91, "stm32l0" },
	{ 0x1e1f432d, "stm32l1" },
	{ 0x00ff6919, "stm32l4" },
	{ 0x04240bdf, "stm32l5" },
	{ 0x70d16653, "stm32wb" },
	{ 0x21460ff0, "stm32wl" },
};
/* clang-format on */

DFUT_API const char *dfut_family_get_name(size_t index)
{
	return index < DFUT_COUNT(families) ? families[index].name : NULL;
}

void dfut_uf2_put_family(char *text, size_t size, uint32_t id)
{
	for (size_t i = 0; i < DFUT_COUNT(families); i++) {
		if (families[i].id != id)
			continue;
		snprintf(text, size, "%s (0x%08lx)", families[i].name, (unsigned long)id);
		return;
	}
	snprintf(text, size, "0x%08lx", (unsigned long)id);
}

static bool is_same(const char *text, const char *name)
{
	while (*text && (*text >= 'A' && *text <= 'Z' ? *text - 'A' + 'a' : *text) == *name) {
		text++;
		name++;
	}
	return *text == '\0' && *name == '\0';
}

/* Hexadecimal digits behind "0x" */
static bool read_id(const char *text, uint32_t *id)
{
	size_t length = strlen(text);

	if (length < 3 || length > 10 || strncmp(text, "0x", 2) != 0 ||
	    strspn(text + 2, "0123456789abcdefABCDEF") != length - 2)
		return false;
	*id = (uint32_t)strtoul(text + 2, NULL, 16);
	return true;
}

bool dfut_uf2_find_family(const char *text, uint32_t *id)
{
	for (size_t i = 0; i < DFUT_COUNT(families); i++) {
		if (!is_same(text, families[i].name))
			continue;
		*id = families[i].id;
		return true;
	}
	return read_id(text, id);
}
