/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* DfuSe's memory layouts, as ROMs have been seen to write them. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

#include "language/dfuse/layout.h"

static struct dfuse_layout parse(const char *text)
{
	struct dfuse_layout layout;

	cr_assert(dfuse_layout_parse(&layout, text), "%s", text);
	return layout;
}

static uint64_t get_size(const struct dfuse_layout *layout)
{
	uint64_t size = 0;

	for (size_t i = 0; i < layout->count; i++)
		size += (uint64_t)layout->runs[i].sector_size * layout->runs[i].count;
	return size;
}

Test(dfuse_layout, sectors_of_different_size)
{
	struct dfuse_layout layout = parse("@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg");
	struct dfuse_sector sector;

	cr_expect(eq(int, strcmp(layout.name, "Internal Flash"), 0));
	cr_assert(eq(sz, layout.count, 3));
	cr_expect(eq(u64, get_size(&layout), 1024 * 1024));
	cr_assert(dfuse_layout_find(&layout, 0x0800ffff, &sector));
	cr_expect(eq(u32, sector.address, 0x0800c000));
	cr_expect(eq(u32, sector.size, 16 * 1024));
	cr_expect(eq(u32, sector.access, DFUSE_READ | DFUSE_ERASE | DFUSE_WRITE));
	cr_assert(dfuse_layout_find(&layout, 0x080fffff, &sector));
	cr_expect(eq(u32, sector.address, 0x080e0000));
	cr_expect(not(dfuse_layout_find(&layout, 0x08100000, &sector)));
	cr_expect(not(dfuse_layout_find(&layout, 0x07ffffff, &sector)));
}

Test(dfuse_layout, every_form_that_was_seen)
{
	static const struct {
		const char *text;
		size_t runs;
		uint64_t size;
		unsigned int access;
	} seen[] = {
		{ "@Option Bytes  /0x1FFFC000/01*016 e", 1, 16, 5 },
		{ "@OTP Memory /0x1FFF7800/01*512 e,01*016 e", 2, 528, 5 },
		{ "@Device Feature/0xFFFF0000/01*004 e", 1, 4, 5 },
		{ "@Option Bytes   /0x1FF00000/01*040 e/0x1FF01000/01*040 e", 2, 80, 5 },
		{ "@OTP Memory /0x1FFF7000/01*0001Ke", 1, 1024, 5 },
		{ "@Internal Flash   /0x08000000/08*04Ka,1000*04Kg", 2, 1008 * 4096, 1 },
		{ "@Option byte   /0x1FFFC000/01*4096 g", 1, 4096, 7 },
		{ "@External Flash /0x90000000/998*128Kg,1*128Kg,4*128Kg,21*128Ka", 4, 1024 * 131072ULL, 7 },
		{ "@Flash /0x90000000/64*4Kg/0x90040000/60*64Kg/0x90400000/60*64Kg", 3, 64 * 4096 + 120 * 65536ULL, 7 },
		{ "@Internal Flash /0x08000000/64*02Kg ", 1, 131072, 7 },
		{ "@Odd/0x0/1*4g", 1, 4, 7 },
		{ "@Odd/0x0/1*4 ?", 0, 0, 0 },
		{ "@Device Feature/0xFFFF0000/01*004", 1, 4, 5 },
		{ "@Top/0xFFFFF000/1*4Kg", 1, 4096, 7 },
		{ "@Large/0x0/2*1Mg,1*64kG", 2, 2 * 1048576 + 65536, 7 },
		{ "/0x08000000/64*02Kg", 1, 131072, 7 },
	};

	for (size_t i = 0; i < DFUT_COUNT(seen); i++) {
		struct dfuse_layout layout;

		cr_assert(eq(int, dfuse_layout_parse(&layout, seen[i].text), seen[i].runs > 0), "%s", seen[i].text);
		if (!seen[i].runs)
			continue;
		cr_expect(eq(sz, layout.count, seen[i].runs), "%s", seen[i].text);
		cr_expect(eq(u64, get_size(&layout), seen[i].size), "%s", seen[i].text);
		cr_expect(eq(u32, layout.runs[0].access, seen[i].access), "%s", seen[i].text);
	}
}

Test(dfuse_layout, nonsense_is_no_layout)
{
	/* clang-format off */
	static const char *const texts[] = {
		"",	 "nor0",	  "@",		      "@Flash",		 "@Flash/",	      "@Flash/08000000/1*1Kg",
		"@F/0x/1*1Kg", "@F/0x8000000/", "@F/0x8000000/1",     "@F/0x8000000/1*",	 "@F/0x8000000/*1Kg", "@F/0x8000000/0*1Kg",
		"@F/0x8000000/1*0Kg", "@F/0x123456789/1*1Kg", "@F/0xFFFFF000/2*4Kg", "@F/0x0/99999*4096Mg", "@F/0x0/1*1Kx",
		"@F/0x0/99999999999999999999*1Kg", "@F/0x0/1*99999999999Kg", "@F/0x0/,1*1 K", "OTP", "u-boot.itb", "@Internal Flash",
		"0x08000000/1*1Kg", "@F/0x08000000/g", "@F/0x0", "/", "@/0x0/", "//0x", "@F/0x-8000000/1*1Kg",
		"@F/0x +1/1*1Kg", "@F/0x0x10/1*1Kg",
	};
	/* clang-format on */
	struct dfuse_layout layout;

	for (size_t i = 0; i < DFUT_COUNT(texts); i++)
		cr_expect(not(dfuse_layout_parse(&layout, texts[i])), "%s", texts[i]);
	cr_expect(not(dfuse_layout_parse(&layout, NULL)));
}

/* What dfu-util takes, too: all of what can be understood is used, and told with all that the device says if there is more. */
Test(dfuse_layout, what_is_understood_is_used)
{
	static const struct {
		const char *text;
		const char *name;
		const char *title;
		size_t runs;
		uint64_t size;
	} seen[] = {
		{ "Internal Flash /0x08000000/64*02Kg", "Internal Flash", "Internal Flash", 1, 131072 },
		{ "@/0x08000000/64*02Kg", "", "@/0x08000000/64*02Kg", 1, 131072 },
		{ " @ Padded \t /0x08000000/64*02Kg\x01\x02", "Padded", "Padded", 1, 131072 },
		{ "@F/0x08000000/64*02Kg,", "F", "F", 1, 131072 },
		{ "@F/0x08000000/64*02Kg,/0x90000000/1*4Kg", "F", "F", 2, 131072 + 4096 },
		{ "@F/0x08000000/,64*02Kg,,1*1Ka, /0x90000000/1*4Kg ,", "F", "F", 3, 131072 + 1024 + 4096 },
		{ "@QSPI/SPI Flash /0x90000000/1*4Kg", "QSPI/SPI Flash", "QSPI/SPI Flash", 1, 4096 },
		/* More than can be understood */
		{ "@F/0x08000000/64*02Kg v1.2", "F", "@F/0x08000000/64*02Kg v1.2", 1, 131072 },
		{ "@F/0x08000000/64*02Kg rev/b", "F", "@F/0x08000000/64*02Kg rev/b", 1, 131072 },
		{ "@F/0x08000000/64*02Kg-x,1*1Kg", "F", "@F/0x08000000/64*02Kg-x,1*1Kg", 2, 131072 + 1024 },
		{ "@F/0x0/1*1Kgx", "F", "@F/0x0/1*1Kgx", 1, 1024 },
		{ "@F/0x08000000/64*02Kg,some/0x90000000/1*4Kg", "F", "@F/0x08000000/64*02Kg,some/0x90000000/1*4Kg", 2,
		  131072 + 4096 },
		{ "@F/0x08000000/soon/0x90000000/1*4Kg", "F", "@F/0x08000000/soon/0x90000000/1*4Kg", 1, 4096 },
		{ "@F/0x08000000/0x90000000/1*4Kg", "F", "@F/0x08000000/0x90000000/1*4Kg", 1, 4096 },
		{ "@F/0x90000000/1*4Kg/0x", "F", "@F/0x90000000/1*4Kg/0x", 1, 4096 },
		/* Where the rest of a zone would be depends on what is not understood. */
		{ "@F/0x0/1*1Kg,1*1Kx,1*1Kg", "F", "@F/0x0/1*1Kg,1*1Kx,1*1Kg", 1, 1024 },
		{ "@F/0x0/1*1Kg,1*2", "F", "F", 2, 1026 },
	};

	for (size_t i = 0; i < DFUT_COUNT(seen); i++) {
		struct dfuse_layout layout = parse(seen[i].text);

		cr_expect(eq(str, layout.name, (char *)seen[i].name), "%s", seen[i].text);
		cr_expect(eq(str, layout.title, (char *)seen[i].title), "%s", seen[i].text);
		cr_expect(eq(sz, layout.count, seen[i].runs), "%s", seen[i].text);
		cr_expect(eq(u64, get_size(&layout), seen[i].size), "%s", seen[i].text);
	}
}

/* Whatever a device says, no run leaves the address space, and each has sectors. */
Test(dfuse_layout, any_text_is_survived)
{
	static const char *const parts[] = { "@",     "F",     "/",    "/0x", "08000000", "ffffffff", "/0xfffff000/",
					     "64",    "*",     "02",   "K",   "M",	  "B",	      " ",
					     "g",     "a",     ",",    "x",   "\x01",	  "4096",     "65536*65536Mg",
					     "/0x0/", "1*1Kg", "99999" };
	uint32_t random = 1;
	size_t understood = 0;

	for (size_t i = 0; i < 200000; i++) {
		struct dfuse_layout layout;
		char text[256] = "";

		for (size_t k = 0; k < i % 20; k++) {
			random = random * 1664525 + 1013904223;
			strcat(text, parts[(random >> 16) % DFUT_COUNT(parts)]);
		}
		understood += dfuse_layout_parse(&layout, text);
		cr_assert(le(sz, layout.count, DFUSE_RUN_LIMIT), "%s", text);
		for (size_t k = 0; k < layout.count; k++) {
			const struct dfuse_run *run = &layout.runs[k];

			cr_assert(run->sector_size && run->count, "%s", text);
			cr_assert(run->address + (uint64_t)run->sector_size * run->count <= UINT64_C(0x100000000), "%s",
				  text);
		}
	}
	cr_expect(lt(sz, 100, understood));
	fprintf(stderr, "%zu layouts\n", understood);
}

Test(dfuse_layout, begins_where_it_can_be_written)
{
	struct dfuse_layout layout = parse("@Flash /0x08000000/8*001Ka,120*001Kg");

	cr_expect(eq(u32, dfuse_layout_get_start(&layout), 0x08002000));
	cr_expect(eq(u64, dfuse_layout_get_room(&layout, 0x08002000), 120 * 1024));
	cr_expect(eq(u64, dfuse_layout_get_room(&layout, 0x08000001), 128 * 1024 - 1));
	cr_expect(eq(u64, dfuse_layout_get_room(&layout, 0x0801ffff), 1));
	cr_expect(eq(u64, dfuse_layout_get_room(&layout, 0x08020000), 0));
	layout = parse("@OTP /0x1fff7000/1*1Ka");
	cr_expect(eq(u32, dfuse_layout_get_start(&layout), 0x1fff7000));
	layout = parse("@F/0x0/1*1Kg/0x400/1*1Kg/0x1000/1*1Kg");
	cr_expect(eq(u64, dfuse_layout_get_room(&layout, 1), 2047));
	layout = parse("@Top/0xfffff000/1*4Kg");
	cr_expect(eq(u64, dfuse_layout_get_room(&layout, 0xffffffff), 1));
}

Test(dfuse_layout, too_many_runs_are_left_out)
{
	char text[2048] = "@F/0x0/1*1Kg";
	struct dfuse_layout layout;

	for (size_t i = 1; i < DFUSE_RUN_LIMIT; i++)
		strcat(text, ",1*1Kg");
	cr_assert(dfuse_layout_parse(&layout, text));
	cr_expect(layout.is_whole);
	strcat(text, ",1*1Kg");
	cr_assert(dfuse_layout_parse(&layout, text));
	cr_expect(eq(sz, layout.count, DFUSE_RUN_LIMIT));
	cr_expect(not(layout.is_whole));
}

Test(dfuse_layout, tells_where_a_range_leaves_the_memory)
{
	struct dfuse_layout layout = parse("@F/0x08000000/2*1Kg,1*1Ka/0x09000000/1*1Kg");
	uint32_t gap;

	cr_expect(not(dfuse_layout_find_gap(&layout, 0x08000000, 2048, DFUSE_WRITE, &gap)));
	cr_expect(not(dfuse_layout_find_gap(&layout, 0x08000000, 3072, DFUSE_READ, &gap)));
	cr_assert(dfuse_layout_find_gap(&layout, 0x08000000, 2049, DFUSE_WRITE, &gap));
	cr_expect(eq(u32, gap, 0x08000800));
	cr_assert(dfuse_layout_find_gap(&layout, 0x08000000, 4096, DFUSE_READ, &gap));
	cr_expect(eq(u32, gap, 0x08000c00));
	cr_assert(dfuse_layout_find_gap(&layout, 0x09000000, UINT64_C(0xffffffff), DFUSE_READ, &gap));
	cr_expect(eq(u32, gap, 0x09000400));
}
