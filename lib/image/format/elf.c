/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * ELF programs (System V ABI, chapters 4 and 5): what is loaded goes to its physical address. Functions that judge return 1
 * if what comes next can be looked at, 0 if a doubt that was overruled prevents it, or an error.
 */

#include <stdio.h>
#include <string.h>

#include "image/format/elf.h"
#include "image/pieces.h"

/* e_ident */
#define EI_CLASS 4
#define EI_DATA 5
#define EI_VERSION 6
#define EI_NIDENT 16
#define ELFCLASS32 1
#define ELFCLASS64 2
#define ELFDATA2LSB 1
#define ELFDATA2MSB 2
#define EV_CURRENT 1

#define ET_EXEC 2
#define PN_XNUM 0xffff
#define PT_LOAD 1
#define PT_INTERP 3
#define SHT_NOBITS 8
#define SHF_ALLOC 2

struct elf {
	struct dfut_loader *loader;
	struct dfut_pieces pieces;
	size_t segment_count;
	uint64_t first_section; /* where the first that is loaded lies in the file, UINT64_MAX if none does */
	bool is_64;
	bool is_big;	   /* its order of bytes */
	bool has_physical; /* some tool chains leave all physical addresses 0 */
	uint16_t type;
	uint16_t machine;
	uint64_t entry;
	uint64_t segments; /* offset of the table */
	uint16_t segment_size;
	uint16_t segment_number;
	uint64_t sections;
	uint16_t section_size;
	uint16_t section_number;
};

/* A program header. */
struct segment {
	uint32_t type;
	uint64_t offset;
	uint64_t virtual;
	uint64_t physical;
	uint64_t file_size;
	uint64_t memory_size;
};

/* clang-format off */
/* e_machine */
static const struct {
	unsigned int id;
	const char *name;
} machines[] = {
	{ 3, "x86" },
	{ 8, "mips" },
	{ 20, "powerpc" },
	{ 40, "arm" },
	{ 42, "superh" },
	{ 44, "tricore" },
	{ 62, "x86-64" },
	{ 83, "avr" },
	{ 87, "v850" },
	{ 94, "xtensa" },
	{ 105, "msp430" },
	{ 173, "rx" },
	{ 183, "aarch64" },
	{ 185, "avr32" },
	{ 195, "arc" },
	{ 243, "riscv" },
	{ 203, "xcore" },
};
/* clang-format on */

/* Offsets of fields, in files of 32 and of 64 bits */
static size_t of_field(const struct elf *elf, size_t in_32, size_t in_64)
{
	return elf->is_64 ? in_64 : in_32;
}

/* What is read lies in the file, as was judged before. */
static uint64_t read_number(const struct elf *elf, size_t offset, size_t size)
{
	const uint8_t *bytes = elf->loader->image->data + offset;
	uint64_t number = 0;

	for (size_t i = 0; i < size; i++)
		number = number << 8 | bytes[elf->is_big ? i : size - 1 - i];
	return number;
}

static uint16_t read_half(const struct elf *elf, size_t offset)
{
	return (uint16_t)read_number(elf, offset, 2);
}

/* An address, an offset or a size. */
static uint64_t read_word(const struct elf *elf, size_t offset)
{
	return read_number(elf, offset, of_field(elf, 4, 8));
}

static size_t of_segment(const struct elf *elf, size_t index)
{
	return (size_t)elf->segments + index * elf->segment_size;
}

static struct segment get_segment(const struct elf *elf, size_t index)
{
	size_t at = of_segment(elf, index);

	return (struct segment){
		.type = (uint32_t)read_number(elf, at, 4),
		.offset = read_word(elf, at + of_field(elf, 4, 8)),
		.virtual = read_word(elf, at + of_field(elf, 8, 16)),
		.physical = read_word(elf, at + of_field(elf, 12, 24)),
		.file_size = read_word(elf, at + of_field(elf, 16, 32)),
		.memory_size = read_word(elf, at + of_field(elf, 20, 40)),
	};
}

static int doubt(struct elf *elf, unsigned int check, size_t offset, const char *text)
{
	return dfut_image_doubt(elf->loader, DFUT_ERROR_IMAGE, check, "offset %zu: %s", offset, text);
}

/* The header */

static int judge_identity(struct elf *elf)
{
	const struct dfut_image *image = elf->loader->image;
	const uint8_t *identity = image->data;

	if (image->size < EI_NIDENT)
		return doubt(elf, DFUT_CHECK_LENGTH, image->size, "the file ends inside the ELF header");
	if (identity[EI_CLASS] != ELFCLASS32 && identity[EI_CLASS] != ELFCLASS64)
		return doubt(elf, DFUT_CHECK_FORMAT, EI_CLASS, "neither a 32-bit nor a 64-bit ELF file");
	if (identity[EI_DATA] != ELFDATA2LSB && identity[EI_DATA] != ELFDATA2MSB)
		return doubt(elf, DFUT_CHECK_FORMAT, EI_DATA, "the ELF header gives no order of bytes");
	if (identity[EI_VERSION] != EV_CURRENT)
		return doubt(elf, DFUT_CHECK_FORMAT, EI_VERSION, "not version 1 of ELF");
	elf->is_64 = identity[EI_CLASS] == ELFCLASS64;
	elf->is_big = identity[EI_DATA] == ELFDATA2MSB;
	if (image->size < of_field(elf, 52, 64))
		return doubt(elf, DFUT_CHECK_LENGTH, image->size, "the file ends inside the ELF header");
	return 1;
}

static void read_header(struct elf *elf)
{
	elf->type = read_half(elf, 16);
	elf->machine = read_half(elf, 18);
	elf->entry = read_word(elf, 24);
	elf->segments = read_word(elf, of_field(elf, 28, 32));
	elf->sections = read_word(elf, of_field(elf, 32, 40));
	elf->segment_size = read_half(elf, of_field(elf, 42, 54));
	elf->segment_number = read_half(elf, of_field(elf, 44, 56));
	elf->section_size = read_half(elf, of_field(elf, 46, 58));
	elf->section_number = read_half(elf, of_field(elf, 48, 60));
}

static const char *find_machine(unsigned int id)
{
	for (size_t i = 0; i < DFUT_COUNT(machines); i++)
		if (machines[i].id == id)
			return machines[i].name;
	return NULL;
}

static void note_header(struct elf *elf)
{
	struct dfut_image *image = elf->loader->image;
	char number[24];

	image->machine = find_machine(elf->machine);
	snprintf(number, sizeof(number), "%u", (unsigned int)elf->machine);
	dfut_image_add_fact(elf->loader, "machine", "%s", image->machine ? image->machine : number);
	dfut_image_add_fact(elf->loader, "class", "%s, %s endian", elf->is_64 ? "64 bit" : "32 bit",
			    elf->is_big ? "big" : "little");
	dfut_image_add_fact(elf->loader, "entry", "0x%08llx", (unsigned long long)elf->entry);
	if (elf->entry > UINT32_MAX)
		return;
	image->has_entry = elf->entry != 0;
	image->entry = (uint32_t)elf->entry;
}

static int judge_type(struct elf *elf)
{
	static const char *const types[] = { "nothing", "an object file that is not linked", NULL, "a shared library",
					     "a core dump" };
	unsigned int type = elf->type;

	if (type == ET_EXEC)
		return 1;
	return dfut_image_doubt(elf->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_FORMAT,
				"offset 16: the ELF file is %s, not a program",
				type < DFUT_COUNT(types) ? types[type] : "of an unknown type");
}

static bool is_in_file(const struct elf *elf, uint64_t offset, uint64_t size)
{
	size_t end = elf->loader->image->size;

	return offset <= end && size <= end - offset;
}

static int judge_segments(struct elf *elf)
{
	size_t entry = of_field(elf, 32, 56);

	if (elf->segments == 0 || elf->segment_number == 0)
		return doubt(elf, DFUT_CHECK_FORMAT, of_field(elf, 44, 56), "the ELF file has no program headers");
	if (elf->segment_size != entry)
		return dfut_image_doubt(elf->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_FORMAT,
					"offset %zu: program headers of %u bytes, they have %zu", of_field(elf, 42, 54),
					(unsigned int)elf->segment_size, entry);
	if (elf->segment_number == PN_XNUM)
		return doubt(elf, DFUT_CHECK_FORMAT, of_field(elf, 44, 56),
			     "more program headers than any firmware has");
	if (!is_in_file(elf, elf->segments, elf->segment_number * entry))
		return dfut_image_doubt(
			elf->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_LENGTH,
			"offset %zu: the file ends early, its %u program headers at offset %llu are not "
			"all there",
			elf->loader->image->size, (unsigned int)elf->segment_number, (unsigned long long)elf->segments);
	return 1;
}

/* Too many to tell of in the header stand in the first section: a number of 0, and a table nevertheless. */
static int judge_sections(struct elf *elf)
{
	size_t entry = of_field(elf, 40, 64);

	if (elf->sections == 0)
		elf->section_number = 0;
	else if (elf->section_number == 0)
		return doubt(elf, DFUT_CHECK_FORMAT, of_field(elf, 48, 60), "more sections than any firmware has");
	if (elf->section_number == 0)
		return 1;
	if (elf->section_size != entry)
		return dfut_image_doubt(elf->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_FORMAT,
					"offset %zu: section headers of %u bytes, they have %zu", of_field(elf, 46, 58),
					(unsigned int)elf->section_size, entry);
	if (!is_in_file(elf, elf->sections, elf->section_number * entry))
		return dfut_image_doubt(
			elf->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_LENGTH,
			"offset %zu: the file ends early, its %u section headers at offset %llu are not "
			"all there",
			elf->loader->image->size, (unsigned int)elf->section_number, (unsigned long long)elf->sections);
	return 1;
}

/* Segments */

/* Looked for once: a file may have as many sections as segments that begin with its headers. The one with index 0 is none. */
static void find_first_section(struct elf *elf)
{
	elf->first_section = UINT64_MAX;
	for (size_t i = 1; i < elf->section_number; i++) {
		size_t at = (size_t)elf->sections + i * elf->section_size;
		uint64_t offset = read_word(elf, at + of_field(elf, 16, 24));
		bool is_loaded = read_word(elf, at + 8) & SHF_ALLOC && read_number(elf, at + 4, 4) != SHT_NOBITS &&
				 read_word(elf, at + of_field(elf, 20, 32)) > 0;

		if (is_loaded && offset < elf->first_section)
			elf->first_section = offset;
	}
}

static int add_segment(struct elf *elf, const struct segment *segment, size_t index)
{
	uint64_t address = elf->has_physical ? segment->physical : segment->virtual;
	uint64_t skipped = 0;

	/* Headers may be loaded, too; firmware begins with its first section. */
	if (segment->offset == 0 && elf->first_section < segment->file_size)
		skipped = elf->first_section;
	address += skipped;
	if (address > UINT32_MAX)
		return dfut_fail(elf->loader->failure, DFUT_ERROR_IMAGE,
				 "offset %zu: the address 0x%llx is beyond the last, 0xffffffff",
				 of_segment(elf, index) + of_field(elf, 12, 24), (unsigned long long)address);
	return dfut_pieces_add(&elf->pieces, &(struct dfut_piece){
						     .address = (uint32_t)address,
						     .size = (uint32_t)(segment->file_size - skipped),
						     .offset = (uint32_t)(segment->offset + skipped),
					     });
}

static int judge_segment(struct elf *elf, const struct segment *segment, size_t index)
{
	if (!is_in_file(elf, segment->offset, segment->file_size))
		return dfut_image_doubt(
			elf->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_LENGTH,
			"offset %zu: the file ends early, segment %zu has %llu bytes at offset %llu, says "
			"its header at offset %zu",
			elf->loader->image->size, index, (unsigned long long)segment->file_size,
			(unsigned long long)segment->offset, of_segment(elf, index));
	if (segment->file_size > segment->memory_size)
		return dfut_image_doubt(elf->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_FORMAT,
					"offset %zu: segment %zu has %llu bytes, its memory %llu",
					of_segment(elf, index) + of_field(elf, 20, 40), index,
					(unsigned long long)segment->file_size,
					(unsigned long long)segment->memory_size);
	return 1;
}

static int read_segment(struct elf *elf, size_t index)
{
	const struct segment segment = get_segment(elf, index);
	int result;

	if (segment.type == PT_INTERP)
		return doubt(elf, DFUT_CHECK_FORMAT, of_segment(elf, index),
			     "a program that needs an operating system, not firmware");
	if (segment.type != PT_LOAD || segment.file_size == 0)
		return 0;
	elf->segment_count++;
	result = judge_segment(elf, &segment, index);
	return result <= 0 ? result : add_segment(elf, &segment, index);
}

static bool has_physical_addresses(const struct elf *elf)
{
	for (size_t i = 0; i < elf->segment_number; i++)
		if (get_segment(elf, i).physical != 0)
			return true;
	return false;
}

static int read_segments(struct elf *elf)
{
	int result = 0;

	elf->has_physical = has_physical_addresses(elf);
	find_first_section(elf);
	for (size_t i = 0; result == 0 && i < elf->segment_number; i++)
		result = read_segment(elf, i);
	dfut_image_add_fact(elf->loader, "load_segments", "%zu", elf->segment_count);
	return result;
}

static void read_piece(const struct dfut_image *image, const struct dfut_piece *piece, uint8_t *bytes)
{
	memcpy(bytes, image->data + piece->offset, piece->size);
}

static int read_program(struct elf *elf)
{
	int result;

	read_header(elf);
	result = judge_sections(elf);
	if (result <= 0)
		return result;
	note_header(elf);
	result = judge_type(elf);
	if (result >= 0)
		result = judge_segments(elf);
	if (result <= 0)
		return result;
	result = read_segments(elf);
	return result < 0 ? result : dfut_pieces_join(&elf->pieces, read_piece);
}

int dfut_elf_inspect(struct dfut_loader *loader)
{
	struct elf elf = { .loader = loader, .pieces = { .loader = loader } };
	int result = judge_identity(&elf);

	if (result > 0)
		result = read_program(&elf);
	dfut_pieces_free(&elf.pieces);
	return result;
}
