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
};

/** Sets up how progress is shown, on the standard error for people. */
void progress_start(struct progress *progress, struct output *output);
/** Shows it; a dfut_progress_handler with a struct progress. */
void progress_handle(struct dfut_session *session, const struct dfut_progress *now, void *user_data);

#endif
