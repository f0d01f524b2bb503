/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The event set on Windows: one auto-reset event; buses wake it from threads of their own. */

#include <windows.h>

#include <stdlib.h>

#include "core/event.h"

struct dfut_event_set {
	HANDLE event;
};

int dfut_event_set_new(struct dfut_event_set **set)
{
	*set = calloc(1, sizeof(**set));
	if (!*set)
		return DFUT_ERROR_NO_MEMORY;
	(*set)->event = CreateEventW(NULL, FALSE, FALSE, NULL);
	if ((*set)->event)
		return 0;
	free(*set);
	*set = NULL;
	return DFUT_ERROR_NO_MEMORY;
}

void dfut_event_set_free(struct dfut_event_set *set)
{
	CloseHandle(set->event);
	free(set);
}

dfut_event dfut_event_set_get_handle(const struct dfut_event_set *set)
{
	return set->event;
}

void dfut_event_set_wake(struct dfut_event_set *set)
{
	SetEvent(set->event);
}

void dfut_event_set_wait(struct dfut_event_set *set, int timeout_ms, void (*ready)(void *owner))
{
	(void)ready;
	WaitForSingleObject(set->event, timeout_ms < 0 ? INFINITE : (DWORD)timeout_ms);
}

int dfut_event_set_watch(struct dfut_event_set *set, int fd, bool readable, bool writable, void *owner)
{
	(void)set;
	(void)fd;
	(void)readable;
	(void)writable;
	(void)owner;
	return DFUT_ERROR_UNSUPPORTED;
}

void dfut_event_set_unwatch(struct dfut_event_set *set, int fd)
{
	(void)set;
	(void)fd;
}

uint64_t dfut_system_time_us(void)
{
	LARGE_INTEGER count, frequency;

	QueryPerformanceCounter(&count);
	QueryPerformanceFrequency(&frequency);
	return (uint64_t)(count.QuadPart / frequency.QuadPart * 1000000 +
			  count.QuadPart % frequency.QuadPart * 1000000 / frequency.QuadPart);
}
