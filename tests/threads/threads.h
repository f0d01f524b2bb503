/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Programs for the thread sanitizer, which the test framework does not get along with. What they expect ends them if it is not so. */

#ifndef DFUT_TESTS_THREADS_H
#define DFUT_TESTS_THREADS_H

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dfutrigger-sim.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define IMAGE_SIZE 1300

#define EXPECT(condition, ...) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "%s:%d: %s: ", __FILE__, __LINE__, #condition); \
			fprintf(stderr, __VA_ARGS__); \
			fputc('\n', stderr); \
			exit(1); \
		} \
	} while (0)

static inline uint64_t now_us(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_nsec / 1000;
}

static inline void nap_us(uint64_t time_us)
{
	struct timespec time = { (time_t)(time_us / 1000000), (long)(time_us % 1000000 * 1000) };

	nanosleep(&time, NULL);
}

static inline pthread_t begin_thread(void *(*work)(void *data), void *data)
{
	pthread_t thread;

	EXPECT(pthread_create(&thread, NULL, work, data) == 0, "no thread");
	return thread;
}

/* The threads do the same, each with its number. */
static inline void run_threads(size_t count, void *(*work)(void *data), void *data, size_t size)
{
	pthread_t threads[32];

	EXPECT(count <= COUNT(threads), "%zu threads", count);
	for (size_t i = 0; i < count; i++)
		threads[i] = begin_thread(work, (char *)data + i * size);
	for (size_t i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
}

/* A context with a virtual device at 1-1, on the virtual clock. */
struct seat {
	struct dfut_context *context;
	struct dfut_sim *sim;
	struct dfut_sim_device *device;
};

static inline void seat_start(struct seat *seat, const char *spec)
{
	EXPECT(dfut_context_new(&seat->context) == 0, "no context");
	EXPECT(dfut_sim_new(&seat->sim, DFUT_SIM_CLOCK_VIRTUAL) == 0, "no bus");
	EXPECT(dfut_sim_add_to_context(seat->sim, seat->context) == 0, "bus not added");
	EXPECT(dfut_sim_plug(&seat->device, seat->sim, spec, "1-1") == 0, "%s", dfut_sim_get_error(seat->sim));
}

static inline void seat_stop(struct seat *seat)
{
	dfut_context_free(seat->context);
	dfut_sim_free(seat->sim);
}

static inline struct dfut_session *seat_new_session(struct seat *seat)
{
	struct dfut_match match = DFUT_MATCH_INIT;
	struct dfut_device *device;
	struct dfut_session *session;

	match.path = "1-1";
	EXPECT(dfut_device_find(&device, seat->context, &match) == 0, "%s", dfut_context_get_error(seat->context));
	EXPECT(dfut_session_new(&session, device) == 0, "%s", dfut_context_get_error(seat->context));
	dfut_device_unref(device);
	return session;
}

static inline struct dfut_image *make_image(struct dfut_context *context)
{
	uint8_t bytes[IMAGE_SIZE];
	struct dfut_image *image;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7 + i / 256 + 128);
	EXPECT(dfut_image_load_buffer(&image, context, bytes, sizeof(bytes), 0) == 0, "%s",
	       dfut_context_get_error(context));
	EXPECT(dfut_image_wrap_mcuboot(image, "2.0.0", 32) == 0, "no header");
	return image;
}

/* An update that nobody disturbs: it is done, and its memory has been read back. */
static inline void seat_update(struct seat *seat, struct dfut_image *image)
{
	struct dfut_session *session = seat_new_session(seat);

	EXPECT(dfut_session_start_update(session, image) == 0, "%s", dfut_session_get_message(session));
	EXPECT(dfut_session_run(session) == 0, "%s", dfut_session_get_message(session));
	EXPECT(dfut_session_get_verified(session) == DFUT_VERIFIED_YES, "%s", dfut_session_get_message(session));
	dfut_session_free(session);
}

/* What an interrupted restart still has to do. */
static inline void seat_settle(struct seat *seat)
{
	uint64_t until_us = dfut_sim_get_time_us(seat->sim) + 5000000;

	while (dfut_sim_get_time_us(seat->sim) < until_us)
		dfut_context_dispatch(seat->context, 500);
}

#endif
