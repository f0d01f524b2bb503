/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* How a Nordic DFU package is recognised, and what the protocols get of it. */

#include <stdio.h>
#include <string.h>

#include "image/format/nordic-package.h"

/* A file in a ZIP archive begins with 30 bytes, of which these two are the length of its name, and then its name. */
#define HEADER_SIZE 30
#define HEADER_NAME_LENGTH 26

const char *const dfut_nordic_names[DFUT_NORDIC_MAX_PARTS] = { "application", "softdevice", "bootloader",
							       "softdevice_bootloader" };

static bool has_manifest(const struct dfut_image *image)
{
	size_t length = strlen(DFUT_NORDIC_MANIFEST_NAME);

	for (size_t i = HEADER_SIZE; i + length <= image->size; i++)
		if (image->data[i] == DFUT_NORDIC_MANIFEST_NAME[0] &&
		    memcmp(image->data + i, DFUT_NORDIC_MANIFEST_NAME, length) == 0)
			return true;
	return false;
}

/* The manifest is often the last file, so that a package that was cut off may lack it. */
static bool begins_with_firmware(const struct dfut_image *image)
{
	size_t end = HEADER_SIZE + (size_t)dfut_le16(image->data + HEADER_NAME_LENGTH);

	return end >= HEADER_SIZE + 4 && end <= image->size &&
	       (memcmp(image->data + end - 4, ".dat", 4) == 0 || memcmp(image->data + end - 4, ".bin", 4) == 0);
}

bool dfut_nordic_matches(const struct dfut_image *image)
{
	return image->size >= HEADER_SIZE && memcmp(image->data, "PK\3\4", 4) == 0 &&
	       (has_manifest(image) || begins_with_firmware(image));
}

void dfut_nordic_add_fact(struct dfut_loader *loader, const struct dfut_nordic_image *image, const char *key,
			  const char *text, ...)
{
	char long_key[48];
	char value[256];
	va_list arguments;

	snprintf(long_key, sizeof(long_key), "%s_%s", image->name, key);
	va_start(arguments, text);
	vsnprintf(value, sizeof(value), text, arguments);
	va_end(arguments);
	dfut_image_add_fact(loader, long_key, "%s", value);
}

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
