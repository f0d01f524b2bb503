/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Which chip is it? The question carries the code option that the host believes in; where the answer has another one, it is
 * asked again with that. A device that has just come may not take the question at once.
 */

#include "language/sonix-isp/exchange.h"
#include "language/sonix-isp/machine.h"

#define TRIES 5
#define RETRY_MS 3000
/* Before whatever comes next */
#define PAUSE_MS 1000

struct ask {
	const struct dfut_job *job;
	const struct sonix_job *own;
	enum { STEP_OPEN, STEP_EXCHANGE, STEP_AGAIN, STEP_OVER } step;
	struct sonix_exchange exchange;
	uint16_t code_option;
	unsigned int tries;
};

static int begin(void *state, const struct dfut_job *job)
{
	struct ask *ask = state;

	ask->job = job;
	ask->own = job->own;
	ask->exchange.job = job;
	ask->exchange.command = SONIX_VERSION;
	return 0;
}

static int send_question(struct ask *ask, struct dfut_next *next)
{
	ask->step = STEP_EXCHANGE;
	ask->tries++;
	sonix_put_command(ask->exchange.frame, SONIX_VERSION);
	dfut_put_le16(ask->exchange.frame + SONIX_PARAMETERS, ask->code_option);
	return sonix_exchange_send(&ask->exchange, next);
}

static int ask_again(struct ask *ask, struct dfut_next *next)
{
	ask->step = STEP_AGAIN;
	return dfut_next_wait(next, RETRY_MS);
}

static int end(struct ask *ask, struct dfut_next *next)
{
	ask->step = STEP_OVER;
	return dfut_next_wait(next, PAUSE_MS);
}

static int answered(struct ask *ask, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct sonix_version *version = ask->own->version;

	sonix_parse_version(version, outcome->data);
	if (version->code_option == ask->code_option)
		return end(ask, next);
	ask->code_option = version->code_option;
	if (ask->tries < TRIES)
		return ask_again(ask, next);
	dfut_fail(ask->job->failure, DFUT_ERROR_DEVICE, "the bootloader tells another code option each time");
	sonix_hint_power(ask->job->failure);
	return DFUT_ERROR_DEVICE;
}

static int go_on(struct ask *ask, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	int result;

	if (ask->exchange.step == SONIX_SENDING && outcome->result < 0 && outcome->result != DFUT_ERROR_GONE &&
	    ask->tries < TRIES)
		return ask_again(ask, next);
	result = sonix_exchange_go_on(&ask->exchange, outcome, next);
	return result > 0 ? answered(ask, outcome, next) : result;
}

static int next_action(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct ask *ask = state;

	if (!outcome)
		return dfut_next_open_link(next, DFUT_LINK_HID, ask->job->interface);
	switch (ask->step) {
	case STEP_OPEN:
		if (outcome->result < 0)
			return sonix_fail(ask->job, outcome->result, "the interface of the bootloader can't be opened");
		return send_question(ask, next);
	case STEP_EXCHANGE:
		return go_on(ask, outcome, next);
	case STEP_AGAIN:
	case STEP_OVER:
		if (outcome->result < 0)
			return sonix_fail(ask->job, outcome->result, "asking which chip it is");
		return ask->step == STEP_OVER ? dfut_next_done(next, DFUT_END_STAYS) : send_question(ask, next);
	}
	return DFUT_ERROR_PROTOCOL;
}

const struct dfut_machine_ops sonix_ask_machine = {
	.name = "sonix-ask", .state_size = sizeof(struct ask), .begin = begin, .next = next_action
};
