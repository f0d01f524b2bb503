/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Updates and uploads that another thread cancels, at any time between their start and their end; then one that nobody does. */

#include <sched.h>
#include <stdatomic.h>

#include "threads.h"

#define ROUNDS 100

/* Devices, and the memory that is read. */
static const struct model {
	const char *spec;
	const char *alternate;
} models[] = {
	{ "zephyr:slot-size=8K", "slot1_image" },
	{ "zephyr:stack=legacy,slot-size=8K", "image_1" },
	{ "dfu:transfer-size=256", NULL },
	{ "xmos:erase-percent=1", NULL },
};

struct job {
	struct dfut_session *session;
	atomic_size_t steps; /* that it has told; relaxed, so that it orders nothing else between the threads */
	size_t cancel_at;
};

static void count_step(struct dfut_session *session, const struct dfut_progress *progress, void *user_data)
{
	struct job *job = user_data;

	(void)session;
	(void)progress;
	atomic_fetch_add_explicit(&job->steps, 1, memory_order_relaxed);
	sched_yield();
}

static void *cancel(void *data)
{
	struct job *job = data;

	while (atomic_load_explicit(&job->steps, memory_order_relaxed) < job->cancel_at)
		sched_yield();
	dfut_session_cancel(job->session);
	return NULL;
}

static int count_bytes(const uint8_t *data, size_t size, void *user_data)
{
	(void)data;
	*(size_t *)user_data += size;
	return 0;
}

static int start(struct dfut_session *session, const struct model *model, struct dfut_image *image, size_t *taken)
{
	if (image)
		return dfut_session_start_update(session, image);
	EXPECT(dfut_session_set_alternate(session, model->alternate) == 0, "%s", dfut_session_get_message(session));
	dfut_session_set_upload_size(session, IMAGE_SIZE);
	return dfut_session_start_upload(session, count_bytes, taken);
}

/* An update, or an upload without an image. Returns how many steps it told, and whether it was cancelled. */
static size_t run(struct seat *seat, const struct model *model, struct dfut_image *image, size_t cancel_at,
		  bool *cancelled)
{
	struct job job = { .session = seat_new_session(seat), .cancel_at = cancel_at };
	size_t taken = 0;
	pthread_t thread;
	int result;

	dfut_session_set_progress_handler(job.session, count_step, &job);
	EXPECT(start(job.session, model, image, &taken) == 0, "%s", dfut_session_get_message(job.session));
	if (cancelled)
		thread = begin_thread(cancel, &job);
	result = dfut_session_run(job.session);
	EXPECT(result == 0 || (cancelled && result == DFUT_ERROR_CANCELLED), "%s",
	       dfut_session_get_message(job.session));
	if (cancelled) {
		*cancelled = result < 0;
		/* It need not tell as many as the one before. */
		atomic_store_explicit(&job.steps, SIZE_MAX, memory_order_relaxed);
		pthread_join(thread, NULL);
	}
	EXPECT(result != 0 || image || taken == IMAGE_SIZE, "%zu bytes", taken);
	dfut_session_free(job.session);
	seat_settle(seat);
	return job.steps;
}

static size_t cancel_often(const struct model *model, bool uploads)
{
	struct seat seat;
	struct dfut_image *image;
	size_t whole, count = 0;

	seat_start(&seat, model->spec);
	image = make_image(seat.context);
	seat_update(&seat, image);
	whole = run(&seat, model, uploads ? NULL : image, 0, NULL);
	for (size_t i = 0; i < ROUNDS; i++) {
		bool cancelled;

		run(&seat, model, uploads ? NULL : image, whole * i / ROUNDS, &cancelled);
		count += cancelled;
	}
	seat_update(&seat, image);
	dfut_image_free(image);
	seat_stop(&seat);
	return count;
}

int main(void)
{
	for (size_t i = 0; i < COUNT(models); i++) {
		size_t updates = cancel_often(&models[i], false), uploads = cancel_often(&models[i], true);

		printf("%s: of %d updates %zu cancelled, of as many uploads %zu\n", models[i].spec, ROUNDS, updates,
		       uploads);
		EXPECT(updates > 0 && uploads > 0, "%s: always too late", models[i].spec);
	}
	return 0;
}
