/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Commands of Atmel's FLIP, host side: a DNLOAD carries one. What asks is followed by an UPLOAD, all others by GETSTATUS.
 * LUFA's stays in dfuERROR after CLRSTATUS, and leaves it by ABORT.
 */

#include <inttypes.h>
#include <stdio.h>

#include "language/atmel-flip/core.h"

/* An XMEGA may take 19 s to erase all of its flash, and answer nothing meanwhile. */
#define WORK_TIMEOUT_MS 25000
#define BUSY_LIMIT_MS 20000
#define SHORT_TIMEOUT_MS 5000
#define ERASE_POLL_MS 100
#define POLL_MS 2
/* GETSTATUS may fail so often while the chip is erased. */
#define STALL_LIMIT 10
/* Requests to get from whatever state the device was left in to dfuIDLE. */
#define RECOVERY_LIMIT 8
#define STATUS_WRITE 0x03
#define STATUS_NOT_ERASED 0x05
#define STATUS_NOT_DONE 0x09
#define PLACE_SIZE 96

int flip_begin(struct flip *flip, const struct dfut_job *job)
{
	flip->job = job;
	flip->own = job->own;
	flip->is_two = flip_kind_is_two(flip->own->kind);
	flip_forget_selection(flip);
	return 0;
}

void flip_progress(const void *state, uint64_t *done, uint64_t *total)
{
	const struct flip *flip = state;

	*done = flip->done;
	*total = 0;
	for (size_t i = 0; i < flip->own->range_count; i++)
		*total += flip->own->ranges[i].size;
}

int flip_out(const struct flip *flip, struct dfut_next *next, enum dfu_request request, const uint8_t *data,
	     uint16_t size, uint32_t timeout_ms)
{
	flip->own->answers->is_ready = false;
	return dfut_next_control(next, flip->job->interface, 0x21, (uint8_t)request, 0, flip->job->interface, data,
				 size, timeout_ms);
}

static int in(struct flip *flip, struct dfut_next *next, enum dfu_request request, uint16_t size, enum flip_step step)
{
	flip->step = step;
	flip->own->answers->is_ready = false;
	return dfut_next_control(next, flip->job->interface, 0xa1, (uint8_t)request, 0, flip->job->interface, NULL,
				 size, WORK_TIMEOUT_MS);
}

static int ask(struct flip *flip, enum flip_step step, struct dfut_next *next)
{
	return in(flip, next, DFU_GETSTATUS, DFU_STATUS_SIZE, step);
}

/* Errors. */

static const char *get_place(const struct flip *flip, char *text)
{
	if (!flip->what)
		snprintf(text, PLACE_SIZE, "before the first command");
	else if (flip->has_address)
		snprintf(text, PLACE_SIZE, "%s at 0x%05" PRIx32, flip->what, flip->address);
	else
		snprintf(text, PLACE_SIZE, "%s", flip->what);
	return text;
}

int flip_broke(const struct flip *flip, int code)
{
	struct dfut_failure *failure = flip->job->failure;
	char where[PLACE_SIZE];

	get_place(flip, where);
	if (code == DFUT_ERROR_DEVICE)
		dfut_fail(failure, code, "%s: the device refuses it (stall)", where);
	else
		dfut_fail(failure, code, "%s: %s", where, dfut_error_get_text(code));
	if (code == DFUT_ERROR_GONE)
		dfut_hint(failure, "put the device into its bootloader again and repeat: it begins anew");
	else if (code == DFUT_ERROR_TIMEOUT)
		dfut_hint(failure, "unplug the device, put it into its bootloader again, and repeat");
	return code;
}

static int nonsense(const struct flip *flip, const struct dfut_outcome *outcome)
{
	char where[PLACE_SIZE];

	get_place(flip, where);
	if (outcome->result != DFU_STATUS_SIZE)
		return dfut_fail(flip->job->failure, DFUT_ERROR_PROTOCOL,
				 "%s: the device answers GETSTATUS with %d bytes instead of 6", where, outcome->result);
	return dfut_fail(flip->job->failure, DFUT_ERROR_PROTOCOL,
			 "%s: the device answers GETSTATUS with status 0x%02x, state 0x%02x, which do not exist", where,
			 outcome->data[0], outcome->data[4]);
}

/* errWRITE to what writes nothing is protection. */
static int reported(const struct flip *flip)
{
	bool writes = flip->message.size > FLIP_COMMAND_SIZE;
	char where[PLACE_SIZE];

	dfut_fail(flip->job->failure, DFUT_ERROR_DEVICE, "%s: device reports %s (%s), state %s", get_place(flip, where),
		  dfu_status_get_name(flip->status.status), dfu_status_get_text(flip->status.status),
		  dfu_state_get_name(flip->status.state));
	if (flip->status.status == STATUS_WRITE && !writes) {
		flip->own->answers->is_secure = true;
		dfut_hint(
			flip->job->failure,
			"the bootloader protects what is on the part, until all of it is erased (update, --erase=mass)");
	}
	return DFUT_ERROR_DEVICE;
}

static bool parse(struct flip *flip, const struct dfut_outcome *outcome)
{
	return dfu_status_parse(&flip->status, outcome->data, (size_t)outcome->result);
}

/* Getting ready. */

static bool is_busy(const struct flip *flip)
{
	return flip->status.status == STATUS_NOT_DONE || flip->status.state == DFU_STATE_DNLOAD_SYNC ||
	       flip->status.state == DFU_STATE_DNBUSY;
}

static int wait_poll(struct flip *flip, const struct dfut_outcome *outcome, enum flip_step step, struct dfut_next *next)
{
	uint32_t poll_ms = flip->status.poll_timeout_ms;
	char where[PLACE_SIZE];

	if (!poll_ms)
		poll_ms = flip->status.status == STATUS_NOT_DONE ? ERASE_POLL_MS : POLL_MS;
	if (outcome->elapsed_ms - flip->since_ms + poll_ms > BUSY_LIMIT_MS) {
		dfut_fail(flip->job->failure, DFUT_ERROR_TIMEOUT,
			  "%s: the device is still at work after %" PRIu64 " ms", get_place(flip, where),
			  outcome->elapsed_ms - flip->since_ms);
		dfut_hint(flip->job->failure, "unplug the device, put it into its bootloader again, and repeat");
		return DFUT_ERROR_TIMEOUT;
	}
	flip->step = step;
	return dfut_next_wait(next, poll_ms);
}

static bool is_idle(const struct flip *flip)
{
	switch (flip->status.state) {
	case DFU_STATE_IDLE:
	case DFU_STATE_APP_IDLE: /* as FLIP 2 says it */
		return flip->status.status == DFU_STATUS_OK;
	case DFU_STATE_DNLOAD_IDLE:
	case DFU_STATE_APP_DETACH:
	case DFU_STATE_DNLOAD_SYNC:
	case DFU_STATE_DNBUSY:
	case DFU_STATE_MANIFEST_SYNC:
	case DFU_STATE_MANIFEST:
	case DFU_STATE_MANIFEST_WAIT_RESET:
	case DFU_STATE_UPLOAD_IDLE:
	case DFU_STATE_ERROR:
		break;
	}
	return false;
}

static int judge_state(struct flip *flip, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	enum dfu_request request = DFU_ABORT;

	if (outcome->result < 0 && outcome->result != DFUT_ERROR_DEVICE)
		return flip_broke(flip, outcome->result);
	if (outcome->result >= 0) {
		if (!parse(flip, outcome))
			return nonsense(flip, outcome);
		if (is_busy(flip))
			return wait_poll(flip, outcome, FLIP_PAUSED, next);
		if (is_idle(flip)) {
			flip->step = FLIP_READY;
			return 1;
		}
	}
	if (flip->tries++ >= RECOVERY_LIMIT) {
		if (outcome->result < 0)
			return flip_broke(flip, outcome->result);
		return dfut_fail(flip->job->failure, DFUT_ERROR_PROTOCOL,
				 "device stays in state %s with status %s, and can't be brought to dfuIDLE",
				 dfu_state_get_name(flip->status.state), dfu_status_get_name(flip->status.status));
	}
	if (outcome->result < 0 || flip->status.status != DFU_STATUS_OK)
		request = DFU_CLRSTATUS;
	flip->step = FLIP_RECOVERED;
	return flip_out(flip, next, request, NULL, 0, SHORT_TIMEOUT_MS);
}

int flip_recover(struct flip *flip, struct dfut_next *next)
{
	flip->tries = 0;
	return ask(flip, FLIP_ASKED, next);
}

/* A command. */

static int be_ready(struct flip *flip)
{
	flip->own->answers->is_ready = true;
	flip->step = FLIP_READY;
	return 1;
}

int flip_send(struct flip *flip, const char *what, uint16_t answer_size, struct dfut_next *next)
{
	flip->what = what;
	flip->has_address = false;
	flip->answer_size = answer_size;
	flip->may_differ = false;
	flip->tries = 0;
	flip->step = FLIP_SENT;
	if (flip->message.size > FLIP_COMMAND_SIZE)
		dfut_next_content(next, flip->is_two ? FLIP_HEADER_TWO : FLIP_HEADER_ONE);
	return flip_out(flip, next, DFU_DNLOAD, flip->message.bytes, flip->message.size, WORK_TIMEOUT_MS);
}

int flip_send_at(struct flip *flip, const char *what, uint32_t address, uint16_t answer_size, struct dfut_next *next)
{
	int result = flip_send(flip, what, answer_size, next);

	flip->has_address = true;
	flip->address = address;
	return result;
}

int flip_fetch(struct flip *flip, uint16_t size, struct dfut_next *next)
{
	flip->answer_size = size;
	/* Shorter ones tell which part it is. */
	if (size > FLIP_SIGNATURE_SIZE)
		dfut_next_content(next, 0);
	return in(flip, next, DFU_UPLOAD, size, FLIP_GOT);
}

static int sent(struct flip *flip, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	char where[PLACE_SIZE];

	flip->since_ms = outcome->elapsed_ms;
	flip->was_taken = outcome->result >= 0;
	if (outcome->result == DFUT_ERROR_DEVICE)
		return ask(flip, FLIP_REFUSED, next);
	if (outcome->result < 0)
		return flip_broke(flip, outcome->result);
	if (outcome->result != flip->message.size)
		return dfut_fail(flip->job->failure, DFUT_ERROR_IO, "%s: device took %d of %u bytes",
				 get_place(flip, where), outcome->result, flip->message.size);
	if (flip->answer_size)
		return flip_fetch(flip, flip->answer_size, next);
	return ask(flip, FLIP_JUDGE, next);
}

static int judge(struct flip *flip, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	if (outcome->result == DFUT_ERROR_DEVICE && flip->tries++ < STALL_LIMIT) {
		flip->step = FLIP_CLEARED;
		return flip_out(flip, next, DFU_CLRSTATUS, NULL, 0, SHORT_TIMEOUT_MS);
	}
	if (outcome->result < 0)
		return flip_broke(flip, outcome->result);
	if (!parse(flip, outcome))
		return nonsense(flip, outcome);
	if (is_busy(flip))
		return wait_poll(flip, outcome, FLIP_WAITED, next);
	if (flip->may_differ && flip->status.status == STATUS_NOT_ERASED) {
		flip->step = FLIP_READY;
		return 1;
	}
	if (flip->status.status != DFU_STATUS_OK || flip->status.state == DFU_STATE_ERROR)
		return reported(flip);
	return be_ready(flip);
}

static int got(struct flip *flip, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	char where[PLACE_SIZE];

	if (outcome->result == DFUT_ERROR_DEVICE)
		return ask(flip, FLIP_REFUSED, next);
	if (outcome->result < 0)
		return flip_broke(flip, outcome->result);
	if (outcome->result != flip->answer_size)
		return dfut_fail(flip->job->failure, DFUT_ERROR_PROTOCOL, "%s: the device gave %d of %u bytes",
				 get_place(flip, where), outcome->result, flip->answer_size);
	return be_ready(flip);
}

/* Why it was stalled. */
static int judge_refusal(struct flip *flip, const struct dfut_outcome *outcome)
{
	if (outcome->result < 0 && outcome->result != DFUT_ERROR_DEVICE)
		return flip_broke(flip, outcome->result);
	if (outcome->result < 0 || !parse(flip, outcome) || flip->status.status == DFU_STATUS_OK)
		return flip_broke(flip, DFUT_ERROR_DEVICE);
	return reported(flip);
}

int flip_carry_on(struct flip *flip, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	switch (flip->step) {
	case FLIP_OPEN:
		flip->step = FLIP_OPENED;
		return dfut_next_open(next, flip->job->interface);
	case FLIP_OPENED:
		if (outcome->result < 0)
			return dfut_fail(flip->job->failure, outcome->result, "interface %u can't be opened: %s",
					 flip->job->interface, dfut_error_get_text(outcome->result));
		flip->since_ms = outcome->elapsed_ms;
		return flip->own->answers->is_ready ? be_ready(flip) : flip_recover(flip, next);
	case FLIP_ASKED:
		return judge_state(flip, outcome, next);
	case FLIP_RECOVERED:
		/* Whether it worked is what GETSTATUS says. */
		if (outcome->result < 0 && outcome->result != DFUT_ERROR_DEVICE)
			return flip_broke(flip, outcome->result);
		return ask(flip, FLIP_ASKED, next);
	case FLIP_PAUSED:
		return ask(flip, FLIP_ASKED, next);
	case FLIP_SENT:
		return sent(flip, outcome, next);
	case FLIP_WAITED:
		return ask(flip, FLIP_JUDGE, next);
	case FLIP_JUDGE:
		return judge(flip, outcome, next);
	case FLIP_CLEARED:
		if (outcome->result < 0 && outcome->result != DFUT_ERROR_DEVICE)
			return flip_broke(flip, outcome->result);
		flip->step = FLIP_WAITED;
		return dfut_next_wait(next, ERASE_POLL_MS);
	case FLIP_GOT:
		return got(flip, outcome, next);
	case FLIP_REFUSED:
		return judge_refusal(flip, outcome);
	case FLIP_READY:
		break;
	}
	return 1;
}

/* Places. */

void flip_forget_selection(struct flip *flip)
{
	flip->unit = -1;
	flip->page = -1;
}

/* What is selected may stem from whoever was here before: FLIP 2's is said in each run. */
int flip_select(struct flip *flip, enum flip_unit unit, uint32_t address, struct dfut_next *next)
{
	int page = (int)(address / FLIP_PAGE_SIZE);

	if (flip->is_two && flip->unit != (int)unit) {
		flip->unit = (int)unit;
		flip->page = -1;
		flip_put_select_unit(&flip->message, unit);
		return flip_send(flip, "selecting the memory", 0, next);
	}
	if (flip->page == page || (!flip->is_two && !flip->own->has_pages))
		return 1;
	flip->page = page;
	flip_put_select_page(&flip->message, flip->is_two, (uint16_t)page);
	return flip_send_at(flip, "selecting 64 KiB", (uint32_t)page * FLIP_PAGE_SIZE, 0, next);
}

bool flip_get_piece(struct flip *flip, struct flip_range *piece)
{
	const struct flip_range *range = flip->own->ranges + flip->range;
	uint32_t room, most;

	if (flip->range == flip->own->range_count)
		return false;
	piece->address = range->address + flip->offset;
	piece->data = range->data ? range->data + flip->offset : NULL;
	piece->size = range->size - flip->offset;
	room = FLIP_PAGE_SIZE - piece->address % FLIP_PAGE_SIZE;
	piece->size = piece->size < room ? piece->size : room;
	/* Pieces that follow begin at a word. */
	most = FLIP_PIECE_SIZE - piece->address % 2;
	piece->size = piece->size < most ? piece->size : most;
	return true;
}

void flip_piece_is_done(struct flip *flip, uint32_t size)
{
	flip->offset += size;
	flip->done += size;
	if (flip->offset < flip->own->ranges[flip->range].size)
		return;
	flip->range++;
	flip->offset = 0;
}
