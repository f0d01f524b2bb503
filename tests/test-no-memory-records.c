/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Recordings, explanations, reports, and news of devices without memory: what was written is whole, or that is told. */

#include "no-memory.h"

#define TEXT_LIMIT ((size_t)64 * 1024)
/* Those in which a device is looked at, and what is written of it begins */
#define EARLY 40

TestSuite(no_memory_records, .timeout = 3600);

static const char spec[] = "dfu:serial=E66058388374A72C";
static char folder[] = "/tmp/dfutrigger-records-XXXXXX";
static char written[64], recording[64];

static void start(void)
{
	cr_assert(mkdtemp(folder) != NULL);
	snprintf(written, sizeof(written), "%s/written", folder);
	snprintf(recording, sizeof(recording), "%s/recording", folder);
}

static void stop(void)
{
	remove(written);
	remove(recording);
	rmdir(folder);
}

/* What is there in spite of all is what is there with all memory, which is tried first; nobody's names are in it. */
static int judge_text(const struct deed *deed, int result, const char *text)
{
	static char whole[TEXT_LIMIT];

	if (strstr(text, "E66058388374A72C"))
		return keep_words(deed, FALSE_SUCCESS, "it has the serial number");
	if (result < 0)
		return result;
	if (deed->nth == UINT64_MAX)
		snprintf(whole, sizeof(whole), "%s", text);
	return strcmp(whole, text) == 0 ? 0 : keep_words(deed, FALSE_SUCCESS, "not all of it is there");
}

static int judge_file(const struct deed *deed, int result)
{
	static char text[TEXT_LIMIT];
	FILE *file = fopen(written, "rb");
	size_t size = file ? fread(text, 1, sizeof(text) - 1, file) : 0;

	text[size] = 0;
	if (file)
		fclose(file);
	remove(written);
	return judge_text(deed, result, text);
}

/* Recordings. */

static int record(const struct deed *deed)
{
	struct dfut_device_list *list;
	struct bench bench;
	int result;

	cr_assert(eq(int, dfut_context_new(&bench.context), 0));
	cr_assert(eq(int, dfut_sim_new(&bench.sim, DFUT_SIM_CLOCK_VIRTUAL), 0));
	bench.device = bench_plug(&bench, spec, "1-1");
	arm(deed);
	result = dfut_context_record(bench.context, written, 0);
	if (result == 0)
		result = dfut_sim_add_to_context(bench.sim, bench.context);
	if (result == 0)
		result = dfut_device_list_new(&list, bench.context, NULL);
	if (result == 0) {
		dfut_device_list_free(list);
		result = dfut_context_end_record(bench.context);
	}
	disarm(deed);
	keep_words(deed, result, dfut_context_get_error(bench.context));
	bench_stop(&bench);
	return judge_file(deed, result);
}

Test(no_memory_records, recordings, .init = start, .fini = stop)
{
	struct deed deed = { .what = "record", .run = record };
	struct tally tally = { 0 };

	try_each(&deed, &tally);
	print("recordings", &tally);
}

/* Explanations. */

static const char tape[] =
	"{\"dfutrigger-session\":1,\"names\":\"replaced\",\"data\":\"hashed\"}\n"
	"{\"at\":0,\"event\":\"control\",\"took\":500,\"device\":1,\"link\":\"usb\",\"setup\":\"2101000000000004\","
	"\"out\":{\"head\":\"00\",\"length\":1023,\"xxh64\":\"facdd7d474c77037\"},\"result\":1024}\n";

static void put_tape(void)
{
	FILE *file = fopen(recording, "wb");

	cr_assert(file && fputs(tape, file) >= 0 && fclose(file) == 0);
}

static void add_line(const char *text, void *user_data)
{
	char *lines = user_data;
	size_t length = strlen(lines);

	snprintf(lines + length, TEXT_LIMIT - length, "%s\n", text);
}

static int explain(const struct deed *deed)
{
	static char lines[TEXT_LIMIT];
	struct dfut_context *context;
	int result;

	lines[0] = 0;
	cr_assert(eq(int, dfut_context_new(&context), 0));
	arm(deed);
	result = dfut_context_explain(context, deed->data, add_line, lines);
	disarm(deed);
	keep_words(deed, result, dfut_context_get_error(context));
	dfut_context_free(context);
	return judge_text(deed, result, lines);
}

Test(no_memory_records, explanations, .init = start, .fini = stop)
{
	struct deed deed = { .what = "explain", .run = explain, .data = recording };
	struct tally tally = { 0 };

	put_tape();
	try_each(&deed, &tally);
	print("explanations", &tally);
}

/* Reports. */

static int report(const struct deed *deed)
{
	struct bench bench;
	int result;

	bench_start(&bench, spec);
	arm(deed);
	result = dfut_context_report(bench.context, written, NULL, deed->data, 0);
	disarm(deed);
	keep_words(deed, result, dfut_context_get_error(bench.context));
	bench_stop(&bench);
	return judge_file(deed, result);
}

Test(no_memory_records, reports, .init = start, .fini = stop)
{
	struct deed deed = { .what = "report", .run = report, .early = EARLY };
	struct tally tally = { 0 };

	put_tape();
	try_each(&deed, &tally);
	deed = (struct deed){ .what = "report with a recording", .run = report, .data = recording };
	try_each(&deed, &tally);
	print("reports", &tally);
}

/* News. */

static void count_arrival(enum dfut_device_event event, struct dfut_device *device, void *user_data)
{
	size_t *arrivals = user_data;

	(void)device;
	*arrivals += event == DFUT_DEVICE_ARRIVED;
}

static int hear(const struct deed *deed)
{
	size_t arrivals = 0;
	struct bench bench;
	int result = 0;

	bench_start(&bench, spec);
	arm(deed);
	dfut_context_set_device_handler(bench.context, count_arrival, &arrivals);
	for (size_t i = 0; i < 100 && !arrivals && result >= 0; i++)
		result = dfut_context_dispatch(bench.context, 10);
	disarm(deed);
	keep_words(deed, result, dfut_context_get_error(bench.context));
	bench_stop(&bench);
	/* Who never has any does not hear of it; who has some later does. */
	if (result >= 0 && !arrivals && deed->is_for_good && deed->nth != UINT64_MAX)
		result = DFUT_ERROR_NO_MEMORY;
	return result < 0 ? result : arrivals == 1 ? 0 : keep_words(deed, FALSE_SUCCESS, "it has not come once");
}

static int wait_for_device(const struct deed *deed)
{
	struct dfut_match match = DFUT_MATCH_INIT;
	struct dfut_device *device;
	struct bench bench;
	int result;

	bench_start(&bench, spec);
	match.path = "1-1";
	arm(deed);
	result = dfut_device_wait(&device, bench.context, &match, 1000);
	disarm(deed);
	keep_words(deed, result, dfut_context_get_error(bench.context));
	dfut_device_unref(device);
	bench_stop(&bench);
	return result;
}

Test(no_memory_records, news)
{
	static int (*const runs[])(const struct deed *) = { hear, wait_for_device };
	struct tally tally = { 0 };

	for (size_t i = 0; i < COUNT(runs); i++) {
		struct deed deed = { .what = i ? "wait" : "handler", .run = runs[i] };

		try_each(&deed, &tally);
	}
	print("news", &tally);
}
