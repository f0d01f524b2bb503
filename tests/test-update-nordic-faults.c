/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Updates of Nordic bootloaders that are disturbed: every fault and a cancel at every request, and recovery by a second run. */

#include "every-step.h"
#include "nordic-bench.h"

static const char *const specs[] = {
	"nrf52840-keyboard",
	"nrf52840-keyboard:bank=dual,save-progress=yes",
	"pca10059:requests=few,detach-race=ack",
	"adafruit-nrf52",
	"adafruit-nrf52:bank=dual,race=gone,bootloader=uf2",
};

static const enum dfut_sim_fault_kind faults[] = {
	DFUT_SIM_FAULT_STALL,	     DFUT_SIM_FAULT_TIMEOUT, DFUT_SIM_FAULT_LOST_ANSWER, DFUT_SIM_FAULT_UNPLUG,
	DFUT_SIM_FAULT_SHORT,	     DFUT_SIM_FAULT_GARBAGE, DFUT_SIM_FAULT_SLOW,	 DFUT_SIM_FAULT_LOST_BYTE,
	DFUT_SIM_FAULT_DOUBLED_BYTE, DFUT_SIM_FAULT_NOISE,   DFUT_SIM_FAULT_LOST_REPLY,	 DFUT_SIM_FAULT_SPOILT_REPLY,
	DFUT_SIM_FAULT_NOISY_REPLY,
};

static struct firmware firmware;
/* Of the last session */
static char message[512];

static int update(struct bench *bench, struct dfut_image *image, size_t cancel_round, const char *what)
{
	struct dfut_session *session = bench_new_session(bench, "1-1");
	int result = dfut_session_start_update(session, image);

	if (result == 0)
		result = bench_run(bench, session, cancel_round, what);
	bench_expect_words(dfut_session_get_message(session), what);
	snprintf(message, sizeof(message), "%s", dfut_session_get_message(session));
	if (result < 0 && result != DFUT_ERROR_CANCELLED && getenv("VERBOSE"))
		fprintf(stderr, "%s: %s\n", what, dfut_session_get_message(session));
	dfut_session_free(session);
	return result;
}

static size_t count_requests(const char *spec)
{
	struct dfut_image *image;
	struct bench bench;
	size_t count;

	bench_start(&bench, spec);
	image = bench_pack_application(&bench, spec, &firmware);
	cr_expect(eq(int, update(&bench, image, SIZE_MAX, spec), 0), "%s", spec);
	cr_expect(bench_holds(&bench, spec, &firmware), "%s", spec);
	bench_expect_no_breach(bench.device, spec);
	count = dfut_sim_device_get_request_count(bench.device);
	cr_expect(ge(sz, count, 20), "%s", spec);
	dfut_image_free(image);
	bench_stop(&bench);
	return count;
}

/* What is left on the bus is enough for a second run; only a device that is gone has to be plugged in again. */
static void recover(struct bench *bench, struct dfut_image *image, const char *spec, const char *what)
{
	dfut_sim_device_clear_faults(bench->device);
	bench_wait_ms(bench, 3000);
	if (!dfut_sim_device_is_present(bench->device)) {
		dfut_sim_device_replug(bench->device);
		bench_wait_ms(bench, 5000);
	}
	cr_expect(eq(int, update(bench, image, SIZE_MAX, what), 0), "%s: second run", what);
	cr_expect(bench_holds(bench, spec, &firmware), "%s: second run", what);
	cr_expect(bench_runs_application(bench), "%s: second run", what);
}

/* One that is pulled out as the last request comes, and plugged in again, is told from one that restarts by nobody. */
static bool is_told(const struct dfut_sim_fault *fault)
{
	return fault->kind == DFUT_SIM_FAULT_UNPLUG &&
	       strstr(message, "left before it said that it had checked the firmware");
}

static bool try_fault(const void *subject, const struct dfut_sim_fault *fault, const char *what)
{
	const char *spec = subject;
	struct dfut_image *image;
	struct bench bench;
	int result;

	bench_start(&bench, spec);
	image = bench_pack_application(&bench, spec, &firmware);
	dfut_sim_device_add_fault(bench.device, fault);
	result = update(&bench, image, SIZE_MAX, what);
	if (result == 0)
		cr_expect(bench_holds(&bench, spec, &firmware) || is_told(fault), "%s: false success", what);
	else
		recover(&bench, image, spec, what);
	dfut_image_free(image);
	bench_stop(&bench);
	return result == 0;
}

static struct every_fault make_faults(const char *spec, size_t times)
{
	firmware_make(&firmware, 9000, 1);
	return (struct every_fault){ .name = spec,
				     .request_count = count_requests(spec),
				     .kinds = faults,
				     .kind_count = COUNT(faults),
				     .times = times,
				     .delay_ms = 3000,
				     .try = try_fault };
}

static void try_faults(const char *spec, size_t times)
{
	const struct every_fault every = make_faults(spec, times);

	every_step_try_faults(&every, spec);
}

Test(update_nordic_faults, recovers_from_every_fault_of_secure_dfu, .timeout = 600)
{
	for (size_t i = 0; i < 3; i++)
		try_faults(specs[i], 1);
}

Test(update_nordic_faults, recovers_from_every_fault_of_legacy_dfu, .timeout = 600)
{
	for (size_t i = 3; i < COUNT(specs); i++)
		try_faults(specs[i], 1);
}

Test(update_nordic_faults, recovers_from_faults_in_a_row, .timeout = 600)
{
	try_faults(specs[0], 3);
	try_faults(specs[3], 3);
}

/* One byte on the line more, less, or wrong: never a reason to end. */
Test(update_nordic_faults, a_bad_line_does_not_end_it, .timeout = 600)
{
	static const enum dfut_sim_fault_kind of_line[] = { DFUT_SIM_FAULT_LOST_BYTE, DFUT_SIM_FAULT_DOUBLED_BYTE,
							    DFUT_SIM_FAULT_LOST_REPLY, DFUT_SIM_FAULT_NOISY_REPLY };

	for (size_t i = 0; i < COUNT(specs); i++) {
		struct every_fault every = make_faults(specs[i], 1);

		every.kinds = of_line;
		every.kind_count = COUNT(of_line);
		cr_expect(eq(sz, every_step_try_faults(&every, specs[i]), 0), "%s", specs[i]);
	}
}

static int try_cancel(const void *subject, size_t round, const char *what)
{
	const char *spec = subject;
	struct dfut_image *image;
	struct bench bench;
	int result;

	bench_start(&bench, spec);
	image = bench_pack_application(&bench, spec, &firmware);
	result = update(&bench, image, round, what);
	if (result == DFUT_ERROR_CANCELLED)
		recover(&bench, image, spec, what);
	dfut_image_free(image);
	bench_stop(&bench);
	return result;
}

Test(update_nordic_faults, recovers_from_a_cancel_at_every_step, .timeout = 600)
{
	firmware_make(&firmware, 9000, 1);
	for (size_t i = 0; i < COUNT(specs); i++)
		every_step_try_cancels(specs[i], specs[i], 0, try_cancel);
}
