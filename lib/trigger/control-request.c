/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A trigger that is one control request, from the device table or from the caller. */

#include "trigger/trigger.h"

#define REQUEST_TIMEOUT_MS 2000

enum step {
	STEP_OPEN,
	STEP_SEND,
	STEP_SENT,
};

struct control_request {
	const struct dfut_job *job;
	enum step step;
};

static int begin(void *state, const struct dfut_job *job)
{
	struct control_request *request = state;

	request->job = job;
	return 0;
}

static int next_action(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct control_request *request = state;
	const struct dfut_control *control = &request->job->trigger->control;

	switch (request->step) {
	case STEP_OPEN:
		request->step = STEP_SEND;
		return dfut_next_open(next, dfut_control_get_channel(control, request->job->interface));
	case STEP_SEND:
		if (outcome->result < 0)
			return dfut_fail(request->job->failure, outcome->result, "the device can't be opened: %s",
					 dfut_error_get_text(outcome->result));
		request->step = STEP_SENT;
		return dfut_next_send(next, control, request->job->interface, REQUEST_TIMEOUT_MS);
	case STEP_SENT:
		/* Whatever it answered or not: what it does on the bus decides. */
		return dfut_next_done(next, outcome->result == DFUT_ERROR_DEVICE ? DFUT_END_REFUSED : DFUT_END_LEAVES);
	}
	return DFUT_ERROR_PROTOCOL;
}

static const struct dfut_machine_ops machine = {
	.name = "control-request",
	.state_size = sizeof(struct control_request),
	.begin = begin,
	.next = next_action,
};

const struct dfut_way dfut_way_control_request = {
	.machine = &machine,
	.link = DFUT_LINK_USB,
};
