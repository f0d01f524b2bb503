/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What the library allocates, and what becomes of it when there is nothing left: the linker leads its calls here. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "table/table.h"

/* That a context may take: its table takes none. */
#define CONTEXT_LIMIT 40

static size_t allocations; /* so far */
static size_t first_failing = SIZE_MAX;
static size_t last_failing = SIZE_MAX;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);

static bool fails(void)
{
	size_t number = allocations++;

	return number >= first_failing && number <= last_failing;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
	return fails() ? NULL : __real_realloc(memory, size);
}

/* From here on, these fail. */
static void fail_from(size_t first, size_t last)
{
	allocations = 0;
	first_failing = first;
	last_failing = last;
}

static void fail_none(void)
{
	fail_from(SIZE_MAX, SIZE_MAX);
}

Test(allocations, of_a_context_are_few)
{
	struct dfut_context *context;

	fail_none();
	cr_assert(eq(int, dfut_context_new(&context), 0));
	cr_expect(gt(sz, allocations, 0), "none is counted");
	cr_expect(le(sz, allocations, CONTEXT_LIMIT));
	dfut_context_free(context);
}

Test(allocations, of_a_context_may_fail)
{
	struct dfut_context *context;
	size_t count;

	fail_none();
	cr_assert(eq(int, dfut_context_new(&context), 0));
	count = allocations;
	dfut_context_free(context);
	for (size_t i = 0; i < count; i++) {
		fail_from(i, i);
		cr_expect(eq(int, dfut_context_new(&context), DFUT_ERROR_NO_MEMORY), "%zu", i);
		cr_expect(context == NULL, "%zu", i);
	}
	fail_none();
}

/* One of each kind, with strings and keys that are long. */
static const char table_text[] =
	"{\"format\": 1, \"devices\": [{\"name\": \"a-name-of-more-than-sixteen-characters\","
	"\"title\": \"A title which is so long that no reader has room for it from the beginning, \\u00e9\\ud83d\\ude00\","
	"\"application\": [{\"ids\": [\"1209:0001\", \"1209:0010-001f\"], \"product\": \"Some product or other\","
	"\"manufacturer\": \"Some manufacturer or other\"}, {\"interface\": \"ff/01/01\", \"alternate\": \"@Internal*\"}],"
	"\"bootloader\": [{\"ids\": [\"1209:0002\"], \"report\": {\"type\": \"feature\", \"id\": \"07\", \"size\": 64}}],"
	"\"triggers\": [\"dfu-detach\", {\"name\": \"lines\", \"hint\": \"let go of the port\","
	"\"lines\": [{\"dtr\": true, \"data\": \"31454146\", \"wait_ms\": 50}]},"
	"{\"name\": \"report\", \"report\": \"feature\", \"data\": \"000102030405060708090a0b0c0d0e0f1011121314151617\"}],"
	"\"protocol\": \"dfu\", \"quirks\": [\"poll-5-ms\"], \"leave\": \"detach\", \"machine\": \"arm\","
	"\"part\": \"a part\", \"other_files\": \"dfuse\", \"help\": [\"one sentence\", \"another sentence\"],"
	"\"slots\": {\"running\": [\"slot0\"], \"update\": [\"slot1\"], \"format\": \"mcuboot\"},"
	"\"commands\": [{\"name\": \"revert\", \"text\": \"revert it\", \"mode\": \"any\","
	"\"requests\": [{\"request_type\": \"40\", \"request\": \"01\"}]}]},"
	"{\"name\": \"other\", \"bootloader\": [{\"ids\": [\"1209:0003\"]}], \"protocols\": [\"dfuse\", \"dfu\"]}]}";

static int load(struct dfut_entry **table, struct dfut_failure *failure)
{
	return dfut_table_load(table, table_text, sizeof(table_text) - 1, "mine.json", failure);
}

static void check_whole(const struct dfut_entry *table)
{
	cr_expect(eq(str, (char *)table->name, (char *)"a-name-of-more-than-sixteen-characters"));
	cr_expect(eq(str, (char *)table->title,
		     (char *)"A title which is so long that no reader has room for it from the beginning, "
			     "\xc3\xa9\xf0\x9f\x98\x80"));
	cr_expect(eq(str, (char *)table->application[0].manufacturer, (char *)"Some manufacturer or other"));
	cr_expect(eq(sz, table->triggers[2].report.size, 24));
	cr_expect(eq(str, (char *)table->next->name, (char *)"other"));
}

/* Each one for itself, or with all that follow: the table is whole, or it is none and the words are right. */
Test(allocations, of_a_table_may_fail)
{
	struct dfut_failure failure = { 0 };
	struct dfut_entry *table = NULL;
	size_t count;

	fail_none();
	cr_assert(eq(int, load(&table, &failure), 0), "%s", failure.text);
	count = allocations;
	cr_expect(gt(sz, count, 30));
	check_whole(table);
	dfut_table_free(table);
	for (size_t i = 0; i < 2 * count; i++) {
		int result;

		table = NULL;
		fail_from(i / 2, i % 2 ? SIZE_MAX : i / 2);
		result = load(&table, &failure);
		fail_none();
		cr_expect(eq(int, result, DFUT_ERROR_NO_MEMORY), "%zu", i);
		cr_expect(table == NULL, "%zu", i);
		cr_expect(eq(str, failure.text, (char *)"out of memory"), "%zu", i);
	}
}

/* Through the file, with what reads it */
Test(allocations, of_a_file_may_fail)
{
	char path[] = "/tmp/dfutrigger-test-XXXXXX";
	int fd = mkstemp(path);
	struct dfut_context *context;
	size_t count;

	cr_assert(ge(int, fd, 0));
	cr_assert(eq(sz, (size_t)write(fd, table_text, sizeof(table_text) - 1), sizeof(table_text) - 1));
	close(fd);
	fail_none();
	cr_assert(eq(int, dfut_context_new(&context), 0));
	allocations = 0;
	cr_assert(eq(int, dfut_context_load_devices(context, path), 0));
	count = allocations;
	for (size_t i = 0; i < count; i++) {
		fail_from(i, i);
		cr_expect(eq(int, dfut_context_load_devices(context, path), DFUT_ERROR_NO_MEMORY), "%zu", i);
	}
	fail_none();
	dfut_context_free(context);
	unlink(path);
}
