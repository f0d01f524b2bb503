/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * A bus that answers from other threads: in time, late, or after the request was given up; whose device comes and goes meanwhile,
 * which is told from a thread, too; and which is pulled from under requests. The context is waited for by its event.
 */

#include <poll.h>

#include "threads.h"

#define ROUNDS 20
#define REQUESTS 40
#define LATE_US 8000
#define TIMEOUT_MS 4
#define INTERFACE 0xff

struct answer {
	struct crowd *crowd;
	struct dfut_request *request;
	uint64_t after_us;
	int result;
};

static struct crowd {
	struct dfut_bus *bus;
	pthread_t coming;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	uint64_t instance; /* another number each time that it comes */
	bool is_there;
	bool ends;
	size_t under_way;
	size_t dispatches;
	size_t answers;
} crowd = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

static const uint8_t descriptors[] = {
	18, 1, 0,  2, 0, 0,	    0, 64,   0x09, 0x12, 1, 0, 0, 1, 0, 0, 0, 1, /* device */
	9,  2, 18, 0, 1, 1,	    0, 0x80, 50,				 /* configuration */
	9,  4, 0,  0, 0, INTERFACE, 0, 0,    0,					 /* interface */
};

static void finish(void *data)
{
	struct answer *answer = data;
	struct crowd *its_crowd = answer->crowd;

	nap_us(answer->after_us);
	dfut_request_complete(answer->request, answer->result);
	free(answer);
	pthread_mutex_lock(&its_crowd->lock);
	its_crowd->under_way--;
	its_crowd->answers++;
	pthread_cond_broadcast(&its_crowd->changed);
	pthread_mutex_unlock(&its_crowd->lock);
}

static void submit(void *transport, struct dfut_request *request)
{
	const struct dfut_action *action = dfut_request_get_action(request);
	struct answer *answer = malloc(sizeof(*answer));

	EXPECT(answer != NULL, "no memory");
	*answer = (struct answer){ transport, request, 0, dfut_action_get_length(action) };
	pthread_mutex_lock(&crowd.lock);
	if (action->kind == DFUT_ACTION_CONTROL && crowd.answers % 4 == 0)
		answer->after_us = LATE_US;
	if (!crowd.is_there)
		answer->result = DFUT_ERROR_GONE;
	crowd.under_way++;
	pthread_mutex_unlock(&crowd.lock);
	if (answer->result > 0 && dfut_action_is_in(action))
		memset(dfut_request_get_buffer(request), 0x5a, (size_t)answer->result);
	EXPECT(dfut_bus_run(crowd.bus, NULL, finish, answer) == 0, "no thread");
}

static void forget(void *transport, struct dfut_request *request)
{
	(void)transport;
	(void)request;
}

static void close_transport(void *transport)
{
	(void)transport;
}

static const struct dfut_transport_ops transport_ops = {
	.size = sizeof(transport_ops),
	.submit = submit,
	.cancel = forget,
	.close = close_transport,
};

static void *come_and_go(void *data)
{
	bool ends = false;

	while (!ends) {
		nap_us(5000);
		pthread_mutex_lock(&crowd.lock);
		crowd.is_there = !crowd.is_there;
		crowd.instance += crowd.is_there;
		ends = crowd.ends;
		pthread_mutex_unlock(&crowd.lock);
		if (!ends) {
			dfut_bus_changed(crowd.bus);
			dfut_bus_wake(crowd.bus);
		}
	}
	return data;
}

static int start(void *self, struct dfut_bus *bus)
{
	struct crowd *its_crowd = self;

	its_crowd->bus = bus;
	its_crowd->ends = false;
	its_crowd->coming = begin_thread(come_and_go, NULL);
	return 0;
}

static void stop(void *self)
{
	struct crowd *its_crowd = self;

	pthread_mutex_lock(&its_crowd->lock);
	its_crowd->ends = true;
	pthread_mutex_unlock(&its_crowd->lock);
	pthread_join(its_crowd->coming, NULL);
}

static int scan(void *self, bool may_block)
{
	struct dfut_device_facts facts = {
		.size = sizeof(facts),
		.path = "7-1",
		.configuration = 1,
		.descriptors = descriptors,
		.descriptors_size = sizeof(descriptors),
	};
	bool is_there;

	(void)self;
	(void)may_block;
	pthread_mutex_lock(&crowd.lock);
	facts.instance = crowd.instance;
	is_there = crowd.is_there;
	pthread_mutex_unlock(&crowd.lock);
	return is_there ? dfut_bus_report(crowd.bus, &facts) : 0;
}

static int connect_device(void *self, uint64_t instance, const struct dfut_transport_ops **ops, void **transport)
{
	(void)instance;
	*ops = &transport_ops;
	*transport = self;
	return 0;
}

static void dispatch(void *self)
{
	(void)self;
	crowd.dispatches++;
}

static const struct dfut_bus_ops bus_ops = {
	.size = sizeof(bus_ops),
	.name = "crowd",
	.start = start,
	.stop = stop,
	.scan = scan,
	.connect = connect_device,
	.dispatch = dispatch,
};

struct seen {
	size_t arrived, left;
};

static void note_device(enum dfut_device_event event, struct dfut_device *device, void *user_data)
{
	struct seen *seen = user_data;

	EXPECT(strcmp(dfut_device_get_path(device), "7-1") == 0, "%s", dfut_device_get_path(device));
	seen->arrived += event == DFUT_DEVICE_ARRIVED;
	seen->left += event == DFUT_DEVICE_LEFT;
}

/* As a foreign loop does, until the device is there. */
static struct dfut_handle *open_device(struct dfut_context *context)
{
	struct dfut_match match = DFUT_MATCH_INIT;
	struct dfut_device *device = NULL;
	struct dfut_handle *handle;

	match.path = "7-1";
	while (dfut_device_find(&device, context, &match) < 0) {
		struct pollfd event = { dfut_context_get_event(context), POLLIN, 0 };

		poll(&event, 1, dfut_context_get_timeout_ms(context));
		EXPECT(dfut_context_dispatch(context, 0) >= 0, "%s", dfut_context_get_error(context));
	}
	EXPECT(dfut_handle_new(&handle, device) == 0, "%s", dfut_context_get_error(context));
	dfut_device_unref(device);
	return handle;
}

/* Returns how many requests were answered; the others were late, or the device had gone. */
static size_t ask(struct dfut_context *context)
{
	size_t answered = 0;

	for (size_t i = 0; i < REQUESTS / 4; i++) {
		struct dfut_handle *handle = open_device(context);

		for (size_t j = 0; j < 4; j++) {
			uint8_t bytes[16] = { 0 };
			int result = dfut_handle_control(handle, 0xc0, 1, 0, 0, bytes, sizeof(bytes), TIMEOUT_MS);

			EXPECT(result == sizeof(bytes) || result == DFUT_ERROR_TIMEOUT || result == DFUT_ERROR_GONE,
			       "%d", result);
			EXPECT(result < 0 || bytes[15] == 0x5a, "%02x", bytes[15]);
			answered += result > 0;
		}
		dfut_handle_free(handle);
	}
	return answered;
}

int main(void)
{
	struct seen seen = { 0 };
	size_t answered = 0;

	for (size_t round = 0; round < ROUNDS; round++) {
		struct dfut_context *context;

		EXPECT(dfut_context_new(&context) == 0, "no context");
		EXPECT(dfut_context_add_bus(context, &bus_ops, &crowd) == 0, "%s", dfut_context_get_error(context));
		dfut_context_set_device_handler(context, note_device, &seen);
		answered += ask(context);
		/* Some are under way. */
		dfut_context_free(context);
		pthread_mutex_lock(&crowd.lock);
		while (crowd.under_way)
			pthread_cond_wait(&crowd.changed, &crowd.lock);
		pthread_mutex_unlock(&crowd.lock);
	}
	printf("%d requests, %zu answered; %zu arrivals, %zu departures, %zu dispatches\n", ROUNDS * REQUESTS, answered,
	       seen.arrived, seen.left, crowd.dispatches);
	EXPECT(answered > 0 && answered < ROUNDS * REQUESTS && seen.arrived > ROUNDS && seen.left > 0,
	       "nothing happened");
	return 0;
}
