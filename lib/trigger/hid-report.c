/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * A trigger that is one HID report, from the device table or from the caller. Devices that leave at once often let the
 * transfer fail: only a stall, and an answer that says no, are taken for what they look like.
 */

#include <string.h>

#include "trigger/trigger.h"

#define REPORT_TIMEOUT_MS 5000
#define REPLY_TIMEOUT_MS 500
#define REPLY_SIZE 256

enum step {
	STEP_OPEN,
	STEP_SEND,
	STEP_SENT,
	STEP_ASK,
	STEP_ANSWERED,
};

struct hid_report {
	const struct dfut_job *job;
	enum step step;
	unsigned int tries;
	unsigned int asked;
	uint8_t data[65536];
};

static int begin(void *state, const struct dfut_job *job)
{
	struct hid_report *report = state;
	const struct dfut_report *given = &job->trigger->report;

	report->job = job;
	memcpy(report->data, given->data, given->size);
	if (job->report_size >= 0 && given->size > job->report_size)
		return dfut_fail(job->failure, DFUT_ERROR_MISMATCH,
				 "the report has %d bytes on this device, %u are to be sent", job->report_size,
				 given->size);
	return 0;
}

static int send_report(const struct hid_report *report, struct dfut_next *next)
{
	const struct dfut_job *job = report->job;
	const struct dfut_report *given = &job->trigger->report;
	uint16_t length = given->declared > given->size ? given->declared : given->size;

	if (job->report_size > length)
		length = (uint16_t)job->report_size;
	return dfut_next_send_report(next, job->interface, given->type, given->id, report->data, length,
				     REPORT_TIMEOUT_MS);
}

static int ask(struct hid_report *report, struct dfut_next *next)
{
	const struct dfut_reply *reply = &report->job->trigger->report.reply;

	report->asked++;
	return dfut_next_get_report(next, report->job->interface, reply->type, reply->id, REPLY_SIZE, REPLY_TIMEOUT_MS);
}

static int done(const struct hid_report *report, struct dfut_next *next)
{
	return dfut_next_done(next, report->job->trigger->in_place ? DFUT_END_MAY_LEAVE : DFUT_END_LEAVES);
}

static int sent(struct hid_report *report, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	const struct dfut_report *given = &report->job->trigger->report;

	if (outcome->result == DFUT_ERROR_UNSUPPORTED)
		return dfut_fail(report->job->failure, DFUT_ERROR_UNSUPPORTED,
				 "reports can't be sent to this device here");
	if (outcome->result == DFUT_ERROR_DEVICE && ++report->tries < given->tries) {
		report->step = STEP_SEND;
		return dfut_next_wait(next, given->delay_ms);
	}
	if (outcome->result == DFUT_ERROR_DEVICE)
		return dfut_next_done(next, DFUT_END_REFUSED);
	if (!given->reply.given || outcome->result < 0)
		return done(report, next);
	report->step = STEP_ANSWERED;
	return ask(report, next);
}

static int refused(const struct hid_report *report, uint8_t value)
{
	const struct dfut_trigger *trigger = report->job->trigger;

	dfut_fail(report->job->failure, DFUT_ERROR_DEVICE, "the device refuses %s: byte %u of its answer is 0x%02x",
		  trigger->name, trigger->report.reply.at, value);
	if (trigger->hint)
		dfut_hint(report->job->failure, "%s", trigger->hint);
	return DFUT_ERROR_DEVICE;
}

/* No answer, or one that is too short, is no refusal: what the device does on the bus decides. */
static int answered(struct hid_report *report, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	const struct dfut_reply *reply = &report->job->trigger->report.reply;
	/* The first byte of an input report is its id. */
	int at = reply->at + (reply->type == DFUT_REPORT_INPUT ? 1 : 0);

	if (outcome->result <= at || (outcome->data[at] == reply->value) != reply->is_refusal)
		return done(report, next);
	if (report->asked >= reply->tries)
		return refused(report, outcome->data[at]);
	report->step = STEP_ASK;
	return dfut_next_wait(next, reply->delay_ms);
}

static int next_action(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct hid_report *report = state;

	switch (report->step) {
	case STEP_OPEN:
		report->step = STEP_SEND;
		return dfut_next_open_link(next, DFUT_LINK_HID, report->job->interface);
	case STEP_SEND:
		/* It may also be the end of a wait. */
		if (outcome->result < 0 && report->tries && outcome->result == DFUT_ERROR_GONE)
			return done(report, next);
		if (outcome->result < 0)
			return dfut_fail(report->job->failure, outcome->result,
					 "interface %u can't be opened for reports: %s", report->job->interface,
					 dfut_error_get_text(outcome->result));
		report->step = STEP_SENT;
		return send_report(report, next);
	case STEP_SENT:
		return sent(report, outcome, next);
	case STEP_ASK:
		if (outcome->result < 0)
			return done(report, next);
		report->step = STEP_ANSWERED;
		return ask(report, next);
	case STEP_ANSWERED:
		return answered(report, outcome, next);
	}
	return DFUT_ERROR_PROTOCOL;
}

static const struct dfut_machine_ops machine = {
	.name = "hid-report",
	.state_size = sizeof(struct hid_report),
	.begin = begin,
	.next = next_action,
};

const struct dfut_way dfut_way_hid_report = {
	.machine = &machine,
	.link = DFUT_LINK_HID,
};
