/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Stand-ins for serial numbers, and for the names of people and machines: the same ones in all of a session file. */

#ifndef DFUT_NAMES_H
#define DFUT_NAMES_H

#include "base/base.h"

struct dfut_name {
	char *text;
	char *stand_in;
	bool is_serial;
	bool is_word;	/* it is also replaced where it stands in the middle of a text ... */
	bool is_id;	/* ... that says that it is a serial number: it looks like one of vendor or product */
	bool is_folded; /* as Windows has it: large and small letters are the same, and so are both slashes */
};

/* Zeroed, it knows none. */
struct dfut_names {
	struct dfut_name *items;
	size_t count;
	size_t serials;
};

/* The user, the machine and the home folder, as the system tells them. 0 or DFUT_ERROR_NO_MEMORY, as the next one. */
int dfut_names_add_own(struct dfut_names *names);
int dfut_names_add_serial(struct dfut_names *names, const char *text);
/* The same with the stand-in that it has in another file: those that are made have numbers from names->serials + 1. */
int dfut_names_add_known(struct dfut_names *names, const char *text, const char *stand_in);
/* What stands for it; NULL if it is no serial number that was added. */
const char *dfut_names_find_serial(const struct dfut_names *names, const char *text);
/* The text with stand-ins; `all`: for those of people and machines, too. To be freed; NULL without memory. */
char *dfut_names_replace(const struct dfut_names *names, const char *text, bool all);
void dfut_names_free(struct dfut_names *names);

#endif
