/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

#ifndef DFUTRIGGER_CLI_NEAR_H
#define DFUTRIGGER_CLI_NEAR_H

#include <stddef.h>

/** Names longer than this are nobody's slip. */
#define NEAR_LIMIT 48

/** The search for the name that somebody meant who wrote another word. */
struct near {
	char word[NEAR_LIMIT];
	char name[NEAR_LIMIT]; /**< the nearest so far, "" for none */
	size_t slips;	       /**< that lie between the two */
};

/** @param length of the word, which need not end there */
void near_begin(struct near *near, const char *word, size_t length);
/** Tries a name. */
void near_try(struct near *near, const char *name);

#endif
