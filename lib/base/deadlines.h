/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Deadlines, and which of them is the first: a pairing heap. It is made of parts of their owners, so that nothing is ever
 * allocated, and adding, changing and removing take no more steps when there are many.
 */

#ifndef DFUT_DEADLINES_H
#define DFUT_DEADLINES_H

#include <stdint.h>

/* A part of its owner; zeroed before it is used. */
struct dfut_deadline {
	void *owner;
	uint64_t time_us;	    /* UINT64_MAX for never */
	uint64_t order;		    /* of those at the same time, the one with the lowest comes first */
	struct dfut_deadlines *all; /* NULL unless it was added */
	struct dfut_deadline *child;
	struct dfut_deadline *next; /* child of the same parent */
	struct dfut_deadline *back; /* the child before it, or its parent */
};

/* Zeroed at first. */
struct dfut_deadlines {
	struct dfut_deadline *first; /* NULL if there is none */
};

/* Of none: never. */
uint64_t dfut_deadlines_get_first_us(const struct dfut_deadlines *all);
void dfut_deadline_add(struct dfut_deadline *deadline, struct dfut_deadlines *all, void *owner, uint64_t order,
		       uint64_t time_us);
/* These do nothing if it was not added. */
void dfut_deadline_set(struct dfut_deadline *deadline, uint64_t time_us);
void dfut_deadline_remove(struct dfut_deadline *deadline);

#endif
