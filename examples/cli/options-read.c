/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What an option does, by its kind. */

#include <inttypes.h>
#include <string.h>

#include "numbers.h"
#include "options-rows.h"

static bool read_text(const char **member, const char *argument)
{
	*member = argument;
	return argument[0] != '\0';
}

static bool read_texts(struct texts *member, const char *argument)
{
	member->items[member->count++] = argument;
	return argument[0] != '\0';
}

static bool read_number(uint32_t *member, const struct option_row *row, const char *argument)
{
	uint64_t value = 0;

	if (!number_parse(argument, row->most, &value) || value < row->least)
		return false;
	*member = (uint32_t)value;
	return true;
}

static bool read_numbers(struct numbers *member, const struct option_row *row, char *argument)
{
	member->count = 0;
	for (char *text = argument; text;) {
		char *comma = strchr(text, ',');

		if (comma)
			*comma = '\0';
		if (member->count == OPTIONS_NUMBERS_LIMIT || !read_number(&member->items[member->count++], row, text))
			return false;
		text = comma ? comma + 1 : NULL;
	}
	return true;
}

static bool read_size(uint64_t *member, const struct option_row *row, const char *argument)
{
	return number_parse_size(argument, member) && *member >= row->least && *member <= row->most;
}

static bool read_choice(uint32_t *member, const char *words, const char *argument)
{
	size_t length = strlen(argument);

	for (uint32_t i = 0; *words; i++) {
		size_t word_length = strcspn(words, "|");

		if (word_length == length && memcmp(words, argument, length) == 0) {
			*member = i;
			return true;
		}
		words += word_length + (words[word_length] ? 1 : 0);
	}
	return false;
}

static bool apply(const struct option_row *row, struct options *options, char *argument)
{
	void *member = (char *)options + row->offset;

	switch (row->kind) {
	case OPTION_FLAG:
		*(bool *)member = true;
		return true;
	case OPTION_VALUE:
		*(uint32_t *)member = (uint32_t)row->least;
		return true;
	case OPTION_COUNT:
		++*(unsigned int *)member;
		return true;
	case OPTION_TEXT:
		return read_text(member, argument);
	case OPTION_TEXTS:
		return read_texts(member, argument);
	case OPTION_NUMBER:
		return read_number(member, row, argument);
	case OPTION_NUMBERS:
		return read_numbers(member, row, argument);
	case OPTION_SIZE:
		return read_size(member, row, argument);
	case OPTION_SECONDS:
		return number_parse_seconds(argument, member);
	case OPTION_CHOICE:
		return read_choice(member, row->words, argument);
	case OPTION_OWN:
		return row->read(options, argument);
	}
	return false;
}

static void fail(const struct option_row *row, struct options *options, const char *argument)
{
	if (row->kind == OPTION_NUMBER)
		options_fail(options, "--%s: \"%s\" is not a number from %" PRIu64 " to %" PRIu64, row->name, argument,
			     row->least, row->most);
	else if (row->kind == OPTION_NUMBERS)
		options_fail(options, "--%s: \"%s\" is not a list of at most %d numbers from %" PRIu64 " to %" PRIu64,
			     row->name, argument, OPTIONS_NUMBERS_LIMIT, row->least, row->most);
	else if (row->kind == OPTION_SIZE)
		options_fail(options, "--%s: \"%s\" is not a size, as in 4096, 64K or 2M", row->name, argument);
	else if (row->kind == OPTION_SECONDS)
		options_fail(options, "--%s: \"%s\" is not a time from 0.001 to 86400 seconds", row->name, argument);
	else if (row->kind == OPTION_CHOICE &&
		 options_fail(options, "--%s: \"%s\" is not one of %s", row->name, argument, row->words))
		options_hint_choice(options, argument, row->words);
	else if (argument[0] == '\0')
		options_fail(options, "--%s: the argument is empty", row->name);
	else
		options_fail(options, "--%s: \"%s\" is not a valid %s", row->name, argument, row->words);
}

void option_row_apply(const struct option_row *row, struct options *options, char *argument)
{
	char shown[120] = "";

	/* Readers may cut the argument into pieces. */
	snprintf(shown, sizeof(shown), "%s", argument ? argument : "");
	if (!apply(row, options, argument))
		fail(row, options, shown);
}
