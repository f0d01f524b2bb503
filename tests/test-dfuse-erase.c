/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The command "erase" of DfuSe: all of a memory, by who has said that he wants that. */

#include "dfuse-bench.h"

TestSuite(dfuse_erase, .timeout = 60);

struct outcome {
	int result;
	unsigned int check;
	char message[512];
	char hint[512];
};

static struct outcome erase(struct bench *bench, const char *alternate, unsigned int force, const char *what)
{
	struct dfut_session *session = bench_new_session(bench, "1-1");
	struct outcome outcome = { 0 };

	cr_assert(eq(int, dfut_session_set_alternate(session, alternate), 0));
	dfut_session_set_force(session, force);
	outcome.result = dfut_session_start_command(session, "erase");
	if (outcome.result == 0)
		outcome.result = bench_run(bench, session, SIZE_MAX, what);
	outcome.check = dfut_session_get_failed_check(session);
	snprintf(outcome.message, sizeof(outcome.message), "%s", dfut_session_get_message(session));
	snprintf(outcome.hint, sizeof(outcome.hint), "%s", dfut_session_get_hint(session));
	bench_expect_words(outcome.message, what);
	dfut_session_free(session);
	return outcome;
}

static size_t count_written(const struct bench *bench)
{
	size_t size, written = 0;
	const uint8_t *flash = bench_get_flash(bench, &size);

	for (size_t i = 0; i < size; i++)
		written += flash[i] != 0xff;
	return written;
}

Test(dfuse_erase, takes_all_of_the_flash)
{
	static const char *const specs[] = { "stm32f072", "stm32f405:erase-percent=200", "usbd-dfu-rt", "gd32vf103" };

	for (size_t i = 0; i < COUNT(specs); i++) {
		struct outcome outcome;
		struct bench bench;

		bench_start(&bench, specs[i]);
		bench_fill_old(&bench);
		outcome = erase(&bench, NULL, DFUT_CHECK_BOOTLOADER, specs[i]);
		cr_expect(eq(int, outcome.result, 0), "%s: %s", specs[i], outcome.message);
		cr_expect(strstr(outcome.message, "erase: done") != NULL, "%s", outcome.message);
		cr_expect(eq(sz, count_written(&bench), 0), "%s", specs[i]);
		cr_expect(bench_is_in_bootloader(bench.device), "%s", specs[i]);
		bench_expect_no_breach(bench.device, specs[i]);
		bench_stop(&bench);
	}
}

Test(dfuse_erase, is_done_for_nobody_who_has_not_forced_it)
{
	static const unsigned int forces[] = { 0, DFUT_CHECK_MEMORY_MAP };
	struct outcome outcome;
	struct bench bench;
	size_t written;

	bench_start(&bench, "stm32f072");
	bench_fill_old(&bench);
	written = count_written(&bench);
	for (size_t i = 0; i < COUNT(forces); i++) {
		outcome = erase(&bench, NULL, forces[i], "unforced");
		cr_expect(eq(int, outcome.result, DFUT_ERROR_USAGE), "%s", outcome.message);
		cr_expect(eq(uint, outcome.check, DFUT_CHECK_BOOTLOADER));
		cr_expect(strstr(outcome.hint, "--force") != NULL && strstr(outcome.hint, "\"bootloader\"") != NULL,
			  "%s", outcome.hint);
	}
	outcome = erase(&bench, "none", DFUT_CHECK_BOOTLOADER, "nowhere");
	cr_expect(eq(int, outcome.result, DFUT_ERROR_NOT_FOUND), "%s", outcome.message);
	cr_expect(eq(sz, count_written(&bench), written));
	cr_expect(eq(sz, bench_count_requests(bench.device, 0x21, 1), 0));
	bench_stop(&bench);
}
