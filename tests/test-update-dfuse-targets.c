/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* DfuSe files with several targets: flash, memory that can be written once, and option bytes that make the part reset itself. */

#include "dfuse-bench.h"

static const struct wishes plain = { DFUT_ERASE_AUTO, DFUT_VERIFY_AUTO, 0, NULL };

/* Targets of a file go to their alternate settings; option bytes last, whatever the order. */
static struct dfut_image *make_targets(struct bench *bench)
{
	static const struct part parts[] = { { 0x1fff7800, 20 }, { FLASH + 20 * KIB, 5000 }, { FLASH, 3001 } };
	static const struct part options = { 0x1fffc000, 16 };
	struct file *file = calloc(1, sizeof(*file));
	struct dfut_image *image;
	size_t at;

	file_begin_dfuse(file, 3);
	file_add_target(file, 1, &options, 1);
	at = file->size - 16;
	memcpy(file->bytes + at, "\xef\xaa\x12\x34\x56\x78\x9a\xbc\xfe\xff\xff\xff\xff\xff\xff\xff", 16);
	file_add_target(file, 2, parts, 1);
	file_add_target(file, 0, parts + 1, 2);
	file_end_dfuse(file, DFUT_ID_ANY, DFUT_ID_ANY);
	image = bench_load(bench, file);
	free(file);
	return image;
}

Test(update_dfuse_targets, go_to_their_memories, .timeout = 60)
{
	static const struct part flash[] = { { FLASH + 20 * KIB, 5000 }, { FLASH, 3001 } };
	static const char *const chosen[] = { NULL, "0", "1", "2" };
	static const enum dfut_erase erases[] = { DFUT_ERASE_AUTO, DFUT_ERASE_NEEDED, DFUT_ERASE_ALL, DFUT_ERASE_MASS };

	for (size_t i = 0; i < COUNT(chosen) * COUNT(erases); i++) {
		const char *alternate = chosen[i % COUNT(chosen)];
		struct wishes wishes = { erases[i / COUNT(chosen)], DFUT_VERIFY_AUTO, DFUT_CHECK_MEMORY_MAP,
					 alternate };
		struct dfut_session *session;
		struct dfut_image *image;
		struct bench bench;
		const uint8_t *otp, *options;
		bool is_erased;
		char what[40];

		snprintf(what, sizeof(what), "alternate %s, erase %d", alternate ? alternate : "all", wishes.erase);
		bench_start(&bench, "stm32f405:application=runtime");
		bench_fill_old(&bench);
		image = make_targets(&bench);
		session = bench_new_wishing(&bench, &wishes);
		cr_expect(eq(int, dfut_session_start_update(session, image), 0), "%s: %s", what,
			  dfut_session_get_message(session));
		cr_expect(eq(int, bench_run(&bench, session, SIZE_MAX, what), 0), "%s: %s", what,
			  dfut_session_get_message(session));
		otp = dfut_sim_device_get_memory(bench.device, "otp", NULL);
		options = dfut_sim_device_get_memory(bench.device, "option-bytes", NULL);
		cr_expect(eq(int, bench_holds(&bench, flash, COUNT(flash)), !alternate || *alternate == '0'), "%s",
			  what);
		cr_expect(eq(int, otp[5] == get_content(0x1fff7805), !alternate || *alternate == '2'), "%s", what);
		cr_expect(eq(int, options[2] == 0x12 && options[7] == 0xbc, !alternate || *alternate == '1'), "%s",
			  what);
		is_erased = bench_get_flash(&bench, NULL)[900 * KIB] != get_old(FLASH + 900 * KIB);
		cr_expect(eq(int, is_erased, wishes.erase == DFUT_ERASE_MASS && (!alternate || *alternate == '0')),
			  "%s", what);
		cr_expect(not(bench_is_in_bootloader(bench.device)), "%s: did not leave", what);
		bench_expect_no_breach(bench.device, what);
		dfut_session_free(session);
		dfut_image_free(image);
		bench_stop(&bench);
	}
}

/* Each fault at each request of that: success is never false, and a second run brings all of it there. */
static bool holds_targets(struct bench *bench)
{
	static const struct part flash[] = { { FLASH + 20 * KIB, 5000 }, { FLASH, 3001 } };
	const uint8_t *otp = dfut_sim_device_get_memory(bench->device, "otp", NULL);
	const uint8_t *options = dfut_sim_device_get_memory(bench->device, "option-bytes", NULL);

	return bench_holds(bench, flash, COUNT(flash)) && otp[5] == get_content(0x1fff7805) && options[2] == 0x12 &&
	       options[7] == 0xbc;
}

static int update_targets(struct bench *bench, const char *what)
{
	static const struct wishes wishes = { DFUT_ERASE_AUTO, DFUT_VERIFY_AUTO, DFUT_CHECK_MEMORY_MAP, NULL };
	struct dfut_image *image = make_targets(bench);
	struct dfut_session *session = bench_new_wishing(bench, &wishes);
	int result = dfut_session_start_update(session, image);

	if (result == 0)
		result = bench_run(bench, session, SIZE_MAX, what);
	bench_expect_words(dfut_session_get_message(session), what);
	dfut_session_free(session);
	dfut_image_free(image);
	return result;
}

static void recover_targets(struct bench *bench, const char *what)
{
	dfut_sim_device_clear_faults(bench->device);
	for (int i = 0; i < 10; i++)
		dfut_context_dispatch(bench->context, 500);
	/* Gone, or started as far as it got. */
	if (!bench_is_in_bootloader(bench->device)) {
		dfut_sim_device_unplug(bench->device);
		dfut_context_dispatch(bench->context, 100);
		dfut_sim_device_replug(bench->device);
		for (int i = 0; i < 10; i++)
			dfut_context_dispatch(bench->context, 500);
	}
	cr_expect(eq(int, update_targets(bench, what), 0), "%s: second run", what);
	cr_expect(holds_targets(bench), "%s: second run", what);
}

Test(update_dfuse_targets, survive_every_fault, .timeout = 100)
{
	static const enum dfut_sim_fault_kind faults[] = { DFUT_SIM_FAULT_STALL, DFUT_SIM_FAULT_TIMEOUT,
							   DFUT_SIM_FAULT_LOST_ANSWER, DFUT_SIM_FAULT_UNPLUG,
							   DFUT_SIM_FAULT_GARBAGE };
	size_t cases = 0, ended_well = 0, count;
	struct bench bench;

	bench_start(&bench, "stm32f405:application=runtime");
	cr_assert(eq(int, update_targets(&bench, "no fault"), 0));
	cr_assert(holds_targets(&bench));
	count = dfut_sim_device_get_request_count(bench.device);
	bench_stop(&bench);
	for (size_t request = 0; request < count; request++)
		for (size_t k = 0; k < COUNT(faults); k++, cases++) {
			struct dfut_sim_fault fault = { .size = sizeof(fault), .kind = faults[k], .request = request };
			char what[100];

			snprintf(what, sizeof(what), "fault %d at request %zu of %zu", faults[k], request, count);
			bench_start(&bench, "stm32f405:application=runtime");
			dfut_sim_device_add_fault(bench.device, &fault);
			if (update_targets(&bench, what) != 0) {
				recover_targets(&bench, what);
			} else {
				ended_well++;
				cr_expect(holds_targets(&bench), "%s: false success", what);
			}
			bench_stop(&bench);
		}
	fprintf(stderr, "%zu faults, %zu ended well at once\n", cases, ended_well);
}

/* Without being forced the one-time memory among them stops all of it. */
Test(update_dfuse_targets, that_are_refused)
{
	struct dfut_session *session;
	struct dfut_image *image;
	struct bench bench;

	bench_start(&bench, "stm32f405");
	image = make_targets(&bench);
	session = bench_new_wishing(&bench, &plain);
	cr_expect(eq(int, dfut_session_start_update(session, image), DFUT_ERROR_MISMATCH));
	cr_expect(eq(sz, dfut_sim_device_get_request_count(bench.device), 0));
	dfut_session_free(session);
	session = bench_new_wishing(&bench, &(struct wishes){ .alternate = "3" });
	cr_expect(eq(int, dfut_session_start_update(session, image), DFUT_ERROR_MISMATCH));
	cr_expect(strstr(dfut_session_get_message(session), "no data for alternate setting 3") != NULL);
	dfut_session_free(session);
	dfut_image_free(image);
	bench_stop(&bench);
}
