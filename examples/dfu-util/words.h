/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What is printed: facts to the standard output, complaints to the standard error, in the order in which they are true. */

#ifndef DFUTRIGGER_DFU_UTIL_WORDS_H
#define DFUTRIGGER_DFU_UTIL_WORDS_H

#include <stdbool.h>
#include <stdint.h>

/** Who speaks, and the bar that is being drawn. */
struct words {
	const char *name;	 /**< in front of complaints */
	const char *bar;	 /**< title of the open bar, NULL for none */
	unsigned int mark_count; /**< how far it is drawn */
};

/** Each line goes out when it is complete. */
void words_start(struct words *words, const char *name);
/** Prints to the standard output. */
__attribute__((format(printf, 1, 2))) void words_say(const char *text, ...);
/** Prints a line to the standard error, with the name in front and a line end behind; ends an open bar. */
__attribute__((format(printf, 2, 3))) void words_complain(struct words *words, const char *text, ...);
/** Draws a bar as far as `done` of `total`; what is complete is ended with a line. */
void words_draw(struct words *words, const char *title, uint64_t done, uint64_t total);

#endif
