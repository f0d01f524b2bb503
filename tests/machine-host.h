/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Runs a machine of a serial protocol against bytes that the test gives: what it writes, what comes back, and when. */

#ifndef DFUT_TESTS_MACHINE_HOST_H
#define DFUT_TESTS_MACHINE_HOST_H

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "language/nordic/machine.h"

struct machine_host {
	const struct dfut_machine_ops *ops;
	void *state;
	struct dfut_failure failure;
	struct dfut_job job;
	struct nordic_job own;
	struct dfut_next next; /* what it wants */
	int result;	       /* of the last call: 0, or its error */
	uint64_t now_ms;
	uint8_t data[512];
};

static inline void machine_start(struct machine_host *host, const struct dfut_machine_ops *ops)
{
	host->ops = ops;
	host->state = calloc(1, ops->state_size);
	host->job.failure = &host->failure;
	if (!host->job.own)
		host->job.own = &host->own;
	cr_assert(eq(int, ops->begin(host->state, &host->job), 0));
	host->result = ops->next(host->state, NULL, &host->next);
}

static inline void machine_stop(struct machine_host *host)
{
	free(host->state);
}

/* The action ended so. */
static inline void machine_tell(struct machine_host *host, int result)
{
	struct dfut_outcome outcome = { .result = result, .data = host->data, .elapsed_ms = host->now_ms };

	cr_assert(eq(int, host->result, 0), "%s", host->failure.text);
	memset(&host->next, 0, sizeof(host->next));
	host->result = host->ops->next(host->state, &outcome, &host->next);
}

static inline void machine_expect(const struct machine_host *host, enum dfut_action_kind kind)
{
	cr_assert(eq(int, host->result, 0), "%s", host->failure.text);
	cr_assert(eq(int, host->next.kind, DFUT_NEXT_ACT));
	cr_assert(eq(int, host->next.action.kind, kind));
}

/* It has ended, so. */
static inline void machine_expect_done(const struct machine_host *host, enum dfut_end end)
{
	cr_assert(eq(int, host->result, 0), "%s", host->failure.text);
	cr_assert(eq(int, host->next.kind, DFUT_NEXT_DONE));
	cr_expect(eq(int, host->next.end, end));
}

/* It waits: that time passes. */
static inline void machine_expect_wait(struct machine_host *host)
{
	cr_assert(eq(int, host->result, 0), "%s", host->failure.text);
	cr_assert(eq(int, host->next.kind, DFUT_NEXT_WAIT));
	host->now_ms += (host->next.wait_us + 999) / 1000;
	machine_tell(host, 0);
}

/* It writes exactly this; the time that the answer to it is given. */
static inline void machine_expect_write(struct machine_host *host, const void *bytes, size_t size)
{
	machine_expect(host, DFUT_ACTION_WRITE);
	cr_assert(eq(int, host->next.action.link, DFUT_LINK_SERIAL));
	if (host->next.action.transfer.length != size || memcmp(host->next.action.transfer.data, bytes, size) != 0) {
		for (size_t i = 0; i < host->next.action.transfer.length; i++)
			fprintf(stderr, "%02x ", host->next.action.transfer.data[i]);
		cr_assert(false, "%u bytes written, not the %zu", host->next.action.transfer.length, size);
	}
	machine_tell(host, (int)size);
}

/* This comes in, all at once. */
static inline void machine_answer(struct machine_host *host, const void *bytes, size_t size)
{
	machine_expect(host, DFUT_ACTION_READ);
	cr_assert(le(sz, size, host->next.action.transfer.length));
	memcpy(host->data, bytes, size);
	machine_tell(host, (int)size);
}

/* Nothing comes in: time passes. */
static inline void machine_pass(struct machine_host *host)
{
	host->now_ms += host->next.action.timeout_ms;
	machine_tell(host, DFUT_ERROR_TIMEOUT);
}

/* The port is opened, set to 115200, and both lines are raised. */
static inline void machine_open(struct machine_host *host)
{
	machine_expect(host, DFUT_ACTION_OPEN);
	cr_assert(eq(int, host->next.action.link, DFUT_LINK_SERIAL));
	machine_tell(host, 0);
	machine_expect(host, DFUT_ACTION_LINE_CODING);
	cr_assert(eq(u32, host->next.action.line_coding.baud, 115200));
	machine_tell(host, 0);
	machine_expect(host, DFUT_ACTION_LINES);
	cr_assert(eq(u8, host->next.action.lines.on, 3));
	machine_tell(host, 0);
}

#define WRITES(host, text) machine_expect_write(host, text, sizeof(text) - 1)
#define ANSWERS(host, text) machine_answer(host, text, sizeof(text) - 1)

#endif
