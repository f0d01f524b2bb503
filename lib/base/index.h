/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Things by two numbers. Finding one takes at most 128 steps, whatever the numbers are: files that are made to cost much choose them. */

#ifndef DFUT_INDEX_H
#define DFUT_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dfut_index_entry;

struct dfut_index {
	struct dfut_index_entry *entries;
	size_t count;
	size_t room;
	size_t root;
};

/* NULL for none. */
void *dfut_index_find(const struct dfut_index *index, uint64_t high, uint64_t low);
/* In the place of what was there; NULL takes that away. The thing stays the caller's. false: no memory. */
bool dfut_index_put(struct dfut_index *index, uint64_t high, uint64_t low, void *thing);
void dfut_index_free(struct dfut_index *index);

#endif
