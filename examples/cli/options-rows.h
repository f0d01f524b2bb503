/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

#ifndef DFUTRIGGER_CLI_OPTIONS_ROWS_H
#define DFUTRIGGER_CLI_OPTIONS_ROWS_H

#include "options.h"

/** More than there are. */
#define OPTION_ROW_LIMIT 100

/** One option. */
struct option_row {
	char letter;			/**< '\0' for none */
	const char *name;
	const char *argument;		/**< NULL if it takes none; in brackets if it may be left out */
	unsigned int commands;		/**< bits of enum command_bit */
	const char *text;
	/** @return false if the argument makes no sense */
	bool (*apply)(struct options *options, char *argument);
};

/** @return an option, or NULL if there is no such index */
const struct option_row *option_row_get(size_t index);
/** @return true if the text is the argument of --suffix, VID:PID[:REL]; what is left out stays as it is in `ids` */
bool option_parse_suffix_ids(const char *text, uint16_t ids[3]);

/** Keeps what is wrong, if it is the first. */
void options_fail(struct options *options, const char *text, ...) __attribute__((format(printf, 2, 3)));
/** Whether the options make sense together; else options->error says why not. */
void options_check(struct options *options);

#endif
