/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The name that is nearest to a word: that begins with it, or that a few slips made it of. */

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "near.h"

/* What a word of that length may have wrong. */
static size_t get_tolerance(size_t length)
{
	return length < 3 ? 0 : length < 6 ? 1 : length < 10 ? 2 : 3;
}

static size_t min(size_t a, size_t b)
{
	return a < b ? a : b;
}

static bool is_same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Characters that are missing, too many, or others, and neighbours that changed places: each is one slip. */
static size_t count_slips(const char *a, const char *b)
{
	size_t rows[3][NEAR_LIMIT + 1];
	size_t *before = rows[0], *last = rows[1], *row = rows[2];
	size_t length = strlen(b);

	for (size_t j = 0; j <= length; j++)
		last[j] = before[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t *oldest = before;

		row[0] = i;
		for (size_t j = 1; j <= length; j++) {
			row[j] = min(min(last[j], row[j - 1]) + 1, last[j - 1] + !is_same(a[i - 1], b[j - 1]));
			if (i > 1 && j > 1 && is_same(a[i - 1], b[j - 2]) && is_same(a[i - 2], b[j - 1]))
				row[j] = min(row[j], before[j - 2] + 1);
		}
		before = last;
		last = row;
		row = oldest;
	}
	return last[length];
}

void near_begin(struct near *near, const char *word, size_t length)
{
	memset(near, 0, sizeof(*near));
	if (length < NEAR_LIMIT)
		memcpy(near->word, word, length);
}

void near_try(struct near *near, const char *name)
{
	size_t length = strlen(near->word);
	bool is_beginning = length > 1 && strncmp(name, near->word, length) == 0;
	size_t slips;

	if (length < 2 || strlen(name) >= NEAR_LIMIT)
		return;
	/* A beginning is as good as a slip. */
	slips = is_beginning ? 1 : count_slips(near->word, name);
	if (!is_beginning && slips > get_tolerance(length))
		return;
	if (!near->name[0] || slips < near->slips) {
		near->slips = slips;
		memcpy(near->name, name, strlen(name) + 1);
	}
}
