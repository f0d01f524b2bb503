/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Files that no part would start, or that would cost its bootloader: refused before anything is sent, or at least erased. */

#include "flip-bench.h"

/* Bytes at an address: these, and then so many others. */
struct piece {
	uint32_t address;
	const char *bytes;
	uint32_t length;
	uint32_t more;
};

struct bad {
	const char *what;
	struct piece pieces[3];
	const char *word; /* in the message */
	unsigned int check;
};

#define JMP_80 "\x0c\x94\x40\x00", 4
#define AVR32_CODE "\x30\x07\xd6\x03", 4

/* clang-format off */
static const struct bad for_atmega32u4[] = {
	{ "one byte too large", { { 0, JMP_80, 0x6ffd } }, "too large", 0 },
	{ "as large as the flash", { { 0, JMP_80, 0x7ffc } }, "too large", 0 },
	{ "with a bootloader", { { 0, JMP_80, 0x200 }, { 0x7000, "\x55\xc0", 2, 0xffe } }, "0x00006fff", 0 },
	{ "a bootloader alone", { { 0x7000, "\x55\xc0", 2, 0xffe } }, "0x00006fff", 0 },
	{ "its last byte alone", { { 0x7fff, "\x55", 1, 0 } }, "0x00006fff", 0 },
	{ "behind the flash", { { 0x8000, "\x55\xc0", 2, 100 } }, "0x00008000", 0 },
	{ "of an STM32 by its addresses", { { 0x08000000, "\0\x50\0\x20", 4, 1000 } }, "0x08000000", 0 },
	{ "of an AVR32 by its addresses", { { 0x80002000, AVR32_CODE, 1000 } }, "0x80002000", 0 },
	{ "of an RP2040 by its addresses", { { 0x10000000, "\0\xb5\x32\x4b", 4, 1000 } }, "0x10000000", 0 },
	{ "nothing at 0", { { 0x80, "\0\x24", 2, 1000 } }, "nothing at 0x0000", DFUT_CHECK_FORMAT },
	{ "nothing where it begins", { { 0, JMP_80, 0 } }, "has nothing", DFUT_CHECK_FORMAT },
	{ "a jump behind the file's end", { { 0, "\x0c\x94\0\x20", 4, 1000 } }, "has nothing", DFUT_CHECK_FORMAT },
	{ "a gap where it begins", { { 0, "\x0c\x94\0\x02", 4, 100 }, { 0x600, "x", 1, 100 } }, "has nothing", DFUT_CHECK_FORMAT },
	{ "empty", { { 0, "\xff\xff\xff\xff", 4, 0 } }, "nothing at 0x0000", DFUT_CHECK_FORMAT },
	{ "empty in front", { { 0, "\xff\xff\xff\xff", 4, 1000 } }, "nothing at 0x0000", DFUT_CHECK_FORMAT },
	{ "zeros in front", { { 0, "\0\0\0\0", 4, 1000 } }, "neither jmp nor rjmp", DFUT_CHECK_FORMAT },
	{ "of a Cortex-M", { { 0, "\0\x50\0\x20", 4, 1000 } }, "neither jmp nor rjmp", DFUT_CHECK_FORMAT },
	{ "a call", { { 0, "\x0e\x94\x40\0", 4, 1000 } }, "neither jmp nor rjmp", DFUT_CHECK_FORMAT },
	{ "a return", { { 0, "\x18\x95\0\0", 4, 1000 } }, "neither jmp nor rjmp", DFUT_CHECK_FORMAT },
	{ "one byte", { { 0, "\x0c", 1, 0 } }, "neither jmp nor rjmp", DFUT_CHECK_FORMAT },
	{ "a jump to itself", { { 0, "\x0c\x94\0\0", 4, 1000 } }, "has nothing", DFUT_CHECK_FORMAT },
	{ "a short jump to itself", { { 0, "\xff\xcf\0\0", 4, 1000 } }, "has nothing", DFUT_CHECK_FORMAT },
	{ "a jump into the bootloader", { { 0, "\x0c\x94\0\x38", 4, 1000 } }, "0x07000", DFUT_CHECK_BOOTLOADER },
	{ "a short jump back into it", { { 0, "\xf0\xcf\0\0", 4, 1000 } }, "0x07fe2", DFUT_CHECK_BOOTLOADER },
	{ "a jump in a larger part", { { 0, "\x0d\x94\0\0", 4, 1000 } }, "0x20000", DFUT_CHECK_BOOTLOADER },
	{ "the farthest jump", { { 0, "\xfd\x95\xff\xff", 4, 1000 } }, "0x7ffffe", DFUT_CHECK_BOOTLOADER },
	{ "EEPROM beside", { { 0, JMP_80, 1000 }, { 0x810000, "abc", 3, 0 } }, "for the EEPROM", DFUT_CHECK_MEMORY_MAP },
	{ "EEPROM alone", { { 0x810010, "abc", 3, 0 } }, "for the EEPROM", DFUT_CHECK_MEMORY_MAP },
	{ "fuses beside", { { 0, JMP_80, 1000 }, { 0x820000, "\xff\x99\xf3", 3, 0 } }, "never written", DFUT_CHECK_MEMORY_MAP },
	{ "lock bits beside", { { 0, JMP_80, 1000 }, { 0x830000, "\xcc", 1, 0 } }, "never written", DFUT_CHECK_MEMORY_MAP },
	{ "RAM beside", { { 0, JMP_80, 1000 }, { 0x800100, "abc", 3, 0 } }, "which is RAM", DFUT_CHECK_MEMORY_MAP },
};

static const struct bad for_at32uc3b0256[] = {
	{ "in the bootloader", { { 0x80000000, AVR32_CODE, 0x3000 } }, "0x80002000", 0 },
	{ "its last byte", { { 0x80001fff, "x", 1, 0 }, { 0x80002000, AVR32_CODE, 100 } }, "0x80002000", 0 },
	{ "in the bootloader, from 0", { { 0, AVR32_CODE, 0x3000 } }, "0x00002000", 0 },
	{ "nothing where it begins", { { 0x80004000, AVR32_CODE, 100 } }, "nothing at 0x80002000", DFUT_CHECK_FORMAT },
	{ "empty where it begins", { { 0x80002000, "\xff\xff\xff\xff", 4, 100 } }, "nothing at 0x80002000", DFUT_CHECK_FORMAT },
	{ "too large", { { 0x80002000, AVR32_CODE, 100 }, { 0x8003ff00, "x", 1, 0x100 } }, "too large", 0 },
	{ "behind the flash", { { 0x80002000, AVR32_CODE, 100 }, { 0x80040000, "x", 1, 0 } }, "0x80040000", 0 },
	{ "the user page", { { 0x80002000, AVR32_CODE, 100 }, { 0x80800000, "x", 1, 511 } }, "0x80800000", 0 },
	{ "of an AVR", { { 0, JMP_80, 1000 } }, "0x00002000", 0 },
};

static const struct bad for_atxmega64a3u[] = {
	{ "one byte too large", { { 0, JMP_80, 0xfffd } }, "0x00010000", 0 },
	{ "its boot section", { { 0, JMP_80, 1000 }, { 0x10000, "x", 1, 100 } }, "0x00010000", 0 },
	{ "a jump into it", { { 0, "\x0c\x94\0\x80", 4, 1000 } }, "0x10000", DFUT_CHECK_BOOTLOADER },
	{ "EEPROM beside", { { 0, JMP_80, 1000 }, { 0x810000, "abc", 3, 0 } }, "for the EEPROM", DFUT_CHECK_MEMORY_MAP },
};

static const struct bad for_eeprom[] = {
	{ "one byte too large", { { 0, "abcd", 4, 1021 } }, "has 1024 bytes", DFUT_CHECK_SIZE },
	{ "behind it", { { 0x400, "abcd", 4, 0 } }, "has 1024 bytes", DFUT_CHECK_SIZE },
	{ "behind it, by avr-gcc's address", { { 0x8103fe, "abcd", 4, 0 } }, "has 1024 bytes", DFUT_CHECK_SIZE },
	{ "a program", { { 0, JMP_80, 5000 } }, "has 1024 bytes", DFUT_CHECK_SIZE },
	{ "fuses", { { 0x820000, "abc", 3, 0 } }, "has 1024 bytes", DFUT_CHECK_SIZE },
};
/* clang-format on */

static void add_piece(struct file *file, const struct piece *piece)
{
	uint32_t size = piece->length + piece->more;

	for (uint32_t done = 0; done < size;) {
		uint32_t at = piece->address + done;
		uint8_t high[] = { (uint8_t)(at >> 24), (uint8_t)(at >> 16) };
		uint8_t data[16], count = 0;

		do {
			data[count] = done < piece->length ? (uint8_t)piece->bytes[done] : (uint8_t)(done % 100);
			done++;
		} while (++count < sizeof(data) && done < size && (at + count) % 0x10000);
		file_add_record(file, 4, 0, high, 2);
		file_add_record(file, 0, (uint16_t)at, data, count);
	}
}

static struct dfut_image *make_bad(struct bench *bench, const struct bad *bad)
{
	struct file *file = calloc(1, sizeof(*file));
	struct dfut_image *image;

	for (size_t i = 0; i < COUNT(bad->pieces); i++)
		add_piece(file, &bad->pieces[i]);
	file_add_record(file, 1, 0, NULL, 0);
	image = bench_load(bench, file);
	free(file);
	return image;
}

/* If the part is known, nothing is sent for it. */
static void expect_refusal(const char *spec, const struct wish *wish, const struct bad *bad, bool is_known)
{
	struct dfut_image *image;
	struct bench bench;
	uint8_t *before;
	char what[160];
	struct end end;
	size_t size;

	snprintf(what, sizeof(what), "%s: %s", spec, bad->what);
	bench_start(&bench, spec);
	get_bytes(&bench, "flash", &size);
	before = malloc(size);
	memcpy(before, get_bytes(&bench, "flash", NULL), size);
	image = make_bad(&bench, bad);
	end = update_image(&bench, image, wish, SIZE_MAX, what);
	cr_expect(eq(int, end.result, DFUT_ERROR_MISMATCH), "%s: %s", what, end.message);
	cr_expect(strstr(end.message, bad->word) != NULL, "%s: %s", what, end.message);
	cr_expect(eq(int, (int)end.check, (int)bad->check), "%s: %s", what, end.message);
	cr_expect(memcmp(before, get_bytes(&bench, "flash", NULL), size) == 0, "%s: written", what);
	bench_expect_no_breach(bench.device, what);
	if (is_known)
		cr_expect(eq(sz, dfut_sim_device_get_request_count(bench.device), 0), "%s", what);
	else
		cr_expect(not(bench_is_in_bootloader(bench.device)), "%s: left in its bootloader", what);
	dfut_image_free(image);
	free(before);
	bench_stop(&bench);
}

#define EXPECT_REFUSALS(spec, wish, bads, is_known) \
	do { \
		for (size_t i = 0; i < COUNT(bads); i++) \
			expect_refusal(spec, wish, &(bads)[i], is_known); \
	} while (0)

Test(update_atmel_flip_refusals, send_nothing_if_the_part_is_known)
{
	const struct wish plain = { 0 }, uc3 = { .part = "at32uc3b0256" }, eeprom = { .alternate = "eeprom" };
	const struct wish secure = { .erase = DFUT_ERASE_MASS };

	EXPECT_REFUSALS("flip:part=atmega32u4,loader=lufa", &plain, for_atmega32u4, true);
	EXPECT_REFUSALS("flip:part=atmega32u4,loader=atmel", &secure, for_atmega32u4, true);
	EXPECT_REFUSALS("flip:part=at32uc3b0256", &uc3, for_at32uc3b0256, true);
	EXPECT_REFUSALS("flip:part=atxmega64a3u", &plain, for_atxmega64a3u, true);
	EXPECT_REFUSALS("flip:part=atmega32u4,loader=lufa", &eeprom, for_eeprom, true);
}

/* One of two parts is behind a System76 keyboard: what fits neither is refused while the application runs. */
Test(update_atmel_flip_refusals, send_nothing_to_an_application_whose_parts_are_known)
{
	const struct wish plain = { 0 };

	for (size_t i = 0; i < COUNT(for_atmega32u4); i++) {
		/* An AT90USB646 has more room. */
		if (strstr(for_atmega32u4[i].word, "too large") || strstr(for_atmega32u4[i].word, "0x00006fff") ||
		    strstr(for_atmega32u4[i].word, "0x07") || strstr(for_atmega32u4[i].word, "0x00008000"))
			continue;
		expect_refusal("flip:part=atmega32u4,loader=lufa,application=system76", &plain, &for_atmega32u4[i],
			       true);
	}
}

/* Of a keyboard with VIA nothing is known before. */
Test(update_atmel_flip_refusals, start_the_application_again)
{
	const struct wish plain = { 0 };

	EXPECT_REFUSALS("flip:part=atmega32u4,loader=lufa,application=via", &plain, for_atmega32u4, false);
}

Test(update_atmel_flip_refusals, can_be_overruled_by_their_check)
{
	for (size_t i = 0; i < COUNT(for_atmega32u4); i++) {
		const struct bad *bad = &for_atmega32u4[i];
		struct wish wish = { .force = bad->check };
		struct dfut_image *image;
		struct bench bench;
		struct end end;

		if (bad->check != DFUT_CHECK_FORMAT && bad->check != DFUT_CHECK_BOOTLOADER)
			continue;
		bench_start(&bench, "flip:part=atmega32u4,loader=lufa");
		image = make_bad(&bench, bad);
		end = update_image(&bench, image, &wish, SIZE_MAX, bad->what);
		cr_expect(eq(int, end.result, 0), "%s: %s", bad->what, end.message);
		bench_expect_no_breach(bench.device, bad->what);
		dfut_image_free(image);
		bench_stop(&bench);
	}
}

Test(update_atmel_flip_refusals, are_there_for_memories_that_are_none)
{
	static const struct {
		const char *spec;
		const char *part;
		const char *alternate;
		int result;
	} cases[] = {
		{ "flip:part=atmega32u4,loader=lufa", NULL, "user", DFUT_ERROR_UNSUPPORTED },
		{ "flip:part=atmega32u4,loader=lufa", NULL, "fuses", DFUT_ERROR_NOT_FOUND },
		{ "flip:part=at32uc3b0256", "at32uc3b0256", "user", DFUT_ERROR_UNSUPPORTED },
		{ "flip:part=at32uc3b0256", "at32uc3b0256", "eeprom", DFUT_ERROR_MISMATCH },
		{ "flip:part=at32uc3b0256", "at32uc3b0256", "security", DFUT_ERROR_NOT_FOUND },
		{ "flip:part=atxmega64a3u", NULL, "configuration", DFUT_ERROR_NOT_FOUND },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct wish wish = { .part = cases[i].part, .alternate = cases[i].alternate };
		struct bench bench;
		struct end end;

		bench_start(&bench, cases[i].spec);
		end = update_program(&bench, 400, 1, &wish, cases[i].spec);
		cr_expect(eq(int, end.result, cases[i].result), "%s, %s: %s", cases[i].spec, cases[i].alternate,
			  end.message);
		cr_expect(eq(sz, dfut_sim_device_get_request_count(bench.device), 0), "%s", cases[i].spec);
		bench_stop(&bench);
	}
}

/* A DfuSe file is for alternate settings. */
Test(update_atmel_flip_refusals, of_files_with_alternate_settings)
{
	static const char *const memories[] = { NULL, "eeprom" };

	for (size_t i = 0; i < COUNT(memories); i++) {
		const struct part part = { 0, 400 };
		struct wish wish = { .alternate = memories[i] };
		struct dfut_image *image;
		struct bench bench;
		struct end end;

		bench_start(&bench, "flip:part=atmega32u4,loader=lufa");
		image = bench_make_image(&bench, KIND_DFUSE, &part, 1);
		end = update_image(&bench, image, &wish, SIZE_MAX, "DfuSe");
		cr_expect(eq(int, end.result, DFUT_ERROR_MISMATCH), "%s", end.message);
		cr_expect(strstr(end.message, "alternate settings") != NULL, "%s", end.message);
		cr_expect(eq(sz, dfut_sim_device_get_request_count(bench.device), 0));
		dfut_image_free(image);
		bench_stop(&bench);
	}
}
