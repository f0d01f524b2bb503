/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * The context's worker threads, for what an operating system offers only as a blocking call. A thread is made when a
 * job finds none idle, so that one hung device holds up no other; callers have at most one job per device.
 */

#ifndef DFUT_POOL_H
#define DFUT_POOL_H

#include "base/base.h"
#include "dfutrigger-transport.h"

struct dfut_pool;

int dfut_pool_new(struct dfut_pool **pool);
/* Idle threads end at once, others after their job; those have 0.25 s for it before this returns. Jobs that have not begun
 * are still run. */
void dfut_pool_free(struct dfut_pool *pool);
/* Runs work(data) on a thread. 0, or DFUT_ERROR_NO_MEMORY: then it is not run. */
int dfut_pool_run(struct dfut_pool *pool, void (*work)(void *data), void *data);

/* For dfut_bus_run(): 0, or DFUT_ERROR_NO_MEMORY: then it is not run. */
int dfut_strand_run(struct dfut_strand *strand, struct dfut_pool *pool, void (*work)(void *data), void *data);

#endif
