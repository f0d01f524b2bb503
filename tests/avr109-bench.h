/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Programs for AVRs, updates by AVR109, and what came of each. */

#ifndef DFUT_TESTS_AVR109_BENCH_H
#define DFUT_TESTS_AVR109_BENCH_H

#include "program-bench.h"

#define EEPROM_AT 0x810000u

static uint8_t program[PROGRAM_MAX];

/* A jump to behind the vectors, as avr-gcc has it, and anything. */
static inline void program_make(size_t size, uint8_t seed)
{
	program_fill(program, size);
	for (size_t i = 4; i < size; i++)
		program[i] = (uint8_t)(program[i] + seed);
	memcpy(program, "\x0c\x94\x40\x00", 4);
}

/* What the caller of a job wants. */
struct avr109_wishes {
	const char *alternate;
	const char *part;
	unsigned int force;
	enum dfut_verify verify;
	enum dfut_erase erase;
	size_t cancel_round; /* 0: never */
};

struct avr109_outcome {
	int result;
	bool was_started;
	unsigned int check;
	enum dfut_verified verified;
	char message[1024];
	char hint[1024];
};

static const struct avr109_wishes avr109_plain;

/* The image is freed. */
static inline struct avr109_outcome avr109_update(struct bench *bench, struct dfut_image *image,
						  const struct avr109_wishes *wishes, const char *what)
{
	struct dfut_session *session = bench_new_session(bench, "1-1");
	struct avr109_outcome outcome = { 0 };

	cr_assert(eq(int, dfut_session_set_alternate(session, wishes->alternate), 0));
	cr_assert(eq(int, dfut_session_set_part(session, wishes->part), 0));
	dfut_session_set_force(session, wishes->force);
	dfut_session_set_verify(session, wishes->verify);
	dfut_session_set_erase(session, wishes->erase);
	outcome.result = dfut_session_start_update(session, image);
	outcome.was_started = outcome.result == 0;
	if (outcome.was_started)
		outcome.result = bench_run(bench, session, wishes->cancel_round ? wishes->cancel_round - 1 : SIZE_MAX,
					   what);
	outcome.check = dfut_session_get_failed_check(session);
	outcome.verified = dfut_session_get_verified(session);
	snprintf(outcome.message, sizeof(outcome.message), "%s", dfut_session_get_message(session));
	snprintf(outcome.hint, sizeof(outcome.hint), "%s", dfut_session_get_hint(session));
	bench_expect_words(outcome.message, what);
	if (outcome.result < 0 && getenv("VERBOSE"))
		fprintf(stderr, "%s: %s (%s)\n", what, outcome.message, outcome.hint);
	dfut_session_free(session);
	dfut_image_free(image);
	return outcome;
}

/* The program's first bytes. */
static inline struct avr109_outcome avr109_update_bytes(struct bench *bench, size_t size,
							const struct avr109_wishes *wishes, const char *what)
{
	return avr109_update(bench, bench_load_bytes(bench, program, size), wishes, what);
}

/* What the host wrote to the port that is so long. */
static inline size_t bench_count_writes(const struct bench *bench, uint16_t length)
{
	size_t count = 0;

	for (size_t i = 0; i < dfut_sim_device_get_record_count(bench->device); i++) {
		const struct dfut_sim_record *record = dfut_sim_device_get_record(bench->device, i);

		count += record->event == DFUT_SIM_EVENT_ENDPOINT && record->length == length;
	}
	return count;
}

#endif
