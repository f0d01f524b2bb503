/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * The trigger of USB DFU: DETACH to the run-time interface; the device leaves by itself (bitWillDetach), or the host
 * resets the bus within the time that DETACH gave (DFU 1.1, 5.1): in its turn, as resets of several devices take long.
 * Nothing is asked before: any class request to a
 * run-time interface stops the audio of XMOS devices. So it isn't known whether somebody has sent DETACH shortly before, and was
 * interrupted: then the device stalls this one, and either leaves all the same or is back in appIDLE (A.2.2).
 */

#include "trigger/trigger.h"
#include "usb/dfu.h"

#define REQUEST_DETACH 0x00
#define INDEX_FORCED 0x0100

/* The value that every known host sends, and every known device was tested with. */
#define DETACH_TIMEOUT_MS 1000
#define REQUEST_TIMEOUT_MS 5000

/* A device whose reset came too late is as it was. */
#define TRY_LIMIT 5
/* ... if it has not left by then */
#define LATE_MS 1000

enum step {
	STEP_OPEN,
	STEP_TURN,
	STEP_DETACH,
	STEP_DETACHED,
	STEP_STALLED,
	STEP_RESET_DONE,
	STEP_LATE,
};

struct dfu_detach {
	const struct dfut_job *job;
	enum step step;
	enum dfut_end end;
	bool resets;	/* whatever bitWillDetach says */
	uint16_t index; /* of the request, besides the interface */
	unsigned int tries;
	uint64_t detached_ms;
	bool was_taken; /* DETACH was */
};

static int begin(void *state, const struct dfut_job *job)
{
	struct dfu_detach *detach = state;

	detach->job = job;
	return 0;
}

/* ST's open device class looks for bitWillDetach in the wrong byte, and waits for a reset that nobody sends. */
static int begin_with_reset(void *state, const struct dfut_job *job)
{
	struct dfu_detach *detach = state;

	detach->resets = true;
	return begin(state, job);
}

/* Poly's devices refuse it while they are in use, but with this bit (fwupd's index-force-detach). */
static int begin_forced(void *state, const struct dfut_job *job)
{
	struct dfu_detach *detach = state;

	detach->index = INDEX_FORCED;
	return begin(state, job);
}

static bool will_detach(const struct dfu_detach *detach)
{
	const struct dfut_dfu_descriptor *dfu = &detach->job->dfu;

	return !detach->resets && dfu->version >= 0x0110 && dfu->attributes & DFUT_DFU_WILL_DETACH;
}

static uint16_t get_timeout_ms(const struct dfu_detach *detach)
{
	int own_ms = detach->job->detach_timeout_ms;

	return (uint16_t)(own_ms < 0 ? DETACH_TIMEOUT_MS : own_ms);
}

/* How long the device waits for its reset: as it says, and no longer than it was told. */
static uint32_t get_window_ms(const struct dfu_detach *detach)
{
	uint16_t said_ms = detach->job->dfu.detach_timeout_ms;

	return said_ms && said_ms < get_timeout_ms(detach) ? said_ms : get_timeout_ms(detach);
}

/* Until one that was told to leave has left, or is as it was: half of the time that it has, as it is asked once more. */
static uint32_t get_patience_ms(const struct dfu_detach *detach)
{
	uint32_t time_ms = get_window_ms(detach), limit_ms = detach->job->leave_ms / 2;

	if (will_detach(detach) && detach->job->dfu.detach_timeout_ms > time_ms)
		time_ms = detach->job->dfu.detach_timeout_ms;
	return time_ms < limit_ms ? time_ms : limit_ms;
}

static int send_detach(struct dfu_detach *detach, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	/* Its answer may have waited for us. */
	detach->detached_ms = outcome->elapsed_ms;
	detach->tries++;
	detach->step = STEP_DETACHED;
	return dfut_next_control(next, detach->job->interface, 0x21, REQUEST_DETACH, get_timeout_ms(detach),
				 (uint16_t)(detach->index | detach->job->interface), NULL, 0, REQUEST_TIMEOUT_MS);
}

static int detached(struct dfu_detach *detach, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	if (outcome->result == DFUT_ERROR_DEVICE && detach->tries == 1) {
		detach->step = STEP_STALLED;
		return dfut_next_wait(next, get_patience_ms(detach));
	}
	/* Devices that leave at once never answer. */
	if (!detach->was_taken)
		detach->end = outcome->result == DFUT_ERROR_DEVICE ? DFUT_END_REFUSED : DFUT_END_LEAVES;
	if (outcome->result == DFUT_ERROR_GONE || will_detach(detach))
		return dfut_next_done(next, detach->end);
	detach->was_taken = outcome->result >= 0;
	detach->step = STEP_RESET_DONE;
	return dfut_next_reset(next, detach->job->interface);
}

/* The system may have had others to reset before: if the device is still there when it should have left, once more. */
static int reset_done(struct dfu_detach *detach, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	if (outcome->result == DFUT_ERROR_UNSUPPORTED)
		return dfut_fail(detach->job->failure, DFUT_ERROR_UNSUPPORTED,
				 "this device wants a USB reset after DETACH, which this system does not offer");
	if (outcome->result < 0 || !detach->was_taken || detach->tries >= TRY_LIMIT ||
	    outcome->elapsed_ms - detach->detached_ms <= get_window_ms(detach))
		return dfut_next_done(next, detach->end);
	detach->step = STEP_LATE;
	return dfut_next_wait(next, LATE_MS);
}

static int next_action(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct dfu_detach *detach = state;
	const struct dfut_job *job = detach->job;

	switch (detach->step) {
	case STEP_OPEN:
		detach->step = will_detach(detach) ? STEP_DETACH : STEP_TURN;
		return dfut_next_open(next, job->interface);
	case STEP_TURN:
	case STEP_DETACH:
		if (outcome->result < 0)
			return dfut_fail(job->failure, outcome->result, "interface %u can't be opened: %s",
					 job->interface, dfut_error_get_text(outcome->result));
		if (detach->step == STEP_DETACH)
			return send_detach(detach, outcome, next);
		detach->step = STEP_DETACH;
		return dfut_next_turn(next);
	case STEP_DETACHED:
		return detached(detach, outcome, next);
	case STEP_STALLED:
		return outcome->result < 0 ? dfut_next_done(next, DFUT_END_LEAVES) : send_detach(detach, outcome, next);
	case STEP_RESET_DONE:
		return reset_done(detach, outcome, next);
	case STEP_LATE:
		return outcome->result < 0 ? dfut_next_done(next, detach->end) : send_detach(detach, outcome, next);
	}
	return DFUT_ERROR_PROTOCOL;
}

static const struct dfut_machine_ops machine = {
	.name = "dfu-detach",
	.state_size = sizeof(struct dfu_detach),
	.begin = begin,
	.next = next_action,
};

static const struct dfut_machine_ops reset_machine = {
	.name = "dfu-detach-reset",
	.state_size = sizeof(struct dfu_detach),
	.begin = begin_with_reset,
	.next = next_action,
};

static const struct dfut_machine_ops forced_machine = {
	.name = "dfu-detach-forced",
	.state_size = sizeof(struct dfu_detach),
	.begin = begin_forced,
	.next = next_action,
};

const struct dfut_way dfut_way_dfu_detach = {
	.name = "dfu-detach",
	.machine = &machine,
	.link = DFUT_LINK_USB,
	.finds_dfu = true,
	.interface = { true, DFU_CLASS, DFU_SUBCLASS, 1, false },
};

const struct dfut_way dfut_way_dfu_detach_reset = {
	.name = "dfu-detach-reset",
	.machine = &reset_machine,
	.link = DFUT_LINK_USB,
	.interface = { true, DFU_CLASS, DFU_SUBCLASS, 1, false },
};

const struct dfut_way dfut_way_dfu_detach_forced = {
	.name = "dfu-detach-forced",
	.machine = &forced_machine,
	.link = DFUT_LINK_USB,
	.finds_dfu = true,
	.interface = { true, DFU_CLASS, DFU_SUBCLASS, 1, false },
};
