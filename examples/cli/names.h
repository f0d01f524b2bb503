/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

#ifndef DFUTRIGGER_CLI_NAMES_H
#define DFUTRIGGER_CLI_NAMES_H

#include "near.h"
#include "options-rows.h"

/** Takes a name, and what it stands for, "" for nothing to say. */
typedef void (*names_taker)(void *data, const char *name, const char *text);

/** Tells all names of a kind that needs no device and no file. */
void names_visit(enum option_names kind, names_taker take, void *data);
/** @return whether the word is one of them, in capital letters or small ones */
bool names_have(enum option_names kind, const char *word);
/** @return whether one of them is near to the word; the one is then near->name */
bool names_find_near(enum option_names kind, const char *word, size_t length, struct near *near);
/** The word that an option was given is none of them: says so, and what there is. */
void names_fail(struct options *options, const char *option, enum option_names kind, const char *word);

#endif
