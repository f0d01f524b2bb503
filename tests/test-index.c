/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "base/index.h"

static int things[3];

Test(index, has_nothing_at_first)
{
	struct dfut_index index = { 0 };

	cr_expect(eq(ptr, dfut_index_find(&index, 0, 0), NULL));
	dfut_index_free(&index);
}

Test(index, finds_by_both_numbers)
{
	struct dfut_index index = { 0 };

	cr_assert(dfut_index_put(&index, 1, 2, &things[0]));
	cr_assert(dfut_index_put(&index, 2, 1, &things[1]));
	cr_assert(dfut_index_put(&index, UINT64_MAX, UINT64_MAX, &things[2]));
	cr_expect(eq(ptr, dfut_index_find(&index, 1, 2), &things[0]));
	cr_expect(eq(ptr, dfut_index_find(&index, 2, 1), &things[1]));
	cr_expect(eq(ptr, dfut_index_find(&index, UINT64_MAX, UINT64_MAX), &things[2]));
	cr_expect(eq(ptr, dfut_index_find(&index, 2, 2), NULL));
	cr_expect(eq(ptr, dfut_index_find(&index, 0, 0), NULL));
	dfut_index_free(&index);
}

Test(index, what_is_put_again_is_replaced)
{
	struct dfut_index index = { 0 };

	cr_assert(dfut_index_put(&index, 0, 7, &things[0]));
	cr_assert(dfut_index_put(&index, 0, 7, &things[1]));
	cr_expect(eq(ptr, dfut_index_find(&index, 0, 7), &things[1]));
	cr_assert(dfut_index_put(&index, 0, 7, NULL));
	cr_expect(eq(ptr, dfut_index_find(&index, 0, 7), NULL));
	cr_expect(eq(sz, index.count, 1));
	dfut_index_free(&index);
}

/* In a row, with large gaps and without any order: all are found, and what is between them is not. */
Test(index, many)
{
	enum { COUNT = 20000 };
	static const uint64_t steps[] = { 2, 1ull << 40, 0x9e3779b97f4a7c16 };
	static char numbers[COUNT];

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct dfut_index index = { 0 };

		for (uint64_t n = 0; n < COUNT; n++)
			cr_assert(dfut_index_put(&index, n % 3, n * steps[i], &numbers[n]));
		for (uint64_t n = 0; n < COUNT; n++) {
			cr_assert(eq(ptr, dfut_index_find(&index, n % 3, n * steps[i]), &numbers[n]));
			cr_assert(eq(ptr, dfut_index_find(&index, n % 3, n * steps[i] + 1), NULL));
		}
		dfut_index_free(&index);
	}
}
