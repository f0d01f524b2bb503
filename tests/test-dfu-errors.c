/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * What is made of errors that a device reports: its own words for them, read protection where that is what it means, and
 * blocks that were too large.
 */

#include "outcome-bench.h"

TestSuite(dfu_errors, .timeout = 100);

#define OTHERS "stm32f072:rom-vid=1209,rom-pid=4711"

static const struct part part = { FLASH, SIZE };

static bool has_command(struct bench *bench, const char *name)
{
	struct dfut_device *device = bench_find(bench, "1-1");
	bool found = false;

	for (size_t i = 0; i < dfut_device_get_command_count(device); i++)
		found = found || strcmp(dfut_device_get_command_name(device, i), name) == 0;
	dfut_device_unref(device);
	return found;
}

/* Its own words for an error. */

static size_t count_strings(const struct dfut_sim_device *device)
{
	size_t count = 0;

	for (size_t i = 0; i < dfut_sim_device_get_record_count(device); i++) {
		const struct dfut_sim_record *record = dfut_sim_device_get_record(device, i);

		count += record->event == DFUT_SIM_EVENT_CONTROL && record->request_type == 0x80 &&
			 record->request == 6;
	}
	return count;
}

Test(dfu_errors, have_words_of_the_device)
{
	static const struct {
		const char *spec;
		const char *words; /* NULL: it has none */
		size_t requests;
	} cases[] = {
		{ "dfu:start=bootloader,size=4000,string=9,string-text=Flash is locked", "says \"Flash is locked\"",
		  2 },
		{ "dfu:start=bootloader,size=4000,string=9,string-text=\xc3\x96l: \xf0\x9f\x94\x92",
		  "says \"\xc3\x96l: \xf0\x9f\x94\x92\"", 2 },
		/* Escapes that would drive a terminal */
		{ "dfu:start=bootloader,size=4000,string=9,string-text=\x1b[2J\x07gone", "says \"?[2J?gone\"", 2 },
		/* It has a number and no string, or one that does not come. */
		{ "dfu:start=bootloader,size=4000,string=9", NULL, 2 },
		{ "dfu:start=bootloader,size=4000,string=9,string-text=late,strings=hang", NULL, 2 },
		{ "dfu:start=bootloader,size=4000", NULL, 0 },
		{ "stm32f072:rom-vid=1209,rom-pid=4711,rdp=yes,option-bytes=no,string=77,string-text=no access",
		  "says \"no access\"", 2 },
		{ "stm32f072:rdp=yes,string=77,string-text=no access,resets=no", NULL, SIZE_MAX },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		bool is_dfuse = strncmp(cases[i].spec, "stm32", 5) == 0;
		struct outcome outcome;
		struct bench bench;

		bench_start(&bench, cases[i].spec);
		outcome = update(&bench, is_dfuse ? NULL : "0", is_dfuse, SIZE_MAX, cases[i].spec);
		cr_expect(eq(int, outcome.result, DFUT_ERROR_DEVICE), "%s: %s", cases[i].spec, outcome.message);
		if (cases[i].words)
			cr_expect(strstr(outcome.message, cases[i].words) != NULL, "%s: %s", cases[i].spec,
				  outcome.message);
		else
			cr_expect(strstr(outcome.message, "says") == NULL, "%s: %s", cases[i].spec, outcome.message);
		if (cases[i].requests != SIZE_MAX && !is_dfuse)
			cr_expect(eq(sz, count_strings(bench.device), cases[i].requests), "%s", cases[i].spec);
		bench_expect_no_breach(bench.device, cases[i].spec);
		bench_stop(&bench);
	}
}

/* Where all goes well nobody asks for strings. */
Test(dfu_errors, that_did_not_come_are_not_asked_for)
{
	static const char *const specs[] = { "dfu:start=bootloader,string=9,string-text=none",
					     "stm32f072:string=9,string-text=none" };

	for (size_t i = 0; i < COUNT(specs); i++) {
		struct outcome outcome;
		struct bench bench;

		bench_start(&bench, specs[i]);
		outcome = update(&bench, NULL, i == 1, SIZE_MAX, specs[i]);
		cr_expect(eq(int, outcome.result, 0), "%s", outcome.message);
		cr_expect(eq(sz, count_strings(bench.device), 0), "%s", specs[i]);
		bench_stop(&bench);
	}
}

/* errVENDOR is read protection on ST's parts that know the command against it, and on no others. */
Test(dfu_errors, mean_read_protection_only_where_it_is_one)
{
	static const struct {
		const char *spec;
		bool is_protection;
		bool has_command;
	} cases[] = {
		{ "stm32f072:rdp=yes", true, true },
		{ "stm32f405:rdp=yes", true, true },
		{ "stm32f072:rdp=yes,option-bytes=no,rdp-address=allow", true, true },
		{ "stm32f072:rdp=yes,string=9,string-text=locked", true, true },
		/* STM32H5's list ends before it */
		{ "stm32f072:rdp=yes,commands=3", false, true },
		{ "stm32f072:rdp=yes,commands=3,option-bytes=no", false, true },
		{ "stm32f072:rdp=yes,get-commands=stall", false, true },
		/* Not ST's */
		{ "stm32f072:rdp=yes,rom-vid=1209,rom-pid=4711", false, false },
		{ OTHERS ",rdp=yes,option-bytes=no", false, false },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct outcome outcome;
		struct bench bench;

		bench_start(&bench, cases[i].spec);
		cr_expect(eq(int, has_command(&bench, "read-unprotect"), cases[i].has_command), "%s", cases[i].spec);
		outcome = update(&bench, NULL, true, SIZE_MAX, cases[i].spec);
		cr_expect(eq(int, outcome.result, DFUT_ERROR_DEVICE), "%s: %s", cases[i].spec, outcome.message);
		cr_expect(eq(int, strstr(outcome.hint, "read-unprotect") != NULL, cases[i].is_protection), "%s: %s",
			  cases[i].spec, outcome.hint);
		cr_expect(eq(int, strstr(outcome.message, "read protection") != NULL, cases[i].is_protection), "%s: %s",
			  cases[i].spec, outcome.message);
		if (!cases[i].is_protection)
			cr_expect(strstr(outcome.message, "errVENDOR") != NULL, "%s: %s", cases[i].spec,
				  outcome.message);
		bench_expect_no_breach(bench.device, cases[i].spec);
		bench_stop(&bench);
	}
}

static bool is_erased(const struct bench *bench)
{
	size_t size;
	const uint8_t *flash = bench_get_flash(bench, &size);

	for (size_t i = 0; i < size; i++)
		if (flash[i] != 0xff)
			return false;
	return true;
}

/* A command that erases all is not tried on a bootloader that does not know it. */
Test(dfu_errors, are_no_reason_for_a_command_that_is_not_known)
{
	static const struct {
		const char *spec;
		int code;
	} cases[] = {
		{ "stm32f072:rdp=yes", 0 },
		{ "usbd-dfu-rt:rdp=yes", 0 },
		{ "stm32f072:rdp=yes,commands=3", DFUT_ERROR_UNSUPPORTED },
		{ "stm32f072:rdp=yes,get-commands=stall", DFUT_ERROR_UNSUPPORTED },
		{ "usbd-dfu-rt:rdp=yes,commands=3", DFUT_ERROR_UNSUPPORTED },
		{ "stm32f072:rdp=yes,rom-vid=1209,rom-pid=4711", DFUT_ERROR_NOT_FOUND },
		{ "usbd-dfu-rt:rdp=yes,rom-vid=1209,rom-pid=4711", DFUT_ERROR_UNSUPPORTED },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct outcome outcome;
		struct bench bench;

		bench_start(&bench, cases[i].spec);
		bench_fill_old(&bench);
		outcome = command(&bench, "read-unprotect", cases[i].spec);
		cr_expect(eq(int, outcome.result, cases[i].code), "%s: %s", cases[i].spec, outcome.message);
		cr_expect(eq(int, is_erased(&bench), cases[i].code == 0), "%s", cases[i].spec);
		bench_expect_no_breach(bench.device, cases[i].spec);
		bench_stop(&bench);
	}
}

/* Blocks that are too large, by a stall or by an error that comes when they were taken. */
Test(dfu_errors, of_large_blocks_lead_to_small_ones)
{
	static const struct {
		const char *spec;
		const char *message; /* NULL: it goes well */
	} cases[] = {
		{ "stm32f072:largest-block=1024,oversize=write", NULL },
		{ "stm32f405:largest-block=1024,oversize=write", NULL },
		{ "stm32f072:largest-block=1024,oversize=write,clear=stall,multiplier=transfer-size", NULL },
		{ OTHERS ",largest-block=1024,oversize=write", NULL },
		/* Tried once, and no more. */
		{ "stm32f072:largest-block=512,oversize=write", "errWRITE" },
		{ "stm32f072:largest-block=512", "errSTALLEDPKT" },
	};
	const struct wishes shortest = { DFUT_ERASE_ALL, DFUT_VERIFY_NEVER, 0, NULL };

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct dfut_session *session;
		struct dfut_image *image;
		struct bench bench;
		int result;

		bench_start(&bench, cases[i].spec);
		image = make_addressed(&bench);
		session = bench_new_wishing(&bench, &shortest);
		result = dfut_session_start_update(session, image);
		if (result == 0)
			result = bench_run(&bench, session, SIZE_MAX, cases[i].spec);
		if (cases[i].message) {
			cr_expect(eq(int, result, DFUT_ERROR_DEVICE), "%s", cases[i].spec);
			cr_expect(strstr(dfut_session_get_message(session), cases[i].message) != NULL, "%s: %s",
				  cases[i].spec, dfut_session_get_message(session));
			/* 2048 bytes, then 1024 at the same place */
			cr_expect(eq(sz, bench_count(bench.device).blocks, 2), "%s", cases[i].spec);
		} else {
			cr_expect(eq(int, result, 0), "%s: %s", cases[i].spec, dfut_session_get_message(session));
			cr_expect(bench_holds(&bench, &part, 1), "%s", cases[i].spec);
			/* The first one was too large. */
			cr_expect(eq(sz, bench_count(bench.device).blocks, 1 + 5), "%s", cases[i].spec);
			bench_expect_no_breach(bench.device, cases[i].spec);
		}
		dfut_session_free(session);
		dfut_image_free(image);
		bench_stop(&bench);
	}
}
