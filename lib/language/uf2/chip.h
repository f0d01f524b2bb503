/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The chips whose bootloaders take UF2 files: their families, and where an application may be. */

#ifndef DFUT_UF2_CHIP_H
#define DFUT_UF2_CHIP_H

#include "language/uf2/machine.h"

#define UF2_FAMILIES_MAX 5
/* Files of this family replace the bootloader of Adafruit's nRF52 boards. */
#define UF2_FAMILY_NRF52_BOOTLOADER 0xd663823c

struct uf2_chip {
	const char *name;		     /* of the part, as in the device table */
	uint32_t families[UF2_FAMILIES_MAX]; /* that its bootloader takes; ends with UF2_FAMILY_NONE if shorter */
	uint32_t start;			     /* the first address that an application may have ... */
	uint32_t end;			     /* ... and the one behind the last, 0 if not known */
	bool needs_family;		     /* a block without one is ignored */
	bool skips_low;	    /* what is below is counted, and not written: an image of the whole flash fits */
	bool shows_at_once; /* CURRENT.UF2 has what was written: nothing is kept back in a cache */
	bool has_raw_start; /* an application without addresses goes to `start` */
	bool erases_groups; /* a sector of 4 KiB with the first of 16 block numbers that comes: they have to lie in one */
};

/* By index; NULL after the last. */
const struct uf2_chip *uf2_chip_get(size_t index);
/* NULL if it is none's. */
const struct uf2_chip *uf2_chip_find_by_family(uint32_t family);
/* What the drive says: CURRENT.UF2 by its blocks, INFO_UF2.TXT by the name of its board. NULL if it does not tell. */
const struct uf2_chip *uf2_chip_find(const struct uf2_identity *identity);
bool uf2_chip_takes(const struct uf2_chip *chip, uint32_t family);
/* Whether only one family is its own, so that other formats can become UF2. */
bool uf2_chip_is_one_family(const struct uf2_chip *chip);

/* Whether it has an application, and can be made to start it without new firmware. */
bool uf2_can_leave(const struct uf2_identity *identity);

#endif
