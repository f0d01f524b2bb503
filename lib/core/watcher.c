/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * The list of a context's watchers, and walks through it that survive whatever a watcher does to it; and whose deadline is the
 * first, so that a round of dispatch costs what is due in it, however many others there are.
 */

#include "core/context.h"

/* Between the orders of two that were added one after the other there is room for those that are added after the first. */
#define ORDER_STEP (UINT64_C(1) << 16)
#define ORDER_LAST (UINT64_C(1) << 63)

/* Handlers look at devices, which tells of them in the middle of a walk: walks may be inside of each other. */
struct dfut_walk {
	struct dfut_walk *outer;
	struct dfut_watcher *next;
};

static void add_at(struct dfut_watcher **at, struct dfut_watcher *watcher, struct dfut_context *context, uint64_t order)
{
	watcher->next = *at;
	watcher->context = context;
	*at = watcher;
	dfut_deadline_add(&watcher->due, &context->deadlines, watcher, order, 0);
}

void dfut_watcher_add(struct dfut_watcher *watcher, struct dfut_context *context, const struct dfut_watcher_ops *ops,
		      void *owner)
{
	struct dfut_watcher **end = &context->first_watcher;

	while (*end && !(*end)->is_last)
		end = &(*end)->next;
	watcher->ops = ops;
	watcher->owner = owner;
	context->last_order += ORDER_STEP;
	add_at(end, watcher, context, context->last_order | (watcher->is_last ? ORDER_LAST : 0));
}

void dfut_watcher_add_after(struct dfut_watcher *watcher, struct dfut_watcher *other,
			    const struct dfut_watcher_ops *ops, void *owner)
{
	watcher->ops = ops;
	watcher->owner = owner;
	add_at(&other->next, watcher, other->context, other->due.order + 1);
}

void dfut_watcher_remove(struct dfut_watcher *watcher)
{
	struct dfut_watcher **at;

	if (!watcher->context)
		return;
	for (struct dfut_walk *walk = watcher->context->walk; walk; walk = walk->outer)
		if (walk->next == watcher)
			walk->next = watcher->next;
	for (at = &watcher->context->first_watcher; *at != watcher; at = &(*at)->next)
		;
	*at = watcher->next;
	watcher->next = NULL;
	watcher->context = NULL;
	dfut_deadline_remove(&watcher->due);
}

void dfut_watcher_wake(struct dfut_watcher *watcher)
{
	dfut_deadline_set(&watcher->due, 0);
}

void dfut_watcher_plan(struct dfut_watcher *watcher)
{
	if (watcher->context)
		dfut_deadline_set(&watcher->due, watcher->ops->get_deadline_us(watcher->owner));
}

static struct dfut_watcher *step(struct dfut_walk *walk)
{
	struct dfut_watcher *watcher = walk->next;

	if (watcher)
		walk->next = watcher->next;
	return watcher;
}

static void begin_walk(struct dfut_context *context, struct dfut_walk *walk)
{
	*walk = (struct dfut_walk){ context->walk, context->first_watcher };
	context->walk = walk;
}

uint64_t dfut_watchers_get_deadline_us(const struct dfut_context *context)
{
	return dfut_deadlines_get_first_us(&context->deadlines);
}

static struct dfut_watcher *take_first(struct dfut_deadlines *from)
{
	struct dfut_watcher *watcher = from->first->owner;

	dfut_deadline_remove(&watcher->due);
	return watcher;
}

static void move(struct dfut_watcher *watcher, struct dfut_deadlines *to, uint64_t time_us)
{
	dfut_deadline_add(&watcher->due, to, watcher, watcher->due.order, time_us);
}

/* Whoever has had a turn is planned anew at the end. */
static void plan_all(struct dfut_context *context, struct dfut_deadlines *called)
{
	while (called->first) {
		struct dfut_watcher *watcher = take_first(called);

		move(watcher, &context->deadlines, watcher->ops->get_deadline_us(watcher->owner));
	}
}

/* All that are due have their turns in their order, each once. What is removed meanwhile is in neither list any more. */
size_t dfut_watchers_dispatch(struct dfut_context *context)
{
	uint64_t now_us = dfut_context_get_time_us(context);
	struct dfut_deadlines due = { 0 }, called = { 0 };
	size_t done = 0;

	while (context->deadlines.first && context->deadlines.first->time_us <= now_us)
		move(take_first(&context->deadlines), &due, 0);
	while (due.first) {
		struct dfut_watcher *watcher = take_first(&due);

		move(watcher, &called, 0);
		done += watcher->ops->dispatch(watcher->owner);
	}
	plan_all(context, &called);
	return done;
}

void dfut_watchers_tell(struct dfut_context *context, const struct dfut_change *change)
{
	struct dfut_watcher *watcher;
	struct dfut_walk walk;

	begin_walk(context, &walk);
	while ((watcher = step(&walk)))
		watcher->ops->device_changed(watcher->owner, change);
	context->walk = walk.outer;
}

void dfut_watchers_wake(struct dfut_context *context)
{
	for (struct dfut_watcher *watcher = context->first_watcher; watcher; watcher = watcher->next)
		dfut_watcher_wake(watcher);
}

bool dfut_watchers_are_waiting(const struct dfut_context *context)
{
	for (const struct dfut_watcher *watcher = context->first_watcher; watcher; watcher = watcher->next)
		if (watcher->is_waiting)
			return true;
	return false;
}
