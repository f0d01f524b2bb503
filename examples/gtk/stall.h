/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* How long the main loop is away from its poll: what a person feels as a frozen window. */

#ifndef STALL_H
#define STALL_H

/* Measures from now on. */
void stall_begin(void);
/* Prints the longest times. */
void stall_print(void);

#endif
