/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The context's worker threads. The pool lives until its last thread has ended. */

#include <pthread.h>
#include <stdlib.h>

#include "base/time.h"
#include "core/pool.h"

#define THREAD_LIMIT 256
/* What is under way at the end, closing as a rule, takes less, or hangs. */
#define REST_MS 250

struct job {
	struct job *next;
	void (*work)(void *data);
	void *data;
};

struct dfut_pool {
	pthread_mutex_t lock;
	pthread_cond_t wanted;
	pthread_cond_t rested; /* nobody has anything to do */
	struct job *first;
	struct job **end;
	size_t waiting; /* jobs nobody has taken */
	size_t idle;
	size_t threads;
	bool closed;
};

static void destroy(struct dfut_pool *pool)
{
	pthread_cond_destroy(&pool->rested);
	pthread_cond_destroy(&pool->wanted);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}

static struct job *take(struct dfut_pool *pool)
{
	struct job *job = pool->first;

	if (!job)
		return NULL;
	pool->first = job->next;
	if (!pool->first)
		pool->end = &pool->first;
	pool->waiting--;
	return job;
}

static void *work(void *data)
{
	struct dfut_pool *pool = data;
	struct job *job;
	bool last;

	pthread_mutex_lock(&pool->lock);
	for (;;) {
		job = take(pool);
		if (!job && pool->closed)
			break;
		if (!job) {
			if (++pool->idle == pool->threads)
				pthread_cond_signal(&pool->rested);
			pthread_cond_wait(&pool->wanted, &pool->lock);
			pool->idle--;
			continue;
		}
		pthread_mutex_unlock(&pool->lock);
		job->work(job->data);
		free(job);
		pthread_mutex_lock(&pool->lock);
	}
	last = --pool->threads == 0;
	pthread_mutex_unlock(&pool->lock);
	if (last)
		destroy(pool);
	return NULL;
}

int dfut_pool_new(struct dfut_pool **pool)
{
	*pool = calloc(1, sizeof(**pool));
	if (!*pool)
		return DFUT_ERROR_NO_MEMORY;
	pthread_mutex_init(&(*pool)->lock, NULL);
	pthread_cond_init(&(*pool)->wanted, NULL);
	pthread_cond_init(&(*pool)->rested, NULL);
	(*pool)->end = &(*pool)->first;
	return 0;
}

/* A program that ends now takes its threads with it. */
static void let_rest(struct dfut_pool *pool)
{
	const struct timespec until = dfut_system_get_deadline(REST_MS);

	while (pool->idle < pool->threads || pool->first)
		if (pthread_cond_timedwait(&pool->rested, &pool->lock, &until) != 0)
			break;
}

void dfut_pool_free(struct dfut_pool *pool)
{
	bool last;

	pthread_mutex_lock(&pool->lock);
	let_rest(pool);
	pool->closed = true;
	last = pool->threads == 0;
	pthread_cond_broadcast(&pool->wanted);
	pthread_mutex_unlock(&pool->lock);
	if (last)
		destroy(pool);
}

static int add_thread(struct dfut_pool *pool)
{
	pthread_attr_t attributes;
	pthread_t thread;
	int result;

	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	result = pthread_create(&thread, &attributes, work, pool);
	pthread_attr_destroy(&attributes);
	if (result != 0)
		return DFUT_ERROR_NO_MEMORY;
	pool->threads++;
	return 0;
}

int dfut_pool_run(struct dfut_pool *pool, void (*function)(void *data), void *data)
{
	struct job *job = calloc(1, sizeof(*job));
	int result = 0;

	if (!job)
		return DFUT_ERROR_NO_MEMORY;
	job->work = function;
	job->data = data;
	pthread_mutex_lock(&pool->lock);
	if (pool->idle <= pool->waiting && pool->threads < THREAD_LIMIT)
		result = add_thread(pool);
	/* Without a new thread an old one does it later; only without any nobody would. */
	if (result == 0 || pool->threads) {
		*pool->end = job;
		pool->end = &job->next;
		pool->waiting++;
		pthread_cond_signal(&pool->wanted);
		job = NULL;
		result = 0;
	}
	pthread_mutex_unlock(&pool->lock);
	free(job);
	return result;
}

struct dfut_strand {
	pthread_mutex_t lock;
	unsigned int refs; /* its owner, and the thread that works on it */
	bool running;
	struct job *first;
	struct job **end;
};

DFUT_API int dfut_strand_new(struct dfut_strand **strand)
{
	*strand = calloc(1, sizeof(**strand));
	if (!*strand)
		return DFUT_ERROR_NO_MEMORY;
	pthread_mutex_init(&(*strand)->lock, NULL);
	(*strand)->refs = 1;
	(*strand)->end = &(*strand)->first;
	return 0;
}

DFUT_API void dfut_strand_free(struct dfut_strand *strand)
{
	bool last;

	pthread_mutex_lock(&strand->lock);
	last = --strand->refs == 0;
	pthread_mutex_unlock(&strand->lock);
	if (!last)
		return;
	pthread_mutex_destroy(&strand->lock);
	free(strand);
}

static struct job *take_next(struct dfut_strand *strand)
{
	struct job *job;

	pthread_mutex_lock(&strand->lock);
	job = strand->first;
	if (job)
		strand->first = job->next;
	if (!strand->first)
		strand->end = &strand->first;
	strand->running = job != NULL;
	pthread_mutex_unlock(&strand->lock);
	return job;
}

static void work_off(void *data)
{
	struct dfut_strand *strand = data;
	struct job *job;

	while ((job = take_next(strand))) {
		job->work(job->data);
		free(job);
	}
	dfut_strand_free(strand);
}

/* Nobody works on it yet: all that is there is the job that was just put in. */
static int start(struct dfut_strand *strand, struct dfut_pool *pool)
{
	int result = dfut_pool_run(pool, work_off, strand);

	if (result < 0) {
		free(strand->first);
		strand->first = NULL;
		strand->end = &strand->first;
		strand->running = false;
		strand->refs--;
	}
	return result;
}

int dfut_strand_run(struct dfut_strand *strand, struct dfut_pool *pool, void (*function)(void *data), void *data)
{
	struct job *job = calloc(1, sizeof(*job));
	int result = 0;

	if (!job)
		return DFUT_ERROR_NO_MEMORY;
	job->work = function;
	job->data = data;
	pthread_mutex_lock(&strand->lock);
	*strand->end = job;
	strand->end = &job->next;
	if (!strand->running) {
		strand->running = true;
		strand->refs++;
		result = start(strand, pool);
	}
	pthread_mutex_unlock(&strand->lock);
	return result;
}
