/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Parts with Atmel's FLIP bootloader (dfu-programmer, arguments.c; avrdude, avrdude.conf). XMEGAs have pages of 256 or 512
 * bytes: what is aligned to the larger is to the smaller. Their boot section is not part of what is counted here.
 */

#include "language/atmel-flip/parts.h"

#define MANUFACTURER 0x58
#define FAMILY_AVR 0x1e

/* clang-format off */
static const struct flip_part parts[] = {
	/* name, product id, kind, signature, flash, bootloader, page, EEPROM */
	{ "at90usb1286", 0x2ffb, FLIP_KIND_AVR, 0x9782, 0x20000, 0x2000, 256, 4096 },
	{ "at90usb1287", 0x2ffb, FLIP_KIND_AVR, 0x9782, 0x20000, 0x2000, 256, 4096 },
	{ "at90usb646", 0x2ff9, FLIP_KIND_AVR, 0x9682, 0x10000, 0x2000, 256, 2048 },
	{ "at90usb647", 0x2ff9, FLIP_KIND_AVR, 0x9682, 0x10000, 0x2000, 256, 2048 },
	{ "at90usb162", 0x2ffa, FLIP_KIND_AVR, 0x9482, 0x04000, 0x1000, 128, 512 },
	{ "at90usb82", 0x2ff7, FLIP_KIND_AVR, 0x9382, 0x02000, 0x1000, 128, 512 },
	{ "atmega32u4", 0x2ff4, FLIP_KIND_AVR, 0x9587, 0x08000, 0x1000, 128, 1024 },
	{ "atmega16u4", 0x2ff3, FLIP_KIND_AVR, 0x9488, 0x04000, 0x1000, 128, 512 },
	{ "atmega32u6", 0x2ff2, FLIP_KIND_AVR, 0x9588, 0x08000, 0x1000, 128, 1024 },
	{ "atmega32u2", 0x2ff0, FLIP_KIND_AVR, 0x958a, 0x08000, 0x1000, 128, 1024 },
	{ "atmega16u2", 0x2fef, FLIP_KIND_AVR, 0x9489, 0x04000, 0x1000, 128, 512 },
	{ "atmega8u2", 0x2fee, FLIP_KIND_AVR, 0x9389, 0x02000, 0x1000, 128, 512 },
	{ "atxmega64a1u", 0x2fe8, FLIP_KIND_XMEGA, 0x964e, 0x10000, 0, 512, 2048 },
	{ "atxmega128a1u", 0x2fed, FLIP_KIND_XMEGA, 0x974c, 0x20000, 0, 512, 2048 },
	{ "atxmega64a3u", 0x2fe5, FLIP_KIND_XMEGA, 0x9642, 0x10000, 0, 512, 2048 },
	{ "atxmega128a3u", 0x2fe6, FLIP_KIND_XMEGA, 0x9742, 0x20000, 0, 512, 2048 },
	{ "atxmega192a3u", 0x2fe7, FLIP_KIND_XMEGA, 0x9744, 0x30000, 0, 512, 2048 },
	{ "atxmega256a3u", 0x2fec, FLIP_KIND_XMEGA, 0x9842, 0x40000, 0, 512, 4096 },
	{ "atxmega16a4u", 0x2fe3, FLIP_KIND_XMEGA, 0x9441, 0x04000, 0, 512, 1024 },
	{ "atxmega32a4u", 0x2fe4, FLIP_KIND_XMEGA, 0x9541, 0x08000, 0, 512, 1024 },
	{ "atxmega64a4u", 0x2fdd, FLIP_KIND_XMEGA, 0x9646, 0x10000, 0, 512, 2048 },
	{ "atxmega128a4u", 0x2fde, FLIP_KIND_XMEGA, 0x9746, 0x20000, 0, 512, 2048 },
	{ "atxmega256a3bu", 0x2fe2, FLIP_KIND_XMEGA, 0x9843, 0x40000, 0, 512, 4096 },
	{ "atxmega64b1", 0x2fe1, FLIP_KIND_XMEGA, 0x9652, 0x10000, 0, 512, 2048 },
	{ "atxmega128b1", 0x2fea, FLIP_KIND_XMEGA, 0x974d, 0x20000, 0, 512, 2048 },
	{ "atxmega64b3", 0x2fdf, FLIP_KIND_XMEGA, 0x9651, 0x10000, 0, 512, 2048 },
	{ "atxmega128b3", 0x2fe0, FLIP_KIND_XMEGA, 0x974b, 0x20000, 0, 512, 2048 },
	{ "atxmega64c3", 0x2fd6, FLIP_KIND_XMEGA, 0x9649, 0x10000, 0, 512, 2048 },
	{ "atxmega128c3", 0x2fd7, FLIP_KIND_XMEGA, 0x9752, 0x20000, 0, 512, 2048 },
	{ "atxmega256c3", 0x2fda, FLIP_KIND_XMEGA, 0x9846, 0x40000, 0, 512, 4096 },
	{ "atxmega384c3", 0x2fdb, FLIP_KIND_XMEGA, 0x9845, 0x60000, 0, 512, 4096 },
	{ "atxmega16c4", 0x2fd8, FLIP_KIND_XMEGA, 0x9443, 0x04000, 0, 512, 1024 },
	{ "atxmega32c4", 0x2fd9, FLIP_KIND_XMEGA, 0x9544, 0x08000, 0, 512, 1024 },
	{ "at32uc3a0128", 0x2ff8, FLIP_KIND_AVR32, 0, 0x20000, 0x2000, 512, 0 },
	{ "at32uc3a1128", 0x2ff8, FLIP_KIND_AVR32, 0, 0x20000, 0x2000, 512, 0 },
	{ "at32uc3a0256", 0x2ff8, FLIP_KIND_AVR32, 0, 0x40000, 0x2000, 512, 0 },
	{ "at32uc3a1256", 0x2ff8, FLIP_KIND_AVR32, 0, 0x40000, 0x2000, 512, 0 },
	{ "at32uc3a0512", 0x2ff8, FLIP_KIND_AVR32, 0, 0x80000, 0x2000, 512, 0 },
	{ "at32uc3a1512", 0x2ff8, FLIP_KIND_AVR32, 0, 0x80000, 0x2000, 512, 0 },
	{ "at32uc3a364", 0x2ff1, FLIP_KIND_AVR32, 0, 0x10000, 0x2000, 512, 0 },
	{ "at32uc3a364s", 0x2ff1, FLIP_KIND_AVR32, 0, 0x10000, 0x2000, 512, 0 },
	{ "at32uc3a3128", 0x2ff1, FLIP_KIND_AVR32, 0, 0x20000, 0x2000, 512, 0 },
	{ "at32uc3a3128s", 0x2ff1, FLIP_KIND_AVR32, 0, 0x20000, 0x2000, 512, 0 },
	{ "at32uc3a3256", 0x2ff1, FLIP_KIND_AVR32, 0, 0x40000, 0x2000, 512, 0 },
	{ "at32uc3a3256s", 0x2ff1, FLIP_KIND_AVR32, 0, 0x40000, 0x2000, 512, 0 },
	{ "at32uc3a4256s", 0x2ff1, FLIP_KIND_AVR32, 0, 0x40000, 0x2000, 512, 0 },
	{ "at32uc3b064", 0x2ff6, FLIP_KIND_AVR32, 0, 0x10000, 0x2000, 512, 0 },
	{ "at32uc3b164", 0x2ff6, FLIP_KIND_AVR32, 0, 0x10000, 0x2000, 512, 0 },
	{ "at32uc3b0128", 0x2ff6, FLIP_KIND_AVR32, 0, 0x20000, 0x2000, 512, 0 },
	{ "at32uc3b1128", 0x2ff6, FLIP_KIND_AVR32, 0, 0x20000, 0x2000, 512, 0 },
	{ "at32uc3b0256", 0x2ff6, FLIP_KIND_AVR32, 0, 0x40000, 0x2000, 512, 0 },
	{ "at32uc3b1256", 0x2ff6, FLIP_KIND_AVR32, 0, 0x40000, 0x2000, 512, 0 },
	{ "at32uc3b0512", 0x2ff6, FLIP_KIND_AVR32, 0, 0x80000, 0x2000, 512, 0 },
	{ "at32uc3b1512", 0x2ff6, FLIP_KIND_AVR32, 0, 0x80000, 0x2000, 512, 0 },
	{ "at32uc3c064", 0x2feb, FLIP_KIND_AVR32, 0, 0x10000, 0x2000, 512, 0 },
	{ "at32uc3c0128", 0x2feb, FLIP_KIND_AVR32, 0, 0x20000, 0x2000, 512, 0 },
	{ "at32uc3c0256", 0x2feb, FLIP_KIND_AVR32, 0, 0x40000, 0x2000, 512, 0 },
	{ "at32uc3c0512", 0x2feb, FLIP_KIND_AVR32, 0, 0x80000, 0x2000, 512, 0 },
	{ "at32uc3c164", 0x2feb, FLIP_KIND_AVR32, 0, 0x10000, 0x2000, 512, 0 },
	{ "at32uc3c1128", 0x2feb, FLIP_KIND_AVR32, 0, 0x20000, 0x2000, 512, 0 },
	{ "at32uc3c1256", 0x2feb, FLIP_KIND_AVR32, 0, 0x40000, 0x2000, 512, 0 },
	{ "at32uc3c1512", 0x2feb, FLIP_KIND_AVR32, 0, 0x80000, 0x2000, 512, 0 },
	{ "at32uc3c264", 0x2feb, FLIP_KIND_AVR32, 0, 0x10000, 0x2000, 512, 0 },
	{ "at32uc3c2128", 0x2feb, FLIP_KIND_AVR32, 0, 0x20000, 0x2000, 512, 0 },
	{ "at32uc3c2256", 0x2feb, FLIP_KIND_AVR32, 0, 0x40000, 0x2000, 512, 0 },
	{ "at32uc3c2512", 0x2feb, FLIP_KIND_AVR32, 0, 0x80000, 0x2000, 512, 0 },
};
/* clang-format on */

const struct flip_part *flip_part_get(size_t index)
{
	return index < DFUT_COUNT(parts) ? &parts[index] : NULL;
}

const char *flip_part_get_name(size_t index)
{
	return index < DFUT_COUNT(parts) ? parts[index].name : NULL;
}

const struct flip_part *flip_part_find_by_product(uint16_t product)
{
	const struct flip_part *found = NULL;

	for (size_t i = 0; i < DFUT_COUNT(parts); i++) {
		if (parts[i].product != product)
			continue;
		if (found && found->flash != parts[i].flash)
			return NULL;
		found = found ? found : &parts[i];
	}
	return found;
}

size_t flip_put_avr_signature(uint8_t *signature)
{
	signature[0] = MANUFACTURER;
	signature[1] = FAMILY_AVR;
	return 2;
}

/* XMEGAs do without the manufacturer. */
const struct flip_part *flip_part_find_by_signature(const uint8_t *signature)
{
	bool is_avr = signature[0] == MANUFACTURER && signature[1] == FAMILY_AVR;
	const uint8_t *last = signature + (is_avr ? 2 : 1);

	if (!is_avr && signature[0] != FAMILY_AVR)
		return NULL;
	for (size_t i = 0; i < DFUT_COUNT(parts); i++)
		if (parts[i].kind == (is_avr ? FLIP_KIND_AVR : FLIP_KIND_XMEGA) &&
		    parts[i].signature == (uint16_t)(last[0] << 8 | last[1]))
			return &parts[i];
	return NULL;
}

enum flip_kind flip_product_get_kind(uint16_t product)
{
	for (size_t i = 0; i < DFUT_COUNT(parts); i++)
		if (parts[i].product == product)
			return parts[i].kind;
	return FLIP_KIND_UNKNOWN;
}
