/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What people and programs get to read. */

#include <inttypes.h>
#include <stdlib.h>

#include "exit-code.h"
#include "json.h"
#include "output.h"

/* A device can put escape sequences into its strings; C1 controls are 0xc2 0x80..0x9f in UTF-8. */
static void defuse(char *text)
{
	for (unsigned char *character = (unsigned char *)text; *character; character++) {
		if ((*character < 0x20 && *character != '\n') || *character == 0x7f)
			*character = '?';
		if (*character == 0xc2 && character[1] >= 0x80 && character[1] < 0xa0)
			character[0] = character[1] = '?';
	}
}

static char *format_longer(size_t size, const char *text, va_list arguments)
{
	char *longer = malloc(size);

	if (longer && vsnprintf(longer, size, text, arguments) >= 0)
		return longer;
	free(longer);
	return NULL;
}

/* A short line needs no memory, as one that tells that there is none; a longer one is cut without. */
static void print(struct output *output, FILE *file, const char *text, va_list arguments)
{
	char line[1024], *longer = NULL;
	va_list again;
	int length;

	va_copy(again, arguments);
	length = vsnprintf(line, sizeof(line), text, again);
	va_end(again);
	if (length < 0)
		return;
	if ((size_t)length >= sizeof(line)) {
		longer = format_longer((size_t)length + 1, text, arguments);
		output->is_cut = output->is_cut || !longer;
	}
	defuse(longer ? longer : line);
	fputs(longer ? longer : line, file);
	free(longer);
}

void output_text(struct output *output, const char *text, ...)
{
	va_list arguments;

	output_end_line(output);
	va_start(arguments, text);
	print(output, output->text, text, arguments);
	va_end(arguments);
}

void output_error_text(struct output *output, const char *text, ...)
{
	va_list arguments;

	output_end_line(output);
	/* Both may end in one file. */
	fflush(output->text);
	va_start(arguments, text);
	print(output, stderr, text, arguments);
	va_end(arguments);
}

void output_end_line(struct output *output)
{
	if (!output->has_open_line)
		return;
	fputc('\n', stderr);
	output->has_open_line = false;
}

bool output_begin_list(struct output *output, json_t **list)
{
	*list = output->json ? json_array() : NULL;
	if (!output->json || *list)
		return true;
	output->is_cut = true;
	return false;
}

int output_json(struct output *output, json_t *value)
{
	/* Half a document is none. */
	if (json_take_failure() || !value ||
	    json_dumpf(value, stdout, output->is_job ? JSON_COMPACT : JSON_INDENT(2)) < 0) {
		output->is_cut = true;
		json_decref(value);
		return DFUT_ERROR_NO_MEMORY;
	}
	fputc('\n', stdout);
	fflush(stdout);
	json_decref(value);
	return 0;
}

static const char *get_check_name(unsigned int check)
{
	return check ? dfut_check_get_name(check) : NULL;
}

json_t *output_new_failure_json(const struct failure *failure)
{
	return json_pack("{s:s, s:i, s:o, s:o, s:o}", "code", dfut_error_get_name(failure->code), "exit_code",
			 exit_code_get(failure->code, failure->check), "message", new_json_text(failure->message),
			 "hint", new_json_text(failure->hint), "check", new_json_text(get_check_name(failure->check)));
}

void output_keep(struct output *output, const char *partial, uint64_t size)
{
	output->partial = partial;
	output->partial_size = size;
}

void output_add_partial(const struct output *output, json_t *line)
{
	if (output->partial)
		json_object_set_new(line, "partial",
				    json_pack("{s:o, s:I}", "file", new_json_text(output->partial), "size",
					      (json_int_t)output->partial_size));
}

static void fail_as_json(struct output *output, const struct failure *failure)
{
	json_t *members, *line;

	/* What has failed is told now. */
	json_take_failure();
	members = output_new_failure_json(failure);
	if (!output->is_job) {
		output_json(output, json_pack("{s:o}", "error", members));
		return;
	}
	line = json_pack("{s:s}", "event", "result");
	json_object_update(line, members);
	json_decref(members);
	json_object_set_new(line, "verified", json_string("no"));
	json_object_set_new(line, "device", json_null());
	output_add_partial(output, line);
	output_json(output, line);
}

int output_failure(struct output *output, const struct failure *failure)
{
	const char *message = failure->message;

	if (output->json) {
		fail_as_json(output, failure);
		return exit_code_get(failure->code, failure->check);
	}
	if (!message || !message[0])
		message = dfut_error_get_text(failure->code);
	output_error_text(output, "dfutrigger: %s\n", message);
	if (failure->hint && failure->hint[0])
		output_error_text(output, "hint: %s\n", failure->hint);
	if (output->partial)
		output_error_text(output, "kept: the first %" PRIu64 " bytes, in %s\n", output->partial_size,
				  output->partial);
	return exit_code_get(failure->code, failure->check);
}
