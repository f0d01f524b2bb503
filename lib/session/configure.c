/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A device whose interface is in a configuration that is not in use: that is selected before anything else is done. */

#include "session/configure.h"

#define CONFIGURE_TIMEOUT_MS 5000
/* Drivers make their nodes, and the bus looks at them. */
#define SETTLE_MS 100

struct configure {
	const struct dfut_job *job;
	unsigned int at;
	int result;
};

static int begin(void *state, const struct dfut_job *job)
{
	((struct configure *)state)->job = job;
	return 0;
}

static int configure(struct dfut_next *next, uint8_t configuration)
{
	dfut_next_act(next, DFUT_ACTION_CONFIGURE, DFUT_LINK_USB, DFUT_CHANNEL_DEVICE, CONFIGURE_TIMEOUT_MS);
	next->action.configure.configuration = configuration;
	return 0;
}

static int fail(const struct configure *own)
{
	struct dfut_failure *failure = own->job->failure;

	dfut_fail(
		failure, own->result,
		"the interface is in configuration %u, which is not in use, and the device can't be told to use it: %s",
		own->job->configuration,
		own->result == DFUT_ERROR_BUSY ? "its present one is in use by another program or driver" :
						 dfut_error_get_text(own->result));
	dfut_hint(failure, own->result == DFUT_ERROR_BUSY ?
				   "end the program that uses it, or unbind its driver, then repeat" :
				   "unplug it and plug it in again, at a port with enough power, then repeat");
	return own->result;
}

static int next(void *state, const struct dfut_outcome *outcome, struct dfut_next *action)
{
	struct configure *own = state;

	if (outcome && outcome->result < 0 && own->at == 1)
		return outcome->result;
	switch (own->at++) {
	case 0:
		return dfut_next_open(action, DFUT_CHANNEL_DEVICE);
	case 1:
		return configure(action, own->job->configuration);
	case 2:
		own->result = outcome->result;
		return dfut_next_close(action);
	case 3:
		return own->result < 0 ? fail(own) : dfut_next_wait(action, SETTLE_MS);
	}
	return dfut_next_done(action, DFUT_END_STAYS);
}

const struct dfut_machine_ops dfut_configure_machine = {
	.name = "configure", .state_size = sizeof(struct configure), .begin = begin, .next = next
};
