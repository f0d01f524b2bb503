/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A context in each of many threads at once: they list, load files of every format, update from one image, and take turns. */

#include <dirent.h>

#include "threads.h"

#define THREADS 8
#define UPDATES 10
#define FILES 400

static const char *const specs[] = { "zephyr:slot-size=8K", "dfu:transfer-size=256",
				     "zephyr:stack=legacy,slot-size=8K" };

struct worker {
	const char *folder; /* of files */
	struct dfut_image *image;
	size_t number;
	size_t loaded;
};

static void load_files(struct worker *worker, struct dfut_context *context)
{
	DIR *folder = opendir(worker->folder);
	size_t seen = 0;

	EXPECT(folder != NULL, "%s", worker->folder);
	for (struct dirent *entry = readdir(folder); entry && seen < FILES; entry = readdir(folder), seen++) {
		char path[4096];
		struct dfut_image *image;

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", worker->folder, entry->d_name);
		/* Most are damaged. */
		if (dfut_image_load_file(&image, context, path, 0) == 0) {
			worker->loaded++;
			dfut_image_free(image);
		} else {
			EXPECT(dfut_context_get_error(context)[0] != '\0', "%s: no words", path);
		}
	}
	closedir(folder);
}

static void *work(void *data)
{
	struct worker *worker = data;

	for (size_t i = 0; i < UPDATES; i++) {
		struct seat seat;

		seat_start(&seat, specs[(worker->number + i) % COUNT(specs)]);
		seat_update(&seat, worker->image);
		if (i == 0)
			load_files(worker, seat.context);
		seat_stop(&seat);
	}
	return NULL;
}

/* One context for several threads, one at a time, as it is promised; only who cancels does not wait for its turn. */
struct turns {
	pthread_mutex_t lock;
	struct seat seat;
	struct dfut_image *image;
	struct dfut_session *session; /* under lock_session, and freed under both */
	pthread_mutex_t lock_session;
	size_t updates;
	size_t cancelled;
};

static void set_session(struct turns *turns, struct dfut_session *session)
{
	pthread_mutex_lock(&turns->lock_session);
	dfut_session_free(turns->session);
	turns->session = session;
	pthread_mutex_unlock(&turns->lock_session);
}

static void *take_turns(void *data)
{
	struct turns *turns = *(struct turns **)data;

	for (size_t i = 0; i < UPDATES; i++) {
		struct dfut_session *session;
		int result;

		pthread_mutex_lock(&turns->lock);
		session = seat_new_session(&turns->seat);
		set_session(turns, session);
		EXPECT(dfut_session_start_update(session, turns->image) == 0, "%s", dfut_session_get_message(session));
		result = dfut_session_run(session);
		EXPECT(result == 0 || result == DFUT_ERROR_CANCELLED, "%s", dfut_session_get_message(session));
		turns->updates += result == 0;
		turns->cancelled += result < 0;
		set_session(turns, NULL);
		seat_settle(&turns->seat);
		pthread_mutex_unlock(&turns->lock);
	}
	return NULL;
}

static void *cancel_now_and_then(void *data)
{
	struct turns *turns = *(struct turns **)data;

	for (size_t i = 0; i < 40; i++) {
		nap_us(3000);
		pthread_mutex_lock(&turns->lock_session);
		if (turns->session)
			dfut_session_cancel(turns->session);
		pthread_mutex_unlock(&turns->lock_session);
	}
	return NULL;
}

static void share_a_context(struct dfut_image *image)
{
	struct turns turns = { .lock = PTHREAD_MUTEX_INITIALIZER,
			       .lock_session = PTHREAD_MUTEX_INITIALIZER,
			       .image = image };
	struct turns *shared = &turns;
	pthread_t canceller;

	seat_start(&turns.seat, specs[0]);
	canceller = begin_thread(cancel_now_and_then, &shared);
	run_threads(THREADS, take_turns, &shared, 0);
	pthread_join(canceller, NULL);
	EXPECT(turns.updates > 0 && turns.updates + turns.cancelled == THREADS * UPDATES, "%zu", turns.updates);
	seat_update(&turns.seat, image);
	seat_stop(&turns.seat);
	printf("one context: %zu updates, %zu cancelled\n", turns.updates, turns.cancelled);
}

int main(int count, char **arguments)
{
	struct worker workers[THREADS];
	struct dfut_context *context;
	struct dfut_image *image;

	EXPECT(count == 2, "contexts FOLDER");
	EXPECT(dfut_context_new(&context) == 0, "no context");
	image = make_image(context);
	/* It belongs to no context. */
	dfut_context_free(context);
	for (size_t i = 0; i < THREADS; i++)
		workers[i] = (struct worker){ arguments[1], image, i, 0 };
	run_threads(THREADS, work, workers, sizeof(workers[0]));
	for (size_t i = 0; i < THREADS; i++)
		EXPECT(workers[i].loaded > 0 && workers[i].loaded == workers[0].loaded, "%zu files", workers[i].loaded);
	printf("%d contexts: %d updates, %zu files each\n", THREADS, UPDATES, workers[0].loaded);
	share_a_context(image);
	dfut_image_free(image);
	return 0;
}
