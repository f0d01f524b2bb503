/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A line of a session file as it is made: one JSON object. */

#ifndef DFUT_LINE_H
#define DFUT_LINE_H

#include "base/base.h"

/* Zeroed, it is empty; its memory is used again for the next one. */
struct dfut_record_line {
	char *text;
	size_t size;
	size_t room;
	bool has_failed; /* out of memory: it is not whole */
	bool is_first;	 /* of an object or a list: no comma yet */
};

void dfut_line_begin(struct dfut_record_line *line);
void dfut_line_free(struct dfut_record_line *line);
/* As it stands there, without a zero */
void dfut_line_add(struct dfut_record_line *line, const char *text, size_t size);
/* What opens and closes objects and lists. */
void dfut_line_open(struct dfut_record_line *line, char bracket);
void dfut_line_close(struct dfut_record_line *line, char bracket);
/* A member's name, with the comma in front; of a list's element NULL. Its value follows. */
void dfut_line_key(struct dfut_record_line *line, const char *key);
void dfut_line_number(struct dfut_record_line *line, const char *key, int64_t number);
void dfut_line_flag(struct dfut_record_line *line, const char *key, bool flag);
void dfut_line_bytes(struct dfut_record_line *line, const char *key, const uint8_t *bytes, size_t size);
/* Two for each byte, as they stand within a text. */
void dfut_line_digits(struct dfut_record_line *line, const uint8_t *bytes, size_t size);
/* What is no UTF-8 becomes '?'. */
void dfut_line_text(struct dfut_record_line *line, const char *key, const char *text);

#endif
