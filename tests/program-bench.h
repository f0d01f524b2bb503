/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What tests of bootloaders that take a program block by block have in common: programs, files of them, what the flash holds. */

#ifndef DFUT_TESTS_PROGRAM_BENCH_H
#define DFUT_TESTS_PROGRAM_BENCH_H

#include "dfuse-bench.h"

#define PROGRAM_MAX (144 * 1024)
#define SET_REPORT 0x09
#define CLASS_OUT 0x21

/* Bytes at an address. */
struct piece {
	uint32_t address;
	const uint8_t *bytes;
	size_t size;
};

/* What fills a program behind its head: nothing of it is erased, nothing looks like code that is searched for. */
static inline void program_fill(uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)((i * 2654435761u >> 13) & 0x7f);
}

static inline void put_le32(uint8_t *bytes, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		bytes[i] = (uint8_t)(value >> 8 * i);
}

static inline struct dfut_image *bench_load_pieces(struct bench *bench, const struct piece *pieces, size_t count)
{
	struct file *file = calloc(1, sizeof(*file));
	struct dfut_image *image;

	for (size_t i = 0; i < count; i++) {
		for (size_t at = 0; at < pieces[i].size;) {
			uint32_t address = pieces[i].address + (uint32_t)at;
			uint8_t high[] = { (uint8_t)(address >> 24), (uint8_t)(address >> 16) };
			size_t size = pieces[i].size - at < 16 ? pieces[i].size - at : 16;

			size = address % 0x10000 + size > 0x10000 ? 0x10000 - address % 0x10000 : size;
			file_add_record(file, 4, 0, high, 2);
			file_add_record(file, 0, (uint16_t)address, pieces[i].bytes + at, (uint8_t)size);
			at += size;
		}
	}
	file_add_record(file, 1, 0, NULL, 0);
	image = bench_load(bench, file);
	free(file);
	return image;
}

static inline struct dfut_image *bench_load_bytes(struct bench *bench, const uint8_t *bytes, size_t size)
{
	struct dfut_image *image = NULL;

	cr_assert(eq(int, dfut_image_load_buffer(&image, bench->context, bytes, size, 0), 0), "%s",
		  dfut_context_get_error(bench->context));
	return image;
}

/* How an update has ended. */
struct ending {
	int result;
	unsigned int check;
	enum dfut_verified verified;
	char message[1024];
	char hint[1024];
	char model[64]; /* that the bootloader has told */
};

/* What a person may set. */
struct choices {
	const char *part;
	unsigned int force;
	enum dfut_verify verify;
	size_t cancel_round; /* 0: never */
};

static inline void keep_ending(struct ending *ending, struct dfut_session *session, const char *what)
{
	const char *key, *value;

	ending->check = dfut_session_get_failed_check(session);
	ending->verified = dfut_session_get_verified(session);
	snprintf(ending->message, sizeof(ending->message), "%s", dfut_session_get_message(session));
	snprintf(ending->hint, sizeof(ending->hint), "%s", dfut_session_get_hint(session));
	for (size_t i = 0; dfut_session_get_fact(session, i, &key, &value) == 0; i++)
		if (strcmp(key, "halfkay_model") == 0)
			snprintf(ending->model, sizeof(ending->model), "%s", value);
	bench_expect_words(ending->message, what);
	if (ending->result < 0 && getenv("VERBOSE"))
		fprintf(stderr, "%s: %s (%s)\n", what, ending->message, ending->hint);
}

/* The image is freed. */
static inline struct ending bench_put(struct bench *bench, struct dfut_image *image, const struct choices *choices,
				      const char *what)
{
	struct dfut_session *session = bench_new_session(bench, "1-1");
	struct ending ending = { 0 };

	cr_assert(eq(int, dfut_session_set_part(session, choices->part), 0));
	dfut_session_set_force(session, choices->force);
	dfut_session_set_verify(session, choices->verify);
	ending.result = dfut_session_start_update(session, image);
	if (ending.result == 0)
		ending.result = bench_run(bench, session, choices->cancel_round ? choices->cancel_round - 1 : SIZE_MAX,
					  what);
	keep_ending(&ending, session, what);
	dfut_session_free(session);
	dfut_image_free(image);
	return ending;
}

/* Triggers it, and forgets what that needed. */
static inline void bench_enter_bootloader(struct bench *bench)
{
	struct dfut_session *session = bench_new_session(bench, "1-1");

	cr_assert(eq(int, dfut_session_start_trigger(session), 0));
	cr_assert(eq(int, bench_run(bench, session, SIZE_MAX, "trigger"), 0), "%s", dfut_session_get_message(session));
	cr_assert(bench_is_in_bootloader(bench->device));
	dfut_session_free(session);
	dfut_sim_device_clear_record(bench->device);
}

/* Reports that were taken. */
static inline size_t bench_count_reports(const struct dfut_sim_device *device)
{
	size_t count = 0;

	for (size_t i = 0; i < dfut_sim_device_get_record_count(device); i++) {
		const struct dfut_sim_record *record = dfut_sim_device_get_record(device, i);

		count += record->event == DFUT_SIM_EVENT_CONTROL && record->request == SET_REPORT &&
			 record->result >= 0;
	}
	return count;
}

static inline bool bench_runs_application(const struct bench *bench)
{
	return dfut_sim_device_is_present(bench->device) &&
	       strcmp(dfut_sim_device_get_mode_name(bench->device), "application") == 0;
}

static inline void bench_wait_ms(struct bench *bench, uint64_t ms)
{
	for (uint64_t until_us = dfut_sim_get_time_us(bench->sim) + ms * 1000;
	     dfut_sim_get_time_us(bench->sim) < until_us;)
		dfut_context_dispatch(bench->context, 500);
}

/* Whether the flash has these bytes at an offset. */
static inline bool bench_has(const struct bench *bench, size_t at, const uint8_t *bytes, size_t size)
{
	size_t flash_size;
	const uint8_t *flash = dfut_sim_device_get_memory(bench->device, "flash", &flash_size);

	cr_assert(flash != NULL);
	return at + size <= flash_size && memcmp(flash + at, bytes, size) == 0;
}

/* Whether all of it from an offset on is erased. */
static inline bool bench_is_blank(const struct bench *bench, size_t at, size_t end)
{
	size_t size;
	const uint8_t *flash = dfut_sim_device_get_memory(bench->device, "flash", &size);

	for (; at < end && at < size; at++)
		if (flash[at] != 0xff)
			return false;
	return true;
}

#endif
