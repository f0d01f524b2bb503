/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Reading JSON: strings become shorter in place, values are taken from one block. */

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"

/* What is looked through for a key that comes twice */
#define KEY_LIMIT 256
#define DEPTH_LIMIT 32
/* Digits that every number of 64 bits can have */
#define DIGIT_LIMIT 18

struct parser {
	struct dfut_json_document *document;
	char *at;
	char *end; /* where a zero is */
	char *line_start;
	int line;
	unsigned int depth;
	struct dfut_json *free; /* the next of the values */
};

static int fail(const struct parser *parser, const char *what)
{
	parser->document->mistake = what;
	parser->document->line = parser->line;
	parser->document->column = (int)(parser->at - parser->line_start) + 1;
	return DFUT_ERROR_USAGE;
}

static void skip_space(struct parser *parser)
{
	for (; *parser->at == ' ' || *parser->at == '\t' || *parser->at == '\r' || *parser->at == '\n'; parser->at++) {
		if (*parser->at != '\n')
			continue;
		parser->line++;
		parser->line_start = parser->at + 1;
	}
}

static bool take(struct parser *parser, char wanted)
{
	if (*parser->at != wanted)
		return false;
	parser->at++;
	return true;
}

/* Strings */

static bool take_unit(struct parser *parser, uint32_t *unit)
{
	static const char digits[] = "0123456789abcdef";

	*unit = 0;
	for (int i = 0; i < 4; i++, parser->at++) {
		char lower = *parser->at >= 'A' && *parser->at <= 'F' ? (char)(*parser->at | 0x20) : *parser->at;
		const char *digit = lower ? strchr(digits, lower) : NULL;

		if (!digit)
			return false;
		*unit = *unit << 4 | (uint32_t)(digit - digits);
	}
	return true;
}

/* \uXXXX, or two of them that are one character; 0 for none. The backslash and the u are behind us. */
static uint32_t take_code(struct parser *parser)
{
	uint32_t high, low;

	if (!take_unit(parser, &high) || (high >= 0xdc00 && high <= 0xdfff))
		return 0;
	if (high < 0xd800 || high > 0xdbff)
		return high;
	if (!take(parser, '\\') || !take(parser, 'u') || !take_unit(parser, &low) || low < 0xdc00 || low > 0xdfff)
		return 0;
	return 0x10000 + ((high - 0xd800) << 10 | (low - 0xdc00));
}

static char *put_code(char *to, uint32_t code)
{
	int more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
	static const unsigned char heads[] = { 0x00, 0xc0, 0xe0, 0xf0 };

	*to++ = (char)(heads[more] | code >> (6 * more));
	while (more--)
		*to++ = (char)(0x80 | (code >> (6 * more) & 0x3f));
	return to;
}

/* Never longer than what stands for it. NULL: there is no such one. */
static char *take_escape(struct parser *parser, char *to)
{
	static const char letters[] = "\"\\/bfnrt";
	static const char meanings[] = "\"\\/\b\f\n\r\t";
	const char *letter;
	uint32_t code;

	parser->at++;
	if (take(parser, 'u')) {
		code = take_code(parser);
		return code ? put_code(to, code) : NULL;
	}
	letter = *parser->at ? strchr(letters, *parser->at) : NULL;
	if (!letter)
		return NULL;
	parser->at++;
	*to++ = meanings[letter - letters];
	return to;
}

static int take_text(struct parser *parser, const char **text)
{
	char *to;

	if (!take(parser, '"'))
		return fail(parser, "a string in quotes is expected");
	to = parser->at;
	*text = to;
	while (*parser->at != '"') {
		uint32_t code;
		size_t length;

		if (*parser->at == '\\') {
			to = take_escape(parser, to);
			if (!to)
				return fail(parser, "there is no such escape, or it stands for no character");
			continue;
		}
		length = dfut_decode_text(parser->at, &code);
		if (!length)
			return fail(parser, "this is not UTF-8");
		if (code < 0x20)
			return fail(parser, parser->at == parser->end ? "the string does not end" :
									"a string can't have a control character");
		memmove(to, parser->at, length);
		to += length;
		parser->at += length;
	}
	parser->at++;
	*to = '\0';
	return 0;
}

/* Numbers */

static size_t skip_digits(struct parser *parser)
{
	size_t count = strspn(parser->at, "0123456789");

	parser->at += count;
	return count;
}

static int take_integer(struct parser *parser, struct dfut_json *value)
{
	bool is_negative = take(parser, '-');
	const char *digits = parser->at;
	size_t count = skip_digits(parser);

	if (!count || (count > 1 && *digits == '0'))
		return fail(parser, "a value is expected");
	if (count > DIGIT_LIMIT)
		return fail(parser, "the number is too large");
	for (size_t i = 0; i < count; i++)
		value->number = value->number * 10 + (digits[i] - '0');
	if (is_negative)
		value->number = -value->number;
	value->type = DFUT_JSON_INTEGER;
	return 0;
}

static int take_number(struct parser *parser, struct dfut_json *value)
{
	const char *begin = parser->at;

	if (take_integer(parser, value) < 0)
		return DFUT_ERROR_USAGE;
	if (take(parser, '.')) {
		value->type = DFUT_JSON_REAL;
		if (!skip_digits(parser))
			return fail(parser, "digits are expected");
	}
	if (take(parser, 'e') || take(parser, 'E')) {
		value->type = DFUT_JSON_REAL;
		if (!take(parser, '+'))
			take(parser, '-');
		if (!skip_digits(parser))
			return fail(parser, "digits are expected");
	}
	if (value->type == DFUT_JSON_REAL)
		value->number = 0;
	value->written = begin;
	value->written_size = (size_t)(parser->at - begin);
	return 0;
}

/* Values */

static bool take_word(struct parser *parser, struct dfut_json *value)
{
	static const struct {
		const char *word;
		enum dfut_json_type type;
		int64_t number;
	} words[] = {
		{ "true", DFUT_JSON_FLAG, 1 },
		{ "false", DFUT_JSON_FLAG, 0 },
		{ "null", DFUT_JSON_NULL, 0 },
	};

	for (size_t i = 0; i < DFUT_COUNT(words); i++) {
		size_t length = strlen(words[i].word);

		if (strncmp(parser->at, words[i].word, length) != 0)
			continue;
		parser->at += length;
		value->type = words[i].type;
		value->number = words[i].number;
		return true;
	}
	return false;
}

static int take_value(struct parser *parser, struct dfut_json *value);

static int take_key(struct parser *parser, const struct dfut_json *object, struct dfut_json *member)
{
	const char *key;

	if (object->count == KEY_LIMIT)
		return fail(parser, "an object can't have more than 256 keys here");
	if (take_text(parser, &key) < 0)
		return DFUT_ERROR_USAGE;
	if (dfut_json_get(object, key))
		return fail(parser, "duplicate key of an object");
	member->key = key;
	skip_space(parser);
	return take(parser, ':') ? 0 : fail(parser, "a colon is expected");
}

/* What is in a list or an object, whose opening bracket is behind us */
static int take_items(struct parser *parser, struct dfut_json *value, char end)
{
	struct dfut_json **next = &value->first;

	skip_space(parser);
	if (take(parser, end))
		return 0;
	do {
		struct dfut_json *item = parser->free++;

		skip_space(parser);
		if (value->type == DFUT_JSON_OBJECT && take_key(parser, value, item) < 0)
			return DFUT_ERROR_USAGE;
		if (take_value(parser, item) < 0)
			return DFUT_ERROR_USAGE;
		*next = item;
		next = &item->next;
		value->count++;
		skip_space(parser);
	} while (take(parser, ','));
	return take(parser, end) ? 0 : fail(parser, "a comma or the closing bracket is expected");
}

static int take_group(struct parser *parser, struct dfut_json *value)
{
	bool is_list = *parser->at++ == '[';
	int result;

	if (parser->depth == DEPTH_LIMIT)
		return fail(parser, "brackets are nested too deeply");
	parser->depth++;
	value->type = is_list ? DFUT_JSON_LIST : DFUT_JSON_OBJECT;
	result = take_items(parser, value, is_list ? ']' : '}');
	parser->depth--;
	return result;
}

static int take_value(struct parser *parser, struct dfut_json *value)
{
	skip_space(parser);
	value->line = parser->line;
	if (*parser->at == '[' || *parser->at == '{')
		return take_group(parser, value);
	if (*parser->at == '"') {
		value->type = DFUT_JSON_TEXT;
		return take_text(parser, &value->text);
	}
	return take_word(parser, value) ? 0 : take_number(parser, value);
}

/* The most that a text can have: each but the root follows one of these. */
static size_t count_values(const char *text, size_t size)
{
	size_t count = 1;

	for (size_t i = 0; i < size; i++)
		count += text[i] == '[' || text[i] == '{' || text[i] == ',';
	return count;
}

/* RFC 8259, 8.1: it may be ignored. */
static void skip_byte_order_mark(struct parser *parser)
{
	if (strncmp(parser->at, DFUT_BYTE_ORDER_MARK, strlen(DFUT_BYTE_ORDER_MARK)) == 0)
		parser->at += strlen(DFUT_BYTE_ORDER_MARK);
}

int dfut_json_parse(struct dfut_json_document *document, const char *text, size_t size)
{
	struct parser parser = { .document = document, .line = 1 };

	document->values = calloc(count_values(text, size), sizeof(*document->values));
	document->text = malloc(size + 1);
	if (!document->values || !document->text) {
		dfut_json_free(document);
		return DFUT_ERROR_NO_MEMORY;
	}
	memcpy(document->text, text, size);
	document->text[size] = '\0';
	parser.at = document->text;
	skip_byte_order_mark(&parser);
	parser.line_start = parser.at;
	parser.end = document->text + size;
	parser.free = document->values + 1;
	if (take_value(&parser, document->values) == 0) {
		skip_space(&parser);
		if (parser.at == parser.end)
			return 0;
		fail(&parser, "something follows what should be all");
	}
	dfut_json_free(document);
	return DFUT_ERROR_USAGE;
}

void dfut_json_free(struct dfut_json_document *document)
{
	free(document->values);
	free(document->text);
	document->values = NULL;
	document->text = NULL;
}

const struct dfut_json *dfut_json_get(const struct dfut_json *object, const char *key)
{
	if (!dfut_json_is(object, DFUT_JSON_OBJECT))
		return NULL;
	for (const struct dfut_json *member = object->first; member; member = member->next)
		if (strcmp(member->key, key) == 0)
			return member;
	return NULL;
}
