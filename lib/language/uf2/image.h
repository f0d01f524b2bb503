/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What of an image is sent to a drive: the blocks of a UF2 file, or those that another format becomes. */

#ifndef DFUT_UF2_IMAGE_H
#define DFUT_UF2_IMAGE_H

#include "image/image.h"
#include "language/uf2/chip.h"

/* As much as is known of the bootloader. */
struct uf2_target {
	const struct uf2_chip *chip; /* NULL if not known ... */
	uint32_t family;     /* ... then the only one that it takes, UF2_FAMILY_NONE if that is not known, either */
	bool is_asked;	     /* the bootloader itself was: more will not be known */
	bool has_window;     /* CURRENT.UF2 shows all flash that can be written: ... */
	uint32_t start, end; /* ... from here on, and the address behind it */
};

struct uf2_blocks {
	uint8_t *data; /* UF2_BLOCK_SIZE each, in the order of the file */
	size_t count;
};

/* Chooses or makes the blocks, and judges them: 0, or a negative error with its words and nothing to free. What depends on the
 * target is judged as far as that is known: there may be no blocks then. */
int uf2_blocks_take(struct uf2_blocks *blocks, const struct dfut_image *image, const struct uf2_target *target,
		    unsigned int force, struct dfut_failure *failure);
void uf2_blocks_free(struct uf2_blocks *blocks);

#endif
