/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Updates of Teensy boards: from the application to the new one, what is sent, and what is refused before anything is. */

#include "teensy-bench.h"

TestSuite(update_halfkay, .timeout = 300);

static uint8_t program[PROGRAM_MAX];
static const struct choices plain;

static const char *make_spec(const char *board, const char *options)
{
	static char spec[160];

	snprintf(spec, sizeof(spec), "teensy:board=%s%s", board, options);
	return spec;
}

static struct dfut_image *load_hex(struct bench *bench, const struct board *board, size_t size)
{
	const struct piece piece = { board_get_address(board), program, size };

	program_make(program, size, board);
	return bench_load_pieces(bench, &piece, 1);
}

static void expect_updated(const struct bench *bench, const struct ending *ending, const struct board *board,
			   size_t size, const char *what)
{
	cr_expect(eq(int, ending->result, 0), "%s: %s", what, ending->message);
	cr_expect(eq(int, ending->verified, DFUT_VERIFIED_IMPOSSIBLE), "%s", what);
	cr_expect(strstr(ending->message, "not verified: HalfKay can't be read") != NULL, "%s", ending->message);
	cr_expect(eq(int, strcmp(ending->model, board->model), 0), "%s: %s", what, ending->model);
	cr_expect(bench_has(bench, 0, program, size), "%s", what);
	cr_expect(bench_is_blank(bench, size, board->size), "%s: not erased", what);
	cr_expect(bench_runs_application(bench), "%s", what);
	bench_expect_no_breach(bench->device, what);
}

Test(update_halfkay, from_application_to_new_application, .timeout = 120)
{
	static const char *const options[] = { "", ",type=serial,busy=timeout", ",boot=gone,race=gone",
					       ",press=reset" };

	for (size_t i = 0; i < COUNT(boards); i++) {
		for (size_t k = 0; k < COUNT(options); k++) {
			const char *spec = make_spec(boards[i].name, options[k]);
			struct ending ending;
			struct bench bench;

			bench_start(&bench, spec);
			ending = bench_put(&bench, load_hex(&bench, &boards[i], 20001), &plain, spec);
			expect_updated(&bench, &ending, &boards[i], 20001, spec);
			bench_stop(&bench);
		}
	}
}

/* The node that tells the usage comes after the device, later on a machine that is busy. */
Test(update_halfkay, waits_for_the_node_of_the_bootloader)
{
	const char *spec = make_spec("3.2", ",nodes-ms=700");
	uint64_t until_us;
	struct ending ending;
	struct bench bench;

	bench_start(&bench, spec);
	until_us = dfut_sim_get_time_us(bench.sim) + 1000000;
	while (dfut_sim_get_time_us(bench.sim) < until_us)
		cr_assert(ge(int, dfut_context_dispatch(bench.context, 100), 0));
	program_make(program, 9000, find_board("3.2"));
	ending = bench_put(&bench, bench_load_bytes(&bench, program, 9000), &plain, spec);
	expect_updated(&bench, &ending, find_board("3.2"), 9000, spec);
	bench_stop(&bench);
}

/* A file without addresses is the program from its beginning. */
Test(update_halfkay, bytes_without_addresses, .timeout = 60)
{
	for (size_t i = 0; i < COUNT(boards); i++) {
		const char *spec = make_spec(boards[i].name, "");
		struct ending ending;
		struct bench bench;

		bench_start(&bench, spec);
		program_make(program, 9000, &boards[i]);
		ending = bench_put(&bench, bench_load_bytes(&bench, program, 9000), &plain, spec);
		expect_updated(&bench, &ending, &boards[i], 9000, spec);
		bench_stop(&bench);
	}
}

/* As large as it may be: the last block of each. */
Test(update_halfkay, up_to_the_last_block, .timeout = 60)
{
	for (size_t i = 0; i < COUNT(boards); i++) {
		const struct board *board = &boards[i];
		struct piece pieces[] = { { board_get_address(board), program, 3000 },
					  { board_get_address(board) + board->size - 5, (const uint8_t *)"the end",
					    5 } };
		const char *spec = make_spec(board->name, "");
		struct ending ending;
		struct bench bench;

		bench_start(&bench, spec);
		program_make(program, 3000, board);
		ending = bench_put(&bench, bench_load_pieces(&bench, pieces, 2), &plain, spec);
		cr_expect(eq(int, ending.result, 0), "%s: %s", spec, ending.message);
		cr_expect(bench_has(&bench, 0, program, 3000), "%s", spec);
		cr_expect(bench_has(&bench, board->size - 5, pieces[1].bytes, 5), "%s", spec);
		cr_expect(bench_is_blank(&bench, 3000, board->size - 5), "%s", spec);
		bench_expect_no_breach(bench.device, spec);
		bench_stop(&bench);
	}
}

/* What the protocol needs: a report for each block that is not empty, the first one in any case, and the one that starts it. */
Test(update_halfkay, sends_what_it_needs_and_no_more)
{
	const struct board *board = find_board("3.2");
	struct piece pieces[2];
	struct ending ending;
	struct bench bench;

	bench_start(&bench, "teensy:board=3.2");
	bench_enter_bootloader(&bench);
	ending = bench_put(&bench, load_hex(&bench, board, 10 * 1024), &plain, "whole");
	cr_expect(eq(int, ending.result, 0));
	cr_expect(eq(sz, bench_count_reports(bench.device), 10 + 1));
	bench_stop(&bench);

	/* Blocks 2 and 3 are empty, 4 to 7 are not in the file. */
	bench_start(&bench, "teensy:board=3.2");
	bench_enter_bootloader(&bench);
	program_make(program, 12 * 1024, board);
	memset(program + 2048, 0xff, 2048);
	pieces[0] = (struct piece){ 0, program, 4096 };
	pieces[1] = (struct piece){ 8192, program + 8192, 4096 };
	ending = bench_put(&bench, bench_load_pieces(&bench, pieces, 2), &plain, "gaps");
	cr_expect(eq(int, ending.result, 0));
	cr_expect(eq(sz, bench_count_reports(bench.device), 2 + 4 + 1));
	cr_expect(bench_has(&bench, 0, program, 4096));
	cr_expect(bench_is_blank(&bench, 4096, 8192));
	cr_expect(bench_has(&bench, 8192, program + 8192, 4096));
	bench_expect_no_breach(bench.device, "gaps");
	bench_stop(&bench);

	/* It begins the erase, empty or not. */
	bench_start(&bench, "teensy:board=2.0");
	bench_enter_bootloader(&bench);
	memset(program, 0xff, 128);
	program_fill(program + 128, 384);
	ending = bench_put(&bench, bench_load_bytes(&bench, program, 512), &plain, "first");
	cr_expect(bench_has(&bench, 0, program, 512));
	cr_expect(bench_is_blank(&bench, 512, 32256));
	bench_expect_no_breach(bench.device, "first");
	bench_stop(&bench);
}

/* From the record. */
static uint64_t get_time_us(const struct bench *bench, enum dfut_sim_event event, bool is_last)
{
	uint64_t time_us = 0;

	for (size_t i = 0; i < dfut_sim_device_get_record_count(bench->device); i++) {
		const struct dfut_sim_record *record = dfut_sim_device_get_record(bench->device, i);

		if (record->event == event && (is_last || !time_us))
			time_us = record->time_us;
	}
	return time_us;
}

/* The erase, the blocks, and their reports. */
static void expect_time(const char *name, uint64_t erase_ms, size_t size, uint64_t block_ms, uint64_t report_us)
{
	const struct board *board = find_board(name);
	const size_t blocks = size / board->block_size;
	struct ending ending;
	struct bench bench;
	uint64_t own_us, took_us;
	char options[64];

	snprintf(options, sizeof(options), ",block-ms=%u,transfer-us=%u", (unsigned int)block_ms,
		 (unsigned int)report_us);
	bench_start(&bench, make_spec(name, options));
	bench_enter_bootloader(&bench);
	ending = bench_put(&bench, load_hex(&bench, board, size), &plain, name);
	cr_expect(eq(int, ending.result, 0), "%s", ending.message);
	own_us = erase_ms * 1000 + (blocks - 1) * block_ms * 1000 + (blocks + 1) * report_us;
	took_us = get_time_us(&bench, DFUT_SIM_EVENT_LEFT, true) - get_time_us(&bench, DFUT_SIM_EVENT_CONTROL, false);
	fprintf(stderr, "%s: %zu blocks of %u ms, reports of %u us, in %llu ms, the device alone %llu ms: %.3f\n", name,
		blocks, (unsigned int)block_ms, (unsigned int)report_us, (unsigned long long)took_us / 1000,
		(unsigned long long)own_us / 1000, (double)took_us / (double)own_us);
	cr_expect(le(u64, took_us * 100, own_us * 105), "%s, %u ms", name, (unsigned int)block_ms);
	bench_stop(&bench);
}

Test(update_halfkay, takes_the_time_that_the_device_takes, .timeout = 60)
{
	static const uint64_t block_ms[] = { 16, 5, 3, 2, 1, 0 }, report_us[] = { 0, 100, 300, 700, 1000, 1300 };

	for (size_t i = 0; i < COUNT(block_ms); i++)
		for (size_t k = 0; k < COUNT(report_us); k++)
			expect_time("2.0", 600, 28 * 1024, block_ms[i], report_us[k]);
	expect_time("3.2", 400, 128 * 1024, 16, 1000);
	expect_time("4.1", 15000, 128 * 1024, 16, 1000);
}

Test(update_halfkay, an_erase_may_take_long, .timeout = 60)
{
	static const struct {
		const char *options;
		int result;
	} cases[] = {
		{ ",erase-ms=44000", 0 },
		{ ",erase-ms=44000,busy=timeout", 0 },
		{ ",erase-ms=60000", DFUT_ERROR_DEVICE },
		{ ",erase-ms=60000,busy=timeout", DFUT_ERROR_TIMEOUT },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct board *board = find_board("micromod");
		const char *spec = make_spec(board->name, cases[i].options);
		struct ending ending;
		struct bench bench;

		bench_start(&bench, spec);
		ending = bench_put(&bench, load_hex(&bench, board, 5000), &plain, spec);
		cr_expect(eq(int, ending.result, cases[i].result), "%s: %s", spec, ending.message);
		if (cases[i].result < 0) {
			cr_expect(strstr(ending.message, "block at 0x60000400, 2 of 5") != NULL, "%s", ending.message);
			cr_expect(strstr(ending.hint, "needs its button to be pressed") != NULL, "%s", ending.hint);
		}
		bench_stop(&bench);
	}
}

Test(update_halfkay, is_told_what_it_is_before_it_is_triggered)
{
	struct dfut_session *session;
	struct dfut_image *image;
	struct bench bench;

	bench_start(&bench, "teensy");
	image = load_hex(&bench, find_board("3.2"), 5000);
	session = bench_new_session(&bench, "1-1");
	cr_assert(eq(int, dfut_session_start_upload(session, (dfut_writer)0, NULL), DFUT_ERROR_USAGE));
	cr_assert(eq(int, dfut_session_set_part(session, "MK20DX256"), 0));
	cr_expect(eq(int, dfut_session_start_update(session, image), DFUT_ERROR_USAGE));
	cr_expect(strstr(dfut_session_get_message(session), "HalfKay does not go by that") != NULL, "%s",
		  dfut_session_get_message(session));
	cr_assert(eq(int, dfut_session_set_part(session, NULL), 0));
	dfut_session_set_verify(session, DFUT_VERIFY_ALWAYS);
	cr_expect(eq(int, dfut_session_start_update(session, image), DFUT_ERROR_VERIFY));
	cr_expect(eq(sz, dfut_sim_device_get_request_count(bench.device), 0));
	dfut_session_free(session);
	dfut_image_free(image);
	bench_stop(&bench);
}

static int ignore(const uint8_t *data, size_t size, void *user_data)
{
	(void)data;
	(void)size;
	(void)user_data;
	return 0;
}

Test(update_halfkay, cant_be_read)
{
	struct dfut_session *session;
	struct bench bench;

	bench_start(&bench, "teensy");
	session = bench_new_session(&bench, "1-1");
	cr_expect(eq(int, dfut_session_start_upload(session, ignore, NULL), DFUT_ERROR_UNSUPPORTED));
	cr_expect(strstr(dfut_session_get_message(session), "can't be read") != NULL);
	cr_expect(eq(sz, dfut_sim_device_get_request_count(bench.device), 0));
	dfut_session_free(session);
	bench_stop(&bench);
}

Test(update_halfkay, is_started_by_the_command)
{
	struct dfut_session *session;
	struct bench bench;

	bench_start(&bench, "teensy");
	bench_enter_bootloader(&bench);
	session = bench_new_session(&bench, "1-1");
	cr_assert(eq(int, dfut_session_start_command(session, "start"), 0), "%s", dfut_session_get_message(session));
	cr_expect(eq(int, bench_run(&bench, session, SIZE_MAX, "start"), 0), "%s", dfut_session_get_message(session));
	cr_expect(bench_runs_application(&bench));
	bench_expect_no_breach(bench.device, "start");
	dfut_session_free(session);
	bench_stop(&bench);
}
