/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * The touch: a serial port set to a speed that nobody uses, 1200 baud for most, and then DTR lowered. Cores differ in
 * which of the two they wait for; this order serves all. The port is not opened again while the device may still be
 * about to leave: that would raise DTR and call an Arduino Leonardo's restart off.
 */

#include "trigger/trigger.h"

/* Systems send no request for a speed that they think is set: another one first. */
#define OTHER_BAUD 9600
#define OTHER_BAUD_2 19200

enum step {
	STEP_OPEN,
	STEP_OTHER_BAUD,
	STEP_BAUD,
	STEP_LOWER,
	STEP_CLOSE,
	STEP_WAIT,
	STEP_WAITED,
	STEP_RESTORE,
	STEP_RESTORED,
};

struct touch {
	const struct dfut_job *job;
	enum step step;
	bool stalled;
};

static int begin(void *state, const struct dfut_job *job)
{
	struct touch *touch = state;

	touch->job = job;
	return 0;
}

static uint32_t get_other_baud(const struct touch *touch)
{
	return dfut_trigger_get_baud(touch->job->trigger) == OTHER_BAUD ? OTHER_BAUD_2 : OTHER_BAUD;
}

static int not_opened(const struct touch *touch, int result)
{
	return dfut_fail(touch->job->failure, result, "the serial port of interface %u can't be used: %s",
			 touch->job->interface, dfut_error_get_text(result));
}

/* From the touch on every error may be the device leaving. */
static int next_action(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct touch *touch = state;
	const struct dfut_job *job = touch->job;

	if (outcome && outcome->result == DFUT_ERROR_GONE && touch->step > STEP_BAUD)
		return dfut_next_done(next, DFUT_END_LEAVES);
	switch (touch->step) {
	case STEP_OPEN:
		touch->step = STEP_OTHER_BAUD;
		return dfut_next_open_link(next, DFUT_LINK_SERIAL, job->interface);
	case STEP_OTHER_BAUD:
		if (outcome->result < 0)
			return not_opened(touch, outcome->result);
		touch->step = STEP_BAUD;
		return dfut_next_baud(next, job->interface, get_other_baud(touch));
	case STEP_BAUD:
		if (outcome->result == DFUT_ERROR_GONE || outcome->result == DFUT_ERROR_UNSUPPORTED ||
		    outcome->result == DFUT_ERROR_USAGE)
			return not_opened(touch, outcome->result);
		touch->step = STEP_LOWER;
		return dfut_next_baud(next, job->interface, dfut_trigger_get_baud(job->trigger));
	case STEP_LOWER:
		touch->step = STEP_CLOSE;
		return dfut_next_lines(next, job->interface, 0, -1);
	case STEP_CLOSE:
		/* Of a speed that was refused no system tells. */
		touch->stalled = outcome->result == DFUT_ERROR_DEVICE;
		touch->step = STEP_WAIT;
		return dfut_next_close(next);
	case STEP_WAIT:
		/* What is behind the port has left; at this speed it may be heard no more, and at any other it is disturbed. */
		if (job->trigger->in_place)
			return dfut_next_done(next, touch->stalled ? DFUT_END_REFUSED : DFUT_END_MAY_LEAVE);
		if (!job->leave_ms)
			return dfut_next_done(next, DFUT_END_LEAVES);
		touch->step = STEP_WAITED;
		return dfut_next_wait(next, job->leave_ms);
	case STEP_WAITED:
		/* It is still there: the next program finds the port at a speed that it can use. */
		touch->step = STEP_RESTORE;
		return dfut_next_open_link(next, DFUT_LINK_SERIAL, job->interface);
	case STEP_RESTORE:
		if (outcome->result < 0)
			return dfut_next_done(next, DFUT_END_STAYED);
		touch->step = STEP_RESTORED;
		return dfut_next_baud(next, job->interface, get_other_baud(touch));
	case STEP_RESTORED:
		return dfut_next_done(next, touch->stalled ? DFUT_END_REFUSED : DFUT_END_STAYED);
	}
	return DFUT_ERROR_PROTOCOL;
}

static enum dfut_session_state phase(const void *state)
{
	const struct touch *touch = state;

	return touch->step == STEP_WAITED ? DFUT_SESSION_LEAVING : DFUT_SESSION_TRIGGERING;
}

static const struct dfut_machine_ops machine = {
	.name = "serial-touch",
	.state_size = sizeof(struct touch),
	.begin = begin,
	.next = next_action,
	.phase = phase,
};

const struct dfut_way dfut_way_serial_touch = {
	.name = "touch-1200",
	.machine = &machine,
	.link = DFUT_LINK_SERIAL,
	.baud = 1200,
};
