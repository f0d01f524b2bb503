/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The list of a context's watchers, and walks through it that survive whatever a watcher does to it. */

#include "core/context.h"

/* Handlers look at devices, which tells of them in the middle of a walk: walks may be inside of each other. */
struct dfut_walk {
	struct dfut_walk *outer;
	struct dfut_watcher *next;
};

static void add_at(struct dfut_watcher **at, struct dfut_watcher *watcher, struct dfut_context *context,
		   const struct dfut_watcher_ops *ops, void *owner)
{
	watcher->next = *at;
	watcher->context = context;
	watcher->ops = ops;
	watcher->owner = owner;
	*at = watcher;
}

void dfut_watcher_add(struct dfut_watcher *watcher, struct dfut_context *context, const struct dfut_watcher_ops *ops,
		      void *owner)
{
	struct dfut_watcher **end = &context->first_watcher;

	while (*end && !(*end)->is_last)
		end = &(*end)->next;
	add_at(end, watcher, context, ops, owner);
}

void dfut_watcher_add_after(struct dfut_watcher *watcher, struct dfut_watcher *other,
			    const struct dfut_watcher_ops *ops, void *owner)
{
	add_at(&other->next, watcher, other->context, ops, owner);
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
	uint64_t deadline_us = UINT64_MAX;

	for (struct dfut_watcher *watcher = context->first_watcher; watcher; watcher = watcher->next) {
		uint64_t own_us = watcher->ops->get_deadline_us(watcher->owner);

		deadline_us = own_us < deadline_us ? own_us : deadline_us;
	}
	return deadline_us;
}

size_t dfut_watchers_dispatch(struct dfut_context *context)
{
	struct dfut_watcher *watcher;
	struct dfut_walk walk;
	size_t done = 0;

	begin_walk(context, &walk);
	while ((watcher = step(&walk)))
		done += watcher->ops->dispatch(watcher->owner);
	context->walk = walk.outer;
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

bool dfut_watchers_are_waiting(const struct dfut_context *context)
{
	for (const struct dfut_watcher *watcher = context->first_watcher; watcher; watcher = watcher->next)
		if (watcher->is_waiting)
			return true;
	return false;
}
