/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Updates through Espressif's ROM loader that are disturbed: every fault and a cancel at every request, and a second run. */

#include "esp-bench.h"
#include "every-step.h"

/* Most of a flash is nothing but memory to fill, for each case anew. */
#define SMALL "flash-size=256K"

static const char *const specs[] = {
	"esp32-s3-jtag:" SMALL,
	"esp32-s3-jtag:chip=esp32-c3,re-enumerate=no," SMALL,
	"esp32-s2:force-download=yes," SMALL,
	"esp32-s2:chip=esp32-s3," SMALL,
};

static const enum dfut_sim_fault_kind faults[] = {
	DFUT_SIM_FAULT_STALL,	     DFUT_SIM_FAULT_TIMEOUT, DFUT_SIM_FAULT_LOST_ANSWER, DFUT_SIM_FAULT_UNPLUG,
	DFUT_SIM_FAULT_SHORT,	     DFUT_SIM_FAULT_GARBAGE, DFUT_SIM_FAULT_SLOW,	 DFUT_SIM_FAULT_LOST_BYTE,
	DFUT_SIM_FAULT_DOUBLED_BYTE, DFUT_SIM_FAULT_NOISE,   DFUT_SIM_FAULT_LOST_REPLY,	 DFUT_SIM_FAULT_SPOILT_REPLY,
	DFUT_SIM_FAULT_NOISY_REPLY,
};

static struct bytes bytes;

TestSuite(update_esp_serial_faults, .timeout = 600);

static struct outcome try_update(struct bench *bench, const char *spec, size_t cancel_round, const char *what)
{
	static const struct wishes wishes = { DFUT_ERASE_AUTO, DFUT_VERIFY_AUTO, 0, NULL };

	make_application(&bytes, get_chip(spec), 6000, 1);
	return update_with(bench, load(bench, &bytes), &wishes, cancel_round, what);
}

static void begin(struct bench *bench, const char *spec)
{
	bench_start(bench, spec);
	fill_flash(bench, get_chip(spec));
}

static size_t count_requests(const char *spec)
{
	struct outcome outcome;
	struct bench bench;
	size_t count;

	begin(&bench, spec);
	outcome = try_update(&bench, spec, SIZE_MAX, spec);
	cr_expect(eq(int, outcome.result, 0), "%s: %s", spec, outcome.message);
	cr_expect(holds(&bench, &bytes, APPLICATION), "%s", spec);
	bench_expect_no_breach(bench.device, spec);
	count = dfut_sim_device_get_request_count(bench.device);
	cr_expect(ge(sz, count, 20), "%s", spec);
	bench_stop(&bench);
	return count;
}

/* With BOOT held: what an empty flash leads to. */
static void start_rom(struct bench *bench, const char *spec)
{
	uint8_t *flash = (uint8_t *)dfut_sim_device_get_memory(bench->device, "flash", NULL);
	size_t at = get_chip(spec) == S2 ? 0x1000 : 0;

	flash[at] = 0xff;
	dfut_sim_device_press_reset(bench->device);
	wait_ms(bench, 3000);
	flash[at] = 0xe9;
}

/* What is left on the bus is enough for a second run; only a device that is gone has to be plugged in again, and one with half
 * an application, on its own USB pins, shows itself only in its ROM. */
static void recover(struct bench *bench, const char *spec, const char *what)
{
	struct outcome outcome;

	dfut_sim_device_clear_faults(bench->device);
	wait_ms(bench, 3000);
	if (!dfut_sim_device_is_present(bench->device)) {
		dfut_sim_device_replug(bench->device);
		wait_ms(bench, 5000);
	}
	if (!dfut_sim_device_is_present(bench->device))
		start_rom(bench, spec);
	outcome = try_update(bench, spec, SIZE_MAX, what);
	cr_expect(eq(int, outcome.result, 0), "%s: second run: %s", what, outcome.message);
	cr_expect(holds(bench, &bytes, APPLICATION), "%s: second run", what);
	cr_expect(runs_application(bench), "%s: second run", what);
}

/* The wire says that the request was taken, and it had no effect: nobody can know, if it was to reset the chip. */
static bool is_silent(const struct dfut_sim_fault *fault)
{
	return fault->kind == DFUT_SIM_FAULT_SHORT || fault->kind == DFUT_SIM_FAULT_GARBAGE;
}

static bool try_fault(const void *subject, const struct dfut_sim_fault *fault, const char *what)
{
	const char *spec = subject;
	struct outcome outcome;
	struct bench bench;

	begin(&bench, spec);
	dfut_sim_device_add_fault(bench.device, fault);
	outcome = try_update(&bench, spec, SIZE_MAX, what);
	if (outcome.result == 0) {
		cr_expect(holds(&bench, &bytes, APPLICATION), "%s: false success", what);
		cr_expect(runs_application(&bench) || !dfut_sim_device_is_present(bench.device) ||
				  outcome.hint[0] != 0 || is_silent(fault),
			  "%s: false success: %s (%s)", what, outcome.message, outcome.hint);
	} else {
		recover(&bench, spec, what);
	}
	bench_stop(&bench);
	return outcome.result == 0;
}

static struct every_fault make_faults(const char *spec, size_t times)
{
	return (struct every_fault){ .name = spec,
				     .request_count = count_requests(spec),
				     .kinds = faults,
				     .kind_count = COUNT(faults),
				     .times = times,
				     .delay_ms = 4000,
				     .try = try_fault };
}

static void try_faults(const char *spec, size_t times)
{
	const struct every_fault every = make_faults(spec, times);

	every_step_try_faults(&every, spec);
}

Test(update_esp_serial_faults, recovers_from_every_fault_by_jtag)
{
	try_faults(specs[0], 1);
	try_faults(specs[1], 1);
}

Test(update_esp_serial_faults, recovers_from_every_fault_by_the_roms_port)
{
	try_faults(specs[2], 1);
	try_faults(specs[3], 1);
}

Test(update_esp_serial_faults, recovers_from_faults_in_a_row)
{
	try_faults(specs[0], 4);
	try_faults(specs[2], 4);
}

/* Never a reason to end. */
Test(update_esp_serial_faults, a_bad_line_does_not_end_it)
{
	for (size_t i = 0; i < COUNT(specs); i++) {
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

	begin(&bench, subject);
	result = try_update(&bench, subject, round, what).result;
	if (result == DFUT_ERROR_CANCELLED)
		recover(&bench, subject, what);
	bench_stop(&bench);
	return result;
}

Test(update_esp_serial_faults, recovers_from_a_cancel_at_every_step)
{
	for (size_t i = 0; i < COUNT(specs); i++)
		every_step_try_cancels(specs[i], specs[i], 0, try_cancel);
}
