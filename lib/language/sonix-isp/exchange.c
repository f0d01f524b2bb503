/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A chip that erases lets the question for its answer fail: it is asked again. A command is never sent twice by itself. */

#include <stdio.h>

#include "language/sonix-isp/exchange.h"

#define TIMEOUT_MS 5000
#define TRIES 5
#define RETRY_MS 100

const char sonix_power_hint[] =
	"unplug the device, plug it in again, and repeat; if it does not come back as its bootloader, hold its boot pin low "
	"(BOOT, or what its jump loader looks at) while it is plugged in";

void sonix_hint_power(struct dfut_failure *failure)
{
	dfut_hint(failure, "%s", sonix_power_hint);
}

int sonix_fail(const struct dfut_job *job, int code, const char *what)
{
	dfut_fail(job->failure, code, "%s: %s", what, dfut_error_get_text(code));
	sonix_hint_power(job->failure);
	return code;
}

int sonix_exchange_send(struct sonix_exchange *exchange, struct dfut_next *next)
{
	exchange->step = SONIX_SENDING;
	return dfut_next_send_report(next, exchange->job->interface, DFUT_REPORT_FEATURE, 0, exchange->frame,
				     SONIX_REPORT_SIZE, TIMEOUT_MS);
}

static int ask(struct sonix_exchange *exchange, struct dfut_next *next)
{
	exchange->step = SONIX_ASKING;
	exchange->tries++;
	return dfut_next_get_report(next, exchange->job->interface, DFUT_REPORT_FEATURE, 0, SONIX_REPORT_SIZE,
				    TIMEOUT_MS);
}

int sonix_exchange_ask(struct sonix_exchange *exchange, uint64_t now_ms, struct dfut_next *next)
{
	exchange->tries = 0;
	exchange->until_ms = now_ms + exchange->patience_ms;
	return ask(exchange, next);
}

static int fail_answer(const struct sonix_exchange *exchange, int code, const char *why)
{
	dfut_fail(exchange->job->failure, code, "%s: %s", sonix_command_get_name(exchange->command), why);
	sonix_hint_power(exchange->job->failure);
	return code;
}

static int judge(const struct sonix_exchange *exchange, const struct dfut_outcome *outcome)
{
	switch (sonix_judge_answer(outcome->data, outcome->result, exchange->command)) {
	case SONIX_GOOD:
		return 1;
	case SONIX_REFUSED:
		return fail_answer(exchange, DFUT_ERROR_DEVICE, "the bootloader refuses it");
	case SONIX_WAITS:
		return fail_answer(exchange, DFUT_ERROR_DEVICE,
				   "the bootloader still waits for the data of an update that was interrupted");
	case SONIX_STRANGE:
		break;
	}
	return fail_answer(exchange, DFUT_ERROR_PROTOCOL, "what the bootloader answers is no answer to it");
}

int sonix_exchange_go_on(struct sonix_exchange *exchange, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	bool is_lost = outcome->result == DFUT_ERROR_GONE;
	char what[80];

	if (exchange->step == SONIX_SENDING && outcome->result >= 0)
		return sonix_exchange_ask(exchange, outcome->elapsed_ms, next);
	if (exchange->step == SONIX_PAUSING && outcome->result >= 0)
		return ask(exchange, next);
	if (exchange->step == SONIX_ASKING && outcome->result >= 0)
		return judge(exchange, outcome);
	if (exchange->step == SONIX_ASKING && !is_lost &&
	    (exchange->tries < TRIES || outcome->elapsed_ms < exchange->until_ms)) {
		exchange->step = SONIX_PAUSING;
		return dfut_next_wait(next, RETRY_MS);
	}
	snprintf(what, sizeof(what), "%s%s", exchange->step == SONIX_SENDING ? "" : "the answer to ",
		 sonix_command_get_name(exchange->command));
	return sonix_fail(exchange->job, outcome->result, what);
}
