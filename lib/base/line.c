/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Writing a line of a session file. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/line.h"

#define ROOM_AT_FIRST 1024
/* Of 64 bits, with a sign */
#define DIGITS_SIZE 20

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

static bool grow(struct dfut_record_line *line, size_t size)
{
	size_t room = line->room ? line->room : ROOM_AT_FIRST;
	char *grown;

	while (room - line->size < size)
		room *= 2;
	grown = realloc(line->text, room);
	line->has_failed = !grown;
	if (!grown)
		return false;
	line->text = grown;
	line->room = room;
	return true;
}

/* Where `size` bytes can be written; NULL without memory. */
static char *reserve(struct dfut_record_line *line, size_t size)
{
	if (line->has_failed || (line->room - line->size < size && !grow(line, size)))
		return NULL;
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

/* A member's name, with the comma in front, and room for its value, which is returned; NULL without memory. */
static char *begin_value(struct dfut_record_line *line, const char *key, size_t size)
{
	size_t length = key ? strlen(key) : 0;
	size_t comma = line->is_first ? 0 : 1;
	char *to = reserve(line, comma + (key ? length + 3 : 0) + size);

	line->is_first = false;
	if (!to)
		return NULL;
	if (comma)
		*to++ = ',';
	if (!key)
		return to;
	*to++ = '"';
	memcpy(to, key, length);
	memcpy(to + length, "\":", 2);
	return to + length + 2;
}

void dfut_line_key(struct dfut_record_line *line, const char *key)
{
	begin_value(line, key, 0);
}

/* Without printf: it is most of what a line costs. */
void dfut_line_number(struct dfut_record_line *line, const char *key, int64_t number)
{
	char digits[DIGITS_SIZE];
	size_t at = sizeof(digits);
	uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
	char *to;

	do {
		digits[--at] = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest);
	if (number < 0)
		digits[--at] = '-';
	to = begin_value(line, key, sizeof(digits) - at);
	if (to)
		memcpy(to, digits + at, sizeof(digits) - at);
}

void dfut_line_flag(struct dfut_record_line *line, const char *key, bool flag)
{
	const char *text = flag ? "true" : "false";
	char *to = begin_value(line, key, strlen(text));

	if (to)
		memcpy(to, text, strlen(text));
}

static void put_digits(char *to, const uint8_t *bytes, size_t size)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < size; i++) {
		*to++ = digits[bytes[i] >> 4];
		*to++ = digits[bytes[i] & 15];
	}
}

void dfut_line_digits(struct dfut_record_line *line, const uint8_t *bytes, size_t size)
{
	char *to = reserve(line, 2 * size);

	if (to)
		put_digits(to, bytes, size);
}

void dfut_line_bytes(struct dfut_record_line *line, const char *key, const uint8_t *bytes, size_t size)
{
	char *to = begin_value(line, key, 2 * size + 2);

	if (!to)
		return;
	to[0] = '"';
	put_digits(to + 1, bytes, size);
	to[1 + 2 * size] = '"';
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

/* Letters that stand for themselves */
static size_t count_plain(const char *text)
{
	size_t count = 0;

	while ((unsigned char)text[count] >= ' ' && (unsigned char)text[count] < 0x7f && text[count] != '"' &&
	       text[count] != '\\')
		count++;
	return count;
}

/* What stands behind the first letters that stand for themselves */
static void add_rest(struct dfut_record_line *line, const char *text)
{
	while (*text) {
		uint32_t code;
		size_t length = count_plain(text);

		if (length) {
			dfut_line_add(line, text, length);
			text += length;
			continue;
		}
		length = dfut_decode_text(text, &code);
		add_character(line, length ? text : "?", length ? length : 1);
		text += length ? length : 1;
	}
}

void dfut_line_text(struct dfut_record_line *line, const char *key, const char *text)
{
	size_t plain = count_plain(text);
	bool is_plain = !text[plain];
	char *to = begin_value(line, key, plain + (is_plain ? 2 : 1));

	if (!to)
		return;
	*to = '"';
	memcpy(to + 1, text, plain);
	if (is_plain) {
		to[1 + plain] = '"';
		return;
	}
	add_rest(line, text + plain);
	dfut_line_add(line, "\"", 1);
}
