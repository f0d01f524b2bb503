/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

#ifndef DFUTRIGGER_CLI_JOB_H
#define DFUTRIGGER_CLI_JOB_H

#include "application.h"
#include "interrupt.h"
#include "progress.h"

/** One session from the device's choice to its result. */
struct job {
	struct application *application;
	struct dfut_device *device;
	struct dfut_session *session;
	struct progress progress;
	struct interrupt interrupt;
};

/**
 * Finds the device and makes a session for it, set up as the command line says.
 *
 * @param image helps to choose among several devices; NULL for none
 * @return 0, or an exit code, the failure being reported. Call job_close() in any case
 */
int job_open(struct job *job, struct application *application, const struct dfut_image *image);
/**
 * Runs the session and reports how it ended; with --dry-run, prints its plan instead.
 *
 * @param code what starting the session returned
 * @return the exit code
 */
int job_run(struct job *job, int code);
/** Runs the session without a report of its end. @return 0 or the error that it ended with */
int job_run_silently(struct job *job);
/** Reports how the session ended, or why it did not start. @return the exit code */
int job_report(struct job *job, int code);
/** Releases the session and the device. */
void job_close(struct job *job);

#endif
