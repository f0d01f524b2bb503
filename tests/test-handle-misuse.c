/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Handles used wrongly, from handlers, without their device or context, and with faults at every request. */

#include "bench.h"

TestSuite(handle_misuse, .timeout = 60);

static struct dfut_handle *open_at(struct bench *bench, const char *path)
{
	struct dfut_device *device = bench_find(bench, path);
	struct dfut_handle *handle;

	cr_assert(eq(int, dfut_handle_new(&handle, device), 0), "%s", dfut_context_get_error(bench->context));
	dfut_device_unref(device);
	return handle;
}

Test(handle_misuse, refuses_wrong_arguments_and_sends_nothing)
{
	static const struct dfut_line_coding codings[] = { { 0, 1, 0, 8 },    { 9600, 0, 0, 8 }, { 9600, 3, 0, 8 },
							   { 9600, 1, 5, 8 }, { 9600, 1, 0, 4 }, { 9600, 1, 0, 9 } };
	struct dfut_handle *handle, *none = (struct dfut_handle *)&codings;
	struct bench bench;
	uint8_t data[8] = { 0 };

	bench_start(&bench, "leonardo");
	cr_expect(eq(int, dfut_handle_new(&none, NULL), DFUT_ERROR_USAGE));
	cr_expect(none == NULL);
	handle = open_at(&bench, "1-1");
	cr_expect(eq(int, dfut_handle_control(handle, 0x21, 0x20, 0, 0, NULL, 7, 100), DFUT_ERROR_USAGE));
	bench_expect_words(dfut_context_get_error(bench.context), "control");
	cr_expect(eq(int, dfut_handle_control(handle, 0xa1, 0x21, 0, 0, NULL, 7, 100), DFUT_ERROR_USAGE));
	cr_expect(eq(int, dfut_handle_send_report(handle, -1, DFUT_REPORT_INPUT, 2, data, 8, 100), DFUT_ERROR_USAGE));
	cr_expect(eq(int, dfut_handle_send_report(handle, -1, 0, 2, data, 8, 100), DFUT_ERROR_USAGE));
	cr_expect(eq(int, dfut_handle_send_report(handle, -2, DFUT_REPORT_OUTPUT, 2, data, 8, 100), DFUT_ERROR_USAGE));
	cr_expect(eq(int, dfut_handle_send_report(handle, 255, DFUT_REPORT_OUTPUT, 2, data, 8, 100), DFUT_ERROR_USAGE));
	cr_expect(eq(int, dfut_handle_send_report(handle, 2, DFUT_REPORT_OUTPUT, 2, NULL, 8, 100), DFUT_ERROR_USAGE));
	cr_expect(eq(int, dfut_handle_get_feature_report(handle, 2, 2, NULL, 8, 100), DFUT_ERROR_USAGE));
	cr_expect(eq(int, dfut_handle_read_report(handle, 2, NULL, NULL, 8, 100), DFUT_ERROR_USAGE));
	for (size_t i = 0; i < COUNT(codings); i++)
		cr_expect(eq(int, dfut_handle_set_line_coding(handle, -1, &codings[i], 100), DFUT_ERROR_USAGE), "%zu",
			  i);
	cr_expect(eq(int, dfut_handle_set_line_coding(handle, -1, NULL, 100), DFUT_ERROR_USAGE));
	cr_expect(eq(int, dfut_handle_set_lines(handle, -3, 1, 1, 100), DFUT_ERROR_USAGE));
	cr_expect(eq(int, dfut_handle_set_lines(handle, -1, 2, 1, 100), DFUT_ERROR_USAGE));
	cr_expect(eq(int, dfut_handle_set_lines(handle, -1, 1, -2, 100), DFUT_ERROR_USAGE));
	cr_expect(eq(int, dfut_handle_read_serial(handle, -1, NULL, 8, 100), DFUT_ERROR_USAGE));
	cr_expect(eq(int, dfut_handle_read_serial(handle, -1, data, 0, 100), DFUT_ERROR_USAGE));
	cr_expect(eq(int, dfut_handle_write_serial(handle, -1, NULL, 8, 100), DFUT_ERROR_USAGE));
	cr_expect(eq(int, dfut_handle_touch(handle, -1, 0, 100), DFUT_ERROR_USAGE));
	cr_expect(eq(int, dfut_handle_touch(handle, 256, 1200, 100), DFUT_ERROR_USAGE));
	cr_expect(eq(sz, dfut_sim_device_get_request_count(bench.device), 0));
	dfut_handle_free(handle);
	dfut_handle_free(NULL);
	bench_stop(&bench);
}

Test(handle_misuse, finds_no_place_for_what_a_device_does_not_have)
{
	struct dfut_handle *handle;
	struct bench bench;
	uint8_t data[8] = { 0 };

	bench_start(&bench, "sonix-keyboard");
	handle = open_at(&bench, "1-1");
	cr_expect(eq(int, dfut_handle_send_report(handle, -1, DFUT_REPORT_FEATURE, 9, data, 8, 100),
		     DFUT_ERROR_NOT_FOUND));
	bench_expect_words(dfut_context_get_error(bench.context), "report");
	cr_expect(eq(int, dfut_handle_send_report(handle, 7, DFUT_REPORT_FEATURE, 0, data, 8, 100),
		     DFUT_ERROR_NOT_FOUND));
	cr_expect(eq(int, dfut_handle_get_feature_report(handle, -1, 9, data, 8, 100), DFUT_ERROR_NOT_FOUND));
	cr_expect(eq(int, dfut_handle_set_lines(handle, -1, 1, 1, 100), DFUT_ERROR_NOT_FOUND));
	bench_expect_words(dfut_context_get_error(bench.context), "port");
	cr_expect(eq(int, dfut_handle_touch(handle, -1, 1200, 100), DFUT_ERROR_NOT_FOUND));
	cr_expect(eq(int, dfut_handle_read_serial(handle, 0, data, 8, 100), DFUT_ERROR_NOT_FOUND));
	cr_expect(eq(int, dfut_handle_control(handle, 0x21, 9, 0x0300, 7, data, 8, 100), DFUT_ERROR_NOT_FOUND));
	bench_expect_words(dfut_context_get_error(bench.context), "interface");
	cr_expect(eq(sz, dfut_sim_device_get_request_count(bench.device), 0));
	dfut_handle_free(handle);
	bench_stop(&bench);
}

/* Handlers. */

struct misuse {
	struct dfut_handle *handle;
	size_t calls;
	size_t refused;
	bool closes;
};

static void use(struct misuse *misuse)
{
	uint8_t data[18];

	misuse->calls++;
	/* It is not closed in the middle of a call. */
	if (misuse->closes)
		dfut_handle_free(misuse->handle);
	misuse->refused += dfut_handle_control(misuse->handle, 0x80, 6, 0x0100, 0, data, sizeof(data), 100) ==
				   DFUT_ERROR_USAGE &&
			   dfut_handle_touch(misuse->handle, -1, 1200, 100) == DFUT_ERROR_USAGE &&
			   dfut_handle_set_lines(misuse->handle, -1, 1, 1, 100) == DFUT_ERROR_USAGE &&
			   dfut_handle_reset(misuse->handle, 100) == DFUT_ERROR_USAGE;
}

static void on_device(enum dfut_device_event event, struct dfut_device *device, void *user_data)
{
	(void)event;
	(void)device;
	use(user_data);
}

static void on_progress(struct dfut_session *session, const struct dfut_progress *progress, void *user_data)
{
	(void)session;
	(void)progress;
	use(user_data);
}

static void on_log(enum dfut_log_level level, const char *text, void *user_data)
{
	struct misuse *misuse = user_data;

	(void)level;
	(void)text;
	if (misuse->calls < 10)
		use(misuse);
}

Test(handle_misuse, is_refused_inside_handlers)
{
	struct misuse misuse = { 0 };
	struct dfut_session *session;
	struct bench bench;

	bench_start(&bench, "leonardo");
	bench_plug(&bench, "pico", "1-2");
	misuse.handle = open_at(&bench, "1-1");
	dfut_context_set_device_handler(bench.context, on_device, &misuse);
	session = bench_new_session(&bench, "1-2");
	dfut_session_set_progress_handler(session, on_progress, &misuse);
	cr_assert(eq(int, dfut_session_start_trigger(session), 0));
	cr_expect(eq(int, bench_run(&bench, session, SIZE_MAX, "handlers"), 0));
	dfut_session_free(session);
	cr_expect(ge(sz, misuse.calls, 5));
	cr_expect(eq(sz, misuse.refused, misuse.calls));
	cr_expect(eq(sz, dfut_sim_device_get_request_count(bench.device), 0));
	dfut_context_set_device_handler(bench.context, NULL, NULL);
	dfut_handle_free(misuse.handle);
	bench_stop(&bench);
}

/* A line of the log is told in the middle of a call on the same handle. */
Test(handle_misuse, is_refused_inside_the_log_handler)
{
	struct misuse misuse = { .closes = true };
	struct bench bench;
	uint8_t data[18];

	bench_start(&bench, "leonardo");
	misuse.handle = open_at(&bench, "1-1");
	dfut_context_set_log_handler(bench.context, DFUT_LOG_DEBUG, on_log, &misuse);
	cr_expect(eq(int, dfut_handle_control(misuse.handle, 0x80, 6, 0x0100, 0, data, sizeof(data), 100), 18));
	cr_expect(ge(sz, misuse.calls, 1));
	cr_expect(eq(sz, misuse.refused, misuse.calls));
	dfut_context_set_log_handler(bench.context, DFUT_LOG_DEBUG, NULL, NULL);
	dfut_handle_free(misuse.handle);
	bench_stop(&bench);
}

/* Without its device or its context. */

Test(handle_misuse, is_closed_before_or_after_the_context)
{
	for (size_t i = 0; i < 8; i++) {
		struct dfut_handle *handle;
		struct bench bench;
		uint8_t data[18];

		bench_start(&bench, "leonardo");
		handle = open_at(&bench, "1-1");
		/* With nothing, a device or a port open */
		if (i & 1)
			dfut_handle_control(handle, 0x80, 6, 0x0100, 0, data, sizeof(data), 100);
		if (i & 2)
			dfut_handle_set_lines(handle, -1, 1, 1, 100);
		if (i & 4) {
			dfut_context_free(bench.context);
			cr_expect(lt(int, dfut_handle_control(handle, 0x80, 6, 0x0100, 0, data, sizeof(data), 100), 0));
			cr_expect(lt(int, dfut_handle_touch(handle, -1, 1200, 100), 0));
			dfut_sim_free(bench.sim);
			dfut_handle_free(handle);
		} else {
			dfut_handle_free(handle);
			bench_stop(&bench);
		}
	}
}

Test(handle_misuse, says_that_the_device_has_left)
{
	struct dfut_device *device;
	struct dfut_handle *handle;
	struct bench bench;
	uint8_t data[18];

	bench_start(&bench, "leonardo");
	device = bench_find(&bench, "1-1");
	cr_assert(eq(int, dfut_handle_new(&handle, device), 0));
	cr_expect(eq(int, dfut_handle_set_lines(handle, -1, 1, 1, 1000), 0));
	dfut_sim_device_unplug(bench.device);
	cr_expect(eq(int, dfut_handle_set_lines(handle, -1, 0, 0, 1000), DFUT_ERROR_GONE));
	/* And it is not the same when it is back. */
	dfut_sim_device_replug(bench.device);
	cr_expect(eq(int, dfut_handle_set_lines(handle, -1, 0, 0, 1000), DFUT_ERROR_GONE));
	cr_expect(eq(int, dfut_handle_control(handle, 0x80, 6, 0x0100, 0, data, sizeof(data), 100), DFUT_ERROR_GONE));
	cr_expect(eq(int, dfut_handle_touch(handle, -1, 1200, 1000), DFUT_ERROR_GONE));
	dfut_handle_free(handle);
	/* Opened for a device that had left before */
	if (dfut_handle_new(&handle, device) == 0)
		cr_expect(eq(int, dfut_handle_control(handle, 0x80, 6, 0x0100, 0, data, sizeof(data), 100),
			     DFUT_ERROR_GONE));
	dfut_handle_free(handle);
	dfut_device_unref(device);
	bench_stop(&bench);
}

/* Every fault at every request of a small conversation: it ends, and with a new handle all is well. */

static int converse(struct dfut_handle *handle)
{
	static const struct dfut_line_coding coding = { 57600, 1, 0, 8 };
	uint8_t data[64];
	int worst = 0;
	int results[5];

	results[0] = dfut_handle_control(handle, 0x80, 6, 0x0100, 0, data, sizeof(data), 500);
	results[1] = dfut_handle_control(handle, 0xa1, 0x21, 0, 0, data, 7, 500);
	results[2] = dfut_handle_set_line_coding(handle, -1, &coding, 500);
	results[3] = dfut_handle_set_lines(handle, -1, 1, 0, 500);
	results[4] = dfut_handle_write_serial(handle, -1, "abcd", 4, 500);
	for (size_t i = 0; i < COUNT(results); i++)
		worst = results[i] < worst ? results[i] : worst;
	return worst;
}

Test(handle_misuse, survives_every_fault_at_every_request)
{
	static const enum dfut_sim_fault_kind faults[] = { DFUT_SIM_FAULT_STALL,       DFUT_SIM_FAULT_TIMEOUT,
							   DFUT_SIM_FAULT_LOST_ANSWER, DFUT_SIM_FAULT_UNPLUG,
							   DFUT_SIM_FAULT_SHORT,       DFUT_SIM_FAULT_GARBAGE,
							   DFUT_SIM_FAULT_SLOW };
	size_t cases = 0, failed = 0;

	for (size_t i = 0; i < COUNT(faults) * 7 * 2; i++) {
		struct dfut_sim_fault fault = { .size = sizeof(fault),
						.kind = faults[i % COUNT(faults)],
						.request = i / COUNT(faults) / 2,
						.times = i / COUNT(faults) % 2 ? 1000 : 1,
						.delay_ms = 700 };
		struct dfut_handle *handle;
		struct bench bench;

		bench_start(&bench, "leonardo:leave=no");
		handle = open_at(&bench, "1-1");
		dfut_sim_device_add_fault(bench.device, &fault);
		failed += converse(handle) < 0;
		cr_expect(lt(u64, dfut_sim_get_time_us(bench.sim), 30000000), "fault %d at %zu", fault.kind,
			  fault.request);
		dfut_handle_free(handle);
		dfut_sim_device_clear_faults(bench.device);
		if (!dfut_sim_device_is_present(bench.device))
			dfut_sim_device_replug(bench.device);
		handle = open_at(&bench, "1-1");
		cr_expect(eq(int, converse(handle), 0), "fault %d at %zu: %s", fault.kind, fault.request,
			  dfut_context_get_error(bench.context));
		dfut_handle_free(handle);
		bench_stop(&bench);
		cases++;
	}
	fprintf(stderr, "%zu faults tried, %zu of them were told\n", cases, failed);
	cr_expect(ge(sz, failed, 40));
}

/* Time. */

/* Opening is a part of the call. */
Test(handle_misuse, takes_no_longer_than_it_may)
{
	static const char *const specs[] = { "leonardo:open-ms=5000", "leonardo:fault=timeout@0x1000" };

	for (size_t i = 0; i < COUNT(specs); i++) {
		struct dfut_handle *handle;
		struct bench bench;
		uint64_t begin_us;

		bench_start(&bench, specs[i]);
		handle = open_at(&bench, "1-1");
		begin_us = dfut_sim_get_time_us(bench.sim);
		cr_expect(eq(int, dfut_handle_set_lines(handle, -1, 1, 0, 400), DFUT_ERROR_TIMEOUT), "%s", specs[i]);
		bench_expect_words(dfut_context_get_error(bench.context), specs[i]);
		cr_expect(eq(int, dfut_handle_touch(handle, -1, 1200, 600), DFUT_ERROR_TIMEOUT), "%s", specs[i]);
		bench_expect_words(dfut_context_get_error(bench.context), specs[i]);
		cr_expect(le(u64, dfut_sim_get_time_us(bench.sim) - begin_us, 1010000), "%s", specs[i]);
		cr_expect(ge(u64, dfut_sim_get_time_us(bench.sim) - begin_us, 990000), "%s", specs[i]);
		dfut_sim_device_clear_faults(bench.device);
		cr_expect(eq(int, dfut_handle_set_lines(handle, -1, 1, 0, 10000), 0), "%s: %s", specs[i],
			  dfut_context_get_error(bench.context));
		dfut_handle_free(handle);
		bench_stop(&bench);
	}
}

Test(handle_misuse, holds_up_no_session)
{
	struct dfut_session *session;
	struct dfut_handle *handle;
	struct bench bench;
	char data[8];

	bench_start(&bench, "leonardo");
	bench_plug(&bench, "pico", "1-2");
	session = bench_new_session(&bench, "1-2");
	cr_assert(eq(int, dfut_session_start_trigger(session), 0));
	handle = open_at(&bench, "1-1");
	/* A read that waits for nothing, and meanwhile */
	cr_expect(eq(int, dfut_handle_read_serial(handle, -1, data, sizeof(data), 3000), DFUT_ERROR_TIMEOUT));
	cr_expect(dfut_session_has_ended(session));
	cr_expect(eq(int, dfut_session_get_result(session), 0));
	dfut_session_free(session);
	dfut_handle_free(handle);
	bench_stop(&bench);
}
