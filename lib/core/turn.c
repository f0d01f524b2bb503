/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Turns of devices that are on the same bus. */

#include <string.h>

#include "core/turn.h"

/* What is in front of "-" in a port path is the number of the system's bus. */
static bool is_same_bus(const struct dfut_turn *a, const struct dfut_turn *b)
{
	size_t length = strcspn(a->path, "-");

	return a->bus == b->bus && length == strcspn(b->path, "-") && strncmp(a->path, b->path, length) == 0;
}

bool dfut_turn_is_taken(const struct dfut_turn *list, const struct dfut_bus *bus, const char *path)
{
	const struct dfut_turn asked = { .bus = bus, .path = path };

	for (; list; list = list->next)
		if (is_same_bus(list, &asked))
			return true;
	return false;
}

void dfut_turn_ask(struct dfut_turn *turn, struct dfut_turn **list, const struct dfut_bus *bus, const char *path)
{
	struct dfut_turn **end = list;

	if (turn->list)
		return;
	while (*end)
		end = &(*end)->next;
	*turn = (struct dfut_turn){ .list = list, .bus = bus, .path = path };
	*end = turn;
}

bool dfut_turn_has_come(const struct dfut_turn *turn)
{
	if (!turn->list)
		return false;
	for (const struct dfut_turn *other = *turn->list; other != turn; other = other->next)
		if (is_same_bus(other, turn))
			return false;
	return true;
}

void dfut_turn_end(struct dfut_turn *turn)
{
	struct dfut_turn **at = turn->list;

	if (!at)
		return;
	while (*at != turn)
		at = &(*at)->next;
	*at = turn->next;
	turn->list = NULL;
}
