/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Fredman, Sedgewick, Sleator, Tarjan, "The pairing heap", Algorithmica 1 (1986). */

#include "base/deadlines.h"

#include <stdbool.h>
#include <stddef.h>

static bool is_before(const struct dfut_deadline *a, const struct dfut_deadline *b)
{
	return a->time_us < b->time_us || (a->time_us == b->time_us && a->order < b->order);
}

/* Of two roots, each may be NULL, the one that comes first, with the other one below it. */
static struct dfut_deadline *meld(struct dfut_deadline *a, struct dfut_deadline *b)
{
	struct dfut_deadline *top, *below;

	if (!a || !b)
		return a ? a : b;
	top = is_before(b, a) ? b : a;
	below = top == a ? b : a;
	below->next = top->child;
	if (below->next)
		below->next->back = below;
	below->back = top;
	top->child = below;
	return top;
}

static struct dfut_deadline *take(struct dfut_deadline **list)
{
	struct dfut_deadline *taken = *list;

	if (!taken)
		return NULL;
	*list = taken->next;
	taken->next = NULL;
	taken->back = NULL;
	return taken;
}

/* Children that have lost their parent: two by two, then all of the pairs from the last to the first. */
static struct dfut_deadline *meld_all(struct dfut_deadline *children)
{
	struct dfut_deadline *pairs = NULL, *root = NULL;

	while (children) {
		struct dfut_deadline *first = take(&children);
		struct dfut_deadline *pair = meld(first, take(&children));

		pair->next = pairs;
		pairs = pair;
	}
	while (pairs)
		root = meld(root, take(&pairs));
	return root;
}

/* With all that is below it. */
static void cut(struct dfut_deadline *deadline)
{
	if (deadline->back->child == deadline)
		deadline->back->child = deadline->next;
	else
		deadline->back->next = deadline->next;
	if (deadline->next)
		deadline->next->back = deadline->back;
	deadline->next = NULL;
	deadline->back = NULL;
}

static void put_in(struct dfut_deadline *deadline, uint64_t time_us)
{
	deadline->time_us = time_us;
	deadline->all->first = meld(deadline->all->first, deadline);
}

static void take_out(struct dfut_deadline *deadline)
{
	struct dfut_deadline *children = deadline->child;

	deadline->child = NULL;
	if (deadline->all->first == deadline) {
		deadline->all->first = meld_all(children);
		return;
	}
	cut(deadline);
	deadline->all->first = meld(deadline->all->first, meld_all(children));
}

uint64_t dfut_deadlines_get_first_us(const struct dfut_deadlines *all)
{
	return all->first ? all->first->time_us : UINT64_MAX;
}

void dfut_deadline_add(struct dfut_deadline *deadline, struct dfut_deadlines *all, void *owner, uint64_t order,
		       uint64_t time_us)
{
	*deadline = (struct dfut_deadline){ .owner = owner, .order = order, .all = all };
	put_in(deadline, time_us);
}

void dfut_deadline_set(struct dfut_deadline *deadline, uint64_t time_us)
{
	if (!deadline->all || deadline->time_us == time_us)
		return;
	take_out(deadline);
	put_in(deadline, time_us);
}

void dfut_deadline_remove(struct dfut_deadline *deadline)
{
	if (!deadline->all)
		return;
	take_out(deadline);
	deadline->all = NULL;
}
