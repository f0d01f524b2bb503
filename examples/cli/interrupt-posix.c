/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Ctrl-C: a signal handler could not call the library, a thread that waits for the signal can. */

#include <string.h>

#include "interrupt.h"

/* Who started the command with a signal ignored, as nohup does, wants it to stay so. */
static void add_signal(sigset_t *signals, int number)
{
	struct sigaction old;

	if (sigaction(number, NULL, &old) == 0 && old.sa_handler == SIG_IGN)
		return;
	sigaddset(signals, number);
}

static void end_process(int number)
{
	sigset_t one;

	sigemptyset(&one);
	sigaddset(&one, number);
	signal(number, SIG_DFL);
	pthread_sigmask(SIG_UNBLOCK, &one, NULL);
	raise(number);
}

static void *wait_for_signals(void *user_data)
{
	struct interrupt *interrupt = user_data;
	int number = 0;
	int state = 0;

	for (;;) {
		/* A POSIX cancellation may end this thread only while it holds nothing. */
		pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &state);
		if (sigwait(&interrupt->signals, &number) != 0)
			continue;
		pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
		pthread_mutex_lock(&interrupt->lock);
		if (interrupt->was_cancelled || (!interrupt->session && !interrupt->has_ended))
			end_process(number);
		else if (interrupt->session)
			dfut_session_cancel(interrupt->session);
		interrupt->was_cancelled = true;
		pthread_mutex_unlock(&interrupt->lock);
	}
	return NULL;
}

int interrupt_start(struct interrupt *interrupt)
{
	memset(interrupt, 0, sizeof(*interrupt));
	sigemptyset(&interrupt->signals);
	add_signal(&interrupt->signals, SIGINT);
	add_signal(&interrupt->signals, SIGTERM);
	add_signal(&interrupt->signals, SIGHUP);
	pthread_mutex_init(&interrupt->lock, NULL);
	pthread_sigmask(SIG_BLOCK, &interrupt->signals, NULL);
	if (pthread_create(&interrupt->thread, NULL, wait_for_signals, interrupt) != 0)
		return DFUT_ERROR_NO_MEMORY;
	interrupt->is_running = true;
	return 0;
}

void interrupt_watch(struct interrupt *interrupt, struct dfut_session *session)
{
	pthread_mutex_lock(&interrupt->lock);
	interrupt->has_ended = !session && (interrupt->session || interrupt->has_ended);
	interrupt->session = session;
	pthread_mutex_unlock(&interrupt->lock);
}

void interrupt_stop(struct interrupt *interrupt)
{
	if (interrupt->is_running) {
		pthread_cancel(interrupt->thread);
		pthread_join(interrupt->thread, NULL);
	}
	interrupt->is_running = false;
	pthread_mutex_destroy(&interrupt->lock);
}
