/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Updates that are disturbed: every fault and a cancel at every request, and recovery by a second run. */

#ifndef DFUT_TESTS_ISP_FAULTS_H
#define DFUT_TESTS_ISP_FAULTS_H

#include "every-step.h"
#include "isp-bench.h"

/* What is disturbed. */
struct disturbed {
	const char *const *specs;
	size_t count;
	struct wishes wishes;
	/* The firmware for such a device. */
	void (*make)(struct file *file, const char *spec);
	bool (*holds)(const struct bench *bench, const char *spec, const struct file *file);
};

static struct file disturbed_file;

static inline void start_disturbed(const struct disturbed *disturbed, struct bench *bench, const char *spec)
{
	disturbed->make(&disturbed_file, spec);
	bench_start(bench, spec);
}

static inline struct outcome run_disturbed(const struct disturbed *disturbed, struct bench *bench, size_t cancel_round,
					   const char *what)
{
	return bench_update(bench, &disturbed_file, &disturbed->wishes, cancel_round, what);
}

static inline size_t count_requests(const struct disturbed *disturbed, const char *spec)
{
	struct outcome outcome;
	struct bench bench;
	size_t count;

	start_disturbed(disturbed, &bench, spec);
	outcome = run_disturbed(disturbed, &bench, SIZE_MAX, spec);
	cr_expect(eq(int, outcome.result, 0), "%s: %s", spec, outcome.message);
	cr_expect(disturbed->holds(&bench, spec, &disturbed_file), "%s", spec);
	bench_expect_no_breach(bench.device, spec);
	count = dfut_sim_device_get_request_count(bench.device);
	bench_stop(&bench);
	return count;
}

/* Once more without a fault. If the first run has not worked it has said what to do about it; a second one may ask for it, too. */
static inline void recover(const struct disturbed *disturbed, struct bench *bench, const char *spec,
			   const struct outcome *first, const char *what)
{
	struct outcome outcome;
	bool has_hint = first->hint[0] != '\0';

	dfut_sim_device_clear_faults(bench->device);
	bench_wait_ms(bench, 3000);
	if (!dfut_sim_device_is_present(bench->device))
		bench_plug_again(bench);
	outcome = run_disturbed(disturbed, bench, SIZE_MAX, what);
	if (outcome.result < 0) {
		cr_expect(strstr(outcome.hint, "plug it in again") != NULL, "%s: second run: %s (%s)", what,
			  outcome.message, outcome.hint);
		cr_expect(strstr(first->hint, "plug it in again") != NULL, "%s: first run: %s (%s)", what,
			  first->message, first->hint);
		bench_plug_again(bench);
		outcome = run_disturbed(disturbed, bench, SIZE_MAX, what);
	}
	cr_expect(has_hint, "%s: no hint: %s", what, first->message);
	cr_expect(eq(int, outcome.result, 0), "%s: after plugging in again: %s (first: %s)", what, outcome.message,
		  first->message);
	cr_expect(disturbed->holds(bench, spec, &disturbed_file), "%s: second run", what);
}

/* One of the devices */
struct disturbed_one {
	const struct disturbed *disturbed;
	const char *spec;
};

static inline bool try_fault(const void *subject, const struct dfut_sim_fault *fault, const char *what)
{
	const struct disturbed_one *one = subject;
	struct outcome outcome;
	struct bench bench;

	start_disturbed(one->disturbed, &bench, one->spec);
	dfut_sim_device_add_fault(bench.device, fault);
	outcome = run_disturbed(one->disturbed, &bench, SIZE_MAX, what);
	if (outcome.result == 0)
		cr_expect(one->disturbed->holds(&bench, one->spec, &disturbed_file), "%s: false success", what);
	else
		recover(one->disturbed, &bench, one->spec, &outcome, what);
	bench_stop(&bench);
	return outcome.result == 0;
}

static inline void try_faults(const struct disturbed *disturbed, size_t times)
{
	for (size_t i = 0; i < disturbed->count; i++) {
		const struct disturbed_one one = { disturbed, disturbed->specs[i] };
		const struct every_fault every = { .name = one.spec,
						   .request_count = count_requests(disturbed, one.spec),
						   .kinds = bench_faults,
						   .kind_count = COUNT(bench_faults),
						   .times = times,
						   .delay_ms = 3000,
						   .try = try_fault };

		every_step_try_faults(&every, &one);
	}
}

static inline int try_cancel(const void *subject, size_t round, const char *what)
{
	const struct disturbed_one *one = subject;
	struct outcome outcome;
	struct bench bench;

	start_disturbed(one->disturbed, &bench, one->spec);
	outcome = run_disturbed(one->disturbed, &bench, round, what);
	/* Before anything is done there is nothing to say. */
	if (!outcome.hint[0])
		snprintf(outcome.hint, sizeof(outcome.hint), "-");
	if (outcome.result == DFUT_ERROR_CANCELLED)
		recover(one->disturbed, &bench, one->spec, &outcome, what);
	bench_stop(&bench);
	return outcome.result;
}

static inline void try_cancels(const struct disturbed *disturbed)
{
	for (size_t i = 0; i < disturbed->count; i++) {
		const struct disturbed_one one = { disturbed, disturbed->specs[i] };

		every_step_try_cancels(one.spec, &one, 0, try_cancel);
	}
}

#endif
