/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Handles: raw access for scripts. A handle is a run like any other, whose machine rests until a call gives it an
 * action; so time limits, retries after an arrival and departures are the engine's. What can be done with it is in usb.c,
 * hid.c and serial.c beside it.
 */

#include <stdlib.h>
#include <string.h>

#include "handle/handle.h"

struct state {
	struct dfut_handle *handle;
	bool busy;
};

static int begin(void *data, const struct dfut_job *job)
{
	struct state *state = data;

	state->handle = job->writer_data;
	return 0;
}

static int next_action(void *data, const struct dfut_outcome *outcome, struct dfut_action *next)
{
	struct state *state = data;
	struct dfut_handle *handle = state->handle;

	if (state->busy) {
		state->busy = false;
		handle->answered = true;
		handle->result = outcome->result;
		if (outcome->result > 0 && outcome->data && handle->data)
			memcpy(handle->data, outcome->data, (size_t)outcome->result);
	} else if (outcome && outcome->result == DFUT_ERROR_GONE) {
		/* There is nothing left to wait for. */
		return DFUT_ERROR_GONE;
	}
	/* Until a call wakes it: a wait would end at once, and for ever, when the device has left. */
	if (!handle->wanted)
		return dfut_action_done(next, DFUT_END_STAYS);
	*next = *handle->wanted;
	handle->wanted = NULL;
	state->busy = true;
	return 0;
}

static const struct dfut_machine_ops machine = {
	.name = "handle",
	.state_size = sizeof(struct state),
	.begin = begin,
	.next = next_action,
};

/* The end of the machine is only the end of an action. */
static void ended(void *owner, int code, enum dfut_end end)
{
	(void)owner;
	(void)code;
	(void)end;
}

DFUT_API int dfut_handle_open(struct dfut_handle **handle, struct dfut_device *device)
{
	struct dfut_handle *made;
	int result;

	*handle = NULL;
	if (!device)
		return DFUT_ERROR_USAGE;
	made = calloc(1, sizeof(*made));
	if (!made)
		return dfut_fail_memory(&device->context->failure);
	made->job.writer_data = made;
	made->job.failure = &device->context->failure;
	result = dfut_run_new(&made->run, device, &machine, &made->job, ended, made);
	if (result < 0) {
		free(made);
		return dfut_fail_memory(&device->context->failure);
	}
	made->configuration = -1;
	made->context = dfut_context_ref(device->context);
	made->device = dfut_device_ref(device);
	dfut_run_begin(made->run);
	*handle = made;
	return 0;
}

DFUT_API void dfut_handle_close(struct dfut_handle *handle)
{
	if (!handle)
		return;
	dfut_run_free(handle->run);
	dfut_device_unref(handle->device);
	dfut_context_unref(handle->context);
	free(handle);
}

struct dfut_device *dfut_handle_find_present(const struct dfut_handle *handle)
{
	struct dfut_device *device = handle->context->devices;

	while (device && (device->bus != handle->device->bus || device->instance != handle->device->instance))
		device = device->next;
	return device;
}

static int wait_for_answer(struct dfut_handle *handle)
{
	struct dfut_context *context = handle->context;

	while (!handle->answered) {
		uint64_t deadline_us = dfut_run_get_deadline_us(handle->run);

		dfut_context_dispatch_until(context, deadline_us);
		if (handle->answered)
			break;
		if (!dfut_handle_find_present(handle))
			dfut_run_device_left(handle->run);
		else if (dfut_run_get_deadline_us(handle->run) <= dfut_context_get_time_us(context))
			dfut_run_expire(handle->run);
	}
	return handle->result;
}

int dfut_handle_explain(struct dfut_handle *handle, const struct dfut_action *action, int result)
{
	struct dfut_failure *failure = &handle->context->failure;
	const struct dfut_bus *bus = handle->device->bus;
	char text[128];

	dfut_device_describe(handle->device, text, sizeof(text));
	if (action->kind == DFUT_ACTION_OPEN && bus->ops.explain &&
	    (result == DFUT_ERROR_ACCESS || result == DFUT_ERROR_BUSY || result == DFUT_ERROR_NOT_FOUND) &&
	    bus->ops.explain(bus->self, handle->device->instance, action->link, action->channel, result))
		return result;
	return dfut_fail(failure, result, "%s: %s", text, dfut_error_get_text(result));
}

/* The log is told in the middle of a call, too. */
int dfut_handle_check_use(struct dfut_handle *handle)
{
	struct dfut_failure *failure = &handle->context->failure;

	if (handle->context->dispatching || handle->working)
		return dfut_fail(failure, DFUT_ERROR_USAGE, "a handle was used from inside a handler");
	dfut_failure_clear(failure);
	if (!dfut_handle_find_present(handle))
		return dfut_fail(failure, DFUT_ERROR_GONE, "the device is no longer there");
	return 0;
}

uint32_t dfut_handle_limit_call(struct dfut_handle *handle, unsigned int timeout_ms)
{
	/* Not that of the call that a handler is in the middle of */
	if (!handle->working)
		handle->until_us = timeout_ms ?
					   dfut_context_get_time_us(handle->context) + timeout_ms * UINT64_C(1000) :
					   UINT64_MAX;
	return UINT32_MAX;
}

static int limit_action(struct dfut_handle *handle, struct dfut_action *action)
{
	uint64_t now_us = dfut_context_get_time_us(handle->context);
	uint64_t left_ms = now_us < handle->until_us ? (handle->until_us - now_us + 999) / 1000 : 0;

	if (action->kind == DFUT_ACTION_CLOSE || handle->until_us == UINT64_MAX)
		return 0;
	if (action->timeout_ms > left_ms)
		action->timeout_ms = (uint32_t)left_ms;
	return left_ms ? 0 : DFUT_ERROR_TIMEOUT;
}

int dfut_handle_perform(struct dfut_handle *handle, const struct dfut_action *action, uint8_t *data)
{
	struct dfut_action limited = *action;
	int result;

	result = dfut_handle_check_use(handle);
	if (result < 0)
		return result;
	if (limit_action(handle, &limited) < 0)
		return dfut_handle_explain(handle, action, DFUT_ERROR_TIMEOUT);
	handle->wanted = &limited;
	handle->answered = false;
	handle->data = data;
	handle->working = true;
	handle->context->watchers++;
	dfut_run_set_limit(handle->run, handle->until_us);
	dfut_run_wake(handle->run);
	result = wait_for_answer(handle);
	handle->context->watchers--;
	handle->working = false;
	handle->data = NULL;
	return result < 0 ? dfut_handle_explain(handle, action, result) : result;
}

void dfut_handle_close_all(struct dfut_handle *handle)
{
	struct dfut_action action = { 0 };

	dfut_action_close(&action);
	if (dfut_handle_find_present(handle))
		dfut_handle_perform(handle, &action, NULL);
	memset(handle->opened, 0, sizeof(handle->opened));
}

/* It may yet be opened, when nobody waits for it any more. */
static void give_up_opening(struct dfut_handle *handle)
{
	struct dfut_failure failure = handle->context->failure;

	dfut_handle_close_all(handle);
	handle->context->failure = failure;
}

int dfut_handle_need_open(struct dfut_handle *handle, enum dfut_link link, uint8_t channel)
{
	struct dfut_action action = {
		.kind = DFUT_ACTION_OPEN, .link = link, .channel = channel, .timeout_ms = DFUT_OPEN_TIMEOUT_MS
	};
	int result;

	if (handle->opened[link][channel])
		return 0;
	action.value = link == DFUT_LINK_USB && handle->keeps_drivers;
	result = dfut_handle_perform(handle, &action, NULL);
	handle->opened[link][channel] = result == 0;
	if (result == DFUT_ERROR_TIMEOUT)
		give_up_opening(handle);
	return result;
}

int dfut_handle_check_data(struct dfut_handle *handle, const void *data, uint16_t length)
{
	return length && !data ? dfut_fail(&handle->context->failure, DFUT_ERROR_USAGE,
					   "there is no data, but %u bytes of it", length) :
				 0;
}
