/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Triggers on virtual devices: every fault and a cancel at every request, and recovery by a second run. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

#include "dfutrigger-sim.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ROUND_LIMIT 100000

struct bench {
	struct dfut_context *context;
	struct dfut_sim *sim;
	struct dfut_sim_device *device;
};

/* The devices, a request in place of the table's trigger, and how many requests a clean run has at least. */
static const struct variant {
	const char *spec;
	bool is_request;
	uint8_t request_type;
	uint8_t request;
	uint16_t value;
	uint16_t index;
	size_t least;
} variants[] = {
	{ .spec = "nrf52840-keyboard", .least = 3 },
	{ .spec = "nrf52840-keyboard:detach-race=ack", .least = 3 },
	{ .spec = "nrf52840-keyboard:interface-detach=stall", .least = 4 },
	{ .spec = "nrf52840-keyboard", .is_request = true, .request_type = 0x20, .least = 1 },
	{ .spec = "nrf52840-keyboard", .is_request = true, .request_type = 0x21, .index = 3, .least = 1 },
	{ .spec = "zephyr", .least = 1 },
	{ .spec = "zephyr:stack=legacy", .least = 1 },
	{ .spec = "zephyr:stack=legacy,will-detach=no", .least = 2 },
	{ .spec = "dfu", .least = 1 },
	{ .spec = "dfu:will-detach=no", .least = 2 },
	{ .spec = "dfu:flavour=tinyusb", .least = 1 },
	{ .spec = "dfu:flavour=rt", .least = 1 },
};

static const enum dfut_sim_fault_kind faults[] = { DFUT_SIM_FAULT_STALL, DFUT_SIM_FAULT_TIMEOUT, DFUT_SIM_FAULT_LOST_ANSWER,
						   DFUT_SIM_FAULT_UNPLUG, DFUT_SIM_FAULT_SHORT, DFUT_SIM_FAULT_GARBAGE };

static void start(struct bench *bench, const char *spec)
{
	cr_assert(eq(int, dfut_context_new(&bench->context), 0));
	cr_assert(eq(int, dfut_sim_new(&bench->sim, DFUT_SIM_CLOCK_VIRTUAL), 0));
	cr_assert(eq(int, dfut_sim_add_to_context(bench->sim, bench->context), 0));
	cr_assert(eq(int, dfut_sim_plug(&bench->device, bench->sim, spec, NULL), 0));
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

/* Runs a trigger; a session that has not ended after `rounds` rounds of dispatch is cancelled. */
static int trigger(struct bench *bench, const struct variant *variant, size_t rounds)
{
	struct dfut_device *device;
	struct dfut_session *session;
	int result;

	cr_assert(eq(int, dfut_device_find(&device, bench->context, NULL), 0), "%s", dfut_context_get_error(bench->context));
	cr_assert(eq(int, dfut_session_new(&session, device), 0));
	if (variant->is_request)
		cr_assert(eq(int, dfut_session_set_trigger_request(session, variant->request_type, variant->request,
								   variant->value, variant->index, NULL, 0), 0));
	result = dfut_session_start_trigger(session);
	for (size_t i = 0; result == 0 && !dfut_session_has_ended(session); i++) {
		cr_assert(lt(sz, i, ROUND_LIMIT), "%s: hang", variant->spec);
		if (i == rounds)
			dfut_session_cancel(session);
		dfut_context_dispatch(bench->context, -1);
	}
	result = result ? result : dfut_session_get_result(session);
	if (result < 0)
		cr_expect(dfut_session_get_message(session)[0] != 0);
	else
		cr_expect(eq(int, dfut_device_get_mode(dfut_session_get_device(session)), DFUT_MODE_BOOTLOADER));
	dfut_session_free(session);
	dfut_device_unref(device);
	return result;
}

static size_t count_clean_run(const struct variant *variant)
{
	struct bench bench;
	size_t count;

	start(&bench, variant->spec);
	cr_expect(eq(int, trigger(&bench, variant, SIZE_MAX), 0), "%s", variant->spec);
	cr_expect(is_in_bootloader(&bench), "%s", variant->spec);
	/* A request of the caller's own may be one that the device does not document. */
	if (!variant->is_request)
		cr_expect(eq(sz, dfut_sim_device_get_breach_count(bench.device), 0), "%s", variant->spec);
	count = dfut_sim_device_get_request_count(bench.device);
	cr_expect(ge(sz, count, variant->least), "%s", variant->spec);
	stop(&bench);
	return count;
}

static void recover(struct bench *bench, const struct variant *variant, const char *what, size_t at)
{
	dfut_sim_device_clear_faults(bench->device);
	if (!dfut_sim_device_is_present(bench->device))
		dfut_sim_device_replug(bench->device);
	/* What was begun may still go on. */
	for (uint64_t until_us = dfut_sim_get_time_us(bench->sim) + 5000000; dfut_sim_get_time_us(bench->sim) < until_us;)
		dfut_context_dispatch(bench->context, 500);
	cr_expect(eq(int, trigger(bench, variant, SIZE_MAX), 0), "%s: second run after %s at %zu", variant->spec, what, at);
	cr_expect(is_in_bootloader(bench), "%s: second run after %s at %zu", variant->spec, what, at);
}

static void try_fault(const struct variant *variant, enum dfut_sim_fault_kind kind, size_t request)
{
	struct dfut_sim_fault fault = { .kind = kind, .request = request };
	struct bench bench;
	char what[16];

	snprintf(what, sizeof(what), "fault %d", kind);
	start(&bench, variant->spec);
	dfut_sim_device_add_fault(bench.device, &fault);
	if (trigger(&bench, variant, SIZE_MAX) == 0)
		cr_expect(is_in_bootloader(&bench), "%s: false success after %s at %zu", variant->spec, what, request);
	else
		recover(&bench, variant, what, request);
	stop(&bench);
}

Test(trigger, recovers_from_every_fault_at_every_request, .timeout = 60)
{
	size_t cases = 0, wanted = 0;

	for (size_t i = 0; i < COUNT(variants); i++) {
		size_t count = count_clean_run(&variants[i]);

		wanted += variants[i].least * COUNT(faults);
		for (size_t request = 0; request < count; request++)
			for (size_t k = 0; k < COUNT(faults); k++, cases++)
				try_fault(&variants[i], faults[k], request);
	}
	fprintf(stderr, "%zu faults tried\n", cases);
	cr_expect(ge(sz, cases, wanted));
}

Test(trigger, recovers_from_a_cancel_at_every_step, .timeout = 60)
{
	size_t cases = 0;

	for (size_t i = 0; i < COUNT(variants); i++) {
		int result = DFUT_ERROR_CANCELLED;

		for (size_t round = 0; result == DFUT_ERROR_CANCELLED; round++) {
			struct bench bench;

			start(&bench, variants[i].spec);
			result = trigger(&bench, &variants[i], round);
			if (result != 0) {
				cr_expect(eq(int, result, DFUT_ERROR_CANCELLED), "%s", variants[i].spec);
				recover(&bench, &variants[i], "a cancel", round);
				cases++;
			}
			stop(&bench);
		}
	}
	fprintf(stderr, "%zu cancels tried\n", cases);
	cr_expect(ge(sz, cases, 60));
}

Test(trigger, sends_nothing_to_a_bootloader)
{
	static const char *const specs[] = { "nrf52840-keyboard:press=reset", "zephyr:stack=legacy,press=reset",
					     "dfu:start=bootloader" };

	for (size_t i = 0; i < COUNT(specs); i++) {
		struct variant variant = { .spec = specs[i] };
		struct bench bench;

		start(&bench, specs[i]);
		/* zephyr's button leads to its application: then there is something to do */
		if (is_in_bootloader(&bench)) {
			cr_expect(eq(int, trigger(&bench, &variant, SIZE_MAX), 0));
			cr_expect(eq(sz, dfut_sim_device_get_request_count(bench.device), 0), "%s", specs[i]);
		}
		stop(&bench);
	}
}
