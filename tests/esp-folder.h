/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A folder as ESP-IDF leaves it after a build, in /tmp. */

#ifndef DFUT_TESTS_ESP_FOLDER_H
#define DFUT_TESTS_ESP_FOLDER_H

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static char folder[64];

static inline char *in_folder(const char *name)
{
	static char paths[4][128];
	static unsigned int next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
	return path;
}

static inline void write_text(const char *name, const char *text)
{
	FILE *file = fopen(in_folder(name), "wb");

	cr_assert(file != NULL);
	fputs(text, file);
	fclose(file);
}

static inline void make_folder(void)
{
	snprintf(folder, sizeof(folder), "/tmp/dfut-test-esp-XXXXXX");
	cr_assert(mkdtemp(folder) != NULL);
	cr_assert(eq(int, mkdir(in_folder("boot"), 0777), 0));
	write_text("boot/boot.bin", "a boot loader");
	write_text("app.bin", "an application");
	write_text("empty.bin", "");
}

static inline void remove_folder(void)
{
	static const char *const names[] = { "boot/boot.bin",	  "boot", "app.bin", "empty.bin", "pipe.bin",
					     "flasher_args.json", "" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		remove(in_folder(names[i]));
}

#endif
