/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Exchanges on a serial port: what is asked for, action by action, and what is taken of what comes. */

#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "core/port.h"

TestSuite(port, .timeout = 60);

#define BAUD 57600

struct host {
	struct dfut_job job;
	struct dfut_port port;
	struct dfut_next next;
	char taken[64];
	size_t size;
};

/* A reply is a line; one with an exclamation mark in it is wrong. */
static int take(void *user_data, uint8_t byte)
{
	struct host *host = user_data;

	if (byte == '!')
		return DFUT_ERROR_PROTOCOL;
	host->taken[host->size++ % sizeof(host->taken)] = (char)byte;
	return byte == '\n';
}

static int run(struct host *host, int result, const char *data, uint64_t now_ms)
{
	struct dfut_outcome outcome = { result, (const uint8_t *)data, now_ms };

	memset(&host->next, 0, sizeof(host->next));
	return dfut_port_run(&host->port, &outcome, &host->next);
}

static int come(struct host *host, const char *data, uint64_t now_ms)
{
	return run(host, (int)strlen(data), data, now_ms);
}

static void expect_action(const struct host *host, enum dfut_action_kind kind)
{
	cr_assert(eq(int, (int)host->next.kind, DFUT_NEXT_ACT));
	cr_assert(eq(int, (int)host->next.action.kind, (int)kind));
}

/* Refusals of speed and lines, as of a bridge or a Leonardo's bootloader, are no errors. */
static void open_port(struct host *host)
{
	dfut_port_begin(&host->port, &host->job, BAUD, take, host);
	cr_assert(zero(int, dfut_port_open(&host->port, &host->next)));
	expect_action(host, DFUT_ACTION_OPEN);
	cr_assert(zero(int, run(host, 0, NULL, 0)));
	expect_action(host, DFUT_ACTION_LINE_CODING);
	cr_expect(eq(u32, host->next.action.line_coding.baud, BAUD));
	cr_assert(zero(int, run(host, DFUT_ERROR_DEVICE, NULL, 0)));
	expect_action(host, DFUT_ACTION_LINES);
	cr_expect(eq(int, host->next.action.lines.on, DFUT_LINE_DTR | DFUT_LINE_RTS));
	cr_assert(eq(int, run(host, DFUT_ERROR_DEVICE, NULL, 0), 1));
}

static void ask(struct host *host, const char *text)
{
	cr_assert(zero(int, dfut_port_ask(&host->port, text, strlen(text), 1000, &host->next)));
	expect_action(host, DFUT_ACTION_WRITE);
	cr_expect(eq(int, host->next.action.transfer.length, (int)strlen(text)));
}

Test(port, opens_sends_and_takes_a_reply_in_pieces)
{
	struct host host = { 0 };

	open_port(&host);
	ask(&host, "hello");
	/* A write may take less. */
	cr_assert(zero(int, run(&host, 2, NULL, 5)));
	expect_action(&host, DFUT_ACTION_WRITE);
	cr_expect(eq(int, host.next.action.transfer.length, 3));
	cr_expect(zero(int, memcmp(host.next.action.transfer.data, "llo", 3)));
	cr_assert(zero(int, run(&host, 3, NULL, 10)));
	expect_action(&host, DFUT_ACTION_READ);
	cr_expect(eq(u32, host.next.action.timeout_ms, 1000));
	cr_assert(zero(int, come(&host, "a", 400)));
	cr_expect(eq(u32, host.next.action.timeout_ms, 610));
	cr_assert(eq(int, come(&host, "b\nc\nd", 500), 1));
	cr_expect(eq(str, host.taken, (char *)"ab\n"));
	/* What came behind it is still there for who wants more ... */
	cr_assert(eq(int, dfut_port_hear(&host.port, 500, 100, &host.next), 1));
	cr_expect(eq(str, host.taken, (char *)"ab\nc\n"));
	/* ... but it answers nothing that is asked later. */
	ask(&host, "x");
	cr_assert(zero(int, run(&host, 1, NULL, 600)));
	cr_assert(eq(int, come(&host, "y\n", 700), 1));
	cr_expect(eq(str, host.taken, (char *)"ab\nc\ny\n"));
}

Test(port, a_reply_has_a_deadline)
{
	struct host host = { 0 };

	open_port(&host);
	ask(&host, "x");
	cr_assert(zero(int, run(&host, 1, NULL, 0)));
	/* One who goes on talking is not listened to for ever. */
	cr_assert(zero(int, come(&host, "a", 999)));
	cr_expect(eq(int, come(&host, "a", 1000), DFUT_ERROR_TIMEOUT));
	ask(&host, "x");
	cr_assert(zero(int, run(&host, 1, NULL, 2000)));
	cr_expect(eq(int, run(&host, DFUT_ERROR_TIMEOUT, NULL, 3000), DFUT_ERROR_TIMEOUT));
}

Test(port, errors_are_passed_on)
{
	struct host host = { 0 };

	open_port(&host);
	ask(&host, "x");
	cr_expect(eq(int, run(&host, 0, NULL, 0), DFUT_ERROR_IO));
	ask(&host, "x");
	cr_expect(eq(int, run(&host, 2, NULL, 0), DFUT_ERROR_IO));
	ask(&host, "x");
	cr_expect(eq(int, run(&host, DFUT_ERROR_GONE, NULL, 0), DFUT_ERROR_GONE));
	ask(&host, "x");
	cr_assert(zero(int, run(&host, 1, NULL, 0)));
	cr_expect(eq(int, come(&host, "a!b", 1), DFUT_ERROR_PROTOCOL));
	cr_assert(zero(int, dfut_port_send(&host.port, "x", 1, 100, &host.next)));
	cr_expect(eq(int, run(&host, 1, NULL, 2), 1));
}

Test(port, opened_again_it_is_closed_first)
{
	struct host host = { 0 };

	open_port(&host);
	cr_assert(zero(int, dfut_port_open(&host.port, &host.next)));
	expect_action(&host, DFUT_ACTION_CLOSE);
	cr_assert(zero(int, run(&host, 0, NULL, 0)));
	expect_action(&host, DFUT_ACTION_OPEN);
	cr_expect(eq(int, run(&host, DFUT_ERROR_ACCESS, NULL, 0), DFUT_ERROR_ACCESS));
	/* It is not open now. */
	cr_assert(zero(int, dfut_port_open(&host.port, &host.next)));
	expect_action(&host, DFUT_ACTION_OPEN);
	cr_assert(zero(int, run(&host, 0, NULL, 0)));
	cr_expect(eq(int, run(&host, DFUT_ERROR_GONE, NULL, 0), DFUT_ERROR_GONE));
}

Test(port, drains_until_it_is_quiet_but_not_for_ever)
{
	struct host host = { 0 };
	static char noise[DFUT_PORT_IN_MAX];
	int reads = 0;

	open_port(&host);
	cr_assert(zero(int, dfut_port_drain(&host.port, 20, &host.next)));
	expect_action(&host, DFUT_ACTION_READ);
	cr_expect(eq(u32, host.next.action.timeout_ms, 20));
	cr_assert(zero(int, come(&host, "old\n", 1)));
	expect_action(&host, DFUT_ACTION_READ);
	cr_expect(eq(int, run(&host, DFUT_ERROR_TIMEOUT, NULL, 21), 1));
	cr_expect(zero(sz, host.size));
	cr_assert(zero(int, dfut_port_drain(&host.port, 20, &host.next)));
	while (run(&host, sizeof(noise), noise, 30) == 0)
		cr_assert(lt(int, ++reads, 100));
	cr_expect(eq(int, reads, 31));
	/* Empty packets, one after the other */
	cr_assert(zero(int, dfut_port_drain(&host.port, 20, &host.next)));
	for (reads = 0; run(&host, 0, NULL, 1000 + (uint64_t)reads * 20) == 0; reads++)
		cr_assert(lt(int, reads, 1000));
	cr_expect(eq(int, reads, 100));
	cr_assert(zero(int, dfut_port_drain(&host.port, 20, &host.next)));
	cr_expect(eq(int, run(&host, DFUT_ERROR_GONE, NULL, 40), DFUT_ERROR_GONE));
}
