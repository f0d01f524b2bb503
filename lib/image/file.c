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
#define FIRST_CHUNK ((size_t)64 * 1024)
#define LARGEST_CHUNK ((size_t)8 * 1024 * 1024)

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

typedef struct _stat64 file_status;

static int get_status(FILE *file, file_status *status)
{
	return _fstat64(_fileno(file), status);
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

typedef struct stat file_status;

static int get_status(FILE *file, file_status *status)
{
	return fstat(fileno(file), status);
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

static int fail_read(struct dfut_failure *failure, size_t offset)
{
	return dfut_fail(failure, DFUT_ERROR_IO, "offset %zu: can't be read: %s", offset, strerror(errno));
}

/* One block of the size that the file has. It is no longer looked at afterwards, whatever becomes of it. */
static int read_sized(struct dfut_failure *failure, FILE *file, uint64_t said, uint8_t **data, size_t *size)
{
	*data = malloc((size_t)said);
	if (!*data)
		return dfut_fail_memory(failure);
	errno = 0;
	*size = fread(*data, 1, (size_t)said, file);
	if (ferror(file))
		return fail_read(failure, *size);
	if (*size == said && fgetc(file) == EOF)
		return 0;
	return dfut_fail(failure, DFUT_ERROR_IO,
			 "offset %zu: the file was changed while it was read, it had %llu bytes", *size,
			 (unsigned long long)said);
}

/* What has no size comes in chunks, which are put together when all are there: none is copied twice. */
struct chunk {
	struct chunk *next;
	size_t size;
	uint8_t bytes[];
};

static int read_chunks(struct dfut_failure *failure, FILE *file, size_t limit, struct chunk **next, size_t *size)
{
	size_t room = FIRST_CHUNK;

	while (!feof(file)) {
		struct chunk *chunk = malloc(sizeof(*chunk) + room);

		if (!chunk)
			return dfut_fail_memory(failure);
		*chunk = (struct chunk){ .next = NULL };
		*next = chunk;
		next = &chunk->next;
		errno = 0;
		chunk->size = fread(chunk->bytes, 1, room, file);
		*size += chunk->size;
		if (ferror(file))
			return fail_read(failure, *size);
		if (*size > limit)
			return dfut_fail_check(failure, DFUT_ERROR_IMAGE, DFUT_CHECK_SIZE,
					       "has more than %zu bytes, which is the limit", limit);
		room = room < LARGEST_CHUNK ? room * 2 : room;
	}
	return 0;
}

static int read_stream(struct dfut_failure *failure, FILE *file, size_t limit, uint8_t **data, size_t *size)
{
	struct chunk *chunk = NULL;
	struct chunk *next;
	size_t done = 0;
	int result = read_chunks(failure, file, limit, &chunk, size);

	if (result == 0)
		*data = malloc(*size > 0 ? *size : 1);
	if (result == 0 && !*data)
		result = dfut_fail_memory(failure);
	for (; chunk; chunk = next) {
		next = chunk->next;
		if (result == 0)
			memcpy(*data + done, chunk->bytes, chunk->size);
		done += chunk->size;
		free(chunk);
	}
	return result;
}

/* Files of /proc say that they are empty. */
static int read_open(struct dfut_failure *failure, FILE *file, size_t limit, uint8_t **data, size_t *size)
{
	file_status status;

	if (get_status(file, &status) < 0)
		return fail_read(failure, 0);
	if ((status.st_mode & S_IFMT) != S_IFREG || status.st_size == 0)
		return read_stream(failure, file, limit, data, size);
	if ((uint64_t)status.st_size > limit)
		return dfut_fail_check(failure, DFUT_ERROR_IMAGE, DFUT_CHECK_SIZE, "has %llu bytes, the limit is %zu",
				       (unsigned long long)status.st_size, limit);
	return read_sized(failure, file, (uint64_t)status.st_size, data, size);
}

int dfut_image_read_file(struct dfut_failure *failure, const char *path, size_t limit, uint8_t **data, size_t *size)
{
	FILE *file;
	int result;

	if (is_directory(path))
		return dfut_fail(failure, DFUT_ERROR_IO, "is a directory, not a file");
	errno = 0;
	file = open_to_read(path);
	if (!file)
		return fail_open(failure, errno);
	result = read_open(failure, file, limit, data, size);
	fclose(file);
	return result;
}

/* Writing a file */

/* An error of its own, beside those of the system */
#define NOT_REGULAR (-1)

static int fail_write(struct dfut_failure *failure, const char *path, int error)
{
	bool is_refused = error == EACCES || error == EPERM || error == EROFS;

	if (error == ENOMEM)
		return dfut_fail_memory(failure);
	return dfut_fail(failure, is_refused ? DFUT_ERROR_ACCESS : DFUT_ERROR_IO, "%s: can't be written: %s", path,
			 error == NOT_REGULAR ? "it is not a regular file" : strerror(error));
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
		errno = S_ISDIR(status.st_mode) ? EISDIR : NOT_REGULAR;
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

/* 0 or what errno said */
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
	return error;
}

DFUT_API int dfut_image_save_file(const struct dfut_image *image, const char *path)
{
#if defined(_WIN32)
	int mode;
#else
	mode_t mode;
#endif
	char *target;
	int error;

	if (!path)
		return dfut_fail(image->failure, DFUT_ERROR_USAGE, "no path was given to save the image at");
	errno = ENOMEM;
	target = resolve_target(path, &mode);
	error = target ? save_as(image, target, (unsigned int)mode) : errno;
	free(target);
	return error ? fail_write(image->failure, path, error) : 0;
}
