/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A recording in words: what was there, what was meant, what was asked, and what went wrong. What follows each other and went well
 * becomes one line. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/tape.h"
#include "core/context.h"

#define LINE_SIZE 1200
#define WHAT_SIZE 400
#define IN 0x80
#define DFU_OUT 0x21
#define DFU_IN 0xa1
#define DNLOAD 1
#define UPLOAD 2
#define GETSTATUS 3
#define GETSTATE 5
#define STATUS_SIZE 6
#define DFU_FUNCTIONAL 0x21
/* DfuSe (UM0424, 5): bcdDFUVersion, where its blocks begin, and commands, which are block 0 */
#define DFUSE_VERSION 0x011a
#define DFUSE_FIRST_BLOCK 2
#define SET_ADDRESS 0x21
#define ERASE 0x41
#define READ_UNPROTECT 0x92

/* DFU 1.1, 3 and 6.1.2 */
static const char *const dfu_requests[] = {
	"DETACH", "DNLOAD", "UPLOAD", "GETSTATUS", "CLRSTATUS", "GETSTATE", "ABORT"
};
static const char *const dfu_states[] = { "appIDLE",	      "appDETACH",   "dfuIDLE",
					  "dfuDNLOAD-SYNC",   "dfuDNBUSY",   "dfuDNLOAD-IDLE",
					  "dfuMANIFEST-SYNC", "dfuMANIFEST", "dfuMANIFEST-WAIT-RESET",
					  "dfuUPLOAD-IDLE",   "dfuERROR" };

/* What follows each other and went well. */
struct tally {
	uint64_t begun_us;
	uint64_t ended_us;
	size_t actions;
	size_t blocks;
	uint16_t first_block, last_block;
	size_t pages; /* erased, from the first address to the last */
	uint32_t first_page, last_page;
	size_t polls;
	size_t out;
	size_t in;
};

struct explanation {
	const struct dfut_tape *tape;
	dfut_explain_handler handler;
	void *data;
	struct tally tally;
	uint32_t address; /* that was set last */
};

static void tell(const struct explanation *explanation, uint64_t at_us, const char *what)
{
	char line[LINE_SIZE + 64];

	snprintf(line, sizeof(line), "%4" PRIu64 ".%03" PRIu64 " s  %s", at_us / 1000000, at_us / 1000 % 1000, what);
	dfut_clean_text(line);
	explanation->handler(line, explanation->data);
}

/* Tallies. */

static void end_tally(struct explanation *explanation)
{
	const struct tally *tally = &explanation->tally;
	char what[WHAT_SIZE], blocks[64] = "", pages[96] = "", polls[64] = "";

	if (tally->blocks)
		snprintf(blocks, sizeof(blocks), ", blocks %u to %u", tally->first_block, tally->last_block);
	if (tally->pages)
		snprintf(pages, sizeof(pages), ", %zu page%s erased, 0x%08" PRIx32 " to 0x%08" PRIx32, tally->pages,
			 tally->pages == 1 ? "" : "s", tally->first_page, tally->last_page);
	if (tally->polls)
		snprintf(polls, sizeof(polls), ", status asked for %zu time%s", tally->polls,
			 tally->polls == 1 ? "" : "s");
	snprintf(what, sizeof(what), "    %zu %s, %zu bytes out, %zu in%s%s%s, in %" PRIu64 " ms", tally->actions,
		 tally->actions == 1 ? "action" : "actions", tally->out, tally->in, pages, blocks, polls,
		 (tally->ended_us - tally->begun_us) / 1000);
	if (tally->actions)
		tell(explanation, tally->begun_us, what);
	explanation->tally = (struct tally){ 0 };
}

static void count(struct explanation *explanation, const struct dfut_tape_event *event)
{
	struct tally *tally = &explanation->tally;
	size_t size = dfut_tape_get_size(&event->data);

	if (!tally->actions++)
		tally->begun_us = event->at_us;
	tally->ended_us = event->at_us + event->took_us > tally->ended_us ? event->at_us + event->took_us :
									    tally->ended_us;
	tally->out += event->is_in ? 0 : size;
	tally->in += event->is_in ? size : 0;
}

/* DFU. */

struct dfu {
	uint16_t version; /* 0: it is not told */
	uint16_t block_size;
};

static bool take_dfu(const struct dfut_tape_data *descriptors, uint8_t number, struct dfu *dfu)
{
	const uint8_t *at = descriptors->bytes;
	const uint8_t *end = at + descriptors->size;
	bool is_found = false;

	for (; end - at >= 9 && at[0] >= 2 && end - at >= at[0]; at += at[0]) {
		if (at[0] >= 9 && at[1] == 4 && at[2] == number && at[5] == 0xfe && at[6] == 1) {
			is_found = true;
		} else if (is_found && at[0] >= 9 && at[1] == DFU_FUNCTIONAL) {
			*dfu = (struct dfu){ dfut_le16(at + 7), dfut_le16(at + 5) };
			return true;
		}
	}
	return is_found;
}

/* False: it is no request of DFU. */
static bool find_dfu(const struct explanation *explanation, const struct dfut_tape_event *event, struct dfu *dfu)
{
	const struct dfut_tape_event *device = NULL;

	if (event->kind != DFUT_TAPE_CONTROL || (event->setup[0] != DFU_OUT && event->setup[0] != DFU_IN) ||
	    event->setup[1] >= DFUT_COUNT(dfu_requests))
		return false;
	for (const struct dfut_tape_event *at = event; !device && at > explanation->tape->events; at--)
		if (at[-1].device == event->device &&
		    (at[-1].kind == DFUT_TAPE_ARRIVES || at[-1].kind == DFUT_TAPE_CHANGES))
			device = &at[-1];
	return device && take_dfu(&device->data, event->setup[4], dfu);
}

/* A command of DfuSe; false if it is one of many that go well. */
static bool describe_command(struct explanation *explanation, const struct dfut_tape_event *event, char what[WHAT_SIZE])
{
	const uint8_t *bytes = event->data.bytes;
	bool has_address = event->data.size >= 5;
	uint32_t address = has_address ? dfut_le32(bytes + 1) : 0;
	struct tally *tally = &explanation->tally;

	switch (event->data.size ? bytes[0] : 0) {
	case SET_ADDRESS:
		snprintf(what, WHAT_SIZE, "set the address 0x%08" PRIx32, address);
		explanation->address = address;
		return event->result <= 0 || !has_address;
	case ERASE:
		if (!has_address) {
			snprintf(what, WHAT_SIZE, "erase all");
			return true;
		}
		snprintf(what, WHAT_SIZE, "erase the page at 0x%08" PRIx32, address);
		if (event->result <= 0)
			return true;
		tally->first_page = tally->pages++ ? tally->first_page : address;
		tally->last_page = address;
		return false;
	case READ_UNPROTECT:
		snprintf(what, WHAT_SIZE, "take away the read protection, which erases all");
		return true;
	default:
		snprintf(what, WHAT_SIZE, "a command of DfuSe that is not known");
		return true;
	}
}

/* Block 2 is what is at the address that was set last. */
static void describe_block(const struct explanation *explanation, const struct dfut_tape_event *event,
			   const struct dfu *dfu, char what[WHAT_SIZE])
{
	uint32_t block = dfut_le16(event->setup + 2);
	char at[32] = "";

	if (dfu->version == DFUSE_VERSION && block >= DFUSE_FIRST_BLOCK)
		snprintf(at, sizeof(at), " at 0x%08" PRIx32,
			 explanation->address + (block - DFUSE_FIRST_BLOCK) * dfu->block_size);
	snprintf(what, WHAT_SIZE, "%s block %" PRIu32 "%s, %u bytes", dfu_requests[event->setup[1]], block, at,
		 dfut_le16(event->setup + 6));
}

/* False if it went well, as many do. */
static bool explain_block(struct explanation *explanation, const struct dfut_tape_event *event, const struct dfu *dfu,
			  char what[WHAT_SIZE])
{
	uint16_t block = dfut_le16(event->setup + 2);
	struct tally *tally = &explanation->tally;

	if (dfu->version == DFUSE_VERSION && event->setup[1] == DNLOAD && block == 0 && !event->data.hidden &&
	    event->data.size)
		return describe_command(explanation, event, what);
	describe_block(explanation, event, dfu, what);
	if (event->result <= 0)
		return true;
	tally->first_block = tally->blocks++ ? tally->first_block : block;
	tally->last_block = block;
	return false;
}

static const char *get_state(uint8_t state)
{
	return state < DFUT_COUNT(dfu_states) ? dfu_states[state] : "a state that there is not";
}

/* What was asked, and what the answer says; false if it is one of many that go well. */
static bool describe_dfu(struct explanation *explanation, const struct dfut_tape_event *event, const struct dfu *dfu,
			 char what[WHAT_SIZE])
{
	const uint8_t *answer = event->data.bytes;
	struct tally *tally = &explanation->tally;

	snprintf(what, WHAT_SIZE, "%s", dfu_requests[event->setup[1]]);
	switch (event->setup[1]) {
	case DNLOAD:
	case UPLOAD:
		return explain_block(explanation, event, dfu, what);
	case GETSTATUS:
		if (event->data.size < STATUS_SIZE)
			return true;
		snprintf(what, WHAT_SIZE, "GETSTATUS: status %u, %s, %u ms", answer[0], get_state(answer[4]),
			 answer[1] | answer[2] << 8 | answer[3] << 16);
		tally->polls++;
		return answer[0] != 0;
	case GETSTATE:
		if (event->data.size)
			snprintf(what, WHAT_SIZE, "GETSTATE: %s", get_state(answer[0]));
		return true;
	default:
		return true;
	}
}

/* Actions. */

static void describe(const struct dfut_tape_event *event, char what[WHAT_SIZE])
{
	const uint8_t *setup = event->setup;

	if (event->kind == DFUT_TAPE_CONTROL)
		snprintf(what, WHAT_SIZE, "control %02x %02x, value %04x, index %04x, length %u", setup[0], setup[1],
			 dfut_le16(setup + 2), dfut_le16(setup + 4), dfut_le16(setup + 6));
	else if (event->kind == DFUT_TAPE_LINE_CODING)
		snprintf(what, WHAT_SIZE, "speed %" PRIu32, event->coding.baud);
	else if (event->kind == DFUT_TAPE_ALTERNATE || event->kind == DFUT_TAPE_CONFIGURE)
		snprintf(what, WHAT_SIZE, "%s %u", dfut_tape_get_name(event->kind), event->value);
	else if (event->kind == DFUT_TAPE_READ || event->kind == DFUT_TAPE_WRITE || event->kind == DFUT_TAPE_REPORT)
		snprintf(what, WHAT_SIZE, "%s, %zu bytes", dfut_tape_get_name(event->kind),
			 dfut_tape_get_size(&event->data));
	else
		snprintf(what, WHAT_SIZE, "%s", dfut_tape_get_name(event->kind));
}

static const char *get_end(int result)
{
	if (result >= 0)
		return "";
	if (result == DFUT_TAPE_NONE)
		return ": no answer, given up";
	return result == DFUT_ERROR_DEVICE ? ": refused (stall)" : ": ";
}

static void explain_action(struct explanation *explanation, const struct dfut_tape_event *event)
{
	bool is_own = event->kind == DFUT_TAPE_RESET || event->kind == DFUT_TAPE_OPEN ||
		      event->kind == DFUT_TAPE_LINE_CODING;
	bool has_failed = event->result < 0;
	char what[WHAT_SIZE], line[WHAT_SIZE + 64];
	const char *end = get_end(event->result);
	struct dfu dfu = { 0 };

	if (find_dfu(explanation, event, &dfu))
		is_own = describe_dfu(explanation, event, &dfu, what);
	else
		describe(event, what);
	/* Nothing had come yet. */
	if (event->kind == DFUT_TAPE_READ && (event->result == DFUT_ERROR_TIMEOUT || event->result == DFUT_TAPE_NONE))
		has_failed = false;
	if (!is_own && !has_failed) {
		count(explanation, event);
		return;
	}
	end_tally(explanation);
	snprintf(line, sizeof(line), "    %s%s%s", what, end,
		 strcmp(end, ": ") == 0 ? dfut_error_get_text(event->result) : "");
	tell(explanation, event->at_us, line);
}

/* The rest. */

static void explain_device(const struct explanation *explanation, const struct dfut_tape_event *event)
{
	const struct dfut_json *strings = dfut_json_get(event->json.values, "strings");
	const uint8_t *bytes = event->data.bytes;
	const char *product;
	char what[WHAT_SIZE], key[8] = "";

	if (event->data.size < 18)
		return;
	snprintf(key, sizeof(key), "%u", bytes[15]);
	product = dfut_json_get_text(dfut_json_get(strings, key));
	snprintf(what, sizeof(what), "device %" PRIu32 " at %s %s: %04x:%04x \"%.100s\"", event->device,
		 dfut_tape_get_text(event, "path"), dfut_tape_get_name(event->kind), dfut_le16(bytes + 8),
		 dfut_le16(bytes + 10), product ? product : "");
	tell(explanation, event->at_us, what);
}

static void explain_plan(const struct explanation *explanation, const struct dfut_tape_event *event)
{
	const struct dfut_json *step = dfut_json_get_first(dfut_json_get(event->json.values, "steps"));
	char what[WHAT_SIZE];

	for (; step; step = step->next) {
		snprintf(what, sizeof(what), "plan: %s", step->text ? step->text : "?");
		tell(explanation, event->at_us, what);
	}
}

static void explain_result(const struct explanation *explanation, const struct dfut_tape_event *event)
{
	const char *hint = dfut_tape_get_text(event, "hint");
	char what[LINE_SIZE];

	snprintf(what, sizeof(what), "the end: %s: %s%s%s", dfut_tape_get_text(event, "code"),
		 dfut_tape_get_text(event, "text"), *hint ? "; hint: " : "", hint);
	tell(explanation, event->at_us, what);
}

/* The log tells of a new state, too. */
static bool is_told_again(const struct explanation *explanation, const struct dfut_tape_event *log)
{
	const struct dfut_tape_event *event = log + 1;
	const struct dfut_tape_event *end = explanation->tape->events + explanation->tape->count;
	char what[LINE_SIZE];

	if (event < end && event->kind == DFUT_TAPE_PLAN)
		event++;
	if (event >= end || event->kind != DFUT_TAPE_STATE)
		return false;
	snprintf(what, sizeof(what), "%s: %s", dfut_tape_get_text(event, "path"), dfut_tape_get_text(event, "state"));
	return strcmp(what, dfut_tape_get_text(log, "text")) == 0;
}

static void explain_event(struct explanation *explanation, const struct dfut_tape_event *event)
{
	char what[LINE_SIZE];

	if (dfut_tape_is_action(event)) {
		explain_action(explanation, event);
		return;
	}
	end_tally(explanation);
	switch (event->kind) {
	case DFUT_TAPE_ARRIVES:
	case DFUT_TAPE_CHANGES:
		explain_device(explanation, event);
		return;
	case DFUT_TAPE_LEAVES:
		snprintf(what, sizeof(what), "device %" PRIu32 " leaves", event->device);
		break;
	case DFUT_TAPE_PLAN:
		explain_plan(explanation, event);
		return;
	case DFUT_TAPE_STATE:
		snprintf(what, sizeof(what), "%s: %s", dfut_tape_get_text(event, "path"),
			 dfut_tape_get_text(event, "state"));
		break;
	case DFUT_TAPE_RESULT:
		explain_result(explanation, event);
		return;
	case DFUT_TAPE_END:
		snprintf(what, sizeof(what), "the recording ends");
		break;
	case DFUT_TAPE_OPEN:
	case DFUT_TAPE_CLOSE:
	case DFUT_TAPE_RELEASE:
	case DFUT_TAPE_RESET:
	case DFUT_TAPE_CONFIGURE:
	case DFUT_TAPE_ALTERNATE:
	case DFUT_TAPE_DRIVER:
	case DFUT_TAPE_CONTROL:
	case DFUT_TAPE_CLEAR_HALT:
	case DFUT_TAPE_REPORT:
	case DFUT_TAPE_LINE_CODING:
	case DFUT_TAPE_LINES:
	case DFUT_TAPE_READ:
	case DFUT_TAPE_WRITE:
	case DFUT_TAPE_LOG:
		if (is_told_again(explanation, event))
			return;
		snprintf(what, sizeof(what), "%s: %s", dfut_tape_get_text(event, "level"),
			 dfut_tape_get_text(event, "text"));
		break;
	}
	tell(explanation, event->at_us, what);
}

static int fail(struct dfut_failure *failure, const struct dfut_tape *tape, const char *path, int code)
{
	if (code == DFUT_ERROR_USAGE)
		return dfut_fail(failure, code, "%s: line %d: %s", path, tape->line, tape->mistake);
	if (code == DFUT_ERROR_IO)
		return dfut_fail(failure, code, "%s: %s", path, strerror(errno));
	return dfut_fail_memory(failure);
}

DFUT_API int dfut_context_explain(struct dfut_context *context, const char *path, dfut_explain_handler handler,
				  void *user_data)
{
	struct dfut_tape tape;
	struct explanation explanation = { .tape = &tape, .handler = handler, .data = user_data };
	int result;

	if (!path || !handler)
		return dfut_fail(&context->failure, DFUT_ERROR_USAGE,
				 "what is to be explained needs a path and a handler");
	result = dfut_tape_read(&tape, path);
	if (result < 0)
		fail(&context->failure, &tape, path, result);
	for (size_t i = 0; i < tape.count && result == 0; i++)
		explain_event(&explanation, &tape.events[i]);
	if (result == 0)
		end_tally(&explanation);
	if (result == 0 && tape.is_cut && tape.count)
		tell(&explanation, tape.events[tape.count - 1].at_us, "the file ends in the middle of a line");
	dfut_tape_free(&tape);
	return result;
}
