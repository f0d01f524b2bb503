/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* JSON (RFC 8259) that others wrote. It is read whole or not at all: two blocks of memory are taken before the first
 * character is looked at, so that nothing can be lost on the way. */

#ifndef DFUT_JSON_H
#define DFUT_JSON_H

#include "base/base.h"

enum dfut_json_type {
	DFUT_JSON_NULL,
	DFUT_JSON_FLAG,
	DFUT_JSON_INTEGER,
	DFUT_JSON_REAL, /* with a fraction or an exponent; its number is 0 */
	DFUT_JSON_TEXT,
	DFUT_JSON_LIST,
	DFUT_JSON_OBJECT,
};

struct dfut_json {
	enum dfut_json_type type;
	int line;	     /* on which it begins */
	const char *key;     /* in its object, where no other has it; NULL in a list */
	const char *text;    /* UTF-8, without a zero inside; NULL of other types */
	int64_t number;	     /* of a flag 0 or 1 */
	const char *written; /* of a number, as it stands there; NULL of other types */
	size_t written_size;
	size_t count; /* of what is in a list or an object */
	struct dfut_json *first;
	struct dfut_json *next;
};

struct dfut_json_document {
	struct dfut_json *values; /* the first is the root */
	char *text;
	const char *mistake; /* and where it is, counted from 1 */
	int line, column;
};

/* DFUT_ERROR_USAGE with the mistake in the document, DFUT_ERROR_NO_MEMORY, or 0: to be freed then. */
int dfut_json_parse(struct dfut_json_document *document, const char *text, size_t size);
void dfut_json_free(struct dfut_json_document *document);

/* All take NULL for a value that is not there. */

static inline bool dfut_json_is(const struct dfut_json *value, enum dfut_json_type type)
{
	return value && value->type == type;
}

static inline const char *dfut_json_get_text(const struct dfut_json *value)
{
	return value ? value->text : NULL;
}

/* 0 of what is no integer. */
static inline int64_t dfut_json_get_integer(const struct dfut_json *value)
{
	return dfut_json_is(value, DFUT_JSON_INTEGER) ? value->number : 0;
}

/* Of an object; NULL if it has none, or is no object. */
const struct dfut_json *dfut_json_get(const struct dfut_json *object, const char *key);

/* Of a list or an object; `next` leads on. */
static inline const struct dfut_json *dfut_json_get_first(const struct dfut_json *value)
{
	return value ? value->first : NULL;
}

#endif
