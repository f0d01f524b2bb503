/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Reading session files, line by line. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/tape.h"

/* What has more is not read. */
#define FILE_LIMIT (256u * 1024 * 1024)
/* A driver of drives moves more at once than a control request can. */
#define DATA_LIMIT (1024 * 1024)
#define DESCRIPTORS_LIMIT (4 * 65536)
#define TIME_LIMIT (INT64_C(1) << 53)
#define CHUNK 65536
#define XXH64_SIZE 8
#define DTR 1
#define RTS 2

static const char *const names[] = {
	[DFUT_TAPE_ARRIVES] = "arrives",     [DFUT_TAPE_CHANGES] = "changes",
	[DFUT_TAPE_LEAVES] = "leaves",	     [DFUT_TAPE_OPEN] = "open",
	[DFUT_TAPE_CLOSE] = "close",	     [DFUT_TAPE_RELEASE] = "release",
	[DFUT_TAPE_RESET] = "reset",	     [DFUT_TAPE_CONFIGURE] = "configure",
	[DFUT_TAPE_ALTERNATE] = "alternate", [DFUT_TAPE_DRIVER] = "driver",
	[DFUT_TAPE_CONTROL] = "control",     [DFUT_TAPE_CLEAR_HALT] = "clear_halt",
	[DFUT_TAPE_REPORT] = "report",	     [DFUT_TAPE_LINE_CODING] = "line_coding",
	[DFUT_TAPE_LINES] = "lines",	     [DFUT_TAPE_READ] = "read",
	[DFUT_TAPE_WRITE] = "write",	     [DFUT_TAPE_LOG] = "log",
	[DFUT_TAPE_PLAN] = "plan",	     [DFUT_TAPE_STATE] = "state",
	[DFUT_TAPE_RESULT] = "result",	     [DFUT_TAPE_END] = "end",
};

const char *dfut_tape_get_name(enum dfut_tape_kind kind)
{
	return names[kind];
}

/* Values. */

struct reader {
	struct dfut_tape *tape;
	const struct dfut_json *object; /* the line */
	bool lacks_memory;
};

static bool fail(struct reader *reader, const char *mistake)
{
	if (!reader->tape->mistake)
		reader->tape->mistake = mistake;
	return false;
}

/* Within 0 and most; `otherwise` if it is not there. */
static uint64_t take_number(struct reader *reader, const char *key, int64_t most, uint64_t otherwise)
{
	const struct dfut_json *value = dfut_json_get(reader->object, key);

	if (!value)
		return otherwise;
	if (value->type == DFUT_JSON_INTEGER && value->number >= 0 && value->number <= most)
		return (uint64_t)value->number;
	fail(reader, "a number is too large, or none");
	return otherwise;
}

static int take_word(struct reader *reader, const char *key, const char *const *words, size_t count, int otherwise)
{
	const char *text = dfut_json_get_text(dfut_json_get(reader->object, key));

	for (size_t i = 0; text && i < count; i++)
		if (words[i] && strcmp(words[i], text) == 0)
			return (int)i;
	if (dfut_json_get(reader->object, key))
		fail(reader, "a word is not known");
	return otherwise;
}

static int get_digit(char letter)
{
	if (letter >= '0' && letter <= '9')
		return letter - '0';
	if (letter >= 'a' && letter <= 'f')
		return letter - 'a' + 10;
	return letter >= 'A' && letter <= 'F' ? letter - 'A' + 10 : -1;
}

bool dfut_tape_take_bytes(const char *text, uint8_t **bytes, size_t *size, bool *has_memory)
{
	size_t length = strlen(text);

	*bytes = malloc(length / 2 + 1);
	*size = length / 2;
	*has_memory = *bytes;
	if (!*bytes)
		return false;
	for (size_t i = 0; i < length; i += 2) {
		int high = get_digit(text[i]), low = get_digit(text[i + 1]);

		if (high < 0 || low < 0) {
			free(*bytes);
			*bytes = NULL;
			return false;
		}
		(*bytes)[i / 2] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static bool take_bytes(struct reader *reader, const struct dfut_json *value, uint8_t **bytes, size_t *size, size_t most)
{
	bool has_memory = true;

	if (!dfut_json_is(value, DFUT_JSON_TEXT) || strlen(value->text) > 2 * most)
		return fail(reader, "bytes are missing, or too many");
	if (dfut_tape_take_bytes(value->text, bytes, size, &has_memory))
		return true;
	reader->lacks_memory = reader->lacks_memory || !has_memory;
	return fail(reader, "bytes are no hexadecimal digits");
}

static bool take_fixed(struct reader *reader, const struct dfut_json *value, uint8_t *to, size_t wanted)
{
	uint8_t *bytes = NULL;
	size_t size = 0;
	bool is_right;

	if (!take_bytes(reader, value, &bytes, &size, wanted))
		return false;
	is_right = size == wanted;
	if (is_right)
		memcpy(to, bytes, wanted);
	free(bytes);
	return is_right || fail(reader, "a setup or a hash has another length");
}

static bool take_hash(struct reader *reader, struct dfut_tape_data *data)
{
	const struct dfut_json *sha256 = dfut_json_get(reader->object, "sha256");
	const struct dfut_json *xxh64 = dfut_json_get(reader->object, "xxh64");

	data->hash_kind = sha256 ? DFUT_TAPE_SHA256 : xxh64 ? DFUT_TAPE_XXH64 : DFUT_TAPE_NO_HASH;
	if (sha256)
		return take_fixed(reader, sha256, data->hash, DFUT_TAPE_SHA256_SIZE);
	return !xxh64 || take_fixed(reader, xxh64, data->hash, XXH64_SIZE);
}

bool dfut_tape_is_hidden(const struct dfut_tape_data *data, const uint8_t *bytes)
{
	uint8_t digest[DFUT_DIGEST_MAX_SIZE];

	switch (data->hash_kind) {
	case DFUT_TAPE_NO_HASH:
		return true;
	case DFUT_TAPE_SHA256:
		return dfut_digest(digest, DFUT_DIGEST_SHA256, bytes, data->hidden) &&
		       memcmp(digest, data->hash, DFUT_TAPE_SHA256_SIZE) == 0;
	case DFUT_TAPE_XXH64:
		return dfut_digest(digest, DFUT_DIGEST_XXH64, bytes, data->hidden) &&
		       memcmp(digest, data->hash, XXH64_SIZE) == 0;
	}
	return false;
}

static bool take_data(struct reader *reader, const struct dfut_json *value, struct dfut_tape_data *data)
{
	struct reader inner = { .tape = reader->tape, .object = value };
	const struct dfut_json *head = dfut_json_get(value, "head");
	bool done;

	if (!dfut_json_is(value, DFUT_JSON_OBJECT))
		return take_bytes(reader, value, &data->bytes, &data->size, DATA_LIMIT);
	data->hidden = (size_t)take_number(&inner, "length", DATA_LIMIT, 0);
	done = take_hash(&inner, data) && (!head || take_bytes(&inner, head, &data->bytes, &data->size, DATA_LIMIT));
	reader->lacks_memory = reader->lacks_memory || inner.lacks_memory;
	return done && (data->size + data->hidden <= DATA_LIMIT || fail(reader, "bytes are too many"));
}

/* A number, or the word of an error. */
static void take_result(struct reader *reader, struct dfut_tape_event *event)
{
	const struct dfut_json *value = dfut_json_get(reader->object, "result");
	const char *text = dfut_json_get_text(value);

	if (!text) {
		if (!value)
			fail(reader, "an action has no result");
		event->result = (int)take_number(reader, "result", DATA_LIMIT, 0);
		return;
	}
	event->result = DFUT_TAPE_NONE;
	if (strcmp(text, "none") == 0)
		return;
	for (int code = DFUT_OK; code >= DFUT_ERROR_CANCELLED; code--)
		if (strcmp(dfut_error_get_name(code), text) == 0)
			event->result = code;
	if (event->result == DFUT_TAPE_NONE)
		fail(reader, "a result is not known");
}

/* Events. */

static void take_lines(struct reader *reader, struct dfut_tape_event *event)
{
	const struct dfut_json *dtr = dfut_json_get(reader->object, "dtr");
	const struct dfut_json *rts = dfut_json_get(reader->object, "rts");

	event->lines_which = (uint8_t)((dtr ? DTR : 0) | (rts ? RTS : 0));
	event->lines_on = (uint8_t)((dtr && dtr->number ? DTR : 0) | (rts && rts->number ? RTS : 0));
}

static void take_line_coding(struct reader *reader, struct dfut_tape_event *event)
{
	event->coding.baud = (uint32_t)take_number(reader, "baud", UINT32_MAX, 0);
	event->coding.stop_bits = (uint8_t)take_number(reader, "stop_bits", 2, 1);
	event->coding.parity = (uint8_t)take_number(reader, "parity", 4, 0);
	event->coding.data_bits = (uint8_t)take_number(reader, "data_bits", 16, 8);
}

static void take_report(struct reader *reader, struct dfut_tape_event *event)
{
	static const char *const types[] = { NULL, "input", "output", "feature" };
	const struct dfut_json *is_in = dfut_json_get(reader->object, "is_in");

	event->type = (enum dfut_report_type)take_word(reader, "type", types, DFUT_COUNT(types), DFUT_REPORT_INPUT);
	event->id = (uint8_t)take_number(reader, "id", UINT8_MAX, 0);
	event->is_in = is_in ? is_in->number : dfut_json_get(reader->object, "out") == NULL;
}

/* Where on a drive */
static void take_file(struct reader *reader, struct dfut_tape_event *event)
{
	const char *text = dfut_json_get_text(dfut_json_get(reader->object, "file"));

	event->offset = take_number(reader, "offset", TIME_LIMIT, 0);
	if (!text || !*text) {
		fail(reader, "a file on a drive has no name");
		return;
	}
	event->file = dfut_format_text("%s", text);
	reader->lacks_memory = reader->lacks_memory || !event->file;
	if (!event->file)
		fail(reader, "out of memory");
}

/* What a kind of action has of its own. */
static void take_own(struct reader *reader, struct dfut_tape_event *event)
{
	switch (event->kind) {
	case DFUT_TAPE_CONTROL:
		take_fixed(reader, dfut_json_get(reader->object, "setup"), event->setup, sizeof(event->setup));
		event->is_in = event->setup[0] & 0x80;
		break;
	case DFUT_TAPE_CONFIGURE:
		event->value = (uint8_t)take_number(reader, "configuration", UINT8_MAX, 0);
		break;
	case DFUT_TAPE_ALTERNATE:
		event->value = (uint8_t)take_number(reader, "setting", UINT8_MAX, 0);
		break;
	case DFUT_TAPE_REPORT:
		take_report(reader, event);
		break;
	case DFUT_TAPE_LINE_CODING:
		take_line_coding(reader, event);
		break;
	case DFUT_TAPE_LINES:
		take_lines(reader, event);
		break;
	case DFUT_TAPE_READ:
		event->is_in = true;
		break;
	case DFUT_TAPE_ARRIVES:
	case DFUT_TAPE_CHANGES:
	case DFUT_TAPE_LEAVES:
	case DFUT_TAPE_OPEN:
	case DFUT_TAPE_CLOSE:
	case DFUT_TAPE_RELEASE:
	case DFUT_TAPE_RESET:
	case DFUT_TAPE_DRIVER:
	case DFUT_TAPE_CLEAR_HALT:
	case DFUT_TAPE_WRITE:
	case DFUT_TAPE_LOG:
	case DFUT_TAPE_PLAN:
	case DFUT_TAPE_STATE:
	case DFUT_TAPE_RESULT:
	case DFUT_TAPE_END:
		break;
	}
}

static void take_action(struct reader *reader, struct dfut_tape_event *event)
{
	static const char *const links[] = { "usb", "hid", "serial", "volume" };
	const struct dfut_json *data;

	event->took_us = take_number(reader, "took", TIME_LIMIT, 0);
	event->link = (enum dfut_link)take_word(reader, "link", links, DFUT_COUNT(links), DFUT_LINK_USB);
	if (dfut_json_get(reader->object, "channel"))
		event->channel = (int)take_number(reader, "channel", UINT8_MAX - 1, 0);
	event->endpoint = (uint8_t)take_number(reader, "endpoint", UINT8_MAX, 0);
	event->length = (uint32_t)take_number(reader, "length", DATA_LIMIT, 0);
	take_own(reader, event);
	if (event->link == DFUT_LINK_VOLUME && (event->kind == DFUT_TAPE_READ || event->kind == DFUT_TAPE_WRITE))
		take_file(reader, event);
	take_result(reader, event);
	data = dfut_json_get(reader->object, event->is_in ? "in" : "out");
	if (data && take_data(reader, data, &event->data) && event->is_in && event->result >= 0 &&
	    dfut_tape_get_size(&event->data) != (size_t)event->result)
		fail(reader, "what came in has not as many bytes as the result says");
}

static void take_device(struct reader *reader, struct dfut_tape_event *event)
{
	event->value = (uint8_t)take_number(reader, "configuration", UINT8_MAX, 1);
	take_bytes(reader, dfut_json_get(reader->object, "descriptors"), &event->data.bytes, &event->data.size,
		   DESCRIPTORS_LIMIT);
}

static bool take_event(struct reader *reader, struct dfut_tape_event *event)
{
	bool is_about_device = event->kind <= DFUT_TAPE_LEAVES || dfut_tape_is_action(event);

	if (!dfut_json_get(reader->object, "at"))
		fail(reader, "a line does not say when it was");
	event->at_us = take_number(reader, "at", TIME_LIMIT, 0);
	event->device = (uint32_t)take_number(reader, "device", UINT32_MAX, 0);
	event->channel = DFUT_TAPE_NO_CHANNEL;
	if (is_about_device && !event->device)
		fail(reader, "a line does not say of which device it is");
	if (event->kind == DFUT_TAPE_ARRIVES || event->kind == DFUT_TAPE_CHANGES)
		take_device(reader, event);
	else if (dfut_tape_is_action(event))
		take_action(reader, event);
	return !reader->tape->mistake;
}

const char *dfut_tape_get_text(const struct dfut_tape_event *event, const char *key)
{
	const char *text = dfut_json_get_text(dfut_json_get(event->json.values, key));

	return text ? text : "";
}

/* Lines. */

static struct dfut_tape_event *add_event(struct dfut_tape *tape)
{
	struct dfut_tape_event *grown = tape->events;

	/* At each power of two there is room for twice as many. */
	if ((tape->count & (tape->count - 1)) == 0)
		grown = realloc(tape->events, (tape->count ? tape->count * 2 : 1) * sizeof(*grown));
	if (!grown)
		return NULL;
	tape->events = grown;
	memset(&grown[tape->count], 0, sizeof(*grown));
	return &grown[tape->count++];
}

static int find_kind(const struct dfut_json *object)
{
	const char *text = dfut_json_get_text(dfut_json_get(object, "event"));

	for (size_t i = 0; text && i < DFUT_COUNT(names); i++)
		if (strcmp(names[i], text) == 0)
			return (int)i;
	return -1;
}

static bool says(const struct reader *reader, const char *key, const char *word)
{
	const char *text = dfut_json_get_text(dfut_json_get(reader->object, key));

	return text && strcmp(text, word) == 0;
}

static int take_first(struct reader *reader)
{
	const struct dfut_json *version = dfut_json_get(reader->object, "dfutrigger-session");

	if (!dfut_json_is(version, DFUT_JSON_INTEGER))
		fail(reader, "it is no session file");
	else if (version->number != DFUT_TAPE_VERSION)
		fail(reader, "it is of a version that is not known here");
	reader->tape->has_names = !says(reader, "names", "replaced");
	reader->tape->has_data = !says(reader, "data", "hashed");
	return reader->tape->mistake ? DFUT_ERROR_USAGE : 0;
}

static int take_next(struct reader *reader, struct dfut_json_document *document)
{
	int kind = find_kind(reader->object);
	struct dfut_tape_event *event;

	if (!dfut_json_get(reader->object, "event"))
		fail(reader, "a line does not say what it is");
	if (kind < 0)
		return reader->tape->mistake ? DFUT_ERROR_USAGE : 0;
	event = add_event(reader->tape);
	if (!event)
		return DFUT_ERROR_NO_MEMORY;
	event->kind = (enum dfut_tape_kind)kind;
	event->line = reader->tape->line;
	if (!take_event(reader, event))
		return reader->lacks_memory ? DFUT_ERROR_NO_MEMORY : DFUT_ERROR_USAGE;
	if (dfut_tape_is_action(event))
		return 0;
	event->json = *document;
	*document = (struct dfut_json_document){ 0 };
	return 0;
}

static int take_line(struct dfut_tape *tape, const char *text, size_t size)
{
	struct dfut_json_document document = { 0 };
	struct reader reader = { .tape = tape };
	int result = dfut_json_parse(&document, text, size);

	if (result < 0) {
		tape->mistake = document.mistake;
		return result;
	}
	reader.object = document.values;
	if (!dfut_json_is(document.values, DFUT_JSON_OBJECT)) {
		fail(&reader, "a line is no object");
		result = DFUT_ERROR_USAGE;
	} else {
		result = tape->line == 1 ? take_first(&reader) : take_next(&reader, &document);
	}
	if (document.values)
		dfut_json_free(&document);
	return result;
}

int dfut_tape_parse(struct dfut_tape *tape, const char *text, size_t size)
{
	int result = 0;

	*tape = (struct dfut_tape){ 0 };
	while (size && result == 0) {
		const char *end = memchr(text, '\n', size);
		size_t length = end ? (size_t)(end - text) : size;

		tape->line++;
		if (!end && tape->line > 1) {
			tape->is_cut = true;
			return 0;
		}
		result = take_line(tape, text, length);
		length += end ? 1 : 0;
		text += length;
		size -= length;
	}
	if (result == 0 && tape->line == 0) {
		tape->mistake = "it is empty";
		return DFUT_ERROR_USAGE;
	}
	return result;
}

/* Files. */

static int read_all(FILE *file, char **text, size_t *size)
{
	size_t room = 0, got = 1;

	while (got) {
		char *grown = *size + CHUNK > room ? realloc(*text, room += room + CHUNK) : *text;

		if (!grown)
			return DFUT_ERROR_NO_MEMORY;
		*text = grown;
		got = fread(grown + *size, 1, CHUNK, file);
		*size += got;
		if (*size > FILE_LIMIT) {
			errno = EFBIG;
			return DFUT_ERROR_IO;
		}
	}
	return ferror(file) ? DFUT_ERROR_IO : 0;
}

int dfut_tape_read(struct dfut_tape *tape, const char *path)
{
	FILE *file = dfut_file_open(path);
	char *text = NULL;
	size_t size = 0;
	int result;

	*tape = (struct dfut_tape){ 0 };
	if (!file)
		return DFUT_ERROR_IO;
	result = read_all(file, &text, &size);
	if (result == 0)
		result = dfut_tape_parse(tape, text, size);
	free(text);
	fclose(file);
	return result;
}

void dfut_tape_free(struct dfut_tape *tape)
{
	for (size_t i = 0; i < tape->count; i++) {
		free(tape->events[i].data.bytes);
		free(tape->events[i].file);
		if (tape->events[i].json.values)
			dfut_json_free(&tape->events[i].json);
	}
	free(tape->events);
	*tape = (struct dfut_tape){ 0 };
}
