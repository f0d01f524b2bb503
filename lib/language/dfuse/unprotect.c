/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * DfuSe's READ UNPROTECT (ST AN3156): read protection is taken off, for which all of the flash is erased, and the part
 * resets. It has no result to ask for: whether it was done shows on the bus.
 */

#include <inttypes.h>
#include <stdio.h>

#include "language/dfuse/machine.h"

enum unprotect_step {
	UNPROTECT_NEXT,
	UNPROTECT_REFUSED, /* its own words are read */
	UNPROTECT_SENT,
	UNPROTECT_JUDGE,
	UNPROTECT_WAIT,
};

struct unprotect {
	struct dfu_core core;
	enum unprotect_step step;
	uint8_t command;
	bool refused; /* DNLOAD was; the state tells why */
	uint64_t began_ms;
};

static void tell_place(const void *state, char *text, size_t size)
{
	(void)state;
	snprintf(text, size, "taking the read protection off");
}

static int begin(void *state, const struct dfut_job *job)
{
	struct unprotect *unprotect = state;

	dfu_core_begin(&unprotect->core, job, tell_place);
	return 0;
}

static int ask(struct unprotect *unprotect, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	int result;

	if (outcome->result < 0 && outcome->result != DFUT_ERROR_DEVICE)
		return dfu_core_broke(&unprotect->core, outcome->result, "DNLOAD");
	unprotect->refused = outcome->result < 0;
	unprotect->began_ms = outcome->elapsed_ms;
	unprotect->step = UNPROTECT_JUDGE;
	result = dfu_core_getstatus(&unprotect->core, next);
	next->action.timeout_ms = DFUSE_MASS_ERASE_TIMEOUT_MS;
	return result;
}

static int refused(struct unprotect *unprotect, const struct dfu_status *status, struct dfut_next *next)
{
	struct dfut_failure *failure = unprotect->core.job->failure;
	int result;

	unprotect->step = UNPROTECT_REFUSED;
	result = status ? dfu_core_reported(&unprotect->core, status, next) :
			  dfu_core_broke(&unprotect->core, DFUT_ERROR_DEVICE, "READ UNPROTECT");
	dfut_hint(
		failure,
		"the part may not know this command, and nothing was erased then: its option bytes can be written with "
		"a debug probe");
	return result;
}

/* From here on only its departure counts: it may be too busy to answer, and it must not be asked twice. */
static int wait_for_reset(struct unprotect *unprotect, const struct dfut_outcome *outcome, uint32_t poll_ms,
			  struct dfut_next *next)
{
	uint64_t spent_ms = outcome->elapsed_ms - unprotect->began_ms;
	uint64_t left_ms = spent_ms < DFUSE_MASS_ERASE_TIMEOUT_MS ? DFUSE_MASS_ERASE_TIMEOUT_MS - spent_ms : 0;

	if (poll_ms > unprotect->core.busy_limit_ms)
		poll_ms = (uint32_t)unprotect->core.busy_limit_ms;
	unprotect->step = UNPROTECT_WAIT;
	return dfut_next_wait(next, poll_ms > left_ms ? poll_ms : (uint32_t)left_ms);
}

static int judge(struct unprotect *unprotect, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct dfu_status status;

	if (outcome->result < 0)
		return unprotect->refused ? refused(unprotect, NULL, next) :
					    wait_for_reset(unprotect, outcome, 0, next);
	if (!dfu_status_parse(&status, outcome->data, (size_t)outcome->result))
		return dfu_core_nonsense(&unprotect->core, outcome);
	if (status.status != DFU_STATUS_OK || status.state == DFU_STATE_ERROR)
		return refused(unprotect, &status, next);
	if (unprotect->refused)
		return refused(unprotect, NULL, next);
	return wait_for_reset(unprotect, outcome, status.poll_timeout_ms, next);
}

static int stayed(const struct unprotect *unprotect, const struct dfut_outcome *outcome)
{
	struct dfut_failure *failure = unprotect->core.job->failure;

	dfut_fail(failure, DFUT_ERROR_DEVICE,
		  "the part took READ UNPROTECT, which ends in a reset, and is still there %" PRIu64 " ms later",
		  outcome->elapsed_ms - unprotect->began_ms);
	dfut_hint(
		failure,
		"unplug it and plug it in again, and read a little of its flash: if that works, the protection is off");
	return DFUT_ERROR_DEVICE;
}

static int next_action(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct unprotect *unprotect = state;
	int result;

	/* It has reset itself, which is all the answer that there is. It begins with GETSTATUS. */
	if (unprotect->step > UNPROTECT_SENT && outcome->result == DFUT_ERROR_GONE)
		return dfut_next_done(next, DFUT_END_RESETS);
	switch (unprotect->step) {
	case UNPROTECT_NEXT:
		result = dfu_core_get_ready(&unprotect->core, outcome, next);
		if (result != 1)
			return result;
		unprotect->command = DFUSE_COMMAND_UNPROTECT;
		unprotect->step = UNPROTECT_SENT;
		return dfu_core_out(&unprotect->core, next, DFU_DNLOAD, DFUSE_COMMAND_BLOCK, &unprotect->command, 1,
				    DFU_WORK_TIMEOUT_MS);
	case UNPROTECT_REFUSED:
		return dfu_core_get_ready(&unprotect->core, outcome, next);
	case UNPROTECT_SENT:
		return ask(unprotect, outcome, next);
	case UNPROTECT_JUDGE:
		return judge(unprotect, outcome, next);
	case UNPROTECT_WAIT:
		break;
	}
	return stayed(unprotect, outcome);
}

const struct dfut_machine_ops dfuse_unprotect_machine = {
	.name = "dfuse-unprotect",
	.state_size = sizeof(struct unprotect),
	.begin = begin,
	.next = next_action,
};
