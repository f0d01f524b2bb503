/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* "NAME:key=value,...", and what the values mean. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/sim.h"

char *dfut_sim_copy_text(const char *text, size_t length)
{
	char *copy = malloc(length + 1);

	if (!copy)
		return NULL;
	memcpy(copy, text, length);
	copy[length] = '\0';
	return copy;
}

void dfut_sim_spec_finish(struct dfut_sim_spec *spec)
{
	for (size_t i = 0; i < spec->count; i++) {
		free(spec->keys[i].key);
		free(spec->keys[i].value);
	}
	free(spec->keys);
	free(spec->name);
	memset(spec, 0, sizeof(*spec));
}

/* Up to the next comma without a backslash before it; takes the backslashes away. */
static char *take_item(const char **text)
{
	char *item = dfut_sim_copy_text(*text, strlen(*text));
	char *out = item;
	const char *in = *text;

	if (!item)
		return NULL;
	while (*in && *in != ',') {
		if (*in == '\\' && in[1])
			in++;
		*out++ = *in++;
	}
	*out = '\0';
	*text = *in ? in + 1 : in;
	return item;
}

/* Where the key of an item ends; NULL if it is a value alone, as the file of "dump:lsusb.txt". */
static const char *find_equals(const char *item)
{
	size_t length = strspn(item, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return length > 0 && item[length] == '=' ? item + length : NULL;
}

static int add_key(struct dfut_sim_spec *spec, const char *key, size_t length, const char *value)
{
	struct dfut_sim_key *grown = realloc(spec->keys, (spec->count + 1) * sizeof(*grown));

	if (!grown)
		return DFUT_ERROR_NO_MEMORY;
	spec->keys = grown;
	grown[spec->count].is_alone = false;
	grown[spec->count].key = dfut_sim_copy_text(key, length);
	grown[spec->count].value = dfut_sim_copy_text(value, strlen(value));
	spec->count++;
	return grown[spec->count - 1].key && grown[spec->count - 1].value ? 0 : DFUT_ERROR_NO_MEMORY;
}

static int add_item(struct dfut_sim_spec *spec, const char *item)
{
	const char *equals = find_equals(item);
	int result;

	if (equals)
		return add_key(spec, item, (size_t)(equals - item), equals + 1);
	if (spec->count > 0 || !*item)
		return DFUT_ERROR_USAGE;
	result = add_key(spec, "file", strlen("file"), item);
	if (result == 0)
		spec->keys[0].is_alone = true;
	return result;
}

int dfut_sim_spec_parse(struct dfut_sim_spec *spec, const char *text)
{
	size_t length = strcspn(text, ":");
	int result = 0;

	memset(spec, 0, sizeof(*spec));
	spec->name = dfut_sim_copy_text(text, length);
	if (!spec->name)
		return DFUT_ERROR_NO_MEMORY;
	text += text[length] ? length + 1 : length;
	while (*text && result == 0) {
		char *item = take_item(&text);

		result = item ? add_item(spec, item) : DFUT_ERROR_NO_MEMORY;
		free(item);
	}
	if (result < 0)
		dfut_sim_spec_finish(spec);
	return result;
}

static int set_flag(bool *flag, const char *value)
{
	*flag = strcmp(value, "yes") == 0;
	return *flag || strcmp(value, "no") == 0 ? 0 : DFUT_ERROR_USAGE;
}

static int set_number(uint32_t *number, const struct dfut_sim_option *option, const char *value)
{
	char *end = NULL;
	unsigned long long parsed;

	if (*value < '0' || *value > '9')
		return DFUT_ERROR_USAGE;
	errno = 0;
	parsed = strtoull(value, &end, 0);
	if (errno || parsed > UINT32_MAX)
		return DFUT_ERROR_USAGE;
	if (option->kind == DFUT_SIM_OPTION_SIZE && (*end == 'K' || *end == 'M'))
		parsed *= *end++ == 'K' ? 1024 : 1024 * 1024;
	if (*end || parsed < option->least || parsed > option->most)
		return DFUT_ERROR_USAGE;
	*number = (uint32_t)parsed;
	return 0;
}

/* As everywhere in USB: four hexadecimal digits. */
static int set_id(uint16_t *id, const char *value)
{
	if (strlen(value) != 4 || strspn(value, "0123456789abcdefABCDEF") != 4)
		return DFUT_ERROR_USAGE;
	*id = (uint16_t)strtoul(value, NULL, 16);
	return 0;
}

static int set_choice(uint32_t *choice, const char *words, const char *value)
{
	size_t length = strlen(value);

	for (uint32_t i = 0; *words; i++) {
		size_t word_length = strcspn(words, "|");

		if (word_length == length && memcmp(words, value, length) == 0) {
			*choice = i;
			return 0;
		}
		words += word_length + (words[word_length] ? 1 : 0);
	}
	return DFUT_ERROR_USAGE;
}

static int set_text(char *text, const char *value)
{
	size_t length = strlen(value);

	if (length >= DFUT_SIM_TEXT_SIZE)
		return DFUT_ERROR_USAGE;
	memcpy(text, value, length + 1);
	return 0;
}

int dfut_sim_option_set(const struct dfut_sim_option *options, size_t count, void *values, const char *key,
			const char *value)
{
	for (size_t i = 0; i < count; i++) {
		void *member = (char *)values + options[i].offset;

		if (strcmp(options[i].key, key) != 0)
			continue;
		switch (options[i].kind) {
		case DFUT_SIM_OPTION_FLAG:
			return set_flag(member, value);
		case DFUT_SIM_OPTION_NUMBER:
		case DFUT_SIM_OPTION_SIZE:
			return set_number(member, &options[i], value);
		case DFUT_SIM_OPTION_ID:
			return set_id(member, value);
		case DFUT_SIM_OPTION_CHOICE:
			return set_choice(member, options[i].words, value);
		case DFUT_SIM_OPTION_TEXT:
			return set_text(member, value);
		}
	}
	return DFUT_ERROR_NOT_FOUND;
}

const char *dfut_sim_option_find_line(const char *lines, const char *key, int *length)
{
	size_t key_length = strlen(key);

	while (lines && *lines) {
		size_t line_length = strcspn(lines, "\n");

		if (strncmp(lines, key, key_length) == 0 && lines[key_length] == '=') {
			*length = (int)line_length;
			return lines;
		}
		lines += line_length + (lines[line_length] ? 1 : 0);
	}
	return NULL;
}
