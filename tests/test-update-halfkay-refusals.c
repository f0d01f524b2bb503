/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Files that are not for this Teensy: refused before it is triggered where its program tells the board, else before the erase. */

#include "teensy-bench.h"

static uint8_t program[PROGRAM_MAX];
static const struct choices plain;

struct refusal {
	int code;
	unsigned int check;
	const char *word;
};

static void expect_refusal(const struct ending *ending, const struct refusal *wanted, const char *what)
{
	cr_expect(eq(int, ending->result, wanted->code), "%s: %s", what, ending->message);
	cr_expect(eq(uint, ending->check, wanted->check), "%s: %s", what, ending->message);
	cr_expect(strstr(ending->message, wanted->word) != NULL, "%s: %s", what, ending->message);
}

enum when {
	EARLY, /* nothing was sent */
	LATE,  /* it was triggered, and started again */
	THERE, /* it was in its bootloader: nothing was sent */
};

/* Its flash is as it was, and its program runs, whether it was triggered or not. */
static void refuse(const char *spec, const struct piece *pieces, size_t count, enum when when,
		   const struct refusal *wanted)
{
	static uint8_t before[64 * 1024];
	struct ending ending;
	struct bench bench;
	size_t size;

	bench_start(&bench, spec);
	if (when == THERE)
		bench_enter_bootloader(&bench);
	memcpy(before, dfut_sim_device_get_memory(bench.device, "flash", &size), 30000);
	ending = bench_put(&bench,
			   pieces[0].address == UINT32_MAX ? bench_load_bytes(&bench, pieces[0].bytes, pieces[0].size) :
							     bench_load_pieces(&bench, pieces, count),
			   &plain, spec);
	expect_refusal(&ending, wanted, spec);
	cr_expect(bench_has(&bench, 0, before, 30000), "%s: changed", spec);
	if (when == LATE)
		cr_expect(strstr(ending.hint, "the application has been started again") != NULL, "%s: %s", spec,
			  ending.hint);
	else
		cr_expect(eq(sz, dfut_sim_device_get_request_count(bench.device), 0), "%s", spec);
	bench_wait_ms(&bench, 2000);
	cr_expect(bench_runs_application(&bench) == (when != THERE), "%s", spec);
	bench_expect_no_breach(bench.device, spec);
	bench_stop(&bench);
}

static bool tells_its_board(const struct board *board)
{
	return board->head != HEAD_AVR;
}

/* Each program on each other board. */
Test(update_halfkay_refusals, programs_of_other_boards, .timeout = 240)
{
	for (size_t i = 0; i < COUNT(boards); i++) {
		for (size_t k = 0; k < COUNT(boards); k++) {
			struct piece piece = { board_get_address(&boards[k]), program, 3000 };
			char spec[64], word[160];

			if (strcmp(boards[i].model, boards[k].model) == 0)
				continue;
			program_make(program, 3000, &boards[k]);
			snprintf(word, sizeof(word), "built for a %s, the device is a %s", boards[k].model,
				 boards[i].model);
			snprintf(spec, sizeof(spec), "teensy:board=%s", boards[i].name);
			refuse(spec, &piece, 1, tells_its_board(&boards[i]) ? EARLY : LATE,
			       &(struct refusal){ DFUT_ERROR_MISMATCH, DFUT_CHECK_IDS, word });
		}
	}
}

/* Where Teensyduino 1.38 and later put the reset handler elsewhere, the gap behind the table tells. */
Test(update_halfkay_refusals, a_table_of_vectors_before_a_gap)
{
	struct piece piece = { 0, program, 3000 };

	program_make(program, 3000, find_board("3.6"));
	put_le32(program + 4, 0x1235);
	memset(program + 0x1d0, 0xff, 64);
	refuse("teensy:board=3.2", &piece, 1, EARLY,
	       &(struct refusal){ DFUT_ERROR_MISMATCH, DFUT_CHECK_IDS, "built for a Teensy 3.6" });
}

struct bad {
	const char *board;
	struct piece first;  /* a part of the program, unless it has bytes */
	struct piece second; /* none if it has no bytes */
	enum when when;
	struct refusal wanted;
};

#define RAW UINT32_MAX
#define END "\1\2\3\4"

Test(update_halfkay_refusals, programs_in_other_places, .timeout = 60)
{
#define END_AT(address) \
	{ \
		address, (const uint8_t *)END, 4 \
	}
#define NO \
	{ \
		0, NULL, 0 \
	}
	static const struct bad cases[] = {
		/* One byte too many, or all of it somewhere else */
		{ "lc", { 0, NULL, 3000 }, END_AT(0xf7fd), EARLY, { DFUT_ERROR_MISMATCH, 0, "1 bytes too large" } },
		{ "3.0", { 0, NULL, 3000 }, END_AT(0x20000), EARLY, { DFUT_ERROR_MISMATCH, 0, "data at 0x00020000" } },
		{ "3.2", { 0, NULL, 3000 }, END_AT(0x3fffe), EARLY, { DFUT_ERROR_MISMATCH, 0, "2 bytes too large" } },
		{ "3.5", { 0, NULL, 3000 }, END_AT(0x20000000), EARLY, { DFUT_ERROR_MISMATCH, 0, "0x20000000" } },
		{ "3.6", { 0, NULL, 3000 }, END_AT(0x100000), EARLY, { DFUT_ERROR_MISMATCH, 0, "0x00100000" } },
		{ "3.2",
		  { 0x400, NULL, 3000 },
		  NO,
		  EARLY,
		  { DFUT_ERROR_MISMATCH, DFUT_CHECK_MEMORY_MAP, "nothing at 0x00000000" } },
		{ "3.2", { FLEXSPI, NULL, 3000 }, NO, EARLY, { DFUT_ERROR_MISMATCH, 0, "0x60000000" } },
		/* What is reserved at the end of a Teensy 4's flash */
		{ "4.0",
		  { FLEXSPI, NULL, 3000 },
		  END_AT(FLEXSPI + 0x1f0000),
		  EARLY,
		  { DFUT_ERROR_MISMATCH, 0, "0x601f0000" } },
		{ "4.1",
		  { FLEXSPI, NULL, 3000 },
		  END_AT(FLEXSPI + 0x7bfffd),
		  EARLY,
		  { DFUT_ERROR_MISMATCH, 0, "1 bytes too large" } },
		{ "micromod",
		  { FLEXSPI, NULL, 3000 },
		  END_AT(FLEXSPI + 0xfc0000),
		  EARLY,
		  { DFUT_ERROR_MISMATCH, 0, "0x60fc0000" } },
		{ "4.1", { FLEXSPI, NULL, 3000 }, END_AT(0x70000000), EARLY, { DFUT_ERROR_MISMATCH, 0, "0x70000000" } },
		{ "4.1", { 0, NULL, 3000 }, NO, EARLY, { DFUT_ERROR_MISMATCH, 0, "0x00000000" } },
		/* Boards whose program does not tell which they are */
		{ "2.0", { 0, NULL, 3000 }, END_AT(0x7e00), EARLY, { DFUT_ERROR_MISMATCH, 0, "0x00007e00" } },
		{ "++1.0", { 0, NULL, 3000 }, END_AT(0xfbff), EARLY, { DFUT_ERROR_MISMATCH, 0, "3 bytes too large" } },
		{ "++2.0", { 0, NULL, 3000 }, END_AT(0x810000), EARLY, { DFUT_ERROR_MISMATCH, 0, "0x00810000" } },
		{ "2.0",
		  { 0x80, NULL, 3000 },
		  NO,
		  EARLY,
		  { DFUT_ERROR_MISMATCH, DFUT_CHECK_MEMORY_MAP, "nothing at 0x00000000" } },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct piece pieces[2] = { cases[i].first, cases[i].second };
		char spec[64];

		program_make(program, 3000, find_board(cases[i].board));
		pieces[0].bytes = program;
		snprintf(spec, sizeof(spec), "teensy:board=%s", cases[i].board);
		refuse(spec, pieces, pieces[1].bytes ? 2 : 1, cases[i].when, &cases[i].wanted);
	}
}

/* What no rule tells apart is judged by its places: a Teensy 4 takes nothing without its head. */
Test(update_halfkay_refusals, programs_that_nobody_knows, .timeout = 60)
{
	static const struct bad cases[] = {
		{ "4.0", { RAW, NULL, 3000 }, NO, EARLY, { DFUT_ERROR_MISMATCH, DFUT_CHECK_FORMAT, "FlexSPI block" } },
		{ "4.1",
		  { FLEXSPI, NULL, 3000 },
		  NO,
		  EARLY,
		  { DFUT_ERROR_MISMATCH, DFUT_CHECK_FORMAT, "FlexSPI block" } },
		{ "micromod",
		  { RAW, NULL, 40 },
		  NO,
		  EARLY,
		  { DFUT_ERROR_MISMATCH, DFUT_CHECK_FORMAT, "FlexSPI block" } },
		{ "4.1", { FLEXSPI, NULL, 3000 }, NO, THERE, { DFUT_ERROR_MISMATCH, DFUT_CHECK_FORMAT, "FlexSPI" } },
		{ "2.0", { 0x90000000, NULL, 3000 }, NO, EARLY, { DFUT_ERROR_MISMATCH, 0, "fits no Teensy" } },
		{ "2.0", { 0x400, NULL, 3000 }, NO, EARLY, { DFUT_ERROR_MISMATCH, 0, "fits no Teensy" } },
		{ "2.0", { 0, NULL, 3000 }, END_AT(0x7e00), LATE, { DFUT_ERROR_MISMATCH, 0, "0x00007e00" } },
		{ "++1.0", { 0, NULL, 3000 }, END_AT(0xfbff), LATE, { DFUT_ERROR_MISMATCH, 0, "3 bytes too large" } },
		{ "++1.0", { FLEXSPI, NULL, 3000 }, NO, EARLY, { DFUT_ERROR_MISMATCH, 0, "fits no Teensy" } },
		{ "2.0", { 0, NULL, 3000 }, END_AT(0x7e00), THERE, { DFUT_ERROR_MISMATCH, 0, "0x00007e00" } },
		{ "2.0",
		  { 0x80, NULL, 3000 },
		  NO,
		  THERE,
		  { DFUT_ERROR_MISMATCH, DFUT_CHECK_MEMORY_MAP, "nothing at" } },
	};

	program_fill(program, 3000);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct piece pieces[2] = { cases[i].first, cases[i].second };
		char spec[64];

		pieces[0].bytes = program;
		snprintf(spec, sizeof(spec), "teensy:board=%s", cases[i].board);
		refuse(spec, pieces, pieces[1].bytes ? 2 : 1, cases[i].when, &cases[i].wanted);
	}
}

/* A head that is spoilt is none. */
Test(update_halfkay_refusals, heads_of_a_teensy_4)
{
	static const size_t spoilt[] = { 0, 3, 6, 7 };
	struct piece piece = { FLEXSPI, program, 3000 };

	for (size_t i = 0; i < COUNT(spoilt); i++) {
		program_make(program, 3000, find_board("4.1"));
		program[spoilt[i]] ^= 1;
		refuse("teensy:board=4.1", &piece, 1, EARLY,
		       &(struct refusal){ DFUT_ERROR_MISMATCH, DFUT_CHECK_FORMAT, "FlexSPI block" });
	}
	program_make(program, 3000, find_board("4.1"));
	piece.size = 0x53;
	refuse("teensy:board=4.1", &piece, 1, EARLY,
	       &(struct refusal){ DFUT_ERROR_MISMATCH, DFUT_CHECK_FORMAT, "FlexSPI block" });
}

static const uint8_t elf_of_avr[] = {
	0x7f, 'E',  'L',  'F', 1, 1, 1, 0,  0, 0, 0, 0, 0,  0, 0, 0, /* 32 bits, little-endian */
	2,    0,    83,	  0,   1, 0, 0, 0,  0, 0, 0, 0, 52, 0, 0, 0, 0, 0,  0, 0, 0, 0, 0,
	0,    52,   0,	  32,  0, 1, 0, 40, 0, 0, 0, 0, 0,  1, 0, 0, 0, 84, 0, 0, 0, 0, 0,
	0,    0,    0,	  0,   0, 0, 4, 0,  0, 0, 4, 0, 0,  0, 5, 0, 0, 0,  1, 0, 0, 0, /* 4 bytes at 0 */
	0x0c, 0x94, 0x34, 0,
};

Test(update_halfkay_refusals, programs_for_another_machine)
{
	const struct piece piece = { RAW, elf_of_avr, sizeof(elf_of_avr) };

	refuse("teensy:board=3.2", &piece, 1, EARLY,
	       &(struct refusal){ DFUT_ERROR_MISMATCH, DFUT_CHECK_FORMAT, "for avr, a Teensy 3.1 or 3.2 has arm" });
}

/* Nothing is sent to what says that it is something else. */
Test(update_halfkay_refusals, bootloaders_that_nobody_knows)
{
	static const struct {
		const char *board;
		const char *usage;
		const char *word;
	} cases[] = {
		{ "3.2", "0019", "the usage 0x19" },
		{ "3.2", "0027", "the usage 0x27" },
		{ "3.2", "001b", "reports have 1088 bytes, those of a Teensy 2.0 130" },
		{ "lc", "0021", "reports have 576 bytes, those of a Teensy 3.1 or 3.2 1088" },
	};
	const struct piece piece = { 0, program, 3000 };

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct refusal wanted = { DFUT_ERROR_UNSUPPORTED, 0, cases[i].word };
		char spec[64];

		program_make(program, 3000, find_board(cases[i].board));
		snprintf(spec, sizeof(spec), "teensy:board=%s,usage=%s", cases[i].board, cases[i].usage);
		refuse(spec, &piece, 1, THERE, &wanted);
		refuse(spec, &piece, 1, LATE, &wanted);
	}
}

/* The person knows better. */
Test(update_halfkay_refusals, what_is_forced_is_done, .timeout = 60)
{
	static const struct {
		const char *spec;
		const char *board; /* that the program is for; NULL: nobody knows */
		uint32_t address;
		unsigned int force;
	} cases[] = {
		{ "teensy:board=3.5", "3.6", 0, DFUT_CHECK_IDS },
		{ "teensy:board=2.0", "++2.0", 0, DFUT_CHECK_IDS },
		{ "teensy:board=4.0", "4.1", FLEXSPI, DFUT_CHECK_IDS },
		{ "teensy:board=4.0", NULL, FLEXSPI, DFUT_CHECK_FORMAT },
		{ "teensy:board=3.2", NULL, 0x800, DFUT_CHECK_MEMORY_MAP },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct choices choices = { .force = cases[i].force };
		struct piece piece = { cases[i].address, program, 3000 };
		struct ending ending;
		struct bench bench;

		program_fill(program, 3000);
		if (cases[i].board)
			program_make(program, 3000, find_board(cases[i].board));
		bench_start(&bench, cases[i].spec);
		ending = bench_put(&bench, bench_load_pieces(&bench, &piece, 1), &choices, cases[i].spec);
		cr_expect(bench_has(&bench, cases[i].address % FLEXSPI, program, 3000), "%s: %s", cases[i].spec,
			  ending.message);
		bench_expect_no_breach(bench.device, cases[i].spec);
		bench_stop(&bench);
	}
}

/* It resets another Teensy: nothing that it is sent could update itself. */
Test(update_halfkay_refusals, what_resets_another_teensy)
{
	const struct piece piece = { 0, program, 3000 };
	struct ending ending;
	struct bench bench;

	program_make(program, 3000, find_board("3.2"));
	bench_start(&bench, "sonix-keyboard:vid=16c0,pid=0477");
	ending = bench_put(&bench, bench_load_pieces(&bench, &piece, 1), &plain, "rebootor");
	expect_refusal(&ending, &(struct refusal){ DFUT_ERROR_UNSUPPORTED, 0, "can't be updated itself" }, "rebootor");
	cr_expect(strstr(ending.hint, "trigger it without an update") != NULL, "%s", ending.hint);
	cr_expect(eq(sz, dfut_sim_device_get_request_count(bench.device), 0));
	bench_stop(&bench);
}
