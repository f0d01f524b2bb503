/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What an image puts into a part's flash or EEPROM, and whether the part would start it. */

#ifndef DFUT_FLIP_IMAGE_H
#define DFUT_FLIP_IMAGE_H

#include "image/blocks.h"
#include "language/atmel-flip/core.h"

/* What is to be in a memory. */
struct flip_content {
	struct dfut_blocks blocks;
	bool *covered; /* EEPROM: of each byte, whether it is the image's */
};

/* Lays the image out for that memory, and judges it: 0 or a negative error, on which there is nothing to free. force: checks that
 * do not matter. */
int flip_content_take(struct flip_content *content, const struct dfut_image *image, const struct flip_part *part,
		      enum flip_unit unit, unsigned int force, struct dfut_failure *failure);
void flip_content_free(struct flip_content *content);

#endif
