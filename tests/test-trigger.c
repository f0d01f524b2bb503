/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Triggers on virtual devices: every fault and a cancel at every request, every ending, and a second run. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dfutrigger-sim.h"

/* Time limits of a trigger on the bus: an answer, a reset, leaving, coming back; two triggers at most. */
#define DEADLINE_US 60000000
#define ROUND_LIMIT 10000
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct bench {
	struct dfut_context *context;
	struct dfut_sim *sim;
	struct dfut_sim_device *device;
};

/* A control request of the caller's; type 0 for none. */
struct raw {
	uint8_t type;
	uint8_t request;
	uint16_t value;
	uint16_t index;
};

/* A device that has two triggers, the first of which it does not know. */
static const char two_triggers
	[] = "{\"format\": 1, \"devices\": [{\"name\": \"two-triggers\", \"title\": \"two triggers\","
	     "\"application\": [{\"ids\": [\"2fe3:0005\", \"2fe3:0100\"], \"dfu\": \"application\"}],"
	     "\"bootloader\": [{\"ids\": [\"2fe3:ffff\"]}],"
	     "\"triggers\": [{\"name\": \"vendor-request\", \"request_type\": \"40\", \"request\": \"01\","
	     "\"value\": \"0000\", \"index\": \"0000\"}, \"dfu-detach\"], \"protocol\": \"dfu\", \"sources\": [\"this "
	     "test\"]}]}";

/* The devices, and the number of requests of a clean run. */
static const struct variant {
	const char *spec;
	struct raw raw;
	bool has_two_triggers;
	size_t requests;
} variants[] = {
	{ .spec = "nrf52840-keyboard", .requests = 3 },
	{ .spec = "nrf52840-keyboard:detach-race=ack", .requests = 3 },
	{ .spec = "nrf52840-keyboard:interface-detach=stall", .requests = 4 },
	{ .spec = "nrf52840-keyboard:interface-detach=stall,detach-race=ack", .requests = 4 },
	{ .spec = "nrf52840-keyboard:return-ms=5000", .requests = 3 },
	{ .spec = "nrf52840-keyboard", .raw = { 0x20, 0, 0, 0 }, .requests = 1 },
	{ .spec = "nrf52840-keyboard", .raw = { 0x21, 0, 0, 3 }, .requests = 1 },
	{ .spec = "zephyr:stack=new", .requests = 1 },
	{ .spec = "zephyr:stack=legacy", .requests = 1 },
	{ .spec = "zephyr:stack=legacy,will-detach=no", .requests = 2 },
	{ .spec = "zephyr:stack=new", .has_two_triggers = true, .requests = 2 },
	{ .spec = "dfu", .requests = 1 },
	{ .spec = "dfu:detach-ms=900", .requests = 1 },
	{ .spec = "dfu:will-detach=no", .requests = 2 },
	/* Its descriptors are those of a bootloader: it must be asked. */
	{ .spec = "dfu:version=1.0", .requests = 3 },
	{ .spec = "dfu:flavour=tinyusb", .requests = 1 },
	{ .spec = "dfu:flavour=rt", .requests = 1 },
	{ .spec = "dfu", .raw = { 0x21, 0, 1000, 0 }, .requests = 1 },
};

static const enum dfut_sim_fault_kind faults[] = { DFUT_SIM_FAULT_STALL,       DFUT_SIM_FAULT_TIMEOUT,
						   DFUT_SIM_FAULT_LOST_ANSWER, DFUT_SIM_FAULT_UNPLUG,
						   DFUT_SIM_FAULT_SHORT,       DFUT_SIM_FAULT_GARBAGE,
						   DFUT_SIM_FAULT_SLOW };

TestSuite(trigger, .timeout = 600);

static void load_two_triggers(struct dfut_context *context)
{
	char path[] = "/tmp/dfutrigger-test-XXXXXX";
	int fd = mkstemp(path);

	cr_assert(ge(int, fd, 0));
	cr_assert(eq(sz, (size_t)write(fd, two_triggers, sizeof(two_triggers) - 1), sizeof(two_triggers) - 1));
	close(fd);
	cr_assert(eq(int, dfut_context_load_devices(context, path), 0), "%s", dfut_context_get_error(context));
	unlink(path);
}

static void start(struct bench *bench, const struct variant *variant)
{
	cr_assert(eq(int, dfut_context_new(&bench->context), 0));
	cr_assert(eq(int, dfut_sim_new(&bench->sim, DFUT_SIM_CLOCK_VIRTUAL), 0));
	cr_assert(eq(int, dfut_sim_add_to_context(bench->sim, bench->context), 0));
	if (variant->has_two_triggers)
		load_two_triggers(bench->context);
	cr_assert(eq(int, dfut_sim_plug(&bench->device, bench->sim, variant->spec, NULL), 0), "%s",
		  dfut_sim_get_error(bench->sim));
}

static void stop(struct bench *bench)
{
	dfut_context_free(bench->context);
	dfut_sim_free(bench->sim);
}

static bool is_in_bootloader(const struct bench *bench)
{
	return dfut_sim_device_is_present(bench->device) &&
	       strcmp(dfut_sim_device_get_mode_name(bench->device), "bootloader") == 0;
}

static struct dfut_session *new_session(struct bench *bench, const struct raw *raw)
{
	struct dfut_match match = DFUT_MATCH_INIT;
	struct dfut_device *device;
	struct dfut_session *session;

	match.path = "1-1";
	cr_assert(eq(int, dfut_device_find(&device, bench->context, &match), 0), "%s",
		  dfut_context_get_error(bench->context));
	cr_assert(eq(int, dfut_session_new(&session, device), 0));
	dfut_device_unref(device);
	if (raw->type)
		cr_assert(eq(int,
			     dfut_session_set_trigger_request(session, raw->type, raw->request, raw->value, raw->index,
							      NULL, 0),
			     0));
	return session;
}

/* What every end has in common, however it came. */
static void judge_end(const struct bench *bench, struct dfut_session *session, const char *what)
{
	int result = dfut_session_get_result(session);

	cr_expect(dfut_session_get_message(session)[0] != 0, "%s: no text", what);
	if (result == 0) {
		cr_expect(is_in_bootloader(bench), "%s: false success", what);
		cr_expect(eq(int, dfut_device_get_mode(dfut_session_get_device(session)), DFUT_MODE_BOOTLOADER), "%s",
			  what);
		cr_expect(dfut_device_is_present(dfut_session_get_device(session)), "%s", what);
	}
	if (result == DFUT_ERROR_DEVICE || result == DFUT_ERROR_TIMEOUT || result == DFUT_ERROR_MISMATCH)
		cr_expect(dfut_session_get_hint(session)[0] != 0, "%s: no hint for \"%s\"", what,
			  dfut_session_get_message(session));
}

/* Runs a trigger; one that has not ended after `rounds` rounds of dispatch is cancelled. */
static int trigger(struct bench *bench, const struct raw *raw, size_t rounds, const char *what)
{
	struct dfut_session *session = new_session(bench, raw);
	uint64_t begin_us = dfut_sim_get_time_us(bench->sim);
	int result = dfut_session_start_trigger(session);

	for (size_t i = 0; result == 0 && !dfut_session_has_ended(session) && i < ROUND_LIMIT; i++) {
		if (i == rounds)
			dfut_session_cancel(session);
		dfut_context_dispatch(bench->context, -1);
	}
	cr_expect(eq(int, result, 0), "%s: %s", what, dfut_session_get_message(session));
	cr_expect(dfut_session_has_ended(session), "%s: hang", what);
	cr_expect(lt(u64, dfut_sim_get_time_us(bench->sim) - begin_us, DEADLINE_US), "%s: too slow", what);
	judge_end(bench, session, what);
	result = dfut_session_get_result(session);
	dfut_session_free(session);
	return result;
}

static size_t count_clean_run(const struct variant *variant)
{
	struct bench bench;
	size_t count;

	start(&bench, variant);
	cr_expect(eq(int, trigger(&bench, &variant->raw, SIZE_MAX, variant->spec), 0), "%s", variant->spec);
	count = dfut_sim_device_get_request_count(bench.device);
	for (size_t i = 0; i < dfut_sim_device_get_record_count(bench.device); i++)
		if (dfut_sim_device_get_record(bench.device, i)->event == DFUT_SIM_EVENT_BREACH)
			cr_expect(false, "%s: %s", variant->spec, dfut_sim_device_get_record(bench.device, i)->text);
	stop(&bench);
	return count;
}

Test(trigger, a_clean_run_breaks_no_rule_and_asks_for_no_more_than_it_needs)
{
	for (size_t i = 0; i < COUNT(variants); i++)
		cr_expect(eq(sz, count_clean_run(&variants[i]), variants[i].requests), "%s", variants[i].spec);
}

static void recover(struct bench *bench, const struct variant *variant, const char *what)
{
	/* Another trigger than the first time must not matter once the device is where it should be. */
	uint64_t until_us = dfut_sim_get_time_us(bench->sim) + 6000000;

	dfut_sim_device_clear_faults(bench->device);
	/* What an interrupted departure still has to do. */
	while (dfut_sim_get_time_us(bench->sim) < until_us)
		dfut_context_dispatch(bench->context, 500);
	if (!dfut_sim_device_is_present(bench->device))
		dfut_sim_device_replug(bench->device);
	cr_expect(eq(int, trigger(bench, &variant->raw, SIZE_MAX, what), 0), "%s: second run", what);
	cr_expect(is_in_bootloader(bench), "%s: second run", what);
}

static int try_fault(const struct variant *variant, const struct dfut_sim_fault *fault)
{
	struct bench bench;
	char what[160];
	int result;

	snprintf(what, sizeof(what), "%s: fault %d at request %zu, %zu times", variant->spec, fault->kind,
		 fault->request, fault->times);
	start(&bench, variant);
	dfut_sim_device_add_fault(bench.device, fault);
	result = trigger(&bench, &variant->raw, SIZE_MAX, what);
	if (result < 0)
		recover(&bench, variant, what);
	stop(&bench);
	return result;
}

Test(trigger, recovers_from_every_fault_at_every_request)
{
	size_t cases = 0, wanted = 0, survived = 0;

	for (size_t i = 0; i < COUNT(variants); i++) {
		wanted += variants[i].requests * COUNT(faults) * 2;
		for (size_t request = 0; request < variants[i].requests; request++) {
			for (size_t k = 0; k < 2 * COUNT(faults); k++) {
				struct dfut_sim_fault fault = { .size = sizeof(fault),
								.kind = faults[k / 2],
								.request = request,
								.times = k % 2 ? 1000 : 1,
								.delay_ms = 700 };

				survived += try_fault(&variants[i], &fault) == 0;
				cases++;
			}
		}
	}
	fprintf(stderr, "%zu faults tried, %zu of them did not matter\n", cases, survived);
	cr_expect(eq(sz, cases, wanted));
	cr_expect(ge(sz, cases, 490));
	cr_expect(ge(sz, survived, 190));
}

Test(trigger, recovers_from_a_cancel_at_every_step)
{
	size_t cases = 0;

	for (size_t i = 0; i < COUNT(variants); i++) {
		int result = DFUT_ERROR_CANCELLED;

		for (size_t round = 0; result == DFUT_ERROR_CANCELLED; round++) {
			struct bench bench;
			char what[160];

			snprintf(what, sizeof(what), "%s: cancel in round %zu", variants[i].spec, round);
			start(&bench, &variants[i]);
			result = trigger(&bench, &variants[i].raw, round, what);
			if (result != 0) {
				cr_expect(eq(int, result, DFUT_ERROR_CANCELLED), "%s", what);
				recover(&bench, &variants[i], what);
				cases++;
			}
			stop(&bench);
		}
	}
	fprintf(stderr, "%zu cancels tried\n", cases);
	cr_expect(ge(sz, cases, 100));
}

/* Cancelled as soon as the device has got its DETACH. */
static void interrupt(struct bench *bench, const struct variant *variant)
{
	struct dfut_session *session = new_session(bench, &variant->raw);

	cr_assert(eq(int, dfut_session_start_trigger(session), 0));
	while (!dfut_session_has_ended(session)) {
		if (dfut_sim_device_get_request_count(bench->device) == 1)
			dfut_session_cancel(session);
		dfut_context_dispatch(bench->context, -1);
	}
	cr_expect(eq(int, dfut_session_get_result(session), DFUT_ERROR_CANCELLED), "%s", variant->spec);
	cr_expect(dfut_sim_device_is_present(bench->device) && !is_in_bootloader(bench), "%s", variant->spec);
	dfut_session_free(session);
}

Test(trigger, asks_once_more_who_was_asked_before_and_interrupted)
{
	static const struct {
		struct variant variant;
		bool stalls; /* the second DETACH, which changes nothing: it leaves by the first */
	} cases[] = {
		/* Back in appIDLE by a second DETACH (DFU 1.1, A.2.2). */
		{ { .spec = "dfu:detach-ms=900", .requests = 3 }, false },
		{ { .spec = "dfu:will-detach=no", .requests = 4 }, false },
		{ { .spec = "zephyr:stack=legacy", .requests = 3 }, false },
		{ { .spec = "zephyr:stack=legacy,will-detach=no", .requests = 4 }, false },
		{ { .spec = "dfu:detach-ms=900", .requests = 2 }, true },
		{ { .spec = "dfu:detach-ms=3900,detach-timeout=4000", .requests = 2 }, true },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct variant *variant = &cases[i].variant;
		struct dfut_sim_fault fault = { sizeof(fault), DFUT_SIM_FAULT_STALL, 1, 1, 0 };
		struct bench bench;

		start(&bench, variant);
		interrupt(&bench, variant);
		if (cases[i].stalls)
			dfut_sim_device_add_fault(bench.device, &fault);
		cr_expect(eq(int, trigger(&bench, &variant->raw, SIZE_MAX, variant->spec), 0), "%s", variant->spec);
		cr_expect(is_in_bootloader(&bench), "%s", variant->spec);
		cr_expect(eq(sz, dfut_sim_device_get_request_count(bench.device), variant->requests), "%s",
			  variant->spec);
		stop(&bench);
	}
}

Test(trigger, tells_each_bad_ending_apart)
{
	static const struct {
		struct variant variant;
		int result;
		const char *text;
	} endings[] = {
		{ { .spec = "nrf52840-keyboard:leave=no" }, DFUT_ERROR_DEVICE, "still there" },
		{ { .spec = "nrf52840-keyboard:leave=no,interface-detach=stall" }, DFUT_ERROR_DEVICE, "still there" },
		{ { .spec = "zephyr:leave=no" }, DFUT_ERROR_DEVICE, "still there" },
		{ { .spec = "dfu:leave=no" }, DFUT_ERROR_DEVICE, "still there" },
		{ { .spec = "dfu:will-detach=no,leave=no" }, DFUT_ERROR_DEVICE, "still there" },
		{ { .spec = "zephyr:leave=no", .has_two_triggers = true }, DFUT_ERROR_DEVICE, "still there" },
		{ { .spec = "dfu:leave=no", .raw = { 0x21, 0, 1000, 0 } }, DFUT_ERROR_DEVICE, "still there" },
		/* Vendor requests, which no virtual device knows */
		{ { .spec = "dfu", .raw = { 0x40, 1, 2, 3 } }, DFUT_ERROR_DEVICE, "refused" },
		{ { .spec = "nrf52840-keyboard", .raw = { 0x40, 1, 2, 3 } }, DFUT_ERROR_DEVICE, "refused" },
		{ { .spec = "nrf52840-keyboard:return=no" }, DFUT_ERROR_TIMEOUT, "did not come back" },
		{ { .spec = "zephyr:return=no" }, DFUT_ERROR_TIMEOUT, "did not come back" },
		{ { .spec = "dfu:return=no" }, DFUT_ERROR_TIMEOUT, "did not come back" },
		{ { .spec = "dfu:will-detach=no,return=no" }, DFUT_ERROR_TIMEOUT, "did not come back" },
		{ { .spec = "nrf52840-keyboard:return-ms=11000" }, DFUT_ERROR_TIMEOUT, "did not come back" },
		{ { .spec = "dfu:return=no", .raw = { 0x21, 0, 1000, 0 } }, DFUT_ERROR_TIMEOUT, "did not come back" },
		{ { .spec = "nrf52840-keyboard:return-as=application" }, DFUT_ERROR_MISMATCH, "its application" },
		{ { .spec = "zephyr:return-as=application" }, DFUT_ERROR_MISMATCH, "its application" },
		{ { .spec = "dfu:return-as=application" }, DFUT_ERROR_MISMATCH, "its application" },
		{ { .spec = "dfu:will-detach=no,return-as=application" }, DFUT_ERROR_MISMATCH, "its application" },
		{ { .spec = "dfu:return-as=application", .raw = { 0x21, 0, 1000, 0 } },
		  DFUT_ERROR_MISMATCH,
		  "its application" },
	};

	for (size_t i = 0; i < COUNT(endings); i++) {
		const struct variant *variant = &endings[i].variant;
		struct dfut_session *session;
		struct bench bench;

		start(&bench, variant);
		session = new_session(&bench, &variant->raw);
		cr_assert(eq(int, dfut_session_start_trigger(session), 0));
		cr_expect(eq(int, dfut_session_run(session), endings[i].result), "%s", variant->spec);
		cr_expect(eq(int, dfut_session_get_state(session), DFUT_SESSION_FAILED), "%s", variant->spec);
		cr_expect(strstr(dfut_session_get_message(session), endings[i].text) != NULL, "%s: %s", variant->spec,
			  dfut_session_get_message(session));
		judge_end(&bench, session, variant->spec);
		dfut_session_free(session);
		stop(&bench);
	}
}

Test(trigger, leaves_a_device_alone_that_is_in_its_bootloader)
{
	static const char *const specs[] = { "dfu:start=bootloader", "dfu:start=error",
					     "nrf52840-keyboard:press=reset" };

	for (size_t i = 0; i < COUNT(specs); i++) {
		struct variant variant = { .spec = specs[i] };
		struct dfut_session *session;
		struct bench bench;
		uint64_t begin_us;

		start(&bench, &variant);
		/* The button takes a moment. */
		dfut_context_dispatch(bench.context, 0);
		while (!dfut_sim_device_is_present(bench.device))
			dfut_context_dispatch(bench.context, 1000);
		session = new_session(&bench, &variant.raw);
		begin_us = dfut_sim_get_time_us(bench.sim);
		cr_assert(eq(int, dfut_session_start_trigger(session), 0));
		cr_expect(eq(sz, dfut_session_get_step_count(session), 0));
		cr_expect(eq(int, dfut_session_run(session), 0), "%s", specs[i]);
		cr_expect(eq(u64, dfut_sim_get_time_us(bench.sim), begin_us), "%s", specs[i]);
		cr_expect(eq(sz, dfut_sim_device_get_request_count(bench.device), 0), "%s", specs[i]);
		judge_end(&bench, session, specs[i]);
		dfut_session_free(session);
		stop(&bench);
	}
}

Test(trigger, waits_as_long_as_it_is_told)
{
	struct variant variant = { .spec = "dfu:return-ms=12000" };
	struct dfut_session *session;
	struct bench bench;

	start(&bench, &variant);
	session = new_session(&bench, &variant.raw);
	dfut_session_set_return_timeout_ms(session, 15000);
	cr_assert(eq(int, dfut_session_start_trigger(session), 0));
	cr_expect(eq(int, dfut_session_run(session), 0), "%s", dfut_session_get_message(session));
	dfut_session_free(session);
	stop(&bench);
}

Test(trigger, takes_the_trigger_that_was_picked)
{
	struct variant variant = { .spec = "zephyr", .has_two_triggers = true };
	struct dfut_session *session;
	struct bench bench;

	start(&bench, &variant);
	session = new_session(&bench, &variant.raw);
	cr_assert(eq(sz, dfut_device_get_trigger_count(dfut_session_get_device(session)), 2));
	cr_assert(eq(int, dfut_session_set_trigger(session, "dfu-detach"), 0));
	cr_assert(eq(int, dfut_session_start_trigger(session), 0));
	cr_expect(eq(int, dfut_session_run(session), 0));
	cr_expect(eq(sz, dfut_sim_device_get_request_count(bench.device), 1));
	dfut_session_free(session);
	stop(&bench);

	/* Only that one, and not the other when it fails. */
	start(&bench, &variant);
	session = new_session(&bench, &variant.raw);
	cr_assert(eq(int, dfut_session_set_trigger(session, "vendor-request"), 0));
	cr_assert(eq(int, dfut_session_start_trigger(session), 0));
	cr_expect(eq(int, dfut_session_run(session), DFUT_ERROR_DEVICE));
	cr_expect(eq(sz, dfut_sim_device_get_request_count(bench.device), 1));
	dfut_session_free(session);
	stop(&bench);
}

Test(trigger, says_what_the_keyboard_told_about_itself)
{
	struct variant variant = { .spec = "nrf52840-keyboard" };
	struct dfut_session *session;
	struct bench bench;
	const char *key, *value;
	bool found = false;

	start(&bench, &variant);
	session = new_session(&bench, &variant.raw);
	cr_assert(eq(int, dfut_session_start_trigger(session), 0));
	cr_expect(eq(int, dfut_session_run(session), 0));
	for (size_t i = 0; i < dfut_session_get_fact_count(session); i++) {
		cr_assert(eq(int, dfut_session_get_fact(session, i, &key, &value), 0));
		if (strcmp(key, "nordic_flash_size") == 0)
			found = strcmp(value, "1048576") == 0;
	}
	cr_expect(found);
	cr_expect(eq(int, dfut_session_get_fact(session, dfut_session_get_fact_count(session), &key, &value),
		     DFUT_ERROR_NOT_FOUND));
	dfut_session_free(session);
	stop(&bench);
}
