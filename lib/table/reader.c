/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Values of the device table's JSON, with their place in errors. */

#include <stdlib.h>
#include <string.h>

#include "table/reader.h"

int dfut_table_wrong(struct dfut_table_reader *reader, const char *key, const char *what)
{
	return dfut_fail(reader->failure, DFUT_ERROR_USAGE, "%s:%d: device \"%s\": \"%s\": %s", reader->origin,
			 reader->line, reader->device, key, what);
}

int dfut_table_check_keys(struct dfut_table_reader *reader, const struct dfut_json *object, const char *where,
			  const char *const *known)
{
	const struct dfut_json *value;

	if (!dfut_json_is(object, DFUT_JSON_OBJECT))
		return dfut_table_wrong(reader, where, "must be an object");
	for (value = object->first; value; value = value->next) {
		const char *const *at = known;

		while (*at && strcmp(*at, value->key) != 0)
			at++;
		if (!*at)
			return dfut_table_wrong(reader, value->key, "there is no such key here");
	}
	return 0;
}

/* No sign, no white space and no 0x, which the C library's functions take. */
bool dfut_table_take_hex(const char **text, size_t least, size_t most, unsigned int *value)
{
	size_t length = strspn(*text, "0123456789abcdefABCDEF");

	if (length < least || length > most)
		return false;
	*value = (unsigned int)strtoul(*text, NULL, 16);
	*text += length;
	return true;
}

bool dfut_table_take_char(const char **text, char wanted)
{
	if (**text != wanted)
		return false;
	++*text;
	return true;
}

int dfut_table_read_hex(struct dfut_table_reader *reader, const struct dfut_json *object, const char *key,
			unsigned long most, unsigned long *value)
{
	const struct dfut_json *item = dfut_json_get(object, key);
	const char *text = dfut_json_get_text(item);
	unsigned long long number;

	if (!item)
		return 0;
	if (!text || !*text || strspn(text, "0123456789abcdefABCDEF") != strlen(text))
		return dfut_table_wrong(reader, key, "must be a string of hexadecimal digits");
	/* An unsigned long has 32 bits on Windows: what is too large would become the most. */
	number = strtoull(text, NULL, 16);
	if (number > most)
		return dfut_table_wrong(reader, key, "is too large");
	*value = (unsigned long)number;
	return 1;
}

char *dfut_table_copy_text(struct dfut_table_reader *reader, const char *text)
{
	char *copy = dfut_format_text("%s", text);

	if (copy)
		dfut_clean_text(copy);
	else
		dfut_fail_memory(reader->failure);
	return copy;
}

int dfut_table_read_text(struct dfut_table_reader *reader, const struct dfut_json *object, const char *key,
			 const char **value)
{
	const struct dfut_json *item = dfut_json_get(object, key);

	if (!item)
		return 0;
	if (!dfut_json_is(item, DFUT_JSON_TEXT))
		return dfut_table_wrong(reader, key, "must be a string");
	*value = dfut_table_copy_text(reader, dfut_json_get_text(item));
	return *value ? 1 : reader->failure->code;
}

static int wrong_class(struct dfut_table_reader *reader)
{
	return dfut_table_wrong(reader, "interface",
				"must be like \"ff/01/01\": class, subclass, protocol; \"02/02/*\" for any protocol");
}

int dfut_table_read_class(struct dfut_table_reader *reader, const struct dfut_json *object,
			  struct dfut_interface_class *class_)
{
	const char *text = dfut_json_get_text(dfut_json_get(object, "interface"));
	struct dfut_interface_class found = { .given = true };
	unsigned int codes[3] = { 0 };

	if (!dfut_json_get(object, "interface"))
		return 0;
	if (!text || !dfut_table_take_hex(&text, 1, 2, &codes[0]) || !dfut_table_take_char(&text, '/') ||
	    !dfut_table_take_hex(&text, 1, 2, &codes[1]) || !dfut_table_take_char(&text, '/'))
		return wrong_class(reader);
	found.any_protocol = dfut_table_take_char(&text, '*');
	if ((!found.any_protocol && !dfut_table_take_hex(&text, 1, 2, &codes[2])) || *text)
		return wrong_class(reader);
	found.class_code = (uint8_t)codes[0];
	found.subclass = (uint8_t)codes[1];
	found.protocol = (uint8_t)codes[2];
	*class_ = found;
	return 0;
}

int dfut_table_read_number(struct dfut_table_reader *reader, const struct dfut_json *object, const char *key,
			   unsigned long least, unsigned long most, unsigned long *value)
{
	const struct dfut_json *item = dfut_json_get(object, key);

	if (!item)
		return 0;
	if (!dfut_json_is(item, DFUT_JSON_INTEGER) || item->number < (int64_t)least || item->number > (int64_t)most)
		return dfut_table_wrong(reader, key, "must be a number, in its range");
	*value = (unsigned long)item->number;
	return 1;
}

int dfut_table_read_flag(struct dfut_table_reader *reader, const struct dfut_json *object, const char *key, bool *value)
{
	const struct dfut_json *item = dfut_json_get(object, key);

	if (!item)
		return 0;
	if (!dfut_json_is(item, DFUT_JSON_FLAG))
		return dfut_table_wrong(reader, key, "must be true or false");
	*value = item->number;
	return 1;
}

int dfut_table_read_usage(struct dfut_table_reader *reader, const struct dfut_json *object, struct dfut_usage *usage)
{
	const struct dfut_json *item = dfut_json_get(object, "usage");
	const char *text = dfut_json_get_text(item);
	unsigned int page, id;

	if (!item)
		return 0;
	if (!text || !dfut_table_take_hex(&text, 1, 4, &page) || !dfut_table_take_char(&text, '/') ||
	    !dfut_table_take_hex(&text, 1, 4, &id) || *text || !page)
		return dfut_table_wrong(reader, "usage", "must be like \"ff60/61\": usage page, usage");
	*usage = (struct dfut_usage){ (uint16_t)page, (uint16_t)id };
	return 1;
}

int dfut_table_read_report_type(struct dfut_table_reader *reader, const struct dfut_json *object, const char *key,
				unsigned int allowed, enum dfut_report_type *type)
{
	static const struct {
		const char *name;
		enum dfut_report_type type;
	} types[] = {
		{ "input", DFUT_REPORT_INPUT },
		{ "output", DFUT_REPORT_OUTPUT },
		{ "feature", DFUT_REPORT_FEATURE },
	};
	const struct dfut_json *item = dfut_json_get(object, key);

	if (!item)
		return 0;
	for (size_t i = 0; i < DFUT_COUNT(types); i++) {
		if (!dfut_json_is(item, DFUT_JSON_TEXT) || strcmp(types[i].name, dfut_json_get_text(item)) != 0 ||
		    !(allowed & 1u << types[i].type))
			continue;
		*type = types[i].type;
		return 1;
	}
	return dfut_table_wrong(reader, key,
				allowed & 1u << DFUT_REPORT_OUTPUT ? "must be \"feature\" or \"output\"" :
								     "must be \"feature\" or \"input\"");
}

int dfut_table_read_bytes(struct dfut_table_reader *reader, const struct dfut_json *object, const char *key,
			  uint8_t *data, size_t room, uint16_t *size)
{
	const struct dfut_json *item = dfut_json_get(object, key);
	const char *text = dfut_json_get_text(item);
	size_t length = text ? strlen(text) : 0;

	if (!item)
		return 0;
	if (!text || length % 2 || length / 2 > room || strspn(text, "0123456789abcdefABCDEF") != length)
		return dfut_table_wrong(reader, key, "must be up to 64 bytes as hexadecimal digits, two each");
	for (size_t i = 0; i < length / 2; i++) {
		char digits[3] = { text[2 * i], text[2 * i + 1], '\0' };

		data[i] = (uint8_t)strtoul(digits, NULL, 16);
	}
	*size = (uint16_t)(length / 2);
	return 1;
}
