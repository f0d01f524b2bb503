/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The context on the real clock: calls that hang, foreign event loops, other threads, the log, and wrong calls. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/engine.h"
#include "dfutrigger-sim.h"

#define DELAY_LIMIT_US 50000
/* What even a machine that is busy with other things keeps; without a wake-up it would be the 5 s of an open. */
#define BUSY_LIMIT_US 1000000
#define CANCEL_ROUNDS 10
#define NO_KIND ((enum dfut_action_kind)0)

/* A DFU 1.1 device in its application that wants a bus reset after DETACH. */
static const uint8_t descriptors[] = {
	0x12, 0x01, 0x00, 0x02, 0x00, 0x00, 0x00, 0x40, 0x09, 0x12, 0x01, 0x00, 0x00, 0x01, 0x00,
	0x00, 0x00, 0x01, 0x09, 0x02, 0x1b, 0x00, 0x01, 0x01, 0x00, 0x80, 0x32, 0x09, 0x04, 0x00,
	0x00, 0x00, 0xfe, 0x01, 0x01, 0x00, 0x09, 0x21, 0x03, 0xe8, 0x03, 0x40, 0x00, 0x10, 0x01,
};

/* Who carries out the call that hangs. */
enum worker {
	WORKER_THREAD, /* a thread of the application's */
	WORKER_POOL,   /* the library's own pool, as transport/usb.c does */
};

/* When the call that hangs comes back after all. */
enum moment {
	MOMENT_AT_ONCE,
	MOMENT_SESSION_FREED,
	MOMENT_CONTEXT_FREED,
};

/* A bus with one device, of whose actions one hangs until it is let go. Shared by threads under the lock. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool hangs;
	bool released;
	bool finished;

	struct dfut_context *context;
	struct dfut_bus *bus;
	enum dfut_action_kind hang;
	enum worker worker;
	pthread_t thread;
	struct dfut_request *request;
	bool leaves;  /* with its answer to a control request */
	bool no_node; /* of its serial port */
	int answer;   /* and what that is */
	size_t scans;
	size_t dispatches;
	size_t cancels;
	size_t closes;
	size_t stops;
} lab;

static void nap(long time_ms)
{
	struct timespec time = { time_ms / 1000, time_ms % 1000 * 1000000 };

	nanosleep(&time, NULL);
}

static void set_flag(bool *flag)
{
	pthread_mutex_lock(&lab.lock);
	*flag = true;
	pthread_cond_broadcast(&lab.changed);
	pthread_mutex_unlock(&lab.lock);
}

static void wait_for_flag(const bool *flag)
{
	pthread_mutex_lock(&lab.lock);
	while (!*flag)
		pthread_cond_wait(&lab.changed, &lab.lock);
	pthread_mutex_unlock(&lab.lock);
}

static void hang(void *data)
{
	(void)data;
	set_flag(&lab.hangs);
	wait_for_flag(&lab.released);
	dfut_request_complete(lab.request, 0);
	set_flag(&lab.finished);
}

static void *hang_in_thread(void *data)
{
	hang(data);
	return NULL;
}

static void lab_submit(void *transport, struct dfut_request *request)
{
	const struct dfut_action *action = dfut_request_get_action(request);

	(void)transport;
	if (lab.no_node && action->link == DFUT_LINK_SERIAL) {
		dfut_request_complete(request, DFUT_ERROR_NOT_FOUND);
		return;
	}
	if (lab.leaves && action->kind == DFUT_ACTION_CONTROL) {
		dfut_request_complete(request, lab.answer);
		dfut_bus_changed(lab.bus);
		return;
	}
	if (action->kind != lab.hang) {
		dfut_request_complete(request, action->kind == DFUT_ACTION_CONTROL ? action->control.length : 0);
		return;
	}
	lab.request = request;
	if (lab.worker == WORKER_POOL)
		cr_assert(eq(int, dfut_bus_run(lab.bus, NULL, hang, NULL), 0));
	else
		cr_assert(eq(int, pthread_create(&lab.thread, NULL, hang_in_thread, NULL), 0));
}

static void lab_cancel(void *transport, struct dfut_request *request)
{
	(void)transport;
	cr_expect(request == lab.request);
	lab.cancels++;
}

static void lab_close(void *transport)
{
	(void)transport;
	lab.closes++;
}

static const struct dfut_transport_ops lab_transport_ops = {
	.size = sizeof(struct dfut_transport_ops), .submit = lab_submit, .cancel = lab_cancel, .close = lab_close
};

static int lab_start(void *self, struct dfut_bus *bus)
{
	(void)self;
	lab.bus = bus;
	return 0;
}

static void lab_stop(void *self)
{
	(void)self;
	lab.stops++;
}

static int lab_scan(void *self, bool may_block)
{
	struct dfut_device_facts facts = {
		.size = sizeof(facts),
		.instance = 1,
		.path = "1-1",
		.bus_number = 1,
		.address = 2,
		.configuration = 1,
		.descriptors = descriptors,
		.descriptors_size = sizeof(descriptors),
	};

	(void)self;
	(void)may_block;
	lab.scans++;
	return lab.leaves && lab.scans > 1 ? 0 : dfut_bus_report(lab.bus, &facts);
}

static int lab_connect(void *self, uint64_t instance, const struct dfut_transport_ops **ops, void **transport)
{
	(void)self;
	(void)instance;
	*ops = &lab_transport_ops;
	*transport = &lab;
	return 0;
}

static void lab_dispatch(void *self)
{
	(void)self;
	lab.dispatches++;
}

static const struct dfut_bus_ops lab_bus_ops = {
	.size = sizeof(struct dfut_bus_ops),
	.name = "lab",
	.start = lab_start,
	.stop = lab_stop,
	.scan = lab_scan,
	.connect = lab_connect,
	.dispatch = lab_dispatch,
};

static void set_up(void)
{
	memset(&lab, 0, sizeof(lab));
	pthread_mutex_init(&lab.lock, NULL);
	pthread_cond_init(&lab.changed, NULL);
}

static void tear_down(void)
{
	pthread_cond_destroy(&lab.changed);
	pthread_mutex_destroy(&lab.lock);
}

TestSuite(context, .init = set_up, .fini = tear_down, .timeout = 60);

static struct dfut_context *new_lab_context(void)
{
	struct dfut_context *context;

	cr_assert(eq(int, dfut_context_new(&context), 0));
	cr_assert(eq(int, dfut_context_add_bus(context, &lab_bus_ops, &lab), 0));
	lab.context = context;
	return context;
}

static struct dfut_device *find(struct dfut_context *context)
{
	struct dfut_match match = DFUT_MATCH_INIT;
	struct dfut_device *device;

	match.path = "1-1";
	cr_assert(eq(int, dfut_device_find(&device, context, &match), 0), "%s", dfut_context_get_error(context));
	return device;
}

static struct dfut_session *new_session(struct dfut_context *context)
{
	struct dfut_device *device = find(context);
	struct dfut_session *session;

	cr_assert(eq(int, dfut_session_new(&session, device), 0));
	dfut_device_unref(device);
	return session;
}

/* Delays: other programs may make some of them longer than the library does, but not most. */

static struct {
	size_t count;
	size_t late;
	uint64_t longest_us;
} delays;

static void note_delay(uint64_t delay_us)
{
	cr_expect(lt(u64, delay_us, BUSY_LIMIT_US));
	delays.count++;
	delays.late += delay_us >= DELAY_LIMIT_US;
	delays.longest_us = delay_us > delays.longest_us ? delay_us : delays.longest_us;
}

static void expect_short_delays(const char *what)
{
	fprintf(stderr, "%s: %zu delays, the longest %llu us\n", what, delays.count,
		(unsigned long long)delays.longest_us);
	cr_expect(le(sz, delays.late, delays.count / 4));
}

/* Cancellation. */

static uint64_t cancelled_us;

static void *cancel_what_hangs(void *session)
{
	wait_for_flag(&lab.hangs);
	/* So that the dispatch is asleep in any case. */
	nap(10);
	cancelled_us = dfut_system_time_us();
	dfut_session_cancel(session);
	return NULL;
}

static void release(void)
{
	set_flag(&lab.released);
	wait_for_flag(&lab.finished);
	if (lab.worker == WORKER_THREAD)
		pthread_join(lab.thread, NULL);
}

static void cancel_once(enum dfut_action_kind kind, enum worker worker, enum moment moment)
{
	struct dfut_context *context = new_lab_context();
	struct dfut_session *session = new_session(context);
	uint64_t ended_us;
	pthread_t thread;

	lab.hang = kind;
	lab.worker = worker;
	cr_assert(eq(int, dfut_session_start_trigger(session), 0));
	cr_assert(eq(int, pthread_create(&thread, NULL, cancel_what_hangs, session), 0));
	cr_expect(eq(int, dfut_session_run(session), DFUT_ERROR_CANCELLED));
	ended_us = dfut_system_time_us();
	pthread_join(thread, NULL);
	note_delay(ended_us - cancelled_us);
	cr_expect(eq(int, dfut_session_get_state(session), DFUT_SESSION_CANCELLED));
	cr_expect(dfut_session_get_message(session)[0] != 0);
	cr_expect(eq(sz, lab.cancels, 1));
	cr_expect(eq(sz, lab.closes, 1));

	if (moment == MOMENT_AT_ONCE)
		release();
	dfut_session_free(session);
	if (moment == MOMENT_SESSION_FREED)
		release();
	dfut_context_free(context);
	cr_expect(lt(u64, dfut_system_time_us() - ended_us, BUSY_LIMIT_US));
	cr_expect(eq(sz, lab.stops, 1));
	if (moment == MOMENT_CONTEXT_FREED)
		release();
}

static void cancel_many(enum dfut_action_kind kind, enum worker worker)
{
	for (int round = 0; round < CANCEL_ROUNDS; round++) {
		for (int moment = MOMENT_AT_ONCE; moment <= MOMENT_CONTEXT_FREED; moment++) {
			cancel_once(kind, worker, (enum moment)moment);
			tear_down();
			set_up();
		}
	}
	expect_short_delays("cancel");
}

Test(context, cancels_while_an_open_hangs_in_a_foreign_thread)
{
	cancel_many(DFUT_ACTION_OPEN, WORKER_THREAD);
}

Test(context, cancels_while_a_reset_hangs_in_a_foreign_thread)
{
	cancel_many(DFUT_ACTION_RESET, WORKER_THREAD);
}

Test(context, cancels_while_a_control_transfer_hangs_in_a_foreign_thread)
{
	cancel_many(DFUT_ACTION_CONTROL, WORKER_THREAD);
}

Test(context, cancels_while_an_open_hangs_in_the_pool)
{
	cancel_many(DFUT_ACTION_OPEN, WORKER_POOL);
}

Test(context, cancels_while_a_reset_hangs_in_the_pool)
{
	cancel_many(DFUT_ACTION_RESET, WORKER_POOL);
}

Test(context, frees_a_session_whose_open_hangs_without_a_cancel)
{
	struct dfut_context *context = new_lab_context();
	struct dfut_session *session = new_session(context);
	uint64_t begin_us;

	lab.hang = DFUT_ACTION_OPEN;
	cr_assert(eq(int, dfut_session_start_trigger(session), 0));
	while (!lab.request)
		dfut_context_dispatch(context, 10);
	begin_us = dfut_system_time_us();
	dfut_context_free(context);
	dfut_session_free(session);
	cr_expect(lt(u64, dfut_system_time_us() - begin_us, BUSY_LIMIT_US));
	release();
}

Test(context, cancels_before_anything_was_dispatched)
{
	struct dfut_context *context = new_lab_context();
	struct dfut_session *session = new_session(context);

	cr_assert(eq(int, dfut_session_start_trigger(session), 0));
	dfut_session_cancel(session);
	cr_expect(eq(int, dfut_session_run(session), DFUT_ERROR_CANCELLED));
	cr_expect(eq(sz, lab.closes, 0));
	/* What has ended stays as it is. */
	dfut_session_cancel(session);
	cr_expect(eq(int, dfut_context_dispatch(context, 0), 0));
	cr_expect(eq(int, dfut_session_get_result(session), DFUT_ERROR_CANCELLED));
	dfut_session_free(session);
	dfut_context_free(context);
}

/* Departure. */

/* Opens the device, asks it for something, and keeps how that ended. */
struct asker {
	int asked;
};

static int answers[2];

static int begin_asker(void *state, const struct dfut_job *job)
{
	(void)state;
	(void)job;
	return 0;
}

static int next_of_asker(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct asker *asker = state;

	if (asker->asked > 0)
		answers[asker->asked - 1] = outcome->result;
	if (asker->asked == 2)
		return dfut_next_done(next, DFUT_END_STAYS);
	next->kind = DFUT_NEXT_ACT;
	next->action.link = DFUT_LINK_USB;
	next->action.timeout_ms = 1000;
	next->action.kind = outcome ? DFUT_ACTION_CONTROL : DFUT_ACTION_OPEN;
	asker->asked += outcome != NULL;
	return 0;
}

static void asker_ended(void *owner, int code, enum dfut_end end)
{
	(void)end;
	cr_expect(eq(int, code, 0));
	*(bool *)owner = true;
}

static void ask_who_leaves(int answer)
{
	static const struct dfut_machine_ops ops = {
		.name = "asker", .state_size = sizeof(struct asker), .begin = begin_asker, .next = next_of_asker
	};
	struct dfut_context *context = new_lab_context();
	struct dfut_device *device = find(context);
	struct dfut_peer peer = { .bus = lab.bus, .instance = 1, .path = "1-1" };
	struct dfut_job job = { 0 };
	struct dfut_run *run;
	bool ended = false;

	lab.leaves = true;
	lab.answer = answer;
	cr_assert(eq(int, dfut_run_new(&run, &peer, NULL, asker_ended, &ended), 0));
	cr_assert(eq(int, dfut_run_begin(run, &ops, &job), 0));
	while (!ended)
		cr_assert(ge(int, dfut_context_dispatch(context, 1000), 0));
	dfut_run_free(run);
	dfut_device_unref(device);
	dfut_context_free(context);
}

Test(context, what_a_device_answers_as_it_leaves_counts)
{
	ask_who_leaves(0);
	cr_expect(eq(int, answers[0], 0));
	cr_expect(eq(int, answers[1], DFUT_ERROR_GONE));
}

Test(context, what_fails_as_a_device_leaves_is_its_departure)
{
	ask_who_leaves(DFUT_ERROR_IO);
	cr_expect(eq(int, answers[0], DFUT_ERROR_GONE));
	cr_expect(eq(int, answers[1], DFUT_ERROR_GONE));
}

/* Opens its serial port. */
static int next_of_opener(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	(void)state;
	return outcome ? outcome->result : dfut_next_open_link(next, DFUT_LINK_SERIAL, 0);
}

static uint64_t never(void *owner)
{
	(void)owner;
	return UINT64_MAX;
}

static size_t do_nothing(void *owner)
{
	(void)owner;
	return 0;
}

static void see_nothing(void *owner, const struct dfut_change *change)
{
	(void)owner;
	(void)change;
}

static void keep_code(void *owner, int code, enum dfut_end end)
{
	(void)end;
	*(int *)owner = code;
}

/* What that ends with, by a session. */
static int open_missing_node(bool leaves)
{
	static const struct dfut_machine_ops ops = {
		.name = "opener", .state_size = 1, .begin = begin_asker, .next = next_of_opener
	};
	static const struct dfut_watcher_ops maker_ops = { never, do_nothing, see_nothing };
	struct dfut_context *context = new_lab_context();
	struct dfut_device *device = find(context);
	struct dfut_peer peer = { .bus = lab.bus, .instance = 1, .path = "1-1" };
	struct dfut_watcher maker = { 0 };
	struct dfut_job job = { 0 };
	struct dfut_run *run;
	int code = 1;

	lab.no_node = true;
	dfut_watcher_add(&maker, context, &maker_ops, NULL);
	cr_assert(eq(int, dfut_run_new(&run, &peer, &maker, keep_code, &code), 0));
	cr_assert(eq(int, dfut_run_begin(run, &ops, &job), 0));
	cr_assert(ge(int, dfut_context_dispatch(context, 0), 0));
	cr_expect(eq(int, code, 1), "it does not wait for the device's departure");
	lab.leaves = leaves;
	if (leaves)
		dfut_bus_changed(lab.bus);
	while (code == 1)
		cr_assert(ge(int, dfut_context_dispatch(context, 1000), 0));
	dfut_run_free(run);
	dfut_watcher_remove(&maker);
	dfut_device_unref(device);
	dfut_context_free(context);
	return code;
}

Test(context, a_node_that_is_missing_may_be_a_departure)
{
	cr_expect(eq(int, open_missing_node(true), DFUT_ERROR_GONE));
}

Test(context, a_node_that_is_missing_has_no_driver)
{
	cr_expect(eq(int, open_missing_node(false), DFUT_ERROR_NOT_FOUND));
}

/* Wake-up from another thread. */

static void *wake_later(void *data)
{
	nap(20);
	cancelled_us = dfut_system_time_us();
	if (data)
		dfut_bus_changed(lab.bus);
	else
		dfut_bus_wake(lab.bus);
	return NULL;
}

static void expect_woken(struct dfut_context *context, bool changed)
{
	pthread_t thread;

	/* What is due at the start is not to be taken for the wake-up. */
	while (dfut_context_dispatch(context, 0) > 0)
		;
	lab.scans = 0;
	lab.dispatches = 0;
	cr_assert(eq(int, pthread_create(&thread, NULL, wake_later, changed ? &lab : NULL), 0));
	cr_expect(lt(int, 0, dfut_context_dispatch(context, -1)));
	note_delay(dfut_system_time_us() - cancelled_us);
	pthread_join(thread, NULL);
	cr_expect(eq(sz, lab.scans, changed ? 1 : 0));
	cr_expect(eq(sz, lab.dispatches, changed ? 0 : 1));
	cr_expect(eq(int, dfut_context_dispatch(context, 0), 0));
}

Test(context, is_woken_by_a_bus_from_another_thread)
{
	struct dfut_context *context = new_lab_context();

	for (int round = 0; round < 5; round++) {
		expect_woken(context, false);
		expect_woken(context, true);
	}
	expect_short_delays("wake-up");
	dfut_context_free(context);
}

Test(context, is_woken_from_another_thread_also_on_a_virtual_clock)
{
	struct dfut_context *context;
	struct dfut_sim *sim;

	cr_assert(eq(int, dfut_sim_new(&sim, DFUT_SIM_CLOCK_VIRTUAL), 0));
	cr_assert(eq(int, dfut_context_new(&context), 0));
	cr_assert(eq(int, dfut_sim_add_to_context(sim, context), 0));
	cr_assert(eq(int, dfut_context_add_bus(context, &lab_bus_ops, &lab), 0));
	for (int round = 0; round < 5; round++) {
		expect_woken(context, false);
		expect_woken(context, true);
	}
	expect_short_delays("wake-up on a virtual clock");
	dfut_context_free(context);
	dfut_sim_free(sim);
}

Test(context, gives_a_foreign_loop_the_wake_up)
{
	struct dfut_context *context = new_lab_context();
	struct pollfd event = { .fd = dfut_context_get_event(context), .events = POLLIN };
	uint64_t woken_us;
	pthread_t thread;

	while (dfut_context_dispatch(context, 0) > 0)
		;
	cr_expect(eq(int, dfut_context_get_timeout_ms(context), -1));
	cr_expect(eq(int, poll(&event, 1, 0), 0));
	cr_assert(eq(int, pthread_create(&thread, NULL, wake_later, NULL), 0));
	cr_expect(eq(int, poll(&event, 1, 5000), 1));
	woken_us = dfut_system_time_us();
	pthread_join(thread, NULL);
	note_delay(woken_us - cancelled_us);
	cr_expect(eq(int, dfut_context_dispatch(context, 0), 1));
	cr_expect(eq(int, poll(&event, 1, 0), 0));
	cr_expect(eq(int, dfut_context_get_event(context), event.fd));
	dfut_context_free(context);
}

Test(context, calls_a_bus_when_its_descriptor_is_ready)
{
	struct dfut_context *context = new_lab_context();
	struct pollfd event = { .fd = dfut_context_get_event(context), .events = POLLIN };
	int ends[2];
	char byte = 0;

	cr_assert(eq(int, pipe(ends), 0));
	cr_assert(eq(int, dfut_bus_watch(lab.bus, ends[0], true, false, NULL), 0));
	while (dfut_context_dispatch(context, 0) > 0)
		;
	lab.dispatches = 0;
	cr_expect(eq(int, poll(&event, 1, 0), 0));
	cr_assert(eq(int, (int)write(ends[1], &byte, 1), 1));
	cr_expect(eq(int, poll(&event, 1, 1000), 1));
	cr_expect(eq(int, dfut_context_dispatch(context, -1), 1));
	cr_expect(eq(sz, lab.dispatches, 1));
	cr_assert(eq(int, (int)read(ends[0], &byte, 1), 1));
	cr_expect(eq(int, poll(&event, 1, 0), 0));

	dfut_bus_unwatch(lab.bus, ends[0], NULL);
	cr_assert(eq(int, (int)write(ends[1], &byte, 1), 1));
	cr_expect(eq(int, poll(&event, 1, 0), 0));
	cr_expect(eq(int, dfut_context_dispatch(context, 0), 0));
	cr_expect(eq(int, dfut_bus_watch(lab.bus, -1, true, false, NULL), DFUT_ERROR_IO));
	/* One that is still watched is let go with its context. */
	cr_expect(eq(int, dfut_bus_watch(lab.bus, ends[0], true, false, NULL), 0));
	dfut_context_free(context);
	close(ends[0]);
	close(ends[1]);
}

Test(context, sleeps_as_long_as_it_is_told)
{
	struct dfut_context *context = new_lab_context();
	uint64_t begin_us;

	while (dfut_context_dispatch(context, 0) > 0)
		;
	begin_us = dfut_system_time_us();
	cr_expect(eq(int, dfut_context_dispatch(context, 60), 0));
	cr_expect(ge(u64, dfut_system_time_us() - begin_us, 60000));
	cr_expect(lt(u64, dfut_system_time_us() - begin_us, 60000 + BUSY_LIMIT_US));
	dfut_context_free(context);
}

/* A foreign loop. */

struct bench {
	struct dfut_context *context;
	struct dfut_sim *sim;
	struct dfut_sim_device *device;
};

static void open_bench(struct bench *bench, enum dfut_sim_clock clock, const char *spec)
{
	cr_assert(eq(int, dfut_context_new(&bench->context), 0));
	cr_assert(eq(int, dfut_sim_new(&bench->sim, clock), 0));
	cr_assert(eq(int, dfut_sim_add_to_context(bench->sim, bench->context), 0));
	cr_assert(eq(int, dfut_sim_plug(&bench->device, bench->sim, spec, NULL), 0), "%s",
		  dfut_sim_get_error(bench->sim));
}

static void close_bench(struct bench *bench)
{
	dfut_context_free(bench->context);
	dfut_sim_free(bench->sim);
}

static struct dfut_image *make_image(struct dfut_context *context)
{
	uint8_t payload[1300];
	struct dfut_image *image;

	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)(i * 7 + i / 256 + 128);
	cr_assert(eq(int, dfut_image_load_buffer(&image, context, payload, sizeof(payload), 0), 0));
	cr_assert(eq(int, dfut_image_wrap_mcuboot(image, "2.0.0", 32), 0));
	return image;
}

struct wakes {
	size_t all;
	size_t idle; /* those after which there was nothing to do */
	size_t away; /* those while the device was away */
};

static void poll_until_ended(struct dfut_context *context, struct dfut_session *session, struct wakes *wakes)
{
	struct pollfd event = { .fd = dfut_context_get_event(context), .events = POLLIN };

	/* Without the limit, a loop that spins would take the machine's time as long as the device takes. */
	while (!dfut_session_has_ended(session) && wakes->all < 10000) {
		bool away = dfut_session_get_state(session) == DFUT_SESSION_RETURNING;
		int done;

		cr_assert(ge(int, poll(&event, 1, dfut_context_get_timeout_ms(context)), 0));
		done = dfut_context_dispatch(context, 0);
		cr_assert(ge(int, done, 0));
		wakes->all++;
		wakes->idle += done == 0;
		wakes->away += away;
	}
}

Test(context, drives_an_update_from_a_foreign_loop_that_never_spins)
{
	struct bench bench;
	struct wakes wakes = { 0 };
	struct dfut_session *session;
	struct dfut_image *image;
	uint64_t begin_us, time_us;
	size_t requests;

	open_bench(&bench, DFUT_SIM_CLOCK_REAL,
		   "zephyr:stack=new,slot-size=8K,reboot=yes,poll-ms=3,erase-ms=2,detach-ms=20,return-ms=300");
	session = new_session(bench.context);
	image = make_image(bench.context);
	cr_assert(eq(int, dfut_session_start_update(session, image), 0), "%s", dfut_session_get_message(session));
	begin_us = dfut_system_time_us();
	poll_until_ended(bench.context, session, &wakes);
	time_us = dfut_system_time_us() - begin_us;
	requests = dfut_sim_device_get_request_count(bench.device);
	cr_expect(dfut_session_has_ended(session));
	cr_expect(eq(int, dfut_session_get_result(session), 0), "%s", dfut_session_get_message(session));
	fprintf(stderr, "%zu wake-ups for %zu requests in %llu ms, %zu of them for nothing, %zu while it was away\n",
		wakes.all, requests, (unsigned long long)(time_us / 1000), wakes.idle, wakes.away);
	/* A request reaches the device, is answered, and the answer is taken; then there is a wait for the next. */
	cr_expect(le(sz, wakes.all, 4 * requests + 20));
	cr_expect(le(sz, wakes.idle, 2 * requests));
	cr_expect(ge(u64, time_us, 600000));
	cr_expect(le(sz, wakes.away, 10));
	dfut_image_free(image);
	dfut_session_free(session);
	close_bench(&bench);
}

Test(context, does_the_same_in_its_own_loop)
{
	struct bench bench;
	struct dfut_session *session;
	struct dfut_image *image;

	open_bench(&bench, DFUT_SIM_CLOCK_REAL,
		   "zephyr:stack=new,slot-size=8K,reboot=yes,poll-ms=3,erase-ms=2,detach-ms=20,return-ms=100");
	session = new_session(bench.context);
	image = make_image(bench.context);
	cr_assert(eq(int, dfut_session_start_update(session, image), 0));
	cr_expect(eq(int, dfut_session_run(session), 0), "%s", dfut_session_get_message(session));
	dfut_image_free(image);
	dfut_session_free(session);
	close_bench(&bench);
}

/* The log. */

struct lines {
	size_t count[DFUT_LOG_DEBUG + 1];
	size_t bad;
	char last_error[256];
};

static void count_line(enum dfut_log_level level, const char *text, void *user_data)
{
	struct lines *lines = user_data;

	lines->count[level]++;
	lines->bad += !*text || strchr(text, '\n') || strchr(text, '\r');
	if (level == DFUT_LOG_ERROR)
		snprintf(lines->last_error, sizeof(lines->last_error), "%s", text);
}

static int trigger_with_log(const char *spec, enum dfut_log_level level, struct lines *lines)
{
	struct bench bench;
	struct dfut_session *session;
	int result;

	memset(lines, 0, sizeof(*lines));
	open_bench(&bench, DFUT_SIM_CLOCK_VIRTUAL, spec);
	dfut_context_set_log_handler(bench.context, level, count_line, lines);
	session = new_session(bench.context);
	cr_assert(eq(int, dfut_session_start_trigger(session), 0));
	result = dfut_session_run(session);
	dfut_session_free(session);
	close_bench(&bench);
	return result;
}

Test(context, logs_only_what_the_level_lets_through)
{
	struct lines lines;
	size_t info;

	cr_expect(eq(int, trigger_with_log("zephyr", DFUT_LOG_DEBUG, &lines), 0));
	/* Open, DETACH and their like, each with its outcome. */
	cr_expect(ge(sz, lines.count[DFUT_LOG_DEBUG], 2));
	/* There, triggering, leaving, left, returning, there again. */
	cr_expect(ge(sz, lines.count[DFUT_LOG_INFO], 6));
	cr_expect(eq(sz, lines.count[DFUT_LOG_ERROR], 0));
	cr_expect(eq(sz, lines.bad, 0));
	info = lines.count[DFUT_LOG_INFO];

	cr_expect(eq(int, trigger_with_log("zephyr", DFUT_LOG_INFO, &lines), 0));
	cr_expect(eq(sz, lines.count[DFUT_LOG_INFO], info));
	cr_expect(eq(sz, lines.count[DFUT_LOG_DEBUG], 0));

	cr_expect(eq(int, trigger_with_log("zephyr", DFUT_LOG_ERROR, &lines), 0));
	for (int level = DFUT_LOG_ERROR; level <= DFUT_LOG_DEBUG; level++)
		cr_expect(eq(sz, lines.count[level], 0));
}

Test(context, logs_why_a_session_failed)
{
	struct lines lines;

	cr_expect(eq(int, trigger_with_log("zephyr:return=no", DFUT_LOG_ERROR, &lines), DFUT_ERROR_TIMEOUT));
	cr_expect(eq(sz, lines.count[DFUT_LOG_ERROR], 1));
	cr_expect(strstr(lines.last_error, "did not come back") != NULL, "%s", lines.last_error);
	cr_expect(eq(sz, lines.count[DFUT_LOG_INFO], 0));
}

Test(context, logs_nothing_when_the_handler_is_taken_away)
{
	struct lines lines = { 0 };
	struct bench bench;
	struct dfut_session *session;

	open_bench(&bench, DFUT_SIM_CLOCK_VIRTUAL, "zephyr");
	dfut_context_set_log_handler(bench.context, DFUT_LOG_DEBUG, count_line, &lines);
	dfut_context_set_log_handler(bench.context, DFUT_LOG_DEBUG, NULL, NULL);
	session = new_session(bench.context);
	cr_assert(eq(int, dfut_session_start_trigger(session), 0));
	cr_expect(eq(int, dfut_session_run(session), 0));
	cr_expect(eq(sz, lines.count[DFUT_LOG_DEBUG] + lines.count[DFUT_LOG_INFO], 0));
	dfut_session_free(session);
	close_bench(&bench);
}

/* What handlers may do. */

static struct dfut_session *started;

static void start_a_session(enum dfut_device_event event, struct dfut_device *device, void *user_data)
{
	(void)user_data;
	if (started || event != DFUT_DEVICE_ARRIVED)
		return;
	cr_assert(eq(int, dfut_session_new(&started, device), 0));
	cr_assert(eq(int, dfut_session_start_trigger(started), 0));
}

Test(context, lets_a_handler_start_a_session)
{
	struct bench bench;

	open_bench(&bench, DFUT_SIM_CLOCK_VIRTUAL, "zephyr");
	dfut_context_set_device_handler(bench.context, start_a_session, NULL);
	for (int round = 0; round < 100 && !(started && dfut_session_has_ended(started)); round++)
		dfut_context_dispatch(bench.context, 1000);
	cr_assert(started != NULL);
	cr_expect(dfut_session_has_ended(started));
	cr_expect(eq(int, dfut_session_get_result(started), 0), "%s", dfut_session_get_message(started));
	dfut_session_free(started);
	close_bench(&bench);
}

static void cancel_itself(struct dfut_session *session, const struct dfut_progress *progress, void *user_data)
{
	if (progress->state == *(enum dfut_session_state *)user_data)
		dfut_session_cancel(session);
}

Test(context, lets_a_handler_cancel_its_session_in_every_state)
{
	for (int state = DFUT_SESSION_TRIGGERING; state <= DFUT_SESSION_RETURNING; state++) {
		enum dfut_session_state when = (enum dfut_session_state)state;
		struct dfut_session *session;
		struct bench bench;

		open_bench(&bench, DFUT_SIM_CLOCK_VIRTUAL, "zephyr");
		session = new_session(bench.context);
		dfut_session_set_progress_handler(session, cancel_itself, &when);
		cr_assert(eq(int, dfut_session_start_trigger(session), 0));
		cr_expect(eq(int, dfut_session_run(session), DFUT_ERROR_CANCELLED), "%s",
			  dfut_session_state_get_name(when));
		cr_expect(strstr(dfut_session_get_message(session), dfut_session_state_get_name(when)) != NULL, "%s",
			  dfut_session_get_message(session));
		dfut_session_free(session);
		close_bench(&bench);
	}
}

/* A handler that asks for devices makes the context look at its buses, in the middle of a session's work. */
static void list_devices(struct dfut_session *session, const struct dfut_progress *progress, void *user_data)
{
	struct dfut_device_list *devices;

	(void)session;
	(void)progress;
	cr_assert(eq(int, dfut_device_list_new(&devices, user_data, NULL), 0));
	dfut_device_list_free(devices);
}

Test(context, lets_the_handlers_of_many_sessions_list_devices)
{
	static const char *const specs[] = { "zephyr", "dfu", "dfu:will-detach=no", "nrf52840-keyboard",
					     "dfu:return=no" };
	struct dfut_session *sessions[20];
	struct dfut_device_list *devices;
	struct bench bench;

	open_bench(&bench, DFUT_SIM_CLOCK_VIRTUAL, specs[0]);
	for (size_t i = 1; i < DFUT_COUNT(sessions); i++)
		cr_assert(eq(int, dfut_sim_plug(NULL, bench.sim, specs[i % DFUT_COUNT(specs)], NULL), 0));
	cr_assert(eq(int, dfut_device_list_new(&devices, bench.context, NULL), 0));
	for (size_t i = 0; i < DFUT_COUNT(sessions); i++) {
		cr_assert(eq(int, dfut_session_new(&sessions[i], dfut_device_list_get(devices, i)), 0));
		dfut_session_set_progress_handler(sessions[i], list_devices, bench.context);
		cr_assert(eq(int, dfut_session_start_trigger(sessions[i]), 0));
	}
	dfut_device_list_free(devices);
	for (size_t i = 0; i < DFUT_COUNT(sessions); i++)
		cr_expect(eq(int, dfut_session_run(sessions[i]), i % DFUT_COUNT(specs) == 4 ? DFUT_ERROR_TIMEOUT : 0),
			  "%zu: %s", i, dfut_session_get_message(sessions[i]));
	for (size_t i = 0; i < DFUT_COUNT(sessions); i++)
		dfut_session_free(sessions[i]);
	close_bench(&bench);
}

/* Wrong calls. */

static void expect_usage(int result, const char *text)
{
	cr_expect(eq(int, result, DFUT_ERROR_USAGE));
	cr_expect(text && *text, "a wrong call must be explained");
}

Test(context, refuses_no_place_for_a_new_context)
{
	cr_expect(eq(int, dfut_context_new(NULL), DFUT_ERROR_USAGE));
	dfut_context_free(NULL);
	dfut_session_free(NULL);
	dfut_device_list_free(NULL);
	dfut_image_free(NULL);
	dfut_sim_free(NULL);
	dfut_device_unref(NULL);
}

static int nested[4];

static void call_what_is_forbidden(struct dfut_session *session, const struct dfut_progress *progress, void *user_data)
{
	struct dfut_context *context = user_data;

	(void)progress;
	/* Running what has ended only tells how it ended. */
	if (dfut_session_has_ended(session))
		return;
	nested[3]++;
	nested[0] = dfut_context_dispatch(context, 0);
	nested[1] = dfut_session_run(session);
	nested[2] = dfut_context_get_error(context)[0];
	cr_expect(dfut_session_get_message(session)[0] == 0);
}

Test(context, refuses_to_dispatch_from_a_progress_handler)
{
	struct bench bench;
	struct dfut_session *session;

	open_bench(&bench, DFUT_SIM_CLOCK_VIRTUAL, "zephyr");
	session = new_session(bench.context);
	dfut_session_set_progress_handler(session, call_what_is_forbidden, bench.context);
	cr_assert(eq(int, dfut_session_start_trigger(session), 0));
	cr_expect(eq(int, dfut_session_run(session), 0));
	cr_expect(eq(int, nested[0], DFUT_ERROR_USAGE));
	cr_expect(eq(int, nested[1], DFUT_ERROR_USAGE));
	cr_expect(nested[2] != 0);
	cr_expect(lt(int, 0, nested[3]));
	dfut_session_free(session);
	close_bench(&bench);
}

static void dispatch_again(enum dfut_device_event event, struct dfut_device *device, void *user_data)
{
	(void)event;
	(void)device;
	nested[3]++;
	expect_usage(dfut_context_dispatch(user_data, 0), dfut_context_get_error(user_data));
}

Test(context, refuses_to_dispatch_from_a_device_handler)
{
	struct bench bench;
	struct dfut_device_list *list;

	open_bench(&bench, DFUT_SIM_CLOCK_VIRTUAL, "zephyr");
	dfut_context_set_device_handler(bench.context, dispatch_again, bench.context);
	dfut_context_dispatch(bench.context, 0);
	cr_expect(eq(int, nested[3], 1));
	/* A list looks at the buses, too, and tells what it finds. */
	dfut_sim_device_unplug(bench.device);
	cr_assert(eq(int, dfut_device_list_new(&list, bench.context, NULL), 0));
	dfut_context_dispatch(bench.context, 0);
	cr_expect(eq(int, nested[3], 2));
	dfut_device_list_free(list);
	close_bench(&bench);
}

static void free_what_calls(struct dfut_session *session, const struct dfut_progress *progress, void *user_data)
{
	(void)progress;
	dfut_session_free(session);
	expect_usage(dfut_context_get_error_code(user_data), dfut_context_get_error(user_data));
	dfut_context_free(user_data);
	expect_usage(dfut_context_get_error_code(user_data), dfut_context_get_error(user_data));
}

Test(context, is_not_freed_from_a_handler)
{
	struct bench bench;
	struct dfut_session *session;

	open_bench(&bench, DFUT_SIM_CLOCK_VIRTUAL, "zephyr");
	session = new_session(bench.context);
	dfut_session_set_progress_handler(session, free_what_calls, bench.context);
	cr_assert(eq(int, dfut_session_start_trigger(session), 0));
	cr_expect(eq(int, dfut_session_run(session), 0));
	dfut_session_free(session);
	close_bench(&bench);
}

Test(context, refuses_to_start_or_run_a_session_in_the_wrong_order)
{
	struct bench bench;
	struct dfut_session *session;

	open_bench(&bench, DFUT_SIM_CLOCK_VIRTUAL, "zephyr");
	session = new_session(bench.context);
	expect_usage(dfut_session_run(session), dfut_session_get_message(session));
	cr_assert(eq(int, dfut_session_start_trigger(session), 0));
	expect_usage(dfut_session_start_trigger(session), dfut_context_get_error(bench.context));
	expect_usage(dfut_session_start_probe(session), dfut_context_get_error(bench.context));
	cr_expect(eq(int, dfut_session_run(session), 0));
	expect_usage(dfut_session_start_trigger(session), dfut_context_get_error(bench.context));
	dfut_session_free(session);
	close_bench(&bench);
}

Test(context, refuses_to_start_a_session_with_nothing)
{
	struct bench bench;
	struct dfut_session *session;

	cr_expect(eq(int, dfut_session_new(&session, NULL), DFUT_ERROR_USAGE));
	cr_expect(session == NULL);
	open_bench(&bench, DFUT_SIM_CLOCK_VIRTUAL, "zephyr");
	session = new_session(bench.context);
	expect_usage(dfut_session_start_update(session, NULL), dfut_session_get_message(session));
	expect_usage(dfut_session_start_upload(session, NULL, NULL), dfut_session_get_message(session));
	/* A call that was refused has changed nothing. */
	cr_assert(eq(int, dfut_session_start_trigger(session), 0));
	cr_expect(eq(int, dfut_session_run(session), 0));
	dfut_session_free(session);
	close_bench(&bench);
}

Test(context, refuses_a_trigger_request_that_reads)
{
	struct bench bench;
	struct dfut_session *session;
	uint8_t data[65] = { 0 };

	open_bench(&bench, DFUT_SIM_CLOCK_VIRTUAL, "zephyr");
	session = new_session(bench.context);
	expect_usage(dfut_session_set_trigger_request(session, 0xa1, 0, 0, 0, NULL, 0),
		     dfut_session_get_message(session));
	expect_usage(dfut_session_set_trigger_request(session, 0x21, 0, 0, 0, data, sizeof(data)),
		     dfut_session_get_message(session));
	expect_usage(dfut_session_set_trigger_request(session, 0x21, 0, 0, 0, NULL, 4),
		     dfut_session_get_message(session));
	cr_expect(eq(int, dfut_session_set_trigger(session, "no-such"), DFUT_ERROR_NOT_FOUND));
	cr_expect(dfut_session_get_message(session)[0] != 0);
	dfut_session_free(session);
	close_bench(&bench);
}

Test(context, refuses_a_bus_without_functions_and_still_lets_it_go)
{
	struct dfut_bus_ops ops = lab_bus_ops;
	struct dfut_context *context;

	cr_assert(eq(int, dfut_context_new(&context), 0));
	ops.connect = NULL;
	expect_usage(dfut_context_add_bus(context, &ops, &lab), dfut_context_get_error(context));
	cr_expect(eq(sz, lab.stops, 1));
	/* What an older program does not have is not looked at. */
	ops = lab_bus_ops;
	ops.size = offsetof(struct dfut_bus_ops, connect);
	expect_usage(dfut_context_add_bus(context, &ops, &lab), dfut_context_get_error(context));
	cr_expect(eq(sz, lab.stops, 2));
	dfut_context_free(context);
}

static int refuse_to_start(void *self, struct dfut_bus *bus)
{
	(void)self;
	(void)bus;
	return DFUT_ERROR_ACCESS;
}

Test(context, says_that_a_bus_does_not_start)
{
	struct dfut_bus_ops ops = lab_bus_ops;
	struct dfut_context *context;

	cr_assert(eq(int, dfut_context_new(&context), 0));
	ops.start = refuse_to_start;
	cr_expect(eq(int, dfut_context_add_bus(context, &ops, &lab), DFUT_ERROR_ACCESS));
	cr_expect(dfut_context_get_error(context)[0] != 0);
	cr_expect(eq(sz, lab.stops, 1));
	dfut_context_free(context);
}

Test(context, does_nothing_after_it_was_freed_though_a_session_holds_it)
{
	struct bench bench;
	struct dfut_session *session, *late;

	open_bench(&bench, DFUT_SIM_CLOCK_VIRTUAL, "zephyr");
	session = new_session(bench.context);
	late = new_session(bench.context);
	cr_assert(eq(int, dfut_session_start_trigger(session), 0));
	dfut_context_free(bench.context);
	expect_usage(dfut_session_run(session), dfut_session_get_message(session));
	cr_expect(lt(int, dfut_session_start_trigger(late), 0));
	cr_expect(dfut_session_get_message(late)[0] != 0);
	cr_expect(eq(sz, dfut_sim_device_get_request_count(bench.device), 0));
	dfut_session_free(session);
	dfut_session_free(late);
	dfut_sim_free(bench.sim);
}
