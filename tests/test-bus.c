/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What a bus can ask of its context, with the public header alone. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dfutrigger-transport.h"

/* More than any table of fixed size has had. */
#define PIPE_COUNT 200
#define ROUND_LIMIT 1000

TestSuite(bus, .timeout = 30);

/* An owner of a watched pipe. */
struct end {
	int ends[2];
	size_t told;
	struct end *lets_go; /* when it is told: of this one */
	bool keeps;	     /* leaves the byte where it is */
};

static struct lab {
	struct dfut_context *context;
	struct dfut_bus *bus;
	int start_result;
	size_t dispatches;
	size_t stops;
	size_t scans;
	bool may_block; /* the last scan */
	int scan_result;
	struct end pipes[PIPE_COUNT];
} lab;

static int lab_start(void *self, struct dfut_bus *bus)
{
	(void)self;
	lab.bus = bus;
	if (lab.start_result < 0)
		cr_expect(eq(int, dfut_bus_watch(bus, lab.pipes[0].ends[0], true, false, &lab.pipes[0]), 0));
	return lab.start_result;
}

static void lab_stop(void *self)
{
	(void)self;
	lab.stops++;
}

static int lab_scan(void *self, bool may_block)
{
	(void)self;
	lab.scans++;
	lab.may_block = may_block;
	return lab.scan_result < 0 ? dfut_bus_set_error(lab.bus, lab.scan_result, "wake it", "the bus sleeps") : 0;
}

static int lab_connect(void *self, uint64_t instance, const struct dfut_transport_ops **ops, void **transport)
{
	(void)self;
	(void)instance;
	(void)ops;
	(void)transport;
	return DFUT_ERROR_GONE;
}

static void lab_dispatch(void *self)
{
	(void)self;
	lab.dispatches++;
}

static void lab_ready(void *self, void *owner)
{
	struct end *end = owner;
	char byte;

	cr_expect(self == &lab);
	end->told++;
	if (!end->keeps)
		cr_expect(eq(int, (int)read(end->ends[0], &byte, 1), 1));
	if (end->lets_go)
		dfut_bus_unwatch(lab.bus, end->lets_go->ends[0], end->lets_go);
}

static const struct dfut_bus_ops lab_ops = {
	.size = sizeof(struct dfut_bus_ops),
	.name = "lab",
	.start = lab_start,
	.stop = lab_stop,
	.scan = lab_scan,
	.connect = lab_connect,
	.dispatch = lab_dispatch,
	.ready = lab_ready,
};

static int start_lab(const struct dfut_bus_ops *ops)
{
	int start_result = lab.start_result;

	memset(&lab, 0, sizeof(lab));
	lab.start_result = start_result;
	for (size_t i = 0; i < PIPE_COUNT; i++)
		cr_assert(eq(int, pipe2(lab.pipes[i].ends, O_NONBLOCK | O_CLOEXEC), 0));
	cr_assert(eq(int, dfut_context_new(&lab.context), 0));
	return dfut_context_add_bus(lab.context, ops, &lab);
}

static void settle(void)
{
	size_t rounds = 0;

	while (dfut_context_dispatch(lab.context, 0) > 0)
		cr_assert(lt(sz, rounds++, ROUND_LIMIT), "hang");
}

static void watch(struct end *end)
{
	cr_assert(eq(int, dfut_bus_watch(lab.bus, end->ends[0], true, false, end), 0));
}

static void send_byte(const struct end *end)
{
	cr_assert(eq(int, (int)write(end->ends[1], "", 1), 1));
}

static void stop_lab(void)
{
	dfut_context_free(lab.context);
	cr_expect(eq(sz, lab.stops, 1));
	for (size_t i = 0; i < PIPE_COUNT; i++) {
		close(lab.pipes[i].ends[0]);
		close(lab.pipes[i].ends[1]);
	}
	lab.start_result = 0;
}

Test(bus, watches_as_many_descriptors_as_there_are)
{
	cr_assert(eq(int, start_lab(&lab_ops), 0));
	for (size_t i = 0; i < PIPE_COUNT; i++)
		watch(&lab.pipes[i]);
	settle();
	cr_expect(eq(int, dfut_context_dispatch(lab.context, 10), 0));
	for (size_t i = 0; i < PIPE_COUNT; i++)
		send_byte(&lab.pipes[i]);
	settle();
	for (size_t i = 0; i < PIPE_COUNT; i++)
		cr_expect(eq(sz, lab.pipes[i].told, 1), "pipe %zu", i);
	stop_lab();
}

Test(bus, tells_each_owner_of_its_own_descriptor)
{
	cr_assert(eq(int, start_lab(&lab_ops), 0));
	for (size_t i = 0; i < PIPE_COUNT; i++)
		watch(&lab.pipes[i]);
	settle();
	for (size_t i = 0; i < PIPE_COUNT; i += 7)
		send_byte(&lab.pipes[i]);
	settle();
	for (size_t i = 0; i < PIPE_COUNT; i++)
		cr_expect(eq(sz, lab.pipes[i].told, i % 7 == 0), "pipe %zu", i);
	stop_lab();
}

Test(bus, tells_again_until_it_is_taken)
{
	struct end *end = &lab.pipes[0];
	struct pollfd event;

	cr_assert(eq(int, start_lab(&lab_ops), 0));
	event = (struct pollfd){ .fd = dfut_context_get_event(lab.context), .events = POLLIN };
	settle();
	end->keeps = true;
	watch(end);
	send_byte(end);
	for (size_t i = 1; i < 10; i++) {
		cr_expect(eq(int, poll(&event, 1, 0), 1));
		cr_expect(eq(int, dfut_context_dispatch(lab.context, 100), 1));
		cr_expect(eq(sz, end->told, i));
	}
	end->keeps = false;
	settle();
	cr_expect(eq(int, poll(&event, 1, 0), 0));
	stop_lab();
}

/* Both are ready; whoever is told first lets the other go. */
Test(bus, can_let_go_of_any_while_it_is_told)
{
	cr_assert(eq(int, start_lab(&lab_ops), 0));
	for (size_t i = 0; i < 2; i++) {
		watch(&lab.pipes[i]);
		lab.pipes[i].lets_go = &lab.pipes[1 - i];
		send_byte(&lab.pipes[i]);
	}
	settle();
	cr_expect(eq(sz, lab.pipes[0].told + lab.pipes[1].told, 1));
	stop_lab();

	cr_assert(eq(int, start_lab(&lab_ops), 0));
	watch(&lab.pipes[0]);
	lab.pipes[0].lets_go = &lab.pipes[0];
	send_byte(&lab.pipes[0]);
	settle();
	send_byte(&lab.pipes[0]);
	settle();
	cr_expect(eq(sz, lab.pipes[0].told, 1));
	stop_lab();
}

/* Who closes a descriptor and lets go of it later does not hit the one that has its number by then. */
Test(bus, number_that_comes_back_is_another_ones)
{
	struct end first, second = { .told = 0 };

	cr_assert(eq(int, start_lab(&lab_ops), 0));
	cr_assert(eq(int, pipe(first.ends), 0));
	watch(&first);
	close(first.ends[0]);
	close(first.ends[1]);
	cr_assert(eq(int, pipe(second.ends), 0));
	cr_assert(eq(int, second.ends[0], first.ends[0]));
	watch(&second);
	dfut_bus_unwatch(lab.bus, first.ends[0], &first);
	send_byte(&second);
	settle();
	cr_expect(eq(sz, second.told, 1));
	dfut_bus_unwatch(lab.bus, second.ends[0], &second);
	close(second.ends[0]);
	close(second.ends[1]);
	stop_lab();
}

/* Another thread closes one, and the same owner has its number again before it lets go of the first. */
Test(bus, of_two_watches_of_a_number_the_older_is_let_go)
{
	struct end end = { .told = 0 };

	cr_assert(eq(int, start_lab(&lab_ops), 0));
	cr_assert(eq(int, pipe(end.ends), 0));
	watch(&end);
	close(end.ends[0]);
	cr_assert(eq(int, dup2(lab.pipes[0].ends[0], end.ends[0]), end.ends[0]));
	watch(&end);
	dfut_bus_unwatch(lab.bus, end.ends[0], &end);
	send_byte(&lab.pipes[0]);
	settle();
	cr_expect(eq(sz, end.told, 1));
	dfut_bus_unwatch(lab.bus, end.ends[0], &end);
	send_byte(&lab.pipes[0]);
	settle();
	cr_expect(eq(sz, end.told, 1));
	close(end.ends[0]);
	close(end.ends[1]);
	stop_lab();
}

/* As a file does whose last request is not over yet. */
Test(bus, closed_file_that_goes_on_telling_tells_nobody)
{
	struct end end = { .keeps = true };
	int kept;

	cr_assert(eq(int, start_lab(&lab_ops), 0));
	cr_assert(eq(int, pipe(end.ends), 0));
	kept = dup(end.ends[0]);
	cr_assert(ge(int, kept, 0));
	watch(&end);
	close(end.ends[0]);
	dfut_bus_unwatch(lab.bus, end.ends[0], &end);
	send_byte(&end);
	settle();
	cr_expect(eq(sz, end.told, 0));
	close(kept);
	close(end.ends[1]);
	stop_lab();
}

Test(bus, without_ready_dispatch_is_called)
{
	struct dfut_bus_ops ops = lab_ops;

	ops.ready = NULL;
	cr_assert(eq(int, start_lab(&ops), 0));
	settle();
	watch(&lab.pipes[0]);
	send_byte(&lab.pipes[0]);
	lab.dispatches = 0;
	cr_expect(eq(int, dfut_context_dispatch(lab.context, 100), 1));
	cr_expect(eq(sz, lab.dispatches, 1));
	stop_lab();

	ops.dispatch = NULL;
	cr_assert(eq(int, start_lab(&ops), 0));
	cr_expect(eq(int, dfut_bus_watch(lab.bus, lab.pipes[0].ends[0], true, false, NULL), DFUT_ERROR_USAGE));
	stop_lab();
}

/* Deadlines that no whole number of ms is near to. */
#define WAIT_US 1050
#define WAIT_COUNT 200

static struct {
	uint64_t due_us;
	uint64_t late_us[WAIT_COUNT];
	size_t count;
} waits;

static uint64_t get_due_us(void *self)
{
	(void)self;
	return waits.count < WAIT_COUNT ? waits.due_us : UINT64_MAX;
}

static void note_lateness(void *self)
{
	uint64_t now_us = dfut_bus_get_time_us(lab.bus);

	(void)self;
	if (waits.count == WAIT_COUNT || now_us < waits.due_us)
		return;
	waits.late_us[waits.count++] = now_us - waits.due_us;
	waits.due_us = dfut_bus_get_time_us(lab.bus) + WAIT_US;
}

static int compare_times(const void *a, const void *b)
{
	const uint64_t *first = a, *second = b;

	return *first < *second ? -1 : *first > *second;
}

static void dispatch_and_wait(void)
{
	dfut_context_dispatch(lab.context, 100);
}

static void wait_and_dispatch(void)
{
	struct pollfd event = { .fd = dfut_context_get_event(lab.context), .events = POLLIN };

	poll(&event, 1, dfut_context_get_timeout_ms(lab.context));
	dfut_context_dispatch(lab.context, 0);
}

/* How late most are, is the machine's matter as well; none can be on time if all are rounded up to whole ms. */
static void expect_exact_waits(void (*wait)(void), const char *who)
{
	struct dfut_bus_ops ops = lab_ops;

	ops.dispatch = note_lateness;
	ops.get_deadline_us = get_due_us;
	memset(&waits, 0, sizeof(waits));
	waits.due_us = UINT64_MAX;
	cr_assert(eq(int, start_lab(&ops), 0));
	settle();
	waits.due_us = dfut_bus_get_time_us(lab.bus) + WAIT_US;
	for (size_t i = 0; waits.count < WAIT_COUNT && i < 10 * WAIT_COUNT; i++)
		wait();
	cr_assert(eq(sz, waits.count, WAIT_COUNT), "%s", who);
	qsort(waits.late_us, WAIT_COUNT, sizeof(waits.late_us[0]), compare_times);
	fprintf(stderr, "%s: late by %llu us at best, %llu us in the median, %llu us at worst\n", who,
		(unsigned long long)waits.late_us[0], (unsigned long long)waits.late_us[WAIT_COUNT / 2],
		(unsigned long long)waits.late_us[WAIT_COUNT - 1]);
	cr_expect(lt(u64, waits.late_us[0], 700), "%s", who);
	stop_lab();
}

Test(bus, waits_are_not_rounded_up_to_whole_ms)
{
	expect_exact_waits(dispatch_and_wait, "dispatch");
	expect_exact_waits(wait_and_dispatch, "a loop of another's");
}

Test(bus, what_is_still_watched_is_let_go_when_it_stops)
{
	cr_assert(eq(int, start_lab(&lab_ops), 0));
	for (size_t i = 0; i < PIPE_COUNT; i++)
		watch(&lab.pipes[i]);
	stop_lab();
	/* Also when it never began. */
	lab.start_result = DFUT_ERROR_IO;
	cr_expect(eq(int, start_lab(&lab_ops), DFUT_ERROR_IO));
	send_byte(&lab.pipes[0]);
	cr_expect(ge(int, dfut_context_get_timeout_ms(lab.context), -1));
	stop_lab();
}

static void list_devices(void)
{
	struct dfut_device_list *list;

	cr_assert(eq(int, dfut_device_list_new(&list, lab.context, NULL), 0));
	dfut_device_list_free(list);
}

Test(bus, scan_may_block_at_first_and_for_whoever_lists)
{
	cr_assert(eq(int, start_lab(&lab_ops), 0));
	settle();
	cr_expect(eq(sz, lab.scans, 1));
	cr_expect(lab.may_block, "the first");
	dfut_bus_changed(lab.bus);
	settle();
	cr_expect(eq(sz, lab.scans, 2));
	cr_expect(not(lab.may_block), "in the middle of a dispatch");
	list_devices();
	cr_expect(eq(sz, lab.scans, 3));
	cr_expect(lab.may_block, "somebody waits");
	stop_lab();
}

static void ignore(enum dfut_device_event event, struct dfut_device *device, void *user_data)
{
	(void)event;
	(void)device;
	(void)user_data;
}

/* Nobody listed anything: what has changed would never be seen. */
Test(bus, a_scan_that_fails_is_repeated_while_somebody_waits)
{
	size_t scans;

	cr_assert(eq(int, start_lab(&lab_ops), 0));
	settle();
	lab.scan_result = DFUT_ERROR_NO_MEMORY;
	dfut_bus_changed(lab.bus);
	settle();
	scans = lab.scans;
	dfut_context_dispatch(lab.context, 150);
	cr_expect(eq(sz, lab.scans, scans));
	dfut_context_set_device_handler(lab.context, ignore, NULL);
	settle();
	scans = lab.scans;
	lab.scan_result = 0;
	for (size_t i = 0; lab.scans == scans && i < ROUND_LIMIT; i++)
		dfut_context_dispatch(lab.context, 150);
	cr_expect(lt(sz, scans, lab.scans));
	scans = lab.scans;
	dfut_context_dispatch(lab.context, 150);
	cr_expect(eq(sz, lab.scans, scans));
	stop_lab();
}

Test(bus, words_go_to_whoever_asked)
{
	struct dfut_device_list *devices;

	cr_assert(eq(int, start_lab(&lab_ops), 0));
	settle();
	lab.scan_result = DFUT_ERROR_IO;
	dfut_bus_changed(lab.bus);
	settle();
	cr_expect(eq(sz, lab.scans, 2));
	cr_expect(eq(int, dfut_context_get_error_code(lab.context), 0));
	cr_expect(eq(str, (char *)dfut_context_get_error(lab.context), (char *)""), "nobody has asked");
	cr_expect(eq(int, dfut_device_list_new(&devices, lab.context, NULL), DFUT_ERROR_IO));
	cr_expect(eq(str, (char *)dfut_context_get_error(lab.context), (char *)"the bus sleeps"));
	cr_expect(eq(str, (char *)dfut_context_get_hint(lab.context), (char *)"wake it"));
	stop_lab();
}

/* Work, of which each piece notes when it was done and by whom. */
#define WORK_COUNT 100

static struct work {
	pthread_mutex_t lock;
	pthread_cond_t done;
	size_t order[WORK_COUNT];
	size_t count;
	bool is_other_thread;
	pthread_t own;
	struct dfut_strand *strand; /* freed by the last one */
} work = { .lock = PTHREAD_MUTEX_INITIALIZER, .done = PTHREAD_COND_INITIALIZER };

static size_t numbers[WORK_COUNT];

static void do_work(void *data)
{
	size_t number = *(size_t *)data;

	if (number == WORK_COUNT - 1 && work.strand)
		dfut_strand_free(work.strand);
	pthread_mutex_lock(&work.lock);
	work.order[work.count++] = number;
	work.is_other_thread = !pthread_equal(pthread_self(), work.own);
	dfut_bus_wake(lab.bus);
	pthread_cond_broadcast(&work.done);
	pthread_mutex_unlock(&work.lock);
}

static void run_work(struct dfut_strand *strand)
{
	work.count = 0;
	work.own = pthread_self();
	work.strand = strand;
	for (size_t i = 0; i < WORK_COUNT; i++) {
		numbers[i] = i;
		cr_assert(eq(int, dfut_bus_run(lab.bus, strand, do_work, &numbers[i]), 0));
	}
}

static void wait_for_work(void)
{
	pthread_mutex_lock(&work.lock);
	while (work.count < WORK_COUNT)
		pthread_cond_wait(&work.done, &work.lock);
	pthread_mutex_unlock(&work.lock);
}

Test(bus, work_is_done_by_other_threads)
{
	cr_assert(eq(int, start_lab(&lab_ops), 0));
	settle();
	lab.dispatches = 0;
	run_work(NULL);
	wait_for_work();
	cr_expect(work.is_other_thread);
	settle();
	cr_expect(ge(sz, lab.dispatches, 1));
	stop_lab();
}

Test(bus, work_of_a_strand_is_done_in_order)
{
	struct dfut_strand *strand;

	cr_assert(eq(int, start_lab(&lab_ops), 0));
	cr_assert(eq(int, dfut_strand_new(&strand), 0));
	run_work(strand);
	wait_for_work();
	for (size_t i = 0; i < WORK_COUNT; i++)
		cr_expect(eq(sz, work.order[i], i));
	stop_lab();
}

static void *run_from_thread(void *data)
{
	(void)data;
	run_work(NULL);
	return NULL;
}

/* Nobody has needed the context's threads before. */
Test(bus, work_is_taken_from_any_thread)
{
	pthread_t threads[2];

	cr_assert(eq(int, start_lab(&lab_ops), 0));
	for (size_t i = 0; i < 2; i++) {
		cr_assert(eq(int, pthread_create(&threads[i], NULL, run_from_thread, NULL), 0));
		pthread_join(threads[i], NULL);
		wait_for_work();
	}
	stop_lab();
}

static void keep_line(enum dfut_log_level level, const char *text, void *user_data)
{
	snprintf(user_data, 100, "%d %s", level, text);
}

Test(bus, writes_into_the_log)
{
	char line[100] = "";

	cr_assert(eq(int, start_lab(&lab_ops), 0));
	dfut_context_set_log_handler(lab.context, DFUT_LOG_INFO, keep_line, line);
	dfut_bus_log(lab.bus, DFUT_LOG_INFO, "100 %s");
	cr_expect(eq(str, line, (char *)"2 100 %s"));
	dfut_bus_log(lab.bus, DFUT_LOG_DEBUG, "not wanted");
	cr_expect(eq(str, line, (char *)"2 100 %s"));
	stop_lab();
}
