/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * USB DFU 1.0 and 1.1, host side in DFU mode: download, upload, leave (DFU 1.1, chapters 6 and 7). Drawings of the
 * three machines and the stacks that deviate: docs/protocols/usb-dfu.md.
 */

#include <inttypes.h>
#include <stdio.h>

#include "protocol/dfu-wire.h"

/* Some devices erase or program while they handle DNLOAD or GETSTATUS, and answer when they are done. */
#define WORK_TIMEOUT_MS 25000
#define SHORT_TIMEOUT_MS 5000
/* STM32C5's ROM hangs on this request: asked only when nothing else tells the transfer size. */
#define DESCRIPTOR_TIMEOUT_MS 300
/* The longest time that one block, or the manifestation, may keep the device busy. */
#define BUSY_LIMIT_MS 120000
/* Answers "busy, ask at once" in a row before we slow down. */
#define EAGER_POLLS 4
#define EAGER_POLL_MS 2
/* Requests to get from whatever state the device was left in to dfuIDLE. */
#define RECOVERY_LIMIT 6
/* Times that a failing GETSTATUS is repeated where devices are known to fail it. */
#define STATUS_RETRIES 3
#define STATUS_RETRY_MS 100
#define DETACH_MS 1000

enum step {
	/* Getting to dfuIDLE, common to all. */
	STEP_OPEN,
	STEP_ALTERNATE,
	STEP_DESCRIPTOR,
	STEP_ASK_FIRST,
	STEP_JUDGE_FIRST,
	STEP_RECOVERED,
	STEP_RESTART,
	STEP_RESTARTED,
	STEP_READY,
	/* Download. */
	STEP_SEND,
	STEP_SENT,
	STEP_ASK,
	STEP_JUDGE,
	STEP_ENDED,
	STEP_ASK_MANIFEST,
	STEP_JUDGE_MANIFEST,
	STEP_RESET,
	STEP_RESET_DONE,
	/* Upload. */
	STEP_READ,
	STEP_GOT,
	STEP_JUDGE_END,
	STEP_ABORTED,
	/* Any: the device refused, and is asked why. */
	STEP_WHY,
};

struct dfu {
	const struct dfut_job *job;
	enum step step;
	struct dfut_dfu_descriptor descriptor;
	uint16_t transfer_size;
	uint16_t sent;			/* bytes of the block under way */
	uint16_t block;			/* wBlockNum, wraps */
	uint64_t block_count;		/* for people: does not wrap */
	uint64_t done;
	uint64_t busy_since_ms;
	unsigned int zero_polls;
	unsigned int retries;
	unsigned int recoveries;
	bool was_busy;
	bool manifesting;
	int error;			/* what to end with after ABORT, or after asking why */
};

static int begin(void *state, const struct dfut_job *job)
{
	struct dfu *dfu = state;

	dfu->job = job;
	dfu->descriptor = job->dfu;
	dfu->transfer_size = dfu_get_transfer_size(job->dfu.transfer_size);
	return 0;
}

static void progress(const void *state, uint64_t *done, uint64_t *total)
{
	const struct dfu *dfu = state;

	*done = dfu->done;
	*total = dfu->job->size;
}

static enum dfut_session_state download_phase(const void *state)
{
	const struct dfu *dfu = state;

	return dfu->manifesting ? DFUT_SESSION_MANIFESTING : DFUT_SESSION_DOWNLOADING;
}

/* Requests. wIndex is the interface in each of them (DFU 1.1, table 3.2). */

static int out(struct dfu *dfu, struct dfut_action *next, enum dfu_request request, uint16_t value, const uint8_t *data,
	       uint16_t size, uint32_t timeout_ms)
{
	return dfut_action_control(next, dfu->job->interface, 0x21, (uint8_t)request, value, dfu->job->interface, data,
				   size, timeout_ms);
}

static int in(struct dfu *dfu, struct dfut_action *next, enum dfu_request request, uint16_t value, uint16_t size,
	      uint32_t timeout_ms)
{
	return dfut_action_control(next, dfu->job->interface, 0xa1, (uint8_t)request, value, dfu->job->interface, NULL,
				   size, timeout_ms);
}

static int getstatus(struct dfu *dfu, struct dfut_action *next)
{
	/* Exactly 6: Zephyr answers nothing to any other length. */
	return in(dfu, next, DFU_GETSTATUS, 0, DFU_STATUS_SIZE, WORK_TIMEOUT_MS);
}

static bool is_tolerant(const struct dfu *dfu)
{
	return dfu->descriptor.attributes & DFUT_DFU_MANIFESTATION_TOLERANT;
}

static bool will_detach(const struct dfu *dfu)
{
	return dfu->descriptor.version >= 0x0110 && dfu->descriptor.attributes & DFUT_DFU_WILL_DETACH;
}

/* Where we are, for error texts. */
static const char *place(const struct dfu *dfu, char *text, size_t size)
{
	uint64_t blocks = dfu->job->size ? (dfu->job->size + dfu->transfer_size - 1) / dfu->transfer_size : 0;

	if (dfu->step < STEP_READY)
		snprintf(text, size, "before the transfer");
	else if (dfu->manifesting)
		snprintf(text, size, "manifestation after block %" PRIu64, dfu->block_count);
	else if (blocks)
		snprintf(text, size, "block %" PRIu64 " of %" PRIu64, dfu->block_count, blocks);
	else
		snprintf(text, size, "block %" PRIu64, dfu->block_count);
	return text;
}

static int broke(struct dfu *dfu, int code, const char *what)
{
	char where[64];
	int result;

	place(dfu, where, sizeof(where));
	if (code == DFUT_ERROR_DEVICE)
		return dfut_fail(dfu->job->failure, code, "%s: the device refuses %s (stall)", where, what);
	result = dfut_fail(dfu->job->failure, code, "%s: %s: %s", where, what, dfut_error_get_text(code));
	if (code == DFUT_ERROR_GONE)
		dfut_hint(dfu->job->failure, "plug the device in again and repeat: it takes up where its bootloader stands");
	return result;
}

static int nonsense(struct dfu *dfu, const struct dfut_outcome *outcome)
{
	char where[64];

	place(dfu, where, sizeof(where));
	if (outcome->result != DFU_STATUS_SIZE)
		return dfut_fail(dfu->job->failure, DFUT_ERROR_PROTOCOL,
				 "%s: the device answers GETSTATUS with %d bytes instead of 6", where, outcome->result);
	return dfut_fail(dfu->job->failure, DFUT_ERROR_PROTOCOL,
			 "%s: the device answers GETSTATUS with status 0x%02x, state 0x%02x, which do not exist", where,
			 outcome->data[0], outcome->data[4]);
}

static int reported(struct dfu *dfu, const struct dfu_status *status)
{
	char where[64];

	return dfut_fail(dfu->job->failure, DFUT_ERROR_DEVICE, "%s: device reports %s (%s), state %s",
			 place(dfu, where, sizeof(where)), dfu_status_get_name(status->status),
			 dfu_status_get_text(status->status), dfu_state_get_name(status->state));
}

static int unexpected(struct dfu *dfu, const struct dfu_status *status)
{
	char where[64];

	return dfut_fail(dfu->job->failure, DFUT_ERROR_PROTOCOL, "%s: device is in state %s, which can't follow here",
			 place(dfu, where, sizeof(where)), dfu_state_get_name(status->state));
}

/* The device stalled something that the specification lets it explain. */
static int ask_why(struct dfu *dfu, struct dfut_action *next, const char *what)
{
	dfu->error = broke(dfu, DFUT_ERROR_DEVICE, what);
	dfu->step = STEP_WHY;
	return getstatus(dfu, next);
}

static int why(struct dfu *dfu, const struct dfut_outcome *outcome)
{
	struct dfu_status status;

	if (outcome->result >= 0 && dfu_status_parse(&status, outcome->data, (size_t)outcome->result) &&
	    status.status != DFU_STATUS_OK) {
		dfu->step = STEP_SEND;	/* the place is that of the block again */
		return reported(dfu, &status);
	}
	return dfu->error;
}

static void busy_begins(struct dfu *dfu, const struct dfut_outcome *outcome)
{
	dfu->busy_since_ms = outcome ? outcome->elapsed_ms : 0;
	dfu->zero_polls = 0;
	dfu->retries = 0;
	dfu->was_busy = false;
}

/* Waits as long as the device asks, then goes on with `step`. */
static int wait_poll(struct dfu *dfu, const struct dfu_status *status, const struct dfut_outcome *outcome,
		     enum step step, struct dfut_action *next)
{
	uint32_t poll_ms = dfu->job->quirks & DFUT_QUIRK_POLL_5_MS ? 5 : status->poll_timeout_ms;
	char where[64];

	dfu->step = step;
	dfu->was_busy = true;
	if (outcome->elapsed_ms - dfu->busy_since_ms + poll_ms > BUSY_LIMIT_MS)
		return dfut_fail(dfu->job->failure, DFUT_ERROR_TIMEOUT,
				 "%s: device is still in %s after %" PRIu64 " ms and asks for %" PRIu32 " ms more",
				 place(dfu, where, sizeof(where)), dfu_state_get_name(status->state),
				 outcome->elapsed_ms - dfu->busy_since_ms, poll_ms);
	if (poll_ms == 0 && dfu->zero_polls++ >= EAGER_POLLS)
		poll_ms = EAGER_POLL_MS;
	return dfut_action_wait(next, poll_ms);
}

/* From any state to dfuIDLE (DFU 1.1, A.1; CLRSTATUS and ABORT only where they are legal: both break a stack elsewhere). */
static int judge_first(struct dfu *dfu, const struct dfut_outcome *outcome, struct dfut_action *next)
{
	struct dfu_status status;

	if (outcome->result == DFUT_ERROR_DEVICE && dfu->retries++ < STATUS_RETRIES) {
		dfu->step = STEP_ASK_FIRST;
		return dfut_action_wait(next, STATUS_RETRY_MS);
	}
	/* It was in the middle of an interrupted manifestation, and restarts now that it was asked. */
	if (outcome->result == DFUT_ERROR_GONE && dfu->was_busy)
		return dfut_action_done(next, DFUT_END_RESTARTED);
	if (outcome->result < 0)
		return broke(dfu, outcome->result, "GETSTATUS");
	if (!dfu_status_parse(&status, outcome->data, (size_t)outcome->result))
		return nonsense(dfu, outcome);

	switch (status.state) {
	case DFU_STATE_IDLE:
		if (status.status == DFU_STATUS_OK) {
			dfu->step = STEP_READY;
			return 1;
		}
		break;
	case DFU_STATE_DNLOAD_IDLE:
	case DFU_STATE_UPLOAD_IDLE:
	case DFU_STATE_ERROR:
		break;
	case DFU_STATE_DNLOAD_SYNC:
	case DFU_STATE_DNBUSY:
	case DFU_STATE_MANIFEST_SYNC:
	case DFU_STATE_MANIFEST:
		return wait_poll(dfu, &status, outcome, STEP_ASK_FIRST, next);
	case DFU_STATE_MANIFEST_WAIT_RESET:
		dfu->step = STEP_RESTARTED;
		return dfut_action_reset(next, dfu->job->interface);
	case DFU_STATE_APP_IDLE:
	case DFU_STATE_APP_DETACH:
		/* DFU 1.0's run-time, which looks like its DFU mode, or Zephyr's legacy stack after DETACH in DFU mode. */
		dfu->step = STEP_RESTART;
		return out(dfu, next, DFU_DETACH, DETACH_MS, NULL, 0, SHORT_TIMEOUT_MS);
	}
	if (dfu->recoveries++ >= RECOVERY_LIMIT)
		return dfut_fail(dfu->job->failure, DFUT_ERROR_PROTOCOL,
				 "device stays in state %s with status %s, whatever it is told",
				 dfu_state_get_name(status.state), dfu_status_get_name(status.status));
	dfu->step = STEP_RECOVERED;
	if (status.state == DFU_STATE_DNLOAD_IDLE || status.state == DFU_STATE_UPLOAD_IDLE)
		return out(dfu, next, DFU_ABORT, 0, NULL, 0, SHORT_TIMEOUT_MS);
	return out(dfu, next, DFU_CLRSTATUS, 0, NULL, 0, SHORT_TIMEOUT_MS);
}

static void take_descriptor(struct dfu *dfu, const struct dfut_outcome *outcome)
{
	struct dfut_dfu_descriptor descriptor;

	if (outcome->result > 0 && dfu_descriptor_parse(&descriptor, outcome->data, (size_t)outcome->result)) {
		dfu->descriptor = descriptor;
		dfu->transfer_size = dfu_get_transfer_size(descriptor.transfer_size);
	}
}

/* Steps up to STEP_READY. 1: ready, go on with the transfer. */
static int get_ready(struct dfu *dfu, const struct dfut_outcome *outcome, struct dfut_action *next)
{
	switch (dfu->step) {
	case STEP_OPEN:
		dfu->step = STEP_ALTERNATE;
		return dfut_action_open(next, dfu->job->interface);
	case STEP_ALTERNATE:
		if (outcome->result < 0)
			return dfut_fail(dfu->job->failure, outcome->result, "interface %u can't be opened: %s",
					 dfu->job->interface, dfut_error_get_text(outcome->result));
		dfu->step = STEP_DESCRIPTOR;
		if (!dfu->job->has_alternates)
			return get_ready(dfu, outcome, next);
		next->kind = DFUT_ACTION_ALTERNATE;
		next->channel = dfu->job->interface;
		next->value = dfu->job->alternate;
		next->timeout_ms = SHORT_TIMEOUT_MS;
		return 0;
	case STEP_DESCRIPTOR:
		if (outcome->result < 0)
			return dfut_fail(dfu->job->failure, outcome->result, "alternate setting %u can't be selected: %s",
					 dfu->job->alternate, dfut_error_get_text(outcome->result));
		dfu->step = STEP_ASK_FIRST;
		if (dfu->job->has_descriptor)
			return get_ready(dfu, outcome, next);
		return dfut_action_control(next, dfu->job->interface, 0x80, 6, DFU_FUNCTIONAL_DESCRIPTOR << 8, 0, NULL, 9,
					   DESCRIPTOR_TIMEOUT_MS);
	case STEP_ASK_FIRST:
		if (!dfu->job->has_descriptor)
			take_descriptor(dfu, outcome);
		dfu->step = STEP_JUDGE_FIRST;
		return getstatus(dfu, next);
	case STEP_JUDGE_FIRST:
		return judge_first(dfu, outcome, next);
	case STEP_RECOVERED:
		/* Whether it worked is what GETSTATUS says; only a dead device ends here. */
		if (outcome->result < 0 && outcome->result != DFUT_ERROR_DEVICE)
			return broke(dfu, outcome->result, "ABORT or CLRSTATUS");
		dfu->step = STEP_JUDGE_FIRST;
		return getstatus(dfu, next);
	case STEP_RESTART:
		dfu->step = STEP_RESTARTED;
		if (!will_detach(dfu))
			return dfut_action_reset(next, dfu->job->interface);
		return dfut_action_done(next, DFUT_END_RESTARTED);
	case STEP_RESTARTED:
		return dfut_action_done(next, DFUT_END_RESTARTED);
	default:
		return dfut_fail(dfu->job->failure, DFUT_ERROR_PROTOCOL, "internal: DFU machine in step %d", dfu->step);
	}
}

/* Download (DFU 1.1, 6.1). */

static int send_block(struct dfu *dfu, struct dfut_action *next)
{
	uint64_t left = dfu->job->size - dfu->done;

	dfu->sent = (uint16_t)(left < dfu->transfer_size ? left : dfu->transfer_size);
	/* The block that ends the transfer has no bytes, and the next number: with 0 Zephyr would start again. */
	dfu->manifesting = dfu->sent == 0;
	dfu->step = dfu->manifesting ? STEP_ENDED : STEP_SENT;
	return out(dfu, next, DFU_DNLOAD, dfu->block, dfu->sent ? dfu->job->data + dfu->done : NULL, dfu->sent,
		   WORK_TIMEOUT_MS);
}

static int sent_block(struct dfu *dfu, const struct dfut_outcome *outcome, struct dfut_action *next)
{
	if (outcome->result == DFUT_ERROR_DEVICE)
		return ask_why(dfu, next, dfu->manifesting ? "the end of the download" : "DNLOAD");
	if (outcome->result < 0)
		return broke(dfu, outcome->result, "DNLOAD");
	if (outcome->result != dfu->sent)
		return dfut_fail(dfu->job->failure, DFUT_ERROR_IO, "block %" PRIu64 ": device took %d of %u bytes",
				 dfu->block_count, outcome->result, dfu->sent);
	busy_begins(dfu, outcome);
	dfu->step = dfu->manifesting ? STEP_JUDGE_MANIFEST : STEP_JUDGE;
	return getstatus(dfu, next);
}

static int judge_block(struct dfu *dfu, const struct dfut_outcome *outcome, struct dfut_action *next)
{
	struct dfu_status status;

	/* STM32L4 stalls GETSTATUS when it is asked as early as it allowed itself. */
	if (outcome->result == DFUT_ERROR_DEVICE && dfu->was_busy && dfu->retries++ < STATUS_RETRIES) {
		dfu->step = STEP_ASK;
		return dfut_action_wait(next, STATUS_RETRY_MS);
	}
	if (outcome->result < 0)
		return broke(dfu, outcome->result, "GETSTATUS");
	if (!dfu_status_parse(&status, outcome->data, (size_t)outcome->result))
		return nonsense(dfu, outcome);
	if (status.status != DFU_STATUS_OK || status.state == DFU_STATE_ERROR)
		return reported(dfu, &status);
	if (status.state == DFU_STATE_DNLOAD_SYNC || status.state == DFU_STATE_DNBUSY)
		return wait_poll(dfu, &status, outcome, STEP_ASK, next);
	if (status.state != DFU_STATE_DNLOAD_IDLE)
		return unexpected(dfu, &status);
	dfu->done += dfu->sent;
	dfu->block++;
	dfu->block_count++;
	return send_block(dfu, next);
}

/* Manifested, and not tolerant: the device restarts by itself, or wants a reset for it (DFU 1.1, 7). */
static int restart(struct dfu *dfu, bool confirmed, struct dfut_action *next)
{
	if (!will_detach(dfu)) {
		dfu->step = STEP_RESET_DONE;
		return dfut_action_reset(next, dfu->job->interface);
	}
	/* Zephyr without its reboot option says that it restarts, and does not. */
	if (confirmed && dfu->job->leave == DFUT_LEAVE_NONE)
		return dfut_action_done(next, DFUT_END_MAY_LEAVE);
	return dfut_action_done(next, DFUT_END_LEAVES);
}

static int manifest_unanswered(struct dfu *dfu, const struct dfut_outcome *outcome, struct dfut_action *next)
{
	if (outcome->result == DFUT_ERROR_GONE && !is_tolerant(dfu))
		return dfut_action_done(next, DFUT_END_LEAVES);
	if (outcome->result != DFUT_ERROR_GONE && dfu->retries++ < STATUS_RETRIES) {
		dfu->step = STEP_ASK_MANIFEST;
		return dfut_action_wait(next, STATUS_RETRY_MS);
	}
	/* A device that is not tolerant need not answer any more: what it does on the bus decides. */
	if (!is_tolerant(dfu))
		return restart(dfu, false, next);
	if (outcome->result < 0)
		return broke(dfu, outcome->result, "GETSTATUS");
	return nonsense(dfu, outcome);
}

static int judge_manifest(struct dfu *dfu, const struct dfut_outcome *outcome, struct dfut_action *next)
{
	struct dfu_status status;

	if (outcome->result < 0 || !dfu_status_parse(&status, outcome->data, (size_t)outcome->result))
		return manifest_unanswered(dfu, outcome, next);
	if (status.status != DFU_STATUS_OK || status.state == DFU_STATE_ERROR)
		return reported(dfu, &status);

	switch (status.state) {
	case DFU_STATE_IDLE:
		return dfut_action_done(next, DFUT_END_STAYS);
	case DFU_STATE_MANIFEST_SYNC:
	case DFU_STATE_DNBUSY:	/* Zephyr's legacy stack */
		return wait_poll(dfu, &status, outcome, STEP_ASK_MANIFEST, next);
	case DFU_STATE_MANIFEST:
		return wait_poll(dfu, &status, outcome, is_tolerant(dfu) ? STEP_ASK_MANIFEST : STEP_RESET, next);
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
	return unexpected(dfu, &status);
}

static int download_next(void *state, const struct dfut_outcome *outcome, struct dfut_action *next)
{
	struct dfu *dfu = state;
	int result;

	if (dfu->step < STEP_READY) {
		result = get_ready(dfu, outcome, next);
		if (result <= 0)
			return result;
	}
	switch (dfu->step) {
	case STEP_READY:
	case STEP_SEND:
		return send_block(dfu, next);
	case STEP_SENT:
	case STEP_ENDED:
		return sent_block(dfu, outcome, next);
	case STEP_ASK:
		dfu->step = STEP_JUDGE;
		return getstatus(dfu, next);
	case STEP_JUDGE:
		return judge_block(dfu, outcome, next);
	case STEP_ASK_MANIFEST:
		dfu->step = STEP_JUDGE_MANIFEST;
		return getstatus(dfu, next);
	case STEP_JUDGE_MANIFEST:
		return judge_manifest(dfu, outcome, next);
	case STEP_RESET:
		return restart(dfu, true, next);
	case STEP_RESET_DONE:
		/* How the reset went is seen on the bus. */
		return dfut_action_done(next, DFUT_END_LEAVES);
	case STEP_WHY:
		return why(dfu, outcome);
	default:
		return dfut_fail(dfu->job->failure, DFUT_ERROR_PROTOCOL, "internal: DFU download in step %d", dfu->step);
	}
}

const struct dfut_machine_ops dfut_dfu_download_machine = {
	.name = "dfu-download",
	.state_size = sizeof(struct dfu),
	.begin = begin,
	.next = download_next,
	.progress = progress,
	.phase = download_phase,
};

/* Upload (DFU 1.1, 6.2). */

static int read_block(struct dfu *dfu, struct dfut_action *next)
{
	dfu->step = STEP_GOT;
	return in(dfu, next, DFU_UPLOAD, dfu->block, dfu->transfer_size, WORK_TIMEOUT_MS);
}

/* Not back in dfuIDLE after a short block: Zephyr's new stack, ST's classes. */
static int abort_upload(struct dfu *dfu, struct dfut_action *next)
{
	dfu->step = STEP_ABORTED;
	return out(dfu, next, DFU_ABORT, 0, NULL, 0, SHORT_TIMEOUT_MS);
}

static int got_block(struct dfu *dfu, const struct dfut_outcome *outcome, struct dfut_action *next)
{
	uint64_t size;

	if (outcome->result == DFUT_ERROR_DEVICE)
		return ask_why(dfu, next, "UPLOAD");
	if (outcome->result < 0)
		return broke(dfu, outcome->result, "UPLOAD");
	size = (uint64_t)outcome->result;
	if (dfu->job->size && size > dfu->job->size - dfu->done)
		size = dfu->job->size - dfu->done;
	dfu->error = size ? dfu->job->writer(outcome->data, (size_t)size, dfu->job->writer_data) : 0;
	if (dfu->error < 0)
		return abort_upload(dfu, next);
	dfu->done += size;
	dfu->block++;
	dfu->block_count++;
	if (outcome->result < dfu->transfer_size) {
		/* An error while reading looks like the end in Zephyr's new stack: only the state tells. */
		dfu->step = STEP_JUDGE_END;
		return getstatus(dfu, next);
	}
	if (dfu->job->size && dfu->done == dfu->job->size)
		return abort_upload(dfu, next);
	return read_block(dfu, next);
}

static int judge_end(struct dfu *dfu, const struct dfut_outcome *outcome, struct dfut_action *next)
{
	struct dfu_status status;

	if (outcome->result < 0)
		return broke(dfu, outcome->result, "GETSTATUS");
	if (!dfu_status_parse(&status, outcome->data, (size_t)outcome->result))
		return nonsense(dfu, outcome);
	if (status.status != DFU_STATUS_OK || status.state == DFU_STATE_ERROR)
		return reported(dfu, &status);
	if (status.state == DFU_STATE_UPLOAD_IDLE)
		return abort_upload(dfu, next);
	if (status.state != DFU_STATE_IDLE)
		return unexpected(dfu, &status);
	return dfut_action_done(next, DFUT_END_STAYS);
}

static int upload_next(void *state, const struct dfut_outcome *outcome, struct dfut_action *next)
{
	struct dfu *dfu = state;
	int result;

	if (dfu->step < STEP_READY) {
		result = get_ready(dfu, outcome, next);
		if (result <= 0)
			return result;
	}
	switch (dfu->step) {
	case STEP_READY:
	case STEP_READ:
		return read_block(dfu, next);
	case STEP_GOT:
		return got_block(dfu, outcome, next);
	case STEP_JUDGE_END:
		return judge_end(dfu, outcome, next);
	case STEP_ABORTED:
		/* What was read is good either way; the next session recovers a device that refuses. */
		return dfu->error < 0 ? dfu->error : dfut_action_done(next, DFUT_END_STAYS);
	case STEP_WHY:
		return why(dfu, outcome);
	default:
		return dfut_fail(dfu->job->failure, DFUT_ERROR_PROTOCOL, "internal: DFU upload in step %d", dfu->step);
	}
}

const struct dfut_machine_ops dfut_dfu_upload_machine = {
	.name = "dfu-upload",
	.state_size = sizeof(struct dfu),
	.begin = begin,
	.next = upload_next,
	.progress = progress,
};

/* Back to the application: a USB reset by the specification, DETACH where the table says so. */

static int leave_next(void *state, const struct dfut_outcome *outcome, struct dfut_action *next)
{
	struct dfu *dfu = state;

	switch (dfu->step) {
	case STEP_OPEN:
		dfu->step = STEP_RESET;
		return dfut_action_open(next, dfu->job->interface);
	case STEP_RESET:
		if (outcome->result < 0)
			return dfut_fail(dfu->job->failure, outcome->result, "interface %u can't be opened: %s",
					 dfu->job->interface, dfut_error_get_text(outcome->result));
		dfu->step = STEP_RESET_DONE;
		if (dfu->job->leave == DFUT_LEAVE_DETACH)
			return out(dfu, next, DFU_DETACH, DETACH_MS, NULL, 0, SHORT_TIMEOUT_MS);
		return dfut_action_reset(next, dfu->job->interface);
	default:
		return dfut_action_done(next, DFUT_END_MAY_LEAVE);
	}
}

const struct dfut_machine_ops dfut_dfu_leave_machine = {
	.name = "dfu-leave",
	.state_size = sizeof(struct dfu),
	.begin = begin,
	.next = leave_next,
};

/* Makes sure that a device which looks like a bootloader is one. */

static int ask_next(void *state, const struct dfut_outcome *outcome, struct dfut_action *next)
{
	int result = get_ready(state, outcome, next);

	return result == 1 ? dfut_action_done(next, DFUT_END_STAYS) : result;
}

const struct dfut_machine_ops dfut_dfu_ask_machine = {
	.name = "dfu-ask",
	.state_size = sizeof(struct dfu),
	.begin = begin,
	.next = ask_next,
};
