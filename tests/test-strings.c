/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* String descriptors: of devices that follow the standard, and of others. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "base/strings.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

Test(strings, tell_their_first_language)
{
	static const struct {
		uint8_t bytes[6];
		size_t size;
		uint16_t language;
	} cases[] = {
		{ { 4, 3, 0x07, 0x04 }, 4, 0x0407 },
		{ { 6, 3, 0x0c, 0x04, 0x09, 0x04 }, 6, 0x040c },
		{ { 2, 3 }, 2, 0x0409 },
		{ { 4, 2, 0x07, 0x04 }, 4, 0x0409 },
		{ { 4, 3, 0x07 }, 3, 0x0409 },
		{ { 0 }, 0, 0x0409 },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		cr_expect(eq(u16, dfut_string_get_language(cases[i].bytes, cases[i].size), cases[i].language), "%zu",
			  i);
}

Test(strings, are_text_that_does_nothing_to_a_terminal)
{
	static const struct {
		uint8_t bytes[16];
		size_t size;
		const char *text;
	} cases[] = {
		{ { 6, 3, 'O', 0, 'K', 0 }, 6, "OK" },
		{ { 6, 3, 0xe4, 0, 0x3b, 0x27 }, 6, "\xc3\xa4\xe2\x9c\xbb" },
		{ { 6, 3, 0x3d, 0xd8, 0x12, 0xdd }, 6, "\xf0\x9f\x94\x92" },
		/* Half a pair, in the middle and at the end */
		{ { 8, 3, 0x3d, 0xd8, 'x', 0, 'y', 0 }, 8, "???xy" },
		{ { 6, 3, 'x', 0, 0x12, 0xdd }, 6, "x???" },
		{ { 6, 3, 'x', 0, 0x3d, 0xd8 }, 6, "x???" },
		/* Controls, and one that turns text around */
		{ { 10, 3, 0x1b, 0, '[', 0, 7, 0, 0x2e, 0x20 }, 10, "?[??" },
		{ { 6, 3, 'a', 0, 0, 0 }, 6, "a" },
		/* Shorter than it says, longer, odd, empty, none */
		{ { 20, 3, 'a', 0, 'b', 0 }, 6, "ab" },
		{ { 4, 3, 'a', 0, 'b', 0 }, 6, "a" },
		{ { 5, 3, 'a', 0, 'b' }, 5, "a" },
		{ { 2, 3 }, 2, "" },
		{ { 0, 3, 'a', 0 }, 4, "" },
		{ { 6, 4, 'a', 0, 'b', 0 }, 6, "" },
		{ { 6 }, 1, "" },
		{ { 0 }, 0, "" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[64];

		dfut_string_decode(text, sizeof(text), cases[i].bytes, cases[i].size);
		cr_expect(strcmp(text, cases[i].text) == 0, "%zu: \"%s\"", i, text);
	}
}

/* Of what does not fit whole characters are left out. */
Test(strings, fit_into_their_room)
{
	uint8_t bytes[DFUT_STRING_LIMIT] = { DFUT_STRING_LIMIT - 1, 3 };
	char text[3 * DFUT_STRING_LIMIT / 2 + 4], small[8];

	for (size_t i = 2; i + 1 < sizeof(bytes); i += 2)
		bytes[i] = 0x3b, bytes[i + 1] = 0x27;
	dfut_string_decode(text, sizeof(text), bytes, sizeof(bytes));
	cr_expect(eq(sz, strlen(text), 3 * 126));
	dfut_string_decode(small, sizeof(small), bytes, sizeof(bytes));
	cr_expect(eq(sz, strlen(small), 6));
}
