/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * The 16 bytes in front of firmware for the boot ROM of NXP LPC18xx and LPC43xx (UM10503, "Boot image header format"),
 * plain form. The ROM wants them, so they are sent.
 */

#include "image/image.h"

#define FRAME_SIZE 512

static bool is_filled(const uint8_t *bytes, size_t size, uint8_t value)
{
	for (size_t i = 0; i < size; i++)
		if (bytes[i] != value)
			return false;
	return true;
}

/* The field of the hash is not used without encryption: tools leave it 00 or FF. */
bool dfut_lpc_matches(const struct dfut_image *image)
{
	const uint8_t *bytes = image->data;

	if (image->size < DFUT_LPC_HEADER_SIZE || (bytes[0] & 0x3f) != 0x1a || (bytes[1] & 0x3f) != 0x3f)
		return false;
	if (!is_filled(bytes + 4, 8, 0x00) && !is_filled(bytes + 4, 8, 0xff))
		return false;
	return is_filled(bytes + 12, 4, 0xff);
}

int dfut_lpc_inspect(struct dfut_loader *loader)
{
	size_t size = loader->image->size - DFUT_LPC_HEADER_SIZE;
	size_t frames = dfut_le16(loader->image->data + 2);
	size_t needed = (size + FRAME_SIZE - 1) / FRAME_SIZE;

	dfut_image_add_fact(loader, "header_size", "%d", DFUT_LPC_HEADER_SIZE);
	dfut_image_add_fact(loader, "image_size", "%zu", size);
	dfut_image_add_fact(loader, "header_frames", "%zu", frames);
	dfut_image_add_fact(loader, "header_length", "%zu", frames * FRAME_SIZE);
	if (frames > needed)
		return dfut_image_doubt(loader, DFUT_ERROR_IMAGE, DFUT_CHECK_LENGTH,
					"offset %zu: the file ends early, its LPC header at offset 2 says "
					"%zu frames of 512 bytes, %zu are there",
					loader->image->size, frames, needed);
	if (frames < needed)
		dfut_image_add_fact(loader, "warning",
				    "offset 2: the LPC header says %zu frames of 512 bytes, the file has %zu", frames,
				    needed);
	return 0;
}
