/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* How long the main loop is away from its poll: what a person feels as a frozen window. */

#ifndef STALL_H
#define STALL_H

#include <glib.h>

/* Measures from now on. */
void stall_begin(void);
/* An update ended so many µs after a person had cancelled it. */
void stall_note_cancel(gint64 time_us);
/* Prints the longest times. */
void stall_print(void);

#endif
