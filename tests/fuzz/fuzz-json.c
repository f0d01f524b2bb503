/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* JSON that others wrote: it is read whole, or not at all and with the place of the mistake. */

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text)
{
	uint32_t code;
	size_t length;

	if (!text)
		abort();
	for (; *text; text += length) {
		length = dfut_decode_text(text, &code);
		if (!length)
			abort();
	}
}

static void check(const struct dfut_json *value)
{
	bool is_number = value->type == DFUT_JSON_INTEGER || value->type == DFUT_JSON_REAL;
	size_t count = 0;

	if (value->line < 1 || is_number != (value->written != NULL))
		abort();
	if (value->type == DFUT_JSON_TEXT)
		check_text(dfut_json_get_text(value));
	for (const struct dfut_json *one = dfut_json_get_first(value); one; one = one->next, count++) {
		if (value->type == DFUT_JSON_OBJECT) {
			check_text(one->key);
			if (dfut_json_get(value, one->key) != one)
				abort();
		}
		check(one);
	}
	if (count != value->count)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dfut_json_document document = { 0 };
	char *exact = malloc(size ? size : 1);

	if (!exact)
		return 0;
	if (size)
		memcpy(exact, data, size);
	if (dfut_json_parse(&document, exact, size) == 0)
		check(document.values);
	else if (!document.mistake || document.line < 1 || document.column < 1)
		abort();
	dfut_json_free(&document);
	free(exact);
	return 0;
}
