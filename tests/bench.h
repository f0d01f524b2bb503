/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A virtual bus on the virtual clock with one device, or more, and what tests of triggers have in common. */

#ifndef DFUT_TESTS_BENCH_H
#define DFUT_TESTS_BENCH_H

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dfutrigger-sim.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
/* Rounds of dispatch that no session needs, unless a test says otherwise */
#ifndef ROUND_LIMIT
#define ROUND_LIMIT 20000
#endif

struct bench {
	struct dfut_context *context;
	struct dfut_sim *sim;
	struct dfut_sim_device *device; /* the first, at 1-1 */
};

static inline struct dfut_sim_device *bench_plug(struct bench *bench, const char *spec, const char *path)
{
	struct dfut_sim_device *device;

	cr_assert(eq(int, dfut_sim_plug(&device, bench->sim, spec, path), 0), "%s: %s", spec,
		  dfut_sim_get_error(bench->sim));
	return device;
}

static inline void bench_start(struct bench *bench, const char *spec)
{
	cr_assert(eq(int, dfut_context_new(&bench->context), 0));
	cr_assert(eq(int, dfut_sim_new(&bench->sim, DFUT_SIM_CLOCK_VIRTUAL), 0));
	cr_assert(eq(int, dfut_sim_add_to_context(bench->sim, bench->context), 0));
	bench->device = bench_plug(bench, spec, "1-1");
}

static inline void bench_stop(struct bench *bench)
{
	dfut_context_free(bench->context);
	dfut_sim_free(bench->sim);
}

/* Whether nobody else can read a file. On Windows its folder says that, not its mode. */
static inline bool bench_is_private(const char *path)
{
#ifdef _WIN32
	return access(path, R_OK) == 0;
#else
	struct stat status;

	return stat(path, &status) == 0 && (status.st_mode & 0777) == 0600;
#endif
}

/* Lets an application load these devices from a file of its own. */
static inline int bench_load_devices(struct bench *bench, const char *text)
{
	char path[] = "/tmp/dfutrigger-test-XXXXXX";
	int fd = mkstemp(path);
	int result;

	cr_assert(ge(int, fd, 0));
	cr_assert(eq(sz, (size_t)write(fd, text, strlen(text)), strlen(text)));
	close(fd);
	result = dfut_context_load_devices(bench->context, path);
	unlink(path);
	return result;
}

static inline struct dfut_device *bench_find(struct bench *bench, const char *path)
{
	struct dfut_match match = DFUT_MATCH_INIT;
	struct dfut_device *device;

	match.path = path;
	cr_assert(eq(int, dfut_device_find(&device, bench->context, &match), 0), "%s",
		  dfut_context_get_error(bench->context));
	return device;
}

static inline struct dfut_session *bench_new_session(struct bench *bench, const char *path)
{
	struct dfut_device *device = bench_find(bench, path);
	struct dfut_session *session;

	cr_assert(eq(int, dfut_session_new(&session, device), 0));
	dfut_device_unref(device);
	return session;
}

/* What a session knows by this name, "" for nothing. */
static inline const char *bench_get_fact(const struct dfut_session *session, const char *name)
{
	const char *key, *value;

	for (size_t i = 0; dfut_session_get_fact(session, i, &key, &value) == 0; i++)
		if (strcmp(key, name) == 0)
			return value;
	return "";
}

static inline bool bench_is_in_bootloader(const struct dfut_sim_device *device)
{
	return dfut_sim_device_is_present(device) && strcmp(dfut_sim_device_get_mode_name(device), "bootloader") == 0;
}

/* In its bootloader, or in what comes before that. */
static inline bool bench_has_left_application(const struct dfut_sim_device *device)
{
	return dfut_sim_device_is_present(device) && strcmp(dfut_sim_device_get_mode_name(device), "application") != 0;
}

/* Control requests in the record that are these */
static inline size_t bench_count_requests(const struct dfut_sim_device *device, uint8_t request_type, uint8_t request)
{
	size_t count = 0;

	for (size_t i = 0; i < dfut_sim_device_get_record_count(device); i++) {
		const struct dfut_sim_record *record = dfut_sim_device_get_record(device, i);

		count += record->event == DFUT_SIM_EVENT_CONTROL && record->request_type == request_type &&
			 record->request == request;
	}
	return count;
}

static inline void bench_expect_no_breach(const struct dfut_sim_device *device, const char *what)
{
	for (size_t i = 0; i < dfut_sim_device_get_record_count(device); i++) {
		const struct dfut_sim_record *record = dfut_sim_device_get_record(device, i);

		cr_expect(ne(int, record->event, DFUT_SIM_EVENT_BREACH), "%s: %s", what, record->text);
	}
}

/* Not "failed (-7)", and not "errno 5": a person can't do anything with that. */
static inline void bench_expect_words(const char *text, const char *what)
{
	cr_expect(text[0] != 0, "%s: no text", what);
	cr_expect(strstr(text, "errno") == NULL, "%s: %s", what, text);
	for (const char *at = strchr(text, '-'); at; at = strchr(at + 1, '-')) {
		bool is_code = (at == text || at[-1] == ' ' || at[-1] == '(') && at[1] >= '0' && at[1] <= '9';

		cr_expect(not(is_code), "%s: %s", what, text);
	}
}

/* Dispatches until the session has ended; in that round it is cancelled. */
static inline int bench_run(struct bench *bench, struct dfut_session *session, size_t cancel_round, const char *what)
{
	for (size_t i = 0; !dfut_session_has_ended(session) && i < ROUND_LIMIT; i++) {
		if (i == cancel_round)
			dfut_session_cancel(session);
		dfut_context_dispatch(bench->context, -1);
	}
	cr_expect(dfut_session_has_ended(session), "%s: hang", what);
	return dfut_session_get_result(session);
}

#endif
