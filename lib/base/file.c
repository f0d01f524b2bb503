/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Files by their path: what the systems do differently, and how one is replaced. */

#if !defined(_WIN32) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* O_TMPFILE */
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
#define LINK_SIZE 40

static char *copy_text(const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = malloc(size);

	return copy ? memcpy(copy, text, size) : NULL;
}

#if defined(_WIN32)
/* What is behind a drive's letter may be in any folder of it. */
#define SEPARATORS "/\\:"

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

static int get_error(void)
{
	switch (GetLastError()) {
	case ERROR_FILE_NOT_FOUND:
	case ERROR_PATH_NOT_FOUND:
	case ERROR_INVALID_NAME:
		return ENOENT;
	case ERROR_ACCESS_DENIED:
	case ERROR_SHARING_VIOLATION:
		return EACCES;
	default:
		return EIO;
	}
}

/* As elsewhere it can be renamed and deleted while it is open, which files of the C library can't, and no child has it. */
FILE *dfut_file_open(const char *path)
{
	wchar_t *wide = wide_path(path);
	HANDLE handle = wide ? CreateFileW(wide, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
					   NULL, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL) :
			       INVALID_HANDLE_VALUE;
	int error = wide ? get_error() : ENOMEM;
	int descriptor = -1;
	FILE *file = NULL;

	free(wide);
	if (handle == INVALID_HANDLE_VALUE) {
		errno = error;
		return NULL;
	}
	descriptor = _open_osfhandle((intptr_t)handle, _O_RDONLY | _O_BINARY);
	if (descriptor < 0)
		CloseHandle(handle);
	else
		file = _fdopen(descriptor, "rb");
	if (descriptor >= 0 && !file)
		_close(descriptor);
	return file;
}

long long dfut_file_read_at(FILE *file, uint64_t offset, void *bytes, size_t size)
{
	OVERLAPPED place = { .Offset = (DWORD)offset, .OffsetHigh = (DWORD)(offset >> 32) };
	DWORD done = 0;

	if (ReadFile((HANDLE)_get_osfhandle(_fileno(file)), bytes, (DWORD)size, &done, &place))
		return done;
	errno = EIO;
	return GetLastError() == ERROR_HANDLE_EOF ? 0 : -1;
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
	int descriptor = wide ? _wopen(wide, _O_CREAT | _O_EXCL | _O_WRONLY | _O_BINARY | _O_NOINHERIT, mode) : -1;

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

/* Windows puts nothing in the place of a file that is open. It may get another name, if who has it open lets it, and is gone once
 * it is closed. One that may not be written stays. */
static bool put_aside(const wchar_t *path, const wchar_t *aside)
{
	DWORD attributes = GetFileAttributesW(path);

	if (attributes != INVALID_FILE_ATTRIBUTES && !(attributes & FILE_ATTRIBUTE_READONLY))
		return MoveFileExW(path, aside, 0);
	SetLastError(ERROR_ACCESS_DENIED);
	return false;
}

static bool replace_open(const wchar_t *from, const wchar_t *to, const wchar_t *aside)
{
	DWORD error;

	if (!put_aside(to, aside))
		return false;
	if (MoveFileExW(from, to, 0)) {
		DeleteFileW(aside);
		return true;
	}
	error = GetLastError();
	MoveFileExW(aside, to, 0);
	SetLastError(error);
	return false;
}

/* "~" behind a name that is nobody else's is nobody else's either. */
static wchar_t *name_aside(const wchar_t *from)
{
	size_t length = wcslen(from);
	wchar_t *aside = calloc(length + 2, sizeof(*aside));

	if (aside) {
		memcpy(aside, from, length * sizeof(*aside));
		aside[length] = L'~';
	}
	return aside;
}

static bool replace_file(const char *from, const char *to)
{
	wchar_t *wide_from = wide_path(from);
	wchar_t *wide_to = wide_path(to);
	wchar_t *aside = wide_from ? name_aside(wide_from) : NULL;
	bool has_memory = wide_to && aside;
	bool done = has_memory && MoveFileExW(wide_from, wide_to, MOVEFILE_REPLACE_EXISTING);

	if (has_memory && !done && GetLastError() == ERROR_ACCESS_DENIED)
		done = replace_open(wide_from, wide_to, aside);
	errno = has_memory ? get_error() : ENOMEM;
	free(wide_from);
	free(wide_to);
	free(aside);
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
	return fopen(path, "rbe");
}

long long dfut_file_read_at(FILE *file, uint64_t offset, void *bytes, size_t size)
{
	return pread(fileno(file), bytes, size, (off_t)offset);
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

static FILE *open_descriptor(int descriptor, file_mode mode)
{
	FILE *file;

	if (descriptor < 0)
		return NULL;
	/* Not every file system knows modes. */
	if (mode != 0 && fchmod(descriptor, mode) < 0)
		errno = 0;
	file = fdopen(descriptor, "wb");
	if (!file)
		close(descriptor);
	return file;
}

static FILE *create_new(const char *path, file_mode mode)
{
	return open_descriptor(open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, mode ? mode : 0666), mode);
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

/* Files without a name, where the system has such. */

#ifdef O_TMPFILE
static void put_link(char link[LINK_SIZE], int descriptor)
{
	snprintf(link, LINK_SIZE, "/proc/self/fd/%d", descriptor);
}

/* Where /proc is missing it could get no name. */
static FILE *create_nameless(const char *folder, file_mode mode)
{
	int descriptor = open(*folder ? folder : ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
	char link[LINK_SIZE];

	put_link(link, descriptor);
	if (descriptor >= 0 && access(link, F_OK) == 0)
		return open_descriptor(descriptor, mode);
	if (descriptor >= 0)
		close(descriptor);
	return NULL;
}

/* One that somebody has put there is left alone, link or not: EEXIST. */
static bool name_file(FILE *file, const char *path)
{
	char link[LINK_SIZE];

	put_link(link, fileno(file));
	return linkat(AT_FDCWD, link, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0;
}
#else
static FILE *create_nameless(const char *folder, file_mode mode)
{
	(void)folder;
	(void)mode;
	return NULL;
}

static bool name_file(FILE *file, const char *path)
{
	(void)file;
	(void)path;
	errno = ENOSYS;
	return false;
}
#endif

FILE *dfut_file_create(const char *path)
{
	return create_new(path, PRIVATE_MODE);
}

static size_t get_folder_length(const char *path)
{
	size_t length = strlen(path);

	while (length > 0 && !strchr(SEPARATORS, path[length - 1]))
		length--;
	return length;
}

/* A file that is written beside the one that it replaces. */
struct temporary {
	FILE *file;
	char *path;    /* the folder, and its name behind that once it has one */
	size_t folder; /* its length */
	bool is_named;
};

/* A file without a name, where the system has such: nothing is left of it if the program is killed. */
static int create_temporary(struct temporary *temporary, const char *target, file_mode mode)
{
	*temporary = (struct temporary){ .folder = get_folder_length(target) };
	temporary->path = malloc(temporary->folder + TEMPORARY_SIZE);
	if (!temporary->path)
		return ENOMEM;
	memcpy(temporary->path, target, temporary->folder);
	temporary->path[temporary->folder] = '\0';
	temporary->file = create_nameless(temporary->path, mode);
	return 0;
}

/*
 * In the same folder, since a rename does not cross file systems, under a name that is not too long whatever the target's
 * is. What is to be written yet is made under it. 0 or what errno said.
 */
static int take_name(struct temporary *temporary, file_mode mode)
{
	for (int i = 0; i < TEMPORARY_NAMES; i++) {
		snprintf(temporary->path + temporary->folder, TEMPORARY_SIZE, ".dfutrigger-%lu-%d.tmp", process_id(),
			 i);
		if (temporary->file) {
			temporary->is_named = name_file(temporary->file, temporary->path);
		} else {
			temporary->file = create_new(temporary->path, mode);
			temporary->is_named = temporary->file != NULL;
		}
		if (temporary->is_named)
			return 0;
		if (errno != EEXIST)
			break;
	}
	return errno;
}

/* It has a name at the end, and all its bytes are on the disk. */
static int write_temporary(struct temporary *temporary, file_mode mode, dfut_file_writer writer, const void *data)
{
	int error = temporary->file ? 0 : take_name(temporary, mode);

	if (error != 0)
		return error;
	errno = 0;
	if (!writer(data, temporary->file) || ferror(temporary->file) || !flush_to_disk(temporary->file))
		error = errno ? errno : EIO;
	if (error == 0 && !temporary->is_named)
		error = take_name(temporary, mode);
	if (fclose(temporary->file) != 0 && error == 0)
		error = errno ? errno : EIO;
	return error;
}

/* 0 or what errno said */
static int save_as(const char *target, file_mode mode, dfut_file_writer writer, const void *data)
{
	struct temporary temporary;
	int error = create_temporary(&temporary, target, mode);

	if (error == 0)
		error = write_temporary(&temporary, mode, writer, data);
	if (error == 0 && !replace_file(temporary.path, target))
		error = errno;
	if (error != 0 && temporary.is_named)
		delete_file(temporary.path);
	free(temporary.path);
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
