/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A bus in front of another one that notes what goes by. It changes nothing: its context has the other one behind it. */

#include <stdlib.h>
#include <string.h>

#include "base/struct.h"
#include "core/action.h"
#include "core/request.h"
#include "record/record.h"

struct tap {
	struct dfut_recording *recording;
	struct dfut_bus_ops ops; /* its own: it can do what the bus behind can */
	struct dfut_bus_ops behind_ops;
	void *behind;
	struct dfut_bus *front;
	struct dfut_bus *bus; /* that the bus behind has */
	struct dfut_recorded_device *devices;
	bool has_scanned;
};

struct tapped_transport {
	struct tap *tap;
	const struct dfut_recorded_device *device;
	const struct dfut_transport_ops *ops;
	void *transport;
	struct dfut_tapped_request *last;	   /* under the recording's lock */
	bool has_asked[DFUT_LINK_VOLUME + 1][256]; /* on which channels something was sent since they were opened */
};

/* What is told of a request that goes by. It ends on any thread, also when its transport is gone: then it was given up. */
struct dfut_tapped_request {
	struct dfut_tapped_request *next; /* of those that nobody uses */
	struct dfut_recording *recording;
	struct tapped_transport *transport;
	struct dfut_request *request;
	/* Who is told of its end, but for us */
	dfut_request_handler completed;
	void *owner;
	struct dfut_recorded_action recorded;
	size_t refs;		/* under the recording's lock */
	bool is_given_up;	/* the same */
	bool is_answer_private; /* what comes in is not told */
	bool is_own_clock;
	pthread_t thread;
};

/* Requests. */

/* One that is used no more, or a new one, held once, and under way; the recording is held with it. NULL without memory. */
static struct dfut_tapped_request *take_request(struct tapped_transport *transport, struct dfut_request *request)
{
	struct dfut_recording *recording = transport->tap->recording;
	struct dfut_tapped_request *own;

	pthread_mutex_lock(&recording->lock);
	own = recording->spares;
	if (own)
		recording->spares = own->next;
	else
		own = malloc(sizeof(*own));
	if (own) {
		*own = (struct dfut_tapped_request){
			.recording = recording, .transport = transport, .request = request, .refs = 1
		};
		transport->last = own;
		recording->refs++;
	}
	pthread_mutex_unlock(&recording->lock);
	return own;
}

static void drop_request(struct dfut_tapped_request *own)
{
	struct dfut_recording *recording = own->recording;
	bool last;

	pthread_mutex_lock(&recording->lock);
	last = --own->refs == 0;
	if (last) {
		own->next = recording->spares;
		recording->spares = own;
	}
	pthread_mutex_unlock(&recording->lock);
	if (last)
		dfut_recording_unref(recording);
}

void dfut_recording_free_spares(struct dfut_recording *recording)
{
	while (recording->spares) {
		struct dfut_tapped_request *own = recording->spares;

		recording->spares = own->next;
		free(own);
	}
}

/* A clock of the program's own is asked on its thread only. */
static uint64_t get_time_us(const struct dfut_tapped_request *own)
{
	if (own->is_own_clock && !pthread_equal(pthread_self(), own->thread))
		return own->recorded.begun_us;
	return dfut_context_get_time_us(own->recording->context);
}

static void note(struct dfut_tapped_request *own, int result)
{
	own->recorded.ended_us = get_time_us(own);
	own->recorded.result = result;
	own->recorded.data = dfut_request_get_buffer(own->request);
	if (!own->is_answer_private || result < 0)
		dfut_recording_take_action(own->recording, &own->recorded);
}

/* Who comes first, the answer or giving up, is noted. */
static bool take_over(struct dfut_tapped_request *own)
{
	bool is_first;

	pthread_mutex_lock(&own->recording->lock);
	is_first = !own->is_given_up;
	own->is_given_up = true;
	if (is_first && own->transport->last == own)
		own->transport->last = NULL;
	pthread_mutex_unlock(&own->recording->lock);
	return is_first;
}

static void request_completed(void *owner, struct dfut_request *request, int result)
{
	struct dfut_tapped_request *own = owner;

	if (take_over(own))
		note(own, dfut_error_take(result, dfut_action_get_limit(dfut_request_get_action(request))));
	request->completed = own->completed;
	request->owner = own->owner;
	drop_request(own);
	dfut_request_complete(request, result);
}

/* Keys that somebody presses, what a modem says: nobody had asked for it. */
static bool is_unasked(const struct tapped_transport *transport, const struct dfut_action *action)
{
	bool is_input = action->kind == DFUT_ACTION_REPORT && action->report.is_in &&
			action->report.type == DFUT_REPORT_INPUT;

	return is_input &&
	       (!transport->device->is_quiet[action->channel] || !transport->has_asked[action->link][action->channel]);
}

static void remember_asking(struct tapped_transport *transport, const struct dfut_action *action)
{
	if (action->kind == DFUT_ACTION_CLOSE)
		memset(transport->has_asked, 0, sizeof(transport->has_asked));
	else if (action->kind == DFUT_ACTION_OPEN)
		transport->has_asked[action->link][action->channel] = false;
	else if (dfut_action_get_length(action) && !dfut_action_is_in(action))
		transport->has_asked[action->link][action->channel] = true;
}

/* Puts itself in front of whoever is told of the request's end. NULL without memory. */
static struct dfut_tapped_request *tap_request(struct tapped_transport *transport, struct dfut_request *request)
{
	struct dfut_context *context = transport->tap->recording->context;
	struct dfut_tapped_request *own = take_request(transport, request);
	const struct dfut_action *action = dfut_request_get_action(request);

	if (!own)
		return NULL;
	own->completed = request->completed;
	own->owner = request->owner;
	own->is_answer_private = is_unasked(transport, action);
	own->is_own_clock = context->clock;
	own->thread = pthread_self();
	own->recorded = (struct dfut_recorded_action){ .action = action,
						       .device = transport->device->number,
						       .serial_index = transport->device->serial_index,
						       .begun_us = dfut_context_get_time_us(context) };
	/* What a port says before it is spoken to is no answer. */
	own->recorded.hides_all = action->kind == DFUT_ACTION_READ && action->link == DFUT_LINK_SERIAL &&
				  !transport->has_asked[action->link][action->channel];
	request->completed = request_completed;
	request->owner = own;
	return own;
}

/* Transports. */

static void tapped_submit(void *self, struct dfut_request *request)
{
	struct tapped_transport *transport = self;
	struct dfut_tapped_request *own = tap_request(transport, request);

	if (!own) {
		dfut_request_complete(request, DFUT_ERROR_NO_MEMORY);
		return;
	}
	remember_asking(transport, own->recorded.action);
	transport->ops->submit(transport->transport, request);
}

/* The one under way, if it is for this request; it stays there until it is dropped. */
static struct dfut_tapped_request *hold(struct tapped_transport *transport, const struct dfut_request *request)
{
	struct dfut_recording *recording = transport->tap->recording;
	struct dfut_tapped_request *own;

	pthread_mutex_lock(&recording->lock);
	own = transport->last && transport->last->request == request ? transport->last : NULL;
	if (own)
		own->refs++;
	pthread_mutex_unlock(&recording->lock);
	return own;
}

static void tapped_cancel(void *self, struct dfut_request *request)
{
	struct tapped_transport *transport = self;
	struct dfut_tapped_request *own = hold(transport, request);

	if (own) {
		if (take_over(own))
			note(own, DFUT_RECORDED_NONE);
		drop_request(own);
	}
	transport->ops->cancel(transport->transport, request);
}

static void tapped_close(void *self)
{
	struct tapped_transport *transport = self;

	transport->ops->close(transport->transport);
	free(transport);
}

static bool tapped_is_queued(void *self, struct dfut_request *request)
{
	struct tapped_transport *transport = self;

	return transport->ops->size >= sizeof(*transport->ops) && transport->ops->is_queued &&
	       transport->ops->is_queued(transport->transport, request);
}

static const struct dfut_transport_ops transport_ops = {
	.size = sizeof(struct dfut_transport_ops),
	.submit = tapped_submit,
	.cancel = tapped_cancel,
	.close = tapped_close,
	.is_queued = tapped_is_queued,
};

/* The bus. */

static int hear_report(void *data, const struct dfut_device_facts *facts)
{
	struct tap *tap = data;
	struct dfut_device_facts known = { 0 };

	if (!dfut_struct_take(&known, sizeof(known), facts))
		return DFUT_ERROR_USAGE;
	dfut_recording_take_device(tap->recording, &tap->devices, tap->ops.name, tap->has_scanned, &known);
	return dfut_bus_report(tap->front, facts);
}

static int tap_start(void *self, struct dfut_bus *bus)
{
	struct tap *tap = self;
	int result = dfut_bus_new_behind(&tap->bus, bus, hear_report, tap);

	tap->front = bus;
	return result < 0 ? result : tap->behind_ops.start(tap->behind, tap->bus);
}

static void tap_stop(void *self)
{
	struct tap *tap = self;

	tap->behind_ops.stop(tap->behind);
	dfut_bus_free_behind(tap->bus);
	while (tap->devices) {
		struct dfut_recorded_device *device = tap->devices;

		tap->devices = device->next;
		free(device);
	}
	dfut_recording_unref(tap->recording);
	free(tap);
}

static int tap_scan(void *self, bool may_block)
{
	struct tap *tap = self;
	int result = tap->behind_ops.scan(tap->behind, may_block);

	tap->has_scanned = true;
	if (result >= 0)
		dfut_recording_drop_devices(tap->recording, tap->devices);
	return result;
}

static int tap_connect(void *self, uint64_t instance, const struct dfut_transport_ops **ops, void **out)
{
	struct tap *tap = self;
	struct tapped_transport *transport = calloc(1, sizeof(*transport));
	const struct dfut_transport_ops *behind = NULL;
	int result = DFUT_ERROR_NO_MEMORY;

	if (transport) {
		transport->tap = tap;
		transport->device = dfut_recording_find_device(tap->devices, instance);
		result = transport->device ?
				 tap->behind_ops.connect(tap->behind, instance, &behind, &transport->transport) :
				 DFUT_ERROR_GONE;
	}
	if (result < 0) {
		free(transport);
		return result;
	}
	transport->ops = behind;
	*ops = &transport_ops;
	*out = transport;
	return result;
}

static void tap_dispatch(void *self)
{
	struct tap *tap = self;

	tap->behind_ops.dispatch(tap->behind);
}

static void tap_ready(void *self, void *owner)
{
	struct tap *tap = self;

	tap->behind_ops.ready(tap->behind, owner);
}

static uint64_t tap_get_deadline_us(void *self)
{
	struct tap *tap = self;

	return tap->behind_ops.get_deadline_us(tap->behind);
}

static int tap_diagnose(void *self, uint64_t instance, enum dfut_link link, uint8_t channel)
{
	struct tap *tap = self;

	return tap->behind_ops.diagnose(tap->behind, instance, link, channel);
}

static bool tap_explain(void *self, uint64_t instance, enum dfut_link link, uint8_t channel, int code)
{
	struct tap *tap = self;

	return tap->behind_ops.explain(tap->behind, instance, link, channel, code);
}

static int tap_foresee(void *self, uint64_t instance, const struct dfut_prospect *prospect)
{
	struct tap *tap = self;

	return tap->behind_ops.foresee(tap->behind, instance, prospect);
}

int dfut_recording_tap(struct dfut_recording *recording, const struct dfut_bus_ops **ops, void **bus)
{
	struct dfut_bus_ops behind = { 0 };
	struct tap *tap;

	/* One that can't work is refused by whoever adds it. */
	if (!dfut_struct_take(&behind, sizeof(behind), *ops) || !behind.start || !behind.stop || !behind.scan ||
	    !behind.connect)
		return 0;
	tap = calloc(1, sizeof(*tap));
	if (!tap)
		return DFUT_ERROR_NO_MEMORY;
	tap->recording = dfut_recording_ref(recording);
	tap->behind_ops = behind;
	tap->behind = *bus;
	tap->ops = (struct dfut_bus_ops){
		.size = sizeof(struct dfut_bus_ops),
		.name = behind.name,
		.start = tap_start,
		.stop = tap_stop,
		.scan = tap_scan,
		.connect = tap_connect,
		.dispatch = behind.dispatch ? tap_dispatch : NULL,
		.ready = behind.ready ? tap_ready : NULL,
		.get_deadline_us = behind.get_deadline_us ? tap_get_deadline_us : NULL,
		.diagnose = behind.diagnose ? tap_diagnose : NULL,
		.scan_interval_ms = behind.scan_interval_ms,
		.explain = behind.explain ? tap_explain : NULL,
		.foresee = behind.foresee ? tap_foresee : NULL,
	};
	*ops = &tap->ops;
	*bus = tap;
	return 0;
}
