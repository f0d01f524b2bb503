/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What tests of updates by SMP have in common: images, boards that were named, how a job has ended. */

#ifndef DFUT_TESTS_SMP_BENCH_H
#define DFUT_TESTS_SMP_BENCH_H

#include "bench.h"
#include "mcuboot-sample.h"

#define VENDOR 0x2fe3
#define APPLICATION 0x0004
#define RECOVERY 0x0100

struct smp_wish {
	const char *alternate;
	enum dfut_verify verify;
	unsigned int force;
	bool leaves_on_test;
	enum dfut_restart restart;
	size_t cancel_round; /* 0: never */
};

struct smp_end {
	int result;
	enum dfut_verified verified;
	unsigned int check;
	char message[1024];
	char hint[1024];
	char facts[2048];
	char steps[4096];
};

/* Nobody guesses what a board speaks: its ids are named. */
static inline void smp_start(struct bench *bench, const char *spec)
{
	bench_start(bench, spec);
	cr_assert(eq(int, dfut_context_set_protocol(bench->context, VENDOR, APPLICATION, "smp", -1), 0));
	cr_assert(eq(int, dfut_context_set_protocol(bench->context, VENDOR, RECOVERY, "smp", -1), 0));
}

static inline struct sample smp_make_sample(uint8_t minor, uint32_t body)
{
	struct sample_wish wish = { .version = { 9, minor, 0, 0 }, .header_size = 0x200, .body_size = body };

	return sample_make(&wish);
}

static inline struct dfut_image *smp_load(struct bench *bench, const struct sample *sample)
{
	struct dfut_image *image = NULL;

	cr_assert(eq(int, dfut_image_load_buffer(&image, bench->context, sample->bytes, sample->size, 0), 0), "%s",
		  dfut_context_get_error(bench->context));
	return image;
}

static inline void smp_keep_end(struct smp_end *end, struct dfut_session *session, const char *what)
{
	struct dfut_step step;
	const char *key, *value;
	size_t used = 0;

	end->verified = dfut_session_get_verified(session);
	end->check = dfut_session_get_failed_check(session);
	snprintf(end->message, sizeof(end->message), "%s", dfut_session_get_message(session));
	snprintf(end->hint, sizeof(end->hint), "%s", dfut_session_get_hint(session));
	for (size_t i = 0; dfut_session_get_fact(session, i, &key, &value) == 0 && used < sizeof(end->facts); i++)
		used += (size_t)snprintf(end->facts + used, sizeof(end->facts) - used, "%s: %s\n", key, value);
	used = 0;
	for (size_t i = 0; dfut_session_get_step(session, i, &step, sizeof(step)) == 0 && used < sizeof(end->steps);
	     i++)
		used += (size_t)snprintf(end->steps + used, sizeof(end->steps) - used, "%s\n", step.text);
	bench_expect_words(end->message, what);
	if (getenv("VERBOSE"))
		fprintf(stderr, "%s: %s (%s)\n%s", what, end->message, end->hint, end->facts);
}

/* The image is freed. */
static inline struct smp_end smp_put(struct bench *bench, struct dfut_image *image, const struct smp_wish *wish,
				     const char *what)
{
	struct dfut_session *session = bench_new_session(bench, "1-1");
	struct smp_end end = { 0 };

	cr_assert(eq(int, dfut_session_set_alternate(session, wish->alternate), 0));
	dfut_session_set_verify(session, wish->verify);
	dfut_session_set_force(session, wish->force);
	dfut_session_set_confirm(session, !wish->leaves_on_test);
	dfut_session_set_restart(session, wish->restart);
	end.result = dfut_session_start_update(session, image);
	if (end.result == 0)
		end.result = bench_run(bench, session, wish->cancel_round ? wish->cancel_round - 1 : SIZE_MAX, what);
	smp_keep_end(&end, session, what);
	dfut_session_free(session);
	dfut_image_free(image);
	return end;
}

static inline struct smp_end smp_update(struct bench *bench, const struct sample *sample, const struct smp_wish *wish,
					const char *what)
{
	return smp_put(bench, smp_load(bench, sample), wish, what);
}

static inline struct smp_end smp_command(struct bench *bench, const char *name, const char *what)
{
	struct dfut_session *session = bench_new_session(bench, "1-1");
	struct smp_end end = { 0 };

	end.result = dfut_session_start_command(session, name);
	if (end.result == 0)
		end.result = bench_run(bench, session, SIZE_MAX, what);
	smp_keep_end(&end, session, what);
	dfut_session_free(session);
	return end;
}

static inline bool smp_holds(const struct bench *bench, const char *slot, const struct sample *sample)
{
	size_t size;
	const uint8_t *bytes = dfut_sim_device_get_memory(bench->device, slot, &size);

	cr_assert(bytes != NULL, "%s", slot);
	return size >= sample->size && memcmp(bytes, sample->bytes, sample->size) == 0;
}

static inline void smp_wait_ms(struct bench *bench, uint64_t ms)
{
	for (uint64_t until_us = dfut_sim_get_time_us(bench->sim) + ms * 1000;
	     dfut_sim_get_time_us(bench->sim) < until_us;)
		dfut_context_dispatch(bench->context, 500);
}

static inline void smp_expect(const struct smp_end *end, int result, const char *words, const char *what)
{
	cr_expect(eq(int, end->result, result), "%s: %s", what, end->message);
	cr_expect(strstr(end->message, words) != NULL, "%s: %s", what, end->message);
}

#endif
