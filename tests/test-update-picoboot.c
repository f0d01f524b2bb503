/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Updates by PICOBOOT: from the application to the new firmware, what is written and what is left alone, and what that costs. */

#include "picoboot-bench.h"

static struct bytes program, file, before;

static void expect_good(const struct outcome *outcome, const char *what)
{
	cr_expect(eq(int, outcome->result, 0), "%s: %s (%s)", what, outcome->message, outcome->hint);
	cr_expect(eq(int, outcome->verified, DFUT_VERIFIED_YES), "%s: %s", what, outcome->message);
}

static void touch_at(struct bench *bench, const char *path)
{
	struct dfut_session *session = bench_new_session(bench, path);

	cr_assert(eq(int, dfut_session_start_trigger(session), 0));
	cr_assert(eq(int, bench_run(bench, session, SIZE_MAX, "trigger"), 0), "%s", dfut_session_get_message(session));
	dfut_session_free(session);
}

static void touch(struct bench *bench)
{
	touch_at(bench, "1-1");
	cr_assert(bench_is_in_bootloader(bench->device));
}

Test(update_picoboot, updates_from_the_application_to_the_new_firmware, .timeout = 60)
{
	static const char *const specs[] = { RP2040,
					     RP2350,
					     RP2350 ",revision=4",
					     RP2040 ",reset-interface=no",
					     RP2040 ",vid=2e8a,pid=0005,reset-interface=no",
					     RP2040 ",vid=2341,pid=005e,reset-interface=no",
					     RP2040 ",vid=239a,pid=80f1" };

	for (size_t i = 0; i < COUNT(specs); i++) {
		struct dfut_image *image;
		struct outcome outcome;
		struct bench bench;

		bench_start(&bench, specs[i]);
		make_program(&program, specs[i], 150001);
		image = load(&bench, &program);
		outcome = update(&bench, image, specs[i]);
		expect_good(&outcome, specs[i]);
		cr_expect(holds_at(&bench, 0, &program), "%s", specs[i]);
		cr_expect(runs_application(&bench), "%s", specs[i]);
		bench_expect_no_breach(bench.device, specs[i]);
		dfut_image_free(image);
		bench_stop(&bench);
	}
}

Test(update_picoboot, takes_what_is_in_its_bootloader_already, .timeout = 60)
{
	static const char *const specs[] = { RP2040, RP2350 };

	for (size_t i = 0; i < COUNT(specs); i++) {
		struct dfut_image *image;
		struct outcome outcome;
		struct bench bench;

		bench_start(&bench, specs[i]);
		touch(&bench);
		make_program(&program, specs[i], 5000);
		image = load(&bench, &program);
		outcome = update(&bench, image, specs[i]);
		expect_good(&outcome, specs[i]);
		cr_expect(holds_at(&bench, 0, &program), "%s", specs[i]);
		cr_expect(runs_application(&bench), "%s", specs[i]);
		/* Never the drive. */
		cr_expect(eq(sz, count(bench.device).drive, 0), "%s", specs[i]);
		dfut_image_free(image);
		bench_stop(&bench);
	}
}

/* The commands that the protocol needs: see docs/performance.md. */
Test(update_picoboot, asks_for_no_more_than_is_needed, .timeout = 60)
{
	static const struct {
		const char *spec;
		size_t commands; /* beside those for data */
	} cases[] = {
		/* Exit XIP, read the chip; exclusive, exit XIP; restart. */
		{ RP2040, 5 },
		/* And what flash and which partition. */
		{ RP2350, 7 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *spec = cases[i].spec;
		struct dfut_image *image;
		struct outcome outcome;
		struct bench bench;
		struct tally tally;

		bench_start(&bench, spec);
		make_program(&program, spec, 64 * KIB);
		image = load(&bench, &program);
		outcome = update(&bench, image, spec);
		expect_good(&outcome, spec);
		tally = count(bench.device);
		/* 16 sectors: two reads, an erase and a write for each, two reads. */
		cr_expect(eq(sz, tally.sectors, 16), "%s", spec);
		cr_expect(eq(sz, tally.commands, cases[i].commands + 2 + 2 * 16 + 2), "%s", spec);
		/* Of what came in. */
		cr_expect(eq(sz, tally.acknowledgements, 2 + 2 + cases[i].commands - 4), "%s", spec);
		cr_expect(eq(sz, tally.others, 0), "%s", spec);
		cr_expect(eq(sz, tally.controls, 1), "%s", spec);
		dfut_image_free(image);
		bench_stop(&bench);
	}
}

/* Sectors of 45 ms and pages of 0.7 ms, and 64 bytes in each packet. */
Test(update_picoboot, takes_little_more_than_the_flash_does, .timeout = 60)
{
	const struct wishes wishes = { DFUT_ERASE_ALL, DFUT_VERIFY_NEVER, 0, NULL };
	const size_t sectors = 64;
	uint64_t needed_us = sectors * (45000 + 16 * 700), from_us, spent_us = 0;
	struct dfut_image *image;
	struct outcome outcome;
	struct bench bench;

	bench_start(&bench, RP2040 ",erase-us=45000,program-us=700");
	touch(&bench);
	make_program(&program, RP2040, sectors * SECTOR);
	image = load(&bench, &program);
	from_us = dfut_sim_get_time_us(bench.sim);
	outcome = update_with(&bench, image, &wishes, SIZE_MAX, "time");
	cr_expect(eq(int, outcome.result, 0), "%s", outcome.message);
	for (size_t i = dfut_sim_device_get_record_count(bench.device); i-- > 0;)
		if (dfut_sim_device_get_record(bench.device, i)->event == DFUT_SIM_EVENT_LEFT) {
			spent_us = dfut_sim_device_get_record(bench.device, i)->time_us - from_us;
			break;
		}
	fprintf(stderr, "%zu sectors: %.3f s, the flash needs %.3f s\n", sectors, (double)spent_us / 1e6,
		(double)needed_us / 1e6);
	/* 100 ms until it restarts, and 1 MB/s on the wire. */
	cr_expect(le(u64, spent_us, needed_us * 105 / 100 + 100000 + sectors * SECTOR));
	dfut_image_free(image);
	bench_stop(&bench);
}

Test(update_picoboot, writes_nothing_that_is_there, .timeout = 60)
{
	static const char *const specs[] = { RP2040, RP2350 };

	for (size_t i = 0; i < COUNT(specs); i++) {
		const struct wishes all = { DFUT_ERASE_ALL, DFUT_VERIFY_AUTO, 0, NULL };
		struct dfut_image *image;
		struct outcome outcome;
		struct bench bench;

		bench_start(&bench, specs[i]);
		make_program(&program, specs[i], 100000);
		image = load(&bench, &program);
		outcome = update(&bench, image, specs[i]);
		expect_good(&outcome, specs[i]);
		dfut_sim_device_clear_record(bench.device);
		outcome = update(&bench, image, specs[i]);
		expect_good(&outcome, specs[i]);
		cr_expect(strstr(outcome.message, "nothing was written") != NULL, "%s: %s", specs[i], outcome.message);
		cr_expect(eq(sz, count(bench.device).sectors, 0), "%s", specs[i]);
		cr_expect(runs_application(&bench), "%s", specs[i]);
		dfut_sim_device_clear_record(bench.device);
		outcome = update_with(&bench, image, &all, SIZE_MAX, specs[i]);
		expect_good(&outcome, specs[i]);
		cr_expect(eq(sz, count(bench.device).sectors, 25), "%s", specs[i]);
		bench_expect_no_breach(bench.device, specs[i]);
		dfut_image_free(image);
		bench_stop(&bench);
	}
}

/* Two pieces in one sector, one that begins in the middle of a page, one far away: beside them all stays. */
Test(update_picoboot, keeps_what_is_in_the_gaps, .timeout = 60)
{
	static const struct {
		uint32_t offset;
		uint32_t size;
	} pieces[] = { { 0x20100, 100 }, { 0x20333, 700 }, { 0x40f80, 256 }, { 0x80000, 4096 } };
	static const enum dfut_erase erases[] = { DFUT_ERASE_AUTO, DFUT_ERASE_NEEDED, DFUT_ERASE_ALL };
	static uint8_t wanted[MIB];

	for (size_t i = 0; i < COUNT(erases); i++) {
		const struct wishes wishes = { erases[i], DFUT_VERIFY_AUTO, 0, NULL };
		char text[48 * KIB] = "";
		size_t used = 0;
		struct dfut_image *image;
		struct outcome outcome;
		struct bench bench;

		bench_start(&bench, RP2040);
		fill_old(&bench, 0x10000);
		memcpy(wanted, get_flash(&bench, NULL), sizeof(wanted));
		for (size_t k = 0; k < COUNT(pieces); k++) {
			used += (size_t)snprintf(text + used, sizeof(text) - used, "S3");
			used -= 2;
			for (uint32_t at = pieces[k].offset, end = at + pieces[k].size; at < end;) {
				uint32_t size = end - at < 32 ? end - at : 32, address = FLASH + at;
				uint8_t sum = (uint8_t)(size + 5 + (address >> 24) + (address >> 16) + (address >> 8) +
							address);

				used += (size_t)snprintf(text + used, sizeof(text) - used, "S3%02X%08X", size + 5,
							 address);
				for (uint32_t n = 0; n < size; n++) {
					wanted[at + n] = get_content(at + n);
					sum = (uint8_t)(sum + wanted[at + n]);
					used += (size_t)snprintf(text + used, sizeof(text) - used, "%02X",
								 wanted[at + n]);
				}
				used += (size_t)snprintf(text + used, sizeof(text) - used, "%02X\n", (uint8_t)~sum);
				at += size;
			}
		}
		used += (size_t)snprintf(text + used, sizeof(text) - used, "S70510000000EA\n");
		cr_assert(eq(int, dfut_image_load_buffer(&image, bench.context, text, used, 0), 0), "%s",
			  dfut_context_get_error(bench.context));
		outcome = update_with(&bench, image, &wishes, SIZE_MAX, "gaps");
		expect_good(&outcome, "gaps");
		cr_expect(eq(sz, count(bench.device).sectors, 4), "erase %d", erases[i]);
		cr_expect(eq(int, memcmp(get_flash(&bench, NULL), wanted, sizeof(wanted)), 0), "erase %d", erases[i]);
		bench_expect_no_breach(bench.device, "gaps");
		dfut_image_free(image);
		bench_stop(&bench);
	}
}

/* Erased sectors are not written. */
Test(update_picoboot, writes_only_what_an_erase_does_not_do, .timeout = 60)
{
	struct dfut_image *image;
	struct outcome outcome;
	struct bench bench;

	bench_start(&bench, RP2040);
	fill_old(&bench, 0x10000);
	make_program(&program, RP2040, 96 * KIB);
	memset(program.data + 64 * KIB, 0xff, 16 * KIB);
	image = load(&bench, &program);
	outcome = update(&bench, image, "erased");
	expect_good(&outcome, "erased");
	cr_expect(eq(sz, count(bench.device).sectors, 20));
	cr_expect(holds_at(&bench, 0, &program));
	dfut_image_free(image);
	bench_stop(&bench);
}

Test(update_picoboot, takes_files_of_all_kinds, .timeout = 60)
{
	static const struct {
		const char *spec;
		uint32_t family;
		uint16_t type;
	} cases[] = {
		{ RP2040, FAMILY_RP2040, 0 },
		{ RP2040, 0, 0 },
		{ RP2350, FAMILY_ARM, TYPE_RP2350 },
		{ RP2350, FAMILY_RISCV, TYPE_RISCV },
		{ RP2350, FAMILY_ABSOLUTE, TYPE_RP2350 },
		{ RP2350, 0, TYPE_RP2350 },
	};
	static const char *const formats[] = { "ihex", "srec" };

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct dfut_image *image;
		struct outcome outcome;
		struct bench bench;

		bench_start(&bench, cases[i].spec);
		file.size = 0;
		if (cases[i].type)
			make_rp2350(&program, 20 * KIB, cases[i].type);
		else
			make_rp2040(&program, 20 * KIB);
		make_uf2(&file, &program, cases[i].family, FLASH);
		image = load(&bench, &file);
		outcome = update(&bench, image, cases[i].spec);
		expect_good(&outcome, cases[i].spec);
		cr_expect(holds_at(&bench, 0, &program), "%s, %08x", cases[i].spec, cases[i].family);
		cr_expect(runs_application(&bench), "%s, %08x", cases[i].spec, cases[i].family);
		dfut_image_free(image);
		bench_stop(&bench);
	}
	for (size_t i = 0; i < COUNT(formats); i++) {
		struct dfut_image *image;
		struct outcome outcome;
		struct bench bench;

		bench_start(&bench, RP2040);
		make_rp2040(&program, 20 * KIB);
		image = load_at(&bench, &program, FLASH);
		cr_assert(eq(int, dfut_image_convert(image, formats[i]), 0));
		outcome = update(&bench, image, formats[i]);
		expect_good(&outcome, formats[i]);
		cr_expect(holds_at(&bench, 0, &program), "%s", formats[i]);
		dfut_image_free(image);
		bench_stop(&bench);
	}
}

/* Erratum E10: the block in front is neither a family of its own nor written. */
Test(update_picoboot, leaves_out_the_block_of_an_erratum, .timeout = 60)
{
	static const uint32_t addresses[] = { 0x10ffff00, 0x103fff00 };
	uint8_t filler[256];

	memset(filler, 0xef, sizeof(filler));
	for (size_t i = 0; i < COUNT(addresses); i++) {
		struct dfut_image *image;
		struct outcome outcome;
		struct bench bench;

		bench_start(&bench, RP2350);
		make_rp2350(&program, 20 * KIB, TYPE_RP2350);
		file.size = 0;
		add_block(&file, FAMILY_ABSOLUTE, addresses[i], filler, 0, 2);
		make_uf2(&file, &program, FAMILY_ARM, FLASH);
		image = load(&bench, &file);
		outcome = update(&bench, image, "E10");
		expect_good(&outcome, "E10");
		cr_expect(holds_at(&bench, 0, &program));
		cr_expect(eq(sz, count(bench.device).sectors, 5));
		dfut_image_free(image);
		bench_stop(&bench);
	}
}

/* Addresses are those of the partition that the ROM names, and of two it names the one that rests. */
Test(update_picoboot, writes_to_the_partition_of_the_family, .timeout = 60)
{
	static const char *const kinds[] = { "plain", "ab" };

	for (size_t i = 0; i < COUNT(kinds); i++) {
		uint32_t first = 2 * SECTOR, second = first;
		struct dfut_image *image;
		struct outcome outcome;
		struct bench bench;
		char spec[80];
		size_t size;

		snprintf(spec, sizeof(spec), RP2350 ",partitions=%s", kinds[i]);
		bench_start(&bench, spec);
		make_rp2350(&program, 30000, TYPE_RP2350);
		image = load(&bench, &program);
		memcpy(before.data, get_flash(&bench, &size), 2 * SECTOR);
		before.size = 2 * SECTOR;
		outcome = update(&bench, image, spec);
		expect_good(&outcome, spec);
		cr_expect(runs_application(&bench), "%s", spec);
		cr_expect(holds_at(&bench, 0, &before), "%s: the table", spec);
		for (second = first; second < size && !holds_at(&bench, second, &program);)
			second += SECTOR;
		cr_expect(lt(u32, second, (uint32_t)size), "%s", spec);
		if (i == 1)
			cr_expect(lt(u32, first, second), "%s: the other one", spec);
		bench_expect_no_breach(bench.device, spec);
		dfut_image_free(image);
		bench_stop(&bench);
	}
}

/* What is at a higher address needs nothing that starts; what starts stays. */
Test(update_picoboot, writes_data_beside_the_program, .timeout = 60)
{
	static const char *const specs[] = { RP2040, RP2350 };

	for (size_t i = 0; i < COUNT(specs); i++) {
		struct dfut_image *image;
		struct outcome outcome;
		struct bench bench;

		bench_start(&bench, specs[i]);
		make_data(&program, 0x80100, 3000);
		image = load_at(&bench, &program, FLASH + 0x80100);
		outcome = update(&bench, image, specs[i]);
		expect_good(&outcome, specs[i]);
		cr_expect(holds_at(&bench, 0x80100, &program), "%s", specs[i]);
		cr_expect(runs_application(&bench), "%s", specs[i]);
		dfut_image_free(image);
		bench_stop(&bench);
	}
}

/* Who says that it is data may write anything; that nothing starts then is no success. */
Test(update_picoboot, writes_what_does_not_start_if_told_so, .timeout = 60)
{
	const struct wishes wishes = { DFUT_ERASE_AUTO, DFUT_VERIFY_AUTO, DFUT_CHECK_CHECKSUM, NULL };
	struct dfut_image *image;
	struct outcome outcome;
	struct bench bench;

	bench_start(&bench, RP2040);
	make_data(&program, 0, 20 * KIB);
	image = load_at(&bench, &program, FLASH);
	outcome = update_with(&bench, image, &wishes, SIZE_MAX, "data");
	cr_expect(eq(int, outcome.result, DFUT_ERROR_DEVICE), "%s", outcome.message);
	cr_expect(strstr(outcome.message, "does not start") != NULL, "%s", outcome.message);
	cr_expect(holds_at(&bench, 0, &program));
	cr_expect(bench_is_in_bootloader(bench.device));
	/* The next program starts. */
	dfut_image_free(image);
	make_program(&program, RP2040, 10 * KIB);
	image = load(&bench, &program);
	outcome = update(&bench, image, "program");
	expect_good(&outcome, "program");
	cr_expect(runs_application(&bench));
	dfut_image_free(image);
	bench_stop(&bench);
}

/* RP2040 acknowledges an erase that did nothing. */
Test(update_picoboot, sees_that_nothing_was_erased, .timeout = 60)
{
	struct dfut_image *image;
	struct outcome outcome;
	struct bench bench;

	bench_start(&bench, RP2040 ",erases=no");
	make_program(&program, RP2040, 20 * KIB);
	image = load(&bench, &program);
	outcome = update(&bench, image, "erases=no");
	cr_expect(eq(int, outcome.result, DFUT_ERROR_VERIFY), "%s", outcome.message);
	cr_expect(strstr(outcome.message, "0x1000") != NULL, "%s", outcome.message);
	cr_expect(ne(int, outcome.verified, DFUT_VERIFIED_YES));
	dfut_image_free(image);
	bench_stop(&bench);
}

/* Both show the serial number of their ROM: only where they are plugged in tells who is who. */
Test(update_picoboot, tells_two_with_one_serial_number_apart, .timeout = 60)
{
	struct dfut_sim_device *other;
	struct dfut_device *device;
	struct dfut_image *image;
	struct outcome outcome;
	struct bench bench;
	struct bytes *old = malloc(sizeof(*old));
	char serial[32];
	size_t size;

	bench_start(&bench, RP2040);
	other = bench_plug(&bench, RP2040, "1-2");
	touch(&bench);
	touch_at(&bench, "1-2");
	device = bench_find(&bench, "1-1");
	snprintf(serial, sizeof(serial), "%s", dfut_device_get_serial_number(device));
	dfut_device_unref(device);
	device = bench_find(&bench, "1-2");
	cr_expect(eq(str, (char *)dfut_device_get_serial_number(device), serial));
	dfut_device_unref(device);
	memcpy(old->data, dfut_sim_device_get_memory(other, "flash", &size), 64 * KIB);
	make_program(&program, RP2040, 50000);
	image = load(&bench, &program);
	outcome = update(&bench, image, "twins");
	expect_good(&outcome, "twins");
	cr_expect(holds_at(&bench, 0, &program));
	cr_expect(runs_application(&bench));
	cr_expect(bench_is_in_bootloader(other));
	cr_expect(eq(int, memcmp(dfut_sim_device_get_memory(other, "flash", &size), old->data, 64 * KIB), 0));
	cr_expect(eq(sz, count(other).commands, 0));
	dfut_image_free(image);
	free(old);
	bench_stop(&bench);
}

static int keep(const uint8_t *data, size_t size, void *user_data)
{
	struct bytes *bytes = user_data;

	cr_assert(le(sz, bytes->size + size, sizeof(bytes->data)));
	memcpy(bytes->data + bytes->size, data, size);
	bytes->size += size;
	return 0;
}

Test(update_picoboot, reads_flash, .timeout = 60)
{
	static const struct {
		const char *spec;
		int64_t address; /* -1: none */
		uint64_t size;
		uint32_t begins; /* what comes */
		size_t bytes;
	} cases[] = {
		{ RP2040, -1, 1000, 0, 1000 },
		{ RP2040, FLASH + 0x1001, 70001, 0x1001, 70001 },
		{ "pico:flash-size=512K", -1, 0, 0, 512 * KIB },
		{ "pico:flash-size=512K", FLASH + 0x7ff01, 0, 0x7ff01, 0xff },
		{ "pico:chip=rp2350,flash-size=512K", -1, 0, 0, 512 * KIB },
		{ "pico:chip=rp2350,flash-size=512K", FLASH + 0x40000, 5000, 0x40000, 5000 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct dfut_session *session;
		struct bench bench;
		size_t size;

		bench_start(&bench, cases[i].spec);
		fill_old(&bench, 0x10000);
		before.size = 0;
		session = bench_new_session(&bench, "1-1");
		cr_assert(eq(int, dfut_session_set_address(session, cases[i].address), 0));
		dfut_session_set_upload_size(session, cases[i].size);
		cr_expect(eq(int, dfut_session_start_upload(session, keep, &before), 0), "%s",
			  dfut_session_get_message(session));
		cr_expect(eq(int, bench_run(&bench, session, SIZE_MAX, cases[i].spec), 0), "%zu: %s", i,
			  dfut_session_get_message(session));
		cr_expect(eq(sz, before.size, cases[i].bytes), "%zu", i);
		cr_expect(eq(int, memcmp(before.data, get_flash(&bench, &size) + cases[i].begins, before.size), 0),
			  "%zu", i);
		bench_expect_no_breach(bench.device, cases[i].spec);
		dfut_session_free(session);
		bench_stop(&bench);
	}
}

Test(update_picoboot, reads_nothing_that_is_not_there, .timeout = 60)
{
	static const struct {
		const char *spec;
		int64_t address;
		uint64_t size;
		const char *words;
		bool is_late; /* the device says it */
	} cases[] = {
		{ RP2040, 0x20000000, 100, "not in flash", false },
		{ RP2040, 0, 100, "not in flash", false },
		{ RP2040, FLASH, 64 * MIB, "go beyond", false },
		{ RP2350, FLASH + MIB, 0, "flash of the RP2350", true },
		{ RP2350, FLASH + MIB - 10, 20, "flash of the RP2350", true },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct dfut_session *session;
		struct bench bench;
		int result;

		bench_start(&bench, cases[i].spec);
		touch(&bench);
		before.size = 0;
		session = bench_new_session(&bench, "1-1");
		cr_assert(eq(int, dfut_session_set_address(session, cases[i].address), 0));
		dfut_session_set_upload_size(session, cases[i].size);
		result = dfut_session_start_upload(session, keep, &before);
		cr_expect(eq(int, result, cases[i].is_late ? 0 : DFUT_ERROR_MISMATCH), "%zu", i);
		if (result == 0)
			result = bench_run(&bench, session, SIZE_MAX, cases[i].spec);
		cr_expect(eq(int, result, DFUT_ERROR_MISMATCH), "%zu", i);
		cr_expect(strstr(dfut_session_get_message(session), cases[i].words) != NULL, "%zu: %s", i,
			  dfut_session_get_message(session));
		cr_expect(eq(sz, before.size, 0), "%zu", i);
		dfut_session_free(session);
		bench_stop(&bench);
	}
}

/* Its size shows by where its beginning comes again; there is none if that is erased. */
Test(update_picoboot, asks_for_a_size_where_none_shows, .timeout = 60)
{
	static uint8_t erased[512];
	struct dfut_session *session;
	struct bench bench;

	bench_start(&bench, RP2040);
	touch(&bench);
	memset(erased, 0xff, sizeof(erased));
	cr_assert(eq(int, dfut_sim_device_set_memory(bench.device, "flash", 0, erased, sizeof(erased)), 0));
	session = bench_new_session(&bench, "1-1");
	cr_expect(eq(int, dfut_session_start_upload(session, keep, &before), 0));
	cr_expect(eq(int, bench_run(&bench, session, SIZE_MAX, "erased"), DFUT_ERROR_USAGE));
	cr_expect(strstr(dfut_session_get_hint(session), "--size") != NULL, "%s", dfut_session_get_hint(session));
	dfut_session_free(session);
	bench_stop(&bench);
}

Test(update_picoboot, starts_the_application_by_command, .timeout = 60)
{
	static const char *const specs[] = { RP2040, RP2350 };

	for (size_t i = 0; i < COUNT(specs); i++) {
		struct dfut_session *session;
		struct bench bench;

		bench_start(&bench, specs[i]);
		touch(&bench);
		session = bench_new_session(&bench, "1-1");
		cr_assert(eq(int, dfut_session_set_address(session, FLASH), 0));
		cr_expect(eq(int, dfut_session_start_command(session, "start"), 0));
		cr_expect(eq(int, bench_run(&bench, session, SIZE_MAX, specs[i]), DFUT_ERROR_UNSUPPORTED), "%s",
			  dfut_session_get_message(session));
		dfut_session_free(session);
		session = bench_new_session(&bench, "1-1");
		cr_expect(eq(int, dfut_session_start_command(session, "start"), 0));
		cr_expect(eq(int, bench_run(&bench, session, SIZE_MAX, specs[i]), 0), "%s",
			  dfut_session_get_message(session));
		cr_expect(runs_application(&bench), "%s", specs[i]);
		bench_expect_no_breach(bench.device, specs[i]);
		dfut_session_free(session);
		bench_stop(&bench);
	}
}
