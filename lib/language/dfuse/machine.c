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

#include "language/dfuse/machine.h"

static int begin(void *state, const struct dfut_job *job)
{
	return dfuse_begin(state, job);
}

static void progress(const void *state, uint64_t *done, uint64_t *total)
{
	const struct dfuse *dfuse = state;

	*done = dfuse->done;
	*total = dfuse->total;
}

static void go_on(struct dfuse *dfuse, size_t size, uint32_t blocks)
{
	const struct dfuse_job *job = dfuse->own;
	const struct dfuse_range *range = &job->ranges[dfuse->range];

	dfuse->done += job->content ? job->content->count(job->owner, range, dfuse->offset, size) : size;
	dfuse->block += blocks;
	dfuse->offset += size;
	if (dfuse->offset < range->size)
		return;
	dfuse->range++;
	dfuse->offset = 0;
	dfuse->pointed = false;
}

/* It was written or read. */
static void block_is_done(struct dfuse *dfuse)
{
	dfuse->has_large = dfuse->has_large || dfuse->sent > DFUSE_SMALL_BLOCK;
	go_on(dfuse, dfuse->sent, 1);
}

/* The range with the next block that counts; the number says where it goes. NULL: there is none. */
static const struct dfuse_range *find_block(struct dfuse *dfuse)
{
	const struct dfuse_job *job = dfuse->own;
	uint16_t size = dfuse_get_block_size(dfuse, SIZE_MAX);

	while (dfuse->range < job->range_count) {
		const struct dfuse_range *range = &job->ranges[dfuse->range];
		size_t at = job->content ? job->content->find(job->owner, range, dfuse->offset) : dfuse->offset;
		size_t blocks = (at - dfuse->offset) / size;

		if (at < range->size) {
			go_on(dfuse, blocks * size, (uint32_t)blocks);
			return range;
		}
		go_on(dfuse, range->size - dfuse->offset, 0);
	}
	return NULL;
}

/* Download: erase all that is to be erased, then write run by run. */

static int send_block(struct dfuse *dfuse, const struct dfuse_range *range, struct dfut_next *next)
{
	uint16_t size = dfuse_get_block_size(dfuse, range->size - dfuse->offset);
	uint32_t address = range->address + (uint32_t)dfuse->offset;

	if (dfuse_needs_address(dfuse, size)) {
		dfuse->pointed = true;
		dfuse->block = DFUSE_FIRST_BLOCK;
		return dfuse_send_command(dfuse, COMMAND_ADDRESS, address, STEP_NEXT, next);
	}
	dfuse->command = COMMAND_DATA;
	dfuse->address = address;
	dfuse->after = STEP_NEXT;
	dfuse->sent = size;
	dfuse->step = STEP_SENT;
	dfut_next_content(next, 0);
	return dfu_core_out(&dfuse->core, next, DFU_DNLOAD, (uint16_t)dfuse->block,
			    dfuse->own->content->give(dfuse->own->owner, range, dfuse->offset, size), size,
			    DFU_WORK_TIMEOUT_MS);
}

static int download_next(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct dfuse *dfuse = state;
	const struct dfuse_job *job = dfuse->own;
	const struct dfuse_range *range;
	bool is_under_way = dfuse->step != STEP_NEXT;
	int result = dfuse_carry_on(dfuse, outcome, next);

	if (result != 1)
		return result;
	if (is_under_way && dfuse->command == COMMAND_DATA)
		block_is_done(dfuse);
	if (job->mass_erase && !dfuse->mass_erased) {
		dfuse->mass_erased = true;
		return dfuse_send_command(dfuse, COMMAND_MASS_ERASE, 0, STEP_NEXT, next);
	}
	if (dfuse->erased < job->erase_count) {
		if (job->erases[dfuse->erased].alternate != dfuse->alternate)
			return dfuse_select(dfuse, job->erases[dfuse->erased].alternate, next);
		return dfuse_send_command(dfuse, COMMAND_ERASE, job->erases[dfuse->erased++].address, STEP_NEXT, next);
	}
	range = find_block(dfuse);
	if (!range)
		return dfut_next_done(next, DFUT_END_STAYS);
	return range->alternate != dfuse->alternate ? dfuse_select(dfuse, range->alternate, next) :
						      send_block(dfuse, range, next);
}

const struct dfut_machine_ops dfuse_download_machine = {
	.name = "dfuse-download",
	.state_size = sizeof(struct dfuse),
	.begin = begin,
	.next = download_next,
	.progress = progress,
};

/* All of the memory, and nothing is written. */

static int erase_next(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct dfuse *dfuse = state;
	int result = dfuse_carry_on(dfuse, outcome, next);

	if (result != 1)
		return result;
	if (dfuse->mass_erased)
		return dfut_next_done(next, DFUT_END_STAYS);
	dfuse->mass_erased = true;
	return dfuse_send_command(dfuse, COMMAND_MASS_ERASE, 0, STEP_NEXT, next);
}

const struct dfut_machine_ops dfuse_erase_machine = {
	.name = "dfuse-erase",
	.state_size = sizeof(struct dfuse),
	.begin = begin,
	.next = erase_next,
};

/* Reading, range by range. */

static int abort_upload(struct dfuse *dfuse, enum dfuse_step after, struct dfut_next *next)
{
	dfuse->reading = false;
	dfuse->step = after;
	return dfu_core_out(&dfuse->core, next, DFU_ABORT, 0, NULL, 0, DFU_SHORT_TIMEOUT_MS);
}

static int read_block(struct dfuse *dfuse, struct dfut_next *next)
{
	const struct dfuse_range *range = dfuse->error < 0 ? NULL : find_block(dfuse);

	if (!range) {
		if (dfuse->reading)
			return abort_upload(dfuse, STEP_ENDED, next);
		return dfuse->error < 0 ? dfuse->error : dfut_next_done(next, DFUT_END_STAYS);
	}
	if (range->alternate != dfuse->alternate)
		return dfuse_select(dfuse, range->alternate, next);
	dfuse->sent = dfuse_get_block_size(dfuse, range->size - dfuse->offset);
	if (dfuse_needs_address(dfuse, dfuse->sent)) {
		if (dfuse->reading)
			return abort_upload(dfuse, STEP_NEXT, next);
		dfuse->pointed = true;
		dfuse->block = DFUSE_FIRST_BLOCK;
		return dfuse_send_command(dfuse, COMMAND_ADDRESS, range->address + (uint32_t)dfuse->offset, STEP_IDLE,
					  next);
	}
	dfuse->address = range->address + (uint32_t)dfuse->offset;
	dfuse->step = STEP_GOT;
	dfut_next_content(next, 0);
	return dfu_core_in(&dfuse->core, next, DFU_UPLOAD, (uint16_t)dfuse->block, dfuse->sent, DFU_WORK_TIMEOUT_MS);
}

static int take_block(const struct dfuse *dfuse, const uint8_t *data)
{
	const struct dfuse_job *job = dfuse->own;

	return job->content ?
		       job->content->take(job->owner, &job->ranges[dfuse->range], dfuse->offset, data, dfuse->sent) :
		       dfuse->core.job->writer(data, dfuse->sent, dfuse->core.job->writer_data);
}

static int got_block(struct dfuse *dfuse, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	if (outcome->result == DFUT_ERROR_DEVICE) {
		dfuse->step = STEP_REFUSED;
		return dfu_core_getstatus(&dfuse->core, next);
	}
	if (outcome->result < 0)
		return dfu_core_broke(&dfuse->core, outcome->result, "UPLOAD");
	dfuse->reading = true;
	if (outcome->result != dfuse->sent) {
		dfuse->error = dfut_fail(dfuse->core.job->failure, DFUT_ERROR_PROTOCOL,
					 "reading at 0x%08" PRIx32 ": the device gave %d of %u bytes", dfuse->address,
					 outcome->result, dfuse->sent);
		return read_block(dfuse, next);
	}
	dfuse->error = take_block(dfuse, outcome->data);
	block_is_done(dfuse);
	return read_block(dfuse, next);
}

static int judge_refusal(struct dfuse *dfuse, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct dfu_status status;

	if (outcome->result < 0 && outcome->result != DFUT_ERROR_DEVICE)
		return dfu_core_broke(&dfuse->core, outcome->result, "GETSTATUS");
	if (outcome->result == DFU_STATUS_SIZE && dfu_status_parse(&status, outcome->data, DFU_STATUS_SIZE) &&
	    status.status != DFU_STATUS_OK) {
		if (!dfuse_shrink_blocks(dfuse))
			return dfuse_reported(dfuse, &status, next);
		dfuse->reading = false;
		return dfuse_clear(dfuse, STEP_NEXT, next);
	}
	return dfu_core_broke(&dfuse->core, DFUT_ERROR_DEVICE, "UPLOAD");
}

static int read_next(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct dfuse *dfuse = state;
	int result = dfuse_carry_on(dfuse, outcome, next);

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
		return judge_refusal(dfuse, outcome, next);
	case STEP_ENDED:
		return dfuse->error < 0 ? dfuse->error : dfut_next_done(next, DFUT_END_STAYS);
	case STEP_NEXT:
	case STEP_SENT:
	case STEP_ASK:
	case STEP_JUDGE:
	case STEP_CLEARED:
	case STEP_CLEAR_JUDGE:
	case STEP_SELECT:
	case STEP_SELECTED:
	case STEP_LEAVE:
	case STEP_LEFT:
	case STEP_LEAVE_JUDGE:
		break;
	}
	return read_block(dfuse, next);
}

const struct dfut_machine_ops dfuse_read_machine = {
	.name = "dfuse-read",
	.state_size = sizeof(struct dfuse),
	.begin = begin,
	.next = read_next,
	.progress = progress,
};
