/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Values of JSON documents. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

static bool has_failed;

static void *allocate(size_t size)
{
	void *memory = malloc(size);

	has_failed = has_failed || !memory;
	return memory;
}

void json_watch_memory(void)
{
	json_set_alloc_funcs(allocate, free);
}

bool json_take_failure(void)
{
	bool failed = has_failed;

	has_failed = false;
	return failed;
}

/* File names need not be UTF-8, JSON has to. */
static json_t *new_ascii(const char *text)
{
	char *copy = allocate(strlen(text) + 1);
	json_t *value = NULL;

	if (!copy)
		return NULL;
	strcpy(copy, text);
	for (char *character = copy; *character; character++)
		if ((unsigned char)*character > 0x7e)
			*character = '?';
	value = json_string(copy);
	free(copy);
	return value;
}

bool is_json_text(const char *text)
{
	json_t *value = json_string(text);

	json_decref(value);
	return value != NULL;
}

json_t *new_json_text(const char *text)
{
	json_t *value = NULL;

	if (!text || !text[0])
		return json_null();
	value = json_string(text);
	return value ? value : new_ascii(text);
}

json_t *new_json_hex(unsigned int value, int digits)
{
	return json_sprintf("%0*x", digits, value);
}

json_t *new_json_bytes(const uint8_t *bytes, size_t size)
{
	char *text = allocate(2 * size + 1);
	json_t *value = NULL;

	if (!text)
		return NULL;
	text[0] = '\0';
	for (size_t i = 0; i < size; i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	value = json_string(text);
	free(text);
	return value;
}
