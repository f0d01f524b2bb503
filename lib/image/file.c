/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Firmware files on disk: replaced whole or not at all. */

#include <errno.h>
#include <stdio.h>

#include "base/file.h"
#include "image/paged.h"

static int fail_write(struct dfut_failure *failure, const char *path, int error)
{
	bool is_refused = error == EACCES || error == EPERM || error == EROFS;

	if (error == ENOMEM)
		return dfut_fail_memory(failure);
	return dfut_fail(failure, is_refused ? DFUT_ERROR_ACCESS : DFUT_ERROR_IO, "%s: can't be written: %s", path,
			 dfut_file_get_text(error));
}

struct saving {
	const struct dfut_image *image;
	int *result; /* of reading what stays in its file */
};

static bool write_pages(const struct saving *saving, FILE *file)
{
	const struct dfut_image *image = saving->image;
	uint8_t bytes[4096];
	size_t part;

	for (size_t done = 0; done < image->size; done += part) {
		part = image->size - done < sizeof(bytes) ? image->size - done : sizeof(bytes);
		*saving->result = dfut_paged_read(image->paged, image->failure, done, bytes, part);
		if (*saving->result < 0 || fwrite(bytes, 1, part, file) != part)
			return false;
	}
	return true;
}

static bool write_layers(const void *data, FILE *file)
{
	const struct saving *saving = data;
	const struct dfut_image *image = saving->image;
	uint8_t suffix[DFUT_SUFFIX_SIZE];

	if (image->paged ? !write_pages(saving, file) : fwrite(image->data, 1, image->size, file) != image->size)
		return false;
	if (!image->suffix.present)
		return true;
	dfut_suffix_write(image, suffix);
	return fwrite(suffix, 1, sizeof(suffix), file) == sizeof(suffix);
}

DFUT_API int dfut_image_save_file(const struct dfut_image *image, const char *path)
{
	int result = 0;
	const struct saving saving = { image, &result };
	int error;

	if (!path)
		return dfut_fail(image->failure, DFUT_ERROR_USAGE, "no path was given to save the image at");
	error = dfut_file_replace(path, write_layers, &saving);
	if (result < 0)
		return result;
	return error ? fail_write(image->failure, path, error) : 0;
}
