/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The AVRs that LUFA's HID bootloader is built for: data sheets 7707, 7799, 7766 and 7593. */

#include "language/qmk-hid/parts.h"

#define KIB 1024

/* Addresses have two bytes; a flash of more than 64 KiB is counted in steps of 256 bytes. */
#define PAGES_OF_128 \
	{ \
		128, 2, 2, 0 \
	}
#define PAGES_OF_256 \
	{ \
		256, 2, 2, 0 \
	}
#define PAGES_OF_256_FAR \
	{ \
		256, 2, 2, 8 \
	}

/* A bootloader fills its section at most: what may be its own is left alone, as it ignores that without a word. */
/* clang-format off */
static const struct qmk_hid_part parts[] = {
	{ "at90usb82", "AT90USB82", 8 * KIB, 4 * KIB, PAGES_OF_128 },
	{ "at90usb162", "AT90USB162", 16 * KIB, 4 * KIB, PAGES_OF_128 },
	{ "atmega8u2", "ATmega8U2", 8 * KIB, 4 * KIB, PAGES_OF_128 },
	{ "atmega16u2", "ATmega16U2", 16 * KIB, 4 * KIB, PAGES_OF_128 },
	{ "atmega32u2", "ATmega32U2", 32 * KIB, 4 * KIB, PAGES_OF_128 },
	{ "atmega16u4", "ATmega16U4", 16 * KIB, 4 * KIB, PAGES_OF_128 },
	{ "atmega32u4", "ATmega32U4", 32 * KIB, 4 * KIB, PAGES_OF_128 },
	{ "at90usb646", "AT90USB646", 64 * KIB, 8 * KIB, PAGES_OF_256 },
	{ "at90usb647", "AT90USB647", 64 * KIB, 8 * KIB, PAGES_OF_256 },
	{ "at90usb1286", "AT90USB1286", 128 * KIB, 8 * KIB, PAGES_OF_256_FAR },
	{ "at90usb1287", "AT90USB1287", 128 * KIB, 8 * KIB, PAGES_OF_256_FAR },
};
/* clang-format on */

const struct qmk_hid_part *qmk_hid_get_part(size_t index)
{
	return index < DFUT_COUNT(parts) ? &parts[index] : NULL;
}

const char *qmk_hid_get_part_name(size_t index)
{
	return index < DFUT_COUNT(parts) ? parts[index].name : NULL;
}
