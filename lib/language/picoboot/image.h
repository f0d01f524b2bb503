/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What an image for flash says of itself: which chip it is for, whether its ROM would start it, and which UF2 family it is. */

#ifndef DFUT_PICOBOOT_IMAGE_H
#define DFUT_PICOBOOT_IMAGE_H

#include "image/image.h"
#include "language/picoboot/wire.h"

struct picoboot_kind {
	enum picoboot_chip chip; /* that it is for */
	bool is_program;	 /* it has what is at the beginning of flash, where a chip starts */
	bool has_stage;		 /* RP2040: a second stage with the right CRC32 */
	bool has_definition;	 /* RP2350: a block that defines an image */
	uint32_t family;	 /* that it is, or would be as a UF2 file */
};

void picoboot_get_kind(struct picoboot_kind *kind, const struct dfut_image *image);
/* Whether it may go to this chip, PICOBOOT_CHIP_UNKNOWN for either: 0, or DFUT_ERROR_MISMATCH and its words. */
int picoboot_check_image(const struct dfut_image *image, enum picoboot_chip chip, unsigned int force,
			 struct dfut_failure *failure);

#endif
