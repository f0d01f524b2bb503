/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Disturbed updates of bootloaders that tell nothing: every fault and a cancel at every request, and recovery by a second run. */

#ifndef DFUT_TESTS_PROGRAM_FAULTS_H
#define DFUT_TESTS_PROGRAM_FAULTS_H

#include "every-step.h"
#include "program-bench.h"

static const enum dfut_sim_fault_kind faults[] = { DFUT_SIM_FAULT_STALL,       DFUT_SIM_FAULT_TIMEOUT,
						   DFUT_SIM_FAULT_LOST_ANSWER, DFUT_SIM_FAULT_UNPLUG,
						   DFUT_SIM_FAULT_SHORT,       DFUT_SIM_FAULT_GARBAGE,
						   DFUT_SIM_FAULT_SLOW };

/* What is updated, with what. */
struct subject {
	const char *spec;
	const char *part;
	const uint8_t *program;
	size_t size;
	/* Whether a device that runs its application is right: it may have the old program, the new one, or neither. */
	bool keeps_half_a_program_from_starting;
};

static uint8_t old_flash[PROGRAM_MAX];

static inline void subject_start(const struct subject *subject, struct bench *bench)
{
	size_t size;
	const uint8_t *flash;

	bench_start(bench, subject->spec);
	flash = dfut_sim_device_get_memory(bench->device, "flash", &size);
	memcpy(old_flash, flash, size < sizeof(old_flash) ? size : sizeof(old_flash));
}

static inline struct ending subject_update(const struct subject *subject, struct bench *bench, size_t cancel_round,
					   const char *what)
{
	const struct choices choices = { .part = subject->part, .cancel_round = cancel_round };

	return bench_put(bench, bench_load_bytes(bench, subject->program, subject->size), &choices, what);
}

static inline bool subject_is_updated(const struct subject *subject, const struct bench *bench)
{
	return bench_has(bench, 0, subject->program, subject->size);
}

/* No half of a program runs. */
static inline void subject_expect_whole(const struct subject *subject, const struct bench *bench, const char *what)
{
	if (subject->keeps_half_a_program_from_starting && bench_runs_application(bench))
		cr_expect(subject_is_updated(subject, bench) || bench_has(bench, 0, old_flash, subject->size),
			  "%s: half a program was started", what);
}

/* What is left on the bus is enough for a second run; only a device that is gone has to be plugged in again. */
static inline void subject_recover(const struct subject *subject, struct bench *bench, const char *what)
{
	struct ending ending;

	dfut_sim_device_clear_faults(bench->device);
	bench_wait_ms(bench, 3000);
	subject_expect_whole(subject, bench, what);
	if (!dfut_sim_device_is_present(bench->device)) {
		dfut_sim_device_replug(bench->device);
		bench_wait_ms(bench, 3000);
		subject_expect_whole(subject, bench, what);
	}
	ending = subject_update(subject, bench, 0, what);
	cr_expect(eq(int, ending.result, 0), "%s: second run: %s", what, ending.message);
	cr_expect(subject_is_updated(subject, bench), "%s: second run", what);
	cr_expect(bench_runs_application(bench), "%s: second run", what);
}

static inline size_t subject_count_requests(const struct subject *subject)
{
	struct ending ending;
	struct bench bench;
	size_t count;

	subject_start(subject, &bench);
	ending = subject_update(subject, &bench, 0, subject->spec);
	cr_expect(eq(int, ending.result, 0), "%s: %s", subject->spec, ending.message);
	bench_expect_no_breach(bench.device, subject->spec);
	count = dfut_sim_device_get_request_count(bench.device);
	cr_expect(ge(sz, count, 10), "%s", subject->spec);
	bench_stop(&bench);
	return count;
}

/* A report that the wire says was taken, and that had no effect: nobody can know. */
static inline bool is_silent(const struct dfut_sim_fault *fault)
{
	return fault->kind == DFUT_SIM_FAULT_SHORT || fault->kind == DFUT_SIM_FAULT_GARBAGE;
}

static inline bool subject_try_fault(const void *disturbed, const struct dfut_sim_fault *fault, const char *what)
{
	const struct subject *subject = disturbed;
	struct ending ending;
	struct bench bench;

	subject_start(subject, &bench);
	dfut_sim_device_add_fault(bench.device, fault);
	ending = subject_update(subject, &bench, 0, what);
	if (ending.result == 0) {
		cr_expect(eq(int, ending.verified, DFUT_VERIFIED_IMPOSSIBLE), "%s", what);
		cr_expect(is_silent(fault) || subject_is_updated(subject, &bench), "%s: false success", what);
	} else {
		/* The first is the trigger's. */
		if (fault->request)
			cr_expect(ne(int, ending.hint[0], 0), "%s: no hint: %s", what, ending.message);
		subject_recover(subject, &bench, what);
	}
	bench_stop(&bench);
	return ending.result == 0;
}

static inline void subject_try_faults(const struct subject *subject, size_t times)
{
	const struct every_fault every = { .name = subject->spec,
					   .request_count = subject_count_requests(subject),
					   .kinds = faults,
					   .kind_count = COUNT(faults),
					   .times = times,
					   .delay_ms = 3000,
					   .try = subject_try_fault };

	every_step_try_faults(&every, subject);
}

static inline int subject_try_cancel(const void *disturbed, size_t round, const char *what)
{
	const struct subject *subject = disturbed;
	struct bench bench;
	int result;

	subject_start(subject, &bench);
	result = subject_update(subject, &bench, round + 1, what).result;
	if (result == DFUT_ERROR_CANCELLED)
		subject_recover(subject, &bench, what);
	bench_stop(&bench);
	return result;
}

static inline void subject_try_cancels(const struct subject *subject)
{
	every_step_try_cancels(subject->spec, subject, 0, subject_try_cancel);
}

#endif
