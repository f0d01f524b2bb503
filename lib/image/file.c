/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Firmware files on disk: read whole, and replaced whole or not at all. */

#if !defined(_WIN32) && !defined(_XOPEN_SOURCE)
#define _XOPEN_SOURCE 700
#endif

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>
#if defined(_WIN32)
#include <io.h>
#include <process.h>
#include <windows.h>
#else
#include <unistd.h>
#endif

#include "image/image.h"

#define TEMPORARY_NAMES 100

/* Reading a file */

#if defined(_WIN32)
static wchar_t *wide_path(const char *path)
{
	int length = MultiByteToWideChar(CP_UTF8, 0, path, -1, NULL, 0);
	wchar_t *wide = length > 0 ? calloc((size_t)length, sizeof(*wide)) : NULL;

	if (wide)
		MultiByteToWideChar(CP_UTF8, 0, path, -1, wide, length);
	return wide;
}

static bool is_directory(const char *path)
{
	wchar_t *wide = wide_path(path);
	DWORD attributes = wide ? GetFileAttributesW(wide) : INVALID_FILE_ATTRIBUTES;

	free(wide);
	return attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY);
}

static FILE *open_to_read(const char *path)
{
	wchar_t *wide = wide_path(path);
	FILE *file = wide ? _wfopen(wide, L"rb") : NULL;

	free(wide);
	return file;
}
#else
static bool is_directory(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static FILE *open_to_read(const char *path)
{
	return fopen(path, "rb");
}
#endif

static int fail_open(struct dfut_failure *failure, int error)
{
	if (error == ENOENT || error == ENOTDIR)
		return dfut_fail(failure, DFUT_ERROR_NOT_FOUND, "no such file");
	if (error == EACCES || error == EPERM)
		return dfut_fail(failure, DFUT_ERROR_ACCESS, "no permission to read it");
	if (error == ENOMEM)
		return dfut_fail_memory(failure);
	return dfut_fail(failure, DFUT_ERROR_IO, "can't be opened: %s", strerror(error));
}

/* Makes room for at least one more byte. */
static int grow(struct dfut_failure *failure, uint8_t **data, size_t *capacity)
{
	size_t larger = *capacity ? *capacity * 2 : 65536;
	uint8_t *bytes = realloc(*data, larger);

	if (!bytes)
		return dfut_fail_memory(failure);
	*data = bytes;
	*capacity = larger;
	return 0;
}

/* The size is not asked for beforehand: the file may be a pipe, or grow meanwhile. */
static int read_stream(struct dfut_failure *failure, FILE *file, uint8_t **data, size_t *size)
{
	size_t capacity = 0;

	while (!feof(file)) {
		if (*size == capacity && grow(failure, data, &capacity) < 0)
			return DFUT_ERROR_NO_MEMORY;
		errno = 0;
		*size += fread(*data + *size, 1, capacity - *size, file);
		if (ferror(file))
			return dfut_fail(failure, DFUT_ERROR_IO, "offset %zu: can't be read: %s", *size,
					 strerror(errno));
		if (*size > DFUT_IMAGE_MAX_SIZE)
			return dfut_fail_check(failure, DFUT_ERROR_IMAGE, DFUT_CHECK_SIZE,
					       "larger than 256 MiB, which no firmware is");
	}
	return 0;
}

int dfut_image_read_file(struct dfut_failure *failure, const char *path, uint8_t **data, size_t *size)
{
	FILE *file;
	int result;

	if (is_directory(path))
		return dfut_fail(failure, DFUT_ERROR_IO, "is a directory, not a file");
	errno = 0;
	file = open_to_read(path);
	if (!file)
		return fail_open(failure, errno);
	result = read_stream(failure, file, data, size);
	fclose(file);
	return result;
}

/* Writing a file */

static int write_error(int error)
{
	if (error == EACCES || error == EPERM || error == EROFS)
		return DFUT_ERROR_ACCESS;
	return error == ENOMEM ? DFUT_ERROR_NO_MEMORY : DFUT_ERROR_IO;
}

#if defined(_WIN32)
static char *resolve_target(const char *path, int *mode)
{
	*mode = _S_IREAD | _S_IWRITE;
	if (is_directory(path)) {
		errno = EISDIR;
		return NULL;
	}
	return dfut_format_text("%s", path);
}

static FILE *create_new(const char *path, int mode)
{
	wchar_t *wide = wide_path(path);
	int descriptor = wide ? _wopen(wide, _O_CREAT | _O_EXCL | _O_WRONLY | _O_BINARY, mode) : -1;

	free(wide);
	return descriptor < 0 ? NULL : _fdopen(descriptor, "wb");
}

static bool flush_to_disk(FILE *file)
{
	return fflush(file) == 0 && _commit(_fileno(file)) == 0;
}

static void delete_file(const char *path)
{
	wchar_t *wide = wide_path(path);

	if (wide)
		DeleteFileW(wide);
	free(wide);
}

static bool replace_file(const char *from, const char *to)
{
	wchar_t *wide_from = wide_path(from);
	wchar_t *wide_to = wide_path(to);
	bool done = wide_from && wide_to && MoveFileExW(wide_from, wide_to, MOVEFILE_REPLACE_EXISTING);

	errno = !done && GetLastError() == ERROR_ACCESS_DENIED ? EACCES : EIO;
	free(wide_from);
	free(wide_to);
	return done;
}

static unsigned long process_id(void)
{
	return (unsigned long)_getpid();
}
#else
/*
 * The file that a symbolic link leads to is replaced, not the link, and it keeps its mode. A device or a pipe is
 * refused: it would become a file.
 */
static char *resolve_target(const char *path, mode_t *mode)
{
	struct stat status;

	*mode = 0;
	if (stat(path, &status) < 0)
		return errno == ENOENT ? dfut_format_text("%s", path) : NULL;
	if (!S_ISREG(status.st_mode)) {
		errno = S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
		return NULL;
	}
	*mode = status.st_mode & 0777;
	return realpath(path, NULL);
}

static FILE *create_new(const char *path, mode_t mode)
{
	int descriptor = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);

	if (descriptor < 0)
		return NULL;
	/* Not every file system knows modes. */
	if (mode != 0 && fchmod(descriptor, mode) < 0)
		errno = 0;
	return fdopen(descriptor, "wb");
}

static bool flush_to_disk(FILE *file)
{
	if (fflush(file) != 0)
		return false;
	return fsync(fileno(file)) == 0 || errno == EINVAL || errno == ENOSYS;
}

static void delete_file(const char *path)
{
	unlink(path);
}

static bool replace_file(const char *from, const char *to)
{
	return rename(from, to) == 0;
}

static unsigned long process_id(void)
{
	return (unsigned long)getpid();
}
#endif

static bool write_layers(const struct dfut_image *image, FILE *file)
{
	uint8_t suffix[DFUT_SUFFIX_SIZE];

	if (fwrite(image->data, 1, image->size, file) != image->size)
		return false;
	if (!image->suffix.present)
		return true;
	dfut_suffix_write(image, suffix);
	return fwrite(suffix, 1, sizeof(suffix), file) == sizeof(suffix);
}

static int write_and_close(const struct dfut_image *image, FILE *file)
{
	int error = 0;

	errno = EIO;
	if (!write_layers(image, file) || !flush_to_disk(file))
		error = errno;
	if (fclose(file) != 0 && error == 0)
		error = errno;
	return error;
}

/* In the same directory, since a rename does not cross file systems. The caller frees *path. */
static FILE *create_temporary(const char *target, unsigned int mode, char **path)
{
	for (int i = 0; i < TEMPORARY_NAMES; i++) {
		FILE *file;

		*path = dfut_format_text("%s.%lu-%d.tmp", target, process_id(), i);
		if (!*path) {
			errno = ENOMEM;
			return NULL;
		}
		file = create_new(*path, mode);
		if (file || errno != EEXIST)
			return file;
		free(*path);
	}
	*path = NULL;
	return NULL;
}

static int save_as(const struct dfut_image *image, const char *target, unsigned int mode)
{
	char *temporary = NULL;
	FILE *file = create_temporary(target, mode, &temporary);
	int error = file ? write_and_close(image, file) : errno;

	if (file && error == 0 && !replace_file(temporary, target))
		error = errno;
	if (file && error != 0)
		delete_file(temporary);
	free(temporary);
	return error ? write_error(error) : 0;
}

DFUT_API int dfut_image_save_file(const struct dfut_image *image, const char *path)
{
#if defined(_WIN32)
	int mode;
#else
	mode_t mode;
#endif
	char *target;
	int result;

	if (!path)
		return DFUT_ERROR_USAGE;
	target = resolve_target(path, &mode);
	if (!target)
		return write_error(errno);
	result = save_as(image, target, (unsigned int)mode);
	free(target);
	return result;
}
