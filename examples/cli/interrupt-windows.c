/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Ctrl-C: Windows calls the handler on a thread of its own, which can call the library. */

#include <string.h>
#include <windows.h>

#include "interrupt.h"

/* The handler is given nothing but the event's number. NULL while nothing is watched. */
static struct interrupt *watched;
static pthread_mutex_t watched_lock = PTHREAD_MUTEX_INITIALIZER;

/* What it does not handle ends the process. */
static BOOL WINAPI handle_event(DWORD event)
{
	BOOL is_handled = FALSE;

	(void)event;
	pthread_mutex_lock(&watched_lock);
	if (watched && !watched->was_cancelled && (watched->session || watched->has_ended)) {
		if (watched->session)
			dfut_session_cancel(watched->session);
		watched->was_cancelled = true;
		is_handled = TRUE;
	}
	pthread_mutex_unlock(&watched_lock);
	return is_handled;
}

static void set_watched(struct interrupt *interrupt)
{
	pthread_mutex_lock(&watched_lock);
	watched = interrupt;
	pthread_mutex_unlock(&watched_lock);
}

int interrupt_start(struct interrupt *interrupt)
{
	memset(interrupt, 0, sizeof(*interrupt));
	set_watched(interrupt);
	return SetConsoleCtrlHandler(handle_event, TRUE) ? 0 : DFUT_ERROR_NO_MEMORY;
}

void interrupt_watch(struct interrupt *interrupt, struct dfut_session *session)
{
	pthread_mutex_lock(&watched_lock);
	interrupt->has_ended = !session && (interrupt->session || interrupt->has_ended);
	interrupt->session = session;
	pthread_mutex_unlock(&watched_lock);
}

void interrupt_stop(struct interrupt *interrupt)
{
	(void)interrupt;
	SetConsoleCtrlHandler(NULL, TRUE);
	SetConsoleCtrlHandler(handle_event, FALSE);
	set_watched(NULL);
}
