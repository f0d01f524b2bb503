/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Text of others: what is shown as it is, and what is not. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

#include "base/facts.h"

static void expect_clean(const char *text, const char *expected)
{
	char copy[64];

	snprintf(copy, sizeof(copy), "%s", text);
	dfut_clean_text(copy);
	cr_expect(strcmp(copy, expected) == 0, "\"%s\" instead of \"%s\"", copy, expected);
}

Test(text, leaves_what_is_readable)
{
	expect_clean("", "");
	expect_clean("27x2 \"Mitosis\" ~", "27x2 \"Mitosis\" ~");
	/* Two, three and four bytes, the first and the last of each; a no-break space, an emoji */
	expect_clean("\xc2\xa0\xc3\xa9\xdf\xbf", "\xc2\xa0\xc3\xa9\xdf\xbf");
	expect_clean("\xe0\xa0\x80\xe2\x82\xac\xed\x9f\xbf\xee\x80\x80",
		     "\xe0\xa0\x80\xe2\x82\xac\xed\x9f\xbf\xee\x80\x80");
	expect_clean("\xf0\x90\x80\x80\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf",
		     "\xf0\x90\x80\x80\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf");
}

Test(text, replaces_controls)
{
	expect_clean("a\nb\rc\td\x1b[31m\x7f\x01", "a?b?c?d?[31m??");
	/* C1: U+0080, CSI, U+009F, and U+00A0, which is none */
	expect_clean("\xc2\x80-\xc2\x9b"
		     "31m\xc2\x9f\xc2\xa0",
		     "?-?31m?\xc2\xa0");
}

Test(text, replaces_what_turns_text_around_or_ends_a_line)
{
	/* U+2028 to U+202E, U+2066 to U+2069, and their neighbours */
	expect_clean("\xe2\x80\xa7\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa\xe2\x80\xae\xe2\x80\xaf",
		     "\xe2\x80\xa7????\xe2\x80\xaf");
	expect_clean("gpj\xe2\x80\xae"
		     "exe",
		     "gpj?exe");
	expect_clean("\xe2\x81\xa5\xe2\x81\xa6\xe2\x81\xa9\xe2\x81\xaa", "\xe2\x81\xa5??\xe2\x81\xaa");
	/* U+061C, and the marks U+200E and U+200F */
	expect_clean("\xd8\x9b\xd8\x9c\xd8\x9d|\xe2\x80\x8d\xe2\x80\x8e\xe2\x80\x8f\xe2\x80\x90",
		     "\xd8\x9b?\xd8\x9d|\xe2\x80\x8d??\xe2\x80\x90");
}

Test(text, replaces_what_is_no_utf_8)
{
	/* Alone, cut off */
	expect_clean("\x80\xff\xfe|\xc3|\xe2\x82|\xf0\x9f\x98", "???|?|??|???");
	/* Overlong: '/', U+009B, U+0800's neighbour, U+10000's neighbour */
	expect_clean("\xc0\xaf\xc1\xbf|\xe0\x80\xaf\xe0\x9f\xbf|\xf0\x80\x80\xaf\xf0\x8f\xbf\xbf",
		     "????|??????|????????");
	expect_clean("\xe0\x82\x9b", "???");
	/* Surrogates, beyond the last character */
	expect_clean("\xed\xa0\x80\xed\xbf\xbf", "??????");
	expect_clean("\xf4\x90\x80\x80\xf5\x80\x80\x80\xf8\x88\x80\x80\x80", "?????????????");
}

Test(text, failures_are_clean)
{
	struct dfut_failure failure;

	dfut_fail(&failure, DFUT_ERROR_IO, "%s",
		  "a\nb\xc2\x9b"
		  "c");
	cr_expect(eq(str, failure.text, (char *)"a?b?c"));
	dfut_hint(&failure, "%s:", "x\xe2\x80\xaey");
	dfut_hint_line(&failure, "rm \x1b%s", "z");
	cr_expect(eq(str, failure.hint, (char *)"x?y: rm ?z"));
	cr_expect(eq(str, (char *)dfut_failure_get_line(&failure), (char *)"rm ?z"));
}

/* A text that is too long ends in the middle of a character. */
Test(text, a_failure_that_is_cut_off_is_text_still)
{
	struct dfut_failure failure;
	char text[2000] = "";

	for (size_t i = 0; i + 3 < sizeof(text); i += 3)
		memcpy(text + i, "\xe2\x82\xac", 4);
	dfut_fail(&failure, DFUT_ERROR_IO, "a%s", text);
	cr_expect(eq(sz, strlen(failure.text), sizeof(failure.text) - 1));
	cr_expect(eq(str, failure.text + 1018, (char *)"\xe2\x82\xac??"));
}

Test(text, facts_are_clean)
{
	struct dfut_facts facts = { 0 };

	cr_assert(eq(int, dfut_facts_add(&facts, "version", "%s", "1.0\r\n\xc2\x9b"), 0));
	cr_expect(eq(str, facts.items[0].value, (char *)"1.0???"));
	dfut_facts_clear(&facts);
}
