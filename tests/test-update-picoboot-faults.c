/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Updates by PICOBOOT that are disturbed: every fault and a cancel at every request, and recovery by a second run. */

#include "every-step.h"
#include "picoboot-bench.h"

static const char *const specs[] = {
	RP2040,
	RP2350,
	RP2350 ",partitions=ab",
};

static const enum dfut_sim_fault_kind faults[] = { DFUT_SIM_FAULT_STALL,	DFUT_SIM_FAULT_TIMEOUT,
						   DFUT_SIM_FAULT_LOST_ANSWER,	DFUT_SIM_FAULT_UNPLUG,
						   DFUT_SIM_FAULT_SHORT,	DFUT_SIM_FAULT_GARBAGE,
						   DFUT_SIM_FAULT_SLOW,		DFUT_SIM_FAULT_LOST_BYTE,
						   DFUT_SIM_FAULT_DOUBLED_BYTE, DFUT_SIM_FAULT_NOISE };

static struct bytes program;

/* Where the program is: of two partitions the one that it went to. */
static bool holds_program(const struct bench *bench, const char *spec)
{
	size_t size;

	get_flash(bench, &size);
	if (!strstr(spec, "partitions"))
		return holds_at(bench, 0, &program);
	for (uint32_t at = 0; at < size; at += SECTOR)
		if (holds_at(bench, at, &program))
			return true;
	return false;
}

static struct dfut_image *make_image(struct bench *bench, const char *spec)
{
	make_program(&program, spec, 2 * SECTOR + 700);
	return load(bench, &program);
}

static int try_update(struct bench *bench, const char *spec, size_t cancel_round, const char *what)
{
	static const struct wishes wishes = { DFUT_ERASE_AUTO, DFUT_VERIFY_AUTO, 0, NULL };
	struct dfut_image *image = make_image(bench, spec);
	struct outcome outcome = update_with(bench, image, &wishes, cancel_round, what);

	if (outcome.result < 0 && outcome.result != DFUT_ERROR_CANCELLED && getenv("VERBOSE"))
		fprintf(stderr, "%s: %s (%s)\n", what, outcome.message, outcome.hint);
	dfut_image_free(image);
	return outcome.result;
}

static size_t count_requests(const char *spec)
{
	struct bench bench;
	size_t count;

	bench_start(&bench, spec);
	cr_expect(eq(int, try_update(&bench, spec, SIZE_MAX, spec), 0), "%s", spec);
	cr_expect(holds_program(&bench, spec), "%s", spec);
	bench_expect_no_breach(bench.device, spec);
	count = dfut_sim_device_get_request_count(bench.device);
	cr_expect(ge(sz, count, 20), "%s", spec);
	bench_stop(&bench);
	return count;
}

/* What is left on the bus is enough for a second run; only a device that is gone has to be plugged in again. */
static void recover(struct bench *bench, const char *spec, const char *what)
{
	dfut_sim_device_clear_faults(bench->device);
	wait_ms(bench, 3000);
	if (!dfut_sim_device_is_present(bench->device)) {
		dfut_sim_device_replug(bench->device);
		wait_ms(bench, 5000);
	}
	cr_expect(eq(int, try_update(bench, spec, SIZE_MAX, what), 0), "%s: second run", what);
	cr_expect(holds_program(bench, spec), "%s: second run", what);
	cr_expect(runs_application(bench), "%s: second run", what);
}

static bool try_fault(const void *subject, const struct dfut_sim_fault *fault, const char *what)
{
	const char *spec = subject;
	struct bench bench;
	int result;

	bench_start(&bench, spec);
	dfut_sim_device_add_fault(bench.device, fault);
	result = try_update(&bench, spec, SIZE_MAX, what);
	if (result == 0) {
		cr_expect(holds_program(&bench, spec), "%s: false success", what);
		cr_expect(runs_application(&bench) || !dfut_sim_device_is_present(bench.device), "%s: false success",
			  what);
	} else {
		recover(&bench, spec, what);
	}
	bench_stop(&bench);
	return result == 0;
}

static void try_faults(const char *spec, size_t times)
{
	const struct every_fault every = { .name = spec,
					   .request_count = count_requests(spec),
					   .kinds = faults,
					   .kind_count = COUNT(faults),
					   .times = times,
					   .delay_ms = 4000,
					   .try = try_fault };

	every_step_try_faults(&every, spec);
}

Test(update_picoboot_faults, recovers_from_every_fault, .timeout = 600)
{
	for (size_t i = 0; i < COUNT(specs); i++)
		try_faults(specs[i], 1);
}

Test(update_picoboot_faults, recovers_from_faults_in_a_row, .timeout = 600)
{
	for (size_t i = 0; i < COUNT(specs); i++)
		try_faults(specs[i], 4);
}

static int try_cancel(const void *subject, size_t round, const char *what)
{
	struct bench bench;
	int result;

	bench_start(&bench, subject);
	result = try_update(&bench, subject, round, what);
	if (result == DFUT_ERROR_CANCELLED)
		recover(&bench, subject, what);
	bench_stop(&bench);
	return result;
}

Test(update_picoboot_faults, recovers_from_a_cancel_at_every_step, .timeout = 600)
{
	size_t cases = 0;

	for (size_t i = 0; i < COUNT(specs); i++)
		cases += every_step_try_cancels(specs[i], specs[i], 0, try_cancel);
	cr_expect(ge(sz, cases, 100));
}
