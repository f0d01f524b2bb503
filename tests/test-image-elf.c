/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* ELF programs: both classes and orders of bytes, physical addresses, damage of each field. */

#if !defined(_WIN32) && !defined(_XOPEN_SOURCE)
#define _XOPEN_SOURCE 700
#endif

#include <elf.h>
#include <time.h>

#include "dfutrigger-sim.h"
#include "image-host.h"

TestSuite(elf, .init = start, .fini = stop, .timeout = 60);

static const uint8_t code[] = { 0x00, 0x50, 0x00, 0x20, 0x45, 0x01, 0x00, 0x08 };
static const uint8_t values[] = { 0xde, 0xad, 0xbe, 0xef };

/* Offsets in the sample of 32 bits: header 0, program headers 52, 84 and 116, code 148, values 156, end 160 */
#define SEGMENT(index) (52 + 32 * (index))
#define CODE 148
#define VALUES 156
#define FILE_SIZE 160

struct sample {
	bool is_64;
	bool is_big;
	struct file file;
};

static void put_number(struct sample *sample, size_t offset, size_t size, uint64_t value)
{
	for (size_t i = 0; i < size; i++)
		sample->file.bytes[offset + (sample->is_big ? size - 1 - i : i)] = (uint8_t)(value >> 8 * i);
}

static void put_segment(struct sample *sample, size_t index, uint64_t offset, uint64_t virtual, uint64_t physical,
			uint64_t size, uint64_t memory)
{
	size_t word = sample->is_64 ? 8 : 4;
	size_t base = sample->is_64 ? 64 + 56 * index : SEGMENT(index);
	size_t at = base + (sample->is_64 ? 8 : 4);

	put_number(sample, base, 4, PT_LOAD);
	put_number(sample, at, word, offset);
	put_number(sample, at + word, word, virtual);
	put_number(sample, at + 2 * word, word, physical);
	put_number(sample, at + 3 * word, word, size);
	put_number(sample, at + 4 * word, word, memory);
}

/* Code that runs where it lies, values that are copied to RAM, memory that is cleared */
static struct sample make(bool is_64, bool is_big)
{
	struct sample sample = { .is_64 = is_64, .is_big = is_big };
	size_t word = is_64 ? 8 : 4;
	size_t header = is_64 ? 64 : 52;
	size_t entry = is_64 ? 56 : 32;
	size_t data = header + 3 * entry;

	memcpy(sample.file.bytes, "\177ELF", 4);
	sample.file.bytes[EI_CLASS] = is_64 ? ELFCLASS64 : ELFCLASS32;
	sample.file.bytes[EI_DATA] = is_big ? ELFDATA2MSB : ELFDATA2LSB;
	sample.file.bytes[EI_VERSION] = EV_CURRENT;
	put_number(&sample, 16, 2, ET_EXEC);
	put_number(&sample, 18, 2, EM_ARM);
	put_number(&sample, 20, 4, EV_CURRENT);
	put_number(&sample, 24, word, 0x08000145);
	put_number(&sample, 24 + word, word, header);
	put_number(&sample, 28 + 3 * word, 2, header);
	put_number(&sample, 30 + 3 * word, 2, entry);
	put_number(&sample, 32 + 3 * word, 2, 3);
	put_segment(&sample, 0, data, 0x08000000, 0x08000000, sizeof(code), sizeof(code));
	put_segment(&sample, 1, data + sizeof(code), 0x20000000, 0x08004000, sizeof(values), 100);
	put_segment(&sample, 2, data + sizeof(code), 0x20000064, 0x20000064, 0, 1000);
	memcpy(sample.file.bytes + data, code, sizeof(code));
	memcpy(sample.file.bytes + data + sizeof(code), values, sizeof(values));
	sample.file.size = data + sizeof(code) + sizeof(values);
	return sample;
}

Test(elf, segments_go_to_their_physical_addresses)
{
	for (int kind = 0; kind < 4; kind++) {
		struct sample sample = make(kind & 1, kind & 2);

		cr_assert(eq(int, load_file(&sample.file), 0), "%d: %s", kind, dfut_context_get_error(context));
		cr_assert(eq(str, get_format(), (char *)"elf"));
		cr_assert(eq(sz, dfut_image_get_segment_count(image), 2));
		cr_assert(has_segment(0, 0x08000000, -1, code, sizeof(code)));
		cr_assert(has_segment(1, 0x08004000, -1, values, sizeof(values)));
		cr_assert(eq(str, get_fact("machine"), (char *)"arm"));
		cr_assert(eq(str, get_fact("entry"), (char *)"0x08000145"));
		cr_assert(eq(str, get_fact("load_segments"), (char *)"2"));
		expect_round_trip();
	}
}

Test(elf, virtual_addresses_are_taken_if_there_are_no_others)
{
	struct sample sample = make(false, false);

	put_segment(&sample, 0, CODE, 0x1000, 0, sizeof(code), sizeof(code));
	put_segment(&sample, 1, VALUES, 0x2000, 0, sizeof(values), sizeof(values));
	put_segment(&sample, 2, VALUES, 0x3000, 0, 0, 16);
	cr_assert(eq(int, load_file(&sample.file), 0), "%s", dfut_context_get_error(context));
	cr_assert(eq(str, list_segments(), (char *)"0x00001000+8/-1 0x00002000+4/-1"));
}

Test(elf, becomes_other_formats_but_is_not_made_of_them)
{
	struct sample sample = make(false, false);

	cr_assert(eq(int, load_file(&sample.file), 0));
	cr_assert(eq(int, dfut_image_convert(image, "ihex"), 0), "%s", dfut_image_get_error(image));
	cr_assert(has_segment(1, 0x08004000, -1, values, sizeof(values)));
	cr_assert(eq(str, get_fact("start_address"), (char *)"0x08000145"));
	expect_round_trip();
	cr_assert(eq(int, dfut_image_convert(image, "elf"), DFUT_ERROR_UNSUPPORTED));
}

Test(elf, for_another_machine_does_not_fit)
{
	struct sample sample = make(false, false);
	struct dfut_sim *sim;
	struct dfut_device *device;

	cr_assert(eq(int, dfut_sim_new(&sim, DFUT_SIM_CLOCK_VIRTUAL), 0));
	cr_assert(eq(int, dfut_sim_add_to_context(sim, context), 0));
	cr_assert(eq(int, dfut_sim_plug(NULL, sim, "leonardo", NULL), 0));
	cr_assert(eq(int, dfut_device_find(&device, context, NULL), 0));
	cr_assert(eq(int, load_file(&sample.file), 0));
	cr_assert(eq(int, dfut_image_check(image, device, NULL, 0), DFUT_ERROR_MISMATCH));
	cr_assert(image_says("the program is for arm, the device has avr"), "%s", dfut_image_get_error(image));
	cr_assert(eq(u32, dfut_image_get_failed_check(image), DFUT_CHECK_FORMAT));
	cr_assert(eq(int, dfut_image_check(image, device, NULL, DFUT_CHECK_FORMAT), 0));
	put_number(&sample, 18, 2, EM_AVR);
	cr_assert(eq(int, load_file(&sample.file), 0));
	cr_assert(eq(int, dfut_image_check(image, device, NULL, 0), 0));
	dfut_device_unref(device);
	dfut_sim_free(sim);
}

/* Bad files */

Test(elf, wrong_numbers_are_refused_where_they_stand)
{
	static const struct {
		struct refusal refusal;
		size_t offset;
		size_t size;
		uint32_t value;
		/* clang-format off */
	} cases[] = {
		{ { "class 0", "offset 4:", DFUT_CHECK_FORMAT }, 4, 1, 0 },
		{ { "class 3", "offset 4:", DFUT_CHECK_FORMAT }, 4, 1, 3 },
		{ { "data 0", "offset 5:", DFUT_CHECK_FORMAT }, 5, 1, 0 },
		{ { "data 3", "offset 5:", DFUT_CHECK_FORMAT }, 5, 1, 3 },
		{ { "version 0", "offset 6:", DFUT_CHECK_FORMAT }, 6, 1, 0 },
		{ { "version 2", "offset 6:", DFUT_CHECK_FORMAT }, 6, 1, 2 },
		{ { "type 0", "offset 16: the ELF file is nothing", DFUT_CHECK_FORMAT }, 16, 2, 0 },
		{ { "object file", "offset 16: the ELF file is an object file", DFUT_CHECK_FORMAT }, 16, 2, ET_REL },
		{ { "shared library", "offset 16: the ELF file is a shared library", DFUT_CHECK_FORMAT }, 16, 2, ET_DYN },
		{ { "core dump", "offset 16: the ELF file is a core dump", DFUT_CHECK_FORMAT }, 16, 2, ET_CORE },
		{ { "type FFFF", "offset 16: the ELF file is of an unknown type", DFUT_CHECK_FORMAT }, 16, 2, 0xffff },
		{ { "no program headers", "offset 44: the ELF file has no program headers", DFUT_CHECK_FORMAT }, 44, 2, 0 },
		{ { "no table", "offset 44: the ELF file has no program headers", DFUT_CHECK_FORMAT }, 28, 4, 0 },
		{ { "headers of 31 bytes", "offset 42: program headers of 31 bytes", DFUT_CHECK_FORMAT }, 42, 2, 31 },
		{ { "headers of 56 bytes", "offset 42: program headers of 56 bytes", DFUT_CHECK_FORMAT }, 42, 2, 56 },
		{ { "headers of 0 bytes", "offset 42:", DFUT_CHECK_FORMAT }, 42, 2, 0 },
		{ { "65535 headers", "offset 44: more program headers", DFUT_CHECK_FORMAT }, 44, 2, PN_XNUM },
		{ { "65534 headers", "offset 160: the file ends early, its 65534 program headers", DFUT_CHECK_LENGTH }, 44, 2,
		  0xfffe },
		{ { "4 headers", "offset 160: the file ends early, its 4 program headers", DFUT_CHECK_LENGTH }, 44, 2, 4 },
		{ { "table beyond the file", "offset 160: the file ends early", DFUT_CHECK_LENGTH }, 28, 4, 161 },
		{ { "table at 4 GiB", "offset 160: the file ends early", DFUT_CHECK_LENGTH }, 28, 4, 0xffffffe0 },
		{ { "code beyond the file", "offset 160: the file ends early, segment 0 has 8 bytes at offset 153",
		    DFUT_CHECK_LENGTH }, SEGMENT(0) + 4, 4, 153 },
		{ { "code at 4 GiB", "offset 160: the file ends early, segment 0 has 8 bytes at offset 4294967295",
		    DFUT_CHECK_LENGTH }, SEGMENT(0) + 4, 4, 0xffffffff },
		{ { "values of 5 bytes", "offset 160: the file ends early, segment 1 has 5 bytes", DFUT_CHECK_LENGTH },
		  SEGMENT(1) + 16, 4, 5 },
		{ { "values of 4 GiB", "says its header at offset 84", DFUT_CHECK_LENGTH }, SEGMENT(1) + 16, 4, 0xffffffff },
		{ { "values of 4 GiB less their offset", "segment 1 has 4294967136 bytes", DFUT_CHECK_LENGTH },
		  SEGMENT(1) + 16, 4, 0xffffff60 },
		{ { "less memory than bytes", "offset 72: segment 0 has 8 bytes, its memory 7", DFUT_CHECK_FORMAT },
		  SEGMENT(0) + 20, 4, 7 },
		{ { "no memory", "offset 104: segment 1 has 4 bytes, its memory 0", DFUT_CHECK_FORMAT }, SEGMENT(1) + 20, 4, 0 },
		{ { "the same address", "offset 156: 0x08000000 is written a second time, the first is at offset 148", 0 },
		  SEGMENT(1) + 12, 4, 0x08000000 },
		{ { "overlap by a byte", "offset 156: 0x08000007 is written a second time", 0 }, SEGMENT(1) + 12, 4,
		  0x08000007 },
		{ { "overlap from below", "offset 156: 0x08000000 is written a second time", 0 }, SEGMENT(1) + 12, 4,
		  0x07fffffd },
		{ { "beyond the last address", "offset 156: 4 bytes at 0xfffffffd go beyond", 0 }, SEGMENT(1) + 12, 4,
		  0xfffffffd },
		{ { "code beyond the last address", "offset 148: 8 bytes at 0xffffffff", 0 }, SEGMENT(0) + 12, 4, 0xffffffff },
		{ { "an interpreter", "offset 116: a program that needs an operating system", DFUT_CHECK_FORMAT }, SEGMENT(2), 4,
		  PT_INTERP },
	};
	/* clang-format on */

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sample sample = make(false, false);

		put_number(&sample, cases[i].offset, cases[i].size, cases[i].value);
		expect_refusal(&cases[i].refusal, sample.file.bytes, sample.file.size);
	}
}

/* Headers of the file are left out of a segment that begins with them, as the sections tell. */
Test(elf, sections_that_are_not_there_are_refused)
{
	static const struct {
		struct refusal refusal;
		uint64_t table;
		uint16_t size;
		uint16_t count;
	} cases[] = {
		{ { "no number", "more sections than any firmware has", DFUT_CHECK_FORMAT }, 100, 40, 0 },
		{ { "39 bytes", "section headers of 39 bytes, they have", DFUT_CHECK_FORMAT }, 100, 39, 1 },
		{ { "no bytes", "section headers of 0 bytes, they have", DFUT_CHECK_FORMAT }, 100, 0, 1 },
		{ { "too many", "its 65535 section headers at offset 100 are not all there", DFUT_CHECK_LENGTH },
		  100,
		  0,
		  0xffff },
		{ { "beyond the end", "its 1 section headers at offset 4294967295 are not", DFUT_CHECK_LENGTH },
		  UINT32_MAX,
		  0,
		  1 },
	};

	for (int kind = 0; kind < 4; kind++) {
		for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
			struct sample sample = make(kind & 1, kind & 2);
			size_t word = sample.is_64 ? 8 : 4;
			bool is_whole = cases[i].refusal.check == DFUT_CHECK_LENGTH;

			put_number(&sample, 24 + 2 * word, word, cases[i].table);
			put_number(&sample, 34 + 3 * word, 2, is_whole ? (sample.is_64 ? 64 : 40) : cases[i].size);
			put_number(&sample, 36 + 3 * word, 2, cases[i].count);
			expect_refusal(&cases[i].refusal, sample.file.bytes, sample.file.size);
		}
	}
}

Test(elf, headers_in_front_of_the_first_section_are_left_out)
{
	for (int kind = 0; kind < 4; kind++) {
		struct sample sample = make(kind & 1, kind & 2);
		size_t word = sample.is_64 ? 8 : 4;
		size_t end = sample.file.size, first = end - sizeof(code) - sizeof(values);
		size_t entry = sample.is_64 ? 64 : 40;

		/* A program of one segment, of which the section with index 1 is the first part that is loaded. */
		memset(sample.file.bytes + end, 0, 2 * entry);
		sample.file.size = end + 2 * entry;
		put_number(&sample, 24 + 2 * word, word, end);
		put_number(&sample, 34 + 3 * word, 2, entry);
		put_number(&sample, 36 + 3 * word, 2, 2);
		put_number(&sample, end + entry + 4, 4, SHT_PROGBITS);
		put_number(&sample, end + entry + 8, word, SHF_ALLOC);
		put_number(&sample, end + entry + 8 + 2 * word, word, first);
		put_number(&sample, end + entry + 8 + 3 * word, word, sizeof(code));
		put_segment(&sample, 0, 0, 0x08000000, 0x08000000, first + sizeof(code), first + sizeof(code));
		cr_assert(eq(int, load_file(&sample.file), 0), "%d: %s", kind, dfut_context_get_error(context));
		cr_assert(has_segment(0, 0x08000000 + (uint32_t)first, -1, code, sizeof(code)), "%d", kind);
	}
}

Test(elf, nothing_to_load_is_refused)
{
	static const struct refusal refusal = { "nothing", "offset 160: the file has nothing to write to a device", 0 };
	struct sample sample = make(false, false);

	put_number(&sample, SEGMENT(0), 4, PT_NOTE);
	put_number(&sample, SEGMENT(1), 4, PT_NULL);
	expect_refusal(&refusal, sample.file.bytes, sample.file.size);
}

Test(elf, addresses_beyond_4_gib_are_refused)
{
	static const struct refusal refusal = { "64 bits", "offset 88: the address 0x100000000 is beyond the last", 0 };
	static const struct refusal huge = { "huge",
					     "offset 240: the file ends early, segment 0 has 18446744073709551615",
					     DFUT_CHECK_LENGTH };
	struct sample sample = make(true, false);

	put_number(&sample, 64 + 24, 8, 0x100000000);
	expect_refusal(&refusal, sample.file.bytes, sample.file.size);
	sample = make(true, true);
	sample.file.size = 240;
	put_number(&sample, 64 + 32, 8, UINT64_MAX);
	expect_refusal(&huge, sample.file.bytes, sample.file.size);
}

Test(elf, truncated_anywhere_is_refused)
{
	static const struct refusal refusal = { "truncated", "offset ", DFUT_CHECK_LENGTH };

	for (int kind = 0; kind < 4; kind++) {
		struct sample sample = make(kind & 1, kind & 2);

		for (size_t size = 4; size < sample.file.size; size++)
			expect_refusal(&refusal, sample.file.bytes, size);
	}
}

/* Files of many headers */

#define BIG_CODE_SIZE 65536

static void put_le(uint8_t *bytes, size_t size, uint64_t value)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(value >> 8 * i);
}

struct big {
	size_t segment_count;
	size_t segment_size;
	size_t section_count;
	uint32_t segment_offset; /* of all segments */
	bool is_extended;	 /* the number of sections stands in the first of them */
};

/* 32 bits: header, program headers, section headers, bytes. The caller frees it. */
static uint8_t *make_big(const struct big *big, size_t *size)
{
	struct sample sample = make(false, false);
	size_t sections = 52 + 32 * big->segment_count;
	size_t bytes = sections + 40 * big->section_count;
	uint8_t *file = calloc(1, bytes + BIG_CODE_SIZE);

	memcpy(file, sample.file.bytes, 52);
	put_le(file + 44, 2, big->segment_count);
	put_le(file + 32, 4, big->section_count ? sections : 0);
	put_le(file + 46, 2, 40);
	put_le(file + 48, 2, big->is_extended ? 0 : big->section_count);
	for (size_t i = 0; i < big->segment_count; i++) {
		uint8_t *segment = file + 52 + 32 * i;

		put_le(segment, 4, PT_LOAD);
		put_le(segment + 4, 4, big->segment_offset ? bytes : 0);
		put_le(segment + 8, 4, i << 16);
		put_le(segment + 12, 4, i << 16);
		put_le(segment + 16, 4, big->segment_size);
		put_le(segment + 20, 4, big->segment_size);
	}
	for (size_t i = 1; i < big->section_count; i++) {
		uint8_t *section = file + sections + 40 * i;

		put_le(section + 4, 4, SHT_PROGBITS);
		put_le(section + 8, 4, SHF_ALLOC);
		put_le(section + 16, 4, bytes - i % 7);
		put_le(section + 20, 4, 1);
	}
	if (big->is_extended)
		put_le(file + sections + 20, 4, big->section_count);
	*size = bytes + BIG_CODE_SIZE;
	return file;
}

static int load_big(const struct big *big)
{
	size_t size;
	uint8_t *file = make_big(big, &size);
	int result = load_forced(file, size, ~0u);

	free(file);
	return result;
}

Test(elf, bytes_that_are_used_again_and_again_are_refused)
{
	struct big big = { .segment_count = 30000, .segment_size = BIG_CODE_SIZE, .segment_offset = 1 };

	cr_assert(eq(int, load_big(&big), DFUT_ERROR_IMAGE));
	cr_assert(says("more would be written than the file has"), "%s", dfut_context_get_error(context));
	/* So many segments are no harm by themselves. */
	big.segment_size = 2;
	cr_assert(eq(int, load_big(&big), 0), "%s", dfut_context_get_error(context));
	cr_assert(eq(sz, dfut_image_get_segment_count(image), 30000));
}

/* Each segment begins with the headers, so that its first section is looked for. */
Test(elf, many_segments_and_sections_take_no_time)
{
	const struct big big = { .segment_count = 60000, .segment_size = 1000, .section_count = 60000 };
	const clock_t begin = clock();

	cr_assert(eq(int, load_big(&big), DFUT_ERROR_IMAGE));
	cr_assert(lt(dbl, (double)(clock() - begin) / CLOCKS_PER_SEC, 2.0));
}

Test(elf, more_sections_than_a_header_can_tell_of_are_refused)
{
	const struct big big = { .segment_count = 1,
				 .segment_size = 100,
				 .section_count = 100000,
				 .segment_offset = 1,
				 .is_extended = true };

	cr_assert(eq(int, load_big(&big), DFUT_ERROR_IMAGE));
	cr_assert(says("the file has nothing to write to a device"), "%s", dfut_context_get_error(context));
}
