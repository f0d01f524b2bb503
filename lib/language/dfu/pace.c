/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

#include "language/dfu/pace.h"

/* The first block may erase more than the others. */
#define LEARNT_FROM 2
/* What is not worth a question that comes too early. */
#define CLOSE_US 250
/* What two blocks may cost that begin only once they are asked about. */
#define LIMIT_US 100000
/* A block may take longer now and then, as it erases a page; not two of them. */
#define MISS_LIMIT 2

static bool is_close(const struct dfu_pace *pace)
{
	uint64_t gap_us = pace->done_us - pace->busy_us;

	return gap_us <= CLOSE_US || gap_us <= pace->done_us / 4;
}

uint64_t dfu_pace_begin(struct dfu_pace *pace)
{
	pace->waited_us = 0;
	pace->was_busy = false;
	pace->first_us = 0;
	if (!pace->has_given_up && pace->has_done)
		pace->first_us = !pace->is_proven || is_close(pace) ?
					 pace->done_us :
					 pace->busy_us + (pace->done_us - pace->busy_us) / 2;
	pace->waited_us = pace->first_us;
	return pace->first_us;
}

void dfu_pace_busy(struct dfu_pace *pace, uint64_t wait_us)
{
	pace->was_busy = true;
	pace->waited_us += wait_us;
}

/* Asked at once, and busy then: what was waited for it was enough. */
static void learn_limit(struct dfu_pace *pace)
{
	if (!pace->busy_count || pace->waited_us < pace->limit_us)
		pace->limit_us = pace->waited_us;
	if (++pace->busy_count < LEARNT_FROM)
		return;
	pace->has_done = true;
	pace->done_us = pace->limit_us;
	pace->has_given_up = pace->limit_us == 0 || pace->limit_us > LIMIT_US;
}

static void miss(struct dfu_pace *pace)
{
	if (++pace->misses < MISS_LIMIT)
		return;
	pace->misses = 0;
	pace->busy_us = pace->done_us;
	pace->done_us += pace->done_us / 4 + 1;
	pace->has_given_up = pace->done_us > pace->limit_us;
}

void dfu_pace_give_up(struct dfu_pace *pace)
{
	pace->has_given_up = true;
}

void dfu_pace_done(struct dfu_pace *pace)
{
	if (pace->has_given_up)
		return;
	if (!pace->has_done) {
		if (pace->was_busy)
			learn_limit(pace);
	} else if (!pace->was_busy) {
		pace->misses = 0;
		pace->is_proven = true;
		pace->done_us = pace->first_us;
	} else if (pace->first_us == pace->done_us) {
		miss(pace);
	} else {
		pace->busy_us = pace->first_us;
	}
}
