/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Updates by AVR109 that are disturbed: every fault and a cancel at every request, and recovery by a second run. */

#include "avr109-bench.h"
#include "every-step.h"

#define SIZE 700u

static const char *const specs[] = {
	"leonardo",
	"leonardo:program=no,race=gone",
	"leonardo:loader=lufacdc,line-state=take",
};

static const enum dfut_sim_fault_kind faults[] = {
	DFUT_SIM_FAULT_STALL,	     DFUT_SIM_FAULT_TIMEOUT, DFUT_SIM_FAULT_LOST_ANSWER, DFUT_SIM_FAULT_UNPLUG,
	DFUT_SIM_FAULT_SHORT,	     DFUT_SIM_FAULT_GARBAGE, DFUT_SIM_FAULT_SLOW,	 DFUT_SIM_FAULT_LOST_BYTE,
	DFUT_SIM_FAULT_DOUBLED_BYTE, DFUT_SIM_FAULT_NOISE,   DFUT_SIM_FAULT_LOST_REPLY,	 DFUT_SIM_FAULT_SPOILT_REPLY,
	DFUT_SIM_FAULT_NOISY_REPLY,
};

static uint8_t old[SIZE];

static void start(struct bench *bench, const char *spec)
{
	bench_start(bench, spec);
	memcpy(old, dfut_sim_device_get_memory(bench->device, "flash", NULL), sizeof(old));
}

static struct avr109_outcome update(struct bench *bench, size_t cancel_round, const char *what)
{
	const struct avr109_wishes wishes = { .cancel_round = cancel_round };

	return avr109_update_bytes(bench, SIZE, &wishes, what);
}

static size_t count_requests(const char *spec)
{
	struct avr109_outcome outcome;
	struct bench bench;
	size_t count;

	start(&bench, spec);
	outcome = update(&bench, 0, spec);
	cr_expect(eq(int, outcome.result, 0), "%s: %s", spec, outcome.message);
	cr_expect(bench_has(&bench, 0, program, SIZE), "%s", spec);
	bench_expect_no_breach(bench.device, spec);
	count = dfut_sim_device_get_request_count(bench.device);
	bench_stop(&bench);
	return count;
}

/* No half of a program runs. */
static void expect_whole(const struct bench *bench, const char *what)
{
	if (bench_runs_application(bench))
		cr_expect(bench_has(bench, 0, program, SIZE) || bench_has(bench, 0, old, SIZE),
			  "%s: half a program was started", what);
}

/* What is left on the bus is enough for a second run; only a device that is gone has to be plugged in again. */
static void recover(struct bench *bench, const char *what)
{
	struct avr109_outcome outcome;

	dfut_sim_device_clear_faults(bench->device);
	bench_wait_ms(bench, 9000);
	expect_whole(bench, what);
	if (!dfut_sim_device_is_present(bench->device)) {
		dfut_sim_device_replug(bench->device);
		bench_wait_ms(bench, 9000);
		expect_whole(bench, what);
	}
	outcome = update(bench, 0, what);
	cr_expect(eq(int, outcome.result, 0), "%s: second run: %s", what, outcome.message);
	cr_expect(bench_has(bench, 0, program, SIZE), "%s: second run", what);
	cr_expect(bench_runs_application(bench), "%s: second run", what);
}

static bool try_fault(const void *subject, const struct dfut_sim_fault *fault, const char *what)
{
	struct avr109_outcome outcome;
	struct bench bench;

	start(&bench, subject);
	dfut_sim_device_add_fault(bench.device, fault);
	outcome = update(&bench, 0, what);
	if (outcome.result == 0) {
		cr_expect(bench_has(&bench, 0, program, SIZE), "%s: false success", what);
	} else {
		/* The first ones are the trigger's. */
		if (fault->request > 4)
			cr_expect(outcome.hint[0] != '\0', "%s: no hint: %s", what, outcome.message);
		recover(&bench, what);
	}
	bench_stop(&bench);
	return outcome.result == 0;
}

static struct every_fault make_faults(const char *spec, size_t times)
{
	program_make(SIZE, 1);
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

Test(update_avr109_faults, recovers_from_every_fault, .timeout = 600)
{
	try_faults(specs[0], 1);
}

Test(update_avr109_faults, recovers_from_every_fault_of_others, .timeout = 600)
{
	for (size_t i = 1; i < COUNT(specs); i++)
		try_faults(specs[i], 1);
}

Test(update_avr109_faults, recovers_from_faults_in_a_row, .timeout = 600)
{
	try_faults(specs[0], 3);
}

/* Never a reason to end. (LUFA's would be gone if it took data for an exit.) */
Test(update_avr109_faults, a_bad_line_does_not_end_it, .timeout = 600)
{
	for (size_t i = 0; i < 2; i++) {
		struct every_fault every = make_faults(specs[i], 1);

		every.kinds = faults_of_line;
		every.kind_count = COUNT(faults_of_line);
		cr_expect(eq(sz, every_step_try_faults(&every, specs[i]), 0), "%s", specs[i]);
	}
}

static int try_cancel(const void *subject, size_t round, const char *what)
{
	struct bench bench;
	int result;

	start(&bench, subject);
	result = update(&bench, round + 1, what).result;
	if (result == DFUT_ERROR_CANCELLED)
		recover(&bench, what);
	bench_stop(&bench);
	return result;
}

Test(update_avr109_faults, recovers_from_a_cancel_at_every_step, .timeout = 600)
{
	program_make(SIZE, 1);
	for (size_t i = 0; i < COUNT(specs); i++)
		every_step_try_cancels(specs[i], specs[i], 0, try_cancel);
}
