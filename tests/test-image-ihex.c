/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Intel HEX: all types of records, order, gaps, damage of each part, converting. */

#if !defined(_WIN32) && !defined(_XOPEN_SOURCE)
#define _XOPEN_SOURCE 700
#endif

#include "image-host.h"

TestSuite(ihex, .init = start, .fini = stop, .timeout = 60);

#define END ":00000001FF\n"

/* A record without its checksum, which is added. */
static const char *record(const char *digits)
{
	static char texts[8][600];
	static unsigned int next;
	char *text = texts[next++ % 8];
	unsigned int sum = 0;

	for (size_t i = 0; digits[i] && digits[i + 1]; i += 2) {
		unsigned int byte = 0;

		cr_assert(eq(int, sscanf(digits + i, "%2x", &byte), 1));
		sum += byte;
	}
	snprintf(text, sizeof(texts[0]), ":%s%02X\n", digits, -sum & 0xff);
	return text;
}

static int load_lines(const char *one, const char *two, const char *three, const char *four)
{
	char text[2500];

	snprintf(text, sizeof(text), "%s%s%s%s", one, two, three, four);
	return load_text(text);
}

Test(ihex, data_records_become_segments)
{
	cr_assert(eq(int, load_lines(record("03010000010203"), record("02010300AABB"), record("0102000077"), END), 0));
	cr_assert(eq(str, get_format(), (char *)"ihex"));
	cr_assert(eq(str, list_segments(), (char *)"0x00000100+5/-1 0x00000200+1/-1"));
	cr_assert(has_segment(0, 0x100, -1, "\1\2\3\xaa\xbb", 5));
	cr_assert(eq(sz, dfut_image_get_size(image), 6));
	cr_assert(eq(str, get_fact("data_records"), (char *)"3"));
	cr_assert(eq(int, dfut_image_set_address(image, 0), DFUT_ERROR_USAGE));
}

Test(ihex, records_in_any_order_are_sorted_and_joined)
{
	cr_assert(eq(int, load_lines(record("0102000077"), record("02010300AABB"), record("03010000010203"), END), 0));
	cr_assert(eq(str, list_segments(), (char *)"0x00000100+5/-1 0x00000200+1/-1"));
	cr_assert(has_segment(0, 0x100, -1, "\1\2\3\xaa\xbb", 5));
	cr_assert(has_segment(1, 0x200, -1, "\x77", 1));
}

Test(ihex, linear_addresses_go_up_to_the_last)
{
	cr_assert(eq(int, load_lines(record("020000040800"), record("02FFFF00AABB"), record("020000040801"), END), 0));
	cr_assert(eq(str, list_segments(), (char *)"0x0800ffff+2/-1"));
	cr_assert(eq(int, load_lines(record("02000004FFFF"), record("02FFFE00AABB"), "", END), 0));
	cr_assert(eq(str, list_segments(), (char *)"0xfffffffe+2/-1"));
}

Test(ihex, segment_addresses_are_multiplied_by_16)
{
	cr_assert(eq(int, load_lines(record("020000021234"), record("02FFFE00AABB"), "", END), 0));
	cr_assert(eq(str, list_segments(), (char *)"0x0002233e+2/-1"));
	cr_assert(eq(int, load_lines(record("02000002FFFF"), record("02FFFE00AABB"), record("020000040001"), END), 0));
	cr_assert(eq(str, list_segments(), (char *)"0x0010ffee+2/-1"));
}

Test(ihex, start_addresses_are_facts)
{
	cr_assert(eq(int, load_lines(record("0400000508000145"), record("0100000077"), "", END), 0));
	cr_assert(eq(str, get_fact("start_address"), (char *)"0x08000145"));
	cr_assert(eq(int, load_lines(record("0400000312345678"), record("0100000077"), "", END), 0));
	cr_assert(eq(str, get_fact("start_segment"), (char *)"1234:5678"));
}

Test(ihex, line_ends_blanks_and_letters_may_differ)
{
	cr_assert(eq(int, load_text("\xef\xbb\xbf\r\n\n :01000000aa55 \t\r\n\r\n:01000100ab53\r:00000001ff\r\n\x1a"),
		     0),
		  "%s", dfut_context_get_error(context));
	cr_assert(has_segment(0, 0, -1, "\xaa\xab", 2));
	cr_assert(eq(int, load_text(":01000000AA55\n:00000001FF"), 0));
}

Test(ihex, empty_data_records_and_the_longest_are_taken)
{
	char digits[600] = "FF000000";

	for (size_t i = 0; i < 255; i++)
		snprintf(digits + 8 + 2 * i, 3, "%02X", (unsigned int)i);
	cr_assert(eq(int, load_lines(record(digits), record("00100000"), "", END), 0), "%s",
		  dfut_context_get_error(context));
	cr_assert(eq(str, list_segments(), (char *)"0x00000000+255/-1"));
}

Test(ihex, is_saved_as_it_was)
{
	const char text[] = "\r\n:01000000aa55\r\n:00000001FF\r\n";
	static struct file saved;

	cr_assert(eq(int, load_text(text), 0));
	save_to(&saved);
	cr_assert(eq(sz, saved.size, strlen(text)));
	cr_assert(eq(int, memcmp(saved.bytes, text, saved.size), 0));
	expect_round_trip();
}

Test(ihex, is_made_of_a_raw_image_with_an_address)
{
	static const uint8_t bytes[] = { 0x80, 1, 2, 3, 4 };
	static struct file saved;

	cr_assert(eq(int, load_forced(bytes, sizeof(bytes), 0), 0));
	cr_assert(eq(int, dfut_image_convert(image, "ihex"), DFUT_ERROR_USAGE));
	dfut_image_set_suffix(image, 0x0483, 0xdf11, 0);
	dfut_image_set_address(image, 0x0800fffe);
	cr_assert(eq(int, dfut_image_convert(image, "ihex"), 0), "%s", dfut_image_get_error(image));
	cr_assert(has_segment(0, 0x0800fffe, -1, bytes, sizeof(bytes)));
	save_to(&saved);
	saved.bytes[saved.size] = '\0';
	cr_assert(eq(str, (char *)saved.bytes,
		     (char *)":020000040800F2\n:02FFFE00800180\n:020000040801F1\n:03000000020304F4\n" END));
	cr_assert(not(dfut_image_get_ids(image, NULL, NULL, NULL)));
	expect_round_trip();
	cr_assert(eq(int, dfut_image_convert(image, "raw"), 0));
	cr_assert(eq(int, dfut_image_convert(image, "ihex"), 0));
	cr_assert(has_segment(0, 0x0800fffe, -1, bytes, sizeof(bytes)));
}

Test(ihex, goes_through_all_other_formats)
{
	static const char *const formats[] = { "srec", "dfuse", "ihex" };
	char segments[1000];

	cr_assert(eq(int, load_lines(record("0400000508000145"), record("020000040800"), record("02FFFF00AABB"), END),
		     0));
	snprintf(segments, sizeof(segments), "%s", list_segments());
	cr_assert(eq(int, dfut_image_convert(image, "srec"), 0));
	cr_assert(eq(str, list_segments(), (char *)segments));
	cr_assert(eq(str, get_fact("start_address"), (char *)"0x08000145"));
	cr_assert(eq(int, dfut_image_convert(image, "ihex"), 0));
	cr_assert(eq(str, get_fact("start_address"), (char *)"0x08000145"));
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		cr_assert(eq(int, dfut_image_convert(image, formats[i]), 0), "%s: %s", formats[i],
			  dfut_image_get_error(image));
		cr_assert(eq(str, get_format(), (char *)formats[i]));
		cr_assert(eq(sz, dfut_image_get_segment_count(image), 1));
		cr_assert(eq(sz, dfut_image_get_size(image), 2));
		expect_round_trip();
	}
}

/* Bad files */

struct bad {
	struct refusal refusal;
	const char *text;
};

#define DATA \
	":0100000077" \
	"88\n"

static const struct bad bad_files[] = {
	{ { "no end", "line 2: the file ends without an end-of-file record", DFUT_CHECK_LENGTH }, DATA },
	{ { "no end after 2", "line 3: the file ends without", DFUT_CHECK_LENGTH },
	  DATA ":0100010077"
	       "87\r\n" },
	{ { "nothing but an end", "offset 12: the file has nothing to write to a device", 0 }, END },
	{ { "nothing but addresses", "offset 28: the file has nothing to write", 0 }, ":020000040800F2\n" END },
	{ { "wrong checksum", "line 1: the record says checksum 89, it has 88", DFUT_CHECK_CHECKSUM },
	  ":010000007789\n" END },
	{ { "wrong checksum of an end", "line 2: the record says checksum FE, it has FF", DFUT_CHECK_CHECKSUM },
	  DATA ":00000001FE\n" },
	{ { "wrong checksum of an address", "line 1:", DFUT_CHECK_CHECKSUM }, ":020000040800F3\n" DATA END },
	{ { "flipped digit", "line 3:", DFUT_CHECK_CHECKSUM }, DATA "\n:010001007887\n" END },
	{ { "length one more", "line 1: the record has 6 bytes, its length says 7", DFUT_CHECK_LENGTH },
	  ":020000007787\n" END },
	{ { "length one less", "line 1: the record has 6 bytes, its length says 5", DFUT_CHECK_LENGTH },
	  ":000000007789\n" END },
	{ { "length 255", "line 1: the record has 6 bytes, its length says 260", DFUT_CHECK_LENGTH },
	  ":FF000000778A\n" END },
	{ { "cut after the length", "line 2:", DFUT_CHECK_LENGTH }, DATA ":01\n" END },
	{ { "cut in the address", "line 2:", DFUT_CHECK_LENGTH }, DATA ":0100\n" END },
	{ { "cut before the type", "line 2:", DFUT_CHECK_LENGTH }, DATA ":010000\n" END },
	{ { "cut before the data", "line 2:", DFUT_CHECK_LENGTH }, DATA ":01000000\n" END },
	{ { "cut before the checksum", "line 2:", DFUT_CHECK_LENGTH }, DATA ":0100000077\n" END },
	{ { "cut in a byte", "line 2: half a byte", DFUT_CHECK_LENGTH }, DATA ":01000000778\n" END },
	{ { "cut in the end", "line 2:", DFUT_CHECK_LENGTH }, DATA ":000000" },
	{ { "only a colon", "line 2: the record is empty", DFUT_CHECK_LENGTH }, DATA ":\n" END },
	{ { "no colon", "line 2: the line does not begin with ':'", DFUT_CHECK_FORMAT }, DATA "010001007787\n" END },
	{ { "a comment", "line 2: the line does not begin with ':'", DFUT_CHECK_FORMAT }, DATA "; made by hand\n" END },
	{ { "no digit", "line 2: the character at offset 18 is no hexadecimal digit", DFUT_CHECK_FORMAT },
	  DATA ":010G01007787\n" END },
	{ { "a blank in it", "line 2: the character at offset 17", DFUT_CHECK_FORMAT }, DATA ":01 0001007787\n" END },
	{ { "a NUL for a line", "line 1: the character at offset 13", DFUT_CHECK_FORMAT },
	  ":010000007788@:00000001FF" },
	{ { "type 06", "line 2: a record of type 06", DFUT_CHECK_FORMAT }, DATA ":00000006FA\n" END },
	{ { "type FF", "line 1: a record of type FF", DFUT_CHECK_FORMAT }, ":010000FF7789\n" DATA END },
	{ { "end with data", "line 2: a record of type 01 has 0 bytes of data, this one 1", DFUT_CHECK_LENGTH },
	  DATA ":010000017787\n" },
	{ { "short segment address", "line 1: a record of type 02 has 2", DFUT_CHECK_LENGTH },
	  ":0100000212EB\n" DATA END },
	{ { "short start segment", "line 1: a record of type 03 has 4", DFUT_CHECK_LENGTH },
	  ":020000031234B5\n" DATA END },
	{ { "long linear address", "line 1: a record of type 04 has 2", DFUT_CHECK_LENGTH },
	  ":03000004080000F1\n" DATA END },
	{ { "short start address", "line 1: a record of type 05 has 4", DFUT_CHECK_LENGTH },
	  ":020000050800F1\n" DATA END },
	{ { "a record after the end", "line 3: 14 bytes too many after the last record", DFUT_CHECK_LENGTH },
	  DATA END DATA },
	{ { "two ends", "line 3:", DFUT_CHECK_LENGTH }, DATA END END },
	{ { "text after the end", "line 3:", DFUT_CHECK_LENGTH }, DATA END "x" },
	{ { "twice the same", "line 2: 0x00000000 is written a second time, the first is at line 1", 0 },
	  DATA DATA END },
	{ { "overlap", "line 3: 0x00000000 is written a second time, the first is at line 1", 0 },
	  DATA ":0100040077"
	       "84\n"
	       ":0500000000000000"
	       "00FB\n" END },
	{ { "overlap by a byte", "line 2: 0x00000001 is written a second time, the first is at line 1", 0 },
	  ":020000001122CB\n:020001003344"
	  "86\n" END },
	{ { "overlap of segments", "line 3:", 0 }, DATA ":020000020000FC\n" DATA END },
	{ { "beyond 64 KiB", "line 1: 2 bytes at offset FFFF go beyond", DFUT_CHECK_FORMAT }, ":02FFFF001122CD\n" END },
	{ { "beyond a segment", "line 2: 2 bytes at offset FFFF go beyond", DFUT_CHECK_FORMAT },
	  ":020000021000EC\n:02FFFF001122CD\n" END },
	{ { "beyond 4 GiB", "line 2: 2 bytes at 0xffffffff go beyond the last address", 0 },
	  ":02000004FFFFFC\n:02FFFF001122CD\n" END },
};

Test(ihex, bad_files_are_refused_by_their_line)
{
	for (size_t i = 0; i < sizeof(bad_files) / sizeof(bad_files[0]); i++)
		expect_refusal(&bad_files[i].refusal, bad_files[i].text, strlen(bad_files[i].text));
}

Test(ihex, truncated_anywhere_is_refused)
{
	static const char text[] = ":020000040800F2\n:10010000214601360121470136007EFE09D2190140\n:040000050800014"
				   "5A9\n" END;

	for (size_t size = 2; size < sizeof(text) - 2; size++) {
		cr_assert(eq(int, load_forced(text, size, 0), DFUT_ERROR_IMAGE), "%zu", size);
		cr_assert(eq(u32, dfut_context_get_failed_check(context), DFUT_CHECK_LENGTH), "%zu: %s", size,
			  dfut_context_get_error(context));
		cr_assert(says("line "));
	}
}

Test(ihex, forced_damage_leaves_out_the_record)
{
	static const char text[] = DATA ":010001007887\n:0100020077\n" END;

	cr_assert(eq(int, load_forced(text, strlen(text), DFUT_CHECK_CHECKSUM | DFUT_CHECK_LENGTH), 0));
	cr_assert(has_segment(0, 0, -1, "\x77\x78", 2));
	cr_assert(ne(str, get_fact("warning"), (char *)"(none)"));
}

/* The micro:bit's Universal Hex: a section for each board, data of type 00 or 0D, padding, other data */
#define UNIVERSAL_HEAD ":020000040000FA\n:0400000A9900C0DEBB\n:020100000102FA\n:0000000BF5\n"

static int load_universal(const char *rest)
{
	char text[2500];

	snprintf(text, sizeof(text), UNIVERSAL_HEAD "%s%s%s%s" END, record("0400000A9903C0DE"), record("0201000D0304"),
		 record("0400000CFFFFFFFF"), rest);
	return load_text(text);
}

Test(ihex, firmware_for_several_boards_is_told_apart)
{
	cr_assert(eq(int, load_universal(record("0400000E41424344")), 0), "%s", dfut_context_get_error(context));
	cr_expect(eq(str, get_format(), (char *)"ihex"));
	cr_expect(eq(str, get_fact("universal_hex_board_0"), (char *)"microbit-v1 (0x00009900)"));
	cr_expect(eq(str, get_fact("universal_hex_board_1"), (char *)"microbit-v2 (0x00009903)"));
	cr_expect(eq(int, dfut_image_convert(image, "raw"), DFUT_ERROR_UNSUPPORTED));
	cr_expect(strstr(dfut_image_get_hint(image), "--family") != NULL);
	cr_expect(strstr(dfut_image_get_hint(image), "microbit-v2") != NULL);
}

Test(ihex, firmware_for_one_board_can_be_taken_out)
{
	static const struct {
		const char *board;
		const char *bytes;
	} cases[] = { { "microbit-v1", "\1\2" }, { "0x9903", "\3\4" } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cr_assert(eq(int, load_universal(""), 0));
		cr_assert(eq(int, dfut_image_set_family(image, cases[i].board), 0), "%s", dfut_image_get_error(image));
		cr_expect(eq(sz, dfut_image_get_segment_count(image), 1));
		cr_expect(has_segment(0, 0x100, -1, cases[i].bytes, 2));
		cr_expect(eq(int, dfut_image_convert(image, "raw"), 0));
	}
	cr_assert(eq(int, load_universal(""), 0));
	cr_expect(eq(int, dfut_image_set_family(image, "0x9904"), DFUT_ERROR_NOT_FOUND));
}

Test(ihex, data_between_the_sections_of_boards_is_refused)
{
	cr_assert(eq(int, load_text(UNIVERSAL_HEAD ":020200000102F9\n" END), DFUT_ERROR_IMAGE));
	cr_expect(says("line 5: data for no board"));
	/* Without sections there are no such records. */
	cr_assert(eq(int, load_lines(record("0201000D0304"), "", "", END), DFUT_ERROR_IMAGE));
	cr_expect(says("a record of type 0D"));
}

Test(ihex, many_boards_are_refused)
{
	char text[4000] = "";

	for (unsigned int i = 0; i < 17; i++) {
		char digits[20];

		snprintf(digits, sizeof(digits), "0400000A%04XC0DE", i);
		strcat(text, record(digits));
	}
	cr_assert(eq(int, load_text(text), DFUT_ERROR_IMAGE));
	cr_expect(says("line 17: firmware for more than 16 boards"));
}

Test(ihex, data_in_ram_is_told_with_its_line)
{
	cr_assert(eq(int, load_lines(record("020000000102"), record("020000042000"), record("022180000102"), END), 0));
	cr_expect(eq(str, get_fact("ram"), (char *)"line 3: 2 bytes at 0x20002180, RAM of most chips with Cortex-M"));
	cr_assert(eq(int, load_lines(record("020000042000"), record("022180000102"), "", END), 0));
	cr_expect(eq(str, get_fact("ram"), (char *)"(none)"));
}
