/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The table of following: without gaps and without dead rows, as it is printed in the docs, and each row seen on a device. */

#include "bench.h"
#include "session/verdict.h"

#define END_COUNT (DFUT_END_RETURNS + 1)
#define ROW_LIMIT 64
#define LINE_SIZE 512
#define LOG_LIMIT 32
/* Dispatches of a command, which may be cancelled in each */
#define CANCEL_LIMIT 20

TestSuite(verdict, .timeout = 60);

static size_t count_rows(void)
{
	size_t count = 0;

	while (dfut_verdict_get_row(count))
		count++;
	return count;
}

static size_t get_index(const struct dfut_verdict_row *row)
{
	size_t index = 0;

	while (dfut_verdict_get_row(index) && dfut_verdict_get_row(index) != row)
		index++;
	return index;
}

/* In words. */

static const char *get_sighting(size_t value)
{
	return dfut_sighting_get_name((enum dfut_sighting)value);
}

static const char *get_asker(size_t value)
{
	return dfut_asker_get_name((enum dfut_asker)value);
}

static const char *get_end(size_t value)
{
	return dfut_end_get_name((enum dfut_end)value);
}

static const char *get_guise(size_t value)
{
	return dfut_guise_get_name((enum dfut_guise)value);
}

static const struct words {
	const char *(*get_name)(size_t value);
	size_t count;
} sightings = { get_sighting, DFUT_SIGHTING_COUNT }, askers = { get_asker, DFUT_ASKER_COUNT },
  ends = { get_end, END_COUNT }, guises = { get_guise, DFUT_GUISE_COUNT };

static size_t find_word(const struct words *words, const char *name)
{
	size_t value = 0;

	while (value < words->count && strcmp(words->get_name(value), name) != 0)
		value++;
	cr_assert(lt(sz, value, words->count), "no such word: \"%s\"", name);
	return value;
}

static void join_words(const struct words *words, unsigned int bits, char *text, size_t size)
{
	unsigned int all = (1u << words->count) - 1;
	size_t used = 0;

	snprintf(text, size, "any");
	if ((bits & all) == all)
		return;
	for (size_t i = 0; i < words->count; i++)
		if (bits & 1u << i)
			used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "",
						 words->get_name(i));
}

Test(verdict, every_word_is_one_of_its_own)
{
	static const struct words *const all[] = { &sightings, &askers, &ends, &guises };

	for (size_t i = 0; i < COUNT(all); i++) {
		for (size_t k = 0; k < all[i]->count; k++) {
			cr_expect(ne(str, (char *)all[i]->get_name(k), (char *)"?"));
			cr_expect(eq(sz, find_word(all[i], all[i]->get_name(k)), k), "%s", all[i]->get_name(k));
		}
		cr_expect(eq(str, (char *)all[i]->get_name(all[i]->count), (char *)"?"));
	}
	for (size_t i = 0; i < DFUT_VERDICT_COUNT; i++)
		for (size_t k = 0; k < i; k++)
			cr_expect(ne(str, (char *)dfut_verdict_get_name((enum dfut_verdict)i),
				     (char *)dfut_verdict_get_name((enum dfut_verdict)k)));
	cr_expect(eq(str, (char *)dfut_verdict_get_name(DFUT_VERDICT_COUNT), (char *)"?"));
}

/* The table. */

Test(verdict, there_is_one_for_everything_that_can_be_seen)
{
	bool found[ROW_LIMIT] = { false };
	bool used[DFUT_VERDICT_COUNT] = { false };
	size_t combinations = 0;

	cr_assert(lt(sz, count_rows(), ROW_LIMIT));
	for (size_t i = 0; i < sightings.count * askers.count * ends.count * guises.count; i++) {
		size_t sighting = i % sightings.count, rest = i / sightings.count;
		size_t asker = rest % askers.count, end = rest / askers.count % ends.count;
		size_t guise = rest / askers.count / ends.count;
		const struct dfut_verdict_row *row = dfut_verdict_find((enum dfut_sighting)sighting,
								       (enum dfut_asker)asker, (enum dfut_end)end,
								       (enum dfut_guise)guise);

		cr_assert(row != NULL, "%s, %s, %s, %s", get_sighting(sighting), get_asker(asker), get_end(end),
			  get_guise(guise));
		cr_assert(lt(sz, row->verdict, DFUT_VERDICT_COUNT));
		found[get_index(row)] = true;
		used[row->verdict] = true;
		combinations++;
	}
	for (size_t i = 0; i < count_rows(); i++)
		cr_expect(found[i], "row %zu is hidden by those above it", i + 1);
	for (size_t i = 0; i < DFUT_VERDICT_COUNT; i++)
		cr_expect(used[i], "never: %s", dfut_verdict_get_name((enum dfut_verdict)i));
	fprintf(stderr, "%zu combinations, %zu rows\n", combinations, count_rows());
}

/* The docs. */

static void print_row(const struct dfut_verdict_row *row, char *line)
{
	char asked[64], ended[128], seen_as[128];

	join_words(&askers, row->askers, asked, sizeof(asked));
	join_words(&ends, row->ends, ended, sizeof(ended));
	join_words(&guises, row->guises, seen_as, sizeof(seen_as));
	snprintf(line, LINE_SIZE, "| %s | %s | %s | %s | %s |\n", dfut_sighting_get_name(row->sighting), asked, ended,
		 seen_as, dfut_verdict_get_name(row->verdict));
}

static bool read_until(FILE *file, const char *start)
{
	char line[LINE_SIZE];

	while (fgets(line, sizeof(line), file))
		if (strncmp(line, start, strlen(start)) == 0)
			return true;
	return false;
}

Test(verdict, the_docs_have_the_table)
{
	const char *folder = getenv("DFUTRIGGER_TEST_DOCS");
	char path[1024], wanted[LINE_SIZE], line[LINE_SIZE];
	FILE *file;

	cr_assert(folder != NULL, "DFUTRIGGER_TEST_DOCS is not set");
	snprintf(path, sizeof(path), "%s/architecture.md", folder);
	file = fopen(path, "r");
	cr_assert(file != NULL, "%s can't be read", path);
	cr_assert(read_until(file, "## Following"), "%s has no such section", path);
	cr_assert(read_until(file, "|---"), "%s: the section has no table", path);
	for (size_t i = 0; i < count_rows(); i++) {
		print_row(dfut_verdict_get_row(i), wanted);
		cr_assert(fgets(line, sizeof(line), file) != NULL);
		cr_expect(eq(str, line, wanted), "row %zu", i + 1);
	}
	cr_expect(fgets(line, sizeof(line), file) == NULL || line[0] != '|', "more rows than the code has: %s", line);
	fclose(file);
}

/* Devices. */

enum job {
	JOB_TRIGGER,
	JOB_OWN, /* a trigger by a request of the caller's: Nordic's DETACH */
	JOB_UPDATE,
	JOB_START,
	JOB_UNPROTECT,
};

/* What a device is made to do, and what must be seen and said then. */
static const struct scenario {
	const char *spec;
	enum job job;
	const char *line;
} scenarios[] = {
	{ "esp32-s3-jtag:re-enumerate=no", JOB_TRIGGER, "stayed, asked by trigger (may leave), as -: in place" },
	{ "sonix-keyboard:leave=no", JOB_TRIGGER, "stayed, asked by trigger (leaves), as -: next trigger" },
	{ "dfu:start=bootloader,reset-returns=bootloader", JOB_START,
	  "stayed, asked by restart (may leave), as -: next way out; leg over, reset by hand" },
	{ "dfu:tolerant=no,will-detach=no,reset-returns=bootloader", JOB_UPDATE,
	  "stayed, asked by leg (leaves), as -: next way out; error: still there" },
	{ "dfu:tolerant=no,stages=2", JOB_UPDATE, "back, asked by leg (leaves), as stage: job over, next stage" },
	{ "stm32f072:rdp=yes,return=no", JOB_UNPROTECT, "lost, asked by leg (resets), as -: leg over, reset, no USB" },
	{ "stm32f072", JOB_START, "lost, asked by restart (gone), as -: leg over, no USB" },
	{ "zephyr:return=no", JOB_TRIGGER, "lost, asked by trigger (leaves), as -: error: not back" },
	{ "zephyr", JOB_TRIGGER, "back, asked by trigger (leaves), as bootloader: arrived" },
	{ "jabra", JOB_TRIGGER, "back, asked by trigger (leaves), as step: triggered again" },
	{ "esp32-s3-jtag", JOB_TRIGGER, "back, asked by trigger (may leave), as same: in place" },
	{ "nrf52840-keyboard:bootloader-vid=1209,bootloader-pid=0001", JOB_OWN,
	  "back, asked by trigger (leaves), as stranger: taken as it is" },
	{ "zephyr:return-as=application", JOB_TRIGGER,
	  "back, asked by trigger (leaves), as application: error: not in its bootloader" },
	{ "dfu:version=1.0", JOB_TRIGGER, "back, asked by leg (restarted), as bootloader: leg again" },
	{ "dfu:tolerant=no", JOB_UPDATE, "back, asked by leg (leaves), as application: leg over, application runs" },
	{ "stm32f072:rdp=yes", JOB_UNPROTECT, "back, asked by leg (resets), as bootloader: leg over" },
};

/* What the library said of its judgements. */
struct judgements {
	struct bench bench;
	char lines[LOG_LIMIT][LINE_SIZE];
	size_t count;
};

static bool visited[ROW_LIMIT];

static void keep_judgement(enum dfut_log_level level, const char *text, void *user_data)
{
	struct judgements *judgements = user_data;

	cr_expect(le(int, level, DFUT_LOG_INFO));
	if (strncmp(text, "1-1: ", 5) != 0 || !strstr(text, ", asked by "))
		return;
	cr_assert(lt(sz, judgements->count, LOG_LIMIT));
	snprintf(judgements->lines[judgements->count++], LINE_SIZE, "%s", text + 5);
}

static void start(struct judgements *judgements, const char *spec)
{
	judgements->count = 0;
	bench_start(&judgements->bench, spec);
	dfut_context_set_log_handler(judgements->bench.context, DFUT_LOG_INFO, keep_judgement, judgements);
}

static bool was_said(const struct judgements *judgements, const char *line)
{
	for (size_t i = 0; i < judgements->count; i++)
		if (strcmp(judgements->lines[i], line) == 0)
			return true;
	return false;
}

/* "back, asked by trigger (leaves), as bootloader: arrived" */
static void visit(const char *line)
{
	char seen[32], asked[32], ended[32], seen_as[32], verdict[64];
	const struct dfut_verdict_row *row;

	cr_assert(eq(int,
		     sscanf(line, "%31[^,], asked by %31[^ ] (%31[^)]), as %31[^:]: %63[^\n]", seen, asked, ended,
			    seen_as, verdict),
		     5),
		  "%s", line);
	row = dfut_verdict_find((enum dfut_sighting)find_word(&sightings, seen),
				(enum dfut_asker)find_word(&askers, asked), (enum dfut_end)find_word(&ends, ended),
				(enum dfut_guise)find_word(&guises, seen_as));
	cr_expect(eq(str, verdict, (char *)dfut_verdict_get_name(row->verdict)), "%s", line);
	visited[get_index(row)] = true;
}

static void stop(struct judgements *judgements)
{
	for (size_t i = 0; i < judgements->count; i++)
		visit(judgements->lines[i]);
	bench_stop(&judgements->bench);
}

static struct dfut_image *make_image(struct bench *bench)
{
	uint8_t bytes[500];
	struct dfut_image *image;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7 + 128);
	cr_assert(eq(int, dfut_image_load_buffer(&image, bench->context, bytes, sizeof(bytes), 0), 0));
	return image;
}

static int start_update(struct bench *bench, struct dfut_session *session)
{
	struct dfut_image *image = make_image(bench);
	int result = dfut_session_start_update(session, image);

	dfut_image_free(image);
	return result;
}

static int start_job(struct bench *bench, struct dfut_session *session, enum job job)
{
	switch (job) {
	case JOB_TRIGGER:
		return dfut_session_start_trigger(session);
	case JOB_OWN:
		cr_assert(eq(int, dfut_session_set_trigger_request(session, 0x21, 0, 0, 3, NULL, 0), 0));
		return dfut_session_start_trigger(session);
	case JOB_UPDATE:
		return start_update(bench, session);
	case JOB_START:
		return dfut_session_start_command(session, "start");
	case JOB_UNPROTECT:
		return dfut_session_start_command(session, "read-unprotect");
	}
	return DFUT_ERROR_USAGE;
}

static void run_job(struct judgements *judgements, enum job job, size_t cancel_round, const char *what)
{
	struct dfut_session *session = bench_new_session(&judgements->bench, "1-1");

	cr_assert(eq(int, start_job(&judgements->bench, session, job), 0), "%s: %s", what,
		  dfut_session_get_message(session));
	bench_run(&judgements->bench, session, cancel_round, what);
	dfut_session_free(session);
}

static void run_scenarios(struct judgements *judgements)
{
	for (size_t i = 0; i < COUNT(scenarios); i++) {
		const struct scenario *scenario = &scenarios[i];

		start(judgements, scenario->spec);
		run_job(judgements, scenario->job, SIZE_MAX, scenario->spec);
		cr_expect(was_said(judgements, scenario->line), "%s: %s", scenario->spec,
			  judgements->count ? judgements->lines[judgements->count - 1] : "nothing was said");
		stop(judgements);
	}
}

/* Somebody was interrupted who had told it to start its application: it does when it is asked how it is. */
static void interrupt_start(struct judgements *judgements, const char *spec, const char *line)
{
	bool said = false;

	for (size_t round = 0; round < CANCEL_LIMIT && !said; round++) {
		start(judgements, spec);
		run_job(judgements, JOB_START, round, spec);
		if (bench_is_in_bootloader(judgements->bench.device))
			run_job(judgements, JOB_START, SIZE_MAX, spec);
		said = was_said(judgements, line);
		stop(judgements);
	}
	cr_expect(said, "%s: %s", spec, line);
}

/* There is nothing in its flash to be started. */
static void start_nothing(struct judgements *judgements)
{
	const char *line = "back, asked by restart (gone), as bootloader: leg over, back, reset by hand";
	static const uint8_t erased[] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

	start(judgements, "stm32f072");
	cr_assert(eq(int, dfut_sim_device_set_memory(judgements->bench.device, "flash", 0, erased, sizeof(erased)), 0));
	run_job(judgements, JOB_START, SIZE_MAX, line);
	cr_expect(was_said(judgements, line), "%s", line);
	stop(judgements);
}

static bool is_restarting(const struct judgements *judgements)
{
	return judgements->count > 0 && !dfut_sim_device_is_present(judgements->bench.device);
}

/* While it restarts with the new firmware, that turns out to be spoilt. */
static void spoil_update(struct judgements *judgements)
{
	const char *line = "back, asked by leg (leaves), as bootloader: error: not started";
	struct dfut_session *session;

	start(judgements, "dfu:tolerant=no");
	session = bench_new_session(&judgements->bench, "1-1");
	cr_assert(eq(int, start_update(&judgements->bench, session), 0));
	for (size_t i = 0; i < ROUND_LIMIT && !is_restarting(judgements); i++)
		dfut_context_dispatch(judgements->bench.context, 50);
	cr_assert(eq(int, dfut_sim_device_set_memory(judgements->bench.device, "firmware-valid", 0, "", 1), 0));
	dfut_sim_device_unplug(judgements->bench.device);
	dfut_sim_device_replug(judgements->bench.device);
	cr_expect(eq(int, bench_run(&judgements->bench, session, SIZE_MAX, line), DFUT_ERROR_DEVICE));
	cr_expect(was_said(judgements, line), "%s", line);
	dfut_session_free(session);
	stop(judgements);
}

Test(verdict, each_row_is_seen_on_a_device)
{
	static struct judgements judgements;

	run_scenarios(&judgements);
	interrupt_start(&judgements, "stm32f072:application=gone",
			"lost, asked by restart (restarted), as -: leg over, no USB");
	interrupt_start(&judgements, "stm32f072:application=runtime",
			"back, asked by restart (restarted), as application: leg again, application runs");
	start_nothing(&judgements);
	spoil_update(&judgements);
	for (size_t i = 0; i < count_rows(); i++) {
		char line[LINE_SIZE];

		print_row(dfut_verdict_get_row(i), line);
		cr_expect(visited[i], "row %zu was not seen: %s", i + 1, line);
	}
}
