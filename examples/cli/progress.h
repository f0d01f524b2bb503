/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

#ifndef DFUTRIGGER_CLI_PROGRESS_H
#define DFUTRIGGER_CLI_PROGRESS_H

#include "output.h"

/** A job's progress as it is shown. */
struct progress {
	struct output *output;
	bool is_terminal;
	enum dfut_session_state phase;
	uint64_t phase_start_ms;
	unsigned int plan; /**< that was shown */
	struct dfut_progress last;
	size_t width;	     /**< of the line on the terminal */
	uint64_t elapsed_ms; /**< of the job */
	uint64_t moved;	     /**< bytes of firmware that went over the wire */
	uint64_t moved_ms;   /**< in this time */
};

/** Sets up how progress is shown, on the standard error for people. */
void progress_start(struct progress *progress, struct output *output);
/** Prints the last line: how long the job took, and at which rate firmware went over the wire. */
void progress_print_end(const struct progress *progress);
/** Shows it; a dfut_progress_handler with a struct progress. */
void progress_handle(struct dfut_session *session, const struct dfut_progress *now, void *user_data);

#endif
