/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Handles: raw access for scripts. A handle is a run like any other, whose machine rests until a call gives it an
 * action; so time limits, retries after an arrival and departures are the engine's.
 */

#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "target.h"

#define LINK_COUNT 3
#define OPEN_TIMEOUT_MS 12000
#define SETUP_TIMEOUT_MS 5000
#define RECIPIENT_MASK 0x1f
#define RECIPIENT_INTERFACE 0x01
#define TYPE_MASK 0x60
#define TYPE_VENDOR 0x40

/* USB 2.0, 9.6 */
#define CONFIGURATION_DESCRIPTOR 2
#define CONFIGURATION_VALUE 5
#define INTERFACE_DESCRIPTOR 4
#define INTERFACE_NUMBER 2
#define ENDPOINT_DESCRIPTOR 5
#define ENDPOINT_ADDRESS 2
#define ENDPOINT_ATTRIBUTES 3
#define ENDPOINT_SIZE 7
#define TRANSFER_TYPE_MASK 3
#define TRANSFER_BULK 2

struct dfut_handle {
	struct dfut_context *context;
	struct dfut_device *device;
	struct dfut_run *run;
	struct dfut_job job;
	const struct dfut_action *wanted;	/* by the call that runs; NULL once the machine has it */
	bool working;				/* a call runs */
	bool answered;
	int result;
	uint8_t *data;				/* room for what comes in */
	uint64_t until_us;			/* the end of the time that the call has, opening included */
	bool opened[LINK_COUNT][256];
	bool keeps_drivers;
	int configuration;			/* that a call has selected, -1 if none has */
};

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

/* Device objects are replaced when their facts change; the device is the same as long as its instance is. */
static struct dfut_device *find_present(const struct dfut_handle *handle)
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
		if (!find_present(handle))
			dfut_run_device_left(handle->run);
		else if (dfut_run_get_deadline_us(handle->run) <= dfut_context_get_time_us(context))
			dfut_run_expire(handle->run);
	}
	return handle->result;
}

static int explain(struct dfut_handle *handle, const struct dfut_action *action, int result)
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
static int check_use(struct dfut_handle *handle)
{
	struct dfut_failure *failure = &handle->context->failure;

	if (handle->context->dispatching || handle->working)
		return dfut_fail(failure, DFUT_ERROR_USAGE, "a handle was used from inside a handler");
	dfut_failure_clear(failure);
	if (!find_present(handle))
		return dfut_fail(failure, DFUT_ERROR_GONE, "the device is no longer there");
	return 0;
}

/* For the whole call; its action gets what is left. */
static uint32_t limit_call(struct dfut_handle *handle, unsigned int timeout_ms)
{
	/* Not that of the call that a handler is in the middle of */
	if (!handle->working)
		handle->until_us = timeout_ms ? dfut_context_get_time_us(handle->context) + timeout_ms * UINT64_C(1000) :
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

/* Carries one action out; what comes in goes to `data`, which has room for the action's length. */
static int perform(struct dfut_handle *handle, const struct dfut_action *action, uint8_t *data)
{
	struct dfut_action limited = *action;
	int result;

	result = check_use(handle);
	if (result < 0)
		return result;
	if (limit_action(handle, &limited) < 0)
		return explain(handle, action, DFUT_ERROR_TIMEOUT);
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
	return result < 0 ? explain(handle, action, result) : result;
}

static void close_all(struct dfut_handle *handle)
{
	struct dfut_action action = { 0 };

	dfut_action_close(&action);
	if (find_present(handle))
		perform(handle, &action, NULL);
	memset(handle->opened, 0, sizeof(handle->opened));
}

/* It may yet be opened, when nobody waits for it any more. */
static void give_up_opening(struct dfut_handle *handle)
{
	struct dfut_failure failure = handle->context->failure;

	close_all(handle);
	handle->context->failure = failure;
}

static int need_open(struct dfut_handle *handle, enum dfut_link link, uint8_t channel)
{
	struct dfut_action action = { .kind = DFUT_ACTION_OPEN, .link = link, .channel = channel, .timeout_ms = OPEN_TIMEOUT_MS };
	int result;

	if (handle->opened[link][channel])
		return 0;
	action.value = link == DFUT_LINK_USB && handle->keeps_drivers;
	result = perform(handle, &action, NULL);
	handle->opened[link][channel] = result == 0;
	if (result == DFUT_ERROR_TIMEOUT)
		give_up_opening(handle);
	return result;
}

static int check_data(struct dfut_handle *handle, const void *data, uint16_t length)
{
	return length && !data ? dfut_fail(&handle->context->failure, DFUT_ERROR_USAGE, "there is no data, but %u bytes of it",
					   length) : 0;
}

/* USB. */

DFUT_API int dfut_handle_control(struct dfut_handle *handle, uint8_t request_type, uint8_t request, uint16_t value,
				 uint16_t index, void *data, uint16_t length, unsigned int timeout_ms)
{
	bool is_in = request_type & 0x80;
	struct dfut_action action = {
		.kind = DFUT_ACTION_CONTROL,
		.channel = DFUT_CHANNEL_DEVICE,
		.request_type = request_type,
		.request = request,
		.value = value,
		.index = index,
		.length = length,
		.data = is_in ? NULL : data,
		.timeout_ms = limit_call(handle, timeout_ms),
	};
	int result = check_data(handle, data, length);

	/* Systems want no claim for vendor requests (Linux, devio.c), and for none to the device. */
	if ((request_type & RECIPIENT_MASK) == RECIPIENT_INTERFACE && (request_type & TYPE_MASK) != TYPE_VENDOR)
		action.channel = (uint8_t)index;
	if (result == 0)
		result = need_open(handle, DFUT_LINK_USB, action.channel);
	return result < 0 ? result : perform(handle, &action, is_in ? data : NULL);
}

DFUT_API int dfut_handle_reset(struct dfut_handle *handle, unsigned int timeout_ms)
{
	struct dfut_action action = { .kind = DFUT_ACTION_RESET, .channel = DFUT_CHANNEL_DEVICE,
				      .timeout_ms = limit_call(handle, timeout_ms) };
	int result = need_open(handle, DFUT_LINK_USB, DFUT_CHANNEL_DEVICE);

	return result < 0 ? result : perform(handle, &action, NULL);
}

/* One short exchange with the system or the device. */
static int set_up(struct dfut_handle *handle, struct dfut_action *action, uint8_t open_channel)
{
	int result;

	action->timeout_ms = limit_call(handle, OPEN_TIMEOUT_MS + SETUP_TIMEOUT_MS);
	result = need_open(handle, DFUT_LINK_USB, open_channel);
	return result < 0 ? result : perform(handle, action, NULL);
}

DFUT_API void dfut_handle_set_keeps_drivers(struct dfut_handle *handle, bool keeps_drivers)
{
	handle->keeps_drivers = keeps_drivers;
}

DFUT_API int dfut_handle_open_device(struct dfut_handle *handle)
{
	limit_call(handle, OPEN_TIMEOUT_MS);
	return need_open(handle, DFUT_LINK_USB, DFUT_CHANNEL_DEVICE);
}

static int check_interface(struct dfut_handle *handle, uint8_t interface)
{
	return interface == DFUT_CHANNEL_DEVICE ? dfut_fail(&handle->context->failure, DFUT_ERROR_USAGE,
							     "there is no interface %u", interface) : 0;
}

DFUT_API int dfut_handle_claim(struct dfut_handle *handle, uint8_t interface)
{
	int result = check_interface(handle, interface);

	limit_call(handle, OPEN_TIMEOUT_MS);
	return result < 0 ? result : need_open(handle, DFUT_LINK_USB, interface);
}

DFUT_API int dfut_handle_release(struct dfut_handle *handle, uint8_t interface)
{
	struct dfut_action action = { .kind = DFUT_ACTION_RELEASE, .channel = interface,
				      .timeout_ms = limit_call(handle, SETUP_TIMEOUT_MS) };
	int result = check_interface(handle, interface);

	if (result < 0 || !handle->opened[DFUT_LINK_USB][interface])
		return result;
	handle->opened[DFUT_LINK_USB][interface] = false;
	return perform(handle, &action, NULL);
}

DFUT_API int dfut_handle_set_configuration(struct dfut_handle *handle, uint8_t configuration)
{
	struct dfut_action action = { .kind = DFUT_ACTION_CONFIGURE, .channel = DFUT_CHANNEL_DEVICE, .value = configuration };
	int result = set_up(handle, &action, DFUT_CHANNEL_DEVICE);

	if (result == 0)
		handle->configuration = configuration;
	return result;
}

DFUT_API int dfut_handle_set_alternate(struct dfut_handle *handle, uint8_t interface, uint8_t alternate)
{
	struct dfut_action action = { .kind = DFUT_ACTION_ALTERNATE, .channel = interface, .value = alternate };
	int result = check_interface(handle, interface);

	return result < 0 ? result : set_up(handle, &action, interface);
}

DFUT_API int dfut_handle_clear_halt(struct dfut_handle *handle, uint8_t endpoint)
{
	struct dfut_action action = { .kind = DFUT_ACTION_CLEAR_HALT, .channel = DFUT_CHANNEL_DEVICE, .index = endpoint };

	return set_up(handle, &action, DFUT_CHANNEL_DEVICE);
}

static int ask_driver(struct dfut_handle *handle, uint8_t interface, enum dfut_driver_request request)
{
	struct dfut_action action = { .kind = DFUT_ACTION_DRIVER, .channel = interface, .request = (uint8_t)request,
				      .length = 1 };
	int result = check_interface(handle, interface);

	return result < 0 ? result : set_up(handle, &action, DFUT_CHANNEL_DEVICE);
}

DFUT_API int dfut_handle_has_driver(struct dfut_handle *handle, uint8_t interface)
{
	return ask_driver(handle, interface, DFUT_DRIVER_ASK);
}

DFUT_API int dfut_handle_detach_driver(struct dfut_handle *handle, uint8_t interface)
{
	return ask_driver(handle, interface, DFUT_DRIVER_DETACH);
}

DFUT_API int dfut_handle_attach_driver(struct dfut_handle *handle, uint8_t interface)
{
	return ask_driver(handle, interface, DFUT_DRIVER_ATTACH);
}

/* An endpoint of a configuration, and the interface that it is of; NULL if there is none. */
static const uint8_t *find_endpoint(const struct dfut_device *device, uint8_t configuration, uint8_t address,
				    uint8_t *interface)
{
	size_t left;
	const uint8_t *at = dfut_device_get_descriptors(device, &left);
	bool is_meant = false;

	for (; left >= 2 && at[0] >= 2 && at[0] <= left; left -= at[0], at += at[0]) {
		if (at[1] == CONFIGURATION_DESCRIPTOR && at[0] > CONFIGURATION_VALUE)
			is_meant = at[CONFIGURATION_VALUE] == configuration;
		else if (at[1] == INTERFACE_DESCRIPTOR && at[0] > INTERFACE_NUMBER)
			*interface = at[INTERFACE_NUMBER];
		else if (is_meant && at[1] == ENDPOINT_DESCRIPTOR && at[0] >= ENDPOINT_SIZE && at[ENDPOINT_ADDRESS] == address)
			return at;
	}
	return NULL;
}

static uint8_t get_configuration(const struct dfut_handle *handle)
{
	const struct dfut_device *device = find_present(handle);

	if (handle->configuration >= 0)
		return (uint8_t)handle->configuration;
	return dfut_device_get_configuration(device ? device : handle->device);
}

DFUT_API int dfut_handle_transfer(struct dfut_handle *handle, uint8_t endpoint, void *data, uint16_t length,
				  unsigned int timeout_ms)
{
	bool is_in = endpoint & 0x80;
	struct dfut_action action = {
		.kind = is_in ? DFUT_ACTION_READ : DFUT_ACTION_WRITE,
		.request_type = endpoint & 0x80,
		.index = endpoint,
		.length = length,
		.data = is_in ? NULL : data,
		.timeout_ms = limit_call(handle, timeout_ms && timeout_ms < UINT32_MAX - DFUT_ENDPOINT_GRACE_MS ?
							 timeout_ms + DFUT_ENDPOINT_GRACE_MS : 0),
	};
	const uint8_t *descriptor = find_endpoint(handle->device, get_configuration(handle), endpoint, &action.channel);
	int result = check_data(handle, data, length);

	if (result < 0)
		return result;
	if (!descriptor)
		return dfut_fail(&handle->context->failure, DFUT_ERROR_NOT_FOUND, "there is no endpoint 0x%02x", endpoint);
	action.request = descriptor[ENDPOINT_ATTRIBUTES] & TRANSFER_TYPE_MASK;
	if (action.request < TRANSFER_BULK)
		return dfut_fail(&handle->context->failure, DFUT_ERROR_UNSUPPORTED,
				 "endpoint 0x%02x is neither a bulk nor an interrupt endpoint", endpoint);
	result = need_open(handle, DFUT_LINK_USB, action.channel);
	return result < 0 ? result : perform(handle, &action, is_in ? data : NULL);
}

/* HID. */

/* Which input report comes is the device's choice. */
static bool find_report(struct dfut_target *target, const struct dfut_device *device, int interface,
			enum dfut_report_type type, uint8_t id)
{
	struct dfut_report report = { .type = type, .id = id };
	unsigned int last = type == DFUT_REPORT_INPUT ? 255 : id;

	for (unsigned int at = id; at <= last; at++) {
		report.id = (uint8_t)at;
		if (dfut_target_find_report(target, device, interface, &report))
			return true;
	}
	return false;
}

static int open_report(struct dfut_handle *handle, int interface, enum dfut_report_type type, uint8_t id,
		       struct dfut_action *action)
{
	struct dfut_target target;
	struct dfut_device *device = find_present(handle);

	if (interface < -1 || interface > 254)
		return dfut_fail(&handle->context->failure, DFUT_ERROR_USAGE, "there is no interface %d", interface);
	if (!find_report(&target, device ? device : handle->device, interface, type, id))
		return dfut_fail(&handle->context->failure, DFUT_ERROR_NOT_FOUND, "no HID interface has such a report");
	action->kind = DFUT_ACTION_REPORT;
	action->link = DFUT_LINK_HID;
	action->channel = target.interface;
	action->request = (uint8_t)type;
	action->value = id;
	return need_open(handle, DFUT_LINK_HID, target.interface);
}

DFUT_API int dfut_handle_send_report(struct dfut_handle *handle, int interface, enum dfut_report_type type, uint8_t id,
				     const void *data, uint16_t length, unsigned int timeout_ms)
{
	struct dfut_action action = { .length = length, .data = data, .timeout_ms = limit_call(handle, timeout_ms) };
	int result = check_data(handle, data, length);

	if (type != DFUT_REPORT_FEATURE && type != DFUT_REPORT_OUTPUT)
		return dfut_fail(&handle->context->failure, DFUT_ERROR_USAGE, "feature and output reports are sent");
	if (result == 0)
		result = open_report(handle, interface, type, id, &action);
	if (result == 0)
		result = perform(handle, &action, NULL);
	return result < 0 ? result : 0;
}

DFUT_API int dfut_handle_get_feature_report(struct dfut_handle *handle, int interface, uint8_t id, void *data,
					    uint16_t length, unsigned int timeout_ms)
{
	struct dfut_action action = { .request_type = 0x80, .length = length, .timeout_ms = limit_call(handle, timeout_ms) };
	int result = check_data(handle, data, length);

	if (result == 0)
		result = open_report(handle, interface, DFUT_REPORT_FEATURE, id, &action);
	return result < 0 ? result : perform(handle, &action, data);
}

/* The report's id comes in front of its data. */
DFUT_API int dfut_handle_read_report(struct dfut_handle *handle, int interface, uint8_t *id, void *data, uint16_t length,
				     unsigned int timeout_ms)
{
	struct dfut_action action = { .request_type = 0x80, .timeout_ms = limit_call(handle, timeout_ms) };
	int result = check_data(handle, data, length);
	uint8_t *room;

	if (result < 0)
		return result;
	action.length = length < UINT16_MAX ? (uint16_t)(length + 1) : UINT16_MAX;
	room = malloc(action.length);
	if (!room)
		return dfut_fail_memory(&handle->context->failure);
	result = open_report(handle, interface, DFUT_REPORT_INPUT, 0, &action);
	if (result == 0)
		result = perform(handle, &action, room);
	if (result > 0 && id)
		*id = room[0];
	if (result > 1)
		memcpy(data, room + 1, (size_t)result - 1);
	free(room);
	return result > 0 ? result - 1 : result;
}

/* Serial. */

static int open_serial(struct dfut_handle *handle, int interface, struct dfut_action *action)
{
	struct dfut_device *device = find_present(handle);
	struct dfut_target target;

	if (interface < -1 || interface > 254)
		return dfut_fail(&handle->context->failure, DFUT_ERROR_USAGE, "there is no interface %d", interface);
	if (!dfut_target_find_serial(&target, device ? device : handle->device, interface))
		return dfut_fail(&handle->context->failure, DFUT_ERROR_NOT_FOUND, "the device has no such serial port");
	action->link = DFUT_LINK_SERIAL;
	action->channel = target.interface;
	return need_open(handle, DFUT_LINK_SERIAL, target.interface);
}

static int perform_serial(struct dfut_handle *handle, int interface, struct dfut_action *action, void *data)
{
	int result = open_serial(handle, interface, action);

	return result < 0 ? result : perform(handle, action, data);
}

DFUT_API int dfut_handle_set_line_coding(struct dfut_handle *handle, int interface, const struct dfut_line_coding *coding,
					 unsigned int timeout_ms)
{
	struct dfut_action action = { .kind = DFUT_ACTION_LINE_CODING, .timeout_ms = limit_call(handle, timeout_ms) };

	if (!coding || !coding->baud || coding->stop_bits < 1 || coding->stop_bits > 2 || coding->parity > 4 ||
	    coding->data_bits < 5 || coding->data_bits > 8)
		return dfut_fail(&handle->context->failure, DFUT_ERROR_USAGE, "there is no such line coding");
	action.line_coding = *coding;
	return perform_serial(handle, interface, &action, NULL);
}

DFUT_API int dfut_handle_set_lines(struct dfut_handle *handle, int interface, int dtr, int rts, unsigned int timeout_ms)
{
	struct dfut_action action = { 0 };

	if (dtr < -1 || dtr > 1 || rts < -1 || rts > 1)
		return dfut_fail(&handle->context->failure, DFUT_ERROR_USAGE, "a line is 1, 0 or -1");
	dfut_action_lines(&action, 0, dtr, rts);
	action.timeout_ms = limit_call(handle, timeout_ms);
	return perform_serial(handle, interface, &action, NULL);
}

DFUT_API int dfut_handle_read_serial(struct dfut_handle *handle, int interface, void *data, uint16_t length,
				     unsigned int timeout_ms)
{
	struct dfut_action action = { .kind = DFUT_ACTION_READ, .request_type = 0x80, .length = length,
				      .timeout_ms = limit_call(handle, timeout_ms) };

	if (!data || !length)
		return dfut_fail(&handle->context->failure, DFUT_ERROR_USAGE, "there is no room to read into");
	return perform_serial(handle, interface, &action, data);
}

DFUT_API int dfut_handle_write_serial(struct dfut_handle *handle, int interface, const void *data, uint16_t length,
				      unsigned int timeout_ms)
{
	struct dfut_action action = { .kind = DFUT_ACTION_WRITE, .length = length, .data = data,
				      .timeout_ms = limit_call(handle, timeout_ms) };
	int result = check_data(handle, data, length);

	return result < 0 ? result : perform_serial(handle, interface, &action, NULL);
}

/* The machine of the trigger, whose actions go the way of this handle's: a port that it has open is in nobody's way. */
static int run_touch(struct dfut_handle *handle, const struct dfut_job *job)
{
	const struct dfut_machine_ops *touch = &dfut_serial_touch_machine;
	struct dfut_outcome outcome = { 0 };
	struct dfut_action action = { 0 };
	void *state = calloc(1, touch->state_size);
	int result;

	if (!state)
		return dfut_fail_memory(&handle->context->failure);
	result = touch->begin(state, job);
	if (result == 0)
		result = touch->next(state, NULL, &action);
	while (result == 0 && action.kind != DFUT_ACTION_DONE) {
		if (dfut_context_get_time_us(handle->context) >= handle->until_us) {
			result = dfut_fail(&handle->context->failure, DFUT_ERROR_TIMEOUT, "the touch was not over in time");
			break;
		}
		if (action.kind == DFUT_ACTION_CLOSE)
			close_all(handle);
		else if (action.kind == DFUT_ACTION_OPEN)
			outcome.result = need_open(handle, DFUT_LINK_SERIAL, action.channel);
		else
			outcome.result = perform(handle, &action, NULL);
		memset(&action, 0, sizeof(action));
		result = touch->next(state, &outcome, &action);
	}
	free(state);
	return result;
}

DFUT_API int dfut_handle_touch(struct dfut_handle *handle, int interface, uint32_t baud, unsigned int timeout_ms)
{
	struct dfut_context *context = handle->context;
	struct dfut_trigger trigger = { .machine = &dfut_serial_touch_machine, .number = interface, .baud = baud };
	struct dfut_job job = { .failure = &context->failure, .trigger = &trigger };
	struct dfut_failure failure;
	struct dfut_target target;
	struct dfut_action open = { .kind = DFUT_ACTION_OPEN, .link = DFUT_LINK_SERIAL };
	int result = check_use(handle);

	if (result < 0)
		return result;
	if (!baud || interface < -1 || interface > 254)
		return dfut_fail(&context->failure, DFUT_ERROR_USAGE, "there is no such touch");
	if (!dfut_target_find_serial(&target, find_present(handle), interface))
		return dfut_fail(&context->failure, DFUT_ERROR_NOT_FOUND, "the device has no such serial port");
	job.interface = target.interface;
	open.channel = target.interface;
	limit_call(handle, timeout_ms);
	result = run_touch(handle, &job);
	if (result == DFUT_ERROR_ACCESS || result == DFUT_ERROR_BUSY || result == DFUT_ERROR_NOT_FOUND)
		explain(handle, &open, result);
	failure = context->failure;
	if (handle->opened[DFUT_LINK_SERIAL][target.interface])
		close_all(handle);
	dfut_failure_clear(&context->failure);
	if (result < 0)
		context->failure = failure;
	return result;
}
