/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * The n-th allocation fails, and then all from the n-th on: every call says so or succeeds rightly. What is lost or used
 * wrongly is found by the sanitizers. tests/failing-memory.c has to be loaded in front of the program.
 *
 * NO_MEMORY_STEP: every how manyth is tried; 1 tries each (0, as in each push: some 20 of each run).
 */

#ifndef DFUT_TESTS_NO_MEMORY_H
#define DFUT_TESTS_NO_MEMORY_H

#include "failing-memory.h"
#include "specimens.h"

/* Of a result: it claims what is not so. */
#define FALSE_SUCCESS 1

/* What is tried: armed by itself where memory is to be missing. */
struct deed {
	const char *what;
	int (*run)(const struct deed *deed);
	const void *data;
	size_t number;
	uint64_t early; /* of the first so many, each is tried */
	uint64_t nth;
	bool is_for_good;
	uint64_t *count;
	char *words; /* of a result that is neither */
};

struct tally {
	size_t runs, good, told, others;
};

static inline void arm(const struct deed *deed)
{
	failing_memory_arm(deed->nth, deed->is_for_good);
}

static inline void disarm(const struct deed *deed)
{
	*deed->count = failing_memory_disarm();
}

static inline uint64_t get_number(const char *name, uint64_t other)
{
	const char *text = getenv(name);

	return text && text[0] ? strtoull(text, NULL, 10) : other;
}

static inline void try(struct deed *deed, struct tally *tally)
{
	int result = deed->run(deed);

	/* A session, a context or an image that is not there has no words. */
	if (result == DFUT_ERROR_NO_MEMORY && *deed->words && !strstr(deed->words, "memory"))
		result = DFUT_ERROR_USAGE;
	tally->runs++;
	tally->good += result == 0;
	tally->told += result == DFUT_ERROR_NO_MEMORY;
	if (result == 0 || result == DFUT_ERROR_NO_MEMORY)
		return;
	tally->others++;
	if (tally->others > 12)
		return;
	cr_expect(false, "%s: allocation %llu%s: %s: %s", deed->what, (unsigned long long)deed->nth,
		  deed->is_for_good ? " and all later ones" : "",
		  result == FALSE_SUCCESS ? "false success" : dfut_error_get_name(result), deed->words);
}

/* All n, or, of a long run, some of them: other ones of each deed. */
static inline void try_each(struct deed *deed, struct tally *tally)
{
	char words[1024] = "";
	uint64_t count = 0, step = get_number("NO_MEMORY_STEP", 0);
	int result;

	if (!failing_memory_arm)
		cr_skip("a sanitizer's malloc is in front");
	deed->count = &count;
	deed->words = words;
	deed->nth = UINT64_MAX;
	result = deed->run(deed);
	cr_assert(eq(int, result, 0), "%s: with all memory: %s: %s", deed->what, dfut_error_get_name(result), words);
	step = step ? step : 1 + count / 20;
	for (uint64_t n = deed->early ? 1 : 1 + deed->number % step, all = count; n <= all;
	     n += n < deed->early ? 1 : step) {
		for (int k = 0; k < 2; k++) {
			deed->nth = n;
			deed->is_for_good = k;
			words[0] = 0;
			try(deed, tally);
		}
	}
}

static inline void print(const char *what, const struct tally *tally)
{
	fprintf(stderr, "%s: %zu runs, %zu good, %zu said no-memory, %zu others\n", what, tally->runs, tally->good,
		tally->told, tally->others);
	/* One deed may need none, as to look again at what is known. */
	cr_expect(lt(sz, 0, tally->runs));
}

static inline int keep_words(const struct deed *deed, int result, const char *text)
{
	snprintf(deed->words, 1024, "%s", text);
	return result;
}

#endif
