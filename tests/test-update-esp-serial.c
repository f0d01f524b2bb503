/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Updates through Espressif's ROM loader: in one call, on each chip by each port; what is refused; what is told. */

#include "esp-bench.h"

static const char *const specs[] = {
	"esp32-s3-jtag",
	"esp32-s3-jtag:re-enumerate=no",
	"esp32-s3-jtag:watchdog=yes",
	"esp32-s3-jtag:chip=esp32-c3",
	"esp32-s3-jtag:chip=esp32-c3,watchdog=yes,re-enumerate=no",
	"esp32-s3-jtag:vid=239a,pid=811b,touch=yes",
	"esp32-s2",
	"esp32-s2:force-download=yes",
	"esp32-s2:chip=esp32-s3",
	"esp32-s2:chip=esp32-s3,force-download=yes,watchdog=yes",
};

static struct bytes bytes;

TestSuite(update_esp_serial, .timeout = 120);

Test(update_esp_serial, application_in_one_call_and_unchanged_then)
{
	for (size_t i = 0; i < COUNT(specs); i++) {
		struct outcome outcome;
		struct bench bench;

		bench_start(&bench, specs[i]);
		fill_flash(&bench, get_chip(specs[i]));
		make_application(&bytes, get_chip(specs[i]), 100000, 1);
		outcome = update(&bench, load(&bench, &bytes), specs[i]);
		cr_expect(eq(int, outcome.result, 0), "%s: %s", specs[i], outcome.message);
		cr_expect(holds(&bench, &bytes, APPLICATION), "%s", specs[i]);
		cr_expect(runs_application(&bench), "%s", specs[i]);
		cr_expect(eq(int, outcome.verified, DFUT_VERIFIED_YES), "%s", specs[i]);
		cr_expect(strstr(outcome.message, "started") != NULL, "%s: %s", specs[i], outcome.message);
		bench_expect_no_breach(bench.device, specs[i]);
		fprintf(stderr, "%s: %s, %llu ms (%s)\n", specs[i], outcome.message,
			(unsigned long long)outcome.time_ms, outcome.hint);
		outcome = update(&bench, load(&bench, &bytes), specs[i]);
		cr_expect(eq(int, outcome.result, 0), "%s: %s", specs[i], outcome.message);
		cr_expect(strstr(outcome.message, "already") != NULL, "%s: %s", specs[i], outcome.message);
		cr_expect(runs_application(&bench), "%s", specs[i]);
		bench_expect_no_breach(bench.device, specs[i]);
		bench_stop(&bench);
	}
}
