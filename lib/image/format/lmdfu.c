/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * The 8 bytes in front of firmware for the USB boot loader of TI Stellaris and Tiva (SW-TM4C-UTILS, "dfuwrap"): where
 * it goes and how long it is. The boot loader wants them, so they are sent.
 */

#include "image/image.h"

#define PREFIX_SIZE 8
#define COMMAND_PROGRAM 0x01
#define ADDRESS_UNIT 1024

/* The length has to match: the rest is too little to be sure. */
bool dfut_lmdfu_matches(const struct dfut_image *image)
{
	const uint8_t *bytes = image->data;

	if (image->size <= PREFIX_SIZE || bytes[0] != COMMAND_PROGRAM || bytes[1] != 0)
		return false;
	return dfut_le32(bytes + 4) == image->size - PREFIX_SIZE;
}

int dfut_lmdfu_inspect(struct dfut_loader *loader)
{
	const uint8_t *bytes = loader->image->data;

	dfut_image_add_fact(loader, "address", "0x%08lx", (unsigned long)dfut_le16(bytes + 2) * ADDRESS_UNIT);
	dfut_image_add_fact(loader, "image_size", "%lu", (unsigned long)dfut_le32(bytes + 4));
	return 0;
}
