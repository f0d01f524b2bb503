/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What a Nordic DFU package has for the protocols. */

#include "image/nordic.h"

bool dfut_image_is_nordic(const struct dfut_image *image)
{
	return image->nordic && !image->nordic->is_legacy;
}

bool dfut_image_is_nordic_legacy(const struct dfut_image *image)
{
	return image->nordic && image->nordic->is_legacy;
}

size_t dfut_image_get_nordic_part_count(const struct dfut_image *image)
{
	return image->nordic ? image->nordic->count : 0;
}

int dfut_image_get_nordic_part(const struct dfut_image *image, size_t index, struct dfut_nordic_part *part)
{
	if (index >= dfut_image_get_nordic_part_count(image))
		return DFUT_ERROR_NOT_FOUND;
	*part = image->nordic->images[index].part;
	return 0;
}
