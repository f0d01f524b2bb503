/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Firmware files on disk: replaced whole or not at all. */

#include <errno.h>
#include <stdio.h>

#include "base/file.h"
#include "image/image.h"

static int fail_write(struct dfut_failure *failure, const char *path, int error)
{
	bool is_refused = error == EACCES || error == EPERM || error == EROFS;

	if (error == ENOMEM)
		return dfut_fail_memory(failure);
	return dfut_fail(failure, is_refused ? DFUT_ERROR_ACCESS : DFUT_ERROR_IO, "%s: can't be written: %s", path,
			 dfut_file_get_text(error));
}

static bool write_layers(const void *data, FILE *file)
{
	const struct dfut_image *image = data;
	uint8_t suffix[DFUT_SUFFIX_SIZE];

	if (fwrite(image->data, 1, image->size, file) != image->size)
		return false;
	if (!image->suffix.present)
		return true;
	dfut_suffix_write(image, suffix);
	return fwrite(suffix, 1, sizeof(suffix), file) == sizeof(suffix);
}

DFUT_API int dfut_image_save_file(const struct dfut_image *image, const char *path)
{
	int error;

	if (!path)
		return dfut_fail(image->failure, DFUT_ERROR_USAGE, "no path was given to save the image at");
	error = dfut_file_replace(path, write_layers, image);
	return error ? fail_write(image->failure, path, error) : 0;
}
