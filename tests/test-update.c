/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Whole updates on virtual devices: every fault and a cancel at every request, and recovery by a second run. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

#include "dfutrigger-sim.h"

#define IMAGE_SIZE 1300

struct bench {
	struct dfut_context *context;
	struct dfut_sim *sim;
	struct dfut_sim_device *device;
};

/* The devices, the memory that the image is in afterwards, and the fewest requests that a whole update has. */
static const struct variant {
	const char *spec;
	const char *memory;
	size_t least;
} variants[] = {
	{ "zephyr:stack=new,slot-size=8K", "slot1", 20 },
	{ "zephyr:stack=legacy,slot-size=8K", "slot1", 30 },
	{ "zephyr:stack=legacy,will-detach=no,slot-size=8K", "slot1", 30 },
	{ "zephyr:stack=legacy,reboot=yes,slot-size=8K", "slot0", 30 },
	{ "zephyr:stack=new,reboot=yes,slot-size=8K", "slot0", 20 },
	{ "dfu:transfer-size=256", "memory0", 15 },
	{ "dfu:transfer-size=256,busy=2", "memory0", 20 },
	{ "dfu:transfer-size=256,tolerant=no,will-detach=no", "memory0", 12 },
	{ "dfu:transfer-size=256,tolerant=no", "memory0", 12 },
	{ "dfu:transfer-size=256,version=1.0", "memory0", 12 },
	{ "dfu:transfer-size=256,flavour=tinyusb", "memory0", 12 },
	{ "dfu:transfer-size=256,flavour=rt", "memory0", 7 },
};

static const enum dfut_sim_fault_kind faults[] = { DFUT_SIM_FAULT_STALL,       DFUT_SIM_FAULT_TIMEOUT,
						   DFUT_SIM_FAULT_LOST_ANSWER, DFUT_SIM_FAULT_UNPLUG,
						   DFUT_SIM_FAULT_SHORT,       DFUT_SIM_FAULT_GARBAGE };

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

static struct dfut_image *make_image(struct dfut_context *context)
{
	uint8_t payload[IMAGE_SIZE];
	struct dfut_image *image;

	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)(i * 7 + i / 256 + 128);
	cr_assert(eq(int, dfut_image_load_buffer(&image, context, payload, sizeof(payload), 0), 0));
	cr_assert(eq(int, dfut_image_wrap_mcuboot(image, "2.0.0", 32), 0));
	return image;
}

static struct dfut_device *find(struct bench *bench)
{
	struct dfut_match match = DFUT_MATCH_INIT;
	struct dfut_device *device;

	match.path = "1-1";
	cr_assert(eq(int, dfut_device_find(&device, bench->context, &match), 0), "%s",
		  dfut_context_get_error(bench->context));
	return device;
}

/* Runs an update; a session that has not ended after `rounds` rounds of dispatch is cancelled. */
static int update(struct bench *bench, struct dfut_image *image, size_t rounds, bool *hung,
		  enum dfut_verified *verified)
{
	struct dfut_device *device = find(bench);
	struct dfut_session *session;
	int result;

	cr_assert(eq(int, dfut_session_new(&session, device), 0));
	result = dfut_session_start_update(session, image);
	for (size_t i = 0; result == 0 && !dfut_session_has_ended(session); i++) {
		if (i == rounds)
			dfut_session_cancel(session);
		if (i > 100000) {
			*hung = true;
			break;
		}
		dfut_context_dispatch(bench->context, -1);
	}
	if (result == 0)
		result = dfut_session_get_result(session);
	if (result < 0)
		cr_expect(dfut_session_get_message(session)[0] != 0);
	if (verified)
		*verified = dfut_session_get_verified(session);
	cr_log_info("%d: %s", result, dfut_session_get_message(session));
	dfut_session_free(session);
	dfut_device_unref(device);
	return result;
}

static bool holds(const struct bench *bench, const char *memory, struct dfut_image *image)
{
	struct dfut_segment segment;
	const uint8_t *data;
	size_t size = 0;

	dfut_image_get_segment(image, 0, &segment, sizeof(segment));
	data = dfut_sim_device_get_memory(bench->device, memory, &size);
	return data && size >= segment.size && memcmp(data, segment.data, segment.size) == 0;
}

static size_t count_clean_run(const struct variant *variant, bool strict)
{
	struct bench bench;
	struct dfut_image *image;
	bool hung = false;
	size_t count;

	start(&bench, variant->spec);
	image = make_image(bench.context);
	cr_expect(eq(int, update(&bench, image, SIZE_MAX, &hung, NULL), 0), "%s", variant->spec);
	cr_expect(holds(&bench, variant->memory, image), "%s", variant->spec);
	for (size_t i = 0; strict && i < dfut_sim_device_get_record_count(bench.device); i++)
		if (dfut_sim_device_get_record(bench.device, i)->event == DFUT_SIM_EVENT_BREACH)
			cr_expect(false, "%s: %s", variant->spec, dfut_sim_device_get_record(bench.device, i)->text);
	count = dfut_sim_device_get_request_count(bench.device);
	cr_expect(ge(sz, count, variant->least), "%s", variant->spec);
	dfut_image_free(image);
	stop(&bench);
	return count;
}

/* What the image asks for and DFU does not have; the device is not asked anything. */
Test(update, files_with_addresses_or_several_parts_are_refused, .timeout = 60)
{
	static const char *const texts[] = { ":0100000077"
					     "88\n:00000001FF\n",
					     ":0100000077"
					     "88\n:0100020077"
					     "86\n:00000001FF\n" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct dfut_image *image = NULL;
		struct bench bench;
		bool hung = false;

		start(&bench, "dfu:transfer-size=256");
		cr_assert(eq(int, dfut_image_load_buffer(&image, bench.context, texts[i], strlen(texts[i]), 0), 0));
		cr_expect(eq(int, update(&bench, image, SIZE_MAX, &hung, NULL), DFUT_ERROR_UNSUPPORTED));
		cr_expect(eq(sz, dfut_sim_device_get_request_count(bench.device), 0));
		dfut_image_free(image);
		stop(&bench);
	}
}

Test(update, a_clean_run_breaks_no_rule, .timeout = 60)
{
	for (size_t i = 0; i < sizeof(variants) / sizeof(variants[0]); i++)
		count_clean_run(&variants[i], true);
}

static void recover(struct bench *bench, const struct variant *variant, struct dfut_image *image, const char *what,
		    size_t at)
{
	bool hung = false;
	int result;

	dfut_sim_device_clear_faults(bench->device);
	if (!dfut_sim_device_is_present(bench->device))
		dfut_sim_device_replug(bench->device);
	/* What an interrupted restart still has to do. */
	for (uint64_t until_us = dfut_sim_get_time_us(bench->sim) + 5000000;
	     dfut_sim_get_time_us(bench->sim) < until_us;)
		dfut_context_dispatch(bench->context, 500);
	result = update(bench, image, SIZE_MAX, &hung, NULL);
	cr_expect(eq(int, result, 0), "%s: second run after %s at request %zu", variant->spec, what, at);
	cr_expect(holds(bench, variant->memory, image) || holds(bench, "slot0", image),
		  "%s: second run after %s at request %zu", variant->spec, what, at);
}

static void try_fault(const struct variant *variant, enum dfut_sim_fault_kind kind, size_t request)
{
	struct dfut_sim_fault fault = { .size = sizeof(fault), .kind = kind, .request = request };
	struct bench bench;
	struct dfut_image *image;
	bool hung = false;
	enum dfut_verified verified;
	char what[16];
	int result;

	snprintf(what, sizeof(what), "fault %d", kind);
	start(&bench, variant->spec);
	dfut_sim_device_add_fault(bench.device, &fault);
	image = make_image(bench.context);
	result = update(&bench, image, SIZE_MAX, &hung, &verified);
	cr_expect(not(hung), "%s: hang after %s at request %zu", variant->spec, what, request);
	/* What a device swallows and then hides shows only where it can be read back: that must be said. */
	if (result == 0)
		cr_expect(holds(&bench, variant->memory, image) ||
				  (kind == DFUT_SIM_FAULT_GARBAGE && verified == DFUT_VERIFIED_IMPOSSIBLE),
			  "%s: false success after %s at request %zu", variant->spec, what, request);
	else
		recover(&bench, variant, image, what, request);
	dfut_image_free(image);
	stop(&bench);
}

Test(update, recovers_from_every_fault_at_every_request, .timeout = 600)
{
	size_t cases = 0, wanted = 0;

	for (size_t i = 0; i < sizeof(variants) / sizeof(variants[0]); i++) {
		size_t count = count_clean_run(&variants[i], false);

		wanted += variants[i].least * sizeof(faults) / sizeof(faults[0]);
		for (size_t request = 0; request < count; request++) {
			for (size_t k = 0; k < sizeof(faults) / sizeof(faults[0]); k++) {
				try_fault(&variants[i], faults[k], request);
				cases++;
			}
		}
	}
	fprintf(stderr, "%zu faults tried\n", cases);
	cr_expect(ge(sz, cases, wanted));
}

Test(update, recovers_from_a_cancel_at_every_step, .timeout = 600)
{
	size_t cases = 0;

	for (size_t i = 0; i < sizeof(variants) / sizeof(variants[0]); i++) {
		int result = DFUT_ERROR_CANCELLED;

		for (size_t round = 0; result == DFUT_ERROR_CANCELLED; round++) {
			struct bench bench;
			struct dfut_image *image;
			bool hung = false;

			start(&bench, variants[i].spec);
			image = make_image(bench.context);
			result = update(&bench, image, round, &hung, NULL);
			cr_expect(not(hung));
			if (result != 0) {
				cr_expect(eq(int, result, DFUT_ERROR_CANCELLED));
				recover(&bench, &variants[i], image, "a cancel", round);
				cases++;
			}
			dfut_image_free(image);
			stop(&bench);
		}
	}
	fprintf(stderr, "%zu cancels tried\n", cases);
	cr_expect(ge(sz, cases, 300));
}
