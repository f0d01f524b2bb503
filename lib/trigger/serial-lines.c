/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * A trigger that is a sequence of DTR and RTS, as the USB-Serial-JTAG of Espressif's chips wants it, with bytes among them,
 * as LeafLabs' Maple does.
 */

#include "trigger/trigger.h"

#define WRITE_TIMEOUT_MS 2000

/* Of a step, in this order */
enum part {
	PART_LINES,
	PART_DATA,
	PART_WAIT,
};

struct lines {
	const struct dfut_job *job;
	bool opened;
	enum part part;
	size_t at;
};

static int begin(void *state, const struct dfut_job *job)
{
	struct lines *lines = state;

	lines->job = job;
	return 0;
}

static int next_part(struct lines *lines, const struct dfut_line_step *step, uint8_t interface, struct dfut_next *next)
{
	if (lines->part == PART_LINES) {
		lines->part = PART_DATA;
		if (step->dtr >= 0 || step->rts >= 0)
			return dfut_next_lines(next, interface, step->dtr, step->rts);
	}
	if (lines->part == PART_DATA) {
		lines->part = PART_WAIT;
		if (step->size)
			return dfut_next_write(next, interface, step->data, step->size, WRITE_TIMEOUT_MS);
	}
	lines->part = PART_LINES;
	lines->at++;
	return dfut_next_wait(next, step->wait_ms);
}

static int next_action(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct lines *lines = state;
	const struct dfut_trigger *trigger = lines->job->trigger;
	uint8_t interface = lines->job->interface;

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
	return next_part(lines, &trigger->steps[lines->at], interface, next);
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
