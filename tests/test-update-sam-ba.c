/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Updates by SAM-BA of virtual boards: whole ones, what is left as it is, what is refused and when, reading. */

#include "samba-bench.h"
#include "traffic.h"

#define SIZE 9000

static struct file file;

TestSuite(update_sam_ba, .timeout = 120);

static void expect_update(struct bench *bench, const struct board *board, const char *words)
{
	struct outcome outcome = bench_update(bench, &file, &(struct wishes){ 0 }, SIZE_MAX, board->spec);

	cr_expect(eq(int, outcome.result, 0), "%s: %s", board->spec, outcome.message);
	cr_expect(eq(int, outcome.verified, DFUT_VERIFIED_YES), "%s: %s", board->spec, outcome.message);
	cr_expect(strstr(outcome.message, words) != NULL, "%s: %s", board->spec, outcome.message);
	cr_expect(bench_has_program(bench, board, &file), "%s", board->spec);
	cr_expect(bench_runs_program(bench, board), "%s", board->spec);
	bench_expect_good_host(bench, board, board->spec);
}

Test(update_sam_ba, every_board_goes_from_one_program_to_the_next)
{
	for (size_t i = 0; i < COUNT(boards); i++) {
		struct bench bench;

		bench_start(&bench, boards[i].spec);
		file_make_program(&file, &boards[i], SIZE, 1);
		expect_update(&bench, &boards[i], "downloaded and verified; the new firmware has been started");
		expect_update(&bench, &boards[i], "nothing was written; the firmware has been started");
		file_make_program(&file, &boards[i], SIZE / 2, 2);
		expect_update(&bench, &boards[i], "downloaded and verified");
		bench_stop(&bench);
	}
}

/* Erasing, 4 KiB at once by four transfers, reading back by 63 bytes or the sum of 4 KiB, and three more: N, X, the reset. */
Test(update_sam_ba, costs_what_the_protocol_needs)
{
	static const struct {
		size_t board;
		size_t per_read;
		uint64_t flash_ms; /* rows to the end are erased, pages written; 0: not told here */
	} cases[] = { { 0, 63, 992 * 4 + 1024 * 5 / 2 }, { 4, 63, 0 }, { 5, 4096, 0 } };

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct board *board = &boards[cases[i].board];
		const size_t size = 64 * 1024, chunks = 16, reads = (size + cases[i].per_read - 1) / cases[i].per_read;
		struct traffic need = { chunks * 4 + reads + 3, size + (chunks * 3 + reads + 3) * 19, 0 }, most;
		struct bench bench;

		need.ms = cases[i].flash_ms ? cases[i].flash_ms + need.writes * 2 : 0;
		most = (struct traffic){ need.writes + 45, need.bytes + need.bytes / 20, need.ms + need.ms / 20 };
		bench_start(&bench, board->spec);
		file_make_program(&file, board, size, 1);
		expect_update(&bench, board, "downloaded and verified");
		traffic_expect(&bench, board->spec, &need, &most);
		bench_stop(&bench);
	}
}

/* All of the flash that is the application's. */
Test(update_sam_ba, a_program_that_fills_the_flash)
{
	static const struct {
		size_t board;
		size_t size;
	} cases[] = { { 0, 0x3e000 }, { 6, 0x3c000 }, { 7, 0x38000 } };

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct board *board = &boards[cases[i].board];
		struct bench bench;

		bench_start(&bench, board->spec);
		file_make_program(&file, board, cases[i].size, 1);
		expect_update(&bench, board, "downloaded and verified");
		file_make_program(&file, board, cases[i].size + 1, 1);
		cr_expect(eq(int, bench_update(&bench, &file, &(struct wishes){ 0 }, SIZE_MAX, board->spec).result,
			     DFUT_ERROR_MISMATCH));
		bench_stop(&bench);
	}
}

Test(update_sam_ba, one_that_waits_in_its_bootloader)
{
	for (size_t i = 0; i < COUNT(boards); i++) {
		struct bench bench;

		if (is_bridged(&boards[i]))
			continue;
		bench_start(&bench, boards[i].spec);
		bench_bring_into_bootloader(&bench);
		file_make_program(&file, &boards[i], SIZE, 1);
		expect_update(&bench, &boards[i], "the new firmware has been started");
		bench_stop(&bench);
	}
}

Test(update_sam_ba, one_without_an_application)
{
	static const char *const specs[] = { "samd:board=zero,blank=yes", "samd:board=metro-m4,blank=yes",
					     "samd:board=due,blank=yes" };

	for (size_t i = 0; i < COUNT(specs); i++) {
		const struct board *board = &boards[i == 0 ? 0 : i == 1 ? 4 : 8];
		struct bench bench;

		bench_start(&bench, specs[i]);
		cr_expect(not(bench_runs_application(&bench)), "%s", specs[i]);
		file_make_program(&file, board, SIZE, 1);
		expect_update(&bench, board, "the new firmware has been started");
		bench_stop(&bench);
	}
}

Test(update_sam_ba, with_addresses_as_a_linker_has_them)
{
	for (size_t i = 0; i < COUNT(boards); i++) {
		const struct wishes wishes = { .address = boards[i].start };
		struct outcome outcome;
		struct bench bench;

		bench_start(&bench, boards[i].spec);
		file_make_program(&file, &boards[i], SIZE, 1);
		outcome = bench_update(&bench, &file, &wishes, SIZE_MAX, boards[i].spec);
		cr_expect(eq(int, outcome.result, 0), "%s: %s", boards[i].spec, outcome.message);
		cr_expect(bench_has_program(&bench, &boards[i], &file), "%s", boards[i].spec);
		bench_stop(&bench);
	}
}

/* They say that they know Z, and do not answer it. */
Test(update_sam_ba, bootloaders_that_sum_nothing_up)
{
	static const struct {
		const char *spec;
		size_t board;
	} cases[] = {
		{ "samd:board=nano-33-ble,crc=no", 5 },
		{ "samd:board=uno-r4-wifi,crc=no", 6 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		static const struct wishes always = { .verify = DFUT_VERIFY_ALWAYS };
		const struct board *board = &boards[cases[i].board];
		struct outcome outcome;
		struct bench bench;

		bench_start(&bench, cases[i].spec);
		file_make_program(&file, board, SIZE, 1);
		outcome = bench_update(&bench, &file, &(struct wishes){ 0 }, SIZE_MAX, cases[i].spec);
		cr_expect(eq(int, outcome.result, 0), "%s: %s", cases[i].spec, outcome.message);
		cr_expect(eq(int, outcome.verified, DFUT_VERIFIED_IMPOSSIBLE), "%s: %s", cases[i].spec,
			  outcome.message);
		cr_expect(strstr(outcome.message, "not verified: the bootloader can't read its flash") != NULL,
			  "%s: %s", cases[i].spec, outcome.message);
		cr_expect(bench_has_program(&bench, board, &file), "%s", cases[i].spec);
		cr_expect(bench_runs_program(&bench, board), "%s", cases[i].spec);
		outcome = bench_update(&bench, &file, &always, SIZE_MAX, cases[i].spec);
		cr_expect(eq(int, outcome.result, DFUT_ERROR_VERIFY), "%s: %s", cases[i].spec, outcome.message);
		bench_stop(&bench);
	}
}

/* What is asked for. */
Test(update_sam_ba, all_is_written_or_not_verified_if_that_is_wanted)
{
	static const struct wishes all = { .erase = DFUT_ERASE_ALL }, never = { .verify = DFUT_VERIFY_NEVER },
				   always = { .verify = DFUT_VERIFY_ALWAYS };

	for (size_t i = 0; i < COUNT(boards); i++) {
		struct outcome outcome;
		struct bench bench;

		bench_start(&bench, boards[i].spec);
		file_make_program(&file, &boards[i], SIZE, 1);
		outcome = bench_update(&bench, &file, &never, SIZE_MAX, boards[i].spec);
		cr_expect(eq(int, outcome.result, 0), "%s: %s", boards[i].spec, outcome.message);
		outcome = bench_update(&bench, &file, &always, SIZE_MAX, boards[i].spec);
		cr_expect(eq(int, outcome.result, 0), "%s: %s", boards[i].spec, outcome.message);
		outcome = bench_update(&bench, &file, &all, SIZE_MAX, boards[i].spec);
		cr_expect(eq(int, outcome.result, 0), "%s: %s", boards[i].spec, outcome.message);
		cr_expect(bench_has_program(&bench, &boards[i], &file), "%s", boards[i].spec);
		bench_stop(&bench);
	}
}

/* Refusals. */

struct refusal {
	size_t board; /* that it is for ... */
	size_t other; /* ... whose program is taken */
	unsigned int vector;
	uint32_t value; /* that this vector has; 0: as it is */
	struct wishes wishes;
	bool is_early; /* nothing is sent */
	unsigned int check;
	const char *words;
	const char *hint;
};

static const struct refusal refusals[] = {
	{ 0, 0, 0, 0x10000000, { 0 }, true, DFUT_CHECK_FORMAT, "not in the RAM of the SAMD21x18", "another board" },
	{ 0, 0, 0, 0x20008002, { 0 }, true, DFUT_CHECK_FORMAT, "not in the RAM", "" },
	{ 0, 0, 1, 0x2100, { 0 }, true, DFUT_CHECK_FORMAT, "even, and no Thumb code", "0x2000" },
	{ 0, 0, 1, 0x3f001, { 0 }, true, DFUT_CHECK_FORMAT, "would start at 0x0003f001, which is not in it", "0x2000" },
	{ 0, 0, 1, 0xc1, { 0 }, true, DFUT_CHECK_MEMORY_MAP, "linked for 0, as if there were no bootloader", "0x2000" },
	{ 0,
	  0,
	  3,
	  0x101,
	  { 0 },
	  true,
	  DFUT_CHECK_MEMORY_MAP,
	  "vector 3 of the image is 0x00000101: it is linked for 0",
	  "" },
	{ 0,
	  0,
	  0,
	  0,
	  { .address = -1 },
	  true,
	  0,
	  "linked for 0x0, where the bootloader of the SAMD21x18 is",
	  "0x2000" },
	{ 0, 0, 0, 0, { .address = 0x1000 }, true, 0, "its bootloader is below", "can't be replaced" },
	{ 0, 0, 0, 0, { .address = 0x4000 }, true, DFUT_CHECK_FORMAT, "nothing at 0x2000, where the application", "" },
	{ 0, 0, 0, 0, { .address = 0x3f000 }, true, 0, "too large", "" },
	{ 0,
	  4,
	  0,
	  0,
	  { 0 },
	  false,
	  DFUT_CHECK_FORMAT,
	  "0x20030000 is not in the RAM of the SAMD21x18",
	  "started again" },
	{ 4, 0, 0, 0, { 0 }, false, DFUT_CHECK_MEMORY_MAP, "linked for another place", "started again" },
	{ 4,
	  4,
	  0,
	  0,
	  { .part = "samd51x20" },
	  false,
	  DFUT_CHECK_IDS,
	  "is on an SAMD51x19, and it was taken for an SAMD51x20",
	  "" },
	{ 6, 0, 0, 0, { 0 }, true, DFUT_CHECK_MEMORY_MAP, "the application of the RA4M1 begins at 0x4000", "0x4000" },
	{ 6, 6, 0, 0, { .part = "nrf52840" }, true, DFUT_CHECK_IDS, "as the device table says", "" },
	{ 7, 6, 0, 0, { 0 }, false, DFUT_CHECK_MEMORY_MAP, "the application of the RA4M1 begins at 0x8000", "" },
	{ 5, 6, 0, 0, { 0 }, true, DFUT_CHECK_MEMORY_MAP, "begins at 0x10000", "" },
	{ 8, 0, 0, 0, { 0 }, true, DFUT_CHECK_MEMORY_MAP, "the application of the SAM3X8E begins at 0x80000", "" },
};

Test(update_sam_ba, what_would_not_start_is_refused_before_anything_is_erased)
{
	for (size_t i = 0; i < COUNT(refusals); i++) {
		const struct refusal *refusal = &refusals[i];
		const struct board *board = &boards[refusal->board];
		struct outcome outcome;
		struct bench bench;
		static uint8_t before[0x100000];
		const uint8_t *flash;
		size_t size;
		char what[80];

		snprintf(what, sizeof(what), "case %zu: %s", i, board->spec);
		bench_start(&bench, board->spec);
		flash = dfut_sim_device_get_memory(bench.device, "flash", &size);
		memcpy(before, flash, size);
		file_make_program(&file, &boards[refusal->other], SIZE, 1);
		for (size_t k = 0; refusal->value && k < 4; k++)
			file.bytes[4 * refusal->vector + k] = (uint8_t)(refusal->value >> 8 * k);
		outcome = bench_update(&bench, &file, &refusal->wishes, SIZE_MAX, what);
		cr_expect(eq(int, outcome.result, DFUT_ERROR_MISMATCH), "%s: %s", what, outcome.message);
		cr_expect(eq(uint, outcome.check, refusal->check), "%s: %s", what, outcome.message);
		cr_expect(strstr(outcome.message, refusal->words) != NULL, "%s: %s", what, outcome.message);
		cr_expect(strstr(outcome.hint, refusal->hint) != NULL, "%s: %s", what, outcome.hint);
		cr_expect(eq(int, outcome.was_started, !refusal->is_early), "%s", what);
		flash = dfut_sim_device_get_memory(bench.device, "flash", &size);
		cr_expect(eq(int, memcmp(before, flash, size), 0), "%s", what);
		cr_expect(bench_runs_program(&bench, board), "%s", what);
		bench_expect_good_host(&bench, board, what);
		bench_stop(&bench);
	}
}

/* Who knows better may. */
Test(update_sam_ba, a_program_that_looks_odd_is_written_if_that_is_asked_for)
{
	static const struct wishes wishes = { .force = DFUT_CHECK_FORMAT };
	struct outcome outcome;
	struct bench bench;

	bench_start(&bench, boards[0].spec);
	file_make_program(&file, &boards[0], SIZE, 1);
	file.bytes[3] = 0x30;
	outcome = bench_update(&bench, &file, &wishes, SIZE_MAX, "forced");
	cr_expect(outcome.was_started);
	cr_expect(bench_has_program(&bench, &boards[0], &file), "%s", outcome.message);
	bench_stop(&bench);
}

/* Reading, starting. */

struct taken {
	uint8_t bytes[0x80000];
	size_t size;
};

static struct taken taken;

static int take(const uint8_t *bytes, size_t size, void *user_data)
{
	(void)user_data;
	cr_assert(le(sz, taken.size + size, sizeof(taken.bytes)));
	memcpy(taken.bytes + taken.size, bytes, size);
	taken.size += size;
	return 0;
}

static struct outcome upload(struct bench *bench, uint32_t address, uint64_t size, const char *what)
{
	struct dfut_session *session = bench_new_session(bench, "1-1");
	struct outcome outcome = { 0 };

	taken.size = 0;
	if (address)
		dfut_session_set_address(session, address);
	dfut_session_set_upload_size(session, size);
	outcome.result = dfut_session_start_upload(session, take, NULL);
	if (outcome.result == 0)
		outcome.result = bench_run(bench, session, SIZE_MAX, what);
	bench_keep(&outcome, session, what);
	dfut_session_free(session);
	return outcome;
}

Test(update_sam_ba, reads_what_can_be_read)
{
	/* A Due forgets its program when it is triggered. */
	static const size_t readable[] = { 0, 1, 3, 4 };

	for (size_t i = 0; i < COUNT(readable); i++) {
		const struct board *board = &boards[readable[i]];
		struct outcome outcome;
		struct bench bench;

		bench_start(&bench, board->spec);
		file_make_program(&file, board, SIZE, 1);
		expect_update(&bench, board, "downloaded");
		outcome = upload(&bench, 0, SIZE, board->spec);
		cr_expect(eq(int, outcome.result, 0), "%s: %s", board->spec, outcome.message);
		cr_expect(eq(sz, taken.size, SIZE), "%s", board->spec);
		cr_expect(eq(int, memcmp(taken.bytes, file.bytes, SIZE), 0), "%s", board->spec);
		outcome = upload(&bench, board->start + 5001, 77, board->spec);
		cr_expect(eq(sz, taken.size, 77), "%s: %s", board->spec, outcome.message);
		cr_expect(eq(int, memcmp(taken.bytes, file.bytes + 5001, 77), 0), "%s", board->spec);
		bench_expect_good_host(&bench, board, board->spec);
		bench_stop(&bench);
	}
}

Test(update_sam_ba, reads_all_there_is)
{
	struct outcome outcome;
	struct bench bench;

	bench_start(&bench, boards[0].spec);
	outcome = upload(&bench, 0, 0, boards[0].spec);
	cr_expect(eq(int, outcome.result, 0), "%s", outcome.message);
	cr_expect(eq(sz, taken.size, 0x3e000));
	outcome = upload(&bench, 0x3ff00, 0x101, boards[0].spec);
	cr_expect(eq(int, outcome.result, DFUT_ERROR_MISMATCH), "%s", outcome.message);
	outcome = upload(&bench, 0x40000, 1, boards[0].spec);
	cr_expect(eq(int, outcome.result, DFUT_ERROR_MISMATCH), "%s", outcome.message);
	bench_stop(&bench);
}

Test(update_sam_ba, says_what_can_not_be_read)
{
	static const size_t unreadable[] = { 2, 5, 6 };

	for (size_t i = 0; i < COUNT(unreadable); i++) {
		struct outcome outcome;
		struct bench bench;

		bench_start(&bench, boards[unreadable[i]].spec);
		outcome = upload(&bench, 0, 100, boards[unreadable[i]].spec);
		cr_expect(eq(int, outcome.result, DFUT_ERROR_UNSUPPORTED), "%s", outcome.message);
		cr_expect(strstr(outcome.message, "can't be read") != NULL, "%s", outcome.message);
		cr_expect(bench_runs_application(&bench));
		bench_stop(&bench);
	}
}

Test(update_sam_ba, starts_the_application)
{
	static const size_t startable[] = { 0, 2, 4, 5 };

	for (size_t i = 0; i < COUNT(startable); i++) {
		const char *spec = boards[startable[i]].spec;
		struct outcome outcome;
		struct bench bench;

		bench_start(&bench, spec);
		bench_bring_into_bootloader(&bench);
		outcome = bench_command(&bench, "start", spec);
		cr_expect(eq(int, outcome.result, 0), "%s: %s", spec, outcome.message);
		cr_expect(bench_runs_application(&bench), "%s", spec);
		bench_expect_no_breach(bench.device, spec);
		bench_stop(&bench);
	}
}
