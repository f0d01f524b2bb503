/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Updates by SMP that are disturbed: every fault and a cancel at every request, and recovery by a second run. */

#include "every-step.h"
#include "smp-bench.h"

#define SIZE 4000

static const char *const specs[] = {
	"smp-board",
	"smp-board:version=1,encoding=canonical,console=no,buffer=none",
	"smp-board:bootloader=overwrite,list=frugal,buffer=1024",
	"smp-board:mode=recovery",
	"smp-board:mode=recovery,recovery-pid=0004,write-block=32,erase=progressive,image-state=yes",
};

static const enum dfut_sim_fault_kind faults[] = {
	DFUT_SIM_FAULT_STALL,	     DFUT_SIM_FAULT_TIMEOUT,	DFUT_SIM_FAULT_LOST_ANSWER, DFUT_SIM_FAULT_UNPLUG,
	DFUT_SIM_FAULT_SHORT,	     DFUT_SIM_FAULT_GARBAGE,	DFUT_SIM_FAULT_SLOW,	    DFUT_SIM_FAULT_LOST_BYTE,
	DFUT_SIM_FAULT_DOUBLED_BYTE, DFUT_SIM_FAULT_NOISE,	DFUT_SIM_FAULT_LOST_REPLY,  DFUT_SIM_FAULT_SPOILT_REPLY,
	DFUT_SIM_FAULT_NOISY_REPLY,  DFUT_SIM_FAULT_LATE_REPLY,
};

static struct smp_end update(struct bench *bench, size_t cancel_round, const char *what)
{
	struct sample sample = smp_make_sample(1, SIZE);
	const struct smp_wish wish = { .cancel_round = cancel_round };

	return smp_update(bench, &sample, &wish, what);
}

static bool holds(const struct bench *bench)
{
	struct sample sample = smp_make_sample(1, SIZE);

	return smp_holds(bench, "slot0", &sample);
}

static size_t count_requests(const char *spec)
{
	struct smp_end end;
	struct bench bench;
	size_t count;

	smp_start(&bench, spec);
	end = update(&bench, 0, spec);
	cr_expect(eq(int, end.result, 0), "%s: %s", spec, end.message);
	cr_expect(holds(&bench), "%s", spec);
	bench_expect_no_breach(bench.device, spec);
	count = dfut_sim_device_get_request_count(bench.device);
	cr_expect(ge(sz, count, 15), "%s", spec);
	bench_stop(&bench);
	return count;
}

/* It runs, and stays so: what was confirmed is there after a restart. */
static void expect_updated(struct bench *bench, const char *what)
{
	cr_expect(holds(bench), "%s: not there", what);
	dfut_sim_device_press_reset(bench->device);
	smp_wait_ms(bench, 8000);
	cr_expect(holds(bench), "%s: not confirmed", what);
	cr_expect(strcmp(dfut_sim_device_get_mode_name(bench->device), "application") == 0, "%s: does not run", what);
}

/* What is left on the bus is enough for a second run; only a device that is gone, or hangs, has to be plugged in again. */
static void recover(struct bench *bench, const struct smp_end *first, const char *what)
{
	struct smp_end end;

	dfut_sim_device_clear_faults(bench->device);
	smp_wait_ms(bench, 8000);
	if (!dfut_sim_device_is_present(bench->device)) {
		dfut_sim_device_replug(bench->device);
		smp_wait_ms(bench, 8000);
	}
	end = update(bench, 0, what);
	cr_expect(eq(int, end.result, 0), "%s: second run: %s (%s; the first: %s)", what, end.message, end.hint,
		  first->message);
	expect_updated(bench, what);
}

static bool try_fault(const void *subject, const struct dfut_sim_fault *fault, const char *what)
{
	struct smp_end end;
	struct bench bench;

	smp_start(&bench, subject);
	dfut_sim_device_add_fault(bench.device, fault);
	end = update(&bench, 0, what);
	if (end.result == 0) {
		dfut_sim_device_clear_faults(bench.device);
		expect_updated(&bench, what);
	} else {
		cr_expect(ne(int, end.hint[0], 0), "%s: no hint: %s", what, end.message);
		recover(&bench, &end, what);
	}
	bench_stop(&bench);
	return end.result == 0;
}

static void try_faults(const char *spec, size_t times)
{
	const struct every_fault every = { .name = spec,
					   .request_count = count_requests(spec),
					   .kinds = faults,
					   .kind_count = COUNT(faults),
					   .times = times,
					   .delay_ms = 3000,
					   .try = try_fault };

	every_step_try_faults(&every, spec);
}

Test(update_smp_faults, recovers_from_every_fault_of_applications, .timeout = 600)
{
	for (size_t i = 0; i < 3; i++)
		try_faults(specs[i], 1);
}

Test(update_smp_faults, recovers_from_every_fault_of_recovery, .timeout = 600)
{
	for (size_t i = 3; i < COUNT(specs); i++)
		try_faults(specs[i], 1);
}

Test(update_smp_faults, recovers_from_faults_in_a_row, .timeout = 600)
{
	try_faults(specs[0], 3);
	try_faults(specs[3], 6);
}

static int try_cancel(const void *subject, size_t round, const char *what)
{
	struct smp_end end;
	struct bench bench;

	smp_start(&bench, subject);
	end = update(&bench, round + 1, what);
	if (end.result == DFUT_ERROR_CANCELLED)
		recover(&bench, &end, what);
	bench_stop(&bench);
	return end.result;
}

Test(update_smp_faults, recovers_from_a_cancel_at_every_step, .timeout = 600)
{
	for (size_t i = 0; i < COUNT(specs); i++)
		every_step_try_cancels(specs[i], specs[i], 0, try_cancel);
}
