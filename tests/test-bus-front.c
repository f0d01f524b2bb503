/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A recorder: a bus in front of another one, written with the public header alone. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dfutrigger-transport.h"

#define TAPE_SIZE 4000
#define VENDOR_IN 0xc0
#define VENDOR_OUT 0x40
#define REQUEST_HANGS 9

TestSuite(bus_front, .timeout = 30);

/* The recorder. */

struct recorder {
	const struct dfut_bus_ops *ops; /* of the bus behind */
	void *self;
	struct dfut_bus *front;
	struct dfut_bus *behind;
	pthread_mutex_t lock; /* answers come from any thread */
	char *tape;
};

struct recorded_transport {
	struct recorder *recorder;
	const struct dfut_transport_ops *ops;
	void *transport;
	struct recorded_request *last; /* under the lock */
};

struct recorded_request {
	struct recorded_transport *transport;
	struct dfut_request *front; /* NULL: nobody waits for it any more */
	struct dfut_request *behind;
};

static void note(struct recorder *recorder, const char *text, ...)
{
	size_t used;
	va_list arguments;

	pthread_mutex_lock(&recorder->lock);
	used = strlen(recorder->tape);
	va_start(arguments, text);
	vsnprintf(recorder->tape + used, TAPE_SIZE - used, text, arguments);
	va_end(arguments);
	pthread_mutex_unlock(&recorder->lock);
}

static void recorded_completed(void *owner, struct dfut_request *behind, int result)
{
	struct recorded_request *own = owner;
	struct recorder *recorder = own->transport->recorder;
	bool is_in = dfut_action_is_in(dfut_request_get_action(behind));

	note(recorder, "= %d\n", result);
	if (result > 0 && is_in)
		memcpy(dfut_request_get_buffer(own->front), dfut_request_get_buffer(behind), (size_t)result);
	pthread_mutex_lock(&recorder->lock);
	if (own->transport->last == own)
		own->transport->last = NULL;
	pthread_mutex_unlock(&recorder->lock);
	dfut_request_complete(own->front, result);
	dfut_request_free(behind);
	free(own);
}

static void recorded_submit(void *self, struct dfut_request *request)
{
	struct recorded_transport *transport = self;
	struct recorded_request *own = calloc(1, sizeof(*own));
	const struct dfut_action *action = dfut_request_get_action(request);
	struct dfut_request *behind;

	if (!own || dfut_request_new(&behind, action, recorded_completed, own) < 0) {
		free(own);
		dfut_request_complete(request, DFUT_ERROR_NO_MEMORY);
		return;
	}
	note(transport->recorder, "submit %d ", action->kind);
	*own = (struct recorded_request){ transport, request, behind };
	pthread_mutex_lock(&transport->recorder->lock);
	transport->last = own;
	pthread_mutex_unlock(&transport->recorder->lock);
	transport->ops->submit(transport->transport, behind);
}

static void recorded_cancel(void *self, struct dfut_request *request)
{
	struct recorded_transport *transport = self;
	struct dfut_request *behind = NULL;

	pthread_mutex_lock(&transport->recorder->lock);
	if (transport->last && transport->last->front == request)
		behind = transport->last->behind;
	pthread_mutex_unlock(&transport->recorder->lock);
	note(transport->recorder, "cancel\n");
	if (behind)
		transport->ops->cancel(transport->transport, behind);
}

static void recorded_close(void *self)
{
	struct recorded_transport *transport = self;

	note(transport->recorder, "close\n");
	transport->ops->close(transport->transport);
	free(transport);
}

static bool recorded_is_queued(void *self, struct dfut_request *request)
{
	const struct recorded_transport *transport = self;
	struct dfut_request *behind = NULL;

	pthread_mutex_lock(&transport->recorder->lock);
	if (transport->last && transport->last->front == request)
		behind = transport->last->behind;
	pthread_mutex_unlock(&transport->recorder->lock);
	return behind && transport->ops->is_queued && transport->ops->is_queued(transport->transport, behind);
}

static const struct dfut_transport_ops recorded_ops = {
	.size = sizeof(struct dfut_transport_ops),
	.submit = recorded_submit,
	.cancel = recorded_cancel,
	.close = recorded_close,
	.is_queued = recorded_is_queued,
};

static int recorder_report(void *data, const struct dfut_device_facts *facts)
{
	struct recorder *recorder = data;

	note(recorder, "report %s\n", facts->path);
	return dfut_bus_report(recorder->front, facts);
}

static int recorder_start(void *self, struct dfut_bus *bus)
{
	struct recorder *recorder = self;
	int result = dfut_bus_new_behind(&recorder->behind, bus, recorder_report, recorder);

	recorder->front = bus;
	return result < 0 ? result : recorder->ops->start(recorder->self, recorder->behind);
}

static void recorder_stop(void *self)
{
	struct recorder *recorder = self;

	recorder->ops->stop(recorder->self);
	dfut_bus_free_behind(recorder->behind);
	pthread_mutex_destroy(&recorder->lock);
	free(recorder);
}

static int recorder_scan(void *self, bool may_block)
{
	struct recorder *recorder = self;

	return recorder->ops->scan(recorder->self, may_block);
}

static int recorder_connect(void *self, uint64_t instance, const struct dfut_transport_ops **ops, void **out)
{
	struct recorder *recorder = self;
	struct recorded_transport *transport = calloc(1, sizeof(*transport));
	int result = transport ? 0 : DFUT_ERROR_NO_MEMORY;

	if (result == 0)
		result = recorder->ops->connect(recorder->self, instance, &transport->ops, &transport->transport);
	if (result < 0) {
		free(transport);
		return result;
	}
	transport->recorder = recorder;
	*ops = &recorded_ops;
	*out = transport;
	return 0;
}

static void recorder_dispatch(void *self)
{
	struct recorder *recorder = self;

	if (recorder->ops->dispatch)
		recorder->ops->dispatch(recorder->self);
}

static void recorder_ready(void *self, void *owner)
{
	struct recorder *recorder = self;

	recorder->ops->ready(recorder->self, owner);
}

static uint64_t recorder_get_deadline_us(void *self)
{
	struct recorder *recorder = self;

	return recorder->ops->get_deadline_us ? recorder->ops->get_deadline_us(recorder->self) : UINT64_MAX;
}

static bool recorder_explain(void *self, uint64_t instance, enum dfut_link link, uint8_t channel, int code)
{
	struct recorder *recorder = self;

	note(recorder, "explain\n");
	return recorder->ops->explain && recorder->ops->explain(recorder->self, instance, link, channel, code);
}

static const struct dfut_bus_ops recorder_ops = {
	.size = sizeof(struct dfut_bus_ops),
	.name = "recorder",
	.start = recorder_start,
	.stop = recorder_stop,
	.scan = recorder_scan,
	.connect = recorder_connect,
	.dispatch = recorder_dispatch,
	.ready = recorder_ready,
	.get_deadline_us = recorder_get_deadline_us,
	.explain = recorder_explain,
};

static int add_recorder(struct dfut_context *context, const struct dfut_bus_ops *ops, void *self, char tape[TAPE_SIZE])
{
	struct recorder *recorder = calloc(1, sizeof(*recorder));

	cr_assert(recorder != NULL);
	*recorder = (struct recorder){ .ops = ops, .self = self, .tape = tape };
	pthread_mutex_init(&recorder->lock, NULL);
	tape[0] = '\0';
	return dfut_context_add_bus(context, &recorder_ops, recorder);
}

/* A bus with one device, which knows nothing of a recorder: it answers on threads of the context, and by a watched pipe. */

static const uint8_t descriptors[] = {
	18, 1, 0x00, 0x02, 0, 0, 0, 64,	  0x09, 0x12, 0x01, 0x00, 0x00, 0x01, 0,    0, 0, 1,
	9,  2, 18,   0,	   1, 1, 0, 0x80, 50,	9,    4,    0,	  0,	0,    0xff, 0, 0, 0,
};

static struct lab {
	struct dfut_bus *bus;
	struct dfut_request *request; /* under way */
	int ends[2];
	bool is_locked;
	size_t stops;
	uint8_t sent;
} lab;

static int lab_start(void *self, struct dfut_bus *bus)
{
	(void)self;
	lab.bus = bus;
	cr_assert(eq(int, pipe(lab.ends), 0));
	return dfut_bus_watch(bus, lab.ends[0], true, false, &lab);
}

static void lab_stop(void *self)
{
	(void)self;
	dfut_bus_unwatch(lab.bus, lab.ends[0], &lab);
	close(lab.ends[0]);
	close(lab.ends[1]);
	lab.stops++;
}

static int lab_scan(void *self, bool may_block)
{
	struct dfut_device_facts facts = {
		.size = sizeof(facts),
		.instance = 1,
		.path = "1-1",
		.configuration = 1,
		.descriptors = descriptors,
		.descriptors_size = sizeof(descriptors),
	};

	(void)self;
	(void)may_block;
	return dfut_bus_report(lab.bus, &facts);
}

/* On a thread: an OPEN ends there, the rest tells dispatch through the pipe. */
static void work(void *data)
{
	struct dfut_request *request = data;

	if (dfut_request_get_action(request)->kind == DFUT_ACTION_OPEN)
		dfut_request_complete(request, lab.is_locked ? DFUT_ERROR_ACCESS : 0);
	else
		cr_assert(eq(int, (int)write(lab.ends[1], "", 1), 1));
}

static void lab_ready(void *self, void *owner)
{
	const struct dfut_action *action = dfut_request_get_action(lab.request);
	char byte;

	(void)self;
	cr_expect(owner == &lab);
	cr_assert(eq(int, (int)read(lab.ends[0], &byte, 1), 1));
	if (action->control.request_type == VENDOR_OUT)
		lab.sent = action->control.data[0];
	else
		memset(dfut_request_get_buffer(lab.request), 0x5a, action->control.length);
	dfut_request_complete(lab.request, action->control.length);
}

static void lab_submit(void *transport, struct dfut_request *request)
{
	(void)transport;
	lab.request = request;
	if (dfut_request_get_action(request)->control.request != REQUEST_HANGS)
		cr_assert(eq(int, dfut_bus_run(lab.bus, NULL, work, request), 0));
}

static void lab_cancel(void *transport, struct dfut_request *request)
{
	(void)transport;
	cr_expect(request == lab.request);
	dfut_request_complete(request, DFUT_ERROR_CANCELLED);
}

static void lab_close(void *transport)
{
	(void)transport;
}

static int lab_connect(void *self, uint64_t instance, const struct dfut_transport_ops **ops, void **transport)
{
	static const struct dfut_transport_ops transport_ops = { .size = sizeof(struct dfut_transport_ops),
								 .submit = lab_submit,
								 .cancel = lab_cancel,
								 .close = lab_close };

	(void)self;
	cr_expect(eq(u64, instance, 1));
	*ops = &transport_ops;
	*transport = &lab;
	return 0;
}

static bool lab_explain(void *self, uint64_t instance, enum dfut_link link, uint8_t channel, int code)
{
	(void)self;
	(void)instance;
	(void)link;
	(void)channel;
	return dfut_bus_set_error(lab.bus, code, "find the key", "the device is locked") < 0;
}

static const struct dfut_bus_ops lab_ops = {
	.size = sizeof(struct dfut_bus_ops),
	.name = "lab",
	.start = lab_start,
	.stop = lab_stop,
	.scan = lab_scan,
	.connect = lab_connect,
	.ready = lab_ready,
	.explain = lab_explain,
};

static struct dfut_context *open_lab(char tape[TAPE_SIZE], struct dfut_handle **handle)
{
	struct dfut_match match = DFUT_MATCH_INIT;
	struct dfut_context *context;
	struct dfut_device *device;

	memset(&lab, 0, sizeof(lab));
	match.path = "1-1";
	cr_assert(eq(int, dfut_context_new(&context), 0));
	cr_assert(eq(int, add_recorder(context, &lab_ops, &lab, tape), 0), "%s", dfut_context_get_error(context));
	cr_assert(eq(int, dfut_device_find(&device, context, &match), 0), "%s", dfut_context_get_error(context));
	cr_assert(eq(int, dfut_handle_new(handle, device), 0));
	dfut_device_unref(device);
	return context;
}

Test(bus_front, recorder_hears_all_that_goes_by)
{
	char tape[TAPE_SIZE];
	struct dfut_handle *handle;
	struct dfut_context *context = open_lab(tape, &handle);
	uint8_t data[4] = { 0x77 };

	cr_expect(eq(int, dfut_handle_control(handle, VENDOR_OUT, 1, 0, 0, data, 1, 1000), 1));
	cr_expect(eq(int, lab.sent, 0x77));
	cr_expect(eq(int, dfut_handle_control(handle, VENDOR_IN, 1, 0, 0, data, 4, 1000), 4));
	cr_expect(eq(int, data[3], 0x5a));
	cr_expect(
		eq(int, dfut_handle_control(handle, VENDOR_IN, REQUEST_HANGS, 0, 0, data, 4, 20), DFUT_ERROR_TIMEOUT));
	dfut_handle_free(handle);
	dfut_context_free(context);
	cr_expect(eq(sz, lab.stops, 1));
	cr_expect(eq(str, tape,
		     (char *)"report 1-1\nsubmit 1 = 0\nsubmit 8 = 1\nsubmit 8 = 4\nsubmit 8 cancel\n= -16\nclose\n"));
}

Test(bus_front, words_of_the_bus_behind_are_told)
{
	char tape[TAPE_SIZE];
	struct dfut_handle *handle;
	struct dfut_context *context = open_lab(tape, &handle);

	lab.is_locked = true;
	cr_expect(eq(int, dfut_handle_open(handle), DFUT_ERROR_ACCESS));
	cr_expect(eq(str, (char *)dfut_context_get_error(context), (char *)"the device is locked"));
	cr_expect(eq(str, (char *)dfut_context_get_hint(context), (char *)"find the key"));
	dfut_handle_free(handle);
	dfut_context_free(context);
	cr_expect(eq(str, tape, (char *)"report 1-1\nsubmit 1 = -5\nexplain\nclose\n"));
}

/* Where there is no USB, its own words say so. */
Test(bus_front, system_bus_can_be_behind)
{
	const struct dfut_bus_ops *ops;
	struct dfut_context *context;
	char tape[TAPE_SIZE];
	void *self;
	int result;

	cr_assert(eq(int, dfut_context_new(&context), 0));
	cr_assert(eq(int, dfut_system_bus_new(&ops, &self), 0));
	cr_assert(eq(sz, ops->size, sizeof(*ops)));
	result = add_recorder(context, ops, self, tape);
	if (result == 0)
		cr_expect(ge(int, dfut_context_dispatch(context, 0), 0));
	else
		cr_expect(dfut_context_get_error(context)[0] != 0);
	dfut_context_free(context);
}
