/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Updates through Espressif's ROM loader that are disturbed: every fault and a cancel at every request, and a second run. */

#include "esp-bench.h"

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

static void try_fault(const char *spec, const struct dfut_sim_fault *fault, size_t *ended_well)
{
	struct outcome outcome;
	struct bench bench;
	char what[160];

	snprintf(what, sizeof(what), "%s: fault %d at request %zu, %zu times", spec, fault->kind, fault->request,
		 fault->times);
	begin(&bench, spec);
	dfut_sim_device_add_fault(bench.device, fault);
	outcome = try_update(&bench, spec, SIZE_MAX, what);
	if (outcome.result == 0) {
		++*ended_well;
		cr_expect(holds(&bench, &bytes, APPLICATION), "%s: false success", what);
		cr_expect(runs_application(&bench) || !dfut_sim_device_is_present(bench.device) ||
				  outcome.hint[0] != 0 || is_silent(fault),
			  "%s: false success: %s (%s)", what, outcome.message, outcome.hint);
	} else {
		recover(&bench, spec, what);
	}
	bench_stop(&bench);
}

static void try_faults(const char *spec, size_t times)
{
	size_t count = count_requests(spec), ended_well = 0;

	for (size_t request = 0; request < count; request++)
		for (size_t k = 0; k < COUNT(faults); k++)
			try_fault(spec,
				  &(struct dfut_sim_fault){ sizeof(struct dfut_sim_fault), faults[k], request, times,
							    4000 },
				  &ended_well);
	fprintf(stderr, "%s: %zu faults, %zu times each, %zu ended well at once\n", spec, count * COUNT(faults), times,
		ended_well);
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

/* One byte on the line more, less, or wrong: never a reason to end. */
Test(update_esp_serial_faults, a_bad_line_does_not_end_it)
{
	static const enum dfut_sim_fault_kind of_line[] = { DFUT_SIM_FAULT_LOST_BYTE,	 DFUT_SIM_FAULT_DOUBLED_BYTE,
							    DFUT_SIM_FAULT_NOISE,	 DFUT_SIM_FAULT_LOST_REPLY,
							    DFUT_SIM_FAULT_SPOILT_REPLY, DFUT_SIM_FAULT_NOISY_REPLY };

	for (size_t i = 0; i < COUNT(specs); i++) {
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

Test(update_esp_serial_faults, recovers_from_a_cancel_at_every_step)
{
	size_t cases = 0;

	for (size_t i = 0; i < COUNT(specs); i++) {
		int result = DFUT_ERROR_CANCELLED;

		for (size_t round = 0; result == DFUT_ERROR_CANCELLED; round++, cases++) {
			struct bench bench;
			char what[160];

			snprintf(what, sizeof(what), "%s: cancelled in round %zu", specs[i], round);
			begin(&bench, specs[i]);
			result = try_update(&bench, specs[i], round, what).result;
			if (result == DFUT_ERROR_CANCELLED)
				recover(&bench, specs[i], what);
			bench_stop(&bench);
		}
		cr_expect(eq(int, result, 0), "%s", specs[i]);
	}
	fprintf(stderr, "%zu cancels tried\n", cases);
}
