/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What a context sleeps on, on Windows: HANDLEs of others, and a wake-up. */

#include <windows.h>

#include "core/event.h"
/* Behind windows.h, as it takes words that are ours */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#define NEVER_MS 50
#define SOON_MS 10000

static struct {
	struct dfut_event_set *set;
	HANDLE events[3];
	int told[3];
} lab;

static void start(void)
{
	cr_assert(eq(int, dfut_event_set_new(&lab.set), 0));
	for (int i = 0; i < 3; i++) {
		/* As a pipe: signalled until it is emptied. */
		lab.events[i] = CreateEventW(NULL, TRUE, FALSE, NULL);
		cr_assert(ne(ptr, lab.events[i], NULL));
		cr_assert(eq(int, dfut_event_set_watch(lab.set, lab.events[i], true, false, &lab.told[i]), 0));
	}
}

static void stop(void)
{
	dfut_event_set_free(lab.set);
	for (int i = 0; i < 3; i++)
		CloseHandle(lab.events[i]);
}

TestSuite(event, .init = start, .fini = stop, .timeout = 30);

static void note(void *owner)
{
	(*(int *)owner)++;
}

static void wait_ms(int timeout_ms)
{
	dfut_event_set_wait(lab.set, timeout_ms, note);
}

static void expect_told(int first, int second, int third)
{
	cr_expect(eq(int, lab.told[0], first));
	cr_expect(eq(int, lab.told[1], second));
	cr_expect(eq(int, lab.told[2], third));
}

Test(event, tells_the_owner_of_what_is_ready)
{
	wait_ms(NEVER_MS);
	expect_told(0, 0, 0);
	SetEvent(lab.events[1]);
	wait_ms(SOON_MS);
	expect_told(0, 1, 0);
	/* It is told once, until its owner has done what there was to do. */
	wait_ms(NEVER_MS);
	expect_told(0, 1, 0);
	dfut_event_set_rearm(lab.set, lab.events[1], &lab.told[1]);
	wait_ms(SOON_MS);
	expect_told(0, 2, 0);
	ResetEvent(lab.events[1]);
	dfut_event_set_rearm(lab.set, lab.events[1], &lab.told[1]);
	wait_ms(NEVER_MS);
	expect_told(0, 2, 0);
}

Test(event, does_not_tell_who_is_not_watched_any_more)
{
	dfut_event_set_unwatch(lab.set, lab.events[0], &lab.told[0]);
	SetEvent(lab.events[0]);
	wait_ms(NEVER_MS);
	expect_told(0, 0, 0);
	SetEvent(lab.events[2]);
	wait_ms(SOON_MS);
	expect_told(0, 0, 1);
}

Test(event, is_signalled_for_foreign_loops_as_long_as_something_is_ready)
{
	HANDLE handle = dfut_event_set_get_handle(lab.set);

	cr_expect(eq(uint, WaitForSingleObject(handle, NEVER_MS), WAIT_TIMEOUT));
	dfut_event_set_wake(lab.set);
	wait_ms(SOON_MS);
	cr_expect(eq(uint, WaitForSingleObject(handle, NEVER_MS), WAIT_TIMEOUT), "a wake-up is forgotten");
	SetEvent(lab.events[0]);
	cr_expect(eq(uint, WaitForSingleObject(handle, SOON_MS), WAIT_OBJECT_0));
	/* A foreign loop has waited with its own call, which takes the signal: what is ready is told all the same. */
	wait_ms(0);
	expect_told(1, 0, 0);
}

static DWORD WINAPI wake_soon(void *data)
{
	(void)data;
	Sleep(NEVER_MS);
	dfut_event_set_wake(lab.set);
	return 0;
}

Test(event, is_woken_by_another_thread)
{
	HANDLE thread = CreateThread(NULL, 0, wake_soon, NULL, 0, NULL);
	ULONGLONG began_ms = GetTickCount64();

	cr_assert(ne(ptr, thread, NULL));
	wait_ms(SOON_MS);
	cr_expect(lt(u64, GetTickCount64() - began_ms, SOON_MS));
	expect_told(0, 0, 0);
	WaitForSingleObject(thread, INFINITE);
	CloseHandle(thread);
}

Test(event, refuses_what_can_not_be_waited_for)
{
	cr_expect(eq(int, dfut_event_set_watch(lab.set, NULL, true, false, NULL), DFUT_ERROR_IO));
	expect_told(0, 0, 0);
}
