/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Motorola S-records: all types, order, damage of each part, converting. */

#if !defined(_WIN32) && !defined(_XOPEN_SOURCE)
#define _XOPEN_SOURCE 700
#endif

#include "image-host.h"

TestSuite(srec, .init = start, .fini = stop, .timeout = 60);

#define HEADER "S00600004844521B\n" /* "HDR" */
#define DATA \
	"S104000077" \
	"84\n"
#define DATA_1 \
	"S104000178" \
	"82\n"
#define END "S9030000FC\n"

Test(srec, data_records_become_segments)
{
	cr_assert(eq(int, load_text(HEADER DATA_1 DATA "S1050100AABB94\nS5030003F9\nS9030100FB\n"), 0), "%s",
		  dfut_context_get_error(context));
	cr_assert(eq(str, get_format(), (char *)"srec"));
	cr_assert(eq(str, list_segments(), (char *)"0x00000000+2/-1 0x00000100+2/-1"));
	cr_assert(has_segment(0, 0, -1, "\x77\x78", 2));
	cr_assert(eq(str, get_fact("header"), (char *)"HDR"));
	cr_assert(eq(str, get_fact("data_records"), (char *)"3"));
	cr_assert(eq(str, get_fact("address_bits"), (char *)"16"));
	cr_assert(eq(str, get_fact("start_address"), (char *)"0x00000100"));
	cr_assert(eq(int, dfut_image_set_address(image, 0), DFUT_ERROR_USAGE));
}

Test(srec, addresses_of_24_and_32_bits_are_taken)
{
	cr_assert(eq(int,
		     load_text("S206123456AABBF8\nS804123456"
			       "5F\n"),
		     0),
		  "%s", dfut_context_get_error(context));
	cr_assert(eq(str, list_segments(), (char *)"0x00123456+2/-1"));
	cr_assert(eq(str, get_fact("start_address"), (char *)"0x00123456"));
	cr_assert(eq(int, load_text("S306FFFFFFFFAA53\nS70508000145AC\n"), 0), "%s", dfut_context_get_error(context));
	cr_assert(eq(str, list_segments(), (char *)"0xffffffff+1/-1"));
	cr_assert(eq(str, get_fact("start_address"), (char *)"0x08000145"));
	cr_assert(eq(int, load_text("S306FFFFFFFFAA53\n" DATA END), 0));
	cr_assert(eq(str, get_fact("address_bits"), (char *)"32"));
}

Test(srec, line_ends_blanks_and_letters_may_differ)
{
	cr_assert(eq(int,
		     load_text("\r\n S10400007784\t\r\n\r\nS104000178"
			       "82\rS9030000fc"),
		     0),
		  "%s", dfut_context_get_error(context));
	cr_assert(has_segment(0, 0, -1, "\x77\x78", 2));
}

Test(srec, is_saved_as_it_was)
{
	const char text[] = HEADER DATA "\r\n" END;
	static struct file saved;

	cr_assert(eq(int, load_text(text), 0));
	save_to(&saved);
	cr_assert(eq(sz, saved.size, strlen(text)));
	cr_assert(eq(int, memcmp(saved.bytes, text, saved.size), 0));
	expect_round_trip();
}

Test(srec, takes_the_shortest_form_that_has_all_addresses)
{
	static const uint8_t bytes[] = { 0x80, 1 };
	static const struct {
		uint32_t address;
		const char *text;
		/* clang-format off */
	} cases[] = {
		{ 0xfffe, "S0030000FC\nS105FFFE8001" "7C\nS5030001FB\n" END },
		{ 0xffff, "S0030000FC\nS20600FFFF8001" "7A\nS5030001FB\nS804000000FB\n" },
		{ 0xfffffe, "S0030000FC\nS206FFFFFE8001" "7C\nS5030001FB\nS804000000FB\n" },
		{ 0xfffffffe, "S0030000FC\nS307FFFFFFFE8001" "7C\nS5030001FB\nS70500000000FA\n" },
	};
	/* clang-format on */

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		static struct file saved;

		cr_assert(eq(int, load_forced(bytes, sizeof(bytes), 0), 0));
		dfut_image_set_address(image, cases[i].address);
		cr_assert(eq(int, dfut_image_convert(image, "srec"), 0), "%s", dfut_image_get_error(image));
		cr_assert(has_segment(0, cases[i].address, -1, bytes, sizeof(bytes)));
		save_to(&saved);
		saved.bytes[saved.size] = '\0';
		cr_assert(eq(str, (char *)saved.bytes, (char *)cases[i].text));
		expect_round_trip();
	}
}

/* Bad files */

struct bad {
	struct refusal refusal;
	const char *text;
};

static const struct bad bad_files[] = {
	{ { "no end", "line 3: the file ends without an S7, S8 or S9 record", DFUT_CHECK_LENGTH }, HEADER DATA },
	{ { "no end, but a count", "line 3: the file ends without", DFUT_CHECK_LENGTH }, DATA "S5030001FB\n" },
	{ { "nothing but an end", "offset 11: the file has nothing to write", 0 }, END },
	{ { "nothing but a header", "offset 28: the file has nothing to write", 0 }, HEADER END },
	{ { "empty data", "offset 22: the file has nothing to write", 0 }, "S1030000FC\n" END },
	{ { "wrong checksum", "line 1: the record says checksum 85, it has 84", DFUT_CHECK_CHECKSUM },
	  "S10400007785\n" END },
	{ { "wrong checksum of a header", "line 1:", DFUT_CHECK_CHECKSUM }, "S00600004844521C\n" DATA END },
	{ { "wrong checksum of a count", "line 2:", DFUT_CHECK_CHECKSUM }, DATA "S5030001FC\n" END },
	{ { "wrong checksum of an end", "line 2: the record says checksum FD, it has FC", DFUT_CHECK_CHECKSUM },
	  DATA "S9030000FD\n" },
	{ { "flipped digit", "line 3:", DFUT_CHECK_CHECKSUM },
	  DATA "\nS104000179"
	       "82\n" END },
	{ { "length one more", "line 1: the record has 5 bytes, its length says 6", DFUT_CHECK_LENGTH },
	  "S10500007783\n" END },
	{ { "length one less", "line 1: the record has 5 bytes, its length says 4", DFUT_CHECK_LENGTH },
	  "S10300007785\n" END },
	{ { "length 0 in two bytes", "line 1: the record has 2 bytes, its length says 1", DFUT_CHECK_LENGTH },
	  "S100FF\n" DATA END },
	{ { "length 255", "line 1: the record has 5 bytes, its length says 256", DFUT_CHECK_LENGTH },
	  "S1FF00007784\n" END },
	{ { "length that ends in the address", "line 1: the record says length 2, the least is 3", DFUT_CHECK_LENGTH },
	  "S10200FD\n" DATA END },
	{ { "length 0 and a checksum", "line 1: the record says length 0", DFUT_CHECK_LENGTH }, "S100\n" DATA END },
	{ { "S3 with 16 bits", "line 1: an S3 record has at least length 5, this one 3", DFUT_CHECK_LENGTH },
	  "S3030000FC\n" DATA END },
	{ { "S2 with 16 bits", "line 1: an S2 record has at least length 4", DFUT_CHECK_LENGTH },
	  "S2030000FC\n" DATA END },
	{ { "end with data", "line 2: an S9 record has the length 3, this one 4", DFUT_CHECK_LENGTH },
	  DATA "S90400007784\n" },
	{ { "S7 with 16 bits", "line 2: an S7 record has the length 5, this one 3", DFUT_CHECK_LENGTH },
	  DATA "S7030000FC\n" },
	{ { "S8 with 32 bits", "line 2: an S8 record has the length 4, this one 5", DFUT_CHECK_LENGTH },
	  DATA "S80500000000FA\n" },
	{ { "count with data", "line 2: an S5 record has the length 3", DFUT_CHECK_LENGTH },
	  DATA "S50400017783\n" END },
	{ { "count too large", "line 2: the S5 record says 2 data records, there are 1", DFUT_CHECK_LENGTH },
	  DATA "S5030002FA\n" END },
	{ { "count too small", "line 3: the S5 record says 1 data records, there are 2", DFUT_CHECK_LENGTH },
	  DATA DATA_1 "S5030001FB\n" END },
	{ { "count of 24 bits wrong", "line 2: the S6 record says 65537 data records", DFUT_CHECK_LENGTH },
	  DATA "S604010001F9\n" END },
	{ { "S4", "line 2: an S4 record", DFUT_CHECK_FORMAT }, DATA "S4030000FC\n" END },
	{ { "no S", "line 2: the line does not begin with 'S'", DFUT_CHECK_FORMAT }, DATA "10400017882\n" END },
	{ { "no type", "line 2: the type of the record is no digit", DFUT_CHECK_FORMAT }, DATA "SA0400017882\n" END },
	{ { "only an S", "line 2: the record is empty", DFUT_CHECK_LENGTH }, DATA "S\n" END },
	{ { "only a type", "line 2: the record is empty", DFUT_CHECK_LENGTH }, DATA "S1\n" END },
	{ { "no digit", "line 2: the character at offset 16", DFUT_CHECK_FORMAT },
	  DATA "S10G000178"
	       "82\n" END },
	{ { "half a byte", "line 2: half a byte", DFUT_CHECK_LENGTH },
	  DATA "S104000178"
	       "8\n" END },
	{ { "cut before the checksum", "line 2:", DFUT_CHECK_LENGTH }, DATA "S104000178\n" END },
	{ { "cut in the address", "line 2:", DFUT_CHECK_LENGTH }, DATA "S10400\n" END },
	{ { "cut in the end", "line 2:", DFUT_CHECK_LENGTH }, DATA "S903" },
	{ { "a record after the end", "line 3: 13 bytes too many", DFUT_CHECK_LENGTH }, DATA END DATA },
	{ { "text after the end", "line 3:", DFUT_CHECK_LENGTH }, DATA END "x" },
	{ { "twice the same", "line 2: 0x00000000 is written a second time, the first is at line 1", 0 },
	  DATA DATA END },
	{ { "overlap by a byte", "line 2: 0x00000001 is written a second time, the first is at line 1", 0 },
	  "S10500001122C7\n" DATA_1 END },
	{ { "overlap of two types", "line 2:", 0 }, DATA "S306000000007782\n" END },
	{ { "beyond 64 KiB", "line 1: the data go beyond the last address of an S1 record", DFUT_CHECK_FORMAT },
	  "S105FFFF1122C9\n" END },
	{ { "beyond 16 MiB", "line 1: the data go beyond the last address of an S2 record", DFUT_CHECK_FORMAT },
	  "S206FFFFFF1122C9\n" END },
	{ { "beyond 4 GiB", "line 1: 2 bytes at 0xffffffff go beyond the last address", 0 },
	  "S307FFFFFFFF1122C9\n" END },
};

Test(srec, bad_files_are_refused_by_their_line)
{
	for (size_t i = 0; i < sizeof(bad_files) / sizeof(bad_files[0]); i++)
		expect_refusal(&bad_files[i].refusal, bad_files[i].text, strlen(bad_files[i].text));
}

/* srec_cat's files without a start address. */
Test(srec, a_missing_end_that_loses_nothing_is_told_as_such)
{
	cr_assert(eq(int, load_text(DATA "S5030001FB\n"), DFUT_ERROR_IMAGE));
	cr_expect(strstr(dfut_context_get_hint(context), "no data are missing") != NULL);
	cr_assert(eq(int, load_text(DATA "S5030001FB\n" DATA_1), DFUT_ERROR_IMAGE));
	cr_expect(strstr(dfut_context_get_hint(context), "no data are missing") == NULL);
	cr_assert(eq(int, load_text(DATA), DFUT_ERROR_IMAGE));
	cr_expect(strstr(dfut_context_get_hint(context), "no data are missing") == NULL);
}

Test(srec, truncated_anywhere_is_refused)
{
	static const char text[] = HEADER "S30908000000AABBCCDDE0\nS5030001FB\nS70508000145AC\n";

	for (size_t size = 2; size < sizeof(text) - 2; size++) {
		cr_assert(eq(int, load_forced(text, size, 0), DFUT_ERROR_IMAGE), "%zu", size);
		cr_assert(eq(u32, dfut_context_get_failed_check(context), DFUT_CHECK_LENGTH), "%zu: %s", size,
			  dfut_context_get_error(context));
		cr_assert(says("line "));
	}
	cr_assert(eq(int, load_text(text), 0), "%s", dfut_context_get_error(context));
}
