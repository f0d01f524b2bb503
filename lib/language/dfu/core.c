/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What the machines of the DFU family share (DFU 1.1, chapters 3 and 6, appendix A). */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "language/dfu/core.h"
#include "base/strings.h"

/* STM32C5's ROM hangs on this request: asked only when nothing else tells the transfer size. */
#define DESCRIPTOR_TIMEOUT_MS 300
/* The longest times that one block, and the manifestation, may keep the device busy, unless somebody knows better. */
#define BUSY_LIMIT_MS 120000
#define MANIFEST_LIMIT_MS 600000
/* Answers "busy, ask at once" in a row before we slow down. */
#define EAGER_POLLS 4
#define EAGER_POLL_MS 2
/* ... and before that is no hurry any more. */
#define PATIENT_POLLS 500
#define PATIENT_POLL_MS 100
/* Requests to get from whatever state the device was left in to dfuIDLE. */
#define RECOVERY_LIMIT 6
#define PLACE_SIZE 96
/* Its own words for an error are not worth a longer wait. */
#define STRING_TIMEOUT_MS 1000

uint32_t dfu_get_manifest_limit_ms(uint32_t known_ms, uint32_t patience_ms)
{
	uint32_t limit_ms = known_ms ? known_ms : MANIFEST_LIMIT_MS;

	return patience_ms > limit_ms ? patience_ms : limit_ms;
}

/* The least is what one packet has (DFU 1.1, 6.1). */
static uint16_t get_transfer_size(const struct dfut_job *job, uint16_t announced)
{
	if (!job->transfer_size)
		return dfut_dfu_get_block_size(announced);
	return job->transfer_size > job->max_packet_size ? job->transfer_size : job->max_packet_size;
}

void dfu_core_begin(struct dfu_core *core, const struct dfut_job *job,
		    void (*place)(const void *state, char *text, size_t size))
{
	core->job = job;
	core->place = place;
	core->descriptor = job->dfu;
	core->transfer_size = get_transfer_size(job, job->dfu.transfer_size);
	core->busy_limit_ms = job->patience_ms > BUSY_LIMIT_MS ? job->patience_ms : BUSY_LIMIT_MS;
	core->manifest_limit_ms = dfu_get_manifest_limit_ms(job->manifest_ms, job->patience_ms);
}

int dfu_core_out(const struct dfu_core *core, struct dfut_next *next, enum dfu_request request, uint16_t value,
		 const uint8_t *data, uint16_t size, uint32_t timeout_ms)
{
	return dfut_next_control(next, core->job->interface, 0x21, (uint8_t)request, value, core->job->interface, data,
				 size, timeout_ms);
}

int dfu_core_in(const struct dfu_core *core, struct dfut_next *next, enum dfu_request request, uint16_t value,
		uint16_t size, uint32_t timeout_ms)
{
	return dfut_next_control(next, core->job->interface, 0xa1, (uint8_t)request, value, core->job->interface, NULL,
				 size, timeout_ms);
}

int dfu_core_getstatus(const struct dfu_core *core, struct dfut_next *next)
{
	/* Exactly 6: Zephyr answers nothing to any other length. */
	return dfu_core_in(core, next, DFU_GETSTATUS, 0, DFU_STATUS_SIZE, DFU_WORK_TIMEOUT_MS);
}

bool dfu_core_is_tolerant(const struct dfu_core *core)
{
	return core->descriptor.attributes & DFUT_DFU_MANIFESTATION_TOLERANT;
}

bool dfu_core_will_detach(const struct dfu_core *core)
{
	return core->descriptor.version >= 0x0110 && core->descriptor.attributes & DFUT_DFU_WILL_DETACH;
}

static const char *get_place(const struct dfu_core *core, char *text)
{
	if (core->ready != DFU_READY_DONE || !core->place)
		snprintf(text, PLACE_SIZE, "before the transfer");
	else
		core->place(core, text, PLACE_SIZE);
	return text;
}

int dfu_core_broke(const struct dfu_core *core, int code, const char *what)
{
	char where[PLACE_SIZE];
	int result;

	get_place(core, where);
	if (code == DFUT_ERROR_DEVICE)
		return dfut_fail(core->job->failure, code, "%s: the device refuses %s (stall)", where, what);
	result = dfut_fail(core->job->failure, code, "%s: %s: %s", where, what, dfut_error_get_text(code));
	if (code == DFUT_ERROR_GONE)
		dfut_hint(core->job->failure,
			  "plug the device in again and repeat: the update starts from its bootloader");
	return result;
}

int dfu_core_nonsense(const struct dfu_core *core, const struct dfut_outcome *outcome)
{
	char where[PLACE_SIZE];

	get_place(core, where);
	if (outcome->result != DFU_STATUS_SIZE)
		return dfut_fail(core->job->failure, DFUT_ERROR_PROTOCOL,
				 "%s: the device answers GETSTATUS with %d bytes instead of 6", where, outcome->result);
	return dfut_fail(core->job->failure, DFUT_ERROR_PROTOCOL,
			 "%s: the device answers GETSTATUS with status 0x%02x, state 0x%02x, which do not exist", where,
			 outcome->data[0], outcome->data[4]);
}

static int ask_for_string(const struct dfu_core *core, struct dfut_next *next, uint8_t index, uint16_t language)
{
	return dfut_next_control(next, core->job->interface, 0x80, 6, (uint16_t)(DFUT_STRING_DESCRIPTOR << 8 | index),
				 language, NULL, DFUT_STRING_LIMIT, STRING_TIMEOUT_MS);
}

int dfu_core_reported(struct dfu_core *core, const struct dfu_status *status, struct dfut_next *next)
{
	char where[PLACE_SIZE];
	int code = dfut_fail(core->job->failure, DFUT_ERROR_DEVICE, "%s: device reports %s (%s), state %s",
			     get_place(core, where), dfu_status_get_name(status->status),
			     dfu_status_get_text(status->status), dfu_state_get_name(status->state));

	if (!status->string)
		return code;
	core->string = status->string;
	core->ready = DFU_READY_LANGUAGE;
	return ask_for_string(core, next, 0, 0);
}

static int take_language(struct dfu_core *core, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	size_t size = outcome->result > 0 ? (size_t)outcome->result : 0;

	core->ready = DFU_READY_STRING;
	return ask_for_string(core, next, core->string, dfut_string_get_language(outcome->data, size));
}

/* Without them, too, it has failed. */
static int take_string(struct dfu_core *core, const struct dfut_outcome *outcome)
{
	struct dfut_failure *failure = core->job->failure;
	size_t used = strlen(failure->text);
	char words[3 * DFUT_STRING_LIMIT / 2 + 4] = "";

	core->ready = DFU_READY_DONE;
	if (outcome->result > 0)
		dfut_string_decode(words, sizeof(words), outcome->data, (size_t)outcome->result);
	if (*words)
		snprintf(failure->text + used, sizeof(failure->text) - used, ", and says \"%s\"", words);
	return failure->code;
}

int dfu_core_recover(struct dfu_core *core, struct dfut_next *next)
{
	core->ready = DFU_READY_JUDGE;
	core->retries = 0;
	core->recoveries = 0;
	return dfu_core_getstatus(core, next);
}

int dfu_core_unexpected(const struct dfu_core *core, const struct dfu_status *status)
{
	char where[PLACE_SIZE];

	return dfut_fail(core->job->failure, DFUT_ERROR_PROTOCOL, "%s: device is in state %s, which can't follow here",
			 get_place(core, where), dfu_state_get_name(status->state));
}

void dfu_core_busy_begins(struct dfu_core *core, const struct dfut_outcome *outcome)
{
	core->busy_since_ms = outcome ? outcome->elapsed_ms : 0;
	core->zero_polls = 0;
	core->retries = 0;
	core->was_busy = false;
}

static uint64_t get_limit_ms(const struct dfu_core *core, const struct dfu_status *status)
{
	bool is_manifesting = status->state == DFU_STATE_MANIFEST_SYNC || status->state == DFU_STATE_MANIFEST;

	return is_manifesting ? core->manifest_limit_ms : core->busy_limit_ms;
}

static int asks_too_much(const struct dfu_core *core, const struct dfu_status *status, uint64_t spent_ms,
			 uint32_t poll_ms)
{
	char where[PLACE_SIZE];

	dfut_fail(core->job->failure, DFUT_ERROR_TIMEOUT,
		  "%s: device is still in %s after %" PRIu64 " ms and asks for %" PRIu32 " ms more",
		  get_place(core, where), dfu_state_get_name(status->state), spent_ms, poll_ms);
	dfut_hint(core->job->failure,
		  "if it does take that long, give it the time (--timeout %" PRIu64
		  "); if what it says is never true, load an entry for it with the quirk \"poll-5-ms\" (--devices)",
		  (spent_ms + poll_ms + 999) / 1000);
	return DFUT_ERROR_TIMEOUT;
}

int dfu_core_wait_poll(struct dfu_core *core, const struct dfu_status *status, const struct dfut_outcome *outcome,
		       struct dfut_next *next)
{
	uint32_t poll_ms = core->job->quirks & DFU_QUIRK_POLL_5_MS ? 5 : status->poll_timeout_ms;
	uint64_t spent_ms = outcome->elapsed_ms - core->busy_since_ms;

	core->was_busy = true;
	if (spent_ms + poll_ms > get_limit_ms(core, status))
		return asks_too_much(core, status, spent_ms, poll_ms);
	if (poll_ms == 0 && core->zero_polls++ >= EAGER_POLLS)
		poll_ms = core->zero_polls > PATIENT_POLLS ? PATIENT_POLL_MS : EAGER_POLL_MS;
	return dfut_next_wait(next, poll_ms);
}

static int send_detach(struct dfu_core *core, struct dfut_next *next)
{
	core->ready = DFU_READY_RESTART;
	return dfu_core_out(core, next, DFU_DETACH, DFU_DETACH_MS, NULL, 0, DFU_SHORT_TIMEOUT_MS);
}

/* From any state to dfuIDLE (DFU 1.1, A.1; CLRSTATUS and ABORT only where they are legal: both break a stack elsewhere). */
static int judge_first(struct dfu_core *core, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct dfu_status status;

	if (outcome->result == DFUT_ERROR_DEVICE && core->retries++ < DFU_STATUS_RETRIES) {
		core->ready = DFU_READY_ASK;
		return dfut_next_wait(next, DFU_STATUS_RETRY_MS);
	}
	/* It was in the middle of an interrupted manifestation, and restarts now that it was asked. */
	if (outcome->result == DFUT_ERROR_GONE && core->was_busy)
		return dfut_next_done(next, DFUT_END_RESTARTED);
	if (outcome->result < 0)
		return dfu_core_broke(core, outcome->result, "GETSTATUS");
	if (!dfu_status_parse(&status, outcome->data, (size_t)outcome->result))
		return dfu_core_nonsense(core, outcome);

	switch (status.state) {
	case DFU_STATE_IDLE:
		if (status.status == DFU_STATUS_OK) {
			core->ready = DFU_READY_DONE;
			return 1;
		}
		break;
	case DFU_STATE_DNLOAD_IDLE:
		if (core->takes_download_idle && status.status == DFU_STATUS_OK) {
			core->ready = DFU_READY_DONE;
			return 1;
		}
		break;
	case DFU_STATE_UPLOAD_IDLE:
	case DFU_STATE_ERROR:
		break;
	case DFU_STATE_DNLOAD_SYNC:
	case DFU_STATE_DNBUSY:
	case DFU_STATE_MANIFEST_SYNC:
	case DFU_STATE_MANIFEST:
		if (core->leaves_by_reset && outcome->elapsed_ms > status.poll_timeout_ms + DFU_SHORT_TIMEOUT_MS) {
			core->ready = DFU_READY_RESTARTED;
			return dfut_next_reset(next, core->job->interface);
		}
		core->ready = DFU_READY_ASK;
		return dfu_core_wait_poll(core, &status, outcome, next);
	case DFU_STATE_MANIFEST_WAIT_RESET:
		core->ready = DFU_READY_RESTARTED;
		return dfut_next_reset(next, core->job->interface);
	case DFU_STATE_APP_IDLE:
	case DFU_STATE_APP_DETACH:
		/* DFU 1.0's run-time, which looks like its DFU mode, or Zephyr's legacy stack after DETACH in DFU mode. */
		core->ready = DFU_READY_TURN;
		return dfu_core_will_detach(core) ? send_detach(core, next) : dfut_next_turn(next);
	}
	if (core->recoveries++ >= RECOVERY_LIMIT)
		return dfut_fail(core->job->failure, DFUT_ERROR_PROTOCOL,
				 "device stays in state %s with status %s, and can't be brought to dfuIDLE",
				 dfu_state_get_name(status.state), dfu_status_get_name(status.status));
	core->ready = DFU_READY_RECOVERED;
	if (status.state == DFU_STATE_DNLOAD_IDLE || status.state == DFU_STATE_UPLOAD_IDLE)
		return dfu_core_out(core, next, DFU_ABORT, 0, NULL, 0, DFU_SHORT_TIMEOUT_MS);
	return dfu_core_out(core, next, DFU_CLRSTATUS, 0, NULL, 0, DFU_SHORT_TIMEOUT_MS);
}

static void take_descriptor(struct dfu_core *core, const struct dfut_outcome *outcome)
{
	struct dfut_dfu_descriptor descriptor;

	if (outcome->result > 0 && dfu_descriptor_parse(&descriptor, outcome->data, (size_t)outcome->result)) {
		core->descriptor = descriptor;
		core->transfer_size = get_transfer_size(core->job, descriptor.transfer_size);
	}
}

int dfu_core_get_ready(struct dfu_core *core, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	switch (core->ready) {
	case DFU_READY_OPEN:
		core->ready = DFU_READY_ALTERNATE;
		return dfut_next_open(next, core->job->interface);
	case DFU_READY_ALTERNATE:
		if (outcome->result < 0)
			return dfut_fail(core->job->failure, outcome->result, "interface %u can't be opened: %s",
					 core->job->interface, dfut_error_get_text(outcome->result));
		core->ready = DFU_READY_DESCRIPTOR;
		if (!core->job->has_alternates)
			return dfu_core_get_ready(core, outcome, next);
		return dfut_next_alternate(next, core->job->interface, core->job->alternate, DFU_SHORT_TIMEOUT_MS);
	case DFU_READY_DESCRIPTOR:
		if (outcome->result < 0)
			return dfut_fail(core->job->failure, outcome->result,
					 "alternate setting %u can't be selected: %s", core->job->alternate,
					 dfut_error_get_text(outcome->result));
		core->ready = DFU_READY_ASK;
		if (core->job->has_descriptor || core->job->quirks & DFU_QUIRK_NO_DESCRIPTOR_REQUEST)
			return dfu_core_get_ready(core, outcome, next);
		return dfut_next_control(next, core->job->interface, 0x80, 6, DFU_FUNCTIONAL_DESCRIPTOR << 8, 0, NULL,
					 9, DESCRIPTOR_TIMEOUT_MS);
	case DFU_READY_ASK:
		if (!core->job->has_descriptor && !(core->job->quirks & DFU_QUIRK_NO_DESCRIPTOR_REQUEST))
			take_descriptor(core, outcome);
		core->ready = DFU_READY_JUDGE;
		return dfu_core_getstatus(core, next);
	case DFU_READY_JUDGE:
		return judge_first(core, outcome, next);
	case DFU_READY_RECOVERED:
		/* Whether it worked is what GETSTATUS says; only a dead device ends here. */
		if (outcome->result < 0 && outcome->result != DFUT_ERROR_DEVICE)
			return dfu_core_broke(core, outcome->result, "ABORT or CLRSTATUS");
		core->ready = DFU_READY_JUDGE;
		return dfu_core_getstatus(core, next);
	case DFU_READY_TURN:
		return send_detach(core, next);
	case DFU_READY_RESTART:
		core->ready = DFU_READY_RESTARTED;
		if (!dfu_core_will_detach(core))
			return dfut_next_reset(next, core->job->interface);
		return dfut_next_done(next, DFUT_END_RESTARTED);
	case DFU_READY_RESTARTED:
		return dfut_next_done(next, DFUT_END_RESTARTED);
	case DFU_READY_LANGUAGE:
		return take_language(core, outcome, next);
	case DFU_READY_STRING:
		return take_string(core, outcome);
	case DFU_READY_DONE:
		break;
	}
	return 1;
}
