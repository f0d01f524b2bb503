/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Lines of a session file (docs/session-files.md), written one after the other: objects of JSON. */

#ifndef DFUT_CAPTURE_LINES_H
#define DFUT_CAPTURE_LINES_H

#include "base/base.h"

struct lines {
	char *text; /* of the line that is being written */
	size_t size;
	size_t room;
	bool is_first; /* no comma is needed */
	int result;    /* the first error, 0 if there is none: nothing is written after it */
	dfut_writer write;
	void *data;
};

void lines_begin(struct lines *lines);
void lines_end(struct lines *lines);
/* Members; a key of NULL is for what is in a list. */
void lines_add_number(struct lines *lines, const char *key, uint64_t number);
void lines_add_text(struct lines *lines, const char *key, const char *text);
void lines_add_flag(struct lines *lines, const char *key, bool flag);
void lines_add_bytes(struct lines *lines, const char *key, const uint8_t *bytes, size_t size);
/* Something that ends with lines_close(). */
void lines_open_object(struct lines *lines, const char *key);
void lines_open_list(struct lines *lines, const char *key);
void lines_close(struct lines *lines, char bracket);
void lines_free(struct lines *lines);

#endif
