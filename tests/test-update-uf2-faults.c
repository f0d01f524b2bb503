/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Updates by UF2 that are disturbed: every fault and a cancel at every request, and recovery by another run. */

#include "every-step.h"
#include "uf2-bench.h"

static const enum dfut_sim_fault_kind faults[] = { DFUT_SIM_FAULT_STALL,       DFUT_SIM_FAULT_TIMEOUT,
						   DFUT_SIM_FAULT_LOST_ANSWER, DFUT_SIM_FAULT_UNPLUG,
						   DFUT_SIM_FAULT_SHORT,       DFUT_SIM_FAULT_GARBAGE,
						   DFUT_SIM_FAULT_SLOW };

static struct bytes application, file;

TestSuite(update_uf2_faults, .timeout = 600);

static void start(struct bench *bench, const struct kind *kind)
{
	uf2_start(bench, kind, "");
	make_application(&application, kind, 34 * KIB, 1);
	make_uf2_file(&file, &application, kind);
}

static struct outcome put(struct bench *bench, size_t cancel_round, const char *what)
{
	static const struct wishes wishes = { DFUT_ERASE_AUTO, DFUT_VERIFY_AUTO, 0, NULL };
	struct dfut_image *image = load(bench, &file);
	struct outcome outcome = update_with(bench, image, &wishes, cancel_round, what);

	dfut_image_free(image);
	return outcome;
}

static void plug_in_again(struct bench *bench)
{
	dfut_sim_device_unplug(bench->device);
	wait_ms(bench, 100);
	dfut_sim_device_replug(bench->device);
	wait_ms(bench, 5000);
}

static void expect_written(const struct bench *bench, const struct kind *kind, const char *what)
{
	cr_expect(holds(bench, kind, &application), "%s: the flash holds something else", what);
	cr_expect(runs_application(bench), "%s: it does not run", what);
}

/* The next run does it, or its words say that the device has to be plugged in again: then that helps. */
static void recover(struct bench *bench, const struct kind *kind, const char *what)
{
	struct outcome outcome;

	dfut_sim_device_clear_faults(bench->device);
	wait_ms(bench, 3000);
	if (!dfut_sim_device_is_present(bench->device))
		plug_in_again(bench);
	outcome = put(bench, SIZE_MAX, what);
	if (outcome.result != 0) {
		cr_expect(ne(ptr, strstr(outcome.hint, "plug it in again"), NULL), "%s: second run: %s (%s)", what,
			  outcome.message, outcome.hint);
		plug_in_again(bench);
		outcome = put(bench, SIZE_MAX, what);
	}
	cr_expect(eq(int, outcome.result, 0), "%s: last run: %s (%s)", what, outcome.message, outcome.hint);
	wait_ms(bench, 3000);
	expect_written(bench, kind, what);
}

static size_t count_requests(const struct kind *kind)
{
	struct bench bench;
	size_t count;

	start(&bench, kind);
	cr_expect(eq(int, put(&bench, SIZE_MAX, kind->spec).result, 0), "%s", kind->spec);
	count = dfut_sim_device_get_request_count(bench.device);
	bench_stop(&bench);
	return count;
}

static bool try_fault(const void *subject, const struct dfut_sim_fault *fault, const char *what)
{
	const struct kind *kind = subject;
	struct outcome outcome;
	struct bench bench;

	start(&bench, kind);
	dfut_sim_device_add_fault(bench.device, fault);
	outcome = put(&bench, SIZE_MAX, what);
	if (outcome.result == 0) {
		wait_ms(&bench, 3000);
		expect_written(&bench, kind, what);
	} else {
		recover(&bench, kind, what);
	}
	bench_stop(&bench);
	return outcome.result == 0;
}

static void try_faults(size_t index)
{
	const struct kind *kind = &kinds[index];
	const struct every_fault every = { .name = kind->spec,
					   .request_count = count_requests(kind),
					   .kinds = faults,
					   .kind_count = COUNT(faults),
					   .times = 1,
					   .delay_ms = 3000,
					   .try = try_fault };

	cr_expect(ge(sz, every.request_count, 20), "%s", kind->spec);
	every_step_try_faults(&every, kind);
}

Test(update_uf2_faults, rp2040)
{
	try_faults(PICO);
}

Test(update_uf2_faults, rp2350)
{
	try_faults(PICO_2);
}

Test(update_uf2_faults, tinyuf2)
{
	try_faults(METRO);
}

Test(update_uf2_faults, samd51)
{
	try_faults(M4);
}

Test(update_uf2_faults, samd21)
{
	try_faults(M0);
}

Test(update_uf2_faults, nrf52)
{
	try_faults(NRF52);
}

static int try_cancel(const void *subject, size_t round, const char *what)
{
	const struct kind *kind = subject;
	struct outcome outcome;
	struct bench bench;

	start(&bench, kind);
	outcome = put(&bench, round, what);
	if (outcome.result == DFUT_ERROR_CANCELLED)
		recover(&bench, kind, what);
	else
		expect_written(&bench, kind, what);
	bench_stop(&bench);
	return outcome.result;
}

Test(update_uf2_faults, cancelled_at_every_round)
{
	for (size_t i = 0; i < COUNT(kinds); i++)
		every_step_try_cancels(kinds[i].spec, &kinds[i], 0, try_cancel);
}

/* What an interrupted run has left must not become a part of another image with as many blocks. */
Test(update_uf2_faults, does_not_mix_two_images)
{
	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct dfut_sim_fault fault = { .size = sizeof(fault), .kind = DFUT_SIM_FAULT_STALL };
		struct outcome outcome;
		struct bench bench;

		start(&bench, &kinds[i]);
		/* The data of the second of three commands; who can be read is, and gets its last block then. */
		fault.request = count_requests(&kinds[i]) - (i == M4 || i == M0 ? 14 : 3);
		dfut_sim_device_add_fault(bench.device, &fault);
		outcome = put(&bench, SIZE_MAX, kinds[i].spec);
		dfut_sim_device_clear_faults(bench.device);
		if (outcome.result == 0)
			cr_expect(ne(int, outcome.result, 0), "%s: was not interrupted", kinds[i].spec);
		make_application(&application, &kinds[i], 34 * KIB, 2);
		make_uf2_file(&file, &application, &kinds[i]);
		recover(&bench, &kinds[i], kinds[i].spec);
		bench_stop(&bench);
	}
}
