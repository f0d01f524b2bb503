/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Triggers by report, touch and lines on virtual devices: every ending, every fault and a cancel at every request. */

#include "bench.h"

/* Time limits of a trigger on the bus: three ways that share 10 s, with up to six requests of 5 s each, twice. */
#define DEADLINE_US 100000000

/* LeafLabs' Maple: bytes among the lines. Poly's cameras: DETACH with bit 8 of wIndex. */
#define MAPLE "cdc-board:vid=1eaf,pid=0004,boot-vid=1eaf,boot-pid=0003,magic=yes"
#define POLY "webcam:vid=095d,pid=9290,boot-vid=095d,boot-pid=9291,in-use=yes"

/* The devices. */
static const struct variant {
	const char *spec;
	bool in_place; /* its bootloader looks like its application */
} variants[] = {
	{ "sonix-keyboard", false },
	{ "sonix-keyboard:firmware=hfd", false },
	{ "sonix-keyboard:interface=0,race=gone", false },
	{ "sinowealth-keyboard", false },
	{ "sinowealth-keyboard:bootloader-pid=1021,race=gone", false },
	{ "via-keyboard", false },
	{ "via-keyboard:bootloader=stm32", false },
	{ "via-keyboard:bootloader=rp2040", false },
	{ "via-keyboard:via=silent", false },
	{ "jabra", false },
	{ "jabra:will-detach=no", false },
	{ "jabra:family=710", false },
	{ "jabra:family=710,will-detach=no,race=gone", false },
	{ "jabra:dfu-protocol=0", false },
	{ "teensy:model=3", false },
	{ "teensy:model=4,race=gone", false },
	{ "teensy:type=serial,model=3", false },
	{ "teensy:type=serial,model=4,race=gone", false },
	{ "leonardo", false },
	{ "samd", false },
	{ "adafruit-nrf52", false },
	{ "adafruit-nrf52:bootloader=uf2,race=gone", false },
	{ "pico", false },
	{ "pico:reset-interface=no", false },
	{ "pico:reset-interface=no,race=gone", false },
	{ "pico:baud=no", false },
	{ "esp32-s2", false },
	{ "esp32-s2:race=gone", false },
	{ "esp32-s2:vid=239a,pid=80df", false },
	{ "esp32-s3-jtag", true },
	{ "esp32-s3-jtag:re-enumerate=no", true },
	{ "esp32-s3-jtag:vid=2886,pid=8056,touch=yes", true },
	{ MAPLE, false },
	{ POLY, false },
	{ POLY ",will-detach=no", false },
	{ "webcam:vid=095d,pid=92d0,boot-vid=095d,boot-pid=92d1,in-use=yes", false },
};

static const enum dfut_sim_fault_kind faults[] = { DFUT_SIM_FAULT_STALL,       DFUT_SIM_FAULT_TIMEOUT,
						   DFUT_SIM_FAULT_LOST_ANSWER, DFUT_SIM_FAULT_UNPLUG,
						   DFUT_SIM_FAULT_SHORT,       DFUT_SIM_FAULT_GARBAGE,
						   DFUT_SIM_FAULT_SLOW };

TestSuite(trigger_ways, .timeout = 600);

/* What every end has in common, however it came. */
static void judge_end(const struct bench *bench, struct dfut_session *session, bool in_place, const char *what)
{
	struct dfut_device *device = dfut_session_get_device(session);
	int result = dfut_session_get_result(session);

	bench_expect_words(dfut_session_get_message(session), what);
	if (result == 0 && !in_place) {
		cr_expect(bench_is_in_bootloader(bench->device), "%s: false success", what);
		cr_expect(eq(int, dfut_device_get_mode(device), DFUT_MODE_BOOTLOADER), "%s", what);
	}
	if (result == 0) {
		cr_expect(dfut_device_is_present(device), "%s", what);
		cr_expect(eq(int, strcmp(dfut_device_get_path(device), "1-1"), 0), "%s", what);
	}
	if (result == DFUT_ERROR_DEVICE || result == DFUT_ERROR_TIMEOUT || result == DFUT_ERROR_MISMATCH)
		cr_expect(dfut_session_get_hint(session)[0] != 0, "%s: no hint for \"%s\"", what,
			  dfut_session_get_message(session));
	/* The error is the truth, unless it is about the question whether it is a bootloader. */
	if (strstr(what, "dfu-protocol=0"))
		return;
	if (result == DFUT_ERROR_DEVICE && !in_place) {
		cr_expect(dfut_sim_device_is_present(bench->device), "%s: %s", what, dfut_session_get_message(session));
		cr_expect(not(bench_is_in_bootloader(bench->device)), "%s: %s", what,
			  dfut_session_get_message(session));
	}
	if (result == DFUT_ERROR_TIMEOUT || result == DFUT_ERROR_GONE)
		cr_expect(not(dfut_sim_device_is_present(bench->device)), "%s: %s", what,
			  dfut_session_get_message(session));
}

/* Runs a trigger; one that has not ended after `rounds` rounds of dispatch is cancelled. */
static int trigger(struct bench *bench, bool in_place, size_t rounds, const char *what)
{
	struct dfut_session *session = bench_new_session(bench, "1-1");
	uint64_t begin_us = dfut_sim_get_time_us(bench->sim);
	int result = dfut_session_start_trigger(session);

	cr_expect(eq(int, result, 0), "%s: %s", what, dfut_session_get_message(session));
	if (result == 0)
		result = bench_run(bench, session, rounds, what);
	cr_expect(lt(u64, dfut_sim_get_time_us(bench->sim) - begin_us, DEADLINE_US), "%s: too slow", what);
	judge_end(bench, session, in_place, what);
	dfut_session_free(session);
	return result;
}

static size_t count_requests(const struct variant *variant)
{
	struct bench bench;
	size_t count;

	bench_start(&bench, variant->spec);
	cr_expect(eq(int, trigger(&bench, variant->in_place, SIZE_MAX, variant->spec), 0), "%s", variant->spec);
	cr_expect(bench_is_in_bootloader(bench.device), "%s", variant->spec);
	bench_expect_no_breach(bench.device, variant->spec);
	count = dfut_sim_device_get_request_count(bench.device);
	bench_stop(&bench);
	return count;
}

Test(trigger_ways, brings_each_device_to_its_bootloader_without_breaking_a_rule)
{
	for (size_t i = 0; i < COUNT(variants); i++)
		cr_expect(ge(sz, count_requests(&variants[i]), 1), "%s", variants[i].spec);
}

Test(trigger_ways, leaves_a_device_alone_that_is_in_its_bootloader)
{
	for (size_t i = 0; i < COUNT(variants); i++) {
		struct dfut_session *session;
		struct bench bench;

		/* One that looks like DFU 1.0 must be asked. */
		if (variants[i].in_place || strstr(variants[i].spec, "dfu-protocol=0"))
			continue;
		bench_start(&bench, variants[i].spec);
		trigger(&bench, false, SIZE_MAX, variants[i].spec);
		dfut_sim_device_clear_record(bench.device);
		session = bench_new_session(&bench, "1-1");
		cr_expect(eq(int, dfut_session_start_trigger(session), 0), "%s", variants[i].spec);
		cr_expect(eq(sz, dfut_session_get_step_count(session), 0), "%s", variants[i].spec);
		cr_expect(eq(int, bench_run(&bench, session, SIZE_MAX, variants[i].spec), 0), "%s", variants[i].spec);
		cr_expect(eq(sz, dfut_sim_device_get_request_count(bench.device), 0), "%s", variants[i].spec);
		judge_end(&bench, session, false, variants[i].spec);
		dfut_session_free(session);
		bench_stop(&bench);
	}
}

/* Faults and cancels. */

static void recover(struct bench *bench, const struct variant *variant, const char *what)
{
	uint64_t until_us = dfut_sim_get_time_us(bench->sim) + 6000000;

	dfut_sim_device_clear_faults(bench->device);
	/* What an interrupted departure still has to do. */
	while (dfut_sim_get_time_us(bench->sim) < until_us)
		dfut_context_dispatch(bench->context, 500);
	if (!dfut_sim_device_is_present(bench->device))
		dfut_sim_device_replug(bench->device);
	cr_expect(eq(int, trigger(bench, variant->in_place, SIZE_MAX, what), 0), "%s: second run", what);
	cr_expect(bench_is_in_bootloader(bench->device), "%s: second run", what);
}

static int try_fault(const struct variant *variant, const struct dfut_sim_fault *fault)
{
	struct bench bench;
	char what[160];
	int result;

	snprintf(what, sizeof(what), "%s: fault %d at request %zu, %zu times", variant->spec, fault->kind,
		 fault->request, fault->times);
	bench_start(&bench, variant->spec);
	dfut_sim_device_add_fault(bench.device, fault);
	result = trigger(&bench, variant->in_place, SIZE_MAX, what);
	if (result < 0)
		recover(&bench, variant, what);
	bench_stop(&bench);
	return result;
}

Test(trigger_ways, recovers_from_every_fault_at_every_request)
{
	size_t cases = 0, survived = 0;

	for (size_t i = 0; i < COUNT(variants); i++) {
		size_t requests = count_requests(&variants[i]);

		for (size_t request = 0; request < requests; request++) {
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
	cr_expect(ge(sz, cases, 900));
	cr_expect(ge(sz, survived, 400));
}

Test(trigger_ways, recovers_from_a_cancel_at_every_step)
{
	size_t cases = 0;

	for (size_t i = 0; i < COUNT(variants); i++) {
		int result = DFUT_ERROR_CANCELLED;

		for (size_t round = 0; result == DFUT_ERROR_CANCELLED; round++) {
			struct bench bench;
			char what[160];

			snprintf(what, sizeof(what), "%s: cancel in round %zu", variants[i].spec, round);
			bench_start(&bench, variants[i].spec);
			result = trigger(&bench, variants[i].in_place, round, what);
			if (result != 0) {
				cr_expect(eq(int, result, DFUT_ERROR_CANCELLED), "%s", what);
				recover(&bench, &variants[i], what);
				cases++;
			}
			bench_stop(&bench);
		}
	}
	fprintf(stderr, "%zu cancels tried\n", cases);
	cr_expect(ge(sz, cases, 200));
}

/* Bad endings. */

static const struct ending {
	const char *spec;
	const char *options;
	int result;
	const char *text;
} endings[] = {
	/* Refused */
	{ "sonix-keyboard", "trigger=stall", DFUT_ERROR_DEVICE, "sonix-isp, sonix-isp-hfd" },
	{ "sinowealth-keyboard", "trigger=stall", DFUT_ERROR_DEVICE, "refused" },
	{ "via-keyboard", "trigger=stall", DFUT_ERROR_DEVICE, "refused" },
	{ "via-keyboard", "via=refuse", DFUT_ERROR_DEVICE, "refuses via-bootloader" },
	{ "jabra", "trigger=stall", DFUT_ERROR_DEVICE, "refused" },
	{ "jabra", "detach=stall", DFUT_ERROR_DEVICE, "refused" },
	{ "jabra:will-detach=no", "detach=stall", DFUT_ERROR_DEVICE, "refused" },
	{ "jabra:family=710", "detach=stall", DFUT_ERROR_DEVICE, "refused" },
	{ "teensy", "trigger=stall", DFUT_ERROR_DEVICE, "refused" },
	{ "teensy:type=serial", "trigger=stall", DFUT_ERROR_DEVICE, "still there" },
	{ "leonardo", "stall=state", DFUT_ERROR_DEVICE, "still there" },
	{ "leonardo", "stall=coding", DFUT_ERROR_DEVICE, "still there" },
	{ "samd", "stall=coding", DFUT_ERROR_DEVICE, "still there" },
	{ "adafruit-nrf52", "stall=state", DFUT_ERROR_DEVICE, "still there" },
	{ "pico", "stall=coding,fault=stall@0", DFUT_ERROR_DEVICE, "pico-bootsel, touch-1200" },
	{ "pico:reset-interface=no", "stall=coding", DFUT_ERROR_DEVICE, "still there" },
	{ "esp32-s2", "stall=coding", DFUT_ERROR_DEVICE, "still there" },
	{ "esp32-s3-jtag", "stall=state", DFUT_ERROR_DEVICE, "refused" },
	/* Ignored */
	{ "sonix-keyboard", "leave=no", DFUT_ERROR_DEVICE, "sonix-isp, sonix-isp-hfd" },
	{ "sinowealth-keyboard", "leave=no", DFUT_ERROR_DEVICE, "still there" },
	{ "via-keyboard", "leave=no", DFUT_ERROR_DEVICE, "still there" },
	{ "via-keyboard", "via=locked", DFUT_ERROR_DEVICE, "still there" },
	{ "jabra", "leave=no", DFUT_ERROR_DEVICE, "still there" },
	{ "jabra", "detach=ignore", DFUT_ERROR_DEVICE, "still there" },
	{ "jabra:will-detach=no", "detach=ignore", DFUT_ERROR_DEVICE, "still there" },
	{ "teensy", "leave=no", DFUT_ERROR_DEVICE, "still there" },
	{ "teensy:type=serial", "leave=no", DFUT_ERROR_DEVICE, "still there" },
	{ "leonardo", "leave=no", DFUT_ERROR_DEVICE, "still there" },
	{ "samd", "leave=no", DFUT_ERROR_DEVICE, "still there" },
	{ "adafruit-nrf52", "leave=no", DFUT_ERROR_DEVICE, "still there" },
	{ "pico", "leave=no", DFUT_ERROR_DEVICE, "pico-bootsel, touch-1200" },
	{ "pico:reset-interface=no", "baud=no", DFUT_ERROR_DEVICE, "still there" },
	{ "esp32-s2", "leave=no", DFUT_ERROR_DEVICE, "still there" },
	/* Left and came back as its application */
	{ "sonix-keyboard", "return-as=application", DFUT_ERROR_MISMATCH, "its application" },
	{ "sinowealth-keyboard", "return-as=application", DFUT_ERROR_MISMATCH, "its application" },
	{ "via-keyboard", "return-as=application", DFUT_ERROR_MISMATCH, "its application" },
	{ "jabra", "return-as=application", DFUT_ERROR_MISMATCH, "its application" },
	{ "teensy", "return-as=application", DFUT_ERROR_MISMATCH, "its application" },
	{ "teensy:type=serial", "return-as=application", DFUT_ERROR_MISMATCH, "its application" },
	{ "leonardo", "return-as=application", DFUT_ERROR_MISMATCH, "its application" },
	{ "samd", "return-as=application", DFUT_ERROR_MISMATCH, "its application" },
	{ "adafruit-nrf52", "return-as=application", DFUT_ERROR_MISMATCH, "its application" },
	{ "pico", "return-as=application", DFUT_ERROR_MISMATCH, "its application" },
	{ "pico:reset-interface=no", "return-as=application", DFUT_ERROR_MISMATCH, "its application" },
	{ "esp32-s2", "return-as=application", DFUT_ERROR_MISMATCH, "its application" },
	/* Left for good, or for too long */
	{ "sonix-keyboard", "return=no", DFUT_ERROR_TIMEOUT, "did not come back" },
	{ "sinowealth-keyboard", "return-ms=11000", DFUT_ERROR_TIMEOUT, "did not come back" },
	{ "via-keyboard", "return=no", DFUT_ERROR_TIMEOUT, "did not come back" },
	{ "jabra", "return=no", DFUT_ERROR_TIMEOUT, "did not come back" },
	{ "teensy", "return=no", DFUT_ERROR_TIMEOUT, "did not come back" },
	{ "teensy:type=serial", "return=no", DFUT_ERROR_TIMEOUT, "did not come back" },
	{ "leonardo", "return=no", DFUT_ERROR_TIMEOUT, "did not come back" },
	{ "samd", "return=no", DFUT_ERROR_TIMEOUT, "did not come back" },
	{ "adafruit-nrf52", "return=no", DFUT_ERROR_TIMEOUT, "did not come back" },
	{ "pico", "return=no", DFUT_ERROR_TIMEOUT, "did not come back" },
	{ "esp32-s2", "return=no", DFUT_ERROR_TIMEOUT, "did not come back" },
	{ "esp32-s3-jtag", "return=no", DFUT_ERROR_TIMEOUT, "did not come back" },
};

static void join(char *spec, size_t size, const char *base, const char *options)
{
	snprintf(spec, size, "%s%c%s", base, strchr(base, ':') ? ',' : ':', options);
}

Test(trigger_ways, tells_each_bad_ending_apart)
{
	for (size_t i = 0; i < COUNT(endings); i++) {
		struct dfut_session *session;
		struct bench bench;
		char spec[160];

		join(spec, sizeof(spec), endings[i].spec, endings[i].options);
		bench_start(&bench, spec);
		session = bench_new_session(&bench, "1-1");
		cr_assert(eq(int, dfut_session_start_trigger(session), 0), "%s", spec);
		cr_expect(eq(int, bench_run(&bench, session, SIZE_MAX, spec), endings[i].result), "%s: %s", spec,
			  dfut_session_get_message(session));
		cr_expect(strstr(dfut_session_get_message(session), endings[i].text) != NULL, "%s: %s", spec,
			  dfut_session_get_message(session));
		bench_expect_no_breach(bench.device, spec);
		judge_end(&bench, session, false, spec);
		dfut_session_free(session);
		bench_stop(&bench);
	}
	fprintf(stderr, "%zu bad endings\n", COUNT(endings));
}

/* The wrong device: another one of the same kind is unplugged and comes back at another port meanwhile. */
static int trigger_with_other(const char *spec, const char *what)
{
	struct dfut_sim_device *other;
	struct dfut_session *session;
	struct bench bench;
	bool was_there = true;
	int result;

	bench_start(&bench, spec);
	other = bench_plug(&bench, spec, "1-2");
	session = bench_new_session(&bench, "1-1");
	cr_assert(eq(int, dfut_session_start_trigger(session), 0), "%s", what);
	for (size_t i = 0; !dfut_session_has_ended(session) && i < ROUND_LIMIT; i++) {
		bool is_there = dfut_sim_device_is_present(bench.device);

		if (was_there && !is_there) {
			dfut_sim_device_unplug(other);
			dfut_context_dispatch(bench.context, 0);
			dfut_sim_device_replug(other);
		}
		was_there = is_there;
		dfut_context_dispatch(bench.context, 100);
	}
	result = dfut_session_get_result(session);
	judge_end(&bench, session, false, what);
	cr_expect(eq(sz, dfut_sim_device_get_request_count(other), 0), "%s: the other device was asked something",
		  what);
	if (result == DFUT_ERROR_TIMEOUT)
		cr_expect(strstr(dfut_session_get_message(session), "did not come back") != NULL, "%s: %s", what,
			  dfut_session_get_message(session));
	dfut_session_free(session);
	bench_stop(&bench);
	return result;
}

Test(trigger_ways, takes_no_other_device_for_the_one_that_left)
{
	for (size_t i = 0; i < COUNT(variants); i++) {
		char spec[160];

		if (strstr(variants[i].spec, "re-enumerate"))
			continue;
		join(spec, sizeof(spec), variants[i].spec, "return=no");
		cr_expect(eq(int, trigger_with_other(spec, spec), DFUT_ERROR_TIMEOUT), "%s", spec);
		if (variants[i].in_place)
			continue;
		join(spec, sizeof(spec), variants[i].spec, "return-ms=2000");
		cr_expect(eq(int, trigger_with_other(spec, spec), 0), "%s", spec);
	}
}

/* Time: while a report hangs, others go on, and the session can be cancelled at once. */

/* clang-format off */
static const char *const slow_specs[] = {
	"sonix-keyboard:fault=timeout@0x1000",	    "sonix-keyboard:fault=slow@0x1000/5000",
	"sinowealth-keyboard:fault=timeout@0x1000", "via-keyboard:fault=timeout@0x1000",
	"jabra:fault=lost-answer@0x1000",	    "teensy:fault=timeout@0x1000",
	"leonardo:fault=timeout@0x1000",	    "leonardo:fault=slow@0x1000/4000",
	"pico:fault=timeout@0x1000",		    "esp32-s3-jtag:fault=timeout@0x1000",
	"leonardo:open-ms=5000",
};
/* clang-format on */

Test(trigger_ways, can_be_cancelled_while_a_request_hangs)
{
	size_t cases = 0;

	for (size_t i = 0; i < COUNT(slow_specs); i++) {
		for (uint64_t after_ms = 1; after_ms < 12000; after_ms += 487) {
			struct dfut_session *session;
			struct bench bench;
			uint64_t begin_us;

			bench_start(&bench, slow_specs[i]);
			session = bench_new_session(&bench, "1-1");
			cr_assert(eq(int, dfut_session_start_trigger(session), 0));
			begin_us = dfut_sim_get_time_us(bench.sim);
			while (!dfut_session_has_ended(session) &&
			       dfut_sim_get_time_us(bench.sim) - begin_us < after_ms * 1000)
				dfut_context_dispatch(bench.context, 10);
			if (!dfut_session_has_ended(session)) {
				dfut_session_cancel(session);
				begin_us = dfut_sim_get_time_us(bench.sim);
				cr_expect(eq(int, bench_run(&bench, session, SIZE_MAX, slow_specs[i]),
					     DFUT_ERROR_CANCELLED),
					  "%s", slow_specs[i]);
				cr_expect(le(u64, dfut_sim_get_time_us(bench.sim) - begin_us, 50000), "%s",
					  slow_specs[i]);
				cases++;
			}
			dfut_session_free(session);
			bench_stop(&bench);
		}
	}
	fprintf(stderr, "%zu cancels while a request hung\n", cases);
	cr_expect(ge(sz, cases, 150));
}

/* As long as the other one takes alone */
static uint64_t measure_beside(const char *spec)
{
	struct dfut_session *hanging, *session;
	struct bench bench;
	uint64_t took_us;

	bench_start(&bench, spec ? spec : "sonix-keyboard:leave=no");
	bench_plug(&bench, "pico:serial=E661640843765B2F", "1-2");
	bench_plug(&bench, "sinowealth-keyboard", "1-3");
	hanging = bench_new_session(&bench, "1-1");
	if (spec)
		cr_assert(eq(int, dfut_session_start_trigger(hanging), 0));
	took_us = dfut_sim_get_time_us(bench.sim);
	for (size_t i = 0; i < 2; i++) {
		session = bench_new_session(&bench, i ? "1-3" : "1-2");
		cr_assert(eq(int, dfut_session_start_trigger(session), 0));
		cr_expect(eq(int, bench_run(&bench, session, SIZE_MAX, spec ? spec : "alone"), 0), "%s",
			  spec ? spec : "alone");
		dfut_session_free(session);
	}
	took_us = dfut_sim_get_time_us(bench.sim) - took_us;
	/* Who answers late has done it at once; nobody else is through. */
	if (!spec || !strstr(spec, "slow"))
		cr_expect(not(dfut_session_has_ended(hanging)), "%s", spec ? spec : "alone");
	dfut_session_free(hanging);
	bench_stop(&bench);
	return took_us;
}

Test(trigger_ways, holds_up_no_other_session)
{
	uint64_t alone_us = measure_beside(NULL);

	for (size_t i = 0; i < COUNT(slow_specs); i++)
		cr_expect(le(u64, measure_beside(slow_specs[i]), alone_us + 1000), "%s", slow_specs[i]);
	fprintf(stderr, "two triggers alone and beside one that hangs: %u ms\n", (unsigned int)(alone_us / 1000));
}
