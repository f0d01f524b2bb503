/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Starting the application by DfuSe: a DNLOAD without data, carried out by GETSTATUS, jumps to the address that was set. */

#include "language/dfuse/machine.h"

static int begin_leave(void *state, const struct dfut_job *job)
{
	struct dfuse *dfuse = state;

	dfuse_begin(dfuse, job);
	dfuse->core.takes_download_idle = true;
	return 0;
}

/* The part may be gone before it answers anything. */
static int judge_leave(struct dfuse *dfuse, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct dfu_status status;

	if (outcome->result == DFU_STATUS_SIZE && dfu_status_parse(&status, outcome->data, DFU_STATUS_SIZE) &&
	    status.status != DFU_STATUS_OK)
		return dfuse_reported(dfuse, &status, next);
	if (outcome->result < 0 && outcome->result != DFUT_ERROR_GONE &&
	    !(dfuse->core.job->quirks & DFUSE_QUIRK_LEAVE_SILENT))
		return dfu_core_broke(&dfuse->core, outcome->result, "GETSTATUS");
	return dfut_next_done(next, DFUT_END_GONE);
}

static int leave_next(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct dfuse *dfuse = state;
	int result = dfuse_carry_on(dfuse, outcome, next);

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
		if (outcome->result < 0 && outcome->result != DFUT_ERROR_GONE &&
		    !(dfuse->core.job->quirks & DFUSE_QUIRK_LEAVE_SILENT))
			return dfu_core_broke(&dfuse->core, outcome->result, "DNLOAD");
		if (outcome->result == DFUT_ERROR_GONE)
			return dfut_next_done(next, DFUT_END_GONE);
		dfuse->step = STEP_LEAVE_JUDGE;
		result = dfu_core_getstatus(&dfuse->core, next);
		next->action.timeout_ms = DFU_SHORT_TIMEOUT_MS;
		return result;
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
	return judge_leave(dfuse, outcome, next);
}

const struct dfut_machine_ops dfuse_leave_machine = {
	.name = "dfuse-leave",
	.state_size = sizeof(struct dfuse),
	.begin = begin_leave,
	.next = leave_next,
};
