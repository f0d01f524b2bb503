/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Updates of AVRs in LUFA's HID bootloader, from a QMK keyboard's application to the new one; and what is refused. */

#include "program-bench.h"

#define SPEC "via-keyboard:bootloader=lufa-hid"

static uint8_t program[PROGRAM_MAX];

/* The AVRs (data sheets 7707, 7799, 7766, 7593). */
struct avr {
	const char *name;
	uint32_t size; /* up to the section of the bootloader */
	uint32_t page_size;
};

static const struct avr avrs[] = {
	{ "at90usb82", 4 * KIB, 128 },	 { "at90usb162", 12 * KIB, 128 },   { "atmega16u2", 12 * KIB, 128 },
	{ "atmega32u2", 28 * KIB, 128 }, { "atmega16u4", 12 * KIB, 128 },   { "atmega32u4", 28 * KIB, 128 },
	{ "at90usb646", 56 * KIB, 256 }, { "at90usb1286", 120 * KIB, 256 },
};

static void program_make(size_t size)
{
	program_fill(program, size);
	put_le32(program, 0x0056940c);
}

static const char *make_spec(const struct avr *avr, const char *options)
{
	static char spec[160];

	snprintf(spec, sizeof(spec), SPEC ",part=%s%s", avr->name, options);
	return spec;
}

static struct dfut_image *load_hex(struct bench *bench, size_t size)
{
	const struct piece piece = { 0, program, size };

	program_make(size);
	return bench_load_pieces(bench, &piece, 1);
}

Test(update_qmk_hid, from_application_to_new_application, .timeout = 120)
{
	static const char *const options[] = { "", ",alignment=unchecked,race=gone" };

	for (size_t i = 0; i < COUNT(avrs); i++) {
		for (size_t k = 0; k < COUNT(options); k++) {
			const struct choices choices = { .part = avrs[i].name };
			const char *spec = make_spec(&avrs[i], options[k]);
			struct ending ending;
			struct bench bench;

			/* All of it, up to the last byte */
			bench_start(&bench, spec);
			ending = bench_put(&bench, load_hex(&bench, avrs[i].size), &choices, spec);
			cr_expect(eq(int, ending.result, 0), "%s: %s", spec, ending.message);
			cr_expect(eq(int, ending.verified, DFUT_VERIFIED_IMPOSSIBLE), "%s", spec);
			cr_expect(strstr(ending.message, "not verified: the bootloader can't be read") != NULL, "%s",
				  ending.message);
			cr_expect(bench_has(&bench, 0, program, avrs[i].size), "%s", spec);
			cr_expect(bench_runs_application(&bench), "%s", spec);
			bench_expect_no_breach(bench.device, spec);
			bench_stop(&bench);
		}
	}
}

Test(update_qmk_hid, bytes_without_addresses)
{
	const struct choices choices = { .part = "ATmega32U4" };
	struct ending ending;
	struct bench bench;

	bench_start(&bench, SPEC);
	program_make(5001);
	ending = bench_put(&bench, bench_load_bytes(&bench, program, 5001), &choices, "raw");
	cr_expect(eq(int, ending.result, 0), "%s", ending.message);
	cr_expect(bench_has(&bench, 0, program, 5001));
	cr_expect(bench_runs_application(&bench));
	bench_stop(&bench);
}

/* A report for each page of the file, one that empties the first page, and the one that starts it. */
Test(update_qmk_hid, sends_what_it_needs_and_no_more)
{
	const struct choices choices = { .part = "atmega32u4" };
	struct piece pieces[] = { { 0, program, 1000 }, { 4096, program + 4096, 1024 } };
	static const uint8_t old[] = { 1, 2, 3, 4 };
	struct ending ending;
	struct bench bench;

	bench_start(&bench, SPEC);
	bench_enter_bootloader(&bench);
	dfut_sim_device_set_memory(bench.device, "flash", 2048, old, sizeof(old));
	program_make(8192);
	/* Empty, and in the file: it replaces what was there. */
	memset(program + 4096 + 256, 0xff, 128);
	ending = bench_put(&bench, bench_load_pieces(&bench, pieces, 2), &choices, "gaps");
	cr_expect(eq(int, ending.result, 0), "%s", ending.message);
	cr_expect(bench_has(&bench, 0, program, 1000));
	cr_expect(bench_has(&bench, 2048, old, sizeof(old)));
	cr_expect(bench_has(&bench, 4096, program + 4096, 1024));
	/* The closing one is never answered. */
	cr_expect(eq(sz, bench_count_reports(bench.device), 1 + 8 + 8));
	cr_expect(eq(sz, bench_count_requests(bench.device, CLASS_OUT, SET_REPORT), 1 + 8 + 8 + 1));
	bench_expect_no_breach(bench.device, "gaps");
	bench_stop(&bench);
}

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

/* 9 ms for a page that is erased and written (data sheets: 4.5 ms each), 1 ms for its report */
Test(update_qmk_hid, takes_the_time_that_the_device_takes)
{
	const struct choices choices = { .part = "atmega32u4" };
	const size_t pages = 28 * KIB / 128 + 1;
	struct ending ending;
	struct bench bench;
	uint64_t own_us, took_us;

	bench_start(&bench, SPEC ",page-ms=9,transfer-us=1000");
	bench_enter_bootloader(&bench);
	ending = bench_put(&bench, load_hex(&bench, 28 * KIB), &choices, "time");
	cr_expect(eq(int, ending.result, 0), "%s", ending.message);
	own_us = pages * (9000 + 1000);
	took_us = get_time_us(&bench, DFUT_SIM_EVENT_CONTROL, true) -
		  get_time_us(&bench, DFUT_SIM_EVENT_CONTROL, false);
	fprintf(stderr, "%zu pages in %llu ms, the device alone %llu ms: %.3f\n", pages,
		(unsigned long long)took_us / 1000, (unsigned long long)own_us / 1000,
		(double)took_us / (double)own_us);
	cr_expect(le(u64, took_us * 100, own_us * 105));
	bench_stop(&bench);
}

/* Refused: nothing is written, and what was triggered for it is started again. */

struct bad {
	const char *part; /* that is named */
	uint32_t first;	  /* address of the program ... */
	uint32_t second;  /* ... and of four more bytes; 0: none */
	uint16_t vector;  /* at its beginning; 0: a jump */
	int code;
	unsigned int check;
	const char *word;
};

static void refuse(const char *spec, const struct bad *bad, bool is_triggered)
{
	static uint8_t before[4096];
	const struct choices choices = { .part = bad->part };
	struct piece pieces[] = { { bad->first, program, 2048 }, { bad->second, (const uint8_t *)"last", 4 } };
	struct ending ending;
	struct bench bench;
	char what[200];
	size_t size;

	snprintf(what, sizeof(what), "%s as %s", spec, bad->part);
	bench_start(&bench, spec);
	if (!is_triggered)
		bench_enter_bootloader(&bench);
	memcpy(before, dfut_sim_device_get_memory(bench.device, "flash", &size), sizeof(before));
	program_make(2048);
	if (bad->vector)
		put_le32(program, bad->vector);
	ending = bench_put(&bench, bench_load_pieces(&bench, pieces, bad->second ? 2 : 1), &choices, what);
	cr_expect(eq(int, ending.result, bad->code), "%s: %s", what, ending.message);
	cr_expect(eq(uint, ending.check, bad->check), "%s: %s", what, ending.message);
	cr_expect(strstr(ending.message, bad->word) != NULL, "%s: %s", what, ending.message);
	if (!is_triggered)
		cr_expect(eq(sz, dfut_sim_device_get_request_count(bench.device), 0), "%s", what);
	cr_expect(bench_has(&bench, 0, before, sizeof(before)), "%s: changed", what);
	bench_wait_ms(&bench, 2000);
	cr_expect(bench_runs_application(&bench) == is_triggered, "%s", what);
	bench_expect_no_breach(bench.device, what);
	bench_stop(&bench);
}

/* clang-format off */
static const struct {
	const char *spec;
	struct bad bad;
} refusals[] = {
	{ SPEC, { NULL, 0, 0, 0, DFUT_ERROR_USAGE, 0, "which part" } },
	{ SPEC, { "", 0, 0, 0, DFUT_ERROR_USAGE, 0, "no part" } },
	{ SPEC, { "atmega328p", 0, 0, 0, DFUT_ERROR_USAGE, 0, "no part" } },
	{ SPEC, { "atmega32u", 0, 0, 0, DFUT_ERROR_USAGE, 0, "no part" } },
	/* Pages of another size than the part's */
	{ SPEC, { "at90usb646", 0, 0, 0, DFUT_ERROR_MISMATCH, DFUT_CHECK_IDS, "have 130 bytes, those of the AT90USB646 258" } },
	{ SPEC, { "at90usb1287", 0, 0, 0, DFUT_ERROR_MISMATCH, DFUT_CHECK_IDS, "have 130 bytes" } },
	{ SPEC ",part=at90usb1286", { "atmega32u4", 0, 0, 0, DFUT_ERROR_MISMATCH, DFUT_CHECK_IDS, "have 258 bytes" } },
	{ SPEC ",part=at90usb646", { "atmega16u2", 0, 0, 0, DFUT_ERROR_MISMATCH, DFUT_CHECK_IDS, "have 258 bytes" } },
	/* In the bootloader, or beyond the flash */
	{ SPEC, { "atmega32u4", 0, 0x7000, 0, DFUT_ERROR_MISMATCH, 0, "0x00006fff" } },
	{ SPEC, { "atmega32u4", 0, 0x6ffd, 0, DFUT_ERROR_MISMATCH, 0, "1 bytes too large" } },
	{ SPEC, { "atmega32u4", 0, 0x7f00, 0, DFUT_ERROR_MISMATCH, 0, "too large" } },
	{ SPEC, { "atmega32u4", 0, 0x8000, 0, DFUT_ERROR_MISMATCH, 0, "data at 0x00008000" } },
	{ SPEC, { "atmega32u4", 0, 0x810000, 0, DFUT_ERROR_MISMATCH, 0, "data at 0x00810000" } },
	{ SPEC, { "atmega32u4", 0x08000000, 0, 0, DFUT_ERROR_MISMATCH, 0, "data at 0x08000000" } },
	{ SPEC ",part=atmega16u2", { "atmega16u2", 0, 0x3000, 0, DFUT_ERROR_MISMATCH, 0, "too large" } },
	{ SPEC ",part=at90usb162", { "at90usb162", 0, 0x3ffe, 0, DFUT_ERROR_MISMATCH, 0, "too large" } },
	{ SPEC ",part=at90usb82", { "at90usb82", 0, 0x1000, 0, DFUT_ERROR_MISMATCH, 0, "too large" } },
	{ SPEC ",part=at90usb646", { "at90usb646", 0, 0xe000, 0, DFUT_ERROR_MISMATCH, 0, "too large" } },
	{ SPEC ",part=at90usb1286", { "at90usb1286", 0, 0x1e000, 0, DFUT_ERROR_MISMATCH, 0, "too large" } },
	{ SPEC ",part=at90usb1286", { "at90usb1286", 0, 0x20000, 0, DFUT_ERROR_MISMATCH, 0, "data at 0x00020000" } },
	/* No program of an AVR: it has no jump at 0 */
	{ SPEC, { "atmega32u4", 0x100, 0, 0, DFUT_ERROR_MISMATCH, DFUT_CHECK_FORMAT, "0xffff at address 0" } },
	{ SPEC, { "atmega32u4", 0, 0, 0x4000, DFUT_ERROR_MISMATCH, DFUT_CHECK_FORMAT, "0x4000 at address 0" } },
	{ SPEC, { "atmega32u4", 0, 0, 0xffff, DFUT_ERROR_MISMATCH, DFUT_CHECK_FORMAT, "0xffff at address 0" } },
	{ SPEC, { "atmega32u4", 0, 0, 0xb0c0, DFUT_ERROR_MISMATCH, DFUT_CHECK_FORMAT, "0xb0c0 at address 0" } },
};
/* clang-format on */

Test(update_qmk_hid, what_does_not_fit_is_refused, .timeout = 120)
{
	for (size_t i = 0; i < COUNT(refusals); i++) {
		refuse(refusals[i].spec, &refusals[i].bad, false);
		refuse(refusals[i].spec, &refusals[i].bad, true);
	}
}

/* A person who has read the table's row knows it already. */
Test(update_qmk_hid, a_part_of_the_table)
{
	static const char table[] = "{\"format\": 1, \"devices\": [{\"name\": \"mine\", \"title\": \"my keyboard\","
				    "\"application\": [{\"ids\": [\"1209:2327\"], \"usage\": \"ff60/61\"}],"
				    "\"bootloader\": [{\"ids\": [\"03eb:2067\"]}], \"protocol\": \"qmk-hid\","
				    "\"part\": \"%s\", \"triggers\": [{\"name\": \"via\", \"report\": \"output\","
				    "\"usage\": \"ff60/61\", \"data\": \"0b\", \"size\": 32}]}]}";
	static const struct {
		const char *table;
		const char *named;
		int result;
	} cases[] = {
		{ "atmega32u4", NULL, 0 },
		{ "atmega32u4", "ATMEGA32U4", 0 },
		{ "atmega32u4", "atmega16u4", DFUT_ERROR_MISMATCH },
		{ "atmega16u2", NULL, DFUT_ERROR_MISMATCH },
		{ "atmega9999", NULL, DFUT_ERROR_USAGE },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct choices choices = { .part = cases[i].named };
		struct ending ending;
		struct bench bench;
		char text[sizeof(table) + 32];

		snprintf(text, sizeof(text), table, cases[i].table);
		bench_start(&bench, SPEC ",vid=1209,pid=2327");
		cr_assert(eq(int, bench_load_devices(&bench, text), 0), "%s", dfut_context_get_error(bench.context));
		ending = bench_put(&bench, load_hex(&bench, 20000), &choices, "table");
		cr_expect(eq(int, ending.result, cases[i].result), "%zu: %s", i, ending.message);
		cr_expect(bench_has(&bench, 0, program, 20000) == (ending.result == 0), "%zu", i);
		/* The table tells before the device is triggered. */
		if (ending.result < 0)
			cr_expect(eq(sz, dfut_sim_device_get_request_count(bench.device), 0), "%zu", i);
		bench_stop(&bench);
	}
}

/* The bootloader is larger than its part's section: what it ignores is told by the wire alone. */
Test(update_qmk_hid, a_page_that_is_not_taken, .timeout = 60)
{
	struct ending ending;
	struct bench bench;

	bench_start(&bench, SPEC ",part=atmega16u2");
	ending = bench_put(&bench, load_hex(&bench, 20000), &(struct choices){ .part = "atmega32u4" }, "other part");
	cr_expect(ne(int, ending.result, 0), "%s", ending.message);
	cr_expect(strstr(ending.message, "block at 0x00003000") != NULL, "%s", ending.message);
	cr_expect(strstr(ending.hint, "another one than was named") != NULL, "%s", ending.hint);
	cr_expect(bench_is_blank(&bench, 0, 128));
	bench_wait_ms(&bench, 2000);
	cr_expect(bench_is_in_bootloader(bench.device));
	ending = bench_put(&bench, load_hex(&bench, 9000), &(struct choices){ .part = "atmega16u2" }, "right part");
	cr_expect(eq(int, ending.result, 0), "%s", ending.message);
	cr_expect(bench_has(&bench, 0, program, 9000));
	bench_stop(&bench);
}

Test(update_qmk_hid, what_is_forced_is_done)
{
	const struct choices choices = { .part = "atmega32u4", .force = DFUT_CHECK_FORMAT };
	struct ending ending;
	struct bench bench;

	bench_start(&bench, SPEC);
	program_fill(program, 3000);
	ending = bench_put(&bench, bench_load_bytes(&bench, program, 3000), &choices, "forced");
	cr_expect(eq(int, ending.result, 0), "%s", ending.message);
	cr_expect(bench_has(&bench, 0, program, 3000));
	bench_stop(&bench);
}

Test(update_qmk_hid, cant_be_verified)
{
	const struct choices choices = { .part = "atmega32u4", .verify = DFUT_VERIFY_ALWAYS };
	struct ending ending;
	struct bench bench;

	bench_start(&bench, SPEC);
	bench_enter_bootloader(&bench);
	ending = bench_put(&bench, load_hex(&bench, 3000), &choices, "verify");
	cr_expect(eq(int, ending.result, DFUT_ERROR_VERIFY), "%s", ending.message);
	cr_expect(eq(sz, dfut_sim_device_get_request_count(bench.device), 0));
	bench_stop(&bench);
}
