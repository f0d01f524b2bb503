/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The event set on Windows: one auto-reset event. The system's own wait threads watch handles, as many as there are, and
 * signal it. */

#include <windows.h>

#include <stdlib.h>

#include "core/event.h"

struct watch {
	struct watch *next;
	struct dfut_event_set *set;
	HANDLE event;
	HANDLE wait; /* NULL: not watched at the moment */
	volatile LONG ready;
	void *owner;
};

struct dfut_event_set {
	HANDLE event;
	struct watch *watches;
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

/* On a thread of the system, once: a handle that stays signalled would keep it busy. */
static VOID CALLBACK signalled(PVOID data, BOOLEAN is_timeout)
{
	struct watch *watch = data;

	(void)is_timeout;
	InterlockedExchange(&watch->ready, 1);
	SetEvent(watch->set->event);
}

static bool arm(struct watch *watch)
{
	if (!watch->wait && !RegisterWaitForSingleObject(&watch->wait, watch->event, signalled, watch, INFINITE,
							 WT_EXECUTEINWAITTHREAD | WT_EXECUTEONLYONCE))
		watch->wait = NULL;
	return watch->wait != NULL;
}

/* Waits until the thread has left signalled(). */
static void disarm(struct watch *watch)
{
	if (watch->wait)
		UnregisterWaitEx(watch->wait, INVALID_HANDLE_VALUE);
	watch->wait = NULL;
}

void dfut_event_set_free(struct dfut_event_set *set)
{
	while (set->watches) {
		struct watch *watch = set->watches;

		set->watches = watch->next;
		disarm(watch);
		free(watch);
	}
	CloseHandle(set->event);
	free(set);
}

dfut_event dfut_event_set_get_handle(const struct dfut_event_set *set)
{
	return set->event;
}

/* Timers are no more exact than that here. */
void dfut_event_set_arm(struct dfut_event_set *set, uint64_t at_us)
{
	(void)set;
	(void)at_us;
}

void dfut_event_set_wake(struct dfut_event_set *set)
{
	SetEvent(set->event);
}

void dfut_event_set_wait(struct dfut_event_set *set, uint64_t timeout_us, void (*ready)(void *owner))
{
	uint64_t timeout_ms = timeout_us < UINT64_MAX - 999 ? (timeout_us + 999) / 1000 : INFINITE;

	WaitForSingleObject(set->event, timeout_ms < INFINITE ? (DWORD)timeout_ms : INFINITE);
	for (struct watch *watch = set->watches; watch; watch = watch->next) {
		if (!InterlockedExchange(&watch->ready, 0))
			continue;
		disarm(watch);
		ready(watch->owner);
	}
}

int dfut_event_set_watch(struct dfut_event_set *set, dfut_event event, bool readable, bool writable, void *owner)
{
	struct watch *watch;

	(void)readable;
	(void)writable;
	/* The system may take it, and wait for ever. */
	if (!event || event == INVALID_HANDLE_VALUE)
		return DFUT_ERROR_IO;
	watch = calloc(1, sizeof(*watch));
	if (!watch)
		return DFUT_ERROR_NO_MEMORY;
	watch->set = set;
	watch->event = event;
	watch->owner = owner;
	if (!arm(watch)) {
		free(watch);
		return DFUT_ERROR_IO;
	}
	watch->next = set->watches;
	set->watches = watch;
	return 0;
}

static struct watch **find(struct dfut_event_set *set, dfut_event event, const void *owner)
{
	struct watch **at = &set->watches;

	while (*at && ((*at)->event != event || (*at)->owner != owner))
		at = &(*at)->next;
	return at;
}

void dfut_event_set_unwatch(struct dfut_event_set *set, dfut_event event, const void *owner)
{
	struct watch **at = find(set, event, owner);
	struct watch *watch = *at;

	if (!watch)
		return;
	*at = watch->next;
	disarm(watch);
	free(watch);
}

void dfut_event_set_rearm(struct dfut_event_set *set, dfut_event event, const void *owner)
{
	struct watch *watch = *find(set, event, owner);

	/* Without memory for it, dispatch comes back at once and tries again. */
	if (watch && !arm(watch)) {
		InterlockedExchange(&watch->ready, 1);
		SetEvent(set->event);
	}
}
