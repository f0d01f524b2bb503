/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Reading a file whole, or not at all. */

#if !defined(_WIN32) && !defined(_XOPEN_SOURCE)
#define _XOPEN_SOURCE 700
#endif

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sys/stat.h>
#include <sys/types.h>

#include "base/base.h"
#include "base/file.h"

#define FIRST_CHUNK ((size_t)64 * 1024)
#define LARGEST_CHUNK ((size_t)8 * 1024 * 1024)

#if defined(_WIN32)
typedef struct _stat64 file_status;

static int get_status(FILE *file, file_status *status)
{
	return _fstat64(_fileno(file), status);
}

/* Pipes and devices have names of their own there, which are in no folder. */
static bool is_special(const char *path)
{
	(void)path;
	return false;
}
#else
typedef struct stat file_status;

static int get_status(FILE *file, file_status *status)
{
	return fstat(fileno(file), status);
}

static bool is_special(const char *path)
{
	file_status status;

	return stat(path, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
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

int dfut_file_open_known(struct dfut_failure *failure, const char *path, FILE **file, uint64_t *size)
{
	file_status status;

	*size = 0;
	if (dfut_file_is_directory(path))
		return dfut_fail(failure, DFUT_ERROR_IO, "is a directory, not a file");
	errno = 0;
	*file = dfut_file_open(path);
	if (!*file)
		return fail_open(failure, errno);
	if (get_status(*file, &status) < 0) {
		fail_read(failure, 0);
		fclose(*file);
		return failure->code;
	}
	if ((status.st_mode & S_IFMT) == S_IFREG)
		*size = (uint64_t)status.st_size;
	return 0;
}

int dfut_file_take(struct dfut_failure *failure, FILE *file, uint64_t said, size_t limit, uint8_t **data, size_t *size)
{
	int result;

	if (said == 0)
		result = read_stream(failure, file, limit, data, size);
	else if (said > limit)
		result = dfut_fail_check(failure, DFUT_ERROR_IMAGE, DFUT_CHECK_SIZE, "has %llu bytes, the limit is %zu",
					 (unsigned long long)said, limit);
	else
		result = read_sized(failure, file, said, data, size);
	fclose(file);
	return result;
}

int dfut_file_read(struct dfut_failure *failure, const char *path, size_t limit, uint8_t **data, size_t *size)
{
	FILE *file;
	uint64_t said;

	if (dfut_file_open_known(failure, path, &file, &said) < 0)
		return failure->code;
	return dfut_file_take(failure, file, said, limit, data, size);
}

int dfut_file_read_named(struct dfut_failure *failure, const char *path, size_t limit, uint8_t **data, size_t *size)
{
	if (is_special(path))
		return dfut_fail(failure, DFUT_ERROR_IO, "is a pipe or a device, not a file");
	return dfut_file_read(failure, path, limit, data, size);
}
