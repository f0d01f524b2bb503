/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Updates by DfuSe that are disturbed: every fault and a cancel at every request, and recovery by a second run. */

#include "dfuse-bench.h"
#include "every-step.h"

/* The devices, and the fewest requests that a whole update has. */
/* clang-format off */
static const struct variant {
	const char *spec;
	struct wishes wishes;
	size_t least;
} variants[] = {
	{ "stm32f072:application=runtime", { DFUT_ERASE_AUTO, DFUT_VERIFY_AUTO, 0, NULL }, 40 },
	{ "stm32f072:application=gone", { DFUT_ERASE_ALL, DFUT_VERIFY_ALWAYS, 0, NULL }, 30 },
	{ "stm32f072:application=runtime,busy=stall,start=error", { DFUT_ERASE_MASS, DFUT_VERIFY_AUTO, 0, NULL }, 30 },
	{ "stm32f072:application=runtime,busy=block,start=upload-idle,clear=stall", { DFUT_ERASE_NEEDED, DFUT_VERIFY_AUTO, 0, NULL }, 40 },
	{ "stm32f072:application=runtime,first-status=idle,multiplier=transfer-size", { DFUT_ERASE_AUTO, DFUT_VERIFY_AUTO, 0, NULL }, 30 },
	{ "stm32f072:application=runtime,leave-status=timeout,leave-request=stall", { DFUT_ERASE_AUTO, DFUT_VERIFY_AUTO, 0, NULL }, 40 },
	{ "stm32f405:application=runtime", { DFUT_ERASE_AUTO, DFUT_VERIFY_AUTO, 0, NULL }, 30 },
	{ "stm32f405:application=runtime", { DFUT_ERASE_MASS, DFUT_VERIFY_AUTO, 0, NULL }, 30 },
	{ "gd32vf103:application=runtime", { DFUT_ERASE_AUTO, DFUT_VERIFY_AUTO, 0, NULL }, 40 },
	{ "usbd-dfu-rt:will-detach=yes", { DFUT_ERASE_AUTO, DFUT_VERIFY_AUTO, 0, NULL }, 40 },
	{ "usbd-dfu-rt:will-detach=no,getstatus=stall", { DFUT_ERASE_AUTO, DFUT_VERIFY_AUTO, 0, NULL }, 40 },
};
/* clang-format on */

static const enum dfut_sim_fault_kind faults[] = { DFUT_SIM_FAULT_STALL,       DFUT_SIM_FAULT_TIMEOUT,
						   DFUT_SIM_FAULT_LOST_ANSWER, DFUT_SIM_FAULT_UNPLUG,
						   DFUT_SIM_FAULT_SHORT,       DFUT_SIM_FAULT_GARBAGE,
						   DFUT_SIM_FAULT_SLOW };

static const struct part parts[] = { { FLASH, 2100 }, { FLASH + 4 * KIB, 100 } };

struct outcome {
	int result;
	enum dfut_verified verified;
};

static struct outcome update(struct bench *bench, const struct wishes *wishes, size_t cancel_round, const char *what)
{
	struct dfut_image *image = bench_make_image(bench, KIND_DFUSE, parts, COUNT(parts));
	struct dfut_session *session = bench_new_wishing(bench, wishes);
	struct outcome outcome;

	outcome.result = dfut_session_start_update(session, image);
	if (outcome.result == 0)
		outcome.result = bench_run(bench, session, cancel_round, what);
	outcome.verified = dfut_session_get_verified(session);
	bench_expect_words(dfut_session_get_message(session), what);
	dfut_session_free(session);
	dfut_image_free(image);
	return outcome;
}

static size_t count_requests(const struct variant *variant)
{
	struct bench bench;
	size_t count;

	bench_start(&bench, variant->spec);
	bench_fill_old(&bench);
	cr_expect(eq(int, update(&bench, &variant->wishes, SIZE_MAX, variant->spec).result, 0), "%s", variant->spec);
	cr_expect(bench_holds(&bench, parts, COUNT(parts)), "%s", variant->spec);
	bench_expect_no_breach(bench.device, variant->spec);
	count = dfut_sim_device_get_request_count(bench.device);
	cr_expect(ge(sz, count, variant->least), "%s", variant->spec);
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
	dfut_sim_device_unplug(bench->device);
	wait_ms(bench, 100);
	dfut_sim_device_replug(bench->device);
	wait_ms(bench, 5000);
}

/* What is left on the bus is enough for a second run; only a device that is gone has to be plugged in again. */
static void recover(struct bench *bench, const struct variant *variant, const char *what)
{
	static uint8_t wanted[FLASH_LIMIT];
	const uint8_t *flash;
	size_t size;
	int result;

	dfut_sim_device_clear_faults(bench->device);
	wait_ms(bench, 3000);
	if (!dfut_sim_device_is_present(bench->device))
		plug_in_again(bench);
	flash = bench_get_flash(bench, &size);
	memcpy(wanted, flash, size);
	expect_update(wanted, variant->spec, parts, COUNT(parts));
	result = update(bench, &variant->wishes, SIZE_MAX, what).result;
	/* One that was about to leave leaves when it is asked for its status: for an application that shows nothing. */
	if (result == DFUT_ERROR_TIMEOUT && !dfut_sim_device_is_present(bench->device)) {
		cr_expect(strstr(variant->spec, "application=gone") != NULL, "%s: gone", what);
		plug_in_again(bench);
		result = update(bench, &variant->wishes, SIZE_MAX, what).result;
	}
	cr_expect(eq(int, result, 0), "%s: second run", what);
	cr_expect(bench_holds(bench, parts, COUNT(parts)), "%s: second run", what);
	/* Beside the image: either not touched again, or erased. */
	flash = bench_get_flash(bench, NULL);
	for (size_t i = 0; i < size; i++) {
		if (flash[i] != wanted[i] && flash[i] != 0xff && flash[i] != get_old(FLASH + (uint32_t)i)) {
			cr_expect(false, "%s: 0x%02x at 0x%zx", what, flash[i], i);
			return;
		}
	}
}

static bool try_fault(const void *subject, const struct dfut_sim_fault *fault, const char *what)
{
	const struct variant *variant = subject;
	struct bench bench;
	int result;

	bench_start(&bench, variant->spec);
	bench_fill_old(&bench);
	dfut_sim_device_add_fault(bench.device, fault);
	result = update(&bench, &variant->wishes, SIZE_MAX, what).result;
	if (result == 0)
		cr_expect(bench_holds(&bench, parts, COUNT(parts)), "%s: false success", what);
	else
		recover(&bench, variant, what);
	bench_stop(&bench);
	return result == 0;
}

static void try_faults(size_t first, size_t end)
{
	for (size_t i = first; i < end; i++) {
		const struct every_fault every = { .name = variants[i].spec,
						   .request_count = count_requests(&variants[i]),
						   .kinds = faults,
						   .kind_count = COUNT(faults),
						   .times = 1,
						   .delay_ms = 3000,
						   .try = try_fault };

		every_step_try_faults(&every, &variants[i]);
	}
}

Test(update_dfuse_faults, recovers_from_every_fault_on_stm32f072, .timeout = 600)
{
	try_faults(0, 6);
}

Test(update_dfuse_faults, recovers_from_every_fault_on_others, .timeout = 600)
{
	try_faults(6, COUNT(variants));
}

/* Two that follow each other: a fault, and one more while that is dealt with. Each kind meets some of the requests. */
Test(update_dfuse_faults, recovers_from_faults_in_a_row, .timeout = 600)
{
	size_t cases = 0;

	for (size_t i = 0; i < COUNT(variants); i += 3) {
		size_t count = count_requests(&variants[i]);

		for (size_t request = 0; request < count; request++, cases++) {
			struct dfut_sim_fault fault = { .size = sizeof(fault),
							.kind = faults[request % COUNT(faults)],
							.request = request,
							.times = 4,
							.delay_ms = 3000 };
			char what[160];

			snprintf(what, sizeof(what), "%s: 4 faults %d at request %zu", variants[i].spec, fault.kind,
				 request);
			try_fault(&variants[i], &fault, what);
		}
	}
	fprintf(stderr, "%zu rows of faults tried\n", cases);
}

static int try_cancel(const void *subject, size_t round, const char *what)
{
	const struct variant *variant = subject;
	struct bench bench;
	int result;

	bench_start(&bench, variant->spec);
	bench_fill_old(&bench);
	result = update(&bench, &variant->wishes, round, what).result;
	if (result == DFUT_ERROR_CANCELLED)
		recover(&bench, variant, what);
	bench_stop(&bench);
	return result;
}

Test(update_dfuse_faults, recovers_from_a_cancel_at_every_step, .timeout = 600)
{
	size_t cases = 0;

	for (size_t i = 0; i < COUNT(variants); i++)
		cases += every_step_try_cancels(variants[i].spec, &variants[i], 0, try_cancel);
	cr_expect(ge(sz, cases, 500));
}
