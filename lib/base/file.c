/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Files by their path: what the systems do differently, and how one is replaced. */

#if !defined(_WIN32) && !defined(_XOPEN_SOURCE)
#define _XOPEN_SOURCE 700
#endif

#include <errno.h>
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

#include "base/file.h"

#define TEMPORARY_NAMES 100
#define TEMPORARY_SIZE 64

static char *copy_text(const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = malloc(size);

	return copy ? memcpy(copy, text, size) : NULL;
}

#if defined(_WIN32)
#define SEPARATORS "/\\"

#define PRIVATE_MODE (_S_IREAD | _S_IWRITE)

typedef int file_mode;

static wchar_t *wide_path(const char *path)
{
	int length = MultiByteToWideChar(CP_UTF8, 0, path, -1, NULL, 0);
	wchar_t *wide = length > 0 ? calloc((size_t)length, sizeof(*wide)) : NULL;

	if (wide)
		MultiByteToWideChar(CP_UTF8, 0, path, -1, wide, length);
	return wide;
}

bool dfut_file_is_directory(const char *path)
{
	wchar_t *wide = wide_path(path);
	DWORD attributes = wide ? GetFileAttributesW(wide) : INVALID_FILE_ATTRIBUTES;

	free(wide);
	return attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY);
}

FILE *dfut_file_open(const char *path)
{
	wchar_t *wide = wide_path(path);
	FILE *file = wide ? _wfopen(wide, L"rb") : NULL;

	free(wide);
	return file;
}

static char *resolve_target(const char *path, file_mode *mode)
{
	*mode = _S_IREAD | _S_IWRITE;
	if (dfut_file_is_directory(path)) {
		errno = EISDIR;
		return NULL;
	}
	return copy_text(path);
}

static FILE *create_new(const char *path, file_mode mode)
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
#define SEPARATORS "/"

#define PRIVATE_MODE 0600

typedef mode_t file_mode;

bool dfut_file_is_directory(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

FILE *dfut_file_open(const char *path)
{
	return fopen(path, "rb");
}

static char *resolve_target(const char *path, file_mode *mode)
{
	struct stat status;

	*mode = 0;
	if (stat(path, &status) < 0)
		return errno == ENOENT ? copy_text(path) : NULL;
	if (!S_ISREG(status.st_mode)) {
		errno = S_ISDIR(status.st_mode) ? EISDIR : DFUT_FILE_NOT_REGULAR;
		return NULL;
	}
	*mode = status.st_mode & 0777;
	return realpath(path, NULL);
}

static FILE *create_new(const char *path, file_mode mode)
{
	int descriptor = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, mode ? mode : 0666);

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

FILE *dfut_file_create(const char *path)
{
	return create_new(path, PRIVATE_MODE);
}

static int write_and_close(FILE *file, dfut_file_writer writer, const void *data)
{
	int error = 0;

	errno = 0;
	if (!writer(data, file) || ferror(file) || !flush_to_disk(file))
		error = errno ? errno : EIO;
	if (fclose(file) != 0 && error == 0)
		error = errno ? errno : EIO;
	return error;
}

static size_t get_folder_length(const char *path)
{
	size_t length = strlen(path);

	while (length > 0 && !strchr(SEPARATORS, path[length - 1]))
		length--;
	return length;
}

/*
 * In the same folder, since a rename does not cross file systems, under a name that is not too long whatever the target's
 * is. The caller frees *path.
 */
static FILE *create_temporary(const char *target, file_mode mode, char **path)
{
	size_t folder = get_folder_length(target);

	*path = malloc(folder + TEMPORARY_SIZE);
	if (!*path)
		return NULL;
	memcpy(*path, target, folder);
	for (int i = 0; i < TEMPORARY_NAMES; i++) {
		FILE *file;

		snprintf(*path + folder, TEMPORARY_SIZE, ".dfutrigger-%lu-%d.tmp", process_id(), i);
		file = create_new(*path, mode);
		if (file || errno != EEXIST)
			return file;
	}
	return NULL;
}

/* 0 or what errno said */
static int save_as(const char *target, file_mode mode, dfut_file_writer writer, const void *data)
{
	char *temporary = NULL;
	FILE *file;
	int error;

	errno = ENOMEM;
	file = create_temporary(target, mode, &temporary);
	error = file ? write_and_close(file, writer, data) : errno;
	if (file && error == 0 && !replace_file(temporary, target))
		error = errno;
	if (file && error != 0)
		delete_file(temporary);
	free(temporary);
	return error;
}

int dfut_file_replace(const char *path, dfut_file_writer writer, const void *data)
{
	file_mode mode;
	char *target;
	int error;

	errno = ENOMEM;
	target = resolve_target(path, &mode);
	error = target ? save_as(target, mode, writer, data) : errno;
	free(target);
	return error;
}

const char *dfut_file_get_text(int error)
{
	return error == DFUT_FILE_NOT_REGULAR ? "it is not a regular file" : strerror(error);
}
