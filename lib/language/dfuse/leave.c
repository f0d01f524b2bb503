/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Starting the application by DfuSe: a DNLOAD without data, carried out by GETSTATUS, jumps to the address that was set. Where
 * that has no effect, or the table says so, a device leaves as by plain DFU.
 */

#include "language/dfu/machine.h"
#include "language/dfuse/machine.h"

/* A part that names a time of its own for it is given that; what is shorter is as good as none. */
#define WORTH_WAITING_MS 100

struct dfuse_leave {
	struct dfuse dfuse;
	struct dfu_leave plain; /* by what any DFU device may leave by */
	bool has_asked;		/* for it to leave: all has been said */
};

static int begin_leave(void *state, const struct dfut_job *job)
{
	struct dfuse_leave *leave = state;

	dfuse_begin(&leave->dfuse, job);
	leave->dfuse.core.takes_download_idle = true;
	dfu_core_begin(&leave->plain.core, job, NULL);
	return 0;
}

/* The part may be gone before it answers anything. What is back in dfuIDLE, or says so, waits for a bus reset. */
static int judge_leave(struct dfuse_leave *leave, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct dfuse *dfuse = &leave->dfuse;
	struct dfu_status status;
	bool is_status = outcome->result == DFU_STATUS_SIZE &&
			 dfu_status_parse(&status, outcome->data, DFU_STATUS_SIZE);

	if (is_status && status.status != DFU_STATUS_OK)
		return dfuse_reported(dfuse, &status, next);
	leave->has_asked = true;
	if (outcome->result < 0 && outcome->result != DFUT_ERROR_GONE &&
	    !(dfuse->core.job->quirks & DFUSE_QUIRK_LEAVE_SILENT))
		return dfu_core_broke(&dfuse->core, outcome->result, "GETSTATUS");
	if (is_status && (status.state == DFU_STATE_IDLE || status.state == DFU_STATE_MANIFEST_WAIT_RESET))
		return dfut_next_reset(next, dfuse->core.job->interface);
	if (is_status && status.poll_timeout_ms >= WORTH_WAITING_MS) {
		dfu_core_busy_begins(&dfuse->core, outcome);
		return dfu_core_wait_poll(&dfuse->core, &status, outcome, next);
	}
	return dfut_next_done(next, DFUT_END_GONE);
}

static int send_leave(struct dfuse *dfuse, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	int result;

	if (outcome->result < 0 && outcome->result != DFUT_ERROR_GONE &&
	    !(dfuse->core.job->quirks & DFUSE_QUIRK_LEAVE_SILENT))
		return dfu_core_broke(&dfuse->core, outcome->result, "DNLOAD");
	if (outcome->result == DFUT_ERROR_GONE)
		return dfut_next_done(next, DFUT_END_GONE);
	dfuse->step = STEP_LEAVE_JUDGE;
	result = dfu_core_getstatus(&dfuse->core, next);
	next->action.timeout_ms = DFU_SHORT_TIMEOUT_MS;
	return result;
}

static int leave_next(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct dfuse_leave *leave = state;
	struct dfuse *dfuse = &leave->dfuse;
	int result;

	if (dfuse->core.job->leave != DFUT_LEAVE_OWN)
		return dfu_leave_next(&leave->plain, outcome, next);
	if (leave->has_asked)
		return dfut_next_done(next, DFUT_END_GONE);
	result = dfuse_carry_on(dfuse, outcome, next);
	if (result != 1)
		return result;
	switch (dfuse->step) {
	case STEP_NEXT:
		dfuse->step = STEP_LEAVE;
		if (dfuse->core.job->quirks & DFUSE_QUIRK_LEAVE_ADDRESS)
			return dfuse_send_command(dfuse, COMMAND_ADDRESS, dfuse->own->start, STEP_LEAVE, next);
		return leave_next(state, NULL, next);
	case STEP_LEAVE:
		dfuse->step = STEP_LEFT;
		return dfu_core_out(&dfuse->core, next, DFU_DNLOAD, DFUSE_FIRST_BLOCK, NULL, 0, DFU_SHORT_TIMEOUT_MS);
	case STEP_LEFT:
		return send_leave(dfuse, outcome, next);
	case STEP_LEAVE_JUDGE:
	case STEP_SENT:
	case STEP_ASK:
	case STEP_JUDGE:
	case STEP_CLEARED:
	case STEP_CLEAR_JUDGE:
	case STEP_SELECT:
	case STEP_SELECTED:
	case STEP_IDLE:
	case STEP_READ:
	case STEP_GOT:
	case STEP_REFUSED:
	case STEP_ENDED:
		break;
	}
	return judge_leave(leave, outcome, next);
}

const struct dfut_machine_ops dfuse_leave_machine = {
	.name = "dfuse-leave",
	.state_size = sizeof(struct dfuse_leave),
	.begin = begin_leave,
	.next = leave_next,
};
