/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Commands of ST's DfuSe, host side: one is sent as a block with number 0, and the GETSTATUS that follows carries it out. */

#include <inttypes.h>
#include <stdio.h>

#include "language/dfuse/core.h"

/* An erase may take longer than promised; one that takes that much longer has ended. */
#define STUCK_MS 5000
#define STUCK_AGAIN_MS 100
#define CLEAR_LIMIT 2

static void tell_place(const void *state, char *text, size_t size)
{
	const struct dfuse *dfuse = state;
	static const char *const commands[] = { "mass erase", "erasing the sector at", "setting the address",
						"writing at", "at" };

	if (dfuse->step >= STEP_LEAVE)
		snprintf(text, size, "starting the application");
	else if (dfuse->step >= STEP_READ)
		snprintf(text, size, "reading at 0x%08" PRIx32, dfuse->address);
	else if (dfuse->command == COMMAND_MASS_ERASE)
		snprintf(text, size, "%s", commands[dfuse->command]);
	else
		snprintf(text, size, "%s 0x%08" PRIx32, commands[dfuse->command], dfuse->address);
}

int dfuse_begin(struct dfuse *dfuse, const struct dfut_job *job)
{
	dfu_core_begin(&dfuse->core, job, tell_place);
	dfuse->core.leaves_by_reset = true;
	dfuse->own = job->own;
	dfuse->alternate = job->alternate;
	dfuse->total = dfuse->own->total;
	for (size_t i = 0; i < dfuse->own->range_count && !dfuse->own->content; i++)
		dfuse->total += dfuse->own->ranges[i].size;
	return 0;
}

int dfuse_send_command(struct dfuse *dfuse, enum dfuse_command command, uint32_t address, enum dfuse_step after,
		       struct dfut_next *next)
{
	uint16_t size = command == COMMAND_MASS_ERASE ? 1 : 5;

	dfuse->command = command;
	dfuse->address = address;
	dfuse->after = after;
	dfuse->bytes[0] = command == COMMAND_ADDRESS ? DFUSE_COMMAND_ADDRESS : DFUSE_COMMAND_ERASE;
	dfut_put_le32(dfuse->bytes + 1, address);
	dfuse->sent = size;
	dfuse->step = STEP_SENT;
	return dfu_core_out(&dfuse->core, next, DFU_DNLOAD, DFUSE_COMMAND_BLOCK, dfuse->bytes, size,
			    DFU_WORK_TIMEOUT_MS);
}

static int ask(struct dfuse *dfuse, struct dfut_next *next)
{
	int result = dfu_core_getstatus(&dfuse->core, next);

	dfuse->step = STEP_JUDGE;
	if (dfuse->command == COMMAND_MASS_ERASE && dfuse->core.job->quirks & DFUSE_QUIRK_SLOW_MASS_ERASE)
		next->action.timeout_ms = DFUSE_MASS_ERASE_TIMEOUT_MS;
	return result;
}

static int sent(struct dfuse *dfuse, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	/* The state tells why. */
	if (outcome->result < 0 && outcome->result != DFUT_ERROR_DEVICE)
		return dfu_core_broke(&dfuse->core, outcome->result, "DNLOAD");
	if (outcome->result >= 0 && outcome->result != dfuse->sent)
		return dfut_fail(dfuse->core.job->failure, DFUT_ERROR_IO,
				 "at 0x%08" PRIx32 ": device took %d of %u bytes", dfuse->address, outcome->result,
				 dfuse->sent);
	dfuse->error = outcome->result < 0 ? outcome->result : 0;
	dfu_core_busy_begins(&dfuse->core, outcome);
	return ask(dfuse, next);
}

static int tell_protection(const struct dfuse *dfuse)
{
	if (!dfuse_list_has(&dfuse->list, DFUSE_COMMAND_UNPROTECT))
		return dfuse->failure->code;
	if (dfuse->own->read_protected)
		*dfuse->own->read_protected = true;
	dfut_hint(
		dfuse->failure,
		"the part's read protection seems to be on: the command \"read-unprotect\" takes it off, and erases the part");
	return dfuse->failure->code;
}

/* What goes wrong with the question changes nothing about the error. */
static int look_at_list(struct dfuse *dfuse, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	int result = dfuse_list_next(&dfuse->core, &dfuse->list, outcome, next);

	return result == 0 && next->kind != DFUT_NEXT_DONE ? 0 : tell_protection(dfuse);
}

static int ask_for_list(struct dfuse *dfuse, struct dfut_next *next)
{
	dfuse->is_listing = true;
	dfuse->failure = dfuse->core.job->failure;
	dfuse->quiet = *dfuse->core.job;
	dfuse->quiet.failure = &dfuse->ignored;
	dfuse->core.job = &dfuse->quiet;
	return dfu_core_recover(&dfuse->core, next);
}

int dfuse_reported(struct dfuse *dfuse, const struct dfu_status *status, struct dfut_next *next)
{
	int result = dfu_core_reported(&dfuse->core, status, next);

	if (status->status == DFU_STATUS_TARGET)
		dfut_hint(dfuse->core.job->failure, "the part has no such memory, or it is write-protected");
	dfuse->may_be_protected = status->status == DFU_STATUS_VENDOR &&
				  dfuse->core.job->quirks & DFUSE_QUIRK_READ_PROTECTION;
	return result < 0 && dfuse->may_be_protected ? ask_for_list(dfuse, next) : result;
}

uint16_t dfuse_get_block_size(const struct dfuse *dfuse, size_t left)
{
	uint16_t most = dfuse->block_limit ? dfuse->block_limit : dfuse->core.transfer_size;

	return left < most ? (uint16_t)left : most;
}

bool dfuse_is_full_block(const struct dfuse *dfuse, uint16_t size)
{
	return size == dfut_dfu_get_block_size(dfuse->core.descriptor.transfer_size);
}

/* Only numbers of full blocks mean the same on all parts. */
bool dfuse_needs_address(const struct dfuse *dfuse, uint16_t size)
{
	return !dfuse->pointed || dfuse->block > UINT16_MAX ||
	       (!dfuse_is_full_block(dfuse, size) && dfuse->block != DFUSE_FIRST_BLOCK);
}

bool dfuse_shrink_blocks(struct dfuse *dfuse)
{
	if (!(dfuse->core.job->quirks & DFUSE_QUIRK_BLOCKS_1024) || dfuse->sent <= DFUSE_SMALL_BLOCK ||
	    dfuse->has_large)
		return false;
	dfuse->block_limit = DFUSE_SMALL_BLOCK;
	dfuse->pointed = false;
	dfuse->command = COMMAND_NONE;
	return true;
}

/* Some parts go to dfuERROR when CLRSTATUS comes without an error; a second one leads out of it. */
int dfuse_clear(struct dfuse *dfuse, enum dfuse_step after, struct dfut_next *next)
{
	dfuse->clears = 1;
	dfuse->after = after;
	dfuse->step = STEP_CLEARED;
	return dfu_core_out(&dfuse->core, next, DFU_CLRSTATUS, 0, NULL, 0, DFU_SHORT_TIMEOUT_MS);
}

static int judge_clear(struct dfuse *dfuse, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct dfu_status status;

	if (outcome->result < 0)
		return dfu_core_broke(&dfuse->core, outcome->result, "GETSTATUS");
	if (!dfu_status_parse(&status, outcome->data, (size_t)outcome->result))
		return dfu_core_nonsense(&dfuse->core, outcome);
	if (status.state == DFU_STATE_IDLE && status.status == DFU_STATUS_OK) {
		dfuse->step = dfuse->after;
		return 1;
	}
	if (dfuse->clears++ >= CLEAR_LIMIT)
		return dfuse_reported(dfuse, &status, next);
	dfuse->step = STEP_CLEARED;
	return dfu_core_out(&dfuse->core, next, DFU_CLRSTATUS, 0, NULL, 0, DFU_SHORT_TIMEOUT_MS);
}

int dfuse_select(struct dfuse *dfuse, uint8_t alternate, struct dfut_next *next)
{
	dfuse->alternate = alternate;
	dfuse->command = COMMAND_NONE;
	dfuse->pointed = false;
	dfuse->reading = false;
	dfuse->step = STEP_SELECT;
	return dfu_core_out(&dfuse->core, next, DFU_ABORT, 0, NULL, 0, DFU_SHORT_TIMEOUT_MS);
}

static int select(struct dfuse *dfuse, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	if (outcome->result < 0)
		return dfu_core_broke(&dfuse->core, outcome->result, "ABORT");
	dfuse->step = STEP_SELECTED;
	return dfut_next_alternate(next, dfuse->core.job->interface, dfuse->alternate, DFU_SHORT_TIMEOUT_MS);
}

static int selected(struct dfuse *dfuse, const struct dfut_outcome *outcome)
{
	if (outcome->result < 0)
		return dfut_fail(dfuse->core.job->failure, outcome->result,
				 "alternate setting %u can't be selected: %s", dfuse->alternate,
				 dfut_error_get_text(outcome->result));
	dfuse->step = STEP_NEXT;
	return 1;
}

/* STM32H743 rev. V never says that it has erased a sector behind the first megabyte. */
static bool is_stuck(const struct dfuse *dfuse, const struct dfu_status *status, const struct dfut_outcome *outcome)
{
	uint64_t spent_ms = outcome->elapsed_ms - dfuse->core.busy_since_ms;
	uint64_t promised_ms = dfuse->sticks ? status->poll_timeout_ms : UINT64_C(3) * status->poll_timeout_ms;

	return dfuse->core.job->quirks & DFUSE_QUIRK_STUCK_ERASE && dfuse->command == COMMAND_ERASE &&
	       dfuse->core.was_busy && spent_ms > promised_ms + (dfuse->sticks ? STUCK_AGAIN_MS : STUCK_MS);
}

static int judge_busy(struct dfuse *dfuse, const struct dfu_status *status, const struct dfut_outcome *outcome,
		      struct dfut_next *next)
{
	if (is_stuck(dfuse, status, outcome)) {
		dfuse->sticks = true;
		return dfuse_clear(dfuse, dfuse->after, next);
	}
	dfuse->step = STEP_ASK;
	return dfu_core_wait_poll(&dfuse->core, status, outcome, next);
}

static int judge_error(struct dfuse *dfuse, const struct dfu_status *status, struct dfut_next *next)
{
	if (dfuse->command == COMMAND_DATA && dfuse_shrink_blocks(dfuse))
		return dfuse_clear(dfuse, STEP_NEXT, next);
	return dfuse_reported(dfuse, status, next);
}

/* Written option bytes take effect by a reset. */
static int judge_reset(const struct dfuse *dfuse, struct dfut_next *next)
{
	const struct dfut_job *job = dfuse->core.job;

	if (dfuse->range + 1 == dfuse->own->range_count &&
	    dfuse->offset + dfuse->sent == dfuse->own->ranges[dfuse->range].size) {
		/* Before it said that it is at work it may have been pulled out as well: what comes back tells. */
		if (!dfuse->core.was_busy && dfuse->own->is_unsure)
			*dfuse->own->is_unsure = true;
		return dfut_next_done(next, dfuse->core.was_busy ? DFUT_END_RESETS : DFUT_END_RETURNS);
	}
	dfut_fail(job->failure, DFUT_ERROR_GONE,
		  "the device reset itself after 0x%08" PRIx32 " was written, before all option bytes were",
		  dfuse->address);
	dfut_hint(job->failure, "run it again: it writes only what is missing");
	return DFUT_ERROR_GONE;
}

/* A command is not done before it was once at work (ST AN3156); nor are option bytes, which nobody reads back. */
static bool may_be_done(const struct dfuse *dfuse)
{
	if (dfuse->core.was_busy)
		return true;
	return dfuse->command == COMMAND_DATA ? !dfuse->own->resets : dfuse->core.job->quirks & DFUSE_QUIRK_NO_BUSY;
}

/* 1: the command was carried out. */
static int judge(struct dfuse *dfuse, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct dfu_status status;

	/* STM32L4, when it is asked as early as it allowed itself. */
	if (outcome->result == DFUT_ERROR_DEVICE && dfuse->core.was_busy &&
	    dfuse->core.job->quirks & DFUSE_QUIRK_BUSY_STALL && dfuse->core.retries++ < DFU_STATUS_RETRIES) {
		dfuse->step = STEP_ASK;
		return dfut_next_wait(next, DFU_STATUS_RETRY_MS);
	}
	if (outcome->result == DFUT_ERROR_GONE && dfuse->own->resets && dfuse->command == COMMAND_DATA)
		return judge_reset(dfuse, next);
	if (outcome->result < 0)
		return dfu_core_broke(&dfuse->core, outcome->result, "GETSTATUS");
	if (!dfu_status_parse(&status, outcome->data, (size_t)outcome->result))
		return dfu_core_nonsense(&dfuse->core, outcome);
	if (status.status != DFU_STATUS_OK || status.state == DFU_STATE_ERROR)
		return judge_error(dfuse, &status, next);
	if (dfuse->error < 0)
		return dfu_core_broke(&dfuse->core, dfuse->error, "DNLOAD");
	if (status.state == DFU_STATE_DNLOAD_SYNC || status.state == DFU_STATE_DNBUSY)
		return judge_busy(dfuse, &status, outcome, next);
	if (status.state != DFU_STATE_DNLOAD_IDLE || !may_be_done(dfuse))
		return dfu_core_unexpected(&dfuse->core, &status);
	dfuse->step = dfuse->after;
	return 1;
}

int dfuse_carry_on(struct dfuse *dfuse, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	int result;

	if (dfuse->is_listing)
		return look_at_list(dfuse, outcome, next);
	result = dfu_core_get_ready(&dfuse->core, outcome, next);
	if (result < 0 && dfuse->may_be_protected)
		return ask_for_list(dfuse, next);
	if (result != 1)
		return result;
	switch (dfuse->step) {
	case STEP_SENT:
		return sent(dfuse, outcome, next);
	case STEP_ASK:
		return ask(dfuse, next);
	case STEP_JUDGE:
		return judge(dfuse, outcome, next);
	case STEP_CLEARED:
		dfuse->step = STEP_CLEAR_JUDGE;
		return dfu_core_getstatus(&dfuse->core, next);
	case STEP_CLEAR_JUDGE:
		return judge_clear(dfuse, outcome, next);
	case STEP_SELECT:
		return select(dfuse, outcome, next);
	case STEP_SELECTED:
		return selected(dfuse, outcome);
	case STEP_NEXT:
	case STEP_IDLE:
	case STEP_READ:
	case STEP_GOT:
	case STEP_REFUSED:
	case STEP_ENDED:
	case STEP_LEAVE:
	case STEP_LEFT:
	case STEP_LEAVE_JUDGE:
		break;
	}
	return 1;
}
