/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The engine: runs one machine on one device; time limits, cancellation, and retries of a node that is not ready yet. */

#include <stdlib.h>
#include <string.h>

#include "core/engine.h"
#include "core/request.h"

#define OPEN_RETRY_US (DFUT_OPEN_RETRY_MS * 1000)

struct dfut_run {
	struct dfut_device *device;
	const struct dfut_machine_ops *ops;
	void *state;
	dfut_run_ended ended;
	void *owner;
	const struct dfut_transport_ops *transport_ops;
	void *transport;
	struct dfut_action action;
	struct dfut_request *request; /* under way */
	bool reopening;		      /* the wait is for the next try of an OPEN */
	uint64_t deadline_us;
	uint64_t limit_us; /* no deadline is later */
	uint64_t started_us;
	size_t actions;
	bool left; /* the device has */
};

DFUT_API const struct dfut_action *dfut_request_get_action(const struct dfut_request *request)
{
	return &request->action;
}

DFUT_API uint8_t *dfut_request_get_buffer(struct dfut_request *request)
{
	return request->buffer;
}

DFUT_API void dfut_request_complete(struct dfut_request *request, int result)
{
	struct dfut_inbox *inbox = request->inbox;
	bool closed;

	request->result = result;
	pthread_mutex_lock(&inbox->lock);
	closed = !inbox->events;
	if (!closed) {
		*inbox->end = request;
		request->next = NULL;
		inbox->end = &request->next;
		dfut_event_set_wake(inbox->events);
	}
	pthread_mutex_unlock(&inbox->lock);
	if (closed) {
		free(request);
		dfut_inbox_unref(inbox);
	}
}

static struct dfut_request *new_request(struct dfut_run *run)
{
	const struct dfut_action *action = &run->action;
	struct dfut_request *request = calloc(1, sizeof(*request) + action->length + 1u);

	if (!request)
		return NULL;
	request->inbox = run->device->context->inbox;
	pthread_mutex_lock(&request->inbox->lock);
	request->inbox->refs++;
	pthread_mutex_unlock(&request->inbox->lock);
	request->run = run;
	request->action = *action;
	if (action->data && action->length && !(action->request_type & 0x80))
		memcpy(request->buffer, action->data, action->length);
	request->action.data = request->buffer;
	return request;
}

static uint64_t now_us(const struct dfut_run *run)
{
	return dfut_context_get_time_us(run->device->context);
}

static void drop_request(struct dfut_run *run)
{
	struct dfut_request *request = run->request;

	if (!request)
		return;
	run->request = NULL;
	request->run = NULL;
	run->transport_ops->cancel(run->transport, request);
}

static void close_transport(struct dfut_run *run)
{
	drop_request(run);
	if (run->transport_ops)
		run->transport_ops->close(run->transport);
	run->transport_ops = NULL;
	run->transport = NULL;
}

int dfut_run_new(struct dfut_run **run, struct dfut_device *device, const struct dfut_machine_ops *ops,
		 const struct dfut_job *job, dfut_run_ended ended, void *owner)
{
	int result;

	*run = calloc(1, sizeof(**run));
	if (!*run)
		return DFUT_ERROR_NO_MEMORY;
	(*run)->state = calloc(1, ops->state_size);
	if (!(*run)->state) {
		free(*run);
		*run = NULL;
		return DFUT_ERROR_NO_MEMORY;
	}
	(*run)->device = dfut_device_ref(device);
	(*run)->ops = ops;
	(*run)->ended = ended;
	(*run)->owner = owner;
	(*run)->deadline_us = UINT64_MAX;
	(*run)->limit_us = UINT64_MAX;
	result = ops->begin((*run)->state, job);
	if (result < 0) {
		dfut_run_free(*run);
		*run = NULL;
	}
	return result;
}

void dfut_run_free(struct dfut_run *run)
{
	if (!run)
		return;
	close_transport(run);
	free(run->state);
	dfut_device_unref(run->device);
	free(run);
}

static const char *action_name(enum dfut_action_kind kind)
{
	switch (kind) {
	case DFUT_ACTION_OPEN:
		return "open";
	case DFUT_ACTION_CLOSE:
		return "close";
	case DFUT_ACTION_CONTROL:
		return "control";
	case DFUT_ACTION_RESET:
		return "reset";
	case DFUT_ACTION_ALTERNATE:
		return "alternate";
	case DFUT_ACTION_WAIT:
		return "wait";
	case DFUT_ACTION_DONE:
		return "done";
	case DFUT_ACTION_REPORT:
		return "report";
	case DFUT_ACTION_LINE_CODING:
		return "line coding";
	case DFUT_ACTION_LINES:
		return "lines";
	case DFUT_ACTION_READ:
		return "read";
	case DFUT_ACTION_WRITE:
		return "write";
	case DFUT_ACTION_RELEASE:
		return "release";
	case DFUT_ACTION_CONFIGURE:
		return "configure";
	case DFUT_ACTION_CLEAR_HALT:
		return "clear halt";
	case DFUT_ACTION_DRIVER:
		return "driver";
	}
	return "?";
}

static void log_action(const struct dfut_run *run, int result)
{
	const struct dfut_action *action = &run->action;

	dfut_context_log(run->device->context, DFUT_LOG_DEBUG, "%s %s: %s %02x %02x %04x %04x %u -> %s (%d)",
			 run->device->path, run->ops->name, action_name(action->kind), action->request_type,
			 action->request, action->value, action->index, action->length,
			 result < 0 ? dfut_error_get_name(result) : "ok", result);
}

/* Hands the action to the transport. 0, or the error that it ends with at once. */
static int submit(struct dfut_run *run)
{
	struct dfut_bus *bus = run->device->bus;
	int result;

	if (run->left)
		return DFUT_ERROR_GONE;
	if (!run->transport_ops) {
		result = bus->ops.connect(bus->self, run->device->instance, &run->transport_ops, &run->transport);
		if (result < 0) {
			run->transport_ops = NULL;
			return result;
		}
	}
	run->request = new_request(run);
	if (!run->request)
		return DFUT_ERROR_NO_MEMORY;
	run->deadline_us = now_us(run) + run->action.timeout_ms * UINT64_C(1000);
	if (run->deadline_us > run->limit_us)
		run->deadline_us = run->limit_us;
	run->transport_ops->submit(run->transport, run->request);
	return 0;
}

static bool reopen_later(struct dfut_run *run, int result)
{
	if (run->action.kind != DFUT_ACTION_OPEN || run->left || !dfut_device_is_settling(run->device, result) ||
	    now_us(run) + OPEN_RETRY_US >= run->limit_us)
		return false;
	run->reopening = true;
	run->deadline_us = now_us(run) + OPEN_RETRY_US;
	return true;
}

/* Asks the machine for its next action until one is under way. */
static void advance(struct dfut_run *run, const struct dfut_outcome *first)
{
	struct dfut_outcome outcome;
	const struct dfut_outcome *last = first;
	int result;

	for (;;) {
		memset(&run->action, 0, sizeof(run->action));
		run->deadline_us = UINT64_MAX;
		result = run->ops->next(run->state, last, &run->action);
		run->actions++;
		if (result < 0) {
			run->ended(run->owner, result, DFUT_END_STAYS);
			return;
		}
		switch (run->action.kind) {
		case DFUT_ACTION_DONE:
			run->ended(run->owner, 0, (enum dfut_end)run->action.value);
			return;
		case DFUT_ACTION_WAIT:
			if (run->action.timeout_ms && !run->left) {
				run->deadline_us = now_us(run) + run->action.timeout_ms * UINT64_C(1000);
				return;
			}
			result = run->left ? DFUT_ERROR_GONE : 0;
			break;
		case DFUT_ACTION_CLOSE:
			close_transport(run);
			break;
		case DFUT_ACTION_OPEN:
		case DFUT_ACTION_CONTROL:
		case DFUT_ACTION_RESET:
		case DFUT_ACTION_ALTERNATE:
		case DFUT_ACTION_REPORT:
		case DFUT_ACTION_LINE_CODING:
		case DFUT_ACTION_LINES:
		case DFUT_ACTION_READ:
		case DFUT_ACTION_WRITE:
		case DFUT_ACTION_RELEASE:
		case DFUT_ACTION_CONFIGURE:
		case DFUT_ACTION_CLEAR_HALT:
		case DFUT_ACTION_DRIVER:
			result = submit(run);
			if (result == 0 || reopen_later(run, result))
				return;
			break;
		}
		log_action(run, result);
		outcome = (struct dfut_outcome){ .result = result,
						 .elapsed_ms = (now_us(run) - run->started_us) / 1000 };
		last = &outcome;
	}
}

static void conclude(struct dfut_run *run, int result, const uint8_t *data)
{
	struct dfut_outcome outcome = { .result = result, .data = data };

	log_action(run, result);
	outcome.elapsed_ms = (now_us(run) - run->started_us) / 1000;
	advance(run, &outcome);
}

void dfut_run_begin(struct dfut_run *run)
{
	run->started_us = now_us(run);
	advance(run, NULL);
}

uint64_t dfut_run_get_deadline_us(const struct dfut_run *run)
{
	return run->deadline_us;
}

void dfut_run_expire(struct dfut_run *run)
{
	int result;

	if (run->reopening) {
		run->reopening = false;
		result = submit(run);
		if (result < 0 && !reopen_later(run, result))
			conclude(run, result, NULL);
		return;
	}
	if (!run->request) {
		conclude(run, 0, NULL);
		return;
	}
	drop_request(run);
	conclude(run, DFUT_ERROR_TIMEOUT, NULL);
}

void dfut_run_set_limit(struct dfut_run *run, uint64_t until_us)
{
	run->limit_us = until_us;
}

void dfut_run_wake(struct dfut_run *run)
{
	if (!run->request && !run->reopening)
		conclude(run, 0, NULL);
}

void dfut_run_device_left(struct dfut_run *run)
{
	run->left = true;
	run->reopening = false;
	drop_request(run);
	conclude(run, DFUT_ERROR_GONE, NULL);
}

void dfut_request_deliver(struct dfut_request *request)
{
	struct dfut_run *run = request->run;
	int result = request->result;

	if (run) {
		run->request = NULL;
		/* A transport that says more than was asked for is not believed. */
		if (result > request->action.length)
			result = DFUT_ERROR_IO;
		if (result >= 0 || !reopen_later(run, result))
			conclude(run, result, request->buffer);
	}
	dfut_inbox_unref(request->inbox);
	free(request);
}

void dfut_run_get_progress(const struct dfut_run *run, uint64_t *done, uint64_t *total)
{
	*done = 0;
	*total = 0;
	if (run->ops->progress)
		run->ops->progress(run->state, done, total);
}

enum dfut_session_state dfut_run_get_phase(const struct dfut_run *run, enum dfut_session_state otherwise)
{
	return run->ops->phase ? run->ops->phase(run->state) : otherwise;
}

size_t dfut_run_get_action_count(const struct dfut_run *run)
{
	return run->actions;
}
