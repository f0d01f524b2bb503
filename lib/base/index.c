/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A crit-bit tree: a fork is at the first bit in which what is below it differs. */

#include <stdlib.h>

#include "base/index.h"

/* A leaf, and the fork that came with it: the first one's is not used. */
struct dfut_index_entry {
	uint64_t key[2]; /* high, low */
	void *thing;
	size_t below[2];  /* of the fork: a leaf or, with IS_FORK, another one */
	unsigned int bit; /* by which it parts: 0 is the highest of 128 */
};

#define IS_FORK (~(SIZE_MAX >> 1))

static unsigned int get_bit(const uint64_t key[2], unsigned int bit)
{
	return key[bit / 64] >> (63 - bit % 64) & 1;
}

/* The only one that can have this key. */
static size_t find_nearest(const struct dfut_index *index, const uint64_t key[2])
{
	size_t at = index->root;

	while (at & IS_FORK) {
		const struct dfut_index_entry *fork = &index->entries[at & ~IS_FORK];

		at = fork->below[get_bit(key, fork->bit)];
	}
	return at;
}

/* 128 if they are the same */
static unsigned int find_difference(const uint64_t one[2], const uint64_t other[2])
{
	unsigned int bit = 0;

	while (bit < 128 && get_bit(one, bit) == get_bit(other, bit))
		bit++;
	return bit;
}

void *dfut_index_find(const struct dfut_index *index, uint64_t high, uint64_t low)
{
	const uint64_t key[2] = { high, low };
	const struct dfut_index_entry *entry = index->count ? &index->entries[find_nearest(index, key)] : NULL;

	return entry && entry->key[0] == high && entry->key[1] == low ? entry->thing : NULL;
}

static bool make_room(struct dfut_index *index)
{
	size_t room = index->room ? 2 * index->room : 16;
	struct dfut_index_entry *grown;

	if (index->count < index->room)
		return true;
	grown = realloc(index->entries, room * sizeof(*grown));
	if (!grown)
		return false;
	index->entries = grown;
	index->room = room;
	return true;
}

/* The last entry: above all that differ in later bits only. */
static void hang_in(struct dfut_index *index, size_t leaf, unsigned int bit)
{
	struct dfut_index_entry *entry = &index->entries[leaf];
	size_t *link = &index->root;
	unsigned int side = get_bit(entry->key, bit);

	while (*link & IS_FORK && index->entries[*link & ~IS_FORK].bit < bit) {
		struct dfut_index_entry *fork = &index->entries[*link & ~IS_FORK];

		link = &fork->below[get_bit(entry->key, fork->bit)];
	}
	entry->bit = bit;
	entry->below[side] = leaf;
	entry->below[!side] = *link;
	*link = leaf | IS_FORK;
}

bool dfut_index_put(struct dfut_index *index, uint64_t high, uint64_t low, void *thing)
{
	const uint64_t key[2] = { high, low };
	size_t nearest = index->count ? find_nearest(index, key) : 0;
	unsigned int bit = index->count ? find_difference(key, index->entries[nearest].key) : 0;
	size_t leaf = index->count;

	if (bit == 128) {
		index->entries[nearest].thing = thing;
		return true;
	}
	if (!make_room(index))
		return false;
	index->entries[leaf] = (struct dfut_index_entry){ .key = { high, low }, .thing = thing };
	if (leaf == 0)
		index->root = 0;
	else
		hang_in(index, leaf, bit);
	index->count++;
	return true;
}

void dfut_index_free(struct dfut_index *index)
{
	free(index->entries);
	*index = (struct dfut_index){ 0 };
}
