/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Updates of Teensy boards that are disturbed. */

#include "program-faults.h"
#include "teensy-bench.h"

#define BLOCKS 9

static uint8_t program[BLOCKS * 1024];

/* Small blocks, header of two bytes; long header; what it is asked while it erases; what becomes of the last report */
static const struct {
	const char *board;
	const char *options;
	size_t size;
	size_t trigger; /* requests */
} cases[] = {
	{ "2.0", "erase-ms=3,block-ms=0", BLOCKS * 128, 1 },
	{ "3.2", "erase-ms=3,block-ms=0,boot=gone,race=gone", BLOCKS * 1024 - 5, 1 },
	{ "4.1", "erase-ms=3,block-ms=0,type=serial,busy=timeout", BLOCKS * 1024, 2 },
};

static struct subject make_subject(size_t index)
{
	static char spec[160];

	snprintf(spec, sizeof(spec), "teensy:board=%s,%s", cases[index].board, cases[index].options);
	program_make(program, sizeof(program), find_board(cases[index].board));
	return (struct subject){ .spec = spec, .program = program, .size = cases[index].size };
}

Test(update_halfkay_faults, recovers_from_every_fault, .timeout = 600)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct subject subject = make_subject(i);

		subject_try_faults(&subject, 1);
	}
}

Test(update_halfkay_faults, recovers_from_faults_in_a_row, .timeout = 600)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct subject subject = make_subject(i);

		subject_try_faults(&subject, 3);
	}
}

Test(update_halfkay_faults, recovers_from_a_cancel_at_every_step, .timeout = 600)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct subject subject = make_subject(i);

		subject_try_cancels(&subject);
	}
}

/* A stall is no failure: it is busy. */
Test(update_halfkay_faults, a_stall_is_waited_out, .timeout = 60)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct subject subject = make_subject(i);
		size_t count = subject_count_requests(&subject);

		for (size_t request = cases[i].trigger; request < count; request++) {
			struct dfut_sim_fault fault = { sizeof(fault), DFUT_SIM_FAULT_STALL, request, 5, 0 };
			char what[160];

			snprintf(what, sizeof(what), "%s: stalled at request %zu", subject.spec, request);
			cr_expect(subject_try_fault(&subject, &fault, what), "%s", what);
		}
	}
}
