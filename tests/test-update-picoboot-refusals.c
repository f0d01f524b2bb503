/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Files that must not get to an RP2040 or an RP2350: each is refused before anything is sent, or before anything is erased. */

#include "picoboot-bench.h"

#define NOT_A_FAMILY 0x68ed2b88u /* SAMD21 */

static struct bytes program, file;

/* Makers of files; the address that a file without one gets, 0 for none. */

static uint32_t make_nothing_that_starts(void)
{
	make_data(&file, 0, 5000);
	return 0;
}

static uint32_t make_short(void)
{
	make_rp2040(&program, 5000);
	file = program;
	file.size = 200;
	return 0;
}

static uint32_t make_stage_with_wrong_bit(void)
{
	make_rp2040(&file, 5000);
	file.data[17] ^= 0x20;
	return 0;
}

static uint32_t make_stage_with_wrong_crc(void)
{
	make_rp2040(&file, 5000);
	file.data[255] ^= 1;
	return FLASH;
}

static uint32_t make_definition_without_end(void)
{
	make_rp2350(&file, 5000, TYPE_RP2350);
	file.data[0x140 + 16] ^= 1;
	return 0;
}

static uint32_t make_definition_with_wrong_count(void)
{
	make_rp2350(&file, 5000, TYPE_RP2350);
	file.data[0x140 + 9] = 2;
	return 0;
}

static uint32_t make_definition_that_ends_early(void)
{
	make_rp2350(&file, 5000, TYPE_RP2350);
	file.data[0x140 + 5] = 0xff;
	return 0;
}

static uint32_t make_definition_of_nothing(void)
{
	make_rp2350(&file, 5000, TYPE_RP2350);
	file.data[0x140 + 4] = 0x41;
	return 0;
}

static uint32_t make_definition_too_late(void)
{
	make_data(&file, 0, 9000);
	put_definition(file.data + 4096, TYPE_RP2350);
	return 0;
}

static uint32_t make_definition_cut_off(void)
{
	make_rp2350(&file, 0x140 + 17, TYPE_RP2350);
	return 0;
}

static uint32_t make_foreign_family(void)
{
	make_rp2040(&program, 5120);
	make_uf2(&file, &program, NOT_A_FAMILY, FLASH);
	return 0;
}

static uint32_t make_family_without_stage(void)
{
	make_data(&program, 0, 5120);
	make_uf2(&file, &program, FAMILY_RP2040, FLASH);
	return 0;
}

static uint32_t make_family_without_definition(void)
{
	make_data(&program, 0, 5120);
	make_uf2(&file, &program, FAMILY_ARM, FLASH);
	return 0;
}

static uint32_t make_absolute_without_definition(void)
{
	make_data(&program, 0, 5120);
	make_uf2(&file, &program, FAMILY_ABSOLUTE, FLASH);
	return 0;
}

static uint32_t make_two_families(void)
{
	make_rp2040(&program, 5120);
	make_uf2(&file, &program, FAMILY_RP2040, FLASH);
	make_rp2350(&program, 5120, TYPE_RP2350);
	make_uf2(&file, &program, FAMILY_ARM, FLASH);
	return 0;
}

static uint32_t make_for_ram(void)
{
	make_rp2040(&program, 5120);
	make_uf2(&file, &program, FAMILY_RP2040, 0x20000000);
	return 0;
}

static uint32_t make_partly_for_ram(void)
{
	make_rp2040(&program, 5120);
	make_uf2(&file, &program, FAMILY_RP2040, FLASH);
	for (uint32_t i = 0; i < file.size / 512; i++)
		put_le32(file.data + 512 * i + 24, (uint32_t)(file.size / 512) + 1);
	add_block(&file, FAMILY_RP2040, 0x20040000, program.data, (uint32_t)(file.size / 512),
		  (uint32_t)(file.size / 512) + 1);
	return 0;
}

static uint32_t make_for_cache(void)
{
	make_data(&file, 0, 500);
	return 0x15000000;
}

static uint32_t make_for_rom(void)
{
	make_data(&file, 0, 500);
	return 0x100;
}

static uint32_t make_below_flash(void)
{
	make_data(&file, 0, 500);
	return FLASH - 256;
}

static uint32_t make_behind_flash(void)
{
	make_data(&file, 0, 500);
	return FLASH + 32 * MIB;
}

static uint32_t make_over_the_end(void)
{
	make_data(&file, 0, 500);
	return FLASH + 32 * MIB - 499;
}

static uint32_t make_for_stm32(void)
{
	make_data(&file, 0, 500);
	return 0x08000000;
}

static uint32_t make_rp2040_program(void)
{
	make_rp2040(&file, 5000);
	return 0;
}

static uint32_t make_rp2040_uf2(void)
{
	make_rp2040(&program, 5120);
	make_uf2(&file, &program, FAMILY_RP2040, FLASH);
	return 0;
}

static uint32_t make_rp2040_data(void)
{
	make_data(&program, 0, 5120);
	make_uf2(&file, &program, FAMILY_RP2040, FLASH + 0x40000);
	return 0;
}

static uint32_t make_rp2350_program(void)
{
	make_rp2350(&file, 5000, TYPE_RP2350);
	return 0;
}

static uint32_t make_rp2350_uf2(void)
{
	make_rp2350(&program, 5120, TYPE_RISCV);
	make_uf2(&file, &program, FAMILY_RISCV, FLASH);
	return 0;
}

static uint32_t make_defined_for_rp2040(void)
{
	make_rp2350(&file, 5000, TYPE_OF_RP2040);
	return 0;
}

/* An element of a DfuSe file. */
static void add_element(uint32_t address, uint32_t size)
{
	put_le32(file.data + file.size, address);
	put_le32(file.data + file.size + 4, size);
	memcpy(file.data + file.size + 8, program.data, size);
	file.size += 8 + size;
}

static void add_suffix(void)
{
	static const uint8_t suffix[12] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1a, 0x01, 'U', 'F', 'D', 16 };
	uint32_t crc = 0xffffffff;

	memcpy(file.data + file.size, suffix, sizeof(suffix));
	file.size += sizeof(suffix);
	for (size_t i = 0; i < file.size; i++) {
		crc ^= file.data[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
	}
	put_le32(file.data + file.size, crc);
	file.size += 4;
}

/* What names alternate settings is for DFU. */
static uint32_t make_dfuse(void)
{
	make_rp2040(&program, 1024);
	memset(file.data, 0, 11 + 274);
	memcpy(file.data, "DfuSe\1", 6);
	file.data[10] = 1;
	memcpy(file.data + 11, "Target", 6);
	put_le32(file.data + 11 + 266, 2 * (8 + 1024));
	put_le32(file.data + 11 + 270, 2);
	file.size = 11 + 274;
	add_element(FLASH, 1024);
	add_element(FLASH + 0x40000, 1024);
	put_le32(file.data + 6, (uint32_t)file.size);
	add_suffix();
	return 0;
}

/* Before the device is opened. */
static const struct {
	const char *name;
	uint32_t (*make)(void);
	const char *spec;
	bool is_bootloader; /* that shows by its ids which chip it is */
	const char *words;
} early[] = {
	{ "nothing that starts", make_nothing_that_starts, RP2040, false, "neither a second stage" },
	{ "nothing that starts", make_nothing_that_starts, RP2040, true, "no second stage" },
	{ "nothing that starts", make_nothing_that_starts, RP2350, true, "4 KiB" },
	{ "too short", make_short, RP2040, true, "no second stage" },
	{ "a wrong bit", make_stage_with_wrong_bit, RP2040, true, "CRC32" },
	{ "a wrong CRC", make_stage_with_wrong_crc, RP2040, true, "CRC32" },
	{ "no end marker", make_definition_without_end, RP2350, true, "4 KiB" },
	{ "a wrong count", make_definition_with_wrong_count, RP2350, true, "4 KiB" },
	{ "an item too long", make_definition_that_ends_early, RP2350, true, "4 KiB" },
	{ "no image type", make_definition_of_nothing, RP2350, true, "4 KiB" },
	{ "a definition too late", make_definition_too_late, RP2350, true, "4 KiB" },
	{ "a definition cut off", make_definition_cut_off, RP2350, true, "4 KiB" },
	{ "another family", make_foreign_family, RP2040, false, "samd21" },
	{ "another family", make_foreign_family, RP2350, true, "samd21" },
	{ "family RP2040, no stage", make_family_without_stage, RP2040, false, "no second stage" },
	{ "family RP2350, no definition", make_family_without_definition, RP2350, false, "4 KiB" },
	{ "absolute, no definition", make_absolute_without_definition, RP2350, false, "4 KiB" },
	{ "two families", make_two_families, RP2040, false, "several chips or boards" },
	{ "for RAM", make_for_ram, RP2040, false, "RAM" },
	{ "partly for RAM", make_partly_for_ram, RP2040, false, "RAM" },
	{ "for the cache", make_for_cache, RP2350, false, "RAM" },
	{ "for the ROM", make_for_rom, RP2040, false, "0x00000100" },
	{ "below flash", make_below_flash, RP2040, false, "0x0fffff00" },
	{ "behind flash", make_behind_flash, RP2350, false, "0x12000000" },
	{ "over the end", make_over_the_end, RP2350, false, "1 bytes too large" },
	{ "for an STM32", make_for_stm32, RP2040, false, "0x08000000" },
	{ "RP2350's on RP2040", make_rp2350_program, RP2040, true, "for the RP2350" },
	{ "RP2350's on RP2040", make_rp2350_uf2, RP2040, true, "for the RP2350" },
	{ "RP2040's on RP2350", make_rp2040_program, RP2350, true, "for the RP2040" },
	{ "RP2040's on RP2350", make_rp2040_uf2, RP2350, true, "for the RP2040" },
	{ "RP2040's data on RP2350", make_rp2040_data, RP2350, true, "for the RP2040" },
	{ "defined for RP2040", make_defined_for_rp2040, RP2350, true, "for the RP2040" },
	{ "DfuSe", make_dfuse, RP2040, true, "alternate settings" },
};

static void touch(struct bench *bench)
{
	struct dfut_session *session = bench_new_session(bench, "1-1");

	cr_assert(eq(int, dfut_session_start_trigger(session), 0));
	cr_assert(eq(int, bench_run(bench, session, SIZE_MAX, "trigger"), 0), "%s", dfut_session_get_message(session));
	dfut_session_free(session);
	dfut_sim_device_clear_record(bench->device);
}

static struct dfut_image *make_image(struct bench *bench, uint32_t (*make)(void))
{
	uint32_t address;

	file.size = 0;
	address = make();
	return address ? load_at(bench, &file, address) : load(bench, &file);
}

Test(update_picoboot_refusals, refuses_before_anything_is_sent, .timeout = 60)
{
	for (size_t i = 0; i < COUNT(early); i++) {
		struct dfut_session *session;
		struct dfut_image *image;
		struct bench bench;

		bench_start(&bench, early[i].spec);
		if (early[i].is_bootloader)
			touch(&bench);
		image = make_image(&bench, early[i].make);
		session = bench_new_session(&bench, "1-1");
		cr_expect(eq(int, dfut_session_start_update(session, image), DFUT_ERROR_MISMATCH), "%s: %s",
			  early[i].name, dfut_session_get_message(session));
		cr_expect(strstr(dfut_session_get_message(session), early[i].words) != NULL, "%s: %s", early[i].name,
			  dfut_session_get_message(session));
		bench_expect_words(dfut_session_get_message(session), early[i].name);
		cr_expect(eq(sz, count(bench.device).commands + count(bench.device).controls, 0), "%s", early[i].name);
		dfut_session_free(session);
		dfut_image_free(image);
		bench_stop(&bench);
	}
}

/* A file that is no whole UF2 file is none for anybody. */
Test(update_picoboot_refusals, refuses_damaged_uf2_files, .timeout = 60)
{
	static const struct {
		size_t at;
		uint8_t bits;
	} spoilt[] = { { 0, 1 }, { 512 + 4, 1 }, { 1024 + 508, 1 }, { 512 + 20, 7 }, { 512 + 24, 1 }, { 512 + 13, 1 } };
	struct bench bench;

	bench_start(&bench, RP2040);
	for (size_t i = 0; i <= COUNT(spoilt); i++) {
		struct dfut_image *image = NULL;

		file.size = 0;
		make_rp2040_uf2();
		if (i < COUNT(spoilt))
			file.data[spoilt[i].at] ^= spoilt[i].bits;
		else
			file.size -= 512;
		cr_expect(lt(int, dfut_image_load_buffer(&image, bench.context, file.data, file.size, 0), 0), "%zu", i);
		dfut_image_free(image);
	}
	bench_stop(&bench);
}

/* Once the bootloader is there and has told what it is; the application starts again. */
static const struct {
	const char *name;
	const char *spec;
	uint32_t (*make)(void);
	const char *words;
} late[] = {
	{ "RP2350's on RP2040", RP2040, make_rp2350_program, "for the RP2350" },
	{ "RP2350's on RP2040", RP2040, make_rp2350_uf2, "for the RP2350" },
	{ "RP2040's on RP2350", RP2350, make_rp2040_program, "for the RP2040" },
	{ "RP2040's on RP2350", RP2350, make_rp2040_uf2, "for the RP2040" },
	{ "RP2040's data on RP2350", RP2350, make_rp2040_data, "for the RP2040" },
};

static void expect_late(struct bench *bench, struct dfut_image *image, const char *words, const char *what)
{
	static uint8_t old[2 * MIB];
	struct outcome outcome;
	size_t size;
	const uint8_t *flash = get_flash(bench, &size);

	memcpy(old, flash, size);
	outcome = update(bench, image, what);
	cr_expect(eq(int, outcome.result, DFUT_ERROR_MISMATCH), "%s: %s", what, outcome.message);
	cr_expect(strstr(outcome.message, words) != NULL, "%s: %s", what, outcome.message);
	cr_expect(strstr(outcome.hint, "started again") != NULL, "%s: %s", what, outcome.hint);
	cr_expect(eq(int, memcmp(old, flash, size), 0), "%s", what);
	cr_expect(runs_application(bench), "%s", what);
	cr_expect(eq(sz, count(bench->device).sectors, 0), "%s", what);
	bench_expect_no_breach(bench->device, what);
}

Test(update_picoboot_refusals, refuses_before_anything_is_erased, .timeout = 60)
{
	for (size_t i = 0; i < COUNT(late); i++) {
		struct dfut_image *image;
		struct bench bench;

		bench_start(&bench, late[i].spec);
		image = make_image(&bench, late[i].make);
		expect_late(&bench, image, late[i].words, late[i].name);
		dfut_image_free(image);
		bench_stop(&bench);
	}
}

Test(update_picoboot_refusals, refuses_what_flash_has_no_room_for, .timeout = 60)
{
	static const struct {
		const char *spec;
		uint32_t address;
		size_t size;
		const char *words;
	} cases[] = {
		{ "pico:flash-size=512K", FLASH + 512 * KIB, 256, "0x10080000" },
		{ "pico:flash-size=512K", FLASH + 512 * KIB - 1, 2, "1 bytes too large" },
		{ "pico:flash-size=1M", FLASH + 15 * MIB, 1000, "0x10000000 to 0x100fffff" },
		{ "pico:chip=rp2350,flash-size=1M", FLASH + MIB, 1000, "the flash of this RP2350" },
		{ "pico:chip=rp2350,flash-size=1M,partitions=plain", FLASH + 800 * KIB, 1000, "partition" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct dfut_image *image;
		struct bench bench;

		bench_start(&bench, cases[i].spec);
		make_data(&program, 0, cases[i].size);
		if (strstr(cases[i].spec, "partitions")) {
			file.size = 0;
			make_uf2(&file, &program, FAMILY_ARM, cases[i].address);
			image = load(&bench, &file);
		} else {
			image = load_at(&bench, &program, cases[i].address);
		}
		expect_late(&bench, image, cases[i].words, cases[i].spec);
		dfut_image_free(image);
		bench_stop(&bench);
	}
}

/* Its table has no place for absolute addresses. */
Test(update_picoboot_refusals, refuses_what_no_partition_takes, .timeout = 60)
{
	struct dfut_image *image;
	struct bench bench;

	bench_start(&bench, RP2350 ",partitions=plain");
	make_rp2350(&program, 5120, TYPE_RP2350);
	file.size = 0;
	make_uf2(&file, &program, 0xe48bff5b, FLASH);
	image = load(&bench, &file);
	expect_late(&bench, image, "no partition", "partitions");
	dfut_image_free(image);
	bench_stop(&bench);
}

Test(update_picoboot_refusals, goes_by_the_part_that_is_named, .timeout = 60)
{
	static const struct {
		const char *part;
		bool is_bootloader;
		int result;
		const char *words;
	} cases[] = {
		{ "rp2350", false, DFUT_ERROR_MISMATCH, "for the RP2040" },
		{ "RP2350", true, DFUT_ERROR_MISMATCH, "for the RP2040" },
		{ "esp32", false, DFUT_ERROR_USAGE, "no part" },
		{ "rp2040", false, 0, "verified" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct wishes wishes = { DFUT_ERASE_AUTO, DFUT_VERIFY_AUTO, 0, cases[i].part };
		struct dfut_image *image;
		struct outcome outcome;
		struct bench bench;

		bench_start(&bench, RP2040);
		if (cases[i].is_bootloader)
			touch(&bench);
		image = make_image(&bench, make_rp2040_program);
		outcome = update_with(&bench, image, &wishes, SIZE_MAX, cases[i].part);
		cr_expect(eq(int, outcome.result, cases[i].result), "%s: %s", cases[i].part, outcome.message);
		cr_expect(strstr(outcome.message, cases[i].words) != NULL, "%s: %s", cases[i].part, outcome.message);
		dfut_image_free(image);
		bench_stop(&bench);
	}
}

Test(update_picoboot_refusals, erases_no_more_than_the_image_touches, .timeout = 60)
{
	const struct wishes wishes = { DFUT_ERASE_MASS, DFUT_VERIFY_AUTO, 0, NULL };
	struct dfut_image *image;
	struct outcome outcome;
	struct bench bench;

	bench_start(&bench, RP2040);
	image = make_image(&bench, make_rp2040_program);
	outcome = update_with(&bench, image, &wishes, SIZE_MAX, "mass");
	cr_expect(eq(int, outcome.result, DFUT_ERROR_UNSUPPORTED), "%s", outcome.message);
	dfut_image_free(image);
	bench_stop(&bench);
}

/* The drive alone is another language, whatever the application's entry says: it is planned anew. */
Test(update_picoboot_refusals, leaves_the_drive_alone_to_its_language, .timeout = 60)
{
	struct dfut_session *session;
	struct dfut_image *image;
	struct bench bench;

	bench_start(&bench, RP2040);
	image = make_image(&bench, make_rp2040_program);
	session = bench_new_session(&bench, "1-1");
	/* The reset interface: its bootloader, without PICOBOOT. */
	cr_assert(eq(int, dfut_session_set_trigger_request(session, 0x21, 1, 2, 2, NULL, 0), 0));
	cr_expect(eq(int, dfut_session_start_update(session, image), 0), "%s", dfut_session_get_message(session));
	cr_expect(eq(int, bench_run(&bench, session, SIZE_MAX, "drive"), 0), "%s", dfut_session_get_message(session));
	cr_expect(strstr(dfut_session_get_message(session), "not verified") != NULL, "%s",
		  dfut_session_get_message(session));
	cr_expect(eq(sz, count(bench.device).commands, 0));
	dfut_session_free(session);
	dfut_image_free(image);
	bench_stop(&bench);
}
