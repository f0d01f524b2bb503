/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Writes down how the library behaves: reads cases from the standard input, one a line, "KEY=VALUE" between tabs
 * (struct setup has the keys), and prints a block for each: the clean run, each fault at each request, a cancel at each
 * request and at each state, each followed by a second run. The same library always prints the same.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
/* Lines of a record or a log that are printed; of those behind these there is a digest only. */
#define CLEAN_LINES 240
#define OTHER_LINES 8
#define LAST_LINES 4
#define MOST_STEPS 64
/* From here on, only what is new is printed */
#define MANY_WORDS 30
#define TOGETHER_LIMIT 64
/* Far more than any jobs need */
#define ROUND_LIMIT 2000000u

static const struct {
	const char *name;
	struct dfut_sim_fault fault;
	bool needs_endpoint;
} faults[] = {
	{ "stall", { .kind = DFUT_SIM_FAULT_STALL }, false },
	{ "stall for good", { .kind = DFUT_SIM_FAULT_STALL, .times = 100000 }, false },
	{ "timeout", { .kind = DFUT_SIM_FAULT_TIMEOUT }, false },
	{ "timeout for good", { .kind = DFUT_SIM_FAULT_TIMEOUT, .times = 100000 }, false },
	{ "lost-answer", { .kind = DFUT_SIM_FAULT_LOST_ANSWER }, false },
	{ "unplug", { .kind = DFUT_SIM_FAULT_UNPLUG }, false },
	{ "short", { .kind = DFUT_SIM_FAULT_SHORT }, false },
	{ "garbage", { .kind = DFUT_SIM_FAULT_GARBAGE }, false },
	{ "slow", { .kind = DFUT_SIM_FAULT_SLOW, .delay_ms = 3000 }, false },
	{ "lost-byte", { .kind = DFUT_SIM_FAULT_LOST_BYTE }, true },
	{ "doubled-byte", { .kind = DFUT_SIM_FAULT_DOUBLED_BYTE }, true },
	{ "noise", { .kind = DFUT_SIM_FAULT_NOISE }, true },
	{ "lost-reply", { .kind = DFUT_SIM_FAULT_LOST_REPLY }, true },
	{ "spoilt-reply", { .kind = DFUT_SIM_FAULT_SPOILT_REPLY }, true },
	{ "noisy-reply", { .kind = DFUT_SIM_FAULT_NOISY_REPLY }, true },
};

/* Printing. */

static void print_lines(const struct lines *lines, const char *what)
{
	for (size_t i = 0; i < lines->count; i++)
		printf("%s%s\n", what, lines->items[i]);
}

/* From `begin` on, without the middle if there are too many. */
static void print_cut(const struct lines *lines, size_t begin, size_t most, const char *what)
{
	size_t left = lines->count - begin;

	for (size_t i = begin; i < lines->count; i++) {
		if (left > most + LAST_LINES && i == begin + most) {
			printf("%s... %zu more\n", what, left - most - LAST_LINES);
			i = lines->count - LAST_LINES;
		}
		printf("%s%s\n", what, lines->items[i]);
	}
}

static void print_states(const struct outcome *outcome)
{
	printf("states:");
	for (size_t i = 0; i < outcome->states.count; i++)
		printf(" %s", outcome->states.items[i]);
	printf("\nprogress: %zu %016" PRIx64 "\n", outcome->progress_count, outcome->progress);
}

static size_t count_common(const struct lines *one, const struct lines *other)
{
	size_t count = 0;

	while (count < one->count && count < other->count && strcmp(one->items[count], other->items[count]) == 0)
		count++;
	return count;
}

static bool has_line(const struct lines *lines, const char *text)
{
	for (size_t i = 0; i < lines->count; i++)
		if (strcmp(lines->items[i], text) == 0)
			return true;
	return false;
}

/* What the clean run said as well is not said again. */
static void print_new(const struct lines *words, const struct lines *clean, const char *what)
{
	for (size_t i = 0; i < words->count; i++)
		if (!clean || !has_line(clean, words->items[i]))
			printf("%s%s\n", what, words->items[i]);
}

static void print_words(const struct outcome *outcome, const struct outcome *clean)
{
	if (!clean || outcome->words.count < MANY_WORDS) {
		print_lines(&outcome->words, "");
		return;
	}
	printf("words: %zu %016" PRIx64 "\n", outcome->words.count, digest_lines(&outcome->words));
	print_new(&outcome->words, &clean->words, "");
}

static void print_outcome(const struct outcome *outcome, const struct outcome *clean)
{
	size_t common = clean ? count_common(&outcome->requests, &clean->requests) : 0;

	print_words(outcome, clean);
	printf("time: %.3f ms\n", (double)outcome->time_us / 1000);
	print_states(outcome);
	if (!clean || digest_lines(&outcome->steps) != digest_lines(&clean->steps))
		print_lines(&outcome->steps, "step: ");
	printf("requests: %zu %016" PRIx64, outcome->requests.count, digest_lines(&outcome->requests));
	if (common)
		printf(", %zu as in the clean run", common);
	printf("\n");
	print_cut(&outcome->requests, common, clean ? OTHER_LINES : CLEAN_LINES, "  ");
	if (!clean && !outcome->is_of_handle)
		print_cut(&outcome->log, 0, CLEAN_LINES, "log: ");
}

static void print_again(const struct outcome *outcome, const struct outcome *clean)
{
	printf("again: %016" PRIx64 ", time: %.3f ms, requests: %zu %016" PRIx64 "\n", digest_lines(&outcome->words),
	       (double)outcome->time_us / 1000, outcome->requests.count, digest_lines(&outcome->requests));
	print_new(&outcome->words, clean ? &clean->words : NULL, "again ");
}

/* Running. */

struct series {
	const struct setup *setup;
	const char *job;
	const char *before;
	const struct outcome *clean;
};

static void print_title(const struct series *series, const char *variant)
{
	const struct setup *setup = series->setup;
	const struct {
		const char *name;
		const char *value;
	} others[] = {
		{ "before", series->before }, { "address", setup->address },	 { "fill", setup->fill },
		{ "how", setup->how },	      { "alternate", setup->alternate }, { "verify", setup->verify },
		{ "erase", setup->erase },    { "force", setup->force },	 { "size", setup->size },
	};
	const char *slash = setup->image ? strrchr(setup->image, '/') : NULL;

	printf("\n[%s | %s", setup->spec, series->job);
	if (setup->image)
		printf(" %s", slash ? slash + 1 : setup->image);
	for (size_t i = 0; i < COUNT(others); i++)
		if (others[i].value)
			printf(" %s=%s", others[i].name, others[i].value);
	printf(" | %s]\n", variant);
}

/* @return false if there is no such device, or it can't be brought to where it begins */
static bool run_variant(const struct series *series, const struct variant *variant, const char *name,
			struct outcome *outcome)
{
	static const struct variant clean = { .kind = VARIANT_CLEAN };
	struct bench bench;
	struct outcome other;

	print_title(series, name);
	if (bench_start(&bench, series->setup) < 0) {
		bench_stop(&bench);
		return false;
	}
	if (series->before) {
		bench_run(&bench, series->before, &clean, &other);
		outcome_clear(&other);
	}
	bench_run(&bench, series->job, variant, outcome);
	print_outcome(outcome, series->clean);
	if (strcmp(series->job, "plan") != 0 && strcmp(series->job, "handle") != 0) {
		bench_settle(&bench);
		bench_run(&bench, series->job, &clean, &other);
		print_again(&other, series->clean);
		outcome_clear(&other);
	}
	bench_stop(&bench);
	return true;
}

static void try_variant(const struct series *series, const struct variant *variant, const char *name)
{
	struct outcome outcome = { .time_us = 0 };

	run_variant(series, variant, name, &outcome);
	outcome_clear(&outcome);
}

/* All of `count` steps; if there are too many, the first half of what is allowed, and as many spread over the others.
 */
static bool is_tried(size_t step, size_t count, size_t most)
{
	size_t half = most / 2;

	if (count <= most || step < half || step == count - 1)
		return true;
	return (step - half) % ((count - half + half - 1) / half) == 0;
}

static void try_faults(const struct series *series, size_t most)
{
	size_t count = series->clean->request_count;

	for (size_t i = 0; i < COUNT(faults); i++) {
		for (size_t step = 0; step < count; step++) {
			struct variant variant = { .kind = VARIANT_FAULT, .fault = faults[i].fault };
			char name[64];

			if (!is_tried(step, count, most) ||
			    (faults[i].needs_endpoint && !series->clean->is_endpoint[step]))
				continue;
			variant.fault.size = sizeof(variant.fault);
			variant.fault.request = step;
			snprintf(name, sizeof(name), "%s at request %zu", faults[i].name, step);
			try_variant(series, &variant, name);
		}
	}
}

static void try_cancels(const struct series *series, size_t most)
{
	size_t count = series->clean->request_count + 1;
	char name[64];

	for (size_t step = 0; step < count; step++) {
		struct variant variant = { .kind = VARIANT_CANCEL_AT_REQUEST, .at = step };

		snprintf(name, sizeof(name), "cancelled after %zu requests", step);
		if (is_tried(step, count, most))
			try_variant(series, &variant, name);
	}
	for (size_t state = 0; state < series->clean->states.count; state++) {
		struct variant variant = { .kind = VARIANT_CANCEL_AT_STATE, .at = state };

		snprintf(name, sizeof(name), "cancelled in state %zu", state);
		try_variant(series, &variant, name);
	}
}

static void record_job(const struct setup *setup, const char *job, const char *before)
{
	static const struct variant clean = { .kind = VARIANT_CLEAN };
	struct series series = { .setup = setup, .job = job, .before = before };
	size_t most = setup->most ? strtoul(setup->most, NULL, 10) : MOST_STEPS;
	struct outcome outcome = { .time_us = 0 };

	if (run_variant(&series, &clean, "clean", &outcome)) {
		series.clean = &outcome;
		if (setup->variants && strchr(setup->variants, 'f'))
			try_faults(&series, most / 2);
		if (setup->variants && strchr(setup->variants, 'c'))
			try_cancels(&series, most);
	}
	outcome_clear(&outcome);
}

/* Each that the device offers, as it is or brought into its bootloader, unless it is there anyway. */
static void record_commands(const struct setup *setup, const char *before)
{
	static const struct variant clean = { .kind = VARIANT_CLEAN };
	struct lines names = { .count = 0 };
	struct outcome outcome = { .time_us = 0 };
	struct bench bench;

	if (bench_start(&bench, setup) == 0) {
		bool is_there = strcmp(dfut_sim_device_get_mode_name(bench.device), "bootloader") == 0;

		if (before && !is_there)
			bench_run(&bench, before, &clean, &outcome);
		if (!before || !is_there)
			bench_list_commands(&bench, &names);
	}
	bench_stop(&bench);
	outcome_clear(&outcome);
	for (size_t i = 0; i < names.count; i++) {
		char job[128];

		snprintf(job, sizeof(job), "command:%s", names.items[i]);
		record_job(setup, job, before);
	}
	lines_clear(&names);
}

/* Devices of several cases on one bus, all at work at the same time. */
static void record_together(const struct setup *setups, size_t count)
{
	static const struct variant clean = { .kind = VARIANT_CLEAN };
	struct bench *benches = allocate_or_die(NULL, count * sizeof(*benches));
	struct run *runs = allocate_or_die(NULL, count * sizeof(*runs));
	struct outcome *outcomes = allocate_or_die(NULL, count * sizeof(*outcomes));
	bool is_running = true;

	for (size_t i = 0; i < count; i++) {
		char port[32];

		snprintf(port, sizeof(port), "1-%zu", i + 1);
		if ((i == 0 ? bench_start(&benches[0], &setups[0]) :
			      bench_join(&benches[i], &benches[0], &setups[i], port)) < 0)
			abort();
	}
	for (size_t i = 0; i < count; i++)
		run_begin(&runs[i], &benches[i], setups[i].job, &clean, &outcomes[i]);
	for (size_t round = 0; is_running && round < ROUND_LIMIT; round++) {
		dfut_context_dispatch(benches[0].context, -1);
		is_running = false;
		for (size_t i = 0; i < count; i++)
			is_running = is_running || !run_has_ended(&runs[i]);
	}
	for (size_t i = 0; i < count; i++) {
		struct series series = { .setup = &setups[i], .job = setups[i].job };

		run_end(&runs[i]);
		print_title(&series, is_running ? "together, HANGS" : "together");
		print_outcome(&outcomes[i], NULL);
		outcome_clear(&outcomes[i]);
	}
	bench_stop(&benches[0]);
	free(benches);
	free(runs);
	free(outcomes);
}

/* The list of cases. */

static char **get_field(struct setup *setup, const char *key)
{
	const struct {
		const char *key;
		char **value;
	} fields[] = {
		{ "job", &setup->job },		{ "spec", &setup->spec },	    { "image", &setup->image },
		{ "address", &setup->address }, { "before", &setup->before },	    { "fill", &setup->fill },
		{ "how", &setup->how },		{ "alternate", &setup->alternate }, { "verify", &setup->verify },
		{ "erase", &setup->erase },	{ "force", &setup->force },	    { "size", &setup->size },
		{ "devices", &setup->devices }, { "most", &setup->most },	    { "variants", &setup->variants },
	};

	for (size_t i = 0; i < COUNT(fields); i++)
		if (strcmp(fields[i].key, key) == 0)
			return fields[i].value;
	return NULL;
}

/* The values are parts of the line. */
static bool parse(struct setup *setup, char *line)
{
	memset(setup, 0, sizeof(*setup));
	line[strcspn(line, "\n")] = '\0';
	for (char *next = NULL, *word = strtok_r(line, "\t", &next); word; word = strtok_r(NULL, "\t", &next)) {
		char *equals = strchr(word, '=');
		char **value;

		if (!equals)
			return false;
		*equals = '\0';
		value = get_field(setup, word);
		if (!value)
			return false;
		*value = equals + 1;
	}
	return setup->job && setup->spec;
}

static void record(const struct setup *setup)
{
	if (strcmp(setup->job, "commands") != 0) {
		record_job(setup, setup->job, setup->before);
		return;
	}
	record_commands(setup, NULL);
	record_commands(setup, "trigger");
}

struct together {
	struct setup setups[TOGETHER_LIMIT];
	char *lines[TOGETHER_LIMIT];
	size_t count;
};

/* A case for itself, or one more of those that come together; an empty line begins these. @return false if it is no
 * case */
static bool take(struct together *together, bool *is_together, char *line)
{
	struct setup setup;

	if (strcmp(line, "\n") == 0) {
		*is_together = true;
		return true;
	}
	if (!*is_together) {
		if (!parse(&setup, line))
			return false;
		record(&setup);
		return true;
	}
	if (together->count == TOGETHER_LIMIT)
		return false;
	together->lines[together->count] = strdup(line);
	return together->lines[together->count] &&
	       parse(&together->setups[together->count], together->lines[together->count]) && ++together->count;
}

int main(void)
{
	static struct together together;
	bool is_together = false;
	bool is_good = true;
	char *line = NULL;
	size_t room = 0;

	while (is_good && getline(&line, &room, stdin) > 0) {
		is_good = take(&together, &is_together, line);
		if (!is_good)
			fprintf(stderr, "not a case: %s\n", line);
	}
	if (is_good && together.count > 0)
		record_together(together.setups, together.count);
	for (size_t i = 0; i < TOGETHER_LIMIT; i++)
		free(together.lines[i]);
	free(line);
	return fflush(stdout) == 0 && is_good ? EXIT_SUCCESS : EXIT_FAILURE;
}
