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

#include "criterion/criterion.h"

/* A name of a test's own function */
#define tell tell_in_test
#define SKIP_WITHOUT(What) (cr_end_skipped("Windows has no %s", What), -1)
#define fork() SKIP_WITHOUT("fork()")
#define symlink(...) SKIP_WITHOUT("symbolic links for everybody")
#define setrlimit(...) SKIP_WITHOUT("limits of resources")
#define getrusage(...) SKIP_WITHOUT("getrusage()")
#define chmod(...) SKIP_WITHOUT("modes of files")
#define chown(...) SKIP_WITHOUT("owners of files as numbers")
#define seteuid(...) SKIP_WITHOUT("users as numbers")
#define mkfifo(...) SKIP_WITHOUT("pipes with names of files")
#define getuid() 1u
#define geteuid() 1u
#define S_ISLNK(Mode) ((void)(Mode), false)
#define lstat stat
#define mkdir(Path, Mode) _mkdir(Path)
#define setenv(Name, Value, Overwrite) _putenv_s(Name, Value)
#define unsetenv(Name) _putenv_s(Name, "")
#define ftruncate ftruncate64

static inline char *mkdtemp(char *pattern)
{
	return _mktemp(pattern) && _mkdir(pattern) == 0 ? pattern : NULL;
}

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

static inline int gethostname(char *name, size_t size)
{
	snprintf(name, size, "%s", getenv("COMPUTERNAME"));
	return 0;
}

#endif
