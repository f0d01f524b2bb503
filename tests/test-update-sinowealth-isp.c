/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Updates by SinoWealth's ISP: from the application to the new firmware, each part, reading, and everything that is refused. */

#include "sinowealth-bench.h"

#define COMMAND 5
#define PAGES 6

static struct file file;

static struct outcome update(struct bench *bench, const char *spec)
{
	return bench_update(bench, &file, &(struct wishes){ .part = get_part(spec) }, SIZE_MAX, spec);
}

Test(update_sinowealth_isp, each_part_from_application_to_new_firmware)
{
	static const char *const specs[] = {
		"sinowealth-keyboard",
		"sinowealth-keyboard:chip=sh68f881",
		"sinowealth-keyboard:blank=ff",
		"sinowealth-keyboard:chip=sh68f881,blank=ff,reading=locked",
		"sinowealth-keyboard:reading=locked,reboot=stall",
		"sinowealth-keyboard:reboot=gone",
	};

	for (size_t i = 0; i < COUNT(specs); i++) {
		for (int is_whole = 0; is_whole < 2; is_whole++) {
			struct outcome outcome;
			struct bench bench;

			if (is_whole)
				file_make_whole(&file, get_size(specs[i]), 0x1234);
			else
				file_make_sinowealth(&file, 9001, 0x123);
			bench_start(&bench, specs[i]);
			outcome = update(&bench, specs[i]);
			cr_expect(eq(int, outcome.result, 0), "%s: %s", specs[i], outcome.message);
			cr_expect(eq(int, outcome.verified, DFUT_VERIFIED_YES), "%s", specs[i]);
			cr_expect(bench_holds(&bench, specs[i], &file), "%s", specs[i]);
			cr_expect(bench_runs_application(&bench), "%s", specs[i]);
			bench_expect_no_breach(bench.device, specs[i]);
			bench_stop(&bench);
		}
	}
}

/* No page of it is written. */
static void expect_unchanged(const char *spec, enum dfut_erase erase, bool is_unchanged)
{
	struct wishes wishes = { .part = get_part(spec), .erase = erase };
	struct outcome outcome;
	struct bench bench;

	file_make_sinowealth(&file, 9001, 0x123);
	bench_start(&bench, spec);
	cr_assert(eq(int, update(&bench, spec).result, 0));
	dfut_sim_device_clear_record(bench.device);
	outcome = bench_update(&bench, &file, &wishes, SIZE_MAX, spec);
	cr_expect(eq(int, outcome.result, 0), "%s: %s", spec, outcome.message);
	cr_expect(eq(int, strstr(outcome.message, "nothing was written") != NULL, is_unchanged), "%s", outcome.message);
	cr_expect(eq(int, bench_count_reports(&bench, SET_REPORT, PAGES) == 0, is_unchanged), "%s", spec);
	cr_expect(eq(int, outcome.verified, DFUT_VERIFIED_YES), "%s", spec);
	cr_expect(bench_holds(&bench, spec, &file), "%s", spec);
	cr_expect(bench_runs_application(&bench), "%s", spec);
	bench_stop(&bench);
}

Test(update_sinowealth_isp, writes_nothing_that_is_there_already)
{
	expect_unchanged("sinowealth-keyboard", DFUT_ERASE_AUTO, true);
	expect_unchanged("sinowealth-keyboard:chip=sh68f881,reading=locked", DFUT_ERASE_NEEDED, true);
	expect_unchanged("sinowealth-keyboard", DFUT_ERASE_ALL, false);
	expect_unchanged("sinowealth-keyboard", DFUT_ERASE_MASS, false);
}

Test(update_sinowealth_isp, sends_what_is_needed)
{
	static const char *const specs[] = { "sinowealth-keyboard", "sinowealth-keyboard:chip=sh68f881" };

	for (size_t i = 0; i < COUNT(specs); i++) {
		struct outcome outcome;
		struct bench bench;
		uint64_t from_us;

		file_make_whole(&file, get_size(specs[i]), 0x1234);
		bench_start(&bench, specs[i]);
		bench_bring_into_bootloader(&bench);
		from_us = dfut_sim_get_time_us(bench.sim);
		outcome = update(&bench, specs[i]);
		cr_expect(eq(int, outcome.result, 0), "%s: %s", specs[i], outcome.message);
		/* Read, erase, write, read, enable, reboot */
		cr_expect(eq(sz, bench_count_reports(&bench, SET_REPORT, COMMAND), 6), "%s", specs[i]);
		cr_expect(eq(sz, bench_count_reports(&bench, SET_REPORT, PAGES), get_size(specs[i]) / PAGE), "%s",
			  specs[i]);
		/* One is enough to see that it is another. */
		cr_expect(eq(sz, bench_count_reports(&bench, GET_REPORT, PAGES), get_size(specs[i]) / PAGE + 1), "%s",
			  specs[i]);
		fprintf(stderr, "%s: %zu requests, %u ms\n", specs[i], dfut_sim_device_get_request_count(bench.device),
			(unsigned int)((dfut_sim_get_time_us(bench.sim) - from_us) / 1000));
		bench_stop(&bench);
	}
}

/* It is not known whether the firmware there is whole: only what comes from it may be enabled for reading. */
Test(update_sinowealth_isp, enables_nothing_that_may_be_half)
{
	struct outcome outcome;
	struct bench bench;
	size_t commands;

	file_make_sinowealth(&file, 9001, 0x123);
	bench_start(&bench, "sinowealth-keyboard:reading=locked");
	bench_bring_into_bootloader(&bench);
	dfut_sim_device_add_fault(bench.device, &(struct dfut_sim_fault){ .size = sizeof(struct dfut_sim_fault),
									  .kind = DFUT_SIM_FAULT_STALL,
									  .request = 3 });
	outcome = update(&bench, "sinowealth-keyboard");
	commands = bench_count_reports(&bench, SET_REPORT, COMMAND);
	cr_expect(lt(int, outcome.result, 0), "%s", outcome.message);
	cr_expect(le(sz, commands, 3));
	outcome = update(&bench, "sinowealth-keyboard");
	cr_expect(eq(int, outcome.result, 0), "%s", outcome.message);
	cr_expect(bench_holds(&bench, "sinowealth-keyboard", &file));
	bench_expect_no_breach(bench.device, "half");
	bench_stop(&bench);
}

/* It is not told apart from a restart that went wrong. */
Test(update_sinowealth_isp, some_do_not_restart)
{
	struct outcome outcome;
	struct bench bench;

	file_make_sinowealth(&file, 9001, 0x123);
	bench_start(&bench, "sinowealth-keyboard:reboot=no");
	outcome = update(&bench, "sinowealth-keyboard");
	cr_expect(eq(int, outcome.result, DFUT_ERROR_DEVICE), "%s", outcome.message);
	cr_expect(eq(int, outcome.verified, DFUT_VERIFIED_YES));
	cr_expect(strstr(outcome.hint, "is right: unplug it and plug it in again") != NULL, "%s", outcome.hint);
	bench_plug_again(&bench);
	cr_expect(bench_holds(&bench, "sinowealth-keyboard", &file));
	cr_expect(bench_runs_application(&bench));
	bench_stop(&bench);
}

/* Taken, and of no effect: the bootloader does not start it. */
Test(update_sinowealth_isp, sees_that_the_firmware_was_not_enabled)
{
	struct dfut_sim_fault fault = { .size = sizeof(fault), .kind = DFUT_SIM_FAULT_GARBAGE };
	struct outcome outcome;
	struct bench bench;

	file_make_sinowealth(&file, 9001, 0x123);
	bench_start(&bench, "sinowealth-keyboard");
	bench_bring_into_bootloader(&bench);
	/* The last but one */
	fault.request = 65;
	dfut_sim_device_add_fault(bench.device, &fault);
	outcome = update(&bench, "sinowealth-keyboard");
	cr_expect(eq(int, outcome.result, DFUT_ERROR_DEVICE), "%s", outcome.message);
	cr_expect(strstr(outcome.message, "does not start") != NULL, "%s", outcome.message);
	cr_expect(bench_is_in_bootloader(bench.device));
	dfut_sim_device_clear_faults(bench.device);
	outcome = update(&bench, "sinowealth-keyboard");
	cr_expect(eq(int, outcome.result, 0), "%s", outcome.message);
	cr_expect(strstr(outcome.message, "nothing was written") != NULL, "%s", outcome.message);
	cr_expect(bench_runs_application(&bench));
	bench_stop(&bench);
}

/* Where the table knows it, it is not even tried. */
Test(update_sinowealth_isp, some_are_known_not_to_restart)
{
	static const char devices[] =
		"{\"format\": 1, \"devices\": [{\"name\": \"x\", \"title\": \"X\", \"application\": [{\"ids\": "
		"[\"258a:0049\"]}], \"triggers\": [{\"name\": \"isp\", \"report\": \"feature\", \"id\": \"05\", \"data\": "
		"\"75\", \"size\": 5}], \"protocol\": \"sinowealth-isp\", \"part\": \"sh68f90\", \"quirks\": "
		"[\"no-reboot\"], \"sources\": [\"x\"]}]}";
	struct wishes wishes = { 0 };
	struct outcome outcome;
	struct bench bench;

	file_make_sinowealth(&file, 9001, 0x123);
	bench_start(&bench, "sinowealth-keyboard:reboot=no");
	cr_assert(eq(int, bench_load_devices(&bench, devices), 0), "%s", dfut_context_get_error(bench.context));
	outcome = bench_update(&bench, &file, &wishes, SIZE_MAX, "no-reboot");
	cr_expect(eq(int, outcome.result, 0), "%s", outcome.message);
	cr_expect(strstr(outcome.hint, "plug it in again") != NULL, "%s", outcome.hint);
	/* Enable, read; erase, write, read, enable */
	cr_expect(eq(sz, bench_count_reports(&bench, SET_REPORT, COMMAND), 1 + 6));
	bench_stop(&bench);
}

Test(update_sinowealth_isp, starts_the_firmware_on_command)
{
	struct outcome outcome;
	struct bench bench;

	bench_start(&bench, "sinowealth-keyboard");
	bench_bring_into_bootloader(&bench);
	outcome = bench_command(&bench, "start", "start");
	cr_expect(eq(int, outcome.result, 0), "%s", outcome.message);
	cr_expect(bench_runs_application(&bench));
	cr_expect(eq(sz, dfut_sim_device_get_request_count(bench.device), 1));
	bench_stop(&bench);
}

/* Reading. */

static struct file taken;

static int take(const uint8_t *data, size_t size, void *user_data)
{
	(void)user_data;
	cr_assert(le(sz, taken.size + size, sizeof(taken.bytes)));
	memcpy(taken.bytes + taken.size, data, size);
	taken.size += size;
	return 0;
}

static struct outcome upload(struct bench *bench, const char *part, uint64_t size)
{
	struct dfut_session *session = bench_new_session(bench, "1-1");
	struct outcome outcome = { 0 };

	taken.size = 0;
	cr_assert(eq(int, dfut_session_set_part(session, part), 0));
	dfut_session_set_upload_size(session, size);
	outcome.result = dfut_session_start_upload(session, take, NULL);
	outcome.was_started = outcome.result == 0;
	if (outcome.was_started)
		outcome.result = bench_run(bench, session, SIZE_MAX, "upload");
	bench_keep(&outcome, session, "upload");
	dfut_session_free(session);
	return outcome;
}

/* What is read can be written again. */
Test(update_sinowealth_isp, reads_what_it_writes)
{
	static const char *const specs[] = { "sinowealth-keyboard",
					     "sinowealth-keyboard:chip=sh68f881,reading=locked" };

	for (size_t i = 0; i < COUNT(specs); i++) {
		struct outcome outcome;
		struct bench bench;

		file_make_whole(&file, get_size(specs[i]), 0x1234);
		bench_start(&bench, specs[i]);
		cr_assert(eq(int, update(&bench, specs[i]).result, 0));
		outcome = upload(&bench, get_part(specs[i]), 0);
		cr_expect(eq(int, outcome.result, 0), "%s: %s", specs[i], outcome.message);
		cr_expect(eq(sz, taken.size, file.size), "%s", specs[i]);
		cr_expect(eq(int, memcmp(taken.bytes, file.bytes, file.size), 0), "%s", specs[i]);
		bench_stop(&bench);
	}
}

Test(update_sinowealth_isp, reads_a_part_of_it)
{
	struct outcome outcome;
	struct bench bench;

	bench_start(&bench, "sinowealth-keyboard");
	outcome = upload(&bench, "sh68f90", 3000);
	cr_expect(eq(int, outcome.result, 0), "%s", outcome.message);
	cr_expect(eq(sz, taken.size, 3000));
	cr_expect(eq(sz, bench_count_reports(&bench, GET_REPORT, PAGES), 2));
	outcome = upload(&bench, NULL, 0);
	cr_expect(eq(int, outcome.result, DFUT_ERROR_USAGE), "%s", outcome.message);
	cr_expect(not(outcome.was_started));
	outcome = upload(&bench, "sh68f92", 0);
	cr_expect(eq(int, outcome.result, DFUT_ERROR_USAGE), "%s", outcome.message);
	cr_expect(strstr(outcome.hint, "sh68f881") != NULL, "%s", outcome.hint);
	bench_stop(&bench);
}

/* In a bootloader that is not come from its firmware */
Test(update_sinowealth_isp, gives_no_file_of_what_can_not_be_read)
{
	struct outcome outcome;
	struct bench bench;

	bench_start(&bench, "sinowealth-keyboard:reading=locked");
	bench_bring_into_bootloader(&bench);
	outcome = upload(&bench, "sh68f90", 0);
	cr_expect(lt(int, outcome.result, 0), "%s", outcome.message);
	cr_expect(eq(sz, taken.size, 0));
	bench_stop(&bench);
}

/* Refused before the device is opened. */

static void expect_refusal(const struct wishes *wishes, unsigned int check, const char *words)
{
	struct outcome outcome;
	struct bench bench;

	bench_start(&bench, "sinowealth-keyboard");
	outcome = bench_update(&bench, &file, wishes, SIZE_MAX, words);
	cr_expect(lt(int, outcome.result, 0), "%s", words);
	cr_expect(not(outcome.was_started), "%s", words);
	cr_expect(eq(u32, outcome.check, check), "%s: %s", words, outcome.message);
	cr_expect(strstr(outcome.message, words) != NULL, "\"%s\" is not in \"%s\"", words, outcome.message);
	cr_expect(eq(sz, dfut_sim_device_get_request_count(bench.device), 0), "%s", words);
	bench_stop(&bench);
}

static const struct wishes sh68f90 = { .part = "SH68F90" };
static const struct wishes sh68f90a = { .part = "sh68f90a" };
static const struct wishes sh68f881 = { .part = "sh68f881" };

Test(update_sinowealth_isp, refuses_to_guess_the_part)
{
	static const struct wishes none = { 0 }, wrong = { .part = "sh79f166" };

	file_make_sinowealth(&file, 9001, 0x123);
	expect_refusal(&none, 0, "part");
	expect_refusal(&wrong, 0, "sh79f166");
}

Test(update_sinowealth_isp, refuses_what_begins_with_no_jump)
{
	static const uint8_t firsts[] = { 0x00, 0x01, 0x03, 0x80, 0xff };

	for (size_t i = 0; i < COUNT(firsts); i++) {
		file_make_sinowealth(&file, 9001, 0x123);
		file.bytes[0] = firsts[i];
		expect_refusal(&sh68f90, DFUT_CHECK_FORMAT, "begins with 0x");
	}
	/* Nothing at all; of erased flash that is known of any file. */
	memset(file.bytes, 0, SH68F90);
	file.size = SH68F90;
	file.bytes[SH68F90 - 6] = 1;
	expect_refusal(&sh68f90, DFUT_CHECK_FORMAT, "begins with 0x00");
	/* At another place */
	file_make_sinowealth(&file, 9001, 0x123);
	expect_refusal(&(struct wishes){ .part = "sh68f90", .address = 0x100 }, DFUT_CHECK_FORMAT, "begins with 0x00");
}

Test(update_sinowealth_isp, refuses_jumps_to_where_nothing_is)
{
	static const uint16_t entries[] = { 0, 1, 2, 9001, 0xefff, 0xf000, 0xffff };

	for (size_t i = 0; i < COUNT(entries); i++) {
		file_make_sinowealth(&file, 9001, entries[i]);
		expect_refusal(&sh68f90, DFUT_CHECK_FORMAT, "jump to 0x");
	}
	file_make_whole(&file, SH68F90, 0xeffb);
	expect_refusal(&sh68f90, DFUT_CHECK_FORMAT, "jump to 0x");
	file_make_whole(&file, SH68F881, 0x6ffb);
	expect_refusal(&sh68f881, DFUT_CHECK_FORMAT, "jump to 0x");
	file_make_sinowealth(&file, 3, 0x123);
	expect_refusal(&sh68f90, DFUT_CHECK_FORMAT, "jump to 0x");
	/* One byte */
	file_make_sinowealth(&file, 1, 0x123);
	expect_refusal(&sh68f90, DFUT_CHECK_FORMAT, "jump to 0x");
	file_make_sinowealth(&file, 9001, 0x123);
	memset(file.bytes + 3, 0, 8998);
	expect_refusal(&sh68f90, DFUT_CHECK_FORMAT, "nothing behind");
	memset(file.bytes + 3, 0xff, 8998);
	expect_refusal(&sh68f90, DFUT_CHECK_FORMAT, "nothing behind");
}

Test(update_sinowealth_isp, refuses_what_is_too_large_or_another_parts)
{
	file_make_sinowealth(&file, SH68F90 + 1, 0x123);
	expect_refusal(&sh68f90, 0, "too large");
	expect_refusal(&sh68f90a, 0, "too large");
	file_make_sinowealth(&file, SH68F881 + 1, 0x123);
	expect_refusal(&sh68f881, 0, "too large");
	file_make_whole(&file, SH68F90, 0x123);
	expect_refusal(&sh68f881, 0, "too large");
	file_make_whole(&file, SH68F881, 0x123);
	expect_refusal(&sh68f90, DFUT_CHECK_SIZE, "all of a sh68f881");
	/* Where the bootloader keeps its jump */
	file_make_whole(&file, SH68F90, 0x123);
	file.bytes[SH68F90 - 4] = 1;
	expect_refusal(&sh68f90, DFUT_CHECK_MEMORY_MAP, "0xeffc");
}

/* What a hardware programmer reads, with the bootloader and without. */
Test(update_sinowealth_isp, refuses_dumps)
{
	static const struct {
		size_t size;
		size_t extra;
		const struct wishes *wishes;
	} cases[] = {
		{ SH68F90, BOOTLOADER, &sh68f90 },  { SH68F90, 0, &sh68f90 },  { SH68F881, BOOTLOADER, &sh68f881 },
		{ SH68F881, BOOTLOADER, &sh68f90 }, { SH68F881, 0, &sh68f90 }, { SH68F90, 0, &sh68f90a },
		{ SH68F90, BOOTLOADER, &sh68f881 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		file_make_sinowealth(&file, cases[i].size + cases[i].extra, (uint16_t)cases[i].size);
		file.bytes[cases[i].size - 5] = 0x02;
		expect_refusal(cases[i].wishes, DFUT_CHECK_FORMAT, "hardware programmer");
	}
}

/* The wrong part is found out before anything is enabled, and the right one mends it. */
Test(update_sinowealth_isp, a_wrong_part_locks_nobody_out)
{
	static const struct {
		const char *spec;
		const struct wishes *wrong;
		const struct wishes *right;
	} cases[] = {
		{ "sinowealth-keyboard", &sh68f881, &sh68f90 },
		{ "sinowealth-keyboard:chip=sh68f881", &sh68f90, &sh68f881 },
		{ "sinowealth-keyboard:blank=ff,reading=locked", &sh68f881, &sh68f90 },
		{ "sinowealth-keyboard:chip=sh68f881,blank=ff", &sh68f90, &sh68f881 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct outcome outcome;
		struct bench bench;

		file_make_sinowealth(&file, 9001, 0x123);
		bench_start(&bench, cases[i].spec);
		outcome = bench_update(&bench, &file, cases[i].wrong, SIZE_MAX, cases[i].spec);
		cr_expect(eq(int, outcome.result, DFUT_ERROR_VERIFY), "%s: %s", cases[i].spec, outcome.message);
		cr_expect(strstr(outcome.hint, "--part") != NULL, "%s", outcome.hint);
		bench_plug_again(&bench);
		cr_expect(bench_is_in_bootloader(bench.device), "%s", cases[i].spec);
		outcome = bench_update(&bench, &file, cases[i].right, SIZE_MAX, cases[i].spec);
		cr_expect(eq(int, outcome.result, 0), "%s: %s", cases[i].spec, outcome.message);
		cr_expect(bench_holds(&bench, cases[i].spec, &file), "%s", cases[i].spec);
		cr_expect(bench_runs_application(&bench), "%s", cases[i].spec);
		bench_stop(&bench);
	}
}
