/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Updates by AVR109: from the application to the new one, what is sent, what is refused before anything is, and reading. */

#include "avr109-bench.h"
#include "traffic.h"

TestSuite(update_avr109, .timeout = 300);

#define PAGE 128
#define B_SIZE (4 + PAGE)
#define G_SIZE 4

static void expect_updated(const struct bench *bench, const struct avr109_outcome *outcome, size_t size,
			   const char *what)
{
	cr_expect(eq(int, outcome->result, 0), "%s: %s (%s)", what, outcome->message, outcome->hint);
	cr_expect(eq(int, outcome->verified, DFUT_VERIFIED_YES), "%s", what);
	cr_expect(bench_has(bench, 0, program, size), "%s", what);
	cr_expect(bench_runs_application(bench), "%s", what);
	bench_expect_no_breach(bench->device, what);
}

Test(update_avr109, from_application_to_new_application)
{
	static const char *const specs[] = {
		"leonardo",
		"leonardo:board=micro,line-state=take",
		"leonardo:board=pro-micro,program=no",
		"leonardo:race=gone,return-ms=900",
		"leonardo:lock=open",
		"leonardo:loader=lufacdc",
		"leonardo:erase-us=4500,page-us=4500,transfer-us=500",
	};

	program_make(20001, 1);
	for (size_t i = 0; i < COUNT(specs); i++) {
		struct avr109_outcome outcome;
		struct bench bench;

		bench_start(&bench, specs[i]);
		outcome = avr109_update_bytes(&bench, 20001, &avr109_plain, specs[i]);
		expect_updated(&bench, &outcome, 20001, specs[i]);
		bench_stop(&bench);
	}
}

/* As large as it may be. */
Test(update_avr109, up_to_the_bootloader)
{
	struct avr109_outcome outcome;
	struct bench bench;

	bench_start(&bench, "leonardo");
	program_make(28672, 1);
	outcome = avr109_update_bytes(&bench, 28672, &avr109_plain, "whole");
	expect_updated(&bench, &outcome, 28672, "whole");
	outcome = avr109_update_bytes(&bench, 28673, &avr109_plain, "larger");
	cr_expect(eq(int, outcome.result, DFUT_ERROR_MISMATCH), "%s", outcome.message);
	cr_expect(not(outcome.was_started));
	bench_stop(&bench);
}

Test(update_avr109, writes_what_differs_and_the_first_page)
{
	struct avr109_outcome outcome;
	struct bench bench;

	bench_start(&bench, "leonardo");
	program_make(2560, 1);
	outcome = avr109_update_bytes(&bench, 2560, &avr109_plain, "first");
	expect_updated(&bench, &outcome, 2560, "first");

	dfut_sim_device_clear_record(bench.device);
	outcome = avr109_update_bytes(&bench, 2560, &avr109_plain, "again");
	expect_updated(&bench, &outcome, 2560, "again");
	cr_expect(strstr(outcome.message, "nothing was written") != NULL, "%s", outcome.message);
	cr_expect(eq(sz, bench_count_writes(&bench, B_SIZE), 0));
	cr_expect(eq(sz, bench_count_writes(&bench, G_SIZE), 20));
	cr_expect(le(sz, dfut_sim_device_get_request_count(bench.device), 60));

	/* The first page is emptied before, and written last. */
	dfut_sim_device_clear_record(bench.device);
	program[1300] ^= 1;
	outcome = avr109_update_bytes(&bench, 2560, &avr109_plain, "changed");
	expect_updated(&bench, &outcome, 2560, "changed");
	cr_expect(eq(sz, bench_count_writes(&bench, B_SIZE), 3));

	dfut_sim_device_clear_record(bench.device);
	outcome = avr109_update_bytes(&bench, 2560, &(struct avr109_wishes){ .erase = DFUT_ERASE_ALL }, "all");
	expect_updated(&bench, &outcome, 2560, "all");
	cr_expect(eq(sz, bench_count_writes(&bench, B_SIZE), 21));
	cr_expect(eq(sz, bench_count_writes(&bench, G_SIZE), 20));
	bench_stop(&bench);
}

/* Each page written and read back, and the first one emptied before; an address for each of these runs, the signature, the start.
 * A page takes 9 ms, a command and its answer 2 ms. Compared before, all pages are read once more. */
Test(update_avr109, costs_what_the_protocol_needs)
{
	static const enum dfut_erase erases[] = { DFUT_ERASE_ALL, DFUT_ERASE_AUTO };

	for (size_t i = 0; i < COUNT(erases); i++) {
		const size_t size = 28 * 1024, pages = size / PAGE, reads = pages * (i + 1);
		struct traffic need = { .writes = pages + 1 + reads + 4 + i + 2 }, most;
		struct avr109_outcome outcome;
		struct bench bench;

		need.bytes = (pages + 1) * B_SIZE + reads * G_SIZE + (4 + i) * 3 + 2;
		need.ms = (pages + 1) * 9 + need.writes * 2;
		most = (struct traffic){ need.writes + 30, need.bytes + need.bytes / 20, need.ms * 106 / 100 };
		bench_start(&bench, "leonardo");
		program_make(size, 1);
		outcome = avr109_update_bytes(&bench, size, &(struct avr109_wishes){ .erase = erases[i] }, "cost");
		expect_updated(&bench, &outcome, size, "cost");
		traffic_expect(&bench, i ? "28 KiB, compared" : "28 KiB", &need, &most);
		bench_stop(&bench);
	}
}

Test(update_avr109, erases_all_if_it_is_wanted)
{
	struct avr109_outcome outcome;
	struct bench bench;

	bench_start(&bench, "leonardo");
	program_make(20000, 1);
	outcome = avr109_update_bytes(&bench, 20000, &avr109_plain, "large");
	program_make(1000, 2);
	outcome = avr109_update_bytes(&bench, 1000, &avr109_plain, "small");
	expect_updated(&bench, &outcome, 1000, "small");
	cr_expect(not(bench_is_blank(&bench, 1024, 20000)));
	outcome = avr109_update_bytes(&bench, 1000, &(struct avr109_wishes){ .erase = DFUT_ERASE_MASS }, "mass");
	expect_updated(&bench, &outcome, 1000, "mass");
	cr_expect(bench_is_blank(&bench, 1024, 28672));
	bench_stop(&bench);
}

Test(update_avr109, need_not_be_verified)
{
	struct avr109_outcome outcome;
	struct bench bench;

	bench_start(&bench, "leonardo");
	program_make(1000, 1);
	outcome = avr109_update_bytes(&bench, 1000,
				      &(struct avr109_wishes){ .verify = DFUT_VERIFY_NEVER, .erase = DFUT_ERASE_ALL },
				      "blind");
	cr_expect(eq(int, outcome.result, 0), "%s", outcome.message);
	cr_expect(bench_has(&bench, 0, program, 1000));
	cr_expect(eq(sz, bench_count_writes(&bench, G_SIZE), 0));
	bench_stop(&bench);
}

/* Whose part nobody says: it tells itself. */
Test(update_avr109, other_loaders_and_parts)
{
	static const struct {
		const char *spec, *part;
		uint32_t size;
	} cases[] = {
		{ "leonardo:loader=lufacdc,part=at90usb646", "at90usb646", 56 * 1024 },
		{ "leonardo:loader=lufacdc,part=atmega16u4", "atmega16u4", 12 * 1024 },
		{ "leonardo:loader=xboot,part=atxmega256a3u", "atxmega256a3u", 140000 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct avr109_wishes named = { .part = cases[i].part, .force = DFUT_CHECK_IDS };
		struct avr109_outcome outcome;
		struct bench bench;

		bench_start(&bench, cases[i].spec);
		program_make(cases[i].size, 1);
		/* The table says that such ids are an ATmega32U4's. */
		outcome = avr109_update_bytes(&bench, 10000, &avr109_plain, cases[i].spec);
		cr_expect(eq(int, outcome.result, DFUT_ERROR_MISMATCH), "%s: %s", cases[i].spec, outcome.message);
		cr_expect(eq(u32, outcome.check, DFUT_CHECK_IDS), "%s", cases[i].spec);
		cr_expect(strstr(outcome.message, cases[i].part) != NULL, "%s", outcome.message);
		cr_expect(eq(sz, bench_count_writes(&bench, B_SIZE), 0), "%s", cases[i].spec);
		bench_wait_ms(&bench, 9000);
		outcome = avr109_update_bytes(&bench, cases[i].size, &named, cases[i].spec);
		expect_updated(&bench, &outcome, cases[i].size, cases[i].spec);
		bench_stop(&bench);
	}
}

/* Refusals: nothing is sent to a device for them. */

Test(update_avr109, refuses_what_is_no_program_for_it)
{
	static const struct {
		const char *bytes;
		unsigned int check;
		const char *words;
	} cases[] = {
		{ "\x00\x20\x00\x20", DFUT_CHECK_FORMAT, "neither jmp nor rjmp" },
		{ "\xff\xff\xff\xff", DFUT_CHECK_FORMAT, "nothing at 0x0000" },
		{ "\x0c\x94\x00\x38", DFUT_CHECK_BOOTLOADER, "jump to 0x07000" },
		{ "\x0c\x94\x00\x30", DFUT_CHECK_FORMAT, "where the file has nothing" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct avr109_outcome outcome;
		struct bench bench;

		bench_start(&bench, "leonardo");
		program_make(2000, 1);
		memcpy(program, cases[i].bytes, 4);
		outcome = avr109_update_bytes(&bench, 2000, &avr109_plain, cases[i].words);
		cr_expect(eq(int, outcome.result, DFUT_ERROR_MISMATCH), "%s", outcome.message);
		cr_expect(eq(u32, outcome.check, cases[i].check), "%s", outcome.message);
		cr_expect(strstr(outcome.message, cases[i].words) != NULL, "%s", outcome.message);
		cr_expect(not(outcome.was_started));
		outcome = avr109_update_bytes(&bench, 2000, &(struct avr109_wishes){ .force = cases[i].check },
					      "forced");
		cr_expect(eq(int, outcome.result, 0), "%s", outcome.message);
		bench_stop(&bench);
	}
}

Test(update_avr109, refuses_what_is_not_for_the_flash)
{
	const struct piece loader[] = { { 0, program, 1000 }, { 0x7000, program, 100 } };
	const struct piece eeprom[] = { { 0, program, 1000 }, { EEPROM_AT, program, 100 } };
	const struct piece fuses[] = { { 0, program, 1000 }, { 0x820000, program, 3 } };
	const struct piece *const cases[] = { loader, eeprom, fuses };
	static const char *const words[] = { "0x00007063", "for the EEPROM", "fuses" };

	program_make(1000, 1);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct avr109_outcome outcome;
		struct bench bench;

		bench_start(&bench, "leonardo");
		outcome = avr109_update(&bench, bench_load_pieces(&bench, cases[i], 2), &avr109_plain, words[i]);
		cr_expect(eq(int, outcome.result, DFUT_ERROR_MISMATCH), "%s", outcome.message);
		cr_expect(not(outcome.was_started));
		cr_expect(strstr(outcome.message, words[i]) != NULL, "%s", outcome.message);
		bench_stop(&bench);
	}
}

Test(update_avr109, refuses_memories_and_parts_that_are_not_there)
{
	static const struct {
		struct avr109_wishes wishes;
		int code;
	} cases[] = {
		{ { .alternate = "fuses" }, DFUT_ERROR_NOT_FOUND },
		{ { .part = "at90usb1286" }, DFUT_ERROR_MISMATCH },
		{ { .part = "atmega328p" }, DFUT_ERROR_USAGE },
	};

	program_make(1000, 1);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct avr109_outcome outcome;
		struct bench bench;

		bench_start(&bench, "leonardo");
		outcome = avr109_update_bytes(&bench, 1000, &cases[i].wishes, "refused");
		cr_expect(eq(int, outcome.result, cases[i].code), "%s", outcome.message);
		cr_expect(not(outcome.was_started));
		bench_stop(&bench);
	}
}

/* Behind the port of an Uno or a Mega is another language. */
Test(update_avr109, names_the_tool_for_stk500)
{
	static const struct {
		const char *spec, *words, *hint;
	} cases[] = {
		{ "leonardo:vid=2341,pid=0043", "stk500v1", "avrdude can write it (-c arduino)" },
		{ "leonardo:vid=2a03,pid=0042", "stk500v2", "avrdude can write it (-c wiring)" },
	};

	program_make(1000, 1);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct avr109_outcome outcome;
		struct bench bench;

		bench_start(&bench, cases[i].spec);
		outcome = avr109_update_bytes(&bench, 1000, &avr109_plain, cases[i].spec);
		cr_expect(eq(int, outcome.result, DFUT_ERROR_UNSUPPORTED), "%s", outcome.message);
		cr_expect(strstr(outcome.message, cases[i].words) != NULL, "%s", outcome.message);
		cr_expect(strstr(outcome.hint, cases[i].hint) != NULL, "%s", outcome.hint);
		cr_expect(not(outcome.was_started));
		bench_stop(&bench);
	}
}

/* EEPROM. */

static bool eeprom_has(const struct bench *bench, size_t at, const void *bytes, size_t size)
{
	size_t eeprom_size;
	const uint8_t *eeprom = dfut_sim_device_get_memory(bench->device, "eeprom", &eeprom_size);

	cr_assert(eeprom != NULL);
	return at + size <= eeprom_size && memcmp(eeprom + at, bytes, size) == 0;
}

/* Of a program that has some, only that; the flash stays as it is, and bytes that the file has not. */
Test(update_avr109, writes_eeprom)
{
	static const uint8_t there[] = "before and behind, and a bit more";
	static const struct avr109_wishes wishes = { .alternate = "eeprom" };
	const struct piece pieces[] = { { 0, program, 1000 }, { EEPROM_AT + 5, (const uint8_t *)"hello", 5 } };
	struct avr109_outcome outcome;
	struct bench bench;

	bench_start(&bench, "leonardo");
	program_make(1000, 1);
	cr_assert(eq(int, dfut_sim_device_set_memory(bench.device, "eeprom", 0, there, sizeof(there)), 0));
	outcome = avr109_update(&bench, bench_load_pieces(&bench, pieces, 2), &wishes, "eeprom");
	cr_expect(eq(int, outcome.result, 0), "%s (%s)", outcome.message, outcome.hint);
	cr_expect(eq(int, outcome.verified, DFUT_VERIFIED_YES));
	cr_expect(eeprom_has(&bench, 0, "befor", 5));
	cr_expect(eeprom_has(&bench, 5, "hello", 5));
	cr_expect(eeprom_has(&bench, 10, there + 10, sizeof(there) - 10));
	cr_expect(eq(sz, bench_count_writes(&bench, B_SIZE), 0));
	cr_expect(eq(sz, bench_count_writes(&bench, 4 + 32), 1));
	bench_expect_no_breach(bench.device, "eeprom");

	dfut_sim_device_clear_record(bench.device);
	outcome = avr109_update(&bench, bench_load_pieces(&bench, pieces, 2), &wishes, "again");
	cr_expect(eq(int, outcome.result, 0), "%s", outcome.message);
	cr_expect(strstr(outcome.message, "nothing was written") != NULL, "%s", outcome.message);
	cr_expect(eq(sz, bench_count_writes(&bench, 4 + 32), 0));

	program_make(1025, 1);
	outcome = avr109_update_bytes(&bench, 1025, &wishes, "too large");
	cr_expect(eq(int, outcome.result, DFUT_ERROR_MISMATCH), "%s", outcome.message);
	cr_expect(eq(u32, outcome.check, DFUT_CHECK_SIZE));
	bench_stop(&bench);
}

/* Reading. */

struct taken {
	uint8_t bytes[PROGRAM_MAX];
	size_t size;
};

static int take(const uint8_t *data, size_t size, void *user_data)
{
	struct taken *taken = user_data;

	cr_assert(le(sz, taken->size + size, sizeof(taken->bytes)));
	memcpy(taken->bytes + taken->size, data, size);
	taken->size += size;
	return 0;
}

Test(update_avr109, reads)
{
	static const struct {
		const char *alternate;
		int64_t address;
		uint64_t size;
		int result;
		size_t at, taken;
	} cases[] = {
		{ NULL, -1, 0, 0, 0, 28672 },
		{ "flash", 0x101, 300, 0, 0x101, 300 },
		{ NULL, 0x7ffe, 2, 0, 0x7ffe, 2 },
		{ NULL, 0x7000, 0, 0, 0x7000, 4096 },
		{ NULL, 0x6fff, 0, 0, 0x6fff, 1 },
		{ NULL, 0x8000, 0, DFUT_ERROR_MISMATCH, 0, 0 },
		{ "eeprom", -1, 0, 0, 0, 1024 },
		{ "eeprom", 3, 7, 0, 3, 7 },
		{ "eeprom", 1024, 0, DFUT_ERROR_MISMATCH, 0, 0 },
		{ "lock", -1, 0, DFUT_ERROR_NOT_FOUND, 0, 0 },
	};
	struct taken *taken = calloc(1, sizeof(*taken));

	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *memory = cases[i].alternate ? cases[i].alternate : "flash";
		struct dfut_session *session;
		struct bench bench;
		int result;

		bench_start(&bench, "leonardo");
		session = bench_new_session(&bench, "1-1");
		cr_assert(eq(int, dfut_session_set_alternate(session, cases[i].alternate), 0));
		cr_assert(eq(int, dfut_session_set_address(session, cases[i].address), 0));
		dfut_session_set_upload_size(session, cases[i].size);
		taken->size = 0;
		result = dfut_session_start_upload(session, take, taken);
		if (result == 0)
			result = bench_run(&bench, session, SIZE_MAX, memory);
		cr_expect(eq(int, result, cases[i].result), "%zu: %s", i, dfut_session_get_message(session));
		cr_expect(eq(sz, taken->size, cases[i].taken), "%zu", i);
		cr_expect(memcmp(taken->bytes,
				 (const uint8_t *)dfut_sim_device_get_memory(bench.device,
									     strcmp(memory, "eeprom") == 0 ? "eeprom" :
													     "flash",
									     NULL) +
					 cases[i].at,
				 taken->size) == 0,
			  "%zu", i);
		bench_expect_no_breach(bench.device, memory);
		dfut_session_free(session);
		bench_stop(&bench);
	}
	free(taken);
}

/* The time that it stays. */

static void start_in_bootloader(struct bench *bench, const char *spec)
{
	bench_start(bench, spec);
	bench_enter_bootloader(bench);
}

/* It was there for almost 8 s already: it is brought back. */
Test(update_avr109, brings_back_what_is_about_to_leave)
{
	program_make(1000, 1);
	for (uint64_t ms = 7000; ms < 8000; ms += 10) {
		struct avr109_outcome outcome;
		struct bench bench;

		start_in_bootloader(&bench, "leonardo:transfer-us=2000");
		bench_wait_ms(&bench, ms);
		if (!dfut_sim_device_is_present(bench.device))
			bench_wait_ms(&bench, 3000);
		outcome = avr109_update_bytes(&bench, 1000, &avr109_plain, "late");
		cr_expect(eq(int, outcome.result, 0), "%d ms: %s (%s)", (int)ms, outcome.message, outcome.hint);
		cr_expect(bench_has(&bench, 0, program, 1000));
		cr_expect(bench_runs_application(&bench));
		bench_stop(&bench);
	}
}

/* Without its first page it stays, however long it takes. */
Test(update_avr109, has_all_time_once_the_first_page_is_empty)
{
	struct avr109_outcome outcome;
	struct bench bench;

	program_make(2000, 1);
	bench_start(&bench, "leonardo:page-us=1000000");
	outcome = avr109_update_bytes(&bench, 2000, &avr109_plain, "slow");
	expect_updated(&bench, &outcome, 2000, "slow");
	bench_stop(&bench);

	bench_start(&bench, "leonardo");
	cr_assert(eq(int,
		     dfut_sim_device_add_fault(bench.device,
					       &(struct dfut_sim_fault){ sizeof(struct dfut_sim_fault),
									 DFUT_SIM_FAULT_TIMEOUT, 58, 10000, 0 }),
		     0));
	outcome = avr109_update_bytes(&bench, 2000, &avr109_plain, "hang");
	cr_expect(eq(int, outcome.result, DFUT_ERROR_TIMEOUT), "%s", outcome.message);
	cr_expect(bench_count_writes(&bench, B_SIZE) > 2);
	dfut_sim_device_clear_faults(bench.device);
	bench_wait_ms(&bench, 60000);
	cr_expect(bench_is_in_bootloader(bench.device));
	outcome = avr109_update_bytes(&bench, 2000, &avr109_plain, "second");
	expect_updated(&bench, &outcome, 2000, "second");
	bench_stop(&bench);
}

Test(update_avr109, starts_when_it_is_told_to)
{
	struct dfut_session *session;
	struct bench bench;

	start_in_bootloader(&bench, "leonardo");
	session = bench_new_session(&bench, "1-1");
	cr_assert(eq(int, dfut_session_start_command(session, "start"), 0), "%s", dfut_session_get_message(session));
	cr_expect(eq(int, bench_run(&bench, session, SIZE_MAX, "start"), 0), "%s", dfut_session_get_message(session));
	cr_expect(bench_runs_application(&bench));
	dfut_session_free(session);
	bench_stop(&bench);
}
