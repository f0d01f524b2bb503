/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A folder in memory for files that must be somewhere; it goes with the process. */

#ifndef DFUT_FUZZ_SCRATCH_H
#define DFUT_FUZZ_SCRATCH_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Folders, the outer ones first, and files, by their paths below `root`. */
static struct scratch {
	char root[64];
	const char *const *folders;
	size_t folder_count;
	const char *const *files;
	size_t file_count;
} scratch;

static inline char *scratch_put_path(char path[256], const char *name)
{
	snprintf(path, 256, "%s%s", scratch.root, name);
	return path;
}

static inline void scratch_write(const char *name, const void *data, size_t size)
{
	char path[256];
	FILE *file = fopen(scratch_put_path(path, name), "w");

	if (!file || fwrite(data, 1, size, file) != size || fclose(file) != 0)
		abort();
}

static void scratch_remove(void)
{
	char path[256];

	for (size_t i = 0; i < scratch.file_count; i++)
		unlink(scratch_put_path(path, scratch.files[i]));
	for (size_t i = scratch.folder_count; i > 0; i--)
		rmdir(scratch_put_path(path, scratch.folders[i - 1]));
	rmdir(scratch.root);
}

static inline void scratch_make(const char *const *folders, size_t folder_count, const char *const *files,
				size_t file_count)
{
	char path[256];

	scratch = (struct scratch){ "/dev/shm/dfutrigger-fuzz-XXXXXX", folders, folder_count, files, file_count };
	if (!mkdtemp(scratch.root))
		abort();
	for (size_t i = 0; i < folder_count; i++)
		if (mkdir(scratch_put_path(path, folders[i]), 0700) < 0)
			abort();
	atexit(scratch_remove);
}

#endif
