/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Handles: raw access for scripts. A handle is a run like any other, on which each call runs a machine and dispatches the
 * context until that has ended; so time limits, retries after an arrival and departures are the engine's. What can be done
 * with it is in usb.c, hid.c and serial.c beside it.
 */

#include <stdlib.h>
#include <string.h>

#include "handle/handle.h"

/* What has more bytes may be what a memory holds. */
#define SHORT_SIZE 64

/* The machine of one action. */
struct call {
	const struct dfut_action *action;
	uint8_t *data; /* room for what comes in, NULL if nothing does */
	int result;
};

static int begin(void *state, const struct dfut_job *job)
{
	struct call **call = state;

	*call = job->writer_data;
	return 0;
}

static int next_action(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct call *call = *(struct call **)state;

	if (!outcome) {
		next->kind = DFUT_NEXT_ACT;
		next->action = *call->action;
		/* Nobody here knows what it is. */
		next->action.has_content = dfut_action_get_length(call->action) > SHORT_SIZE;
		return 0;
	}
	call->result = outcome->result;
	if (outcome->result > 0 && outcome->data && call->data)
		memcpy(call->data, outcome->data, (size_t)outcome->result);
	return outcome->result < 0 ? outcome->result : dfut_next_done(next, DFUT_END_STAYS);
}

static const struct dfut_machine_ops machine = {
	.name = "handle",
	.state_size = sizeof(struct call *),
	.begin = begin,
	.next = next_action,
};

static void ended(void *owner, int code, enum dfut_end end)
{
	struct dfut_handle *handle = owner;

	(void)end;
	handle->ended = true;
	handle->result = code;
}

DFUT_API int dfut_handle_new(struct dfut_handle **handle, struct dfut_device *device)
{
	struct dfut_handle *made;
	struct dfut_peer peer;

	*handle = NULL;
	if (!device)
		return DFUT_ERROR_USAGE;
	made = calloc(1, sizeof(*made));
	if (!made)
		return dfut_fail_memory(&device->context->failure);
	peer = dfut_device_get_peer(device);
	if (dfut_run_new(&made->run, &peer, NULL, ended, made) < 0) {
		free(made);
		return dfut_fail_memory(&device->context->failure);
	}
	made->configuration = -1;
	made->context = dfut_context_ref(device->context);
	made->device = dfut_device_ref(device);
	*handle = made;
	return 0;
}

DFUT_API void dfut_handle_free(struct dfut_handle *handle)
{
	if (!handle)
		return;
	if (handle->working) {
		dfut_fail(&handle->context->failure, DFUT_ERROR_USAGE, "a handle was closed in the middle of a call");
		return;
	}
	dfut_run_free(handle->run);
	dfut_device_unref(handle->device);
	dfut_context_unref(handle->context);
	free(handle);
}

struct dfut_device *dfut_handle_find_present(const struct dfut_handle *handle)
{
	struct dfut_device *device = dfut_registry_get_devices(handle->context);

	while (device && (device->bus != handle->device->bus || device->instance != handle->device->instance))
		device = device->next;
	return device;
}

int dfut_handle_explain(struct dfut_handle *handle, const struct dfut_action *action, int result)
{
	struct dfut_failure *failure = &handle->context->failure;
	char text[128];

	if (action->kind == DFUT_ACTION_OPEN && dfut_bus_explain(handle->device->bus, handle->device->instance,
								 action->link, action->channel, result, failure))
		return result;
	return dfut_fail(failure, result, "%s: %s", dfut_device_describe(handle->device, text, sizeof(text)),
			 dfut_error_get_text(result));
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

int dfut_handle_run(struct dfut_handle *handle, const struct dfut_machine_ops *ops, const struct dfut_job *job)
{
	int result;

	handle->working = true;
	handle->ended = false;
	result = dfut_run_begin(handle->run, ops, job);
	while (result == 0 && !handle->ended)
		dfut_context_dispatch_until(handle->context, UINT64_MAX);
	handle->working = false;
	return result < 0 ? result : handle->result;
}

int dfut_handle_perform(struct dfut_handle *handle, const struct dfut_action *action, uint8_t *data)
{
	struct call call = { .action = action, .data = data };
	struct dfut_job job = { .failure = &handle->context->failure, .writer_data = &call };
	int result = dfut_handle_check_use(handle);

	if (result < 0)
		return result;
	dfut_run_set_limit(handle->run, handle->until_us);
	result = dfut_handle_run(handle, &machine, &job);
	return result < 0 ? dfut_handle_explain(handle, action, result) : call.result;
}

void dfut_handle_close_all(struct dfut_handle *handle)
{
	struct dfut_action action = { .kind = DFUT_ACTION_CLOSE };
	struct call call = { .action = &action };
	struct dfut_failure ignored;
	struct dfut_job job = { .failure = &ignored, .writer_data = &call };

	if (!dfut_handle_find_present(handle))
		return;
	dfut_run_set_limit(handle->run, UINT64_MAX);
	dfut_handle_run(handle, &machine, &job);
}

int dfut_handle_need_open(struct dfut_handle *handle, enum dfut_link link, uint8_t channel)
{
	struct dfut_action action = {
		.kind = DFUT_ACTION_OPEN, .link = link, .channel = channel, .timeout_ms = DFUT_OPEN_TIMEOUT_MS
	};
	int result = dfut_handle_check_use(handle);

	if (result < 0 || dfut_run_has_open(handle->run, link, channel))
		return result;
	action.open.keeps_driver = link == DFUT_LINK_USB && handle->keeps_drivers;
	result = dfut_handle_perform(handle, &action, NULL);
	/* It may yet be opened, when nobody waits for it any more. */
	if (result == DFUT_ERROR_TIMEOUT)
		dfut_handle_close_all(handle);
	return result;
}

int dfut_handle_check_data(struct dfut_handle *handle, const void *data, uint16_t length)
{
	return length && !data ? dfut_fail(&handle->context->failure, DFUT_ERROR_USAGE,
					   "no data was given for %u bytes", length) :
				 0;
}
