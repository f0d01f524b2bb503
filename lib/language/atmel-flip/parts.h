/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Parts (chips) with Atmel's FLIP bootloader: what is where in them. */

#ifndef DFUT_FLIP_PARTS_H
#define DFUT_FLIP_PARTS_H

#include "base/base.h"

#define FLIP_VENDOR 0x03eb
/* Manufacturer, family, product and revision, as they are asked for; the first is 58 in front of an AVR's three */
#define FLIP_SIGNATURE_SIZE 4

enum flip_kind {
	FLIP_KIND_AVR, /* FLIP 1 */
	FLIP_KIND_XMEGA,
	FLIP_KIND_AVR32,
	FLIP_KIND_UNKNOWN,
};

struct flip_part {
	const char *name;
	uint16_t product; /* its bootloader's product id */
	enum flip_kind kind;
	uint16_t signature; /* the last two of an AVR's three bytes, the first is 1e; 0 if not known */
	uint32_t flash;	    /* bytes, without a boot section that is not part of it */
	uint32_t loader;    /* bytes of it that are the bootloader's: the last ones, an AVR32's the first ones */
	uint16_t page;
	uint16_t eeprom; /* bytes, 0 if it has none */
};

/* NULL after the last. */
const struct flip_part *flip_part_get(size_t index);
const char *flip_part_get_name(size_t index);
/* That all parts with this product id are alike to: NULL if there is none, or they have flash of several sizes. */
const struct flip_part *flip_part_find_by_product(uint16_t product);
/* The bytes with which an AVR's begins, which all have: how many they are. */
size_t flip_put_avr_signature(uint8_t *signature);
/* NULL if the bytes are those of no part. */
const struct flip_part *flip_part_find_by_signature(const uint8_t *signature);
/* What all parts with this product id are. */
enum flip_kind flip_product_get_kind(uint16_t product);

static inline bool flip_kind_is_two(enum flip_kind kind)
{
	return kind == FLIP_KIND_XMEGA || kind == FLIP_KIND_AVR32;
}

/* Addresses from the flash's first byte: of the first that may be written, and behind the last. */
static inline uint32_t flip_part_get_start(const struct flip_part *part)
{
	return part->kind == FLIP_KIND_AVR32 ? part->loader : 0;
}

static inline uint32_t flip_part_get_end(const struct flip_part *part)
{
	return part->kind == FLIP_KIND_AVR32 ? part->flash : part->flash - part->loader;
}

#endif
