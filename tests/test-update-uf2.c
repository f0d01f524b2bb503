/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Updates by UF2: from the application to the new firmware, what is written and what is left alone, and what that costs. */

#include "uf2-bench.h"

static struct bytes application, file, other;

TestSuite(update_uf2, .timeout = 120);

static void expect_done(const struct outcome *outcome, const char *what)
{
	cr_expect(eq(int, outcome->result, 0), "%s: %s (%s)", what, outcome->message, outcome->hint);
}

Test(update_uf2, updates_from_the_application_to_the_new_firmware)
{
	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct dfut_image *image;
		struct outcome outcome;
		struct bench bench;

		uf2_start(&bench, &kinds[i], "");
		make_application(&application, &kinds[i], 150 * KIB, 1);
		make_uf2_file(&file, &application, &kinds[i]);
		image = load(&bench, &file);
		outcome = update(&bench, image, kinds[i].spec);
		expect_done(&outcome, kinds[i].spec);
		cr_expect(eq(int, outcome.verified, DFUT_VERIFIED_IMPOSSIBLE), "%s", kinds[i].spec);
		cr_expect(ne(ptr, strstr(outcome.message, "bootloader restarts"), NULL), "%s", outcome.message);
		cr_expect(holds(&bench, &kinds[i], &application), "%s", kinds[i].spec);
		cr_expect(runs_application(&bench), "%s", kinds[i].spec);
		bench_expect_no_breach(bench.device, kinds[i].spec);
		dfut_image_free(image);
		bench_stop(&bench);
	}
}

static void put(struct bench *bench, const struct kind *kind, size_t size, uint8_t seed)
{
	struct dfut_image *image;
	struct outcome outcome;

	make_application(&application, kind, size, seed);
	make_uf2_file(&file, &application, kind);
	image = load(bench, &file);
	outcome = update(bench, image, kind->spec);
	expect_done(&outcome, kind->spec);
	cr_assert(holds(bench, kind, &application), "%s", kind->spec);
	dfut_image_free(image);
}

static size_t count_writes(const struct dfut_sim_device *device)
{
	size_t count = 0;

	for (size_t i = 0; i < dfut_sim_device_get_record_count(device); i++) {
		const struct dfut_sim_record *record = dfut_sim_device_get_record(device, i);

		count += record->event == DFUT_SIM_EVENT_ENDPOINT && record->length >= 512 && record->index < 0x80;
	}
	return count;
}

/* Where the way back is known, nothing is written, and it is started; else the image is what starts it. */
Test(update_uf2, says_that_nothing_has_changed)
{
	for (size_t i = METRO; i < COUNT(kinds); i++) {
		struct dfut_image *image;
		struct outcome outcome;
		struct bench bench;

		uf2_start(&bench, &kinds[i], "");
		put(&bench, &kinds[i], 40 * KIB, 1);
		dfut_sim_device_clear_record(bench.device);
		image = load(&bench, &file);
		outcome = update(&bench, image, kinds[i].spec);
		expect_done(&outcome, kinds[i].spec);
		cr_expect(eq(int, outcome.verified == DFUT_VERIFIED_YES, kinds[i].can_leave), "%s: %s", kinds[i].spec,
			  outcome.message);
		/* One block, which is below the application. */
		cr_expect(eq(sz, count_writes(bench.device), kinds[i].can_leave ? 1 : 3), "%s", kinds[i].spec);
		cr_expect(runs_application(&bench), "%s: %s", kinds[i].spec, outcome.hint);
		cr_expect(holds(&bench, &kinds[i], &application), "%s", kinds[i].spec);
		bench_expect_no_breach(bench.device, kinds[i].spec);
		dfut_image_free(image);
		bench_stop(&bench);
	}
}

Test(update_uf2, leaves_alone_who_waits_and_has_it)
{
	const struct wishes all = { DFUT_ERASE_ALL, DFUT_VERIFY_AUTO, 0, NULL };
	struct dfut_image *image;
	struct outcome outcome;
	struct bench bench;

	uf2_start(&bench, &kinds[METRO], "");
	put(&bench, &kinds[METRO], 40 * KIB, 1);
	uf2_touch(&bench);
	dfut_sim_device_clear_record(bench.device);
	image = load(&bench, &file);
	outcome = update(&bench, image, "unchanged");
	expect_done(&outcome, "unchanged");
	cr_expect(eq(int, outcome.verified, DFUT_VERIFIED_YES));
	cr_expect(eq(sz, count_writes(bench.device), 0));
	cr_expect(ne(ptr, strstr(outcome.hint, "reset button"), NULL), "%s", outcome.hint);
	outcome = update_with(&bench, image, &all, SIZE_MAX, "all");
	expect_done(&outcome, "all");
	cr_expect(runs_application(&bench));
	/* A page that differs is enough. */
	uf2_touch(&bench);
	application.data[20 * KIB]++;
	make_uf2_file(&file, &application, &kinds[METRO]);
	dfut_image_free(image);
	image = load(&bench, &file);
	outcome = update(&bench, image, "changed");
	expect_done(&outcome, "changed");
	cr_expect(eq(int, outcome.verified, DFUT_VERIFIED_IMPOSSIBLE));
	cr_expect(holds(&bench, &kinds[METRO], &application));
	dfut_image_free(image);
	bench_stop(&bench);
}

/* It may restart before it has told how the last command went. */
Test(update_uf2, does_without_the_last_status)
{
	for (size_t i = METRO; i < COUNT(kinds); i++) {
		struct dfut_image *image;
		struct outcome outcome;
		struct bench bench;

		uf2_start(&bench, &kinds[i], ",last-status=no");
		make_application(&application, &kinds[i], 40 * KIB, 1);
		make_uf2_file(&file, &application, &kinds[i]);
		image = load(&bench, &file);
		outcome = update(&bench, image, kinds[i].spec);
		expect_done(&outcome, kinds[i].spec);
		cr_expect(holds(&bench, &kinds[i], &application), "%s", kinds[i].spec);
		cr_expect(runs_application(&bench), "%s", kinds[i].spec);
		dfut_image_free(image);
		bench_stop(&bench);
	}
}

/* Of another format, the chip's family; of one with gaps, whole sectors where the ROM erases so. */
Test(update_uf2, makes_blocks_of_other_formats)
{
	static const size_t indices[] = { PICO, METRO, M4, M0, NRF52 };

	for (size_t k = 0; k < COUNT(indices); k++) {
		const struct kind *kind = &kinds[indices[k]];
		struct dfut_image *image;
		struct outcome outcome;
		struct bench bench;

		uf2_start(&bench, kind, "");
		make_application(&application, kind, 30001, 3);
		image = indices[k] == NRF52 ? load_at(&bench, &application, kind->start) : load(&bench, &application);
		outcome = update(&bench, image, kind->spec);
		expect_done(&outcome, kind->spec);
		cr_expect(holds(&bench, kind, &application), "%s", kind->spec);
		cr_expect(runs_application(&bench), "%s", kind->spec);
		bench_expect_no_breach(bench.device, kind->spec);
		dfut_image_free(image);
		bench_stop(&bench);
	}
}

/* The blocks of others are left out, whatever numbers they have. */
Test(update_uf2, chooses_its_own_family)
{
	struct dfut_image *image;
	struct outcome outcome;
	struct bench bench;

	uf2_start(&bench, &kinds[M4], "");
	make_data(&application, 9, 8 * KIB);
	file.size = 0;
	make_uf2(&file, &application, SAMD21, 0x2000);
	make_application(&application, &kinds[M4], 16 * KIB, 4);
	make_uf2(&file, &application, SAMD51, 0x4000);
	image = load(&bench, &file);
	outcome = update(&bench, image, "two families");
	expect_done(&outcome, "two families");
	cr_expect(holds(&bench, &kinds[M4], &application));
	bench_expect_no_breach(bench.device, "two families");
	dfut_image_free(image);
	bench_stop(&bench);
}

static void add_e10_block(struct bytes *to)
{
	uint8_t data[256];

	memset(data, 0xef, sizeof(data));
	add_block(to, FAMILY_ABSOLUTE, 0x10ffff00, data, 0, 2);
}

/* Tools put it in front of files for RP2350. */
Test(update_uf2, passes_the_block_of_erratum_10_on)
{
	struct dfut_image *image;
	struct outcome outcome;
	struct bench bench;

	uf2_start(&bench, &kinds[PICO_2], "");
	make_application(&application, &kinds[PICO_2], 16 * KIB, 4);
	file.size = 0;
	add_e10_block(&file);
	make_uf2(&file, &application, FAMILY_ARM, FLASH);
	image = load(&bench, &file);
	dfut_sim_device_clear_record(bench.device);
	outcome = update(&bench, image, "E10");
	expect_done(&outcome, "E10");
	cr_expect(holds(&bench, &kinds[PICO_2], &application));
	cr_expect(runs_application(&bench));
	dfut_image_free(image);
	bench_stop(&bench);
}

/* CURRENT.UF2 of uf2-samdx1 begins with the bootloader, which is counted, and not written. */
Test(update_uf2, restores_a_whole_flash)
{
	static struct bytes whole;
	struct dfut_image *image;
	struct outcome outcome;
	struct bench bench;

	uf2_start(&bench, &kinds[M0], "");
	make_data(&whole, 5, 256 * KIB);
	make_application(&application, &kinds[M0], 200 * KIB, 5);
	memcpy(whole.data + 0x2000, application.data, application.size);
	file.size = 0;
	make_uf2(&file, &whole, SAMD21, 0);
	image = load(&bench, &file);
	outcome = update(&bench, image, "whole");
	expect_done(&outcome, "whole");
	cr_expect(holds(&bench, &kinds[M0], &application));
	cr_expect(not(holds_at(&bench, 0, &whole)));
	dfut_image_free(image);
	bench_stop(&bench);
}

/* Reading. */

static int keep(const uint8_t *data, size_t size, void *user_data)
{
	struct bytes *bytes = user_data;

	cr_assert(le(sz, bytes->size + size, sizeof(bytes->data)));
	memcpy(bytes->data + bytes->size, data, size);
	bytes->size += size;
	return 0;
}

static struct outcome upload(struct bench *bench, int64_t address, uint64_t size, struct bytes *to)
{
	struct dfut_session *session = bench_new_session(bench, "1-1");
	struct outcome outcome;

	to->size = 0;
	if (address >= 0)
		dfut_session_set_address(session, (uint32_t)address);
	dfut_session_set_upload_size(session, size);
	outcome.result = dfut_session_start_upload(session, keep, to);
	if (outcome.result == 0)
		outcome.result = bench_run(bench, session, SIZE_MAX, "upload");
	snprintf(outcome.message, sizeof(outcome.message), "%s", dfut_session_get_message(session));
	snprintf(outcome.hint, sizeof(outcome.hint), "%s", dfut_session_get_hint(session));
	dfut_session_free(session);
	return outcome;
}

Test(update_uf2, reads_what_the_drive_shows)
{
	static struct bytes read;
	struct outcome outcome;
	struct bench bench;
	size_t size;

	uf2_start(&bench, &kinds[M4], "");
	put(&bench, &kinds[M4], 100 * KIB, 1);
	outcome = upload(&bench, 0x4000 + 1000, 50001, &read);
	cr_expect(eq(int, outcome.result, 0), "%s", outcome.message);
	cr_assert(eq(sz, read.size, 50001));
	cr_expect(eq(int, memcmp(read.data, application.data + 1000, read.size), 0));
	outcome = upload(&bench, -1, 0, &read);
	cr_expect(eq(int, outcome.result, 0), "%s", outcome.message);
	get_flash(&bench, &size);
	cr_assert(eq(sz, read.size, size));
	cr_expect(holds_at(&bench, 0, &read));
	outcome = upload(&bench, 0x80000, 0, &read);
	cr_expect(eq(int, outcome.result, DFUT_ERROR_MISMATCH), "%s", outcome.message);
	outcome = upload(&bench, 0x7ff00, 257, &read);
	cr_expect(eq(int, outcome.result, DFUT_ERROR_MISMATCH), "%s", outcome.message);
	bench_stop(&bench);
	uf2_start(&bench, &kinds[PICO], "");
	outcome = upload(&bench, -1, 0, &read);
	cr_expect(eq(int, outcome.result, DFUT_ERROR_UNSUPPORTED), "%s", outcome.message);
	bench_stop(&bench);
}

/* Leaving. */

Test(update_uf2, starts_the_application_where_that_is_possible)
{
	for (size_t i = METRO; i < COUNT(kinds); i++) {
		struct dfut_session *session;
		struct bench bench;
		int result;

		uf2_start(&bench, &kinds[i], "");
		put(&bench, &kinds[i], 20 * KIB, 1);
		uf2_touch(&bench);
		session = bench_new_session(&bench, "1-1");
		result = dfut_session_start_command(session, "start");
		if (result == 0)
			result = bench_run(&bench, session, SIZE_MAX, kinds[i].spec);
		cr_expect(eq(int, result == 0, kinds[i].can_leave), "%s: %s", kinds[i].spec,
			  dfut_session_get_message(session));
		cr_expect(eq(int, runs_application(&bench), kinds[i].can_leave), "%s", kinds[i].spec);
		cr_expect(holds(&bench, &kinds[i], &application), "%s", kinds[i].spec);
		dfut_session_free(session);
		bench_stop(&bench);
	}
}

/* What is known only once the drive was asked. */
Test(update_uf2, starts_again_what_it_refuses)
{
	struct dfut_image *image;
	struct outcome outcome;
	struct bench bench;

	uf2_start(&bench, &kinds[M4], "");
	put(&bench, &kinds[M4], 20 * KIB, 1);
	make_data(&other, 9, 8 * KIB);
	file.size = 0;
	make_uf2(&file, &other, SAMD21, 0x2000);
	image = load(&bench, &file);
	outcome = update(&bench, image, "foreign");
	cr_expect(eq(int, outcome.result, DFUT_ERROR_MISMATCH), "%s", outcome.message);
	cr_expect(ne(ptr, strstr(outcome.hint, "started again"), NULL), "%s", outcome.hint);
	cr_expect(runs_application(&bench));
	cr_expect(holds(&bench, &kinds[M4], &application));
	dfut_image_free(image);
	bench_stop(&bench);
}

/* Cost: see docs/performance.md. */

struct cost {
	size_t transfers;
	size_t bytes;
	size_t controls;
};

static struct cost get_cost(const struct dfut_sim_device *device)
{
	struct cost cost = { 0 };

	for (size_t i = 0; i < dfut_sim_device_get_record_count(device); i++) {
		const struct dfut_sim_record *record = dfut_sim_device_get_record(device, i);

		if (record->event == DFUT_SIM_EVENT_ENDPOINT) {
			cost.transfers++;
			cost.bytes += record->length;
		}
		cost.controls += record->event == DFUT_SIM_EVENT_CONTROL && record->request_type == 0x21 &&
				 record->request == 0xff;
	}
	return cost;
}

Test(update_uf2, asks_for_no_more_than_is_needed)
{
	/* 64 KiB are 256 blocks: four commands. Questions: INQUIRY, TEST UNIT READY, READ CAPACITY, first sector, directory,
	 * INFO_UF2.TXT; the RP's volume is in a partition, the Metro has CURRENT.UF2, of which a first read differs. */
	static const struct {
		size_t kind;
		size_t questions;
	} cases[] = { { PICO, 7 }, { METRO, 7 } };

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct kind *kind = &kinds[cases[i].kind];
		struct dfut_image *image;
		struct outcome outcome;
		struct bench bench;
		struct cost cost;

		uf2_start(&bench, kind, "");
		uf2_touch(&bench);
		dfut_sim_device_clear_record(bench.device);
		make_application(&application, kind, 64 * KIB, 1);
		make_uf2_file(&file, &application, kind);
		image = load(&bench, &file);
		outcome = update(&bench, image, kind->spec);
		expect_done(&outcome, kind->spec);
		cost = get_cost(bench.device);
		fprintf(stderr, "%s: %zu transfers, %zu bytes, %zu resets\n", kind->spec, cost.transfers, cost.bytes,
			cost.controls);
		/* What goes out: a command each, and the data of four. */
		cr_expect(eq(sz, cost.transfers, cases[i].questions + kind->has_current + 2 * 4u), "%s", kind->spec);
		cr_expect(eq(sz, cost.controls, 2u + kind->has_current), "%s", kind->spec);
		cr_expect(eq(sz, cost.bytes, 2 * 64 * KIB + 31 * (cases[i].questions + kind->has_current + 4)), "%s",
			  kind->spec);
		dfut_image_free(image);
		bench_stop(&bench);
	}
}

/* Who is to stay in a bootloader that can't is not triggered. */
Test(update_uf2, is_not_done_without_a_restart)
{
	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct dfut_session *session;
		struct dfut_image *image;
		struct bench bench;

		uf2_start(&bench, &kinds[i], "");
		make_application(&application, &kinds[i], 150 * KIB, 1);
		make_uf2_file(&file, &application, &kinds[i]);
		image = load(&bench, &file);
		session = bench_new_session(&bench, "1-1");
		dfut_session_set_restart(session, DFUT_RESTART_NEVER);
		cr_expect(eq(int, dfut_session_start_update(session, image), DFUT_ERROR_UNSUPPORTED), "%s: %s",
			  kinds[i].spec, dfut_session_get_message(session));
		cr_expect(ne(ptr, strstr(dfut_session_get_message(session), "always ends with a restart"), NULL), "%s",
			  dfut_session_get_message(session));
		cr_expect(ne(ptr, strstr(dfut_session_get_hint(session), "--restart=auto"), NULL), "%s",
			  dfut_session_get_hint(session));
		cr_expect(runs_application(&bench), "%s", kinds[i].spec);
		cr_expect(eq(sz, dfut_sim_device_get_record_count(bench.device), 1), "%s: its arrival", kinds[i].spec);
		dfut_session_free(session);
		dfut_image_free(image);
		bench_stop(&bench);
	}
}

/* Against what flash needs, with the times that the virtual chips have. */
Test(update_uf2, takes_little_more_than_the_flash_does)
{
	static const struct {
		size_t kind;
		const char *options;
		uint64_t needed_us; /* of 256 KiB */
	} cases[] = {
		{ PICO, ",erase-us=45000,program-us=700", 64 * 45000 + 1024 * 700 },
		{ PICO_2, ",erase-us=45000,program-us=700", 64 * 45000 + 1024 * 700 },
		{ METRO, ",erase-us=45000,program-us=400", 64 * 45000 + 1024 * 400 },
		{ M4, ",erase-us=100000,program-us=800", 32 * 100000 + 1024 * 800 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct kind *kind = &kinds[cases[i].kind];
		uint64_t from_us, spent_us = 0;
		struct dfut_image *image;
		struct outcome outcome;
		struct bench bench;

		uf2_start(&bench, kind, cases[i].options);
		uf2_touch(&bench);
		make_application(&application, kind, 256 * KIB, 1);
		make_uf2_file(&file, &application, kind);
		image = load(&bench, &file);
		from_us = dfut_sim_get_time_us(bench.sim);
		outcome = update(&bench, image, kind->spec);
		expect_done(&outcome, kind->spec);
		for (size_t k = dfut_sim_device_get_record_count(bench.device); k-- > 0;)
			if (dfut_sim_device_get_record(bench.device, k)->event == DFUT_SIM_EVENT_LEFT) {
				spent_us = dfut_sim_device_get_record(bench.device, k)->time_us - from_us;
				break;
			}
		fprintf(stderr, "%s: %.3f s, the flash needs %.3f s\n", kind->spec, (double)spent_us / 1e6,
			(double)cases[i].needed_us / 1e6);
		/* 512 KiB on the wire, and the second that the ROM waits before it restarts. */
		cr_expect(le(u64, spent_us, cases[i].needed_us * 105 / 100 + 512 * 1024 + 1000000), "%s", kind->spec);
		dfut_image_free(image);
		bench_stop(&bench);
	}
}
