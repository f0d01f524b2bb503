/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* When devices are asked about a block: what that costs with devices of several kinds. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

#include "language/dfu/pace.h"

#define BLOCK_COUNT 2048
/* From the end of DNLOAD to the device's answer */
#define REQUEST_US 300
#define POLL_US 8000

TestSuite(dfu_pace, .timeout = 60);

struct cost {
	uint64_t time_us;
	size_t questions;
	uint64_t longest_us; /* before a first question */
};

/* How long a block takes, by its number. */
typedef uint64_t (*work)(size_t block);

static struct cost send(work work_us, size_t count, bool begins_when_asked)
{
	struct dfu_pace pace = { 0 };
	struct cost cost = { 0 };

	for (size_t block = 0; block < count; block++) {
		uint64_t waited_us = dfu_pace_begin(&pace);
		uint64_t done_us = begins_when_asked ? waited_us + REQUEST_US + work_us(block) : work_us(block);

		cost.longest_us = waited_us > cost.longest_us ? waited_us : cost.longest_us;
		cost.questions++;
		while (waited_us + REQUEST_US < done_us) {
			dfu_pace_busy(&pace, POLL_US);
			waited_us += POLL_US;
			cost.questions++;
		}
		dfu_pace_done(&pace);
		cost.time_us += waited_us + 2 * REQUEST_US;
	}
	return cost;
}

static void print_cost(const char *what, const struct cost *cost)
{
	fprintf(stderr, "%s: %llu ms, %zu questions\n", what, (unsigned long long)cost->time_us / 1000,
		cost->questions);
}

/* The first one erases all. */
static uint64_t take_1_ms(size_t block)
{
	return block ? 1000 : 1200000;
}

static uint64_t take_1_ms_and_erase_pages(size_t block)
{
	return block % 32 ? 1000 : 86000;
}

static uint64_t take_nothing(size_t block)
{
	(void)block;
	return 0;
}

static uint64_t take_3_ms_more_or_less(size_t block)
{
	return 3000 + block * 7919 % 600;
}

static uint64_t take_nearly_all(size_t block)
{
	(void)block;
	return 7900;
}

/* Half of the way it is another device. */
static uint64_t become_slow(size_t block)
{
	return block < BLOCK_COUNT / 2 ? 1000 : 6000;
}

Test(dfu_pace, one_question_a_block_soon_after_it_is_done)
{
	struct cost cost = send(take_1_ms, BLOCK_COUNT, false);

	print_cost("1 ms", &cost);
	/* 150 for the first block */
	cr_expect(le(sz, cost.questions, BLOCK_COUNT + 160));
	cr_expect(le(u64, cost.time_us, 1200000 + BLOCK_COUNT * UINT64_C(1600)));
	cost = send(take_3_ms_more_or_less, BLOCK_COUNT, false);
	print_cost("3.0 to 3.6 ms", &cost);
	cr_expect(le(u64, cost.time_us, BLOCK_COUNT * UINT64_C(5000)));
}

Test(dfu_pace, what_takes_no_time_is_asked_at_once)
{
	struct cost cost = send(take_nothing, BLOCK_COUNT, false);

	cr_expect(eq(sz, cost.questions, BLOCK_COUNT));
	cr_expect(eq(u64, cost.longest_us, 0));
}

Test(dfu_pace, a_page_that_is_erased_now_and_then_changes_nothing)
{
	struct cost cost = send(take_1_ms_and_erase_pages, BLOCK_COUNT, false);

	print_cost("1 ms, 86 ms for a page", &cost);
	cr_expect(le(u64, cost.time_us, BLOCK_COUNT / 32 * UINT64_C(90000) + BLOCK_COUNT * UINT64_C(1800)));
}

Test(dfu_pace, it_is_never_slower_than_asking_at_once_but_for_a_few_blocks)
{
	static const work works[] = { take_nearly_all, become_slow, take_3_ms_more_or_less, take_1_ms };

	for (size_t i = 0; i < sizeof(works) / sizeof(works[0]); i++) {
		struct cost cost = send(works[i], BLOCK_COUNT, false);
		struct cost asked_at_once = { 0 };

		for (size_t block = 0; block < BLOCK_COUNT; block++) {
			uint64_t polls = (works[i](block) - REQUEST_US + POLL_US - 1) / POLL_US;

			asked_at_once.time_us += polls * POLL_US + 2 * REQUEST_US;
		}
		print_cost("paced", &cost);
		print_cost("asked at once", &asked_at_once);
		cr_expect(le(u64, cost.time_us, asked_at_once.time_us + 20 * POLL_US), "%zu", i);
	}
}

Test(dfu_pace, who_begins_when_asked_is_asked_at_once_again)
{
	struct cost few = send(take_nearly_all, 8, true);
	struct cost many = send(take_nearly_all, BLOCK_COUNT, true);

	print_cost("begins when asked", &many);
	cr_expect(eq(u64, many.time_us - few.time_us, (BLOCK_COUNT - 8) * (POLL_US + 2 * REQUEST_US)));
	cr_expect(le(u64, few.time_us, 8 * (POLL_US + 2 * REQUEST_US) + 3 * POLL_US));
}

Test(dfu_pace, it_can_be_told_that_it_has_no_use)
{
	struct dfu_pace pace = { 0 };

	for (size_t block = 0; block < 3; block++) {
		dfu_pace_begin(&pace);
		dfu_pace_busy(&pace, POLL_US);
		dfu_pace_done(&pace);
	}
	cr_expect(ne(u64, dfu_pace_begin(&pace), 0));
	dfu_pace_give_up(&pace);
	cr_expect(eq(u64, dfu_pace_begin(&pace), 0));
	dfu_pace_done(&pace);
	cr_expect(eq(u64, dfu_pace_begin(&pace), 0));
}
