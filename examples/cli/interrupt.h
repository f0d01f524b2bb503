/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

#ifndef DFUTRIGGER_CLI_INTERRUPT_H
#define DFUTRIGGER_CLI_INTERRUPT_H

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>

#include <dfutrigger.h>

/**
 * interrupt-posix.c or interrupt-windows.c: what Ctrl-C does: the first cancels the session, the next ends the process. One that
 * comes when the session has ended is too late to cancel it, and keeps nobody from being told how.
 */
struct interrupt {
	struct dfut_session *session; /**< under lock; NULL while there is nothing to cancel */
	bool has_ended;		      /**< under lock: what was watched is over */
	bool was_cancelled;	      /**< under lock: it, or what follows it, was asked to end */
#ifndef _WIN32
	pthread_t thread;
	pthread_mutex_t lock;
	sigset_t signals;
	bool is_running;
#endif
};

/** Takes the signals over; before any other thread exists, as threads inherit what is blocked. @return 0 or an error */
int interrupt_start(struct interrupt *interrupt);
/** Says which session to cancel; NULL, before it is freed, for none. */
void interrupt_watch(struct interrupt *interrupt, struct dfut_session *session);
/** The command ends now by itself, whatever signal comes. */
void interrupt_stop(struct interrupt *interrupt);

#endif
