/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * USB DFU 1.0 and 1.1, host side in DFU mode: download, upload, leave (DFU 1.1, chapters 6 and 7). Drawings of the
 * three machines and the stacks that deviate: docs/protocols/usb-dfu.md.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "language/dfu/core.h"
#include "language/dfu/machine.h"
#include "language/dfu/pace.h"
#include "trigger/trigger.h"

/* Of a transfer. */
enum step {
	/* Download. */
	STEP_SEND,
	STEP_SENT,
	STEP_ASK,
	STEP_JUDGE,
	STEP_ENDED,
	STEP_ASK_MANIFEST,
	STEP_JUDGE_MANIFEST,
	STEP_RESTART,
	STEP_GONE,
	/* Upload. */
	STEP_READ,
	STEP_GOT,
	STEP_JUDGE_END,
	STEP_ABORTED,
	/* Any: the device refused, and is asked why. */
	STEP_WHY,
};

struct dfu {
	struct dfu_core core;
	enum step step;
	uint16_t sent;			     /* bytes of the block under way */
	uint16_t used;			     /* ... that are the image's */
	uint8_t bytes[DFU_LONGEST_TRANSFER]; /* ... and all of them */
	struct dfu_pace pace;
	uint16_t block;	      /* wBlockNum, wraps */
	uint64_t block_count; /* for people: does not wrap */
	uint64_t done;
	bool manifesting;
	int error; /* what to end with after ABORT, or after asking why */
};

static void progress(const void *state, uint64_t *done, uint64_t *total)
{
	const struct dfu *dfu = state;

	*done = dfu->done;
	*total = dfu->core.job->size;
}

static enum dfut_session_state download_phase(const void *state)
{
	const struct dfu *dfu = state;

	return dfu->manifesting ? DFUT_SESSION_MANIFESTING : DFUT_SESSION_DOWNLOADING;
}

/* Where we are, for error texts. */
static void tell_place(const void *state, char *text, size_t size)
{
	const struct dfu *dfu = state;
	uint16_t transfer_size = dfu->core.transfer_size;
	uint64_t blocks = dfu->core.job->size ? (dfu->core.job->size + transfer_size - 1) / transfer_size : 0;

	if (dfu->manifesting)
		snprintf(text, size, "manifestation after block %" PRIu64, dfu->block_count);
	else if (blocks)
		snprintf(text, size, "block %" PRIu64 " of %" PRIu64, dfu->block_count, blocks);
	else
		snprintf(text, size, "block %" PRIu64, dfu->block_count);
}

static int begin_download(void *state, const struct dfut_job *job)
{
	struct dfu *dfu = state;

	dfu_core_begin(&dfu->core, job, tell_place);
	dfu->step = STEP_SEND;
	return 0;
}

static int begin_upload(void *state, const struct dfut_job *job)
{
	struct dfu *dfu = state;

	dfu_core_begin(&dfu->core, job, tell_place);
	dfu->step = STEP_READ;
	return 0;
}

/* The device stalled something that the specification lets it explain. */
static int ask_why(struct dfu *dfu, struct dfut_next *next, const char *what)
{
	dfu->error = dfu_core_broke(&dfu->core, DFUT_ERROR_DEVICE, what);
	dfu->step = STEP_WHY;
	return dfu_core_getstatus(&dfu->core, next);
}

static int why(struct dfu *dfu, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct dfu_status status;

	if (outcome->result >= 0 && dfu_status_parse(&status, outcome->data, (size_t)outcome->result) &&
	    status.status != DFU_STATUS_OK) {
		dfu->step = STEP_SEND; /* the place is that of the block again */
		return dfu_core_reported(&dfu->core, &status, next);
	}
	return dfu->error;
}

/* Download (DFU 1.1, 6.1). */

/* Not back in dfuIDLE after a short block: Zephyr's new stack, ST's classes. */
static int abort_transfer(struct dfu *dfu, struct dfut_next *next)
{
	dfu->step = STEP_ABORTED;
	return dfu_core_out(&dfu->core, next, DFU_ABORT, 0, NULL, 0, DFU_SHORT_TIMEOUT_MS);
}

/* Some devices take a whole block whatever they get, and what they make up for the rest is not always harmless. */
static void pad_block(struct dfu *dfu)
{
	if (!(dfu->core.job->quirks & DFU_QUIRK_PAD_LAST_BLOCK) || dfu->used == dfu->core.transfer_size)
		return;
	memset(dfu->bytes + dfu->used, 0, sizeof(dfu->bytes) - dfu->used);
	dfu->sent = dfu->core.transfer_size;
}

static int send_block(struct dfu *dfu, struct dfut_next *next)
{
	const struct dfut_job *job = dfu->core.job;
	uint64_t left = job->size - dfu->done;

	dfu->used = (uint16_t)(left < dfu->core.transfer_size ? left : dfu->core.transfer_size);
	dfu->sent = dfu->used;
	if (dfu->used) {
		dfu->error = job->reader(dfu->done, dfu->bytes, dfu->used, job->reader_data);
		if (dfu->error < 0)
			return abort_transfer(dfu, next);
		pad_block(dfu);
	}
	/* The block that ends the transfer has no bytes, and the next number: with 0 Zephyr would start again. */
	dfu->manifesting = dfu->sent == 0;
	dfu->step = dfu->manifesting ? STEP_ENDED : STEP_SENT;
	dfut_next_content(next, 0);
	return dfu_core_out(&dfu->core, next, DFU_DNLOAD, dfu->block, dfu->sent ? dfu->bytes : NULL, dfu->sent,
			    DFU_WORK_TIMEOUT_MS);
}

static int sent_block(struct dfu *dfu, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	if (outcome->result == DFUT_ERROR_DEVICE)
		return ask_why(dfu, next, dfu->manifesting ? "the end of the download" : "DNLOAD");
	if (outcome->result < 0)
		return dfu_core_broke(&dfu->core, outcome->result, "DNLOAD");
	if (outcome->result != dfu->sent)
		return dfut_fail(dfu->core.job->failure, DFUT_ERROR_IO, "block %" PRIu64 ": device took %d of %u bytes",
				 dfu->block_count, outcome->result, dfu->sent);
	dfu_core_busy_begins(&dfu->core, outcome);
	if (!dfu->manifesting && dfu_pace_begin(&dfu->pace)) {
		dfu->step = STEP_ASK;
		return dfut_next_wait_us(next, dfu->pace.first_us);
	}
	dfu->step = dfu->manifesting ? STEP_JUDGE_MANIFEST : STEP_JUDGE;
	return dfu_core_getstatus(&dfu->core, next);
}

static int wait_for_block(struct dfu *dfu, const struct dfu_status *status, const struct dfut_outcome *outcome,
			  struct dfut_next *next)
{
	int result = dfu_core_wait_poll(&dfu->core, status, outcome, next);

	if (status->state == DFU_STATE_DNLOAD_SYNC)
		dfu_pace_give_up(&dfu->pace);
	else if (result == 0)
		dfu_pace_busy(&dfu->pace, next->wait_us);
	dfu->step = STEP_ASK;
	return result;
}

static int judge_block(struct dfu *dfu, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	bool was_left_alone = dfu->core.was_busy || dfu->pace.first_us;
	struct dfu_status status;

	/* STM32L4 stalls GETSTATUS when it is asked as early as it allowed itself. */
	if (outcome->result == DFUT_ERROR_DEVICE && was_left_alone && dfu->core.retries++ < DFU_STATUS_RETRIES) {
		dfu_pace_give_up(&dfu->pace);
		dfu->step = STEP_ASK;
		return dfut_next_wait(next, DFU_STATUS_RETRY_MS);
	}
	if (outcome->result < 0)
		return dfu_core_broke(&dfu->core, outcome->result, "GETSTATUS");
	if (!dfu_status_parse(&status, outcome->data, (size_t)outcome->result))
		return dfu_core_nonsense(&dfu->core, outcome);
	if (status.status != DFU_STATUS_OK || status.state == DFU_STATE_ERROR)
		return dfu_core_reported(&dfu->core, &status, next);
	if (status.state == DFU_STATE_DNLOAD_SYNC || status.state == DFU_STATE_DNBUSY)
		return wait_for_block(dfu, &status, outcome, next);
	if (status.state != DFU_STATE_DNLOAD_IDLE)
		return dfu_core_unexpected(&dfu->core, &status);
	dfu_pace_done(&dfu->pace);
	dfu->done += dfu->used;
	dfu->block++;
	dfu->block_count++;
	return send_block(dfu, next);
}

/* One that was to stay may do so, or come back as what it was; that it leaves is told. */
static void tell_restart(const struct dfu *dfu, const char *by)
{
	if (dfu->core.job->restart == DFUT_RESTART_NEVER && dfu->core.job->facts)
		dfut_facts_add(dfu->core.job->facts, "restarted_by", "%s", by);
}

static int leaves(const struct dfu *dfu, enum dfut_end end, struct dfut_next *next)
{
	tell_restart(dfu, "the device itself, once it had installed what it got");
	if (end == DFUT_END_LEAVES && dfu->core.job->restart == DFUT_RESTART_NEVER)
		end = DFUT_END_MAY_LEAVE;
	return dfut_next_done(next, end);
}

/* Manifested, and not tolerant: the device restarts by itself, or wants a reset for it (DFU 1.1, 7). */
static int restart(struct dfu *dfu, bool confirmed, struct dfut_next *next)
{
	if (dfu->core.job->leave == DFUT_LEAVE_SELF)
		return leaves(dfu, DFUT_END_GONE, next);
	if (!dfu_core_will_detach(&dfu->core)) {
		tell_restart(dfu, "a bus reset, without which the device does not install what it got");
		dfu->step = STEP_GONE;
		return dfut_next_reset(next, dfu->core.job->interface);
	}
	/* Zephyr without its reboot option says that it restarts, and does not. */
	if (confirmed && dfu->core.job->leave == DFUT_LEAVE_NONE)
		return leaves(dfu, DFUT_END_MAY_LEAVE, next);
	return leaves(dfu, DFUT_END_LEAVES, next);
}

/* Of which that is known, and which is never reset, need not be asked again. */
static bool restarts_by_itself(const struct dfu *dfu)
{
	return dfu->core.job->leave == DFUT_LEAVE_NONE && !dfu_core_is_tolerant(&dfu->core) &&
	       dfu_core_will_detach(&dfu->core);
}

/* What it says counts, not whether it is tolerant: bwPollTimeout may be understated. One that need not answer has less time. */
static int ask_manifest(struct dfu *dfu, struct dfut_next *next)
{
	int result = dfu_core_getstatus(&dfu->core, next);

	dfu->step = STEP_JUDGE_MANIFEST;
	if (!dfu_core_is_tolerant(&dfu->core))
		next->action.timeout_ms = DFU_SHORT_TIMEOUT_MS;
	return result;
}

static int manifest_unanswered(struct dfu *dfu, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	if (outcome->result == DFUT_ERROR_GONE && dfu->core.job->leave == DFUT_LEAVE_SELF)
		return leaves(dfu, DFUT_END_GONE, next);
	if (outcome->result == DFUT_ERROR_GONE && !dfu_core_is_tolerant(&dfu->core))
		return leaves(dfu, DFUT_END_LEAVES, next);
	if (outcome->result != DFUT_ERROR_GONE && dfu->core.retries++ < DFU_STATUS_RETRIES) {
		dfu->step = STEP_ASK_MANIFEST;
		return dfut_next_wait(next, DFU_STATUS_RETRY_MS);
	}
	/* A device that is not tolerant need not answer any more: what it does on the bus decides. */
	if (!dfu_core_is_tolerant(&dfu->core))
		return restart(dfu, false, next);
	if (outcome->result < 0)
		return dfu_core_broke(&dfu->core, outcome->result, "GETSTATUS");
	return dfu_core_nonsense(&dfu->core, outcome);
}

static int judge_manifest(struct dfu *dfu, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct dfu_status status;

	if (outcome->result < 0 || !dfu_status_parse(&status, outcome->data, (size_t)outcome->result))
		return manifest_unanswered(dfu, outcome, next);
	if (status.status != DFU_STATUS_OK || status.state == DFU_STATE_ERROR)
		return dfu_core_reported(&dfu->core, &status, next);

	switch (status.state) {
	case DFU_STATE_IDLE:
		if (dfu->core.job->leave == DFUT_LEAVE_SELF)
			return restart(dfu, true, next);
		return dfut_next_done(next, DFUT_END_STAYS);
	case DFU_STATE_MANIFEST_SYNC:
	case DFU_STATE_MANIFEST:
	case DFU_STATE_DNBUSY: /* Zephyr's legacy stack */
		dfu->core.retries = 0;
		dfu->step = restarts_by_itself(dfu) && status.state == DFU_STATE_MANIFEST ? STEP_RESTART :
											    STEP_ASK_MANIFEST;
		return dfu_core_wait_poll(&dfu->core, &status, outcome, next);
	case DFU_STATE_MANIFEST_WAIT_RESET:
		return restart(dfu, true, next);
	case DFU_STATE_APP_IDLE:
	case DFU_STATE_APP_DETACH:
	case DFU_STATE_DNLOAD_SYNC:
	case DFU_STATE_DNLOAD_IDLE:
	case DFU_STATE_UPLOAD_IDLE:
	case DFU_STATE_ERROR:
		break;
	}
	return dfu_core_unexpected(&dfu->core, &status);
}

/* Upload (DFU 1.1, 6.2). */

static int read_block(struct dfu *dfu, struct dfut_next *next)
{
	dfu->step = STEP_GOT;
	dfut_next_content(next, 0);
	return dfu_core_in(&dfu->core, next, DFU_UPLOAD, dfu->block, dfu->core.transfer_size, DFU_WORK_TIMEOUT_MS);
}

/* Of what came, what is wanted. */
static uint64_t get_wanted(const struct dfu *dfu, uint64_t size)
{
	const struct dfut_job *job = dfu->core.job;
	uint64_t most = job->size ? job->size : job->known_size;

	return most && size > most - dfu->done ? most - dfu->done : size;
}

/* What a DfuSe bootloader gives for block 0 is no memory. */
static bool is_command_list(const struct dfu *dfu, const struct dfut_outcome *outcome)
{
	static const uint8_t list[] = { 0x00, 0x21, 0x41, 0x92 };

	return dfu->block_count == 0 && (outcome->result == 3 || outcome->result == 4) &&
	       memcmp(outcome->data, list, (size_t)outcome->result) == 0;
}

static int refuse_command_list(struct dfu *dfu, struct dfut_next *next)
{
	struct dfut_failure *failure = dfu->core.job->failure;

	dfu->error = dfut_fail(failure, DFUT_ERROR_PROTOCOL,
			       "the device gives a list of commands as its first block: it speaks DfuSe, and not DFU");
	dfut_hint(failure, "an entry for it in a device table (--devices) with the protocol \"dfuse\" tells that");
	return abort_transfer(dfu, next);
}

/* All numbers were used, and there is more: who has so much looks like who begins again, or gives anything for ever. */
static int refuse_endless(struct dfu *dfu, struct dfut_next *next)
{
	struct dfut_failure *failure = dfu->core.job->failure;

	dfu->error = dfut_fail(failure, DFUT_ERROR_PROTOCOL,
			       "block %" PRIu64 ": the device does not end the upload: after %" PRIu64
			       " bytes block numbers begin again at 0",
			       dfu->block_count, dfu->done);
	dfut_hint(failure, "if its memory is larger than that, say how many bytes to read (--size)");
	return abort_transfer(dfu, next);
}

static int got_block(struct dfu *dfu, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	const struct dfut_job *job = dfu->core.job;
	uint64_t size;

	if (outcome->result == DFUT_ERROR_DEVICE)
		return ask_why(dfu, next, "UPLOAD");
	if (outcome->result < 0)
		return dfu_core_broke(&dfu->core, outcome->result, "UPLOAD");
	if (is_command_list(dfu, outcome))
		return refuse_command_list(dfu, next);
	if (outcome->result && !job->size && !job->known_size && dfu->block_count > UINT16_MAX)
		return refuse_endless(dfu, next);
	size = get_wanted(dfu, (uint64_t)outcome->result);
	dfu->error = size ? job->writer(outcome->data, (size_t)size, job->writer_data) : 0;
	if (dfu->error < 0)
		return abort_transfer(dfu, next);
	dfu->done += size;
	dfu->block++;
	dfu->block_count++;
	if (outcome->result < dfu->core.transfer_size) {
		/* An error while reading looks like the end in Zephyr's new stack: only the state tells. */
		dfu->step = STEP_JUDGE_END;
		return dfu_core_getstatus(&dfu->core, next);
	}
	/* A device that ends by itself gives nothing behind its memory. */
	if ((job->size && dfu->done == job->size) || size < (uint64_t)outcome->result)
		return abort_transfer(dfu, next);
	return read_block(dfu, next);
}

static int judge_end(struct dfu *dfu, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct dfu_status status;

	if (outcome->result < 0)
		return dfu_core_broke(&dfu->core, outcome->result, "GETSTATUS");
	if (!dfu_status_parse(&status, outcome->data, (size_t)outcome->result))
		return dfu_core_nonsense(&dfu->core, outcome);
	if (status.status != DFU_STATUS_OK || status.state == DFU_STATE_ERROR)
		return dfu_core_reported(&dfu->core, &status, next);
	if (status.state == DFU_STATE_UPLOAD_IDLE)
		return abort_transfer(dfu, next);
	if (status.state != DFU_STATE_IDLE)
		return dfu_core_unexpected(&dfu->core, &status);
	return dfut_next_done(next, DFUT_END_STAYS);
}

static int next_action(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct dfu *dfu = state;
	int result = dfu_core_get_ready(&dfu->core, outcome, next);

	if (result != 1)
		return result;
	switch (dfu->step) {
	case STEP_SEND:
		return send_block(dfu, next);
	case STEP_SENT:
	case STEP_ENDED:
		return sent_block(dfu, outcome, next);
	case STEP_ASK:
		dfu->step = STEP_JUDGE;
		return dfu_core_getstatus(&dfu->core, next);
	case STEP_JUDGE:
		return judge_block(dfu, outcome, next);
	case STEP_ASK_MANIFEST:
		return outcome->result < 0 ? manifest_unanswered(dfu, outcome, next) : ask_manifest(dfu, next);
	case STEP_JUDGE_MANIFEST:
		return judge_manifest(dfu, outcome, next);
	case STEP_RESTART:
		return restart(dfu, true, next);
	case STEP_GONE:
		/* How the reset went is seen on the bus. */
		return dfut_next_done(next, dfu->core.job->restart == DFUT_RESTART_NEVER ? DFUT_END_MAY_LEAVE :
											   DFUT_END_LEAVES);
	case STEP_READ:
		return read_block(dfu, next);
	case STEP_GOT:
		return got_block(dfu, outcome, next);
	case STEP_JUDGE_END:
		return judge_end(dfu, outcome, next);
	case STEP_ABORTED:
		/* What was read is good either way; the next session recovers a device that refuses. */
		return dfu->error < 0 ? dfu->error : dfut_next_done(next, DFUT_END_STAYS);
	case STEP_WHY:
		break;
	}
	return why(dfu, outcome, next);
}

const struct dfut_machine_ops dfu_download_machine = {
	.name = "dfu-download",
	.state_size = sizeof(struct dfu),
	.begin = begin_download,
	.next = next_action,
	.progress = progress,
	.phase = download_phase,
};

const struct dfut_machine_ops dfu_upload_machine = {
	.name = "dfu-upload",
	.state_size = sizeof(struct dfu),
	.begin = begin_upload,
	.next = next_action,
	.progress = progress,
};

/* Back to the application: a USB reset by the specification, DETACH or a request of its own where the table says so. */

/* What transfers nothing has no place to tell. */
static int begin_bare(void *state, const struct dfut_job *job)
{
	dfu_core_begin(state, job, NULL);
	return 0;
}

int dfu_leave_next(struct dfu_leave *leave, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	const struct dfut_job *job = leave->core.job;

	switch (leave->step) {
	case DFU_LEAVE_OPEN:
		leave->step = DFU_LEAVE_ASK;
		return dfut_next_open(next, job->interface);
	case DFU_LEAVE_ASK:
		if (outcome->result < 0)
			return dfut_fail(job->failure, outcome->result, "interface %u can't be opened: %s",
					 job->interface, dfut_error_get_text(outcome->result));
		leave->step = DFU_LEAVE_DONE;
		if (job->leave == DFUT_LEAVE_DETACH)
			return dfu_core_out(&leave->core, next, DFU_DETACH, DFU_DETACH_MS, NULL, 0,
					    DFU_SHORT_TIMEOUT_MS);
		if (job->leave == DFUT_LEAVE_REQUEST)
			return dfut_next_send(next, job->leave_request, job->interface, DFU_SHORT_TIMEOUT_MS);
		return dfut_next_reset(next, job->interface);
	case DFU_LEAVE_DONE:
		break;
	}
	return dfut_next_done(next, DFUT_END_MAY_LEAVE);
}

static int leave_next(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	return dfu_leave_next(state, outcome, next);
}

const struct dfut_machine_ops dfu_leave_machine = {
	.name = "dfu-leave",
	.state_size = sizeof(struct dfu_leave),
	.begin = begin_bare,
	.next = leave_next,
};

/* Makes sure that a device which looks like a bootloader is one. */

static int ask_next(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	int result = dfu_core_get_ready(state, outcome, next);

	return result == 1 ? dfut_next_done(next, DFUT_END_STAYS) : result;
}

const struct dfut_machine_ops dfu_ask_machine = {
	.name = "dfu-ask",
	.state_size = sizeof(struct dfu_core),
	.begin = begin_bare,
	.next = ask_next,
};
