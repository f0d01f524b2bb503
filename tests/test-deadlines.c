/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Deadlines: the first of them, beside a list that is searched each time. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "base/deadlines.h"

#define COUNT 64
#define TIMES 16 /* so few that many are at the same one */

TestSuite(deadlines, .timeout = 60);

static struct dfut_deadlines all;
static struct dfut_deadline items[COUNT];

static uint64_t next_random(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *seed >> 33;
}

static const struct dfut_deadline *search(void)
{
	const struct dfut_deadline *first = NULL;

	for (size_t i = 0; i < COUNT; i++) {
		const struct dfut_deadline *item = &items[i];

		if (item->all && (!first || item->time_us < first->time_us ||
				  (item->time_us == first->time_us && item->order < first->order)))
			first = item;
	}
	return first;
}

static void expect_first(void)
{
	const struct dfut_deadline *first = search();

	cr_assert(eq(ptr, all.first, (void *)first));
	cr_assert(eq(u64, dfut_deadlines_get_first_us(&all), first ? first->time_us : UINT64_MAX));
	cr_assert(first == NULL || first->owner == first);
}

static uint64_t choose_time(uint64_t *seed)
{
	uint64_t time_us = next_random(seed) % TIMES;

	return time_us ? time_us : UINT64_MAX;
}

Test(deadlines, the_first_is_that_of_a_list)
{
	uint64_t seed = 1;

	memset(items, 0, sizeof(items));
	memset(&all, 0, sizeof(all));
	expect_first();
	for (size_t step = 0; step < 200000; step++) {
		struct dfut_deadline *item = &items[next_random(&seed) % COUNT];
		uint64_t what = next_random(&seed) % 4;

		if (what == 0)
			dfut_deadline_remove(item);
		else if (!item->all)
			dfut_deadline_add(item, &all, item, (uint64_t)(item - items), choose_time(&seed));
		else if (what == 1 && all.first)
			dfut_deadline_remove(all.first);
		else
			dfut_deadline_set(item, choose_time(&seed));
		expect_first();
	}
}

Test(deadlines, of_the_same_time_the_lowest_order_is_the_first)
{
	memset(items, 0, sizeof(items));
	memset(&all, 0, sizeof(all));
	for (size_t i = 0; i < COUNT; i++)
		dfut_deadline_add(&items[i], &all, &items[i], i * 37 % COUNT, 5);
	for (size_t i = 0; i < COUNT; i++) {
		cr_assert(eq(u64, all.first->order, i));
		dfut_deadline_remove(all.first);
	}
	cr_expect(eq(ptr, all.first, NULL));
}

Test(deadlines, one_that_was_not_added_is_left_alone)
{
	struct dfut_deadline none = { 0 };

	dfut_deadline_set(&none, 5);
	dfut_deadline_remove(&none);
	cr_expect(eq(u64, none.time_us, 0));
}
