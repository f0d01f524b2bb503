/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A fault at each request of an update, and a cancel in each of its rounds. What is updated, and what is then expected, a trial says. */

#ifndef DFUT_TESTS_EVERY_STEP_H
#define DFUT_TESTS_EVERY_STEP_H

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "dfutrigger-sim.h"

/* Faults that are tried. */
struct every_fault {
	/* Of what is disturbed, for what is printed */
	const char *name;
	/* Requests of an update that nobody disturbs */
	size_t request_count;
	const enum dfut_sim_fault_kind *kinds;
	size_t kind_count;
	/* How many requests in a row meet it, and how long one is held back by those that do that */
	size_t times;
	uint32_t delay_ms;
	/* Every so many of the requests in the middle, which are all alike; 0 for each */
	size_t stride;
	/* Whether an update ends well in spite of a fault */
	bool (*try)(const void *subject, const struct dfut_sim_fault *fault, const char *what);
};

/* One byte on a serial line more, less, or wrong. */
static const enum dfut_sim_fault_kind faults_of_line[] = { DFUT_SIM_FAULT_LOST_BYTE,	DFUT_SIM_FAULT_DOUBLED_BYTE,
							   DFUT_SIM_FAULT_NOISE,	DFUT_SIM_FAULT_LOST_REPLY,
							   DFUT_SIM_FAULT_SPOILT_REPLY, DFUT_SIM_FAULT_NOISY_REPLY };

/* FAULT_STEP=1 tries each one of a long run, as soak does. */
static inline size_t every_step_get_stride(size_t stride)
{
	const char *text = getenv("FAULT_STEP");
	size_t step = text && *text ? strtoul(text, NULL, 10) : 0;

	if (stride == 0)
		return 1;
	return step > 0 && step < stride ? step : stride;
}

/* How many did not end well. */
static inline size_t every_step_try_faults(const struct every_fault *every, const void *subject)
{
	size_t step = every_step_get_stride(every->stride), count = every->request_count, cases = 0, ended_well = 0;

	for (size_t request = 0; request < count; request += request < 40 || request + 10 > count ? 1 : step)
		for (size_t i = 0; i < every->kind_count; i++, cases++) {
			struct dfut_sim_fault fault = { sizeof(fault), every->kinds[i], request, every->times,
							every->delay_ms };
			char what[200];

			snprintf(what, sizeof(what), "%s: fault %d at request %zu, %zu times", every->name, fault.kind,
				 request, fault.times);
			ended_well += every->try(subject, &fault, what);
		}
	fprintf(stderr, "%s: %zu of %zu requests, %zu faults, %zu times each, %zu ended well at once\n", every->name,
		cases / every->kind_count, count, cases, every->times, ended_well);
	return cases - ended_well;
}

/* Until a trial's update, which it gives the result of, is not cancelled any more: how many were. */
static inline size_t every_step_try_cancels(const char *name, const void *subject, size_t stride,
					    int (*try)(const void *subject, size_t round, const char *what))
{
	size_t step = every_step_get_stride(stride), cases = 0;
	int result = DFUT_ERROR_CANCELLED;

	for (size_t round = 0; result == DFUT_ERROR_CANCELLED; round += round < 100 ? 1 : step, cases++) {
		char what[200];

		snprintf(what, sizeof(what), "%s: cancelled in round %zu", name, round);
		result = try(subject, round, what);
	}
	cr_expect(eq(int, result, 0), "%s", name);
	fprintf(stderr, "%s: %zu cancels tried\n", name, cases - 1);
	return cases - 1;
}

#endif
