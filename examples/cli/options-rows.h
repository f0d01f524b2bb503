/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

#ifndef DFUTRIGGER_CLI_OPTIONS_ROWS_H
#define DFUTRIGGER_CLI_OPTIONS_ROWS_H

#include "options.h"
#include "system.h"

/** What an option does with its argument, and the type of the member that it sets. */
enum option_kind {
	OPTION_FLAG,	/**< bool, true; no argument */
	OPTION_VALUE,	/**< uint32_t, `least`; no argument */
	OPTION_COUNT,	/**< unsigned int, one more each time; no argument */
	OPTION_TEXT,	/**< const char *, not empty */
	OPTION_TEXTS,	/**< struct texts, one more each time */
	OPTION_NUMBER,	/**< uint32_t, `least` to `most` */
	OPTION_NUMBERS, /**< struct numbers, each `least` to `most`, with commas between */
	OPTION_SIZE,	/**< uint64_t, `least` to `most`; K and M may follow */
	OPTION_SECONDS, /**< unsigned int, milliseconds */
	OPTION_CHOICE,	/**< uint32_t, which of `words` */
	OPTION_OWN,	/**< what `read` sets */
};

/** One option. */
struct option_row {
	const char *name;
	char letter; /**< '\0' for none */
	enum option_kind kind;
	size_t offset; /**< of the member in struct options */
	uint64_t least;
	uint64_t most;
	/** @return false if the argument makes no sense */
	bool (*read)(struct options *options, char *argument);
	const char *words; /**< its argument, NULL if it takes none; in brackets if it may be left out; choices with '|'
			    */
	unsigned int commands; /**< that take it: bits of enum command_bit */
	const char *text;      /**< what it is for */
	enum option_names names;

	/* Other options: their names, with a space between. */
	const char *with;    /**< one of them must be given, too; NULL for none */
	const char *needs;   /**< all of them must be given, too; NULL for none */
	const char *without; /**< none of them may be given, too; itself, if it may be given once; NULL for any */
};

/** @return an option, or NULL if there is no such index */
const struct option_row *option_row_get(size_t index);
/** @param length of the name @return the index of its row, or OPTIONS_LIMIT */
size_t option_row_find(const char *name, size_t length);
/** Does what an option does; an argument that makes no sense is an error of the options. */
void option_row_apply(const struct option_row *row, struct options *options, char *argument);

/** Keeps what is wrong, if it is the first. @return whether it is, so that a hint may follow */
bool options_fail(struct options *options, const char *text, ...) SYSTEM_PRINTF(2, 3);
/** Keeps a hint on what is wrong. */
void options_hint(struct options *options, const char *text, ...) SYSTEM_PRINTF(2, 3);
/** What may be meant by the word that is none of ours, if there is one. */
void options_hint_stranger(struct options *options);
/** What may be meant by the name of a command that there is not. */
void options_hint_command(struct options *options, const char *word);
/** Which commands have an option. */
void options_hint_scope(struct options *options, const struct option_row *row);
/** Which of several words, with '|' between, may be meant. */
void options_hint_choice(struct options *options, const char *word, const char *choices);
/** Whether the options make sense together; else options->error says why not. */
void options_check(struct options *options);

#endif
