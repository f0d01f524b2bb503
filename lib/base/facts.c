/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Named facts that a device told about itself. A fact that is told again replaces the old one. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/facts.h"

static int add_item(struct dfut_facts *facts, const char *key, char *value)
{
	void *grown = realloc(facts->items, (facts->count + 1) * sizeof(*facts->items));

	if (!grown)
		return DFUT_ERROR_NO_MEMORY;
	facts->items = grown;
	facts->items[facts->count].key = dfut_format_text("%s", key);
	facts->items[facts->count].value = value;
	if (!facts->items[facts->count].key)
		return DFUT_ERROR_NO_MEMORY;
	facts->count++;
	return 0;
}

int dfut_facts_add(struct dfut_facts *facts, const char *key, const char *text, ...)
{
	char line[1024];
	va_list arguments;
	char *value;

	va_start(arguments, text);
	vsnprintf(line, sizeof(line), text, arguments);
	va_end(arguments);
	dfut_clean_text(line);
	value = dfut_format_text("%s", line);
	if (!value)
		return DFUT_ERROR_NO_MEMORY;
	for (size_t i = 0; i < facts->count; i++) {
		if (strcmp(facts->items[i].key, key) == 0) {
			free(facts->items[i].value);
			facts->items[i].value = value;
			return 0;
		}
	}
	if (add_item(facts, key, value) == 0)
		return 0;
	free(value);
	return DFUT_ERROR_NO_MEMORY;
}

void dfut_facts_remove(struct dfut_facts *facts, const char *key)
{
	for (size_t i = 0; i < facts->count; i++) {
		if (strcmp(facts->items[i].key, key) != 0)
			continue;
		free(facts->items[i].key);
		free(facts->items[i].value);
		facts->count--;
		memmove(&facts->items[i], &facts->items[i + 1], (facts->count - i) * sizeof(*facts->items));
		return;
	}
}

void dfut_facts_clear(struct dfut_facts *facts)
{
	for (size_t i = 0; i < facts->count; i++) {
		free(facts->items[i].key);
		free(facts->items[i].value);
	}
	free(facts->items);
	facts->items = NULL;
	facts->count = 0;
}
