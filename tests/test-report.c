/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Reports: what is in them, what is private in them, and which recordings go into them. */

#include <pwd.h>

#include "bench.h"

#define SERIAL "E66058388374A72C"
#define TEXT_LIMIT (4 * 1024 * 1024)

static char folder[] = "/tmp/dfutrigger-report-XXXXXX";
static char recording[sizeof(folder) + 16], path[sizeof(folder) + 16];

static void make_folder(void)
{
	cr_assert(mkdtemp(folder) != NULL);
	snprintf(recording, sizeof(recording), "%s/recording", folder);
	snprintf(path, sizeof(path), "%s/report", folder);
}

static void remove_folder(void)
{
	unlink(recording);
	unlink(path);
	rmdir(folder);
}

TestSuite(report, .init = make_folder, .fini = remove_folder, .timeout = 60);

static char *read_text(void)
{
	char *text = calloc(1, TEXT_LIMIT);
	FILE *file = fopen(path, "rb");

	cr_assert(text != NULL);
	cr_assert(file != NULL);
	cr_assert(lt(sz, fread(text, 1, TEXT_LIMIT - 1, file), TEXT_LIMIT - 1));
	fclose(file);
	return text;
}

static char *report(struct bench *bench, const struct dfut_match *match, const char *session, unsigned int flags)
{
	cr_assert(eq(int, dfut_context_report(bench->context, path, match, session, flags), 0), "%s",
		  dfut_context_get_error(bench->context));
	return read_text();
}

static void expect_text(const char *text, const char *wanted)
{
	cr_expect(ne(ptr, strstr(text, wanted), NULL), "no \"%s\" in:\n%s", wanted, text);
}

static void expect_hidden(const char *text, const char *secret)
{
	cr_expect(eq(ptr, strstr(text, secret), NULL), "%s is told", secret);
}

/* Two devices, in a context that is recorded. */
static void start_recorded(struct bench *bench, unsigned int flags)
{
	cr_assert(eq(int, dfut_context_new(&bench->context), 0));
	cr_assert(eq(int, dfut_context_record(bench->context, recording, flags), 0));
	cr_assert(eq(int, dfut_sim_new(&bench->sim, DFUT_SIM_CLOCK_VIRTUAL), 0));
	cr_assert(eq(int, dfut_sim_add_to_context(bench->sim, bench->context), 0));
	bench_plug(bench, "zephyr:serial=A4", "1-1");
	bench->device = bench_plug(bench, "dfu:serial=" SERIAL, "1-2");
	dfut_context_dispatch(bench->context, 0);
}

Test(report, tells_each_device)
{
	struct bench bench;
	char *text;

	bench_start(&bench, "stm32f405");
	text = report(&bench, NULL, NULL, 0);
	expect_text(text, dfut_get_version());
	expect_text(text, "== Device 1-1, 0483:df11");
	expect_text(text, "mode           bootloader");
	expect_text(text, "known as       STM32 in its ROM bootloader");
	expect_text(text, "it can be opened");
	expect_text(text, "row taken      st-rom, as its bootloader");
	expect_text(text, "row nearly     numworks, as its bootloader: another product id");
	expect_text(text, "descriptors    12010002");
	expect_text(text, "== Messages of the kernel ==");
	expect_text(text, "== The recording, in words ==\nthere is none");
	free(text);
	bench_stop(&bench);
}

Test(report, tells_what_can_not_be_used_and_how_that_is_mended)
{
	struct bench bench;
	char *text;

	bench_start(&bench, "zephyr:access=no");
	text = report(&bench, NULL, NULL, 0);
	expect_text(text, "it can't be used: no permission to open");
	expect_text(text, "hint           ");
	expect_text(text, "71-dfutrigger-2fe3-");
	free(text);
	bench_stop(&bench);
}

Test(report, a_row_that_is_nearly_right_says_what_is_another)
{
	static const char table[] = "{\"format\": 1, \"devices\": [{\"name\": \"nearly\", \"title\": \"Nearly\","
				    "\"bootloader\": [{\"ids\": [\"0483:df11\"], \"product\": \"Another\"}],"
				    "\"protocol\": \"dfuse\"}]}";
	struct bench bench;
	char *text;

	bench_start(&bench, "stm32f405");
	cr_assert(eq(int, bench_load_devices(&bench, table), 0), "%s", dfut_context_get_error(bench.context));
	text = report(&bench, NULL, NULL, 0);
	expect_text(text, "row nearly     nearly, as its bootloader: another product string");
	free(text);
	bench_stop(&bench);
}

Test(report, tells_only_what_was_asked_for)
{
	struct dfut_match match = DFUT_MATCH_INIT;
	struct bench bench;
	char *text;

	bench_start(&bench, "stm32f405");
	bench_plug(&bench, "zephyr", "1-2");
	match.path = "1-2";
	text = report(&bench, &match, NULL, 0);
	expect_text(text, "== Device 1-2, 2fe3:0005");
	expect_hidden(text, "== Device 1-1");
	free(text);
	unlink(path);
	match.path = "9-9";
	text = report(&bench, &match, NULL, 0);
	expect_text(text, "none that was asked for");
	free(text);
	bench_stop(&bench);
}

/* Privacy. */

Test(report, nothing_private_is_told_and_a_device_has_one_stand_in)
{
	const struct passwd *user = getpwuid(getuid());
	char host[256] = "", *text;
	struct bench bench;

	gethostname(host, sizeof(host) - 1);
	start_recorded(&bench, 0);
	text = report(&bench, NULL, recording, 0);
	cr_expect(eq(int, bench_is_private(path), 1));
	expect_hidden(text, SERIAL);
	expect_hidden(text, "serial number  A4");
	/* The second device in the recording and in the report */
	expect_text(text, "serial number  0000000000000002\n");
	expect_text(text, "\"0000000000000002\"");
	expect_text(text,
		    "== The recording, as a session file: from the next line to the end ==\n{\"dfutrigger-session\":1");
	/* What is the same on each machine stays. */
	if (user && strcmp(user->pw_name, "root") != 0)
		expect_hidden(text, user->pw_dir);
	expect_hidden(text, host);
	free(text);
	bench_stop(&bench);
}

Test(report, what_is_wanted_plain_is_plain)
{
	struct bench bench;
	char *text;

	start_recorded(&bench, DFUT_RECORD_PLAIN);
	text = report(&bench, NULL, recording, 0);
	expect_hidden(text, SERIAL);
	expect_text(text, "it is left out: it has serial numbers and names of people");
	free(text);
	unlink(path);
	text = report(&bench, NULL, recording, DFUT_RECORD_PLAIN);
	expect_text(text, "serial number  " SERIAL);
	expect_text(text, "\"" SERIAL "\"");
	free(text);
	bench_stop(&bench);
}

Test(report, a_recording_with_memories_is_left_out)
{
	struct bench bench;
	char *text;

	start_recorded(&bench, DFUT_RECORD_DATA);
	text = report(&bench, NULL, recording, 0);
	expect_text(text, "it is left out: it has what memories hold");
	expect_text(text, "at 1-2 arrives: ");
	free(text);
	unlink(path);
	text = report(&bench, NULL, recording, DFUT_RECORD_DATA);
	expect_text(text, "{\"dfutrigger-session\":1");
	free(text);
	bench_stop(&bench);
}

/* Refusals. */

Test(report, no_file_is_replaced_and_none_is_left_where_it_can_not_be_made)
{
	struct bench bench;
	FILE *file;

	bench_start(&bench, "zephyr");
	cr_expect(eq(int, dfut_context_report(bench.context, "/nowhere/report", NULL, NULL, 0), DFUT_ERROR_IO));
	cr_expect(eq(int, dfut_context_report(bench.context, path, NULL, "/nowhere/session", 0), DFUT_ERROR_IO));
	cr_expect(eq(int, dfut_context_report(bench.context, path, NULL, "/dev/null", 0), DFUT_ERROR_USAGE));
	cr_expect(eq(int, access(path, F_OK), -1));
	file = fopen(path, "w");
	cr_assert(file != NULL);
	fclose(file);
	cr_expect(eq(int, dfut_context_report(bench.context, path, NULL, NULL, 0), DFUT_ERROR_IO));
	cr_expect(ne(ptr, strstr(dfut_context_get_hint(bench.context), "another name"), NULL));
	bench_stop(&bench);
}
