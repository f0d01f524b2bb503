/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Names and texts of errors and checks, and failures. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "base/base.h"

TestSuite(error, .timeout = 30);

Test(error, each_code_has_a_name_and_a_text)
{
	for (int code = DFUT_ERROR_CANCELLED; code <= DFUT_OK; code++) {
		cr_expect(ne(str, (char *)dfut_error_get_name(code), (char *)"unknown"), "%d", code);
		cr_expect(ne(str, (char *)dfut_error_get_text(code), (char *)"unknown error"), "%d", code);
		for (int other = code + 1; other <= DFUT_OK; other++)
			cr_expect(ne(str, (char *)dfut_error_get_name(code), (char *)dfut_error_get_name(other)));
	}
	cr_expect(eq(str, (char *)dfut_error_get_name(DFUT_ERROR_CANCELLED - 1), (char *)"unknown"));
	cr_expect(eq(str, (char *)dfut_error_get_text(1), (char *)"unknown error"));
}

Test(error, of_a_program_only_codes_are_taken)
{
	for (int code = DFUT_ERROR_VERIFY; code <= 4; code++)
		cr_expect(eq(int, dfut_error_take(code, 4), code));
	cr_expect(eq(int, dfut_error_take(5, 4), DFUT_ERROR_IO));
	cr_expect(eq(int, dfut_error_take(1, 0), DFUT_ERROR_IO));
	cr_expect(eq(int, dfut_error_take(DFUT_ERROR_CANCELLED, 0), DFUT_ERROR_IO));
	cr_expect(eq(int, dfut_error_take(DFUT_ERROR_CANCELLED - 1, 0), DFUT_ERROR_IO));
	cr_expect(eq(int, dfut_error_take(INT32_MIN, 0), DFUT_ERROR_IO));
	cr_expect(eq(int, dfut_error_take(INT32_MAX, 0), DFUT_ERROR_IO));
}

Test(error, each_check_is_found_by_its_name)
{
	for (unsigned int check = DFUT_CHECK_FORMAT; check <= DFUT_CHECK_BOOTLOADER; check <<= 1) {
		const char *name = dfut_check_get_name(check);

		cr_assert(name != NULL, "0x%x", check);
		cr_expect(eq(uint, dfut_check_from_name(name), check));
	}
	cr_expect(dfut_check_get_name(0) == NULL);
	cr_expect(dfut_check_get_name(DFUT_CHECK_FORMAT | DFUT_CHECK_LENGTH) == NULL);
	cr_expect(dfut_check_get_name(DFUT_CHECK_BOOTLOADER << 1) == NULL);
	cr_expect(eq(uint, dfut_check_from_name("no check"), 0));
	cr_expect(eq(uint, dfut_check_from_name(NULL), 0));
}

Test(error, text_may_quote_the_one_before)
{
	struct dfut_failure failure = { 0 };

	cr_expect(eq(int, dfut_fail_check(&failure, DFUT_ERROR_IMAGE, DFUT_CHECK_HASH, "bad"), DFUT_ERROR_IMAGE));
	dfut_hint(&failure, "get another");
	cr_expect(eq(int, dfut_fail(&failure, DFUT_ERROR_IO, "a.bin: %s", failure.text), DFUT_ERROR_IO));
	cr_expect(eq(str, failure.text, (char *)"a.bin: bad"));
	cr_expect(eq(uint, failure.check, 0));
	cr_expect(eq(str, failure.hint, (char *)""));
}

/* Half a command must not be copied. */
Test(error, line_that_does_not_fit_is_left_out)
{
	struct dfut_failure failure = { 0 };
	char hint[sizeof(failure.hint)];

	dfut_hint(&failure, "run:");
	dfut_hint_line(&failure, "modprobe %s", "vhci-hcd");
	cr_expect(eq(str, failure.hint, (char *)"run: modprobe vhci-hcd"));
	cr_expect(eq(str, (char *)dfut_failure_get_line(&failure), (char *)"modprobe vhci-hcd"));

	memset(hint, 'x', sizeof(hint));
	hint[sizeof(hint) - 6] = '\0';
	for (size_t length = 0; length < 8; length++) {
		bool fits = strlen(hint) + 1 + length < sizeof(failure.hint);

		dfut_hint(&failure, "%s", hint);
		dfut_hint_line(&failure, "%.*s", (int)length, "abcdefgh");
		cr_expect(eq(sz, strlen(dfut_failure_get_line(&failure)), fits ? length : 0), "%zu", length);
		cr_expect(eq(sz, strlen(failure.hint), strlen(hint) + (fits ? 1 + length : 0)), "%zu", length);
	}
}
