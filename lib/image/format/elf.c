/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * ELF programs (System V ABI, chapters 4 and 5), read by libelf: what is loaded goes to its physical address. Functions
 * that judge return 1 if what comes next can be looked at, 0 if a doubt that was overruled prevents it, or an error.
 */

#include <stdio.h>
#include <string.h>

#include <gelf.h>

#include "image/format/elf.h"
#include "image/pieces.h"

struct elf {
	struct dfut_loader *loader;
	struct dfut_pieces pieces;
	Elf *elf;
	GElf_Ehdr header;
	size_t segment_count;
	uint64_t first_section; /* where the first that is loaded lies in the file, UINT64_MAX if none does */
	bool is_64;
	bool has_physical; /* some tool chains leave all physical addresses 0 */
};

/* clang-format off */
static const struct {
	unsigned int id;
	const char *name;
} machines[] = {
	{ EM_386, "x86" },
	{ EM_MIPS, "mips" },
	{ EM_PPC, "powerpc" },
	{ EM_ARM, "arm" },
	{ EM_SH, "superh" },
	{ EM_TRICORE, "tricore" },
	{ EM_X86_64, "x86-64" },
	{ EM_AVR, "avr" },
	{ EM_V850, "v850" },
	{ EM_XTENSA, "xtensa" },
	{ EM_MSP430, "msp430" },
	{ EM_RX, "rx" },
	{ EM_AARCH64, "aarch64" },
	{ EM_AVR32, "avr32" },
	{ EM_ARCV2, "arc" },
	{ EM_RISCV, "riscv" },
	{ 203, "xcore" },
};
/* clang-format on */

/* Offsets of fields, in files of 32 and of 64 bits */
static size_t of_field(const struct elf *elf, size_t in_32, size_t in_64)
{
	return elf->is_64 ? in_64 : in_32;
}

static size_t of_segment(const struct elf *elf, size_t index)
{
	return (size_t)elf->header.e_phoff + index * elf->header.e_phentsize;
}

static int doubt(struct elf *elf, unsigned int check, size_t offset, const char *text)
{
	return dfut_image_doubt(elf->loader, DFUT_ERROR_IMAGE, check, "offset %zu: %s", offset, text);
}

/* libelf makes room for all sections at once; a file may have millions, and tells of them in the first one then. */
static int judge_section_count(struct elf *elf)
{
	const uint8_t *header = elf->loader->image->data;
	const uint8_t *count = header + of_field(elf, 48, 60);
	static const uint8_t none[8];

	if (count[0] || count[1] || memcmp(header + of_field(elf, 32, 40), none, of_field(elf, 4, 8)) == 0)
		return 1;
	return doubt(elf, DFUT_CHECK_FORMAT, of_field(elf, 48, 60), "more sections than any firmware has");
}

/* What has to be right before libelf reads the header. */
static int judge_identity(struct elf *elf)
{
	const struct dfut_image *image = elf->loader->image;
	const uint8_t *identity = image->data;
	size_t needed;

	if (image->size < EI_NIDENT)
		return doubt(elf, DFUT_CHECK_LENGTH, image->size, "the file ends inside the ELF header");
	if (identity[EI_CLASS] != ELFCLASS32 && identity[EI_CLASS] != ELFCLASS64)
		return doubt(elf, DFUT_CHECK_FORMAT, EI_CLASS, "neither a 32-bit nor a 64-bit ELF file");
	if (identity[EI_DATA] != ELFDATA2LSB && identity[EI_DATA] != ELFDATA2MSB)
		return doubt(elf, DFUT_CHECK_FORMAT, EI_DATA, "the ELF header gives no order of bytes");
	if (identity[EI_VERSION] != EV_CURRENT)
		return doubt(elf, DFUT_CHECK_FORMAT, EI_VERSION, "not version 1 of ELF");
	elf->is_64 = identity[EI_CLASS] == ELFCLASS64;
	needed = elf->is_64 ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr);
	if (image->size < needed)
		return doubt(elf, DFUT_CHECK_LENGTH, image->size, "the file ends inside the ELF header");
	return judge_section_count(elf);
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

	image->machine = find_machine(elf->header.e_machine);
	snprintf(number, sizeof(number), "%u", (unsigned int)elf->header.e_machine);
	dfut_image_add_fact(elf->loader, "machine", "%s", image->machine ? image->machine : number);
	dfut_image_add_fact(elf->loader, "class", "%s, %s endian", elf->is_64 ? "64 bit" : "32 bit",
			    elf->header.e_ident[EI_DATA] == ELFDATA2LSB ? "little" : "big");
	dfut_image_add_fact(elf->loader, "entry", "0x%08llx", (unsigned long long)elf->header.e_entry);
	if (elf->header.e_entry > UINT32_MAX)
		return;
	image->has_entry = elf->header.e_entry != 0;
	image->entry = (uint32_t)elf->header.e_entry;
}

static int judge_type(struct elf *elf)
{
	static const char *const types[] = { "nothing", "an object file that is not linked", NULL, "a shared library",
					     "a core dump" };
	unsigned int type = elf->header.e_type;

	if (type == ET_EXEC)
		return 1;
	return dfut_image_doubt(elf->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_FORMAT,
				"offset 16: the ELF file is %s, not a program",
				type < DFUT_COUNT(types) ? types[type] : "of an unknown type");
}

/* libelf takes the table as it is, so that it must lie in the file. */
static int judge_table(struct elf *elf)
{
	const GElf_Ehdr *header = &elf->header;
	size_t size = elf->loader->image->size;
	size_t entry = elf->is_64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);

	if (header->e_phoff == 0 || header->e_phnum == 0)
		return doubt(elf, DFUT_CHECK_FORMAT, of_field(elf, 44, 56), "the ELF file has no program headers");
	if (header->e_phentsize != entry)
		return dfut_image_doubt(elf->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_FORMAT,
					"offset %zu: program headers of %u bytes, they have %zu", of_field(elf, 42, 54),
					(unsigned int)header->e_phentsize, entry);
	if (header->e_phnum == PN_XNUM)
		return doubt(elf, DFUT_CHECK_FORMAT, of_field(elf, 44, 56),
			     "more program headers than any firmware has");
	if (header->e_phoff > size || header->e_phnum * entry > size - header->e_phoff)
		return dfut_image_doubt(
			elf->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_LENGTH,
			"offset %zu: the file ends early, its %u program headers at offset %llu are not "
			"all there",
			size, (unsigned int)header->e_phnum, (unsigned long long)header->e_phoff);
	return 1;
}

/* Looked for once: a file may have as many sections as segments that begin with its headers. */
static void find_first_section(struct elf *elf)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;

	elf->first_section = UINT64_MAX;
	while ((section = elf_nextscn(elf->elf, section)) != NULL) {
		if (!gelf_getshdr(section, &header) || !(header.sh_flags & SHF_ALLOC) || header.sh_type == SHT_NOBITS)
			continue;
		if (header.sh_size > 0 && header.sh_offset < elf->first_section)
			elf->first_section = header.sh_offset;
	}
}

static int add_segment(struct elf *elf, GElf_Phdr *segment, size_t index)
{
	uint64_t address = elf->has_physical ? segment->p_paddr : segment->p_vaddr;
	uint64_t skipped = 0;

	/* Headers may be loaded, too; firmware begins with its first section. */
	if (segment->p_offset == 0 && elf->first_section < segment->p_filesz)
		skipped = elf->first_section;
	address += skipped;
	if (address > UINT32_MAX)
		return dfut_fail(elf->loader->failure, DFUT_ERROR_IMAGE,
				 "offset %zu: the address 0x%llx is beyond the last, 0xffffffff",
				 of_segment(elf, index) + of_field(elf, 12, 24), (unsigned long long)address);
	return dfut_pieces_add(&elf->pieces, &(struct dfut_piece){
						     .address = (uint32_t)address,
						     .size = (uint32_t)(segment->p_filesz - skipped),
						     .offset = (uint32_t)(segment->p_offset + skipped),
					     });
}

static int judge_segment(struct elf *elf, const GElf_Phdr *segment, size_t index)
{
	size_t size = elf->loader->image->size;

	if (segment->p_offset > size || segment->p_filesz > size - segment->p_offset)
		return dfut_image_doubt(
			elf->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_LENGTH,
			"offset %zu: the file ends early, segment %zu has %llu bytes at offset %llu, says "
			"its header at offset %zu",
			size, index, (unsigned long long)segment->p_filesz, (unsigned long long)segment->p_offset,
			of_segment(elf, index));
	if (segment->p_filesz > segment->p_memsz)
		return dfut_image_doubt(elf->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_FORMAT,
					"offset %zu: segment %zu has %llu bytes, its memory %llu",
					of_segment(elf, index) + of_field(elf, 20, 40), index,
					(unsigned long long)segment->p_filesz, (unsigned long long)segment->p_memsz);
	return 1;
}

static int read_segment(struct elf *elf, size_t index)
{
	GElf_Phdr segment;
	int result;

	if (!gelf_getphdr(elf->elf, (int)index, &segment))
		return doubt(elf, DFUT_CHECK_FORMAT, of_segment(elf, index), "libelf can't read the program header");
	if (segment.p_type == PT_INTERP)
		return doubt(elf, DFUT_CHECK_FORMAT, of_segment(elf, index),
			     "a program that needs an operating system, not firmware");
	if (segment.p_type != PT_LOAD || segment.p_filesz == 0)
		return 0;
	elf->segment_count++;
	result = judge_segment(elf, &segment, index);
	return result <= 0 ? result : add_segment(elf, &segment, index);
}

static bool has_physical_addresses(struct elf *elf)
{
	GElf_Phdr segment;

	for (size_t i = 0; i < elf->header.e_phnum; i++)
		if (gelf_getphdr(elf->elf, (int)i, &segment) && segment.p_paddr != 0)
			return true;
	return false;
}

static int read_segments(struct elf *elf)
{
	int result = 0;

	elf->has_physical = has_physical_addresses(elf);
	find_first_section(elf);
	for (size_t i = 0; result == 0 && i < elf->header.e_phnum; i++)
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

	if (!elf->elf || !gelf_getehdr(elf->elf, &elf->header))
		return doubt(elf, DFUT_CHECK_FORMAT, 0, "libelf can't read the ELF header");
	note_header(elf);
	result = judge_type(elf);
	if (result >= 0)
		result = judge_table(elf);
	if (result <= 0)
		return result;
	result = read_segments(elf);
	return result < 0 ? result : dfut_pieces_join(&elf->pieces, read_piece);
}

int dfut_elf_inspect(struct dfut_loader *loader)
{
	struct elf elf = { .loader = loader, .pieces = { .loader = loader } };
	int result = judge_identity(&elf);

	if (result <= 0)
		return result;
	if (elf_version(EV_CURRENT) == EV_NONE)
		return dfut_fail(loader->failure, DFUT_ERROR_UNSUPPORTED, "libelf is too old for this file");
	elf.elf = elf_memory((char *)loader->image->data, loader->image->size);
	result = read_program(&elf);
	elf_end(elf.elf);
	dfut_pieces_free(&elf.pieces);
	return result;
}
