/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Files of a mounted drive. Between two calls none is open, so that nothing but the folder keeps it from being unmounted. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/base.h"
#include "transport/volume.h"

struct dfut_volume {
	int folder;
};

static int get_error(void)
{
	switch (errno) {
	case ENOENT:
		return DFUT_ERROR_UNSUPPORTED;
	case EACCES:
	case EPERM:
	case EROFS:
		return DFUT_ERROR_ACCESS;
	case ENOMEM:
		return DFUT_ERROR_NO_MEMORY;
	case ENODEV:
	case ENXIO:
		return DFUT_ERROR_GONE;
	default:
		return DFUT_ERROR_IO;
	}
}

int dfut_volume_open(struct dfut_volume **volume, const char *point)
{
	int folder = open(point, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	*volume = NULL;
	if (folder < 0)
		return errno == ENOENT || errno == ENOTDIR ? DFUT_ERROR_NOT_FOUND : get_error();
	if (faccessat(folder, ".", W_OK, AT_EACCESS) < 0) {
		int result = get_error();

		close(folder);
		return result;
	}
	*volume = malloc(sizeof(**volume));
	if (!*volume) {
		close(folder);
		return DFUT_ERROR_NO_MEMORY;
	}
	(*volume)->folder = folder;
	return 0;
}

void dfut_volume_get_disk(const struct dfut_volume *volume, char number[32])
{
	struct stat status;

	number[0] = '\0';
	if (fstat(volume->folder, &status) == 0)
		snprintf(number, 32, "%u:%u", major(status.st_dev), minor(status.st_dev));
}

void dfut_volume_close(struct dfut_volume *volume)
{
	close(volume->folder);
	free(volume);
}

static int move_all(int file, const struct dfut_action_transfer *transfer, uint8_t *in, const uint8_t *out)
{
	size_t done = 0;

	while (done < transfer->length) {
		size_t left = transfer->length - done;
		off_t at = (off_t)(transfer->offset + done);
		ssize_t moved = in ? pread(file, in + done, left, at) : pwrite(file, out + done, left, at);

		if (moved < 0 && errno == EINTR)
			continue;
		if (moved < 0)
			return get_error();
		if (moved == 0)
			break;
		done += (size_t)moved;
	}
	return (int)done;
}

/* What somebody has put there in place of a file is not followed, nor waited for. */
static int open_file(const struct dfut_volume *volume, const struct dfut_action_transfer *transfer, int flags)
{
	return openat(volume->folder, transfer->file, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0644);
}

int dfut_volume_read(struct dfut_volume *volume, const struct dfut_action_transfer *transfer, uint8_t *data)
{
	int file = open_file(volume, transfer, O_RDONLY);
	int result;

	if (file < 0)
		return get_error();
	result = move_all(file, transfer, data, NULL);
	close(file);
	return result;
}

int dfut_volume_write(struct dfut_volume *volume, const struct dfut_action_transfer *transfer, const uint8_t *data)
{
	int file = open_file(volume, transfer, O_WRONLY | O_CREAT | (transfer->offset ? 0 : O_TRUNC));
	int result;

	if (file < 0)
		return get_error();
	result = move_all(file, transfer, NULL, data);
	if (result >= 0 && fsync(file) < 0)
		result = get_error();
	if (close(file) < 0 && result >= 0)
		result = get_error();
	return result >= 0 && result < transfer->length ? DFUT_ERROR_IO : result;
}
