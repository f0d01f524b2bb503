/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Lines of an explanation: what follows each other and went well is one, with how often there was what. */

#ifndef DFUT_TALLY_H
#define DFUT_TALLY_H

#include "core/context.h"
#include "language/meaning.h"

#define DFUT_TALLY_KINDS 8
#define DFUT_TALLY_LINE 1400

struct dfut_tally_kind {
	const char *what;
	enum dfut_place_kind place;
	uint64_t first, last;
	size_t count;
};

/* Zeroed but for the handler and what it is given, it is empty. */
struct dfut_tally {
	dfut_explain_handler handler;
	void *data;
	enum dfut_phase phase;
	uint64_t begun_us, ended_us;
	size_t actions, out, in;
	struct dfut_tally_kind kinds[DFUT_TALLY_KINDS];
	size_t kind_count;
	/* What went wrong in the same way, again and again */
	char failed[DFUT_TALLY_LINE];
	size_t failures;
	uint64_t failed_us, failed_last_us;
};

/* A line of its own; what was counted comes before it. */
void dfut_tally_tell(struct dfut_tally *tally, uint64_t at_us, const char *text, ...) DFUT_PRINTF(3, 4);
/* An action that means this. What went wrong, and what is alone, is a line. */
void dfut_tally_take(struct dfut_tally *tally, const struct dfut_tape_event *event, const struct dfut_meaning *meaning);
/* The line of what was counted. */
void dfut_tally_end(struct dfut_tally *tally);

#endif
