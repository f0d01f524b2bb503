/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Writing a line of a session file. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/line.h"

#define ROOM_AT_FIRST 1024

void dfut_line_begin(struct dfut_record_line *line)
{
	line->size = 0;
	line->has_failed = false;
	dfut_line_open(line, '{');
}

void dfut_line_free(struct dfut_record_line *line)
{
	free(line->text);
	*line = (struct dfut_record_line){ 0 };
}

/* Where `size` bytes can be written; NULL without memory. */
static char *reserve(struct dfut_record_line *line, size_t size)
{
	size_t room = line->room ? line->room : ROOM_AT_FIRST;
	char *grown;

	if (line->has_failed)
		return NULL;
	while (room - line->size < size)
		room *= 2;
	if (room != line->room) {
		grown = realloc(line->text, room);
		line->has_failed = !grown;
		if (!grown)
			return NULL;
		line->text = grown;
		line->room = room;
	}
	line->size += size;
	return line->text + line->size - size;
}

void dfut_line_add(struct dfut_record_line *line, const char *text, size_t size)
{
	char *to = reserve(line, size);

	if (to && size)
		memcpy(to, text, size);
}

void dfut_line_open(struct dfut_record_line *line, char bracket)
{
	dfut_line_add(line, &bracket, 1);
	line->is_first = true;
}

void dfut_line_close(struct dfut_record_line *line, char bracket)
{
	dfut_line_add(line, &bracket, 1);
	line->is_first = false;
}

void dfut_line_key(struct dfut_record_line *line, const char *key)
{
	if (!line->is_first)
		dfut_line_add(line, ",", 1);
	line->is_first = false;
	if (!key)
		return;
	dfut_line_add(line, "\"", 1);
	dfut_line_add(line, key, strlen(key));
	dfut_line_add(line, "\":", 2);
}

void dfut_line_number(struct dfut_record_line *line, const char *key, int64_t number)
{
	char digits[24];
	int size = snprintf(digits, sizeof(digits), "%" PRId64, number);

	dfut_line_key(line, key);
	dfut_line_add(line, digits, (size_t)size);
}

void dfut_line_flag(struct dfut_record_line *line, const char *key, bool flag)
{
	dfut_line_key(line, key);
	dfut_line_add(line, flag ? "true" : "false", flag ? 4 : 5);
}

void dfut_line_bytes(struct dfut_record_line *line, const char *key, const uint8_t *bytes, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	char *to;

	dfut_line_key(line, key);
	to = reserve(line, 2 * size + 2);
	if (!to)
		return;
	*to++ = '"';
	for (size_t i = 0; i < size; i++) {
		*to++ = digits[bytes[i] >> 4];
		*to++ = digits[bytes[i] & 15];
	}
	*to = '"';
}

static void add_character(struct dfut_record_line *line, const char *text, size_t length)
{
	char escape[8];
	int size;

	if (length == 1 && (*text == '"' || *text == '\\' || (unsigned char)*text < ' ')) {
		size = snprintf(escape, sizeof(escape), "\\u%04x", (unsigned int)*text);
		dfut_line_add(line, escape, (size_t)size);
		return;
	}
	dfut_line_add(line, text, length);
}

void dfut_line_text(struct dfut_record_line *line, const char *key, const char *text)
{
	dfut_line_key(line, key);
	dfut_line_add(line, "\"", 1);
	while (*text) {
		uint32_t code;
		size_t length = dfut_decode_text(text, &code);

		add_character(line, length ? text : "?", length ? length : 1);
		text += length ? length : 1;
	}
	dfut_line_add(line, "\"", 1);
}
