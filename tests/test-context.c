/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Contexts: cancelling what a system call holds up, foreign loops, waking, the log, misuse. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "dfutrigger-sim.h"
#include "pool.h"

#define CANCEL_LIMIT_MS 50.0

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void wait_ms(long ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

/* A bus with one DFU device, on which one kind of action is a system call that hangs until it is let go. */

static const uint8_t descriptors[] = {
	18, 1, 0x00, 0x02, 0, 0, 0, 64, 0x09, 0x12, 0x01, 0x00, 0x00, 0x01, 0, 0, 0, 1,
	9, 2, 27, 0, 1, 1, 0, 0x80, 50,
	9, 4, 0, 0, 0, 0xfe, 0x01, 0x01, 0,
	/* bitCanDnload; without bitWillDetach a bus reset follows DETACH */
	9, 0x21, 0x01, 0xe8, 0x03, 0x40, 0x00, 0x10, 0x01,
};

struct hang {
	struct dfut_pool *pool;
	enum dfut_action_kind kind;
	atomic_bool is_hanging;
	atomic_bool is_let_go;
	atomic_int under_way;
};

struct call {
	struct hang *hang;
	struct dfut_request *request;
};

static void hang_call(void *data)
{
	struct call *call = data;
	struct hang *hang = call->hang;

	hang->is_hanging = true;
	while (!hang->is_let_go)
		wait_ms(1);
	dfut_request_complete(call->request, 0);
	free(call);
	hang->under_way--;
}

static void hang_submit(void *self, struct dfut_request *request)
{
	struct hang *hang = self;
	const struct dfut_action *action = dfut_request_get_action(request);
	struct call *call;

	if (action->kind != hang->kind) {
		dfut_request_complete(request, action->kind == DFUT_ACTION_CONTROL ? action->length : 0);
		return;
	}
	call = malloc(sizeof(*call));
	*call = (struct call){ hang, request };
	hang->under_way++;
	cr_assert(eq(int, dfut_pool_run(hang->pool, hang_call, call), 0));
}

static void hang_cancel(void *self, struct dfut_request *request)
{
	(void)self;
	(void)request;
}

static void hang_close(void *self)
{
	(void)self;
}

static int bus_start(void *self, struct dfut_bus *bus)
{
	struct dfut_bus **kept = self;

	*kept = bus;
	return 0;
}

static const struct dfut_transport_ops hang_transport = { hang_submit, hang_cancel, hang_close };

struct hang_bus {
	struct dfut_bus *bus;
	struct hang *hang;
};

static void bus_stop(void *self)
{
	free(self);
}

static int bus_scan(void *self)
{
	struct hang_bus *bus = self;
	struct dfut_device_facts facts = {
		.size = sizeof(facts),
		.instance = 1,
		.path = "1-1",
		.bus_number = 1,
		.address = 1,
		.configuration = 1,
		.descriptors = descriptors,
		.descriptors_size = sizeof(descriptors),
	};

	return dfut_bus_report(bus->bus, &facts);
}

static int bus_connect(void *self, uint64_t instance, const struct dfut_transport_ops **ops, void **transport)
{
	struct hang_bus *bus = self;

	(void)instance;
	*ops = &hang_transport;
	*transport = bus->hang;
	return 0;
}

static const struct dfut_bus_ops hang_bus_ops = {
	.name = "hang",
	.start = bus_start,
	.stop = bus_stop,
	.scan = bus_scan,
	.connect = bus_connect,
};

struct canceller {
	struct hang *hang;
	struct dfut_session *session;
	double cancelled_ms;
};

static void *cancel_when_it_hangs(void *data)
{
	struct canceller *canceller = data;

	while (!canceller->hang->is_hanging)
		wait_ms(1);
	/* So that dispatch is deep in its wait. */
	wait_ms(20);
	canceller->cancelled_ms = now_ms();
	dfut_session_cancel(canceller->session);
	return NULL;
}

static void check_cancel(enum dfut_action_kind kind)
{
	struct hang hang = { .kind = kind };
	struct hang_bus *bus = calloc(1, sizeof(*bus));
	struct dfut_context *context;
	struct dfut_device *device;
	struct canceller canceller = { .hang = &hang };
	pthread_t thread;
	double took_ms;

	bus->hang = &hang;
	cr_assert(eq(int, dfut_pool_new(&hang.pool), 0));
	cr_assert(eq(int, dfut_context_new(&context), 0));
	cr_assert(eq(int, dfut_context_add_bus(context, &hang_bus_ops, sizeof(hang_bus_ops), bus), 0));
	cr_assert(eq(int, dfut_device_find(&device, context, NULL), 0), "%s", dfut_context_get_error(context));
	cr_assert(eq(int, dfut_session_new(&canceller.session, device), 0));
	cr_assert(eq(int, dfut_session_start_trigger(canceller.session), 0));
	cr_assert(eq(int, pthread_create(&thread, NULL, cancel_when_it_hangs, &canceller), 0));
	cr_expect(eq(int, dfut_session_run(canceller.session), DFUT_ERROR_CANCELLED));
	took_ms = now_ms();
	pthread_join(thread, NULL);
	took_ms -= canceller.cancelled_ms;
	fprintf(stderr, "cancelled during action %d in %.1f ms\n", kind, took_ms);
	cr_expect(took_ms < CANCEL_LIMIT_MS);
	cr_expect(eq(int, dfut_session_get_state(canceller.session), DFUT_SESSION_CANCELLED));
	cr_expect(dfut_session_get_message(canceller.session)[0] != 0);
	dfut_session_free(canceller.session);
	dfut_device_unref(device);
	/* The call still hangs; nobody waits for it. */
	took_ms = now_ms();
	dfut_context_free(context);
	cr_expect(now_ms() - took_ms < CANCEL_LIMIT_MS);
	hang.is_let_go = true;
	while (hang.under_way)
		wait_ms(1);
	dfut_pool_free(hang.pool);
}

Test(context, cancels_while_a_device_is_being_opened, .timeout = 20)
{
	check_cancel(DFUT_ACTION_OPEN);
}

Test(context, cancels_while_a_device_is_being_reset, .timeout = 20)
{
	check_cancel(DFUT_ACTION_RESET);
}

Test(context, cancels_while_a_device_does_not_answer, .timeout = 20)
{
	check_cancel(DFUT_ACTION_CONTROL);
}

/* Foreign loops. */

static struct dfut_session *start_update(struct dfut_context *context, struct dfut_sim *sim, const char *spec)
{
	static uint8_t payload[5000];
	struct dfut_session *session;
	struct dfut_device *device;
	struct dfut_image *image;

	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)(i * 11 + i / 256 + 129);
	cr_assert(eq(int, dfut_sim_plug(NULL, sim, spec, NULL), 0));
	cr_assert(eq(int, dfut_sim_add_to_context(sim, context), 0));
	cr_assert(eq(int, dfut_image_load_buffer(&image, context, payload, sizeof(payload), 0), 0));
	cr_assert(eq(int, dfut_device_find(&device, context, NULL), 0));
	cr_assert(eq(int, dfut_session_new(&session, device), 0));
	cr_assert(eq(int, dfut_session_start_update(session, image), 0));
	dfut_image_free(image);
	dfut_device_unref(device);
	return session;
}

Test(context, works_in_a_loop_of_poll_that_does_not_spin, .timeout = 20)
{
	struct dfut_context *context;
	struct dfut_session *session;
	struct dfut_sim *sim;
	size_t rounds = 0, idle = 0;

	cr_assert(eq(int, dfut_context_new(&context), 0));
	cr_assert(eq(int, dfut_sim_new(&sim, DFUT_SIM_CLOCK_REAL), 0));
	session = start_update(context, sim, "dfu:detach-ms=5,return-ms=50,poll-ms=1,manifest-ms=5");
	while (!dfut_session_has_ended(session)) {
		struct pollfd event = { .fd = dfut_context_get_event(context), .events = POLLIN };

		poll(&event, 1, dfut_context_get_timeout_ms(context));
		idle += dfut_context_dispatch(context, 0) == 0;
		rounds++;
	}
	cr_expect(eq(int, dfut_session_get_result(session), 0), "%s", dfut_session_get_message(session));
	fprintf(stderr, "%zu rounds of poll(), %zu of them for nothing\n", rounds, idle);
	/* A time-out is in whole ms, which may be one too early for a time in µs. */
	cr_expect(idle <= rounds / 2 + 2);
	cr_expect(rounds < 1000);
	dfut_session_free(session);
	dfut_context_free(context);
	dfut_sim_free(sim);
}

Test(context, has_one_event_for_its_whole_life)
{
	struct dfut_context *context;
	dfut_event event;

	cr_assert(eq(int, dfut_context_new(&context), 0));
	event = dfut_context_get_event(context);
	dfut_context_dispatch(context, 0);
	cr_expect(eq(int, dfut_context_get_event(context), event));
	dfut_context_free(context);
}

Test(context, can_be_used_without_a_bus_being_asked)
{
	struct dfut_context *context;
	struct dfut_image *image;

	cr_assert(eq(int, dfut_context_new(&context), 0));
	cr_expect(eq(int, dfut_image_load_buffer(&image, context, (const uint8_t *)"<!DOCTYPE html>", 15, 0), DFUT_ERROR_IMAGE));
	cr_expect(dfut_context_get_error(context)[0] != 0);
	dfut_context_free(context);
}

/* The log. */

struct lines {
	size_t count[4];
};

static void count_line(enum dfut_log_level level, const char *text, void *user_data)
{
	struct lines *lines = user_data;

	cr_expect(text[0] != 0 && !strchr(text, '\n'));
	lines->count[level]++;
}

static struct lines log_update(enum dfut_log_level level)
{
	struct dfut_context *context;
	struct dfut_session *session;
	struct dfut_sim *sim;
	struct lines lines = { { 0 } };

	cr_assert(eq(int, dfut_context_new(&context), 0));
	dfut_context_set_log_handler(context, level, count_line, &lines);
	cr_assert(eq(int, dfut_sim_new(&sim, DFUT_SIM_CLOCK_VIRTUAL), 0));
	session = start_update(context, sim, "dfu");
	cr_expect(eq(int, dfut_session_run(session), 0));
	dfut_session_free(session);
	dfut_context_free(context);
	dfut_sim_free(sim);
	return lines;
}

Test(context, logs_what_is_asked_for)
{
	struct lines all = log_update(DFUT_LOG_DEBUG);
	struct lines some = log_update(DFUT_LOG_INFO);

	cr_expect(gt(sz, all.count[DFUT_LOG_DEBUG], 20));
	cr_expect(eq(sz, some.count[DFUT_LOG_DEBUG], 0));
	cr_expect(gt(sz, some.count[DFUT_LOG_INFO], 0));
	cr_expect(eq(sz, some.count[DFUT_LOG_INFO], all.count[DFUT_LOG_INFO]));
}

/* Misuse. */

static void dispatch_again(enum dfut_log_level level, const char *text, void *user_data)
{
	struct dfut_context **context = user_data;

	(void)level;
	(void)text;
	cr_expect(eq(int, dfut_context_dispatch(*context, 0), DFUT_ERROR_USAGE));
}

Test(context, may_not_be_dispatched_from_inside)
{
	struct dfut_context *context;
	struct dfut_session *session;
	struct dfut_sim *sim;

	cr_assert(eq(int, dfut_context_new(&context), 0));
	cr_assert(eq(int, dfut_sim_new(&sim, DFUT_SIM_CLOCK_VIRTUAL), 0));
	session = start_update(context, sim, "dfu");
	dfut_context_set_log_handler(context, DFUT_LOG_DEBUG, dispatch_again, &context);
	cr_expect(eq(int, dfut_session_run(session), 0));
	dfut_session_free(session);
	dfut_context_free(context);
	dfut_sim_free(sim);
}
