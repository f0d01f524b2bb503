/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * ST's DfuSe, host side (ST AN3156, UM0391): commands are blocks with number 0 and are carried out by the GETSTATUS that
 * follows; data goes to the address that was set, from block 2 on. A block's place is its number times its length on some
 * parts, times wTransferSize on others: the same as long as blocks are full, so that a shorter one gets an address of its
 * own. Drawing: docs/protocols/dfuse.md.
 */

#include <inttypes.h>
#include <stdio.h>

#include "protocol/dfu-core.h"

#define COMMAND_BLOCK 0
#define FIRST_BLOCK 2
#define SET_ADDRESS 0x21
#define ERASE 0x41
/* A ROM may answer GETSTATUS only when all is erased: 32 s for an STM32F405 (data sheet). */
#define MASS_ERASE_TIMEOUT_MS 45000

enum step {
	STEP_NEXT,
	STEP_SENT,
	STEP_ASK,
	STEP_JUDGE,
	/* Reading. */
	STEP_IDLE,		/* the address is set; UPLOAD wants dfuIDLE */
	STEP_READ,
	STEP_GOT,
	STEP_REFUSED,		/* an UPLOAD; the state tells why */
	STEP_ENDED,
	/* Leaving. */
	STEP_LEAVE,
	STEP_LEFT,
	STEP_LEAVE_JUDGE,
};

enum command {
	COMMAND_MASS_ERASE,
	COMMAND_ERASE,
	COMMAND_ADDRESS,
	COMMAND_DATA,
};

struct dfuse {
	struct dfu_core core;
	enum step step;
	enum step after;		/* the command */
	enum command command;
	uint8_t bytes[5];
	uint32_t address;		/* of the command, for people */
	bool mass_erased;
	size_t erased;
	size_t range;			/* the one that is written or read */
	size_t offset;			/* in it */
	bool pointed;			/* the device expects `block` there */
	bool reading;			/* it is in dfuUPLOAD-IDLE */
	uint32_t block;
	uint16_t sent;
	uint64_t done;
	int error;
};

static void tell_place(const void *state, char *text, size_t size)
{
	const struct dfuse *dfuse = state;
	static const char *const commands[] = { "mass erase", "erasing the sector at", "setting the address", "writing at" };

	if (dfuse->step >= STEP_LEAVE)
		snprintf(text, size, "starting the application");
	else if (dfuse->step >= STEP_READ)
		snprintf(text, size, "reading at 0x%08" PRIx32, dfuse->address);
	else if (dfuse->command == COMMAND_MASS_ERASE)
		snprintf(text, size, "%s", commands[dfuse->command]);
	else
		snprintf(text, size, "%s 0x%08" PRIx32, commands[dfuse->command], dfuse->address);
}

static int begin(void *state, const struct dfut_job *job)
{
	struct dfuse *dfuse = state;

	dfu_core_begin(&dfuse->core, job, tell_place);
	return 0;
}

static void progress(const void *state, uint64_t *done, uint64_t *total)
{
	const struct dfuse *dfuse = state;
	const struct dfut_job *job = dfuse->core.job;

	*done = dfuse->done;
	*total = 0;
	for (size_t i = 0; i < job->range_count; i++)
		*total += job->ranges[i].size;
}

/* Commands. */

static int send_command(struct dfuse *dfuse, enum command command, uint32_t address, enum step after,
			struct dfut_action *next)
{
	uint16_t size = command == COMMAND_MASS_ERASE ? 1 : 5;

	dfuse->command = command;
	dfuse->address = address;
	dfuse->after = after;
	dfuse->bytes[0] = command == COMMAND_ADDRESS ? SET_ADDRESS : ERASE;
	dfut_put_le32(dfuse->bytes + 1, address);
	dfuse->sent = size;
	dfuse->step = STEP_SENT;
	return dfu_core_out(&dfuse->core, next, DFU_DNLOAD, COMMAND_BLOCK, dfuse->bytes, size, DFU_WORK_TIMEOUT_MS);
}

static int ask(struct dfuse *dfuse, struct dfut_action *next)
{
	int result = dfu_core_getstatus(&dfuse->core, next);

	dfuse->step = STEP_JUDGE;
	if (dfuse->command == COMMAND_MASS_ERASE)
		next->timeout_ms = MASS_ERASE_TIMEOUT_MS;
	return result;
}

static int sent(struct dfuse *dfuse, const struct dfut_outcome *outcome, struct dfut_action *next)
{
	/* The state tells why. */
	if (outcome->result < 0 && outcome->result != DFUT_ERROR_DEVICE)
		return dfu_core_broke(&dfuse->core, outcome->result, "DNLOAD");
	if (outcome->result >= 0 && outcome->result != dfuse->sent)
		return dfut_fail(dfuse->core.job->failure, DFUT_ERROR_IO, "at 0x%08" PRIx32 ": device took %d of %u bytes",
				 dfuse->address, outcome->result, dfuse->sent);
	dfuse->error = outcome->result < 0 ? outcome->result : 0;
	dfu_core_busy_begins(&dfuse->core, outcome);
	return ask(dfuse, next);
}

static int reported(const struct dfuse *dfuse, const struct dfu_status *status)
{
	int result = dfu_core_reported(&dfuse->core, status);

	if (status->status == DFU_STATUS_VENDOR)
		dfut_hint(dfuse->core.job->failure, "the part's read protection seems to be on: taking it off erases the part");
	else if (status->status == DFU_STATUS_TARGET)
		dfut_hint(dfuse->core.job->failure, "the part knows no such memory, or it is write-protected");
	return result;
}

/* 1: the command was carried out. */
static int judge(struct dfuse *dfuse, const struct dfut_outcome *outcome, struct dfut_action *next)
{
	struct dfu_status status;

	/* STM32L4 stalls GETSTATUS when it is asked as early as it allowed itself. */
	if (outcome->result == DFUT_ERROR_DEVICE && dfuse->core.was_busy && dfuse->core.retries++ < DFU_STATUS_RETRIES) {
		dfuse->step = STEP_ASK;
		return dfut_action_wait(next, DFU_STATUS_RETRY_MS);
	}
	if (outcome->result < 0)
		return dfu_core_broke(&dfuse->core, outcome->result, "GETSTATUS");
	if (!dfu_status_parse(&status, outcome->data, (size_t)outcome->result))
		return dfu_core_nonsense(&dfuse->core, outcome);
	if (status.status != DFU_STATUS_OK || status.state == DFU_STATE_ERROR)
		return reported(dfuse, &status);
	if (dfuse->error < 0)
		return dfu_core_broke(&dfuse->core, dfuse->error, "DNLOAD");
	if (status.state == DFU_STATE_DNLOAD_SYNC || status.state == DFU_STATE_DNBUSY) {
		dfuse->step = STEP_ASK;
		return dfu_core_wait_poll(&dfuse->core, &status, outcome, next);
	}
	if (status.state != DFU_STATE_DNLOAD_IDLE)
		return dfu_core_unexpected(&dfuse->core, &status);
	dfuse->step = dfuse->after;
	return 1;
}

/* The steps of a command. 1: it was carried out. */
static int run_command(struct dfuse *dfuse, const struct dfut_outcome *outcome, struct dfut_action *next)
{
	switch (dfuse->step) {
	case STEP_SENT:
		return sent(dfuse, outcome, next);
	case STEP_ASK:
		return ask(dfuse, next);
	case STEP_JUDGE:
		return judge(dfuse, outcome, next);
	default:
		return 1;
	}
}

static int get_ready(struct dfuse *dfuse, const struct dfut_outcome *outcome, struct dfut_action *next)
{
	if (dfuse->core.ready == DFU_READY_DONE)
		return 1;
	return dfu_core_get_ready(&dfuse->core, outcome, next);
}

/* Download: erase all that is to be erased, then write run by run. */

static int send_block(struct dfuse *dfuse, const struct dfut_range *range, struct dfut_action *next)
{
	size_t left = range->size - dfuse->offset;
	uint16_t full = dfuse->core.transfer_size;
	uint16_t size = left < full ? (uint16_t)left : full;
	uint32_t address = range->address + (uint32_t)dfuse->offset;

	if (!dfuse->pointed || dfuse->block > UINT16_MAX || (size < full && dfuse->block != FIRST_BLOCK)) {
		dfuse->pointed = true;
		dfuse->block = FIRST_BLOCK;
		return send_command(dfuse, COMMAND_ADDRESS, address, STEP_NEXT, next);
	}
	dfuse->command = COMMAND_DATA;
	dfuse->address = address;
	dfuse->after = STEP_NEXT;
	dfuse->sent = size;
	dfuse->step = STEP_SENT;
	return dfu_core_out(&dfuse->core, next, DFU_DNLOAD, (uint16_t)dfuse->block, range->data + dfuse->offset, size,
			    DFU_WORK_TIMEOUT_MS);
}

static void block_is_written(struct dfuse *dfuse)
{
	const struct dfut_job *job = dfuse->core.job;
	const struct dfut_range *range = &job->ranges[dfuse->range];
	uint32_t end;

	dfuse->block++;
	dfuse->offset += dfuse->sent;
	dfuse->done += dfuse->sent;
	if (dfuse->offset < range->size)
		return;
	end = range->address + (uint32_t)range->size;
	dfuse->range++;
	dfuse->offset = 0;
	/* The next range may go on where this one ended. */
	dfuse->pointed = dfuse->range < job->range_count && job->ranges[dfuse->range].address == end &&
			 dfuse->sent == dfuse->core.transfer_size;
}

static int download_next(void *state, const struct dfut_outcome *outcome, struct dfut_action *next)
{
	struct dfuse *dfuse = state;
	const struct dfut_job *job = dfuse->core.job;
	int result = get_ready(dfuse, outcome, next);

	if (result == 1 && dfuse->step != STEP_NEXT) {
		result = run_command(dfuse, outcome, next);
		if (result == 1 && dfuse->command == COMMAND_DATA)
			block_is_written(dfuse);
	}
	if (result != 1)
		return result;
	if (job->mass_erase && !dfuse->mass_erased) {
		dfuse->mass_erased = true;
		return send_command(dfuse, COMMAND_MASS_ERASE, 0, STEP_NEXT, next);
	}
	if (dfuse->erased < job->erase_count)
		return send_command(dfuse, COMMAND_ERASE, job->erases[dfuse->erased++], STEP_NEXT, next);
	if (dfuse->range < job->range_count)
		return send_block(dfuse, &job->ranges[dfuse->range], next);
	return dfut_action_done(next, DFUT_END_STAYS);
}

const struct dfut_machine_ops dfut_dfuse_download_machine = {
	.name = "dfuse-download",
	.state_size = sizeof(struct dfuse),
	.begin = begin,
	.next = download_next,
	.progress = progress,
};

/* Reading, range by range. */

static int abort_upload(struct dfuse *dfuse, enum step after, struct dfut_action *next)
{
	dfuse->reading = false;
	dfuse->step = after;
	return dfu_core_out(&dfuse->core, next, DFU_ABORT, 0, NULL, 0, DFU_SHORT_TIMEOUT_MS);
}

static int read_block(struct dfuse *dfuse, struct dfut_action *next)
{
	const struct dfut_job *job = dfuse->core.job;
	const struct dfut_range *range;
	uint16_t full = dfuse->core.transfer_size;
	size_t left;

	if (dfuse->error < 0 || dfuse->range == job->range_count) {
		if (dfuse->reading)
			return abort_upload(dfuse, STEP_ENDED, next);
		return dfuse->error < 0 ? dfuse->error : dfut_action_done(next, DFUT_END_STAYS);
	}
	range = &job->ranges[dfuse->range];
	left = range->size - dfuse->offset;
	dfuse->sent = left < full ? (uint16_t)left : full;
	if (!dfuse->pointed || dfuse->block > UINT16_MAX || (dfuse->sent < full && dfuse->block != FIRST_BLOCK)) {
		if (dfuse->reading)
			return abort_upload(dfuse, STEP_NEXT, next);
		dfuse->pointed = true;
		dfuse->block = FIRST_BLOCK;
		return send_command(dfuse, COMMAND_ADDRESS, range->address + (uint32_t)dfuse->offset, STEP_IDLE, next);
	}
	dfuse->address = range->address + (uint32_t)dfuse->offset;
	dfuse->step = STEP_GOT;
	return dfu_core_in(&dfuse->core, next, DFU_UPLOAD, (uint16_t)dfuse->block, dfuse->sent, DFU_WORK_TIMEOUT_MS);
}

static int got_block(struct dfuse *dfuse, const struct dfut_outcome *outcome, struct dfut_action *next)
{
	const struct dfut_job *job = dfuse->core.job;

	if (outcome->result == DFUT_ERROR_DEVICE) {
		dfuse->step = STEP_REFUSED;
		return dfu_core_getstatus(&dfuse->core, next);
	}
	if (outcome->result < 0)
		return dfu_core_broke(&dfuse->core, outcome->result, "UPLOAD");
	dfuse->reading = true;
	if (outcome->result != dfuse->sent) {
		dfuse->error = dfut_fail(job->failure, DFUT_ERROR_PROTOCOL,
					 "reading at 0x%08" PRIx32 ": the device gave %d of %u bytes", dfuse->address,
					 outcome->result, dfuse->sent);
		return read_block(dfuse, next);
	}
	dfuse->error = job->writer(outcome->data, dfuse->sent, job->writer_data);
	dfuse->block++;
	dfuse->offset += dfuse->sent;
	dfuse->done += dfuse->sent;
	if (dfuse->offset == job->ranges[dfuse->range].size) {
		uint32_t end = job->ranges[dfuse->range].address + (uint32_t)dfuse->offset;

		dfuse->range++;
		dfuse->offset = 0;
		dfuse->pointed = dfuse->range < job->range_count && job->ranges[dfuse->range].address == end &&
				 dfuse->sent == dfuse->core.transfer_size;
	}
	return read_block(dfuse, next);
}

static int judge_refusal(const struct dfuse *dfuse, const struct dfut_outcome *outcome)
{
	struct dfu_status status;

	if (outcome->result < 0 && outcome->result != DFUT_ERROR_DEVICE)
		return dfu_core_broke(&dfuse->core, outcome->result, "GETSTATUS");
	if (outcome->result == DFU_STATUS_SIZE && dfu_status_parse(&status, outcome->data, DFU_STATUS_SIZE) &&
	    status.status != DFU_STATUS_OK)
		return reported(dfuse, &status);
	return dfu_core_broke(&dfuse->core, DFUT_ERROR_DEVICE, "UPLOAD");
}

static int read_next(void *state, const struct dfut_outcome *outcome, struct dfut_action *next)
{
	struct dfuse *dfuse = state;
	int result = get_ready(dfuse, outcome, next);

	if (result == 1)
		result = run_command(dfuse, outcome, next);
	if (result != 1)
		return result;
	switch (dfuse->step) {
	case STEP_IDLE:
		return abort_upload(dfuse, STEP_READ, next);
	case STEP_READ:
		if (outcome->result < 0)
			return dfu_core_broke(&dfuse->core, outcome->result, "ABORT");
		return read_block(dfuse, next);
	case STEP_GOT:
		return got_block(dfuse, outcome, next);
	case STEP_REFUSED:
		return judge_refusal(dfuse, outcome);
	case STEP_ENDED:
		return dfuse->error < 0 ? dfuse->error : dfut_action_done(next, DFUT_END_STAYS);
	default:
		return read_block(dfuse, next);
	}
}

const struct dfut_machine_ops dfut_dfuse_read_machine = {
	.name = "dfuse-read",
	.state_size = sizeof(struct dfuse),
	.begin = begin,
	.next = read_next,
	.progress = progress,
};

/* Starting the application: a DNLOAD without data, carried out by GETSTATUS, jumps to the address that was set. */

static int begin_leave(void *state, const struct dfut_job *job)
{
	struct dfuse *dfuse = state;

	dfu_core_begin(&dfuse->core, job, tell_place);
	dfuse->core.takes_download_idle = true;
	return 0;
}

/* The part may be gone before it answers anything. */
static int judge_leave(const struct dfuse *dfuse, const struct dfut_outcome *outcome, struct dfut_action *next)
{
	struct dfu_status status;

	if (outcome->result == DFU_STATUS_SIZE && dfu_status_parse(&status, outcome->data, DFU_STATUS_SIZE) &&
	    status.status != DFU_STATUS_OK)
		return reported(dfuse, &status);
	return dfut_action_done(next, DFUT_END_GONE);
}

static int leave_next(void *state, const struct dfut_outcome *outcome, struct dfut_action *next)
{
	struct dfuse *dfuse = state;
	int result = get_ready(dfuse, outcome, next);

	if (result == 1)
		result = run_command(dfuse, outcome, next);
	if (result != 1)
		return result;
	switch (dfuse->step) {
	case STEP_NEXT:
		return send_command(dfuse, COMMAND_ADDRESS, dfuse->core.job->start, STEP_LEAVE, next);
	case STEP_LEAVE:
		dfuse->step = STEP_LEFT;
		return dfu_core_out(&dfuse->core, next, DFU_DNLOAD, FIRST_BLOCK, NULL, 0, DFU_SHORT_TIMEOUT_MS);
	case STEP_LEFT:
		if (outcome->result == DFUT_ERROR_GONE)
			return dfut_action_done(next, DFUT_END_GONE);
		dfuse->step = STEP_LEAVE_JUDGE;
		result = dfu_core_getstatus(&dfuse->core, next);
		next->timeout_ms = DFU_SHORT_TIMEOUT_MS;
		return result;
	default:
		return judge_leave(dfuse, outcome, next);
	}
}

const struct dfut_machine_ops dfut_dfuse_leave_machine = {
	.name = "dfuse-leave",
	.state_size = sizeof(struct dfuse),
	.begin = begin_leave,
	.next = leave_next,
};
