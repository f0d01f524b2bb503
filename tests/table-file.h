/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The text of the built-in device table, as the build reads it. */

#ifndef TABLE_FILE_H
#define TABLE_FILE_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#define TABLE_FILE_LIMIT ((size_t)1024 * 1024)

/* Ends with a zero; the caller frees it. */
static inline char *read_table_file(void)
{
	const char *path = getenv("DFUTRIGGER_TEST_TABLE");
	char *text = calloc(1, TABLE_FILE_LIMIT);
	FILE *file = path ? fopen(path, "rb") : NULL;
	size_t size;

	cr_assert(text != NULL && file != NULL, "%s", path ? path : "DFUTRIGGER_TEST_TABLE is not set");
	size = fread(text, 1, TABLE_FILE_LIMIT, file);
	fclose(file);
	cr_assert(size > 0 && size < TABLE_FILE_LIMIT);
	return text;
}

#endif
