/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Memory that is missing: loaded in front of a program (LD_PRELOAD), it lets the n-th allocation of some of its libraries fail,
 * or all from then on. Which ones is told by who calls: allocations of the virtual devices never fail.
 *
 * A program arms it itself, or it is armed for the first thread by its environment:
 *   FAILING_MEMORY=N or N+    the N-th, or all from the N-th on
 *   FAILING_MEMORY_OF=NAMES   beginnings of file names of libraries, with ':' between; "program" is the program itself.
 *                             libdfutrigger.so if there is none
 *   FAILING_MEMORY_COUNT=FILE how many there were, written at the end
 */

#ifndef DFUT_TESTS_FAILING_MEMORY_H
#define DFUT_TESTS_FAILING_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

/* In the calling thread, from now on. NULL: it was not loaded, or a sanitizer was put in front of it. */
void failing_memory_arm(uint64_t nth, bool for_good) __attribute__((weak));
/* Returns how many there were since then. */
uint64_t failing_memory_disarm(void) __attribute__((weak));

#endif
