/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The command that every bootloader knows which can be left: "start". Others are in tests of their devices. */

#include "bench.h"

#define MOST_REQUESTS 12

static const struct {
	const char *spec;
	bool is_triggered; /* to get into the bootloader */
	const char *end;   /* the mode afterwards; NULL: its application shows no USB */
} devices[] = {
	{ "dfu:start=bootloader", false, "application" },
	{ "dfu:start=bootloader,alternates=2", false, "application" },
	{ "dfu:start=bootloader,version=1.0", false, "application" },
	{ "dfu:start=dnload-idle", false, "application" },
	{ "dfu:start=upload-idle", false, "application" },
	{ "stm32f405", false, NULL },
	{ "stm32f072", false, NULL },
	{ "gd32vf103", false, NULL },
	{ "usbd-dfu-rt", true, "application" },
	{ "xmos", true, "application" },
	{ "xmos:xua=4", true, "application" },
	{ "nrf52840-keyboard", true, "application" },
};

static void trigger(struct bench *bench, const char *what)
{
	struct dfut_session *session = bench_new_session(bench, "1-1");

	cr_assert(eq(int, dfut_session_start_trigger(session), 0), "%s: %s", what, dfut_session_get_message(session));
	cr_assert(eq(int, bench_run(bench, session, SIZE_MAX, what), 0), "%s: %s", what,
		  dfut_session_get_message(session));
	dfut_session_free(session);
}

static int start_application(struct bench *bench, size_t cancel_round, const char *what)
{
	struct dfut_session *session = bench_new_session(bench, "1-1");
	int result;

	cr_assert(eq(int, dfut_session_start_command(session, "start"), 0), "%s: %s", what,
		  dfut_session_get_message(session));
	cr_expect(eq(sz, dfut_session_get_step_count(session), 1));
	result = bench_run(bench, session, cancel_round, what);
	bench_expect_words(dfut_session_get_message(session), what);
	dfut_session_free(session);
	return result;
}

static bool has_started(const struct bench *bench, const char *end)
{
	if (!end)
		return !dfut_sim_device_is_present(bench->device);
	return dfut_sim_device_is_present(bench->device) &&
	       strcmp(dfut_sim_device_get_mode_name(bench->device), end) == 0;
}

Test(command, start_leaves_the_bootloader, .timeout = 60)
{
	for (size_t i = 0; i < COUNT(devices); i++) {
		const char *spec = devices[i].spec;
		struct bench bench;

		bench_start(&bench, spec);
		if (devices[i].is_triggered)
			trigger(&bench, spec);
		cr_expect(eq(int, start_application(&bench, SIZE_MAX, spec), 0), "%s", spec);
		cr_expect(has_started(&bench, devices[i].end), "%s", spec);
		bench_expect_no_breach(bench.device, spec);
		bench_stop(&bench);
	}
}

/* A request that is refused is followed by another way to say it, on what is open already. */
Test(command, claims_an_interface_once)
{
	struct dfut_session *session;
	struct bench bench;

	bench_start(&bench, "xmos:fault=stall@1");
	session = bench_new_session(&bench, "1-1");
	cr_assert(eq(int, dfut_session_start_command(session, "revert-factory"), 0), "%s",
		  dfut_session_get_message(session));
	cr_expect(eq(int, bench_run(&bench, session, SIZE_MAX, "revert-factory"), 0));
	bench_expect_no_breach(bench.device, "revert-factory");
	dfut_session_free(session);
	bench_stop(&bench);
}

static bool is_offered(struct bench *bench)
{
	struct dfut_device *device = bench_find(bench, "1-1");
	bool found = false;

	for (size_t i = 0; i < dfut_device_get_command_count(device); i++)
		found = found || strcmp(dfut_device_get_command_name(device, i), "start") == 0;
	dfut_device_unref(device);
	return found;
}

/* In an application there is nothing to do; some bootloaders are only left by their reset button. */
Test(command, start_is_offered_where_it_is_possible, .timeout = 60)
{
	static const char *const never[] = { "zephyr", "zephyr:stack=legacy", "esp32-s2", "adafruit-nrf52" };

	for (size_t i = 0; i < COUNT(devices); i++) {
		struct bench bench;

		bench_start(&bench, devices[i].spec);
		cr_expect(eq(int, is_offered(&bench), !devices[i].is_triggered), "%s", devices[i].spec);
		bench_stop(&bench);
	}
	for (size_t i = 0; i < COUNT(never); i++) {
		struct dfut_session *session;
		struct bench bench;

		bench_start(&bench, never[i]);
		trigger(&bench, never[i]);
		cr_expect(eq(int, is_offered(&bench), false), "%s", never[i]);
		session = bench_new_session(&bench, "1-1");
		cr_expect(eq(int, dfut_session_start_command(session, "start"), DFUT_ERROR_NOT_FOUND));
		dfut_session_free(session);
		bench_stop(&bench);
	}
}

/* Nothing is promised that has not happened, and the next time it works. */
static void try_fault(const char *spec, const char *end, const char *fault, unsigned int request)
{
	struct bench bench;
	char what[160];
	int result;

	snprintf(what, sizeof(what), "%s%sfault=%s@%u", spec, strchr(spec, ':') ? "," : ":", fault, request);
	bench_start(&bench, what);
	result = start_application(&bench, SIZE_MAX, what);
	if (result == 0)
		cr_expect(has_started(&bench, end), "%s", what);
	else if (dfut_sim_device_is_present(bench.device) && !has_started(&bench, end))
		cr_expect(eq(int, start_application(&bench, SIZE_MAX, what), 0), "%s", what);
	bench_stop(&bench);
}

Test(command, start_recovers_from_every_fault, .timeout = 60)
{
	static const char *const faults[] = { "stall", "timeout", "lost-answer", "short", "garbage", "unplug" };

	for (size_t i = 0; i < COUNT(devices); i++)
		for (size_t k = 0; k < COUNT(faults) && !devices[i].is_triggered; k++)
			for (unsigned int request = 0; request < MOST_REQUESTS; request++)
				try_fault(devices[i].spec, devices[i].end, faults[k], request);
}

Test(command, start_can_be_cancelled_at_every_step, .timeout = 60)
{
	for (size_t i = 0; i < COUNT(devices); i++) {
		int result = DFUT_ERROR_CANCELLED;

		for (size_t round = 0; result == DFUT_ERROR_CANCELLED; round++) {
			struct bench bench;

			bench_start(&bench, devices[i].spec);
			if (devices[i].is_triggered)
				trigger(&bench, devices[i].spec);
			result = start_application(&bench, round, devices[i].spec);
			bench_stop(&bench);
		}
		cr_expect(eq(int, result, 0), "%s", devices[i].spec);
	}
}
