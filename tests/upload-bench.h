/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What tests of uploads have in common: what is wished for, what comes, and what is said. */

#ifndef DFUT_TESTS_UPLOAD_BENCH_H
#define DFUT_TESTS_UPLOAD_BENCH_H

#include "dfuse-bench.h"

#define LIMIT (2 * 1024 * KIB)
#define DFU "dfu:start=bootloader,"
struct taken {
	uint8_t *data;
	size_t size;
};

static inline int take(const uint8_t *data, size_t size, void *user_data)
{
	struct taken *taken = user_data;

	if (!taken->data)
		taken->data = malloc(LIMIT);
	cr_assert(taken->data != NULL && size > 0 && size <= LIMIT - taken->size);
	memcpy(taken->data + taken->size, data, size);
	taken->size += size;
	return 0;
}

struct wish {
	const char *alternate;
	int64_t address;
	uint64_t size;
	unsigned int force;
};

static const struct wish all = { NULL, -1, 0, 0 };

static inline struct dfut_session *new_session(struct bench *bench, const struct wish *wish)
{
	struct dfut_session *session = bench_new_session(bench, "1-1");

	cr_assert(eq(int, dfut_session_set_alternate(session, wish->alternate), 0));
	cr_assert(eq(int, dfut_session_set_address(session, wish->address), 0));
	dfut_session_set_upload_size(session, wish->size);
	dfut_session_set_force(session, wish->force);
	return session;
}

static inline int upload(struct bench *bench, struct dfut_session *session, struct taken *taken, const char *what)
{
	int code = dfut_session_start_upload(session, take, taken);

	return code < 0 ? code : bench_run(bench, session, SIZE_MAX, what);
}

/* What was read is what is there from this offset on, which begins again at its end. */
static inline void expect_memory(const struct bench *bench, const char *name, size_t offset, const struct taken *taken,
				 const char *what)
{
	size_t size, wrong = 0;
	const uint8_t *memory = dfut_sim_device_get_memory(bench->device, name, &size);

	cr_assert(memory != NULL);
	for (size_t i = 0; i < taken->size; i++)
		wrong += taken->data[i] != memory[(offset + i) % size];
	cr_expect(eq(sz, wrong, 0), "%s: of %zu bytes", what, taken->size);
}

static inline void fill(struct bench *bench, const char *name)
{
	static uint8_t bytes[1024 * KIB];
	size_t size;

	cr_assert(dfut_sim_device_get_memory(bench->device, name, &size) != NULL && size <= sizeof(bytes));
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(i * 2654435761u >> 11);
	cr_assert(eq(int, dfut_sim_device_set_memory(bench->device, name, 0, bytes, size), 0));
}

static inline size_t count_requests(const struct bench *bench)
{
	size_t count = 0;

	for (size_t i = 0; i < dfut_sim_device_get_record_count(bench->device); i++) {
		const struct dfut_sim_record *record = dfut_sim_device_get_record(bench->device, i);

		count += record->event == DFUT_SIM_EVENT_CONTROL && (record->request_type & 0x60) == 0x20;
	}
	return count;
}

/* What is said, and that the device is as good as before. */
struct row {
	const char *spec;
	struct wish wish;
	int code;
	size_t size;	   /* that the writer got */
	const char *words; /* of the message, or of the hint */
	const char *hint;
};

static inline void expect_row(const struct row *row, const char *memory)
{
	struct taken taken = { 0 };
	struct bench bench;
	struct dfut_session *session;

	bench_start(&bench, row->spec);
	fill(&bench, memory);
	session = new_session(&bench, &row->wish);
	cr_expect(eq(int, upload(&bench, session, &taken, row->spec), row->code), "%s: %s", row->spec,
		  dfut_session_get_message(session));
	bench_expect_words(dfut_session_get_message(session), row->spec);
	cr_expect(strstr(dfut_session_get_message(session), row->words) != NULL, "%s: %s", row->spec,
		  dfut_session_get_message(session));
	cr_expect(strstr(dfut_session_get_hint(session), row->hint) != NULL, "%s: hint: %s", row->spec,
		  dfut_session_get_hint(session));
	cr_expect(eq(sz, taken.size, row->size), "%s", row->spec);
	expect_memory(&bench, memory, row->wish.address >= 0 ? (size_t)(row->wish.address - FLASH) : 0, &taken,
		      row->spec);
	bench_expect_no_breach(bench.device, row->spec);
	dfut_session_free(session);
	free(taken.data);
	bench_stop(&bench);
}

#endif
