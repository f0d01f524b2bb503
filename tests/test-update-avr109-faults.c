/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Updates by AVR109 that are disturbed: every fault and a cancel at every request, and recovery by a second run. */

#include "avr109-bench.h"

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

static void try_fault(const char *spec, const struct dfut_sim_fault *fault, size_t *ended_well)
{
	struct avr109_outcome outcome;
	struct bench bench;
	char what[160];

	snprintf(what, sizeof(what), "%s: fault %d at request %zu, %zu times", spec, fault->kind, fault->request,
		 fault->times);
	start(&bench, spec);
	dfut_sim_device_add_fault(bench.device, fault);
	outcome = update(&bench, 0, what);
	if (outcome.result == 0) {
		++*ended_well;
		cr_expect(bench_has(&bench, 0, program, SIZE), "%s: false success", what);
	} else {
		/* The first ones are the trigger's. */
		if (fault->request > 4)
			cr_expect(outcome.hint[0] != '\0', "%s: no hint: %s", what, outcome.message);
		recover(&bench, what);
	}
	bench_stop(&bench);
}

static void try_faults(const char *spec, size_t times)
{
	size_t count, ended_well = 0;

	program_make(SIZE, 1);
	count = count_requests(spec);
	for (size_t request = 0; request < count; request++)
		for (size_t k = 0; k < COUNT(faults); k++)
			try_fault(spec,
				  &(struct dfut_sim_fault){ sizeof(struct dfut_sim_fault), faults[k], request, times,
							    3000 },
				  &ended_well);
	fprintf(stderr, "%s: %zu faults, %zu times each, %zu ended well at once\n", spec, count * COUNT(faults), times,
		ended_well);
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

/* One byte on the line more, less, or wrong: never a reason to end. (LUFA's would be gone if it took data for an exit.) */
Test(update_avr109_faults, a_bad_line_does_not_end_it, .timeout = 600)
{
	static const enum dfut_sim_fault_kind of_line[] = { DFUT_SIM_FAULT_LOST_BYTE,	 DFUT_SIM_FAULT_DOUBLED_BYTE,
							    DFUT_SIM_FAULT_NOISE,	 DFUT_SIM_FAULT_LOST_REPLY,
							    DFUT_SIM_FAULT_SPOILT_REPLY, DFUT_SIM_FAULT_NOISY_REPLY };

	program_make(SIZE, 1);
	for (size_t i = 0; i < 2; i++) {
		size_t count = count_requests(specs[i]), cases = 0, ended_well = 0;

		for (size_t request = 0; request < count; request++)
			for (size_t k = 0; k < COUNT(of_line); k++, cases++)
				try_fault(specs[i],
					  &(struct dfut_sim_fault){ sizeof(struct dfut_sim_fault), of_line[k], request,
								    1, 0 },
					  &ended_well);
		cr_expect(eq(sz, ended_well, cases), "%s", specs[i]);
	}
}

Test(update_avr109_faults, recovers_from_a_cancel_at_every_step, .timeout = 600)
{
	size_t cases = 0;

	program_make(SIZE, 1);
	for (size_t i = 0; i < COUNT(specs); i++) {
		int result = DFUT_ERROR_CANCELLED;

		for (size_t round = 1; result == DFUT_ERROR_CANCELLED; round++, cases++) {
			struct bench bench;
			char what[160];

			snprintf(what, sizeof(what), "%s: cancelled in round %zu", specs[i], round);
			start(&bench, specs[i]);
			result = update(&bench, round, what).result;
			if (result == DFUT_ERROR_CANCELLED)
				recover(&bench, what);
			bench_stop(&bench);
		}
		cr_expect(eq(int, result, 0), "%s", specs[i]);
	}
	fprintf(stderr, "%zu cancels tried\n", cases);
}
