/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The event set on Linux: an epoll descriptor over the watched ones and an eventfd. */

#define _GNU_SOURCE
#include <errno.h>
#include <linux/time_types.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "core/event.h"

/* What there is more is told by the next wait. */
#define EVENTS_AT_ONCE 16
/* Ids of watches are neither. */
#define WAKE_ID 0
#define TIMER_ID UINT64_MAX
/* As long as a caller can mean it. */
#define LONGEST_WAIT_US (UINT64_C(1000000) * 86400)

struct watch {
	struct watch *next;
	uint64_t id; /* never used again: a file that was closed may tell of itself until its last request is over */
	int fd;
	void *owner;
};

struct dfut_event_set {
	int epoll;
	int wake;
	int timer; /* made when it is first armed; -1 before */
	uint64_t armed_us;
	struct watch *watches;
	uint64_t ids;
};

int dfut_event_set_new(struct dfut_event_set **set)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u64 = WAKE_ID };

	*set = calloc(1, sizeof(**set));
	if (!*set)
		return DFUT_ERROR_NO_MEMORY;
	(*set)->timer = -1;
	(*set)->armed_us = UINT64_MAX;
	(*set)->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	(*set)->epoll = epoll_create1(EPOLL_CLOEXEC);
	if ((*set)->wake >= 0 && (*set)->epoll >= 0 &&
	    epoll_ctl((*set)->epoll, EPOLL_CTL_ADD, (*set)->wake, &event) == 0)
		return 0;
	dfut_event_set_free(*set);
	*set = NULL;
	return DFUT_ERROR_NO_MEMORY;
}

void dfut_event_set_free(struct dfut_event_set *set)
{
	while (set->watches) {
		struct watch *watch = set->watches;

		set->watches = watch->next;
		free(watch);
	}
	if (set->epoll >= 0)
		close(set->epoll);
	if (set->wake >= 0)
		close(set->wake);
	if (set->timer >= 0)
		close(set->timer);
	free(set);
}

dfut_event dfut_event_set_get_handle(const struct dfut_event_set *set)
{
	return set->epoll;
}

static bool make_timer(struct dfut_event_set *set)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u64 = TIMER_ID };

	set->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (set->timer < 0)
		return false;
	if (epoll_ctl(set->epoll, EPOLL_CTL_ADD, set->timer, &event) == 0)
		return true;
	close(set->timer);
	set->timer = -1;
	return false;
}

void dfut_event_set_arm(struct dfut_event_set *set, uint64_t at_us)
{
	struct itimerspec time = { 0 };

	if (at_us == set->armed_us || (set->timer < 0 && !make_timer(set)))
		return;
	if (at_us != UINT64_MAX) {
		time.it_value.tv_sec = (time_t)(at_us / 1000000);
		/* All zeros would be never. */
		time.it_value.tv_nsec = (long)(at_us % 1000000 * 1000) + 1;
	}
	if (timerfd_settime(set->timer, TFD_TIMER_ABSTIME, &time, NULL) == 0)
		set->armed_us = at_us;
}

void dfut_event_set_wake(struct dfut_event_set *set)
{
	uint64_t one = 1;
	/* It can only fail when it is signalled to the brim, which is as good. */
	ssize_t written = write(set->wake, &one, sizeof(one));

	(void)written;
}

static const struct watch *find_watch(const struct dfut_event_set *set, uint64_t id)
{
	const struct watch *watch = set->watches;

	while (watch && watch->id != id)
		watch = watch->next;
	return watch;
}

/* In ms, rounded up. */
static int wait_coarsely(const struct dfut_event_set *set, struct epoll_event *events, uint64_t timeout_us)
{
	int timeout_ms = timeout_us == UINT64_MAX ? -1 : (int)((timeout_us + 999) / 1000);

	return epoll_wait(set->epoll, events, EVENTS_AT_ONCE, timeout_ms);
}

/* Linux 5.11 has this call, and C libraries have it later. */
#ifdef SYS_epoll_pwait2
static int wait_exactly(const struct dfut_event_set *set, struct epoll_event *events, uint64_t timeout_us)
{
	struct __kernel_timespec limit = { .tv_sec = (int64_t)(timeout_us / 1000000),
					   .tv_nsec = (int64_t)(timeout_us % 1000000 * 1000) };

	return (int)syscall(SYS_epoll_pwait2, set->epoll, events, EVENTS_AT_ONCE, &limit, NULL, 0);
}
#else
static int wait_exactly(const struct dfut_event_set *set, struct epoll_event *events, uint64_t timeout_us)
{
	return wait_coarsely(set, events, timeout_us);
}
#endif

static int wait_for_events(const struct dfut_event_set *set, struct epoll_event *events, uint64_t timeout_us)
{
	int count;

	if (timeout_us == 0 || timeout_us == UINT64_MAX)
		return wait_coarsely(set, events, timeout_us);
	if (timeout_us > LONGEST_WAIT_US)
		timeout_us = LONGEST_WAIT_US;
	count = wait_exactly(set, events, timeout_us);
	return count >= 0 || errno == EINTR ? count : wait_coarsely(set, events, timeout_us);
}

void dfut_event_set_wait(struct dfut_event_set *set, uint64_t timeout_us, void (*ready)(void *owner))
{
	struct epoll_event events[EVENTS_AT_ONCE];
	int count = wait_for_events(set, events, timeout_us);
	uint64_t wakes;

	for (int i = 0; i < count; i++) {
		const struct watch *watch = find_watch(set, events[i].data.u64);

		if (events[i].data.u64 == WAKE_ID) {
			ssize_t got = read(set->wake, &wakes, sizeof(wakes));

			(void)got;
		} else if (events[i].data.u64 == TIMER_ID) {
			ssize_t got = read(set->timer, &wakes, sizeof(wakes));

			(void)got;
			set->armed_us = UINT64_MAX;
		} else if (watch) {
			ready(watch->owner);
		}
	}
}

int dfut_event_set_watch(struct dfut_event_set *set, dfut_event fd, bool readable, bool writable, void *owner)
{
	struct watch *watch = calloc(1, sizeof(*watch));
	struct epoll_event event = { .events = (readable ? EPOLLIN : 0) | (writable ? EPOLLOUT : 0),
				     .data.u64 = ++set->ids };

	if (!watch)
		return DFUT_ERROR_NO_MEMORY;
	watch->id = set->ids;
	watch->fd = fd;
	watch->owner = owner;
	if (epoll_ctl(set->epoll, EPOLL_CTL_ADD, fd, &event) < 0) {
		free(watch);
		return DFUT_ERROR_IO;
	}
	watch->next = set->watches;
	set->watches = watch;
	return 0;
}

static bool is_watched(const struct dfut_event_set *set, int fd)
{
	const struct watch *watch = set->watches;

	while (watch && watch->fd != fd)
		watch = watch->next;
	return watch != NULL;
}

void dfut_event_set_unwatch(struct dfut_event_set *set, dfut_event fd, const void *owner)
{
	for (struct watch **at = &set->watches; *at; at = &(*at)->next) {
		struct watch *watch = *at;

		if (watch->fd != fd || watch->owner != owner)
			continue;
		*at = watch->next;
		free(watch);
		/* What was closed the system has let go by itself: what it then has by this number is another one. */
		if (!is_watched(set, fd))
			epoll_ctl(set->epoll, EPOLL_CTL_DEL, fd, NULL);
		return;
	}
}

/* What epoll has told, it tells again. */
void dfut_event_set_rearm(struct dfut_event_set *set, dfut_event fd, const void *owner)
{
	(void)set;
	(void)fd;
	(void)owner;
}
