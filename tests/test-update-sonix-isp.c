/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Updates by SONiX's ISP: from the application to the new firmware, each chip, and everything that is refused before an erase. */

#include "sonix-bench.h"

static struct file file;

static const struct wishes no_wishes;

static void expect_update(const char *spec, const struct wishes *wishes, uint32_t address, enum dfut_verified verified)
{
	struct outcome outcome;
	struct bench bench;

	bench_start(&bench, spec);
	outcome = bench_update(&bench, &file, wishes, SIZE_MAX, spec);
	cr_expect(eq(int, outcome.result, 0), "%s: %s", spec, outcome.message);
	cr_expect(bench_holds(&bench, &file, address), "%s", spec);
	cr_expect(bench_runs_application(&bench), "%s", spec);
	cr_expect(eq(int, outcome.verified, verified), "%s: %s", spec, outcome.message);
	bench_expect_no_breach(bench.device, spec);
	bench_stop(&bench);
}

Test(update_sonix_isp, each_chip_from_application_to_new_firmware)
{
	static const char *const specs[] = {
		"sonix-keyboard",
		"sonix-keyboard:chip=22x",
		"sonix-keyboard:chip=23x",
		"sonix-keyboard:chip=24x",
		"sonix-keyboard:chip=24xb,code-option=1234",
		"sonix-keyboard:chip=28x,code-option=00ff",
		"sonix-keyboard:chip=29x",
		"sonix-keyboard:chip=24xc,firmware=hfd",
		"sonix-keyboard:chip=24x,race=gone,interface=0",
		"sonix-keyboard:chip=24x,erase-ms=4000",
	};

	file_make_sonix(&file, 9001, 0);
	for (size_t i = 0; i < COUNT(specs); i++)
		expect_update(specs[i], &no_wishes, 0, DFUT_VERIFIED_IMPOSSIBLE);
}

Test(update_sonix_isp, whole_reports_and_a_full_flash)
{
	file_make_sonix(&file, 16384, 0);
	expect_update("sonix-keyboard:chip=22x", &no_wishes, 0, DFUT_VERIFIED_IMPOSSIBLE);
	file_make_sonix(&file, 65536, 0);
	expect_update("sonix-keyboard:chip=24xb,program-ms=3000", &no_wishes, 0, DFUT_VERIFIED_IMPOSSIBLE);
	file_make_sonix(&file, 262144, 0);
	expect_update("sonix-keyboard:chip=29x", &no_wishes, 0, DFUT_VERIFIED_IMPOSSIBLE);
	file_make_sonix(&file, 256, 0);
	expect_update("sonix-keyboard:chip=28x", &no_wishes, 0, DFUT_VERIFIED_IMPOSSIBLE);
}

/* The firmware of these is behind the jump loader, whether it says so or not. */
Test(update_sonix_isp, a_26x_keeps_its_jump_loader)
{
	static const int64_t addresses[] = { 0, JUMP };
	uint8_t jump[JUMP];
	struct outcome outcome;
	struct bench bench;

	for (size_t i = 0; i < COUNT(addresses); i++) {
		file_make_sonix(&file, i ? 30 * 1024 - JUMP : 9001, JUMP);
		bench_start(&bench, "sonix-keyboard:chip=26x");
		memcpy(jump, bench_get_flash(&bench, NULL), JUMP);
		outcome = bench_update(&bench, &file, &(struct wishes){ .address = addresses[i] }, SIZE_MAX, "26x");
		cr_expect(eq(int, outcome.result, 0), "%s", outcome.message);
		cr_expect(bench_holds(&bench, &file, JUMP));
		cr_expect(eq(int, memcmp(bench_get_flash(&bench, NULL), jump, JUMP), 0));
		cr_expect(bench_runs_application(&bench));
		cr_expect(eq(int, outcome.verified, DFUT_VERIFIED_IMPOSSIBLE));
		bench_expect_no_breach(bench.device, "26x");
		bench_stop(&bench);
	}
}

/* With the loader's own file, which is padded to all of its room. */
Test(update_sonix_isp, a_26x_gets_a_jump_loader_if_that_is_meant)
{
	struct wishes wishes = { .address = -1, .force = DFUT_CHECK_BOOTLOADER };
	struct outcome outcome;
	struct bench bench;
	size_t size;

	bench_start(&bench, "sonix-keyboard:chip=26x");
	/* The virtual chip knows its own jump loader only. */
	memcpy(file.bytes, bench_get_flash(&bench, &size), 0x180);
	file.size = 0x180;
	file_put_word(&file, 1, 0xc1);
	file_put_word(&file, 2, 0xc3);
	file_put_word(&file, 3, 0xc5);
	file_put_word(&file, 0, 0x20000800);
	outcome = bench_update(&bench, &file, &wishes, SIZE_MAX, "jump loader");
	cr_expect(bench_holds(&bench, &file, 0), "%s", outcome.message);
	for (size_t i = file.size; i < JUMP; i++)
		cr_expect(eq(u8, bench_get_flash(&bench, NULL)[i], 0));
	bench_stop(&bench);
}

Test(update_sonix_isp, other_chips_may_have_a_jump_loader)
{
	uint8_t jump[JUMP];
	struct outcome outcome;
	struct bench bench;

	file_make_sonix(&file, 9001, JUMP);
	bench_start(&bench, "sonix-keyboard:chip=24xb");
	memcpy(jump, bench_get_flash(&bench, NULL), JUMP);
	outcome = bench_update(&bench, &file, &(struct wishes){ .address = JUMP }, SIZE_MAX, "24xb");
	cr_expect(eq(int, outcome.result, 0), "%s", outcome.message);
	cr_expect(bench_holds(&bench, &file, JUMP));
	cr_expect(eq(int, memcmp(bench_get_flash(&bench, NULL), jump, JUMP), 0));
	cr_expect(eq(int, outcome.verified, DFUT_VERIFIED_IMPOSSIBLE));
	bench_stop(&bench);
}

Test(update_sonix_isp, from_the_bootloader)
{
	struct outcome outcome;
	struct bench bench;

	file_make_sonix(&file, 9001, 0);
	bench_start(&bench, "sonix-keyboard:chip=24x");
	bench_bring_into_bootloader(&bench);
	outcome = bench_update(&bench, &file, &no_wishes, SIZE_MAX, "bootloader");
	cr_expect(eq(int, outcome.result, 0), "%s", outcome.message);
	cr_expect(bench_holds(&bench, &file, 0));
	cr_expect(bench_runs_application(&bench));
	bench_stop(&bench);
}

Test(update_sonix_isp, starts_the_firmware_on_command)
{
	struct outcome outcome;
	struct bench bench;

	bench_start(&bench, "sonix-keyboard");
	bench_bring_into_bootloader(&bench);
	outcome = bench_command(&bench, "start", "start");
	cr_expect(eq(int, outcome.result, 0), "%s", outcome.message);
	cr_expect(bench_runs_application(&bench));
	cr_expect(eq(sz, dfut_sim_device_get_request_count(bench.device), 1));
	bench_stop(&bench);
}

Test(update_sonix_isp, tells_what_the_chip_is)
{
	struct dfut_session *session;
	struct dfut_image *image;
	struct bench bench;

	file_make_sonix(&file, 9001, 0);
	bench_start(&bench, "sonix-keyboard:chip=23x,code-option=1234");
	image = bench_load(&bench, &file, 0);
	session = bench_new_session(&bench, "1-1");
	cr_assert(eq(int, dfut_session_start_update(session, image), 0));
	cr_assert(eq(int, bench_run(&bench, session, SIZE_MAX, "facts"), 0));
	cr_expect(eq(int, strcmp(bench_get_fact(session, "sonix_part"), "SN32F23x"), 0));
	cr_expect(eq(int, strcmp(bench_get_fact(session, "sonix_code_option"), "0x1234"), 0));
	cr_expect(eq(int, strcmp(bench_get_fact(session, "sonix_code_security"), "CS0"), 0));
	dfut_session_free(session);
	dfut_image_free(image);
	bench_stop(&bench);
}

/* What the protocol needs: 01, 02, 04, 05, the data, 07; four answers; and its pauses. */
Test(update_sonix_isp, sends_what_is_needed)
{
	static const struct {
		const char *spec;
		size_t size;
		size_t sent;	 /* reports */
		size_t answered; /* of them */
		uint64_t pauses_ms;
	} cases[] = {
		{ "sonix-keyboard:chip=24x,erase-ms=0", 65536, 5 + 1024, 4, 5000 },
		{ "sonix-keyboard:chip=24xb,program-ms=0", 65536, 3 + 1024, 3, 3000 },
		{ "sonix-keyboard:chip=29x,erase-ms=0", 262144, 5 + 4096, 4, 5000 },
		/* Asked twice, 3 s apart */
		{ "sonix-keyboard:chip=24xb,code-option=1234,program-ms=0", 65536, 4 + 1024, 4, 6000 },
		/* Taking the security off is one more. */
		{ "sonix-keyboard:chip=24xb,security=cs1,program-ms=0", 65536, 4 + 1024, 4, 4000 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct outcome outcome;
		struct bench bench;
		uint64_t from_us, took_ms;

		file_make_sonix(&file, cases[i].size, 0);
		bench_start(&bench, cases[i].spec);
		bench_bring_into_bootloader(&bench);
		from_us = dfut_sim_get_time_us(bench.sim);
		outcome = bench_update(&bench, &file, &(struct wishes){ .erase = DFUT_ERASE_MASS }, SIZE_MAX,
				       cases[i].spec);
		cr_expect(eq(int, outcome.result, 0), "%s: %s", cases[i].spec, outcome.message);
		cr_expect(eq(sz, bench_count_reports(&bench, SET_REPORT, 0), cases[i].sent), "%s", cases[i].spec);
		cr_expect(eq(sz, bench_count_reports(&bench, GET_REPORT, 0), cases[i].answered), "%s", cases[i].spec);
		took_ms = (dfut_sim_get_time_us(bench.sim) - from_us) / 1000;
		/* A report of the virtual bus takes 1 ms, the chip's restart 300. */
		cr_expect(le(u64, took_ms * 100, 105 * (cases[i].pauses_ms + cases[i].sent + cases[i].answered + 300)),
			  "%s", cases[i].spec);
		fprintf(stderr, "%s: %u reports, %u ms, %u of it pauses\n", cases[i].spec, (unsigned int)cases[i].sent,
			(unsigned int)took_ms, (unsigned int)cases[i].pauses_ms);
		bench_stop(&bench);
	}
}

/* Refused. */

/* Nothing was erased or written, and the old firmware runs. */
static void expect_refusal(const char *spec, const struct wishes *wishes, bool is_known_before, unsigned int check,
			   const char *words)
{
	static uint8_t before[256 * 1024];
	const uint8_t *flash;
	struct outcome outcome;
	struct bench bench;
	size_t size;

	bench_start(&bench, spec);
	flash = bench_get_flash(&bench, &size);
	memcpy(before, flash, size);
	outcome = bench_update(&bench, &file, wishes, SIZE_MAX, spec);
	cr_expect(lt(int, outcome.result, 0), "%s: %s", spec, words);
	cr_expect(strstr(outcome.message, words) != NULL, "%s: \"%s\" is not in \"%s\"", spec, words, outcome.message);
	cr_expect(eq(u32, outcome.check, check), "%s: %s", spec, outcome.message);
	cr_expect(eq(int, memcmp(before, flash, size), 0), "%s: %s", spec, words);
	cr_expect(bench_runs_application(&bench), "%s: %s", spec, words);
	cr_expect(eq(int, outcome.was_started, !is_known_before), "%s: %s", spec, words);
	if (is_known_before)
		cr_expect(eq(sz, dfut_sim_device_get_request_count(bench.device), 0), "%s: %s", spec, words);
	bench_expect_no_breach(bench.device, spec);
	bench_stop(&bench);
}

/* Known of any chip: the device is left alone. */
Test(update_sonix_isp, refuses_what_is_no_firmware_before_anything)
{
	static const struct {
		size_t word;
		uint32_t value;
		const char *words;
	} cases[] = {
		{ 0, 0, "stack" },	    { 0, 0x20000000, "stack" },	   { 0, 0x20000801, "stack" },
		{ 0, 0x20000802, "stack" }, { 0, 0x20020004, "stack" },	   { 0, 0x08000400, "stack" },
		{ 0, 0xffffffff, "stack" }, { 1, 0, "vector 1" },	   { 1, 0x100, "vector 1" },
		{ 1, 0x40001, "vector 1" }, { 1, 0x080000c1, "vector 1" }, { 1, 0xffffffff, "vector 1" },
		{ 2, 0x102, "vector 2" },   { 3, 0x100001, "vector 3" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		file_make_sonix(&file, 9001, 0);
		file_put_word(&file, cases[i].word, cases[i].value);
		expect_refusal("sonix-keyboard:chip=24x", &no_wishes, true, DFUT_CHECK_FORMAT, cases[i].words);
	}
	file_make_sonix(&file, 0xff, 0);
	expect_refusal("sonix-keyboard", &no_wishes, true, DFUT_CHECK_FORMAT, "too little");
	file_fill(&file, 9001, 7);
	expect_refusal("sonix-keyboard", &no_wishes, true, DFUT_CHECK_FORMAT, "stack");
	file_make_sonix(&file, 262145, 0);
	expect_refusal("sonix-keyboard", &no_wishes, true, 0, "1 bytes too large");
	file_make_sonix(&file, 9001, 0);
	expect_refusal("sonix-keyboard", &(struct wishes){ .address = 0x210 }, true, 0, "0x00210");
	expect_refusal("sonix-keyboard", &(struct wishes){ .address = 0x40000 }, true, 0, "0x00040000");
	expect_refusal("sonix-keyboard", &(struct wishes){ .part = "sn32f24x" }, true, 0, "does not go by that");
}

/* Known as soon as the chip has said what it is: it goes back to its old firmware. */
Test(update_sonix_isp, refuses_what_the_chip_can_not_hold)
{
	static const struct {
		const char *spec;
		size_t size;
	} cases[] = {
		{ "sonix-keyboard:chip=22x", 16385 },  { "sonix-keyboard:chip=23x", 32769 },
		{ "sonix-keyboard:chip=24x", 65537 },  { "sonix-keyboard:chip=24xb", 65537 },
		{ "sonix-keyboard:chip=28x", 131073 }, { "sonix-keyboard:chip=24xc", 131073 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		file_make_sonix(&file, cases[i].size, 0);
		expect_refusal(cases[i].spec, &no_wishes, false, 0, "1 bytes too large");
	}
	/* What it gets is at 0x200, and counts from there. */
	file_make_sonix(&file, 30 * 1024 - JUMP + 1, JUMP);
	expect_refusal("sonix-keyboard:chip=26x", &no_wishes, false, 0, "1 bytes too large");
	file_make_sonix(&file, 9001, 0);
	file_put_word(&file, 1, 0x4001);
	expect_refusal("sonix-keyboard:chip=22x", &no_wishes, false, DFUT_CHECK_FORMAT, "vector 1");
	file_make_sonix(&file, 9001, JUMP);
	file_put_word(&file, 0, 0x20000804);
	expect_refusal("sonix-keyboard:chip=26x", &no_wishes, false, DFUT_CHECK_FORMAT, "stack");
}

Test(update_sonix_isp, refuses_what_would_lock_a_26x)
{
	/* An image linked for 0 */
	file_make_sonix(&file, 9001, 0);
	expect_refusal("sonix-keyboard:chip=26x", &no_wishes, false, DFUT_CHECK_MEMORY_MAP, "below 0x200");
	expect_refusal("sonix-keyboard:chip=26x", &(struct wishes){ .address = -1 }, false, DFUT_CHECK_BOOTLOADER,
		       "beginning of the flash");
	/* A consent to that is none to the beginning. */
	expect_refusal("sonix-keyboard:chip=26x", &(struct wishes){ .force = DFUT_CHECK_BOOTLOADER }, false,
		       DFUT_CHECK_MEMORY_MAP, "below 0x200");
	/* One vector of sixteen */
	file_make_sonix(&file, 9001, JUMP);
	file_put_word(&file, 14, 0x1ff);
	expect_refusal("sonix-keyboard:chip=26x", &no_wishes, false, DFUT_CHECK_MEMORY_MAP, "vector 14");
	/* Nobody starts it there. */
	file_make_sonix(&file, 9001, 0x400);
	expect_refusal("sonix-keyboard:chip=26x", &(struct wishes){ .address = 0x400 }, false, DFUT_CHECK_MEMORY_MAP,
		       "0x200");
	/* However small it is */
	file_make_sonix(&file, 64, 0);
	expect_refusal("sonix-keyboard:chip=26x", &(struct wishes){ .address = -1, .force = DFUT_CHECK_FORMAT }, false,
		       DFUT_CHECK_BOOTLOADER, "beginning of the flash");
	file_fill(&file, 3, 0);
	expect_refusal("sonix-keyboard:chip=26x", &(struct wishes){ .address = -1, .force = DFUT_CHECK_FORMAT }, false,
		       DFUT_CHECK_BOOTLOADER, "beginning of the flash");
	/* A jump loader */
	file_make_sonix(&file, JUMP, 0);
	expect_refusal("sonix-keyboard:chip=26x", &no_wishes, false, DFUT_CHECK_MEMORY_MAP, "below 0x200");
	expect_refusal("sonix-keyboard:chip=26x", &(struct wishes){ .address = -1 }, false, DFUT_CHECK_BOOTLOADER,
		       "beginning of the flash");
}

Test(update_sonix_isp, refuses_to_erase_a_jump_loader)
{
	static const char *const specs[] = { "sonix-keyboard:chip=22x", "sonix-keyboard:chip=23x",
					     "sonix-keyboard:chip=24x", "sonix-keyboard:chip=28x",
					     "sonix-keyboard:chip=29x", "sonix-keyboard:chip=24xc" };

	file_make_sonix(&file, 9001, JUMP);
	for (size_t i = 0; i < COUNT(specs); i++)
		expect_refusal(specs[i], &(struct wishes){ .address = JUMP }, false, DFUT_CHECK_BOOTLOADER, "erased");
}

Test(update_sonix_isp, refuses_chips_that_are_not_what_they_should_be)
{
	file_make_sonix(&file, 9001, 0);
	expect_refusal("sonix-keyboard:family=31", &no_wishes, false, 0, "no known chip");
	expect_refusal("sonix-keyboard:sub-family=7", &no_wishes, false, 0, "no known chip");
	expect_refusal("sonix-keyboard:chip=24x,sub-family=3", &no_wishes, false, DFUT_CHECK_IDS, "another chip");
	expect_refusal("sonix-keyboard:chip=24xb,bootloader-pid=7900", &no_wishes, false, DFUT_CHECK_IDS,
		       "another chip");
	expect_update("sonix-keyboard:chip=24xb,bootloader-pid=7900", &(struct wishes){ .force = DFUT_CHECK_IDS }, 0,
		      DFUT_VERIFIED_IMPOSSIBLE);
}

Test(update_sonix_isp, takes_security_off_only_if_that_is_meant)
{
	static const char *const specs[] = { "sonix-keyboard:chip=24x,security=cs1",
					     "sonix-keyboard:chip=24xb,security=cs2,wipe=yes",
					     "sonix-keyboard:chip=28x,security=cs3,code-option=1234" };

	file_make_sonix(&file, 9001, 0);
	for (size_t i = 0; i < COUNT(specs); i++) {
		expect_refusal(specs[i], &no_wishes, false, 0, "security");
		expect_refusal(specs[i], &(struct wishes){ .erase = DFUT_ERASE_ALL }, false, 0, "security");
		expect_update(specs[i], &(struct wishes){ .erase = DFUT_ERASE_MASS }, 0, DFUT_VERIFIED_IMPOSSIBLE);
	}
}

Test(update_sonix_isp, refuses_to_promise_what_it_can_not_verify)
{
	file_make_sonix(&file, 9001, 0);
	expect_refusal("sonix-keyboard:chip=24x", &(struct wishes){ .verify = DFUT_VERIFY_ALWAYS }, true, 0,
		       "can't be read back");
	expect_update("sonix-keyboard:chip=24x", &(struct wishes){ .verify = DFUT_VERIFY_NEVER }, 0, DFUT_VERIFIED_NO);
}

/* In its bootloader, its ids tell most chips. */
Test(update_sonix_isp, judges_by_the_ids_of_the_bootloader_before_it_asks)
{
	struct outcome outcome;
	struct bench bench;

	file_make_sonix(&file, 9001, 0);
	bench_start(&bench, "sonix-keyboard:chip=26x");
	bench_bring_into_bootloader(&bench);
	outcome = bench_update(&bench, &file, &no_wishes, SIZE_MAX, "26x");
	cr_expect(eq(int, outcome.result, DFUT_ERROR_MISMATCH), "%s", outcome.message);
	cr_expect(not(outcome.was_started));
	cr_expect(eq(sz, dfut_sim_device_get_request_count(bench.device), 0));
	bench_stop(&bench);
}

/* Something went wrong on the chip, and shows in what it sums up. */
Test(update_sonix_isp, believes_no_wrong_sum)
{
	static const struct {
		const char *spec;
		int result;
		const char *words;
	} cases[] = {
		{ "sonix-keyboard:chip=24x,spoil=erase", DFUT_ERROR_DEVICE, "not empty" },
		{ "sonix-keyboard:chip=24x,spoil=program", DFUT_ERROR_VERIFY, "sum" },
		{ "sonix-keyboard:chip=24xb,spoil=program", DFUT_ERROR_VERIFY, "sum" },
	};

	file_make_sonix(&file, 9001, 0);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct outcome outcome;
		struct bench bench;

		bench_start(&bench, cases[i].spec);
		outcome = bench_update(&bench, &file, &no_wishes, SIZE_MAX, cases[i].spec);
		cr_expect(eq(int, outcome.result, cases[i].result), "%s: %s", cases[i].spec, outcome.message);
		cr_expect(strstr(outcome.message, cases[i].words) != NULL, "%s", outcome.message);
		cr_expect(strstr(outcome.hint, "plug it in again") != NULL, "%s", outcome.hint);
		cr_expect(bench_is_in_bootloader(bench.device), "%s", cases[i].spec);
		bench_stop(&bench);
	}
}

/* Somebody's update was interrupted, and the chip still waits for its data. */
Test(update_sonix_isp, says_what_to_do_about_an_interrupted_update)
{
	struct dfut_session *session;
	struct dfut_image *image;
	struct outcome outcome;
	struct bench bench;

	file_make_sonix(&file, 9001, 0);
	bench_start(&bench, "sonix-keyboard:chip=24x");
	image = bench_load(&bench, &file, 0);
	session = bench_new_session(&bench, "1-1");
	cr_assert(eq(int, dfut_session_start_update(session, image), 0));
	while (bench_count_reports(&bench, SET_REPORT, 0) < 30)
		dfut_context_dispatch(bench.context, -1);
	dfut_session_free(session);
	dfut_image_free(image);
	outcome = bench_update(&bench, &file, &no_wishes, SIZE_MAX, "interrupted");
	cr_expect(eq(int, outcome.result, DFUT_ERROR_DEVICE), "%s", outcome.message);
	cr_expect(strstr(outcome.message, "still waits") != NULL, "%s", outcome.message);
	cr_expect(strstr(outcome.hint, "plug it in again") != NULL, "%s", outcome.hint);
	bench_plug_again(&bench);
	outcome = bench_update(&bench, &file, &no_wishes, SIZE_MAX, "plugged in again");
	cr_expect(eq(int, outcome.result, 0), "%s", outcome.message);
	cr_expect(bench_holds(&bench, &file, 0));
	bench_stop(&bench);
}

Test(update_sonix_isp, can_not_be_read)
{
	struct dfut_session *session;
	struct bench bench;

	bench_start(&bench, "sonix-keyboard");
	session = bench_new_session(&bench, "1-1");
	cr_expect(eq(int, dfut_session_start_upload(session, NULL, NULL), DFUT_ERROR_USAGE));
	dfut_session_free(session);
	bench_stop(&bench);
}
