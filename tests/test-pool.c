/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The pool of threads: every job runs once, one that hangs holds up no other, nobody waits for it at the end. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdatomic.h>
#include <time.h>

#include "pool.h"

#define JOB_COUNT 5000

static atomic_int done;
static atomic_bool is_let_go;

static void wait_ms(long ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

static void count(void *data)
{
	atomic_int *counter = data;

	(*counter)++;
}

static void hang(void *data)
{
	while (!is_let_go)
		wait_ms(1);
	count(data);
}

static void wait_for(int wanted)
{
	while (done < wanted)
		wait_ms(1);
}

Test(pool, runs_every_job_once, .timeout = 20)
{
	struct dfut_pool *pool;

	cr_assert(eq(int, dfut_pool_new(&pool), 0));
	for (int i = 0; i < JOB_COUNT; i++)
		cr_assert(eq(int, dfut_pool_run(pool, count, &done), 0));
	wait_for(JOB_COUNT);
	dfut_pool_free(pool);
	wait_ms(20);
	cr_expect(eq(int, done, JOB_COUNT));
}

Test(pool, goes_on_while_a_job_hangs, .timeout = 20)
{
	atomic_int late = 0;
	struct dfut_pool *pool;

	cr_assert(eq(int, dfut_pool_new(&pool), 0));
	for (int i = 0; i < 8; i++)
		cr_assert(eq(int, dfut_pool_run(pool, hang, &late), 0));
	for (int i = 0; i < 100; i++)
		cr_assert(eq(int, dfut_pool_run(pool, count, &done), 0));
	wait_for(100);
	cr_expect(eq(int, late, 0));
	is_let_go = true;
	while (late < 8)
		wait_ms(1);
	dfut_pool_free(pool);
}

Test(pool, is_freed_without_waiting_for_jobs, .timeout = 20)
{
	struct dfut_pool *pool;

	cr_assert(eq(int, dfut_pool_new(&pool), 0));
	cr_assert(eq(int, dfut_pool_run(pool, hang, &done), 0));
	dfut_pool_free(pool);
	cr_expect(eq(int, done, 0));
	is_let_go = true;
	wait_for(1);
	/* The last thread takes the pool along. */
	wait_ms(50);
}

Test(pool, needs_no_thread_without_a_job)
{
	struct dfut_pool *pool;

	cr_assert(eq(int, dfut_pool_new(&pool), 0));
	dfut_pool_free(pool);
}
