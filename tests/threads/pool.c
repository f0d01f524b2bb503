/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The worker threads and their strands: many threads give work, and the pool is freed while it is done. */

#include "core/pool.h"
#include "threads.h"

#define ROUNDS 20
#define GIVERS 4
#define JOBS 100

/* Work of one strand needs no lock: that is what a strand is for. */
struct giver {
	struct dfut_pool *pool;
	struct dfut_strand *strand;
	size_t in_order;
	size_t *alone; /* under the lock */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static size_t done;

static void note_done(void)
{
	pthread_mutex_lock(&lock);
	done++;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

static void count_in_order(void *data)
{
	struct giver *giver = data;

	giver->in_order++;
	note_done();
}

static void count_alone(void *data)
{
	struct giver *giver = data;

	pthread_mutex_lock(&lock);
	++*giver->alone;
	pthread_mutex_unlock(&lock);
	note_done();
}

static void *give(void *data)
{
	struct giver *giver = data;

	for (size_t i = 0; i < JOBS; i++) {
		EXPECT(dfut_strand_run(giver->strand, giver->pool, count_in_order, giver) == 0, "strand");
		EXPECT(dfut_pool_run(giver->pool, count_alone, giver) == 0, "pool");
	}
	/* What was given is still done. */
	dfut_strand_free(giver->strand);
	return NULL;
}

int main(void)
{
	for (size_t round = 0; round < ROUNDS; round++) {
		struct giver givers[GIVERS] = { 0 };
		struct dfut_pool *pool;
		size_t alone = 0;

		done = 0;
		EXPECT(dfut_pool_new(&pool) == 0, "no pool");
		for (size_t i = 0; i < GIVERS; i++) {
			givers[i].pool = pool;
			givers[i].alone = &alone;
			EXPECT(dfut_strand_new(&givers[i].strand) == 0, "no strand");
		}
		run_threads(GIVERS, give, givers, sizeof(givers[0]));
		dfut_pool_free(pool);
		pthread_mutex_lock(&lock);
		while (done < GIVERS * JOBS * 2)
			pthread_cond_wait(&changed, &lock);
		EXPECT(alone == GIVERS * JOBS, "%zu", alone);
		for (size_t i = 0; i < GIVERS; i++)
			EXPECT(givers[i].in_order == JOBS, "%zu", givers[i].in_order);
		pthread_mutex_unlock(&lock);
	}
	return 0;
}
