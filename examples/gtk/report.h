/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What is needed to help somebody: all that was done is recorded, and goes into a report if one is saved. */

#ifndef REPORT_H
#define REPORT_H

#include <gio/gio.h>

#include <dfutrigger.h>

struct report;

/* Begins to record. Before the context has any bus. */
struct report *report_new(struct dfut_context *context);
/* Before the context is freed. What was recorded goes with it. */
void report_free(struct report *report);
/*
 * Writes a file, in the place of one that is there, in a thread: devices may be slow to be looked at. Calls back in the main
 * loop; the report must be there until then.
 */
void report_save(struct report *report, const char *path, GAsyncReadyCallback done, void *user_data);
/* For the callback. NULL, or why it was not written: free it. */
char *report_finish(GAsyncResult *result);

#endif
