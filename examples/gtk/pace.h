/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* How fast an update goes, in words. */

#ifndef PACE_H
#define PACE_H

#include <dfutrigger.h>

/* Begin with zeros. */
struct pace {
	enum dfut_session_state state;
	uint64_t done;
	uint64_t at_ms;
	double rate; /* bytes a second, smoothed; 0 if not known yet */
};

/* Takes note of where the session is. */
void pace_note(struct pace *pace, const struct dfut_progress *progress);
/* "Writing: 12.0 of 48.0 KiB, 10.3 KiB/s, about 4 seconds left". Free it. */
char *pace_describe(const struct pace *pace, const struct dfut_progress *progress);
/* Of the phase: 0 to 1, or -1 if it has no measure. */
double pace_get_fraction(const struct dfut_progress *progress);

#endif
