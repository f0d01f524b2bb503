/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* In front of each test file on Windows: what of POSIX the tests use to make files and folders. What Windows can't do ends the
 * test as skipped, which says so. */

#ifndef DFUT_TEST_POSIX_H
#define DFUT_TEST_POSIX_H

#include <direct.h>
#include <errno.h>
#include <io.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wchar.h>

#include "calls.h"
#include "criterion/criterion.h"

/* A name of a test's own function */
#define tell tell_in_test
#define fork() skip_without("fork()")
#define symlink(...) skip_without("symbolic links for everybody", __VA_ARGS__)
#define setrlimit(...) skip_without("limits of resources", __VA_ARGS__)
#define chmod(...) skip_without("modes of files", __VA_ARGS__)
#define chown(...) skip_without("owners of files as numbers", __VA_ARGS__)
#define seteuid(...) skip_without("users as numbers", __VA_ARGS__)
#define mkfifo(...) skip_without("pipes with names of files", __VA_ARGS__)
#define getuid() 1u
#define geteuid() 1u
#undef S_ISCHR
#define S_ISCHR(Mode) skip_without("devices with names of files", Mode)
#define S_ISLNK(Mode) ((void)(Mode), false)
#define lstat stat
#define mkdir(Path, Mode) _mkdir(Path)
#define setenv(Name, Value, Overwrite) _putenv_s(Name, Value)
#define unsetenv(Name) _putenv_s(Name, "")
#undef ftruncate
#define ftruncate posix_ftruncate
#define truncate posix_truncate
#define rename posix_rename
#define clock posix_clock
#define fseeko fseeko64

/* Arguments of what is not there are made all the same. */
static inline int skip_without(const char *what, ...)
{
	cr_end_skipped("Windows has no %s", what);
}

static inline char *mkdtemp(char *pattern)
{
	return _mktemp(pattern) && _mkdir(pattern) == 0 ? pattern : NULL;
}

/* Of POSIX, a folder as well */
static inline int remove_any(const char *path)
{
	return _unlink(path) == 0 || _rmdir(path) == 0 ? 0 : -1;
}
#define remove remove_any

/* Of the shell, "rm -r" of a folder of files, whose names may be as long as names can be; nothing else is asked for. */
static inline int remove_all(const char *command)
{
	const char *folder = strrchr(command, ' ') + 1;
	char path[1024], whole[1024];
	wchar_t long_path[2048];
	struct _finddata_t found;
	intptr_t list;

	snprintf(path, sizeof(path), "%s/*", folder);
	list = _fullpath(whole, folder, sizeof(whole)) ? _findfirst(path, &found) : -1;
	if (list != -1) {
		do {
			swprintf(long_path, 2048, L"\\\\?\\%hs\\%hs", whole, found.name);
			_wunlink(long_path);
		} while (_findnext(list, &found) == 0);
		_findclose(list);
	}
	return _rmdir(folder);
}
#define system remove_all

static inline char *strndup(const char *text, size_t limit)
{
	size_t length = strnlen(text, limit);
	char *copy = calloc(1, length + 1);

	return copy ? memcpy(copy, text, length) : NULL;
}

static inline void *memmem(const void *data, size_t size, const void *part, size_t length)
{
	for (size_t i = 0; length <= size && i <= size - length; i++)
		if (memcmp((const char *)data + i, part, length) == 0)
			return (char *)data + i;
	return NULL;
}

/* Only for who does not know Windows' own. */
#ifdef DFUT_TEST_WANTS_HOST
static inline int gethostname(char *name, size_t size)
{
	snprintf(name, size, "%s", getenv("COMPUTERNAME"));
	return 0;
}
#endif

#endif
