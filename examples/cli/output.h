/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

#ifndef DFUTRIGGER_CLI_OUTPUT_H
#define DFUTRIGGER_CLI_OUTPUT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

#include <dfutrigger.h>

#include "system.h"

/** What went wrong, as the person is told. */
struct failure {
	int code;	    /**< a negative enum dfut_error */
	unsigned int check; /**< one bit of enum dfut_check, or 0 */
	const char *message;
	const char *hint; /**< "" for none */
};

/** Where results, progress, errors and the log go. */
struct output {
	FILE *text; /**< results for people: the standard output, unless that carries data */
	bool json;
	bool quiet;
	const char *partial;   /**< where what was read before a failure is, NULL for nowhere */
	uint64_t partial_size; /**< bytes there */
	bool is_cut;	       /**< there was no memory for something that was to be shown */
	bool has_open_line;    /**< a progress bar stands on the terminal and has to be ended before other text */
	int lost;	       /**< errno of the first write of results that failed, 0 if none has */
};

/** Prints text for people; control characters of texts that came from a device are made harmless. */
void output_text(struct output *output, const char *text, ...) SYSTEM_PRINTF(2, 3);
/** The same, to the standard error. */
void output_error_text(struct output *output, const char *text, ...) SYSTEM_PRINTF(2, 3);
/** Begins the list of a document, NULL without --json. @return false if there is no memory for it, which is told at the end */
bool output_begin_list(struct output *output, json_t **list);
/** The version of what --json prints, in each line: docs/json.md. */
#define OUTPUT_SCHEMA 1

/** Prints one JSON object as a line, and releases it. @return 0, or DFUT_ERROR_NO_MEMORY, which is told at the end */
int output_json(struct output *output, json_t *value);
/** The failure that is told next has left something: where, and how many bytes; NULL for nothing. */
void output_keep(struct output *output, const char *partial, uint64_t size);
/** Tells of a failure as text or result line. @return the exit code */
int output_failure(struct output *output, const struct failure *failure);
/**
 * The line that a job ends with, and each failure, as if nothing had been moved.
 *
 * @param device which one it is of, taken over
 */
json_t *output_new_result_json(const struct output *output, const struct failure *end, json_t *device);
/** The members that a failure has in JSON. */
json_t *output_new_failure_json(const struct failure *failure);
/** Ends a progress bar's line, if there is one. */
void output_end_line(struct output *output);
/** Writes what is left, and tells on stderr if results were lost. @return the exit code that the command ends with */
int output_finish(struct output *output, int exit_code);

#endif
