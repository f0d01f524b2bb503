/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Lines of an explanation. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "explain/tally.h"

static void DFUT_PRINTF(3, 4) add(char line[DFUT_TALLY_LINE], size_t *used, const char *text, ...)
{
	va_list arguments;
	int size;

	va_start(arguments, text);
	size = vsnprintf(line + *used, DFUT_TALLY_LINE - *used, text, arguments);
	va_end(arguments);
	*used += size < 0 ? 0 : (size_t)size;
	*used = *used < DFUT_TALLY_LINE ? *used : DFUT_TALLY_LINE - 1;
}

static void hand_over(const struct dfut_tally *tally, uint64_t at_us, const char *what)
{
	char line[DFUT_TALLY_LINE + 128];

	snprintf(line, sizeof(line), "%4" PRIu64 ".%03" PRIu64 " s  %s", at_us / 1000000, at_us / 1000 % 1000, what);
	dfut_clean_text(line);
	tally->handler(line, tally->data);
}

static void add_place(char line[DFUT_TALLY_LINE], size_t *used, const struct dfut_tally_kind *kind)
{
	if (kind->place == DFUT_PLACE_NUMBER)
		add(line, used, ", %" PRIu64, kind->first);
	else if (kind->place == DFUT_PLACE_ADDRESS)
		add(line, used, ", 0x%08" PRIx64, kind->first);
	if (kind->place == DFUT_PLACE_NONE || kind->first == kind->last)
		return;
	if (kind->place == DFUT_PLACE_NUMBER)
		add(line, used, " to %" PRIu64, kind->last);
	else
		add(line, used, " to 0x%08" PRIx64, kind->last);
}

/* "erase a page 3 times, 0x08000000 to 0x08001000" */
static void add_kind(char line[DFUT_TALLY_LINE], size_t *used, const struct dfut_tally_kind *kind, bool is_first)
{
	add(line, used, "%s%s", is_first ? "" : "; ", kind->what);
	if (kind->count > 1)
		add(line, used, " %zu times", kind->count);
	add_place(line, used, kind);
}

/* Once, however often it was. */
static void tell_failures(const struct dfut_tally *tally)
{
	char line[DFUT_TALLY_LINE + 64];

	snprintf(line, sizeof(line), "%s, %zu times up to %" PRIu64 ".%03" PRIu64 " s", tally->failed, tally->failures,
		 tally->failed_last_us / 1000000, tally->failed_last_us / 1000 % 1000);
	if (tally->failures)
		hand_over(tally, tally->failed_us, tally->failures > 1 ? line : tally->failed);
}

static void add_failure(struct dfut_tally *tally, uint64_t at_us, const char *line)
{
	if (tally->actions || strcmp(tally->failed, line) != 0)
		dfut_tally_end(tally);
	snprintf(tally->failed, sizeof(tally->failed), "%s", line);
	tally->failed_us = tally->failures++ ? tally->failed_us : at_us;
	tally->failed_last_us = at_us;
}

void dfut_tally_end(struct dfut_tally *tally)
{
	static const char *const phases[] = { [DFUT_PHASE_ANY] = "",
					      [DFUT_PHASE_ASKING] = "asking: ",
					      [DFUT_PHASE_WRITING] = "writing: ",
					      [DFUT_PHASE_READING] = "reading: ",
					      [DFUT_PHASE_STARTING] = "starting: " };
	char line[DFUT_TALLY_LINE];
	size_t used = 0;

	/* An answer that says no more than yes needs no line. */
	if (tally->kind_count || tally->out) {
		add(line, &used, "    %s", phases[tally->phase]);
		for (size_t i = 0; i < tally->kind_count; i++)
			add_kind(line, &used, &tally->kinds[i], i == 0);
		add(line, &used, "%s%zu action%s, %zu bytes out, %zu in, in %" PRIu64 " ms",
		    tally->kind_count ? " (" : "", tally->actions, tally->actions == 1 ? "" : "s", tally->out,
		    tally->in, (tally->ended_us - tally->begun_us) / 1000);
		add(line, &used, "%s", tally->kind_count ? ")" : "");
		hand_over(tally, tally->begun_us, line);
	}
	tell_failures(tally);
	*tally = (struct dfut_tally){ .handler = tally->handler, .data = tally->data };
}

void dfut_tally_tell(struct dfut_tally *tally, uint64_t at_us, const char *text, ...)
{
	char line[DFUT_TALLY_LINE];
	va_list arguments;

	dfut_tally_end(tally);
	va_start(arguments, text);
	vsnprintf(line, sizeof(line), text, arguments);
	va_end(arguments);
	hand_over(tally, at_us, line);
}

static void count_kind(struct dfut_tally *tally, const struct dfut_meaning *meaning)
{
	struct dfut_tally_kind *kind = tally->kinds;

	while (kind < tally->kinds + tally->kind_count && strcmp(kind->what, meaning->what) != 0)
		kind++;
	if (kind == tally->kinds + DFUT_TALLY_KINDS)
		return;
	if (kind == tally->kinds + tally->kind_count) {
		*kind = (struct dfut_tally_kind){ meaning->what, meaning->place, meaning->first, meaning->last, 0 };
		tally->kind_count++;
	}
	kind->count++;
	kind->first = meaning->first < kind->first ? meaning->first : kind->first;
	kind->last = meaning->last > kind->last ? meaning->last : kind->last;
}

static void count(struct dfut_tally *tally, const struct dfut_tape_event *event, const struct dfut_meaning *meaning)
{
	size_t size = dfut_tape_get_size(&event->data);
	uint64_t ended_us = event->at_us + event->took_us;

	if (tally->failures)
		dfut_tally_end(tally);
	if (tally->phase != DFUT_PHASE_ANY && meaning->phase != DFUT_PHASE_ANY && tally->phase != meaning->phase)
		dfut_tally_end(tally);
	tally->phase = meaning->phase != DFUT_PHASE_ANY ? meaning->phase : tally->phase;
	if (!tally->actions++)
		tally->begun_us = event->at_us;
	tally->ended_us = ended_us > tally->ended_us ? ended_us : tally->ended_us;
	tally->out += event->is_in ? 0 : size;
	tally->in += event->is_in ? size : 0;
	if (meaning->what)
		count_kind(tally, meaning);
}

/* How it ended, where it did not go well */
static void add_end(char line[DFUT_TALLY_LINE], size_t *used, int result)
{
	if (result == DFUT_TAPE_NONE)
		add(line, used, ": no answer, given up");
	else if (result == DFUT_ERROR_DEVICE)
		add(line, used, ": refused (stall)");
	else if (result < 0)
		add(line, used, ": %s", dfut_error_get_text(result));
}

void dfut_tally_take(struct dfut_tally *tally, const struct dfut_tape_event *event, const struct dfut_meaning *meaning)
{
	char line[DFUT_TALLY_LINE];
	size_t used = 0;

	if (!meaning->is_alone && event->result >= 0) {
		count(tally, event, meaning);
		return;
	}
	add(line, &used, "    %s", meaning->what ? meaning->what : "an answer");
	if (meaning->place == DFUT_PLACE_ADDRESS)
		add(line, &used, " at 0x%08" PRIx64, meaning->first);
	else if (meaning->place == DFUT_PLACE_NUMBER)
		add(line, &used, ", number %" PRIu64, meaning->first);
	add(line, &used, "%s", meaning->detail);
	add_end(line, &used, event->result);
	if (event->result < 0)
		add_failure(tally, event->at_us, line);
	else
		dfut_tally_tell(tally, event->at_us, "%s", line);
}
