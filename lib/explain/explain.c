/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A recording in words: what was there, what was meant, what was asked, and what went wrong. What a bootloader was asked, its
 * language knows; what follows each other and went well becomes one line. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "device/registry.h"
#include "explain/explain.h"
#include "explain/speaker.h"
#include "explain/tally.h"

/* The speed that makes many boards restart into their bootloader */
#define TOUCH_BAUD 1200

struct explanation {
	const struct dfut_tape *tape;
	const struct dfut_entry *table;
	struct dfut_speakers speakers;
	struct dfut_tally tally;
	bool lacks_memory;
};

/* Actions. */

static const char *get_lines_word(const struct dfut_tape_event *event)
{
	static const char *const words[][4] = {
		{ "lines as they are", "lines as they are", "lines as they are", "lines as they are" },
		{ "DTR off", "DTR on", "DTR off", "DTR on" },
		{ "RTS off", "RTS off", "RTS on", "RTS on" },
		{ "DTR and RTS off", "DTR on, RTS off", "DTR off, RTS on", "DTR and RTS on" },
	};

	return words[event->lines_which & 3][event->lines_on & 3];
}

static const char *get_word(const struct dfut_tape_event *event)
{
	/* clang-format off */
	static const char *const words[] = {
		[DFUT_TAPE_CLOSE] = NULL,
		[DFUT_TAPE_RELEASE] = NULL,
		[DFUT_TAPE_OPEN] = "open",
		[DFUT_TAPE_RESET] = "reset",
		[DFUT_TAPE_CONFIGURE] = "configuration",
		[DFUT_TAPE_ALTERNATE] = "alternate setting",
		[DFUT_TAPE_DRIVER] = "the system's driver",
		[DFUT_TAPE_CONTROL] = "a request",
		[DFUT_TAPE_CLEAR_HALT] = "clear a halt",
		[DFUT_TAPE_REPORT] = "a report",
		[DFUT_TAPE_LINE_CODING] = "speed",
		[DFUT_TAPE_READ] = "bytes come in",
		[DFUT_TAPE_WRITE] = "bytes go out",
	};
	/* clang-format on */
	bool is_empty = event->kind == DFUT_TAPE_READ && !dfut_tape_get_size(&event->data);

	return event->kind == DFUT_TAPE_LINES ? get_lines_word(event) : is_empty ? NULL : words[event->kind];
}

/* What it is, where no language says what it means. */
static void describe(const struct dfut_tape_event *event, struct dfut_meaning *meaning)
{
	const uint8_t *setup = event->setup;
	const char *word = get_word(event);

	*meaning = (struct dfut_meaning){ .what = word };
	if (event->kind == DFUT_TAPE_RESET || event->kind == DFUT_TAPE_OPEN)
		meaning->is_alone = true;
	else if (event->kind == DFUT_TAPE_CONTROL)
		snprintf(meaning->detail, sizeof(meaning->detail), " %02x %02x, value %04x, index %04x, length %u",
			 setup[0], setup[1], dfut_le16(setup + 2), dfut_le16(setup + 4), dfut_le16(setup + 6));
	else if (event->kind == DFUT_TAPE_LINE_CODING)
		dfut_mean_alone(meaning, DFUT_PHASE_ANY, word, " %" PRIu32 "%s", event->coding.baud,
				event->coding.baud == TOUCH_BAUD ?
					", at which many boards restart into their bootloader" :
					"");
	else if (event->kind == DFUT_TAPE_ALTERNATE || event->kind == DFUT_TAPE_CONFIGURE)
		dfut_mean_number(meaning, DFUT_PHASE_ANY, word, event->value);
}

static void explain_action(struct explanation *explanation, const struct dfut_tape_event *event)
{
	struct dfut_tape_event now = *event;
	struct dfut_meaning meaning;

	if (!dfut_speaker_explain(&explanation->speakers, event, &meaning))
		describe(event, &meaning);
	/* Nothing had come yet. */
	if (now.kind == DFUT_TAPE_READ && (now.result == DFUT_ERROR_TIMEOUT || now.result == DFUT_TAPE_NONE))
		now.result = 0;
	/* Somebody may have waited for it long before it was asked for. */
	if (now.kind == DFUT_TAPE_READ) {
		now.at_us += now.took_us;
		now.took_us = 0;
	}
	dfut_tally_take(&explanation->tally, &now, &meaning);
}

/* The rest. */

static void explain_device(struct explanation *explanation, const struct dfut_tape_event *event)
{
	const struct dfut_json *strings = dfut_json_get(event->json.values, "strings");
	const uint8_t *bytes = event->data.bytes;
	const char *product;
	char key[8] = "";

	if (event->data.size < 18)
		return;
	snprintf(key, sizeof(key), "%u", bytes[15]);
	product = dfut_json_get_text(dfut_json_get(strings, key));
	if (!dfut_speaker_meet(&explanation->speakers, explanation->table, event))
		explanation->lacks_memory = true;
	dfut_tally_tell(&explanation->tally, event->at_us, "device %" PRIu32 " at %s %s: %04x:%04x \"%.100s\"",
			event->device, dfut_tape_get_text(event, "path"), dfut_tape_get_name(event->kind),
			dfut_le16(bytes + 8), dfut_le16(bytes + 10), product ? product : "");
}

static void explain_plan(struct explanation *explanation, const struct dfut_tape_event *event)
{
	const struct dfut_json *step = dfut_json_get_first(dfut_json_get(event->json.values, "steps"));

	for (; step; step = step->next)
		dfut_tally_tell(&explanation->tally, event->at_us, "plan: %s", step->text ? step->text : "?");
}

static void explain_result(struct explanation *explanation, const struct dfut_tape_event *event)
{
	const char *hint = dfut_tape_get_text(event, "hint");

	dfut_tally_tell(&explanation->tally, event->at_us, "the end: %s: %s%s%s", dfut_tape_get_text(event, "code"),
			dfut_tape_get_text(event, "text"), *hint ? "; hint: " : "", hint);
}

/* The log tells of a new state, too. */
static bool is_told_again(const struct explanation *explanation, const struct dfut_tape_event *log)
{
	const struct dfut_tape_event *event = log + 1;
	const struct dfut_tape_event *end = explanation->tape->events + explanation->tape->count;
	char what[1200];

	if (event < end && event->kind == DFUT_TAPE_PLAN)
		event++;
	if (event >= end || event->kind != DFUT_TAPE_STATE)
		return false;
	snprintf(what, sizeof(what), "%s: %s", dfut_tape_get_text(event, "path"), dfut_tape_get_text(event, "state"));
	return strcmp(what, dfut_tape_get_text(log, "text")) == 0;
}

static void explain_event(struct explanation *explanation, const struct dfut_tape_event *event)
{
	struct dfut_tally *tally = &explanation->tally;

	switch (event->kind) {
	case DFUT_TAPE_ARRIVES:
	case DFUT_TAPE_CHANGES:
		explain_device(explanation, event);
		return;
	case DFUT_TAPE_LEAVES:
		dfut_tally_tell(tally, event->at_us, "device %" PRIu32 " leaves", event->device);
		return;
	case DFUT_TAPE_PLAN:
		explain_plan(explanation, event);
		return;
	case DFUT_TAPE_STATE:
		dfut_tally_tell(tally, event->at_us, "%s: %s", dfut_tape_get_text(event, "path"),
				dfut_tape_get_text(event, "state"));
		return;
	case DFUT_TAPE_RESULT:
		explain_result(explanation, event);
		return;
	case DFUT_TAPE_END:
		dfut_tally_tell(tally, event->at_us, "the recording ends");
		return;
	case DFUT_TAPE_LOG:
		if (!is_told_again(explanation, event))
			dfut_tally_tell(tally, event->at_us, "%s: %s", dfut_tape_get_text(event, "level"),
					dfut_tape_get_text(event, "text"));
		return;
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
		explain_action(explanation, event);
		return;
	}
}

int dfut_explain(const struct dfut_tape *tape, const struct dfut_entry *table, dfut_explain_handler handler, void *data)
{
	struct explanation explanation = { .tape = tape,
					   .table = table,
					   .tally = { .handler = handler, .data = data } };

	for (size_t i = 0; i < tape->count && !explanation.lacks_memory; i++)
		explain_event(&explanation, &tape->events[i]);
	if (!explanation.lacks_memory)
		dfut_tally_end(&explanation.tally);
	if (!explanation.lacks_memory && tape->is_cut && tape->count)
		dfut_tally_tell(&explanation.tally, tape->events[tape->count - 1].at_us,
				"the file ends in the middle of a line");
	dfut_speakers_free(&explanation.speakers);
	return explanation.lacks_memory ? DFUT_ERROR_NO_MEMORY : 0;
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
	int result;

	if (!path || !handler)
		return dfut_fail(&context->failure, DFUT_ERROR_USAGE,
				 "what is to be explained needs a path and a handler");
	result = dfut_tape_read(&tape, path);
	if (result == 0)
		result = dfut_explain(&tape, dfut_registry_get_table(context), handler, user_data);
	if (result < 0)
		fail(&context->failure, &tape, path, result);
	dfut_tape_free(&tape);
	return result;
}
