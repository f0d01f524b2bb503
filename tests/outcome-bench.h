/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Jobs with one small image on one device, and what came of each: its code and its words. */

#ifndef DFUT_TESTS_OUTCOME_BENCH_H
#define DFUT_TESTS_OUTCOME_BENCH_H

#include "dfuse-bench.h"

#define SIZE 5001

static inline struct dfut_image *make_raw(struct bench *bench)
{
	static uint8_t bytes[SIZE];
	struct dfut_image *image;

	for (uint32_t i = 0; i < SIZE; i++)
		bytes[i] = get_content(FLASH + i);
	cr_assert(eq(int, dfut_image_load_buffer(&image, bench->context, bytes, SIZE, 0), 0), "%s",
		  dfut_context_get_error(bench->context));
	return image;
}

static inline struct dfut_image *make_addressed(struct bench *bench)
{
	struct dfut_image *image = make_raw(bench);

	cr_assert(eq(int, dfut_image_set_address(image, FLASH), 0));
	return image;
}

struct outcome {
	int result;
	char message[1024];
	char hint[1024];
	char protocol[32];
};

static inline void keep_words(struct outcome *outcome, struct dfut_session *session, const char *what)
{
	snprintf(outcome->message, sizeof(outcome->message), "%s", dfut_session_get_message(session));
	snprintf(outcome->hint, sizeof(outcome->hint), "%s", dfut_session_get_hint(session));
	snprintf(outcome->protocol, sizeof(outcome->protocol), "%s",
		 dfut_device_get_protocol(dfut_session_get_device(session)));
	bench_expect_words(outcome->message, what);
}

static inline struct outcome update(struct bench *bench, const char *alternate, bool has_address, size_t cancel_round,
				    const char *what)
{
	struct dfut_image *image = has_address ? make_addressed(bench) : make_raw(bench);
	struct dfut_session *session = bench_new_session(bench, "1-1");
	struct outcome outcome;

	cr_assert(eq(int, dfut_session_set_alternate(session, alternate), 0));
	outcome.result = dfut_session_start_update(session, image);
	if (outcome.result == 0)
		outcome.result = bench_run(bench, session, cancel_round, what);
	keep_words(&outcome, session, what);
	dfut_session_free(session);
	dfut_image_free(image);
	return outcome;
}

static inline struct outcome command(struct bench *bench, const char *name, const char *what)
{
	struct dfut_session *session = bench_new_session(bench, "1-1");
	struct outcome outcome;

	outcome.result = dfut_session_start_command(session, name);
	if (outcome.result == 0)
		outcome.result = bench_run(bench, session, SIZE_MAX, what);
	keep_words(&outcome, session, what);
	dfut_session_free(session);
	return outcome;
}

#endif
