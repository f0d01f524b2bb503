/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A trigger that is a sequence of DTR and RTS, as the USB-Serial-JTAG of Espressif's chips wants it. */

#include "trigger/trigger.h"

struct lines {
	const struct dfut_job *job;
	bool opened;
	bool waits;
	size_t at;
};

static int begin(void *state, const struct dfut_job *job)
{
	struct lines *lines = state;

	lines->job = job;
	return 0;
}

static int next_action(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct lines *lines = state;
	const struct dfut_trigger *trigger = lines->job->trigger;
	uint8_t interface = lines->job->interface;
	const struct dfut_line_step *step;

	if (!outcome)
		return dfut_next_open_link(next, DFUT_LINK_SERIAL, interface);
	if (!lines->opened && outcome->result < 0)
		return dfut_fail(lines->job->failure, outcome->result,
				 "the serial port of interface %u can't be used: %s", interface,
				 dfut_error_get_text(outcome->result));
	lines->opened = true;
	if (outcome->result == DFUT_ERROR_DEVICE)
		return dfut_next_done(next, DFUT_END_REFUSED);
	if (outcome->result == DFUT_ERROR_GONE || lines->at == trigger->step_count)
		return dfut_next_done(next, trigger->in_place ? DFUT_END_MAY_LEAVE : DFUT_END_LEAVES);
	step = &trigger->steps[lines->at];
	if (!lines->waits && (step->dtr >= 0 || step->rts >= 0)) {
		lines->waits = true;
		return dfut_next_lines(next, interface, step->dtr, step->rts);
	}
	lines->waits = false;
	lines->at++;
	return dfut_next_wait(next, step->wait_ms);
}

static const struct dfut_machine_ops machine = {
	.name = "serial-lines",
	.state_size = sizeof(struct lines),
	.begin = begin,
	.next = next_action,
};

const struct dfut_way dfut_way_serial_lines = {
	.machine = &machine,
	.link = DFUT_LINK_SERIAL,
};
