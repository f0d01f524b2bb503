/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Back to the firmware: the chip resets itself, and what becomes of the transfer says nothing. */

#include "language/sonix-isp/exchange.h"
#include "language/sonix-isp/machine.h"

struct leave {
	const struct dfut_job *job;
	struct sonix_exchange exchange;
	bool is_sent;
};

static int begin(void *state, const struct dfut_job *job)
{
	struct leave *leave = state;

	leave->job = job;
	leave->exchange.job = job;
	sonix_put_command(leave->exchange.frame, SONIX_LEAVE);
	return 0;
}

static int next_action(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct leave *leave = state;

	if (!outcome)
		return dfut_next_open_link(next, DFUT_LINK_HID, leave->job->interface);
	if (leave->is_sent)
		return dfut_next_done(next, DFUT_END_LEAVES);
	if (outcome->result < 0)
		return sonix_fail(leave->job, outcome->result, "the interface of the bootloader can't be opened");
	leave->is_sent = true;
	return sonix_exchange_send(&leave->exchange, next);
}

const struct dfut_machine_ops sonix_leave_machine = {
	.name = "sonix-leave", .state_size = sizeof(struct leave), .begin = begin, .next = next_action
};
