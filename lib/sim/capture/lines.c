/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "sim/capture/lines.h"

static const char digits[] = "0123456789abcdef";

static bool make_room(struct lines *lines, size_t size)
{
	size_t room = lines->room ? lines->room : 512;
	char *text;

	if (lines->result < 0)
		return false;
	while (room - lines->size < size)
		room *= 2;
	if (room == lines->room)
		return true;
	text = realloc(lines->text, room);
	if (!text) {
		lines->result = DFUT_ERROR_NO_MEMORY;
		return false;
	}
	lines->text = text;
	lines->room = room;
	return true;
}

static void put(struct lines *lines, const char *text, size_t size)
{
	if (!make_room(lines, size))
		return;
	memcpy(lines->text + lines->size, text, size);
	lines->size += size;
}

static void put_text(struct lines *lines, const char *text)
{
	put(lines, text, strlen(text));
}

/* What JSON does not take as it is, and what is no UTF-8. */
static void put_quoted(struct lines *lines, const char *text)
{
	uint32_t code;

	put_text(lines, "\"");
	while (*text) {
		size_t size = dfut_decode_text(text, &code);
		char escape[8];

		if (size == 0) {
			put_text(lines, "?");
			size = 1;
		} else if (code < 0x20 || code == '"' || code == '\\') {
			snprintf(escape, sizeof(escape), "\\u%04x", (unsigned int)code & 0xff);
			put_text(lines, escape);
		} else {
			put(lines, text, size);
		}
		text += size;
	}
	put_text(lines, "\"");
}

static void begin_member(struct lines *lines, const char *key)
{
	if (!lines->is_first)
		put_text(lines, ", ");
	lines->is_first = false;
	if (!key)
		return;
	put_quoted(lines, key);
	put_text(lines, ": ");
}

void lines_begin(struct lines *lines)
{
	lines->size = 0;
	lines->is_first = true;
	put_text(lines, "{");
}

void lines_end(struct lines *lines)
{
	put_text(lines, "}\n");
	if (lines->result == 0)
		lines->result = lines->write((const uint8_t *)lines->text, lines->size, lines->data);
}

void lines_add_number(struct lines *lines, const char *key, uint64_t number)
{
	char text[24];

	begin_member(lines, key);
	snprintf(text, sizeof(text), "%" PRIu64, number);
	put_text(lines, text);
}

void lines_add_text(struct lines *lines, const char *key, const char *text)
{
	begin_member(lines, key);
	put_quoted(lines, text);
}

void lines_add_flag(struct lines *lines, const char *key, bool flag)
{
	begin_member(lines, key);
	put_text(lines, flag ? "true" : "false");
}

void lines_add_bytes(struct lines *lines, const char *key, const uint8_t *bytes, size_t size)
{
	begin_member(lines, key);
	put_text(lines, "\"");
	if (make_room(lines, 2 * size))
		for (size_t i = 0; i < size; i++) {
			lines->text[lines->size++] = digits[bytes[i] >> 4];
			lines->text[lines->size++] = digits[bytes[i] & 15];
		}
	put_text(lines, "\"");
}

void lines_open_object(struct lines *lines, const char *key)
{
	begin_member(lines, key);
	put_text(lines, "{");
	lines->is_first = true;
}

void lines_open_list(struct lines *lines, const char *key)
{
	begin_member(lines, key);
	put_text(lines, "[");
	lines->is_first = true;
}

void lines_close(struct lines *lines, char bracket)
{
	put(lines, &bracket, 1);
	lines->is_first = false;
}

void lines_free(struct lines *lines)
{
	free(lines->text);
	memset(lines, 0, sizeof(*lines));
}
