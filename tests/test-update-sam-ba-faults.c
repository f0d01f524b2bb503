/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Updates by SAM-BA that are disturbed: every fault and a cancel at every request, and recovery by a second run. */

#include "every-step.h"
#include "samba-bench.h"

/* Three chunks, the last not whole; two where they are read back in small pieces; some pages where they are written by words. */
#define SIZE 8500
#define READ_SIZE 4200
#define WORDS_SIZE 700

static const enum dfut_sim_fault_kind faults[] = {
	DFUT_SIM_FAULT_STALL,	     DFUT_SIM_FAULT_TIMEOUT, DFUT_SIM_FAULT_LOST_ANSWER, DFUT_SIM_FAULT_UNPLUG,
	DFUT_SIM_FAULT_SHORT,	     DFUT_SIM_FAULT_GARBAGE, DFUT_SIM_FAULT_SLOW,	 DFUT_SIM_FAULT_LOST_BYTE,
	DFUT_SIM_FAULT_DOUBLED_BYTE, DFUT_SIM_FAULT_NOISE,   DFUT_SIM_FAULT_LOST_REPLY,	 DFUT_SIM_FAULT_SPOILT_REPLY,
	DFUT_SIM_FAULT_NOISY_REPLY,
};

static struct file file;

static void make_program(const struct board *board)
{
	size_t size = strstr(board->spec, "due")		     ? WORDS_SIZE :
		      strstr(board->spec, "33") || is_bridged(board) ? SIZE :
								       READ_SIZE;

	file_make_program(&file, board, size, 1);
}

static struct outcome update(struct bench *bench, size_t cancel_round, const char *what)
{
	return bench_update(bench, &file, &(struct wishes){ 0 }, cancel_round, what);
}

static size_t count_requests(const struct board *board)
{
	struct outcome outcome;
	struct bench bench;
	size_t count;

	bench_start(&bench, board->spec);
	make_program(board);
	outcome = update(&bench, SIZE_MAX, board->spec);
	cr_expect(eq(int, outcome.result, 0), "%s: %s", board->spec, outcome.message);
	bench_expect_good_host(&bench, board, board->spec);
	count = dfut_sim_device_get_request_count(bench.device);
	cr_expect(ge(sz, count, 20), "%s", board->spec);
	bench_stop(&bench);
	return count;
}

/* What is left on the bus is enough for a second run, or it says what is to be done. */
static void recover(struct bench *bench, const struct board *board, const char *what)
{
	struct outcome outcome;

	dfut_sim_device_clear_faults(bench->device);
	bench_wait_ms(bench, 3000);
	if (!dfut_sim_device_is_present(bench->device))
		bench_plug_again(bench);
	outcome = update(bench, SIZE_MAX, what);
	if (outcome.result < 0) {
		cr_expect(strstr(outcome.hint, "plug it in again") != NULL, "%s: second run: %s (%s)", what,
			  outcome.message, outcome.hint);
		bench_plug_again(bench);
		outcome = update(bench, SIZE_MAX, what);
	}
	cr_expect(eq(int, outcome.result, 0), "%s: second run: %s", what, outcome.message);
	cr_expect(bench_has_program(bench, board, &file), "%s: second run", what);
	cr_expect(bench_runs_program(bench, board), "%s: second run", what);
}

static bool try_fault(const void *subject, const struct dfut_sim_fault *fault, const char *what)
{
	const struct board *board = subject;
	struct outcome outcome;
	struct bench bench;

	bench_start(&bench, board->spec);
	dfut_sim_device_add_fault(bench.device, fault);
	outcome = update(&bench, SIZE_MAX, what);
	if (outcome.result == 0) {
		cr_expect(bench_has_program(&bench, board, &file), "%s: false success", what);
	} else {
		/* The first is the trigger's. */
		if (fault->request)
			cr_expect(ne(int, outcome.hint[0], 0), "%s: no hint: %s", what, outcome.message);
		if (getenv("VERBOSE"))
			fprintf(stderr, "%s: %s (%s)\n", what, outcome.message, outcome.hint);
		recover(&bench, board, what);
	}
	bench_stop(&bench);
	return outcome.result == 0;
}

/* Of long runs not each request. */
static void try_faults(const struct board *board, size_t times, size_t stride)
{
	const struct every_fault every = { .name = board->spec,
					   .request_count = count_requests(board),
					   .kinds = faults,
					   .kind_count = COUNT(faults),
					   .times = times,
					   .delay_ms = 3000,
					   .stride = stride,
					   .try = try_fault };

	every_step_try_faults(&every, board);
}

Test(update_sam_ba_faults, recovers_from_every_fault_of_a_samd21, .timeout = 3600)
{
	try_faults(&boards[0], 1, 19);
	try_faults(&boards[2], 1, 1);
}

Test(update_sam_ba_faults, recovers_from_every_fault_of_a_samd51, .timeout = 3600)
{
	try_faults(&boards[4], 1, 19);
}

Test(update_sam_ba_faults, recovers_from_every_fault_of_extended_ones, .timeout = 3600)
{
	try_faults(&boards[5], 1, 1);
	try_faults(&boards[6], 1, 1);
	try_faults(&boards[7], 1, 1);
}

Test(update_sam_ba_faults, recovers_from_every_fault_of_a_rom, .timeout = 3600)
{
	try_faults(&boards[8], 1, 29);
}

Test(update_sam_ba_faults, recovers_from_faults_in_a_row, .timeout = 3600)
{
	try_faults(&boards[2], 3, 1);
	try_faults(&boards[6], 3, 1);
}

static int try_cancel(const void *subject, size_t round, const char *what)
{
	const struct board *board = subject;
	struct bench bench;
	int result;

	bench_start(&bench, board->spec);
	make_program(board);
	result = update(&bench, round, what).result;
	if (result == DFUT_ERROR_CANCELLED)
		recover(&bench, board, what);
	bench_stop(&bench);
	return result;
}

Test(update_sam_ba_faults, recovers_from_a_cancel_at_every_step, .timeout = 3600)
{
	for (size_t i = 0; i < COUNT(boards); i++)
		every_step_try_cancels(boards[i].spec, &boards[i], 23, try_cancel);
}
