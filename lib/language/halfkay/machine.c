/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Blocks of a flash in reports, and the report that starts the program. The bootloader tells nothing: a report is taken, or
 * stalled while it is busy. Drawing: docs/protocols/halfkay.md.
 */

#include <inttypes.h>

#include "language/halfkay/machine.h"

/* Linux gives up a report after 5 s by itself. */
#define REPORT_TIMEOUT_MS 6000
/* teensy_loader_cli: the erase may hold up any of the first blocks; what comes later is refused for as long as a block takes. */
#define ERASE_MS 45000
#define ERASE_BLOCKS 5
#define BUSY_MS 500
/* A pause is this part of the time that the device is at work by then; a block takes some ms, an erase seconds. */
#define PAUSE_PART 40
#define PAUSE_MIN_US 50
#define PAUSE_MAX_US 10000
#define LEAVE_PAUSE_MS 10
/* What another block has taken at least is waited for but for this, as times are whole ms. */
#define EARLY_MS 2

enum step {
	STEP_OPEN,
	STEP_SEND,
	STEP_SENT,
};

struct download {
	const struct dfut_job *job;
	const struct halfkay_job *own;
	enum step step;
	size_t at; /* in the order in which blocks go */
	size_t sent;
	size_t total;
	unsigned int tries; /* of this block */
	uint64_t begun_ms;  /* the last of them */
	uint64_t deadline_ms;
	uint64_t taken_ms;   /* when the block before was taken */
	uint64_t refused_ms; /* since then, at the last refusal */
	uint64_t quiet_ms;   /* the least of these of all blocks, 0 as long as there is none */
	uint8_t report[HALFKAY_REPORT_MAX];
};

/*
 * Blocks go in the order of their addresses, the first one always. Where it writes over what is there, the first is emptied
 * before all others, and written behind them: without it nothing is started, whenever that ends too early.
 */
static size_t count_places(const struct halfkay_job *own)
{
	return own->blocks->count + (own->erases_all ? 0 : 1);
}

static bool is_wanted(const struct halfkay_job *own, size_t at)
{
	if (at == 0 || at == own->blocks->count)
		return true;
	return own->blocks->used[at] && !(own->erases_all && dfut_blocks_is_filled(own->blocks, at, 0xff));
}

static size_t find_wanted(const struct halfkay_job *own, size_t at)
{
	while (at < count_places(own) && !is_wanted(own, at))
		at++;
	return at;
}

static size_t get_block(const struct download *download)
{
	return download->at == download->own->blocks->count ? 0 : download->at;
}

static void build_report(struct download *download)
{
	const struct halfkay_job *own = download->own;
	size_t block = get_block(download);
	bool is_emptied = !own->erases_all && download->at == 0;

	halfkay_put_block(download->report, own->form, (uint32_t)block * own->form->block_size,
			  is_emptied ? NULL : dfut_blocks_get(own->blocks, block));
}

static int download_begin(void *state, const struct dfut_job *job)
{
	struct download *download = state;

	download->job = job;
	download->own = job->own;
	for (size_t at = 0; at < count_places(download->own); at++)
		download->total += is_wanted(download->own, at);
	return 0;
}

static void download_progress(const void *state, uint64_t *done, uint64_t *total)
{
	const struct download *download = state;

	*done = (uint64_t)download->sent * download->own->form->block_size;
	*total = (uint64_t)download->total * download->own->form->block_size;
}

static int not_opened(const struct dfut_job *job, int code)
{
	return dfut_fail(job->failure, code, "interface %u can't be opened for reports: %s", job->interface,
			 dfut_error_get_text(code));
}

static int broke(const struct download *download, int code)
{
	struct dfut_failure *failure = download->job->failure;
	uint32_t address = download->own->address + (uint32_t)get_block(download) * download->own->form->block_size;

	dfut_fail(failure, code, "block at 0x%08" PRIx32 ", %zu of %zu: %s", address, download->sent + 1,
		  download->total,
		  code == DFUT_ERROR_DEVICE  ? "the bootloader refuses it (stall)" :
		  code == DFUT_ERROR_TIMEOUT ? "the bootloader does not take it" :
					       dfut_error_get_text(code));
	dfut_hint(failure, "%s", download->own->hint);
	return code;
}

static int send_block(struct download *download, uint64_t now_ms, struct dfut_next *next)
{
	if (download->tries++ == 0) {
		build_report(download);
		download->deadline_ms = now_ms + (download->sent < ERASE_BLOCKS ? ERASE_MS : BUSY_MS);
	}
	download->begun_ms = now_ms;
	download->step = STEP_SENT;
	dfut_next_content(next, download->own->form->header_size);
	return dfut_next_send_report(next, download->job->interface, DFUT_REPORT_OUTPUT, 0, download->report,
				     halfkay_get_report_size(download->own->form), REPORT_TIMEOUT_MS);
}

/* What was begun in time, and took too long, is tried once more. */
static bool is_busy(const struct download *download, const struct dfut_outcome *outcome)
{
	return download->own->erases_all &&
	       (outcome->result == DFUT_ERROR_DEVICE || outcome->result == DFUT_ERROR_TIMEOUT) &&
	       download->begun_ms < download->deadline_ms;
}

static int pause_for_busy(struct download *download, uint64_t now_ms, struct dfut_next *next)
{
	uint64_t pause_us;

	download->refused_ms = now_ms - download->taken_ms;
	pause_us = download->refused_ms * 1000 / PAUSE_PART;
	pause_us = pause_us < PAUSE_MIN_US ? PAUSE_MIN_US : pause_us;
	download->step = STEP_SEND;
	return dfut_next_wait_us(next, pause_us > PAUSE_MAX_US ? PAUSE_MAX_US : pause_us);
}

/* How long blocks take is learnt from them; the erase is in the first ones. */
static void learn_time(struct download *download)
{
	bool is_less = !download->quiet_ms || download->refused_ms < download->quiet_ms;

	if (download->own->erases_all && download->sent > ERASE_BLOCKS && is_less)
		download->quiet_ms = download->refused_ms;
	download->refused_ms = 0;
}

static int block_sent(struct download *download, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	if (is_busy(download, outcome))
		return pause_for_busy(download, outcome->elapsed_ms, next);
	if (outcome->result < 0)
		return broke(download, outcome->result);
	download->sent++;
	download->tries = 0;
	download->at = find_wanted(download->own, download->at + 1);
	if (download->at == count_places(download->own))
		return dfut_next_done(next, DFUT_END_STAYS);
	learn_time(download);
	download->taken_ms = outcome->elapsed_ms;
	if (download->quiet_ms <= EARLY_MS)
		return send_block(download, outcome->elapsed_ms, next);
	download->step = STEP_SEND;
	return dfut_next_wait(next, (uint32_t)(download->quiet_ms - EARLY_MS));
}

static int download_next(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct download *download = state;

	switch (download->step) {
	case STEP_OPEN:
		download->step = STEP_SEND;
		return dfut_next_open_link(next, DFUT_LINK_HID, download->job->interface);
	case STEP_SEND:
		/* It may also be the end of a pause. */
		if (outcome->result < 0)
			return download->sent || download->tries ? broke(download, outcome->result) :
								   not_opened(download->job, outcome->result);
		return send_block(download, outcome->elapsed_ms, next);
	case STEP_SENT:
		return block_sent(download, outcome, next);
	}
	return DFUT_ERROR_PROTOCOL;
}

/* Start: whatever becomes of the report, the device leaves or it does not. */

struct leave {
	const struct dfut_job *job;
	enum step step;
	uint8_t report[HALFKAY_REPORT_MAX];
};

static int leave_begin(void *state, const struct dfut_job *job)
{
	struct leave *leave = state;
	const struct halfkay_job *own = job->own;

	leave->job = job;
	if (job->report_size <= 0 || job->report_size > HALFKAY_REPORT_MAX)
		return dfut_fail(job->failure, DFUT_ERROR_UNSUPPORTED,
				 "how long the bootloader's reports are is not known");
	halfkay_put_start(leave->report, (size_t)job->report_size, own->start_size);
	return 0;
}

static int start_sent(struct leave *leave, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	const struct halfkay_job *own = leave->job->own;
	int result = outcome->result;

	/* It may be at work with the last block. */
	if (result == DFUT_ERROR_DEVICE && own->erases_all && outcome->elapsed_ms < BUSY_MS) {
		leave->step = STEP_SEND;
		return dfut_next_wait(next, LEAVE_PAUSE_MS);
	}
	if (result == DFUT_ERROR_ACCESS || result == DFUT_ERROR_UNSUPPORTED || result == DFUT_ERROR_NO_MEMORY)
		return dfut_fail(leave->job->failure, result, "the report that starts the program can't be sent: %s",
				 dfut_error_get_text(result));
	return dfut_next_done(next, DFUT_END_LEAVES);
}

static int leave_next(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct leave *leave = state;

	switch (leave->step) {
	case STEP_OPEN:
		leave->step = STEP_SEND;
		return dfut_next_open_link(next, DFUT_LINK_HID, leave->job->interface);
	case STEP_SEND:
		if (outcome->result == DFUT_ERROR_GONE)
			return dfut_next_done(next, DFUT_END_LEAVES);
		if (outcome->result < 0)
			return not_opened(leave->job, outcome->result);
		leave->step = STEP_SENT;
		return dfut_next_send_report(next, leave->job->interface, DFUT_REPORT_OUTPUT, 0, leave->report,
					     (uint16_t)leave->job->report_size, REPORT_TIMEOUT_MS);
	case STEP_SENT:
		return start_sent(leave, outcome, next);
	}
	return DFUT_ERROR_PROTOCOL;
}

const struct dfut_machine_ops halfkay_download_machine = {
	.name = "halfkay-download",
	.state_size = sizeof(struct download),
	.begin = download_begin,
	.next = download_next,
	.progress = download_progress,
};

const struct dfut_machine_ops halfkay_leave_machine = {
	.name = "halfkay-leave",
	.state_size = sizeof(struct leave),
	.begin = leave_begin,
	.next = leave_next,
};
