/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What tests of updates of keyboards by their makers' ISP have in common: files, jobs, and what came of each. */

#ifndef DFUT_TESTS_ISP_BENCH_H
#define DFUT_TESTS_ISP_BENCH_H

#define ROUND_LIMIT 100000

#include "bench.h"

#define FILE_MAX (300 * 1024)

struct file {
	uint8_t bytes[FILE_MAX];
	size_t size;
};

/* Nothing that looks like a text, or like other firmware. */
static inline void file_fill(struct file *file, size_t size, unsigned int seed)
{
	cr_assert(le(sz, size, sizeof(file->bytes)));
	file->size = size;
	for (size_t i = 0; i < size; i++)
		file->bytes[i] = (uint8_t)((i + seed) * 2654435761u >> 13);
}

/* What the caller of a job wants. */
struct wishes {
	const char *part;
	unsigned int force;
	enum dfut_verify verify;
	enum dfut_erase erase;
	int64_t address; /* of the image; 0: it has none, -1: that is 0 */
};

struct outcome {
	int result;
	bool was_started;
	unsigned int check;
	enum dfut_verified verified;
	char message[1024];
	char hint[1024];
};

static inline struct dfut_image *bench_load(struct bench *bench, const struct file *file, int64_t address)
{
	struct dfut_image *image;

	cr_assert(eq(int, dfut_image_load_buffer(&image, bench->context, file->bytes, file->size, 0), 0), "%s",
		  dfut_context_get_error(bench->context));
	if (address)
		cr_assert(eq(int, dfut_image_set_address(image, address < 0 ? 0 : (uint32_t)address), 0));
	return image;
}

static inline void bench_keep(struct outcome *outcome, struct dfut_session *session, const char *what)
{
	outcome->check = dfut_session_get_failed_check(session);
	outcome->verified = dfut_session_get_verified(session);
	snprintf(outcome->message, sizeof(outcome->message), "%s", dfut_session_get_message(session));
	snprintf(outcome->hint, sizeof(outcome->hint), "%s", dfut_session_get_hint(session));
	bench_expect_words(outcome->message, what);
}

static inline struct outcome bench_update(struct bench *bench, const struct file *file, const struct wishes *wishes,
					  size_t cancel_round, const char *what)
{
	struct dfut_image *image = bench_load(bench, file, wishes->address);
	struct dfut_session *session = bench_new_session(bench, "1-1");
	struct outcome outcome = { 0 };

	cr_assert(eq(int, dfut_session_set_part(session, wishes->part), 0));
	dfut_session_set_force(session, wishes->force);
	dfut_session_set_verify(session, wishes->verify);
	dfut_session_set_erase(session, wishes->erase);
	outcome.result = dfut_session_start_update(session, image);
	outcome.was_started = outcome.result == 0;
	if (outcome.was_started)
		outcome.result = bench_run(bench, session, cancel_round, what);
	bench_keep(&outcome, session, what);
	dfut_session_free(session);
	dfut_image_free(image);
	return outcome;
}

static inline struct outcome bench_command(struct bench *bench, const char *name, const char *what)
{
	struct dfut_session *session = bench_new_session(bench, "1-1");
	struct outcome outcome = { 0 };

	outcome.result = dfut_session_start_command(session, name);
	if (outcome.result == 0)
		outcome.result = bench_run(bench, session, SIZE_MAX, what);
	bench_keep(&outcome, session, what);
	dfut_session_free(session);
	return outcome;
}

static inline void bench_wait_ms(struct bench *bench, uint64_t ms)
{
	for (uint64_t until_us = dfut_sim_get_time_us(bench->sim) + ms * 1000;
	     dfut_sim_get_time_us(bench->sim) < until_us;)
		dfut_context_dispatch(bench->context, 500);
}

/* Also when it is gone already. */
static inline void bench_plug_again(struct bench *bench)
{
	dfut_sim_device_unplug(bench->device);
	bench_wait_ms(bench, 100);
	dfut_sim_device_replug(bench->device);
	bench_wait_ms(bench, 5000);
}

static inline bool bench_runs_application(const struct bench *bench)
{
	return dfut_sim_device_is_present(bench->device) &&
	       strcmp(dfut_sim_device_get_mode_name(bench->device), "application") == 0;
}

/* By its trigger, without an update. */
static inline void bench_bring_into_bootloader(struct bench *bench)
{
	struct dfut_session *session = bench_new_session(bench, "1-1");

	cr_assert(eq(int, dfut_session_start_trigger(session), 0));
	cr_assert(eq(int, bench_run(bench, session, SIZE_MAX, "trigger"), 0), "%s", dfut_session_get_message(session));
	cr_assert(bench_is_in_bootloader(bench->device));
	dfut_session_free(session);
	dfut_sim_device_clear_record(bench->device);
}

#define GET_REPORT 0x01
#define SET_REPORT 0x09

/* Feature reports that went out, or came in. */
static inline size_t bench_count_reports(const struct bench *bench, uint8_t request, uint8_t id)
{
	size_t count = 0;

	for (size_t i = 0; i < dfut_sim_device_get_record_count(bench->device); i++) {
		const struct dfut_sim_record *record = dfut_sim_device_get_record(bench->device, i);

		count += record->event == DFUT_SIM_EVENT_CONTROL && record->request == request &&
			 record->value == (0x0300 | id) &&
			 record->request_type == (request == GET_REPORT ? 0xa1 : 0x21);
	}
	return count;
}

/* Every fault that a control transfer can have. */
static const enum dfut_sim_fault_kind bench_faults[] = { DFUT_SIM_FAULT_STALL,	     DFUT_SIM_FAULT_TIMEOUT,
							 DFUT_SIM_FAULT_LOST_ANSWER, DFUT_SIM_FAULT_UNPLUG,
							 DFUT_SIM_FAULT_SHORT,	     DFUT_SIM_FAULT_GARBAGE,
							 DFUT_SIM_FAULT_SLOW };

#endif
