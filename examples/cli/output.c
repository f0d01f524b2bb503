/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What people and programs get to read. */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "exit-code.h"
#include "json.h"
#include "output.h"

/* A reader may have gone, a disk be full. */
static void note_loss(struct output *output, FILE *file)
{
	if (file != stderr && output->lost == 0)
		output->lost = errno ? errno : EIO;
}

static void flush(struct output *output, FILE *file)
{
	errno = 0;
	if (fflush(file) != 0 || ferror(file))
		note_loss(output, file);
}

/* What drives a terminal or turns text around, in UTF-8: C1, U+061C, and what is among U+2000 to U+206F. */
static const struct {
	char lead[3];
	unsigned char first;
	unsigned char last;
} harmful[] = {
	{ "\xc2", 0x80, 0x9f },	    { "\xd8", 0x9c, 0x9c },	{ "\xe2\x80", 0x8e, 0x8f },
	{ "\xe2\x80", 0xa8, 0xae }, { "\xe2\x81", 0xa6, 0xa9 },
};

static size_t measure_harm(const char *text)
{
	for (size_t i = 0; i < sizeof(harmful) / sizeof(harmful[0]); i++) {
		size_t length = strlen(harmful[i].lead);
		unsigned char last;

		if (strncmp(text, harmful[i].lead, length) != 0)
			continue;
		last = (unsigned char)text[length];
		if (last >= harmful[i].first && last <= harmful[i].last)
			return length + 1;
	}
	return (unsigned char)*text < 0x20 || *text == 0x7f ? 1 : 0;
}

/* Names of files can have escape sequences in them; what comes from the library has none. Only '\n' is ours. */
static void defuse(char *text)
{
	bool is_utf_8 = is_json_text(text);

	while (*text) {
		size_t harm = *text == '\n' ? 0 : measure_harm(text);

		if (!is_utf_8 && (unsigned char)*text >= 0x80)
			harm = 1;
		memset(text, '?', harm);
		text += harm ? harm : 1;
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
	errno = 0;
	if (fputs(longer ? longer : line, file) == EOF)
		note_loss(output, file);
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
	flush(output, output->text);
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

/* jansson escapes all that is not ASCII, but not the last of ASCII, which is a control. It is only in strings. */
static int write_json(const char *text, size_t size, void *data)
{
	FILE *file = data;

	for (size_t i = 0; i < size; i++)
		if (text[i] == 0x7f ? fputs("\\u007f", file) == EOF : putc(text[i], file) == EOF)
			return -1;
	return 0;
}

int output_json(struct output *output, json_t *value)
{
	json_t *line = json_pack("{s:i}", "schema", OUTPUT_SCHEMA);
	int result = json_object_update(line, value) < 0 ? DFUT_ERROR_NO_MEMORY : 0;

	errno = 0;
	/* Half a document is none. */
	if (json_take_failure() || result < 0)
		result = DFUT_ERROR_NO_MEMORY;
	else if (json_dump_callback(line, write_json, stdout, JSON_ENSURE_ASCII | JSON_COMPACT) < 0 && !ferror(stdout))
		result = DFUT_ERROR_NO_MEMORY;
	else if (fputc('\n', stdout) == EOF)
		note_loss(output, stdout);
	output->is_cut = output->is_cut || result < 0;
	flush(output, stdout);
	json_decref(line);
	json_decref(value);
	return result;
}

int output_finish(struct output *output, int exit_code)
{
	if (output->is_cut) {
		output_error_text(output, "dfutrigger: out of memory: something is not shown\n");
		exit_code = exit_code ? exit_code : exit_code_get(DFUT_ERROR_NO_MEMORY, 0);
	}
	flush(output, stdout);
	if (output->lost == 0)
		return exit_code;
	/* Who reads only the beginning knows that there was more; of an error in words the words are enough. */
	if (output->lost != EPIPE && (exit_code == 0 || output->json))
		output_error_text(output, "dfutrigger: the output can't be written: %s\n", strerror(output->lost));
	return exit_code ? exit_code : exit_code_get(DFUT_ERROR_IO, 0);
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

json_t *output_new_result_json(const struct output *output, const struct failure *end, json_t *device)
{
	json_t *line = json_pack("{s:s, s:o, s:s, s:i, s:i, s:i}", "event", "result", "device", device, "verified",
				 "no", "elapsed_ms", 0, "moved", 0, "moved_ms", 0);
	json_t *members = output_new_failure_json(end);

	if (json_object_update(line, members) == 0 && output->partial)
		json_object_set_new(line, "partial",
				    json_pack("{s:o, s:I}", "file", new_json_text(output->partial), "size",
					      (json_int_t)output->partial_size));
	json_decref(members);
	return line;
}

int output_failure(struct output *output, const struct failure *failure)
{
	const char *message = failure->message;

	if (output->json) {
		/* What has failed is told now. */
		json_take_failure();
		output_json(output, output_new_result_json(output, failure, json_null()));
		return exit_code_get(failure->code, failure->check);
	}
	if (!message || !message[0])
		message = dfut_error_get_text(failure->code);
	output_error_text(output, "dfutrigger: %s\n", message);
	if (failure->hint && failure->hint[0])
		output_error_text(output, "hint: %s\n", failure->hint);
	if (get_check_name(failure->check))
		output_error_text(output, "overruled by: --force %s\n", get_check_name(failure->check));
	if (output->partial)
		output_error_text(output, "kept: the first %" PRIu64 " bytes, in %s\n", output->partial_size,
				  output->partial);
	return exit_code_get(failure->code, failure->check);
}
