/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Updates by Atmel's FLIP that are disturbed: every fault and a cancel at every request, and recovery by a second run. */

#include "every-step.h"
#include "flip-bench.h"

#define SIZE 2500

struct variant {
	const char *spec;
	struct wish wish;
};

/* clang-format off */
static const struct variant variants[] = {
	{ "flip:part=atmega32u4,loader=lufa,application=via", { 0 } },
	{ "flip:part=atmega32u4,loader=atmel,application=via", { .erase = DFUT_ERASE_MASS } },
	{ "flip:part=at90usb1286,loader=qmk,application=via,erase=poll", { 0 } },
	{ "flip:part=at90usb1286,loader=lufa,application=via", { .erase = DFUT_ERASE_ALL } },
	{ "flip:part=atmega16u2,loader=atmel,secure=no,erase=status,application=via", { 0 } },
	{ "flip:part=atxmega128a3u,erase=poll,application=via", { 0 } },
	{ "flip:part=atxmega64a3u,application=via", { .erase = DFUT_ERASE_MASS } },
	{ "flip:part=at32uc3b0256,application=via", { .part = "at32uc3b0256" } },
	{ "flip:part=at32uc3b0256,secure=yes,idle=app,application=via", { .part = "at32uc3b0256", .erase = DFUT_ERASE_MASS } },
	{ "flip:part=atmega32u4,loader=lufa,application=via", { .alternate = "eeprom" } },
	{ "flip:part=atxmega64a3u,application=via", { .alternate = "eeprom" } },
};
/* clang-format on */

static const enum dfut_sim_fault_kind faults[] = { DFUT_SIM_FAULT_STALL,       DFUT_SIM_FAULT_TIMEOUT,
						   DFUT_SIM_FAULT_LOST_ANSWER, DFUT_SIM_FAULT_UNPLUG,
						   DFUT_SIM_FAULT_SHORT,       DFUT_SIM_FAULT_GARBAGE,
						   DFUT_SIM_FAULT_SLOW };

static bool is_eeprom(const struct variant *variant)
{
	return variant->wish.alternate != NULL;
}

static uint32_t get_size(const struct variant *variant)
{
	return is_eeprom(variant) ? 333 : SIZE;
}

static bool holds(const struct bench *bench, const struct variant *variant)
{
	const char *name = strchr(variant->spec, '=') + 1;
	const uint8_t *eeprom;
	char part[32];

	snprintf(part, sizeof(part), "%.*s", (int)strcspn(name, ","), name);
	if (!is_eeprom(variant))
		return holds_program(bench, find_chip(part), SIZE, 3);
	eeprom = get_bytes(bench, "eeprom", NULL);
	for (uint32_t i = 0; i < get_size(variant); i++)
		if (eeprom[i] != get_code(i, 3))
			return false;
	return true;
}

static struct end update(struct bench *bench, const struct variant *variant, size_t cancel_round, const char *what)
{
	struct dfut_image *image = make_program(bench, get_size(variant), 3);
	struct end end = update_image(bench, image, &variant->wish, cancel_round, what);

	if (end.result < 0 && getenv("VERBOSE"))
		fprintf(stderr, "%s: %s (%s)\n", what, end.message, end.hint);
	dfut_image_free(image);
	return end;
}

static size_t count_requests(const struct variant *variant)
{
	struct bench bench;
	struct end end;
	size_t count;

	bench_start(&bench, variant->spec);
	end = update(&bench, variant, SIZE_MAX, variant->spec);
	cr_expect(eq(int, end.result, 0), "%s: %s", variant->spec, end.message);
	cr_expect(holds(&bench, variant), "%s", variant->spec);
	bench_expect_no_breach(bench.device, variant->spec);
	count = dfut_sim_device_get_request_count(bench.device);
	cr_expect(ge(sz, count, is_eeprom(variant) ? 12 : 20), "%s", variant->spec);
	bench_stop(&bench);
	return count;
}

static void wait_ms(struct bench *bench, uint64_t ms)
{
	for (uint64_t until_us = dfut_sim_get_time_us(bench->sim) + ms * 1000;
	     dfut_sim_get_time_us(bench->sim) < until_us;)
		dfut_context_dispatch(bench->context, 500);
}

static void plug_in_again(struct bench *bench)
{
	if (dfut_sim_device_is_present(bench->device))
		dfut_sim_device_unplug(bench->device);
	wait_ms(bench, 100);
	dfut_sim_device_replug(bench->device);
	wait_ms(bench, 5000);
}

/*
 * What is left on the bus is enough for a second run, and the first run's words say so where it is not: LUFA's hangs in a message
 * that was not sent whole, until it is unplugged.
 */
static void recover(struct bench *bench, const struct variant *variant, const struct end *first, const char *what)
{
	struct end end;

	dfut_sim_device_clear_faults(bench->device);
	wait_ms(bench, 3000);
	if (!dfut_sim_device_is_present(bench->device) || strstr(first->hint, "unplug"))
		plug_in_again(bench);
	end = update(bench, variant, SIZE_MAX, what);
	if (end.result < 0 && strstr(end.hint, "unplug")) {
		plug_in_again(bench);
		end = update(bench, variant, SIZE_MAX, what);
	}
	cr_expect(eq(int, end.result, 0), "%s: second run: %s (%s; the first: %s)", what, end.message, end.hint,
		  first->message);
	cr_expect(holds(bench, variant), "%s: second run", what);
}

static bool try_fault(const void *subject, const struct dfut_sim_fault *fault, const char *what)
{
	const struct variant *variant = subject;
	struct bench bench;
	struct end end;

	bench_start(&bench, variant->spec);
	dfut_sim_device_add_fault(bench.device, fault);
	end = update(&bench, variant, SIZE_MAX, what);
	if (end.result == 0)
		cr_expect(holds(&bench, variant), "%s: false success", what);
	else
		recover(&bench, variant, &end, what);
	bench_stop(&bench);
	return end.result == 0;
}

static void try_faults(size_t first, size_t end, size_t times)
{
	for (size_t i = first; i < end; i++) {
		const struct every_fault every = { .name = variants[i].spec,
						   .request_count = count_requests(&variants[i]),
						   .kinds = faults,
						   .kind_count = COUNT(faults),
						   .times = times,
						   .delay_ms = 3000,
						   .try = try_fault };

		every_step_try_faults(&every, &variants[i]);
	}
}

Test(update_atmel_flip_faults, recovers_from_every_fault_on_avr, .timeout = 600)
{
	try_faults(0, 5, 1);
}

Test(update_atmel_flip_faults, recovers_from_every_fault_on_others, .timeout = 600)
{
	try_faults(5, 9, 1);
}

Test(update_atmel_flip_faults, recovers_from_every_fault_of_eeprom, .timeout = 600)
{
	try_faults(9, COUNT(variants), 1);
}

Test(update_atmel_flip_faults, recovers_from_faults_in_a_row, .timeout = 600)
{
	try_faults(0, 1, 4);
	try_faults(7, 8, 4);
}

static int try_cancel(const void *subject, size_t round, const char *what)
{
	const struct variant *variant = subject;
	struct bench bench;
	struct end end;

	bench_start(&bench, variant->spec);
	end = update(&bench, variant, round, what);
	if (end.result == DFUT_ERROR_CANCELLED)
		recover(&bench, variant, &end, what);
	bench_stop(&bench);
	return end.result;
}

Test(update_atmel_flip_faults, recovers_from_a_cancel_at_every_step, .timeout = 600)
{
	for (size_t i = 0; i < COUNT(variants); i++)
		every_step_try_cancels(variants[i].spec, &variants[i], 0, try_cancel);
}
