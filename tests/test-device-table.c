/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "device-table.h"

static int load(const char *text, struct dfut_failure *failure)
{
	struct dfut_entry *table = NULL;
	int result = dfut_table_load(&table, text, strlen(text), "mine.json", failure);

	dfut_table_free(table);
	return result;
}

Test(device_table, reads_the_built_in_one)
{
	struct dfut_entry *table = NULL;
	struct dfut_failure failure = { 0 };

	cr_assert(eq(int, dfut_table_load(&table, dfut_builtin_devices, dfut_builtin_devices_size, "built-in", &failure), 0), "%s",
		  failure.text);
	dfut_table_free(table);
}

Test(device_table, names_line_and_column_of_a_syntax_error)
{
	struct dfut_failure failure = { 0 };

	cr_assert(eq(int, load("{\n  \"format\": 1,\n  oops\n}", &failure), DFUT_ERROR_USAGE));
	cr_assert(eq(int, strncmp(failure.text, "mine.json:3:", 12), 0), "%s", failure.text);
}

Test(device_table, refuses_a_key_twice)
{
	struct dfut_failure failure = { 0 };

	cr_assert(eq(int, load("{\"format\": 1, \"format\": 1, \"devices\": []}", &failure), DFUT_ERROR_USAGE));
}

Test(device_table, names_the_line_of_an_entry_with_an_unknown_key)
{
	struct dfut_failure failure = { 0 };
	const char *text = "{\"format\": 1, \"devices\": [\n{\"name\": \"a\", \"bootloader\": [{\"ids\": [\"1:2\"]}]},\n"
			   "{\"name\": \"b\", \"colour\": \"red\"}]}";

	cr_assert(eq(int, load(text, &failure), DFUT_ERROR_USAGE));
	text = "{\"format\": 1, \"devices\": [\n{\"name\": \"a\", \"bootloader\": [{\"ids\": [\"0001:0002\"]}]},\n"
	       "{\"name\": \"b\", \"colour\": \"red\"}]}";
	cr_assert(eq(int, load(text, &failure), DFUT_ERROR_USAGE));
	cr_assert(eq(int, strncmp(failure.text, "mine.json:3:", 12), 0), "%s", failure.text);
}
