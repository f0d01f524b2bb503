/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The worker threads: who runs what, how many there are, and a pool that is freed while they work. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <dirent.h>
#include <pthread.h>
#include <time.h>

#include "base/time.h"
#include "core/event.h"
#include "core/pool.h"

#define THREAD_LIMIT 256
#define PATIENCE_US 10000000

/* What jobs tell and wait for. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	size_t begun;
	size_t done;
	bool open;
} gate;

static struct dfut_pool *pool;
static size_t threads_before;

static void nap(long time_ms)
{
	struct timespec time = { time_ms / 1000, time_ms % 1000 * 1000000 };

	nanosleep(&time, NULL);
}

static size_t count_threads(void)
{
	DIR *folder = opendir("/proc/self/task");
	size_t count = 0;

	cr_assert(folder != NULL);
	for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder))
		count += entry->d_name[0] != '.';
	closedir(folder);
	return count;
}

static void start(void)
{
	pthread_mutex_init(&gate.lock, NULL);
	pthread_cond_init(&gate.changed, NULL);
	threads_before = count_threads();
	cr_assert(eq(int, dfut_pool_new(&pool), 0));
}

/* A thread tells that its job is done a moment before it ends. */
static void expect_threads_end(void)
{
	uint64_t until_us = dfut_system_time_us() + PATIENCE_US;

	while (count_threads() > threads_before && dfut_system_time_us() < until_us)
		nap(1);
	cr_expect(eq(sz, count_threads(), threads_before));
}

static void stop(void)
{
	if (pool)
		dfut_pool_free(pool);
	expect_threads_end();
	pthread_cond_destroy(&gate.changed);
	pthread_mutex_destroy(&gate.lock);
}

TestSuite(pool, .init = start, .fini = stop, .timeout = 60);

static void note_done(void *data)
{
	(void)data;
	pthread_mutex_lock(&gate.lock);
	gate.begun++;
	gate.done++;
	pthread_cond_broadcast(&gate.changed);
	pthread_mutex_unlock(&gate.lock);
}

static void wait_at_gate(void *data)
{
	(void)data;
	pthread_mutex_lock(&gate.lock);
	gate.begun++;
	pthread_cond_broadcast(&gate.changed);
	while (!gate.open)
		pthread_cond_wait(&gate.changed, &gate.lock);
	gate.done++;
	pthread_cond_broadcast(&gate.changed);
	pthread_mutex_unlock(&gate.lock);
}

static void open_gate(void)
{
	pthread_mutex_lock(&gate.lock);
	gate.open = true;
	pthread_cond_broadcast(&gate.changed);
	pthread_mutex_unlock(&gate.lock);
}

/* Waits for a counter; a job that never comes is a failure, not a hang. */
static void expect_count(const size_t *counter, size_t count)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += PATIENCE_US / 1000000;
	pthread_mutex_lock(&gate.lock);
	while (*counter < count && pthread_cond_timedwait(&gate.changed, &gate.lock, &until) == 0)
		;
	cr_expect(eq(sz, *counter, count));
	pthread_mutex_unlock(&gate.lock);
}

static void run(void (*work)(void *data), size_t count)
{
	for (size_t i = 0; i < count; i++)
		cr_assert(eq(int, dfut_pool_run(pool, work, NULL), 0));
}

static void free_pool(void)
{
	dfut_pool_free(pool);
	pool = NULL;
}

Test(pool, has_no_thread_before_the_first_job)
{
	cr_expect(eq(sz, count_threads(), threads_before));
}

static void keep_number(void *data)
{
	*(int *)data = 17;
	note_done(NULL);
}

Test(pool, gives_a_job_its_data)
{
	int number = 0;

	cr_assert(eq(int, dfut_pool_run(pool, keep_number, &number), 0));
	expect_count(&gate.done, 1);
	cr_expect(eq(int, number, 17));
}

Test(pool, does_job_after_job_with_the_same_thread)
{
	for (size_t i = 1; i <= 20; i++) {
		run(note_done, 1);
		expect_count(&gate.done, i);
		/* It is idle a moment after its job has told. */
		nap(5);
	}
	/* On a busy machine a thread may need longer than that. */
	cr_expect(le(sz, count_threads(), threads_before + 5));
}

Test(pool, does_other_jobs_while_one_hangs)
{
	run(wait_at_gate, 1);
	expect_count(&gate.begun, 1);
	run(note_done, 50);
	expect_count(&gate.done, 50);
	open_gate();
	expect_count(&gate.done, 51);
}

Test(pool, begins_as_many_jobs_at_once_as_there_are)
{
	run(wait_at_gate, 40);
	expect_count(&gate.begun, 40);
	cr_expect(eq(sz, count_threads(), threads_before + 40));
	open_gate();
	expect_count(&gate.done, 40);
}

Test(pool, does_5000_jobs)
{
	run(note_done, 5000);
	expect_count(&gate.done, 5000);
	cr_expect(le(sz, count_threads(), threads_before + THREAD_LIMIT));
}

Test(pool, has_a_limit_of_threads_and_does_the_rest_later)
{
	run(wait_at_gate, THREAD_LIMIT + 30);
	expect_count(&gate.begun, THREAD_LIMIT);
	nap(20);
	cr_expect(eq(sz, gate.begun, THREAD_LIMIT));
	cr_expect(eq(sz, count_threads(), threads_before + THREAD_LIMIT));
	open_gate();
	expect_count(&gate.done, THREAD_LIMIT + 30);
}

static void nap_and_tell(void *data)
{
	nap(50);
	note_done(data);
}

/* As a program that ends now must know that its ports are closed. */
Test(pool, what_is_under_way_has_a_moment_to_end)
{
	dfut_pool_run(pool, nap_and_tell, NULL);
	free_pool();
	pthread_mutex_lock(&gate.lock);
	cr_expect(eq(sz, gate.done, 1));
	pthread_mutex_unlock(&gate.lock);
}

Test(pool, is_freed_without_waiting_for_a_job_that_hangs)
{
	uint64_t begin_us;

	run(wait_at_gate, 3);
	expect_count(&gate.begun, 3);
	begin_us = dfut_system_time_us();
	free_pool();
	/* The jobs would hang for ever; a busy machine needs a while. */
	cr_expect(lt(u64, dfut_system_time_us() - begin_us, 1000000));
	cr_expect(eq(sz, gate.done, 0));
	open_gate();
	expect_count(&gate.done, 3);
	expect_threads_end();
}

Test(pool, still_does_the_jobs_that_had_not_begun_when_it_was_freed)
{
	run(wait_at_gate, THREAD_LIMIT);
	expect_count(&gate.begun, THREAD_LIMIT);
	run(note_done, 10);
	free_pool();
	open_gate();
	expect_count(&gate.done, THREAD_LIMIT + 10);
	expect_threads_end();
}

Test(pool, ends_idle_threads_when_it_is_freed)
{
	run(note_done, 20);
	expect_count(&gate.done, 20);
	free_pool();
	expect_threads_end();
}
