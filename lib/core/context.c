/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The context: clock, log, and the dispatch that moves everything. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/struct.h"
#include "core/context.h"
#include "core/request.h"

/* How soon a foreign loop tries again where there is no USB. */
#define BUSES_RETRY_MS 1000

DFUT_API const char *dfut_get_version(void)
{
	return DFUT_PROJECT_VERSION;
}

static struct dfut_inbox *new_inbox(struct dfut_event_set *events)
{
	struct dfut_inbox *inbox = calloc(1, sizeof(*inbox));

	if (!inbox)
		return NULL;
	pthread_mutex_init(&inbox->lock, NULL);
	inbox->refs = 1;
	inbox->events = events;
	inbox->end = &inbox->first;
	return inbox;
}

void dfut_inbox_unref(struct dfut_inbox *inbox)
{
	bool last;

	pthread_mutex_lock(&inbox->lock);
	last = --inbox->refs == 0;
	pthread_mutex_unlock(&inbox->lock);
	if (!last)
		return;
	while (inbox->spares) {
		struct dfut_request *request = inbox->spares;

		inbox->spares = request->next;
		free(request);
	}
	pthread_mutex_destroy(&inbox->lock);
	free(inbox);
}

int dfut_context_make(struct dfut_context **context, const struct dfut_context_ops *ops, struct dfut_registry *registry)
{
	struct dfut_context *made = calloc(1, sizeof(*made));

	*context = NULL;
	if (!made) {
		ops->free(registry);
		return DFUT_ERROR_NO_MEMORY;
	}
	made->refs = 1;
	made->ops = ops;
	made->registry = registry;
	if (dfut_event_set_new(&made->events) == 0)
		made->inbox = new_inbox(made->events);
	if (!made->inbox) {
		dfut_context_unref(made);
		return DFUT_ERROR_NO_MEMORY;
	}
	*context = made;
	return 0;
}

struct dfut_context *dfut_context_ref(struct dfut_context *context)
{
	context->refs++;
	return context;
}

static void close_inbox(struct dfut_inbox *inbox)
{
	struct dfut_request *request;

	pthread_mutex_lock(&inbox->lock);
	inbox->events = NULL;
	request = inbox->first;
	inbox->first = NULL;
	inbox->end = &inbox->first;
	pthread_mutex_unlock(&inbox->lock);
	while (request) {
		struct dfut_request *next = request->next;

		dfut_request_deliver(request);
		request = next;
	}
	dfut_inbox_unref(inbox);
}

void dfut_context_unref(struct dfut_context *context)
{
	if (--context->refs > 0)
		return;
	dfut_buses_stop(context);
	if (context->pool)
		dfut_pool_free(context->pool);
	if (context->inbox)
		close_inbox(context->inbox);
	if (context->events)
		dfut_event_set_free(context->events);
	context->ops->free(context->registry);
	if (context->listener)
		context->listener->free(context->listener_data);
	free(context);
}

DFUT_API void dfut_context_free(struct dfut_context *context)
{
	if (!context)
		return;
	if (context->dispatching) {
		dfut_fail(&context->failure, DFUT_ERROR_USAGE, "the context was freed from inside a handler");
		return;
	}
	context->freed = true;
	context->log_handler = NULL;
	context->ops->let_go(context->registry);
	dfut_context_unref(context);
}

DFUT_API void dfut_context_set_log_handler(struct dfut_context *context, enum dfut_log_level level,
					   dfut_log_handler handler, void *user_data)
{
	context->log_level = level;
	context->log_handler = handler;
	context->log_data = user_data;
}

void dfut_context_log(struct dfut_context *context, enum dfut_log_level level, const char *text, ...)
{
	char line[1024];
	va_list arguments;
	bool is_logged = context->log_handler && level <= context->log_level;
	/* What is done is heard at the buses. */
	bool is_heard = context->listener && level <= DFUT_LOG_INFO;

	if (!is_logged && !is_heard)
		return;
	va_start(arguments, text);
	vsnprintf(line, sizeof(line), text, arguments);
	va_end(arguments);
	dfut_clean_text(line);
	if (is_heard)
		context->listener->hear_log(context->listener_data, level, line);
	if (is_logged)
		context->log_handler(level, line, context->log_data);
	dfut_context_forget_time(context);
}

void dfut_context_tell(const struct dfut_context *context, const struct dfut_news *news)
{
	if (context->listener)
		context->listener->hear_news(context->listener_data, news);
}

DFUT_API const char *dfut_context_get_error(const struct dfut_context *context)
{
	return context->failure.text;
}

DFUT_API int dfut_context_get_error_code(const struct dfut_context *context)
{
	return context->failure.code;
}

DFUT_API const char *dfut_context_get_hint(const struct dfut_context *context)
{
	return context->failure.hint;
}

DFUT_API const char *dfut_context_get_hint_line(const struct dfut_context *context)
{
	return dfut_failure_get_line(&context->failure);
}

DFUT_API unsigned int dfut_context_get_failed_check(const struct dfut_context *context)
{
	return context->failure.check;
}

DFUT_API int dfut_context_set_clock(struct dfut_context *context, const struct dfut_clock_ops *ops, void *self)
{
	if (context->clock)
		return DFUT_ERROR_BUSY;
	if (!dfut_struct_take(&context->clock_ops, sizeof(context->clock_ops), ops))
		return dfut_fail(&context->failure, DFUT_ERROR_USAGE, "the clock has no size");
	context->clock = &context->clock_ops;
	context->clock_data = self;
	return 0;
}

uint64_t dfut_context_read_clock_us(const struct dfut_context *context)
{
	return context->clock ? context->clock->get_time_us(context->clock_data) : dfut_system_time_us();
}

uint64_t dfut_context_get_time_us(const struct dfut_context *context)
{
	return context->now_us ? context->now_us : dfut_context_read_clock_us(context);
}

void dfut_context_forget_time(struct dfut_context *context)
{
	context->now_us = 0;
}

/* Dispatch. */

static size_t deliver_requests(struct dfut_context *context)
{
	struct dfut_inbox *inbox = context->inbox;
	struct dfut_request *request;
	size_t done = 0;

	pthread_mutex_lock(&inbox->lock);
	request = inbox->first;
	inbox->first = NULL;
	inbox->end = &inbox->first;
	pthread_mutex_unlock(&inbox->lock);
	/* What a device wants to be left alone for begins with its answer, which came after the round began. */
	if (request)
		context->now_us = dfut_context_read_clock_us(context);
	while (request) {
		struct dfut_request *next = request->next;

		dfut_request_deliver(request);
		request = next;
		done++;
	}
	return done;
}

static bool has_cancelled(struct dfut_context *context)
{
	bool has;

	pthread_mutex_lock(&context->inbox->lock);
	has = context->inbox->has_cancelled;
	pthread_mutex_unlock(&context->inbox->lock);
	return has;
}

/* Any thread may cancel any session: each is asked whether it is the one. */
static void wake_cancelled(struct dfut_context *context)
{
	if (!has_cancelled(context))
		return;
	pthread_mutex_lock(&context->inbox->lock);
	context->inbox->has_cancelled = false;
	pthread_mutex_unlock(&context->inbox->lock);
	dfut_watchers_wake(context);
}

static size_t dispatch_due(struct dfut_context *context)
{
	uint64_t now_us = dfut_context_read_clock_us(context);
	size_t done = 0;

	context->now_us = now_us;
	done += dfut_buses_dispatch(context, now_us);
	/* Answers before departures: what a device said last still counts. */
	done += deliver_requests(context);
	done += dfut_buses_scan_due(context, now_us);
	wake_cancelled(context);
	return done + dfut_watchers_dispatch(context);
}

static uint64_t get_deadline_us(struct dfut_context *context)
{
	uint64_t deadline_us = dfut_watchers_get_deadline_us(context);
	uint64_t bus_us = dfut_buses_get_deadline_us(context);

	if (has_cancelled(context))
		return 0;
	return bus_us < deadline_us ? bus_us : deadline_us;
}

/* From now on, or no more, dispatch looks into it. What is in it then is for the next one. */
static void read_inbox(struct dfut_context *context, bool is_read)
{
	struct dfut_inbox *inbox = context->inbox;

	pthread_mutex_lock(&inbox->lock);
	inbox->is_read = is_read;
	inbox->reader = pthread_self();
	if (!is_read && inbox->first)
		dfut_event_set_wake(inbox->events);
	pthread_mutex_unlock(&inbox->lock);
}

static bool has_mail(const struct dfut_context *context)
{
	bool has;

	pthread_mutex_lock(&context->inbox->lock);
	has = context->inbox->first != NULL;
	pthread_mutex_unlock(&context->inbox->lock);
	return has;
}

static void sleep_until(struct dfut_context *context, uint64_t until_us)
{
	uint64_t now_us = dfut_context_get_time_us(context);
	uint64_t left_us = until_us > now_us ? until_us - now_us : 0;

	if (context->clock) {
		context->clock->advance(context->clock_data, until_us);
		/* Nothing ahead on this clock: only another thread can bring news. */
		if (until_us == UINT64_MAX && dfut_context_read_clock_us(context) == now_us && !has_mail(context))
			dfut_event_set_wait(context->events, UINT64_MAX, dfut_bus_ready);
		else
			dfut_event_set_wait(context->events, 0, dfut_bus_ready);
		return;
	}
	if (has_mail(context))
		left_us = 0;
	else if (until_us == UINT64_MAX)
		left_us = UINT64_MAX;
	dfut_event_set_wait(context->events, left_us, dfut_bus_ready);
}

int dfut_context_dispatch_until(struct dfut_context *context, uint64_t until_us)
{
	size_t done;

	context->dispatching = true;
	read_inbox(context, true);
	/* Descriptors that became ready while nobody slept. */
	if (!context->clock)
		dfut_event_set_wait(context->events, 0, dfut_bus_ready);
	while ((done = dispatch_due(context)) == 0 && dfut_context_get_time_us(context) < until_us) {
		uint64_t deadline_us = get_deadline_us(context);

		sleep_until(context, deadline_us < until_us ? deadline_us : until_us);
	}
	read_inbox(context, false);
	dfut_context_forget_time(context);
	context->dispatching = false;
	return done < INT32_MAX ? (int)done : INT32_MAX;
}

int dfut_context_dispatch_for(struct dfut_context *context, int timeout_ms, struct dfut_failure *failure)
{
	uint64_t until_us = UINT64_MAX;
	int result;

	if (context->dispatching)
		return dfut_fail(failure, DFUT_ERROR_USAGE, "dispatch was called from inside a handler");
	if (context->freed)
		return dfut_fail(failure, DFUT_ERROR_USAGE, "the context was freed before");
	result = dfut_context_need_buses(context, failure);
	if (result < 0)
		return result;
	/* Without patience any time will do. */
	if (timeout_ms >= 0)
		until_us = timeout_ms ? dfut_context_get_time_us(context) + (uint64_t)timeout_ms * 1000 : 0;
	return dfut_context_dispatch_until(context, until_us);
}

DFUT_API int dfut_context_dispatch(struct dfut_context *context, int timeout_ms)
{
	return dfut_context_dispatch_for(context, timeout_ms, &context->failure);
}

DFUT_API dfut_event dfut_context_get_event(struct dfut_context *context)
{
	return dfut_event_set_get_handle(context->events);
}

DFUT_API int dfut_context_get_timeout_ms(struct dfut_context *context)
{
	uint64_t now_us = dfut_context_get_time_us(context);
	struct dfut_failure ignored;
	uint64_t deadline_us;

	if (dfut_context_need_buses(context, &ignored) < 0)
		return BUSES_RETRY_MS;
	deadline_us = get_deadline_us(context);
	if (!context->clock)
		dfut_event_set_arm(context->events, deadline_us > now_us ? deadline_us : UINT64_MAX);
	if (deadline_us == UINT64_MAX)
		return -1;
	if (deadline_us <= now_us)
		return 0;
	return (deadline_us - now_us + 999) / 1000 < 60000 ? (int)((deadline_us - now_us + 999) / 1000) : 60000;
}
