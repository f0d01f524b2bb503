/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Measures the main loop from outside: by a poll of its own, which GLib lets a program have. */

#include "stall.h"

#include <stdio.h>
#include <time.h>

struct span {
	gint64 at_us;
	gint64 waited_us; /* for a processor that others had */
	gint64 worked_us; /* on one */
};

/* A poll function has no user data. */
static struct {
	GPollFunc poll;
	struct span back; /* when the last poll returned */
	gint64 longest_us;
	gint64 longest_waited_us;
	gint64 longest_worked_us;
	gint64 longest_cancel_us;
	unsigned long polls;
} stall;

/* Linux tells each thread how long it was ready to run and was not let: that is no fault of the program. */
static gint64 get_waited_us(void)
{
	unsigned long long ran_ns, waited_ns = 0;
	FILE *file = fopen("/proc/thread-self/schedstat", "r");

	if (!file)
		return 0;
	if (fscanf(file, "%llu %llu", &ran_ns, &waited_ns) != 2)
		waited_ns = 0;
	fclose(file);
	return (gint64)(waited_ns / 1000);
}

static struct span get_now(void)
{
	struct timespec worked = { 0, 0 };

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &worked);
	return (struct span){ g_get_monotonic_time(), get_waited_us(),
			      worked.tv_sec * 1000000 + worked.tv_nsec / 1000 };
}

static int measured_poll(GPollFD *descriptors, guint count, int timeout_ms)
{
	struct span now = get_now();
	gint64 waited_us = now.waited_us - stall.back.waited_us;
	gint64 own_us = now.at_us - stall.back.at_us - waited_us;
	int result;

	if (stall.back.at_us) {
		stall.longest_us = MAX(stall.longest_us, own_us);
		stall.longest_worked_us = MAX(stall.longest_worked_us, now.worked_us - stall.back.worked_us);
		stall.longest_waited_us = MAX(stall.longest_waited_us, waited_us);
	}
	stall.polls++;
	result = stall.poll(descriptors, count, timeout_ms);
	stall.back = get_now();
	return result;
}

void stall_begin(void)
{
	stall.poll = g_main_context_get_poll_func(NULL);
	g_main_context_set_poll_func(NULL, measured_poll);
}

void stall_note_cancel(gint64 time_us)
{
	stall.longest_cancel_us = MAX(stall.longest_cancel_us, time_us);
}

static double to_ms(gint64 time_us)
{
	return (double)time_us / 1000;
}

void stall_print(void)
{
	printf("longest stall: %.1f ms in %lu rounds\n", to_ms(stall.longest_us), stall.polls);
	printf("longest work: %.1f ms\n", to_ms(stall.longest_worked_us));
	printf("longest wait for a processor: %.1f ms\n", to_ms(stall.longest_waited_us));
	if (stall.longest_cancel_us)
		printf("longest cancel: %.1f ms\n", to_ms(stall.longest_cancel_us));
}
