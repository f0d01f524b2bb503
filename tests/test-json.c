/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"

static int parse(struct dfut_json_document *document, const char *text, size_t size, struct dfut_failure *failure)
{
	int result = dfut_json_parse(document, text, size);

	if (result < 0)
		dfut_fail(failure, result, "%d:%d: %s", document->line, document->column, document->mistake);
	return result;
}

/* Strings, as they are written and read */
static const struct {
	const char *json;
	const char *text;
} strings[] = {
	{ "\"\"", "" },
	{ "\"plain\"", "plain" },
	{ "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t" },
	{ "\"\\u0041\\u00e9\\u00E9\\u20ac\"", "A\xc3\xa9\xc3\xa9\xe2\x82\xac" },
	{ "\"\\ud83d\\uDE00.\"", "\xf0\x9f\x98\x80." },
	{ "\"\\uffff\\u07ff\\u0800\"", "\xef\xbf\xbf\xdf\xbf\xe0\xa0\x80" },
	{ "\"\xc3\xa9\xf0\x9f\x98\x80\\n\xe2\x82\xac\"", "\xc3\xa9\xf0\x9f\x98\x80\n\xe2\x82\xac" },
	{ "\"\x7f\"", "\x7f" },
};

Test(json, reads_strings)
{
	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
		struct dfut_json_document document;
		struct dfut_failure failure = { 0 };

		cr_assert(eq(int, parse(&document, strings[i].json, strlen(strings[i].json), &failure), 0), "%s: %s",
			  strings[i].json, failure.text);
		cr_expect(eq(int, document.values->type, DFUT_JSON_TEXT));
		cr_expect(eq(str, (char *)document.values->text, (char *)strings[i].text), "%s", strings[i].json);
		dfut_json_free(&document);
	}
}

static const struct {
	const char *json;
	enum dfut_json_type type;
	int64_t number;
} values[] = {
	{ "0", DFUT_JSON_INTEGER, 0 },	    { "\xef\xbb\xbf 7", DFUT_JSON_INTEGER, 7 }, /* a byte order mark */
	{ "-0", DFUT_JSON_INTEGER, 0 },	    { " 120 ", DFUT_JSON_INTEGER, 120 },
	{ "-17", DFUT_JSON_INTEGER, -17 },  { "999999999999999999", DFUT_JSON_INTEGER, 999999999999999999 },
	{ "1.5", DFUT_JSON_REAL, 0 },	    { "1e3", DFUT_JSON_REAL, 0 },
	{ "-1.25E-10", DFUT_JSON_REAL, 0 }, { "true", DFUT_JSON_FLAG, 1 },
	{ "false", DFUT_JSON_FLAG, 0 },	    { "null", DFUT_JSON_NULL, 0 },
	{ "[]", DFUT_JSON_LIST, 0 },	    { "{ }", DFUT_JSON_OBJECT, 0 },
};

Test(json, reads_values)
{
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct dfut_json_document document;
		struct dfut_failure failure = { 0 };

		cr_assert(eq(int, parse(&document, values[i].json, strlen(values[i].json), &failure), 0), "%s: %s",
			  values[i].json, failure.text);
		cr_expect(eq(int, document.values->type, values[i].type), "%s", values[i].json);
		cr_expect(document.values->number == values[i].number, "%s", values[i].json);
		cr_expect(document.values->text == NULL && document.values->count == 0, "%s", values[i].json);
		dfut_json_free(&document);
	}
}

Test(json, reads_what_is_inside)
{
	static const char text[] = "{\"a\": [1, [2, {}], \"x\"],\n \"b\": {\"c\": true},\r\n\t\"d\":null}";
	struct dfut_json_document document;
	struct dfut_failure failure = { 0 };
	const struct dfut_json *list;

	cr_assert(eq(int, parse(&document, text, strlen(text), &failure), 0), "%s", failure.text);
	cr_expect(eq(sz, document.values->count, 3));
	list = dfut_json_get(document.values, "a");
	cr_assert(dfut_json_is(list, DFUT_JSON_LIST));
	cr_expect(eq(sz, list->count, 3));
	cr_expect(list->key != NULL && list->first->key == NULL);
	cr_expect(eq(int, list->line, 1));
	list = list->first->next;
	cr_expect(eq(sz, list->count, 2));
	cr_expect(dfut_json_is(list->first->next, DFUT_JSON_OBJECT));
	cr_expect(eq(str, (char *)list->next->text, (char *)"x"));
	cr_expect(list->next->next == NULL);
	cr_expect(eq(int, (int)dfut_json_get(dfut_json_get(document.values, "b"), "c")->number, 1));
	cr_expect(eq(int, dfut_json_get(document.values, "d")->line, 3));
	cr_expect(dfut_json_get(document.values, "e") == NULL);
	cr_expect(dfut_json_get(list, "a") == NULL);
	cr_expect(dfut_json_get(NULL, "a") == NULL);
	cr_expect(dfut_json_get_text(NULL) == NULL);
	dfut_json_free(&document);
}

/* What is wrong, where it is seen */
static const struct {
	const char *json;
	int line, column;
	const char *what;
} mistakes[] = {
	{ "", 1, 1, "a value" },
	{ " \n ", 2, 2, "a value" },
	{ "oops", 1, 1, "a value" },
	{ "tru", 1, 1, "a value" },
	{ "True", 1, 1, "a value" },
	{ "truely", 1, 5, "follows" },
	{ "1 2", 1, 3, "follows" },
	{ "{} }", 1, 4, "follows" },
	{ "+1", 1, 1, "a value" },
	{ "-", 1, 2, "a value" },
	{ "01", 1, 3, "a value" },
	{ ".5", 1, 1, "a value" },
	{ "1.", 1, 3, "digits" },
	{ "1e", 1, 3, "digits" },
	{ "1e+", 1, 4, "digits" },
	{ "0x10", 1, 2, "follows" },
	{ "1000000000000000000", 1, 20, "too large" },
	{ "[1, 2", 1, 6, "comma" },
	{ "[1 2]", 1, 4, "comma" },
	{ "[1,]", 1, 4, "a value" },
	{ "[,1]", 1, 2, "a value" },
	{ "[1}", 1, 3, "comma" },
	{ "{\"a\": 1,}", 1, 9, "string" },
	{ "{\"a\" 1}", 1, 6, "colon" },
	{ "{a: 1}", 1, 2, "string" },
	{ "{'a': 1}", 1, 2, "string" },
	{ "{1: 1}", 1, 2, "string" },
	{ "{\"a\": 1\n, \"a\": 2}", 2, 6, "duplicate" },
	{ "{\"a\": 1, \"\\u0061\": 2}", 1, 18, "duplicate" },
	{ "\"a", 1, 3, "does not end" },
	{ "\"a\nb\"", 1, 3, "control" },
	{ "\"\t\"", 1, 2, "control" },
	{ "\"\\x41\"", 1, 3, "escape" },
	{ "\"\\", 1, 3, "escape" },
	{ "\"\\u00", 1, 6, "escape" },
	{ "\"\\u00g0\"", 1, 6, "escape" },
	{ "\"\\u0000\"", 1, 8, "escape" },
	{ "\"\\ud83d\"", 1, 8, "escape" },
	{ "\"\\ud83d\\n\"", 1, 9, "escape" },
	{ "\"\\ud83d\\ud83d\"", 1, 14, "escape" },
	{ "\"\\ude00\"", 1, 8, "escape" },
	{ "\"\xff\"", 1, 2, "UTF-8" },
	{ "\"\xc3\"", 1, 2, "UTF-8" },
	{ "\"\xc0\x80\"", 1, 2, "UTF-8" },
	{ "\"\xed\xa0\x80\"", 1, 2, "UTF-8" },
	{ "\"\xf4\x90\x80\x80\"", 1, 2, "UTF-8" },
	{ "\xef\xbb\xbf\xef\xbb\xbf{}", 1, 1, "a value" },
	{ "/* */ 1", 1, 1, "a value" },
};

Test(json, names_line_and_column_of_every_mistake)
{
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		struct dfut_json_document document;
		struct dfut_failure failure = { 0 };
		char place[32];

		snprintf(place, sizeof(place), "%d:%d: ", mistakes[i].line, mistakes[i].column);
		cr_expect(eq(int, parse(&document, mistakes[i].json, strlen(mistakes[i].json), &failure),
			     DFUT_ERROR_USAGE),
			  "%s", mistakes[i].json);
		cr_expect(strncmp(failure.text, place, strlen(place)) == 0, "%s: %s", mistakes[i].json, failure.text);
		cr_expect(strstr(failure.text, mistakes[i].what) != NULL, "%s: %s", mistakes[i].json, failure.text);
		cr_expect(document.values == NULL && document.text == NULL);
	}
}

Test(json, takes_a_zero_for_no_end)
{
	struct dfut_json_document document;
	struct dfut_failure failure = { 0 };

	cr_expect(eq(int, parse(&document, "1\0", 2, &failure), DFUT_ERROR_USAGE));
	cr_expect(eq(int, parse(&document, "\"\0\"", 3, &failure), DFUT_ERROR_USAGE));
	cr_expect(strstr(failure.text, "control") != NULL, "%s", failure.text);
	cr_expect(eq(int, parse(&document, "[1]]", 3, &failure), 0), "%s", failure.text);
	dfut_json_free(&document);
}

/* Lists within lists, and keys of one object */
Test(json, has_limits)
{
	struct dfut_json_document document;
	struct dfut_failure failure = { 0 };
	char text[4096];
	size_t used;

	for (size_t depth = 32; depth <= 33; depth++) {
		memset(text, '[', depth);
		memset(text + depth, ']', depth);
		cr_expect(eq(int, parse(&document, text, 2 * depth, &failure) == 0, depth == 32), "%s", failure.text);
		dfut_json_free(&document);
	}
	cr_expect(strstr(failure.text, "nested") != NULL, "%s", failure.text);
	for (size_t count = 256; count <= 257; count++) {
		used = 0;
		for (size_t i = 0; i < count; i++)
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%s\"key%zu\": 1", i ? ", " : "{",
						 i);
		text[used++] = '}';
		cr_expect(eq(int, parse(&document, text, used, &failure) == 0, count == 256), "%s", failure.text);
		dfut_json_free(&document);
	}
	cr_expect(strstr(failure.text, "256 keys") != NULL, "%s", failure.text);
}
