/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What option bytes say of write protection, and a GD32's serial number of its flash. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "language/dfuse/options.h"

static struct dfuse_layout layout;

static void read_layout(const char *text)
{
	cr_assert(dfuse_layout_parse(&layout, text));
}

static uint32_t count_protected(const struct dfuse_options *options, uint32_t unit, uint32_t size)
{
	uint32_t count = 0;

	for (uint32_t at = 0; at < size; at += unit)
		count += dfuse_options_protect(options, &layout, 0x08000000 + at);
	return count;
}

Test(dfuse_options, pairs_stand_for_4_kib)
{
	uint8_t bytes[16] = { 0xaa, 0x55, 0xff, 0, 0xff, 0, 0xff, 0, 0xff, 0, 0xff, 0, 0xff, 0, 0xff, 0 };
	struct dfuse_options options;

	read_layout("@Internal Flash  /0x08000000/128*0002Kg");
	dfuse_options_parse(&options, 0x1ffff800, bytes);
	cr_expect(eq(int, options.form, DFUSE_OPTIONS_PAIRS));
	cr_expect(eq(u32, count_protected(&options, 2048, 256 * 1024), 0));
	bytes[8] = 0xfd;
	bytes[9] = 0x02;
	dfuse_options_parse(&options, 0x1ffff800, bytes);
	cr_expect(not(dfuse_options_protect(&options, &layout, 0x08000fff)));
	cr_expect(dfuse_options_protect(&options, &layout, 0x08001000));
	cr_expect(dfuse_options_protect(&options, &layout, 0x08001800));
	cr_expect(not(dfuse_options_protect(&options, &layout, 0x08002000)));
	/* The last bit stands for all behind 124 KiB. */
	bytes[14] = 0x7f;
	bytes[15] = 0x80;
	dfuse_options_parse(&options, 0x1ffff800, bytes);
	cr_expect(eq(u32, count_protected(&options, 2048, 256 * 1024), 2 + 66));
	/* They contradict themselves. */
	bytes[11] = 0x10;
	dfuse_options_parse(&options, 0x1ffff800, bytes);
	cr_expect(eq(int, options.form, DFUSE_OPTIONS_UNKNOWN));
	cr_expect(eq(u32, count_protected(&options, 2048, 256 * 1024), 0));
}

Test(dfuse_options, bits_stand_for_sectors)
{
	uint8_t bytes[16] = { 0xef, 0xaa, 0, 0, 0, 0, 0, 0, 0xee, 0xf7 };
	struct dfuse_options options;

	read_layout("@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg");
	dfuse_options_parse(&options, 0x1fffc000, bytes);
	cr_expect(eq(int, options.form, DFUSE_OPTIONS_SECTORS));
	cr_expect(dfuse_options_protect(&options, &layout, 0x08003fff));
	cr_expect(not(dfuse_options_protect(&options, &layout, 0x08004000)));
	cr_expect(dfuse_options_protect(&options, &layout, 0x08010000));
	cr_expect(dfuse_options_protect(&options, &layout, 0x0801ffff));
	cr_expect(not(dfuse_options_protect(&options, &layout, 0x08020000)));
	cr_expect(dfuse_options_protect(&options, &layout, 0x080e0000));
	/* STM32F427 with code that can't be read: the bits mean something else. */
	bytes[9] = 0x87;
	dfuse_options_parse(&options, 0x1fffc000, bytes);
	cr_expect(eq(int, options.form, DFUSE_OPTIONS_UNKNOWN));
	bytes[9] = 0x0f;
	bytes[8] = 0xff;
	dfuse_options_parse(&options, 0x1fffc000, bytes);
	cr_expect(eq(u32, count_protected(&options, 16 * 1024, 1024 * 1024), 0));
}

Test(dfuse_options, others_say_nothing)
{
	static const uint8_t bytes[16] = { 0 };
	struct dfuse_options options;

	cr_expect(dfuse_options_are_known(0x1ffff800));
	cr_expect(dfuse_options_are_known(0x1fffc000));
	cr_expect(not(dfuse_options_are_known(0x5200201c)));
	dfuse_options_parse(&options, 0x5200201c, bytes);
	cr_expect(eq(int, options.form, DFUSE_OPTIONS_UNKNOWN));
}

static uint32_t get_size_by(const char *serial, const char *text)
{
	read_layout(text);
	dfuse_layout_take_gd32(&layout, serial);
	return layout.runs[0].count * layout.runs[0].sector_size;
}

/* As UTF-16 "3CBJ" is U+4333 U+4A42. */
Test(dfuse_options, serial_numbers_tell_the_size_of_a_gd32)
{
	static const char wrong[] = "@Internal Flash  /0x08000000/032*002Kg";

	cr_expect(eq(u32, get_size_by("\xe4\x8c\xb3\xe4\xa9\x82", wrong), 128 * 1024));
	cr_expect(eq(u32, get_size_by("3C2J", wrong), 8 * 1024));
	cr_expect(eq(u32, get_size_by("3C4J", wrong), 16 * 1024));
	cr_expect(eq(u32, get_size_by("3C6J", wrong), 32 * 1024));
	cr_expect(eq(u32, get_size_by("3CDJ", wrong), 256 * 1024));
	cr_expect(eq(u32, layout.runs[0].sector_size, 1024));
	/* Anything else leaves it as it is. */
	cr_expect(eq(u32, get_size_by("3CXJ", wrong), 64 * 1024));
	cr_expect(eq(u32, get_size_by("4C8J", wrong), 64 * 1024));
	cr_expect(eq(u32, get_size_by("3C8K", wrong), 64 * 1024));
	cr_expect(eq(u32, get_size_by("3C8JJ", wrong), 64 * 1024));
	cr_expect(eq(u32, get_size_by("3C8", wrong), 64 * 1024));
	cr_expect(eq(u32, get_size_by("", wrong), 64 * 1024));
	cr_expect(eq(u32, get_size_by("\xe4", wrong), 64 * 1024));
	cr_expect(eq(u32, get_size_by("\xe4\x8c", wrong), 64 * 1024));
	cr_expect(
		eq(u32, get_size_by("\xe4\x8c\xb3\xe4\xa9\x82\xe4\xa9\x82\xe4\xa9\x82\xe4\xa9\x82", wrong), 64 * 1024));
	cr_expect(eq(u32, get_size_by("3C8J", "@Option Bytes  /0x1FFFF800/01*016 g"), 16));
	cr_expect(eq(u32, get_size_by("3C8J", "@Two  /0x08000000/01*016 g,1*1Kg"), 16));
}
