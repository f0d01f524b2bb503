/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The command line. */

#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "options-own.h"

/* Registered for usbip */
#define USBIP_PORT 3240

bool options_fail(struct options *options, const char *text, ...)
{
	va_list arguments;

	/* What follows the first error is often only its consequence. */
	if (options->error[0])
		return false;
	va_start(arguments, text);
	vsnprintf(options->error, sizeof(options->error), text, arguments);
	va_end(arguments);
	return true;
}

static void take_operand(struct options *options, const char *text)
{
	if (!options->command) {
		options->command = command_find(text);
		if (!options->command && options_fail(options, "unknown command \"%s\"", text))
			options->stranger = (struct stranger){ STRANGER_COMMAND, text };
		return;
	}
	if (options->operand_count >= options->command->operand_max) {
		options_fail(options, "%s: unexpected argument \"%s\"", options->command->name, text);
		return;
	}
	if (options->command->bit == COMMAND_SIM) {
		options->sims.items[options->sims.count++] = text;
		return;
	}
	options->operands[options->operand_count++] = text;
}

/** The command line, as it is gone through. */
struct words {
	char **next;	/**< NULL at the end */
	bool has_ended; /**< "--" was there: the rest are operands */
};

/* An argument that may be left out must be joined by '='; here it may also follow, if it can be nothing else. */
static char *find_argument(const struct option_row *row, struct words *words, char *joined)
{
	uint16_t ids[3];
	bool may_be_left_out = row->words && row->words[0] == '[';

	if (joined || !row->words || !*words->next)
		return joined;
	if (may_be_left_out && !(strchr(*words->next, ':') && option_parse_suffix_ids(*words->next, ids)))
		return NULL;
	return *words->next++;
}

/* `shown` is the option as it was written, `joined` what follows it in the same word. */
static void take_option(struct options *options, size_t index, struct words *words, const char *shown, char *joined)
{
	const struct option_row *row = option_row_get(index);
	char *argument = find_argument(row, words, joined);

	if (row->words && row->words[0] != '[' && !argument) {
		options->open = row;
		options_fail(options, "%s needs an argument", shown);
		return;
	}
	if (options->given[index] < UCHAR_MAX)
		options->given[index]++;
	option_row_apply(row, options, argument);
}

static void take_long(struct options *options, struct words *words, char *word)
{
	size_t length = strcspn(word, "=");
	size_t index = option_row_find(word + 2, length - 2);
	char *joined = word[length] ? word + length + 1 : NULL;

	if (index == OPTIONS_LIMIT && options_fail(options, "unknown option %.*s", (int)length, word))
		options->stranger = (struct stranger){ STRANGER_NAME, word };
	if (index == OPTIONS_LIMIT)
		return;
	if (joined && !option_row_get(index)->words)
		options_fail(options, "%.*s takes no argument", (int)length, word);
	else
		take_option(options, index, words, word, joined);
}

static size_t find_letter(char letter)
{
	const struct option_row *row = NULL;

	for (size_t i = 0; (row = option_row_get(i)); i++)
		if (row->letter == letter)
			return i;
	return OPTIONS_LIMIT;
}

/* "-qv", "-d1234:5678" */
static void take_letters(struct options *options, struct words *words, char *word)
{
	for (char *letter = word + 1; *letter; letter++) {
		char shown[] = { '-', *letter, '\0' };
		size_t index = find_letter(*letter);

		if (index == OPTIONS_LIMIT && options_fail(options, "unknown option %s", shown))
			options->stranger = (struct stranger){ STRANGER_LETTER, letter };
		if (index == OPTIONS_LIMIT)
			return;
		if (option_row_get(index)->words) {
			take_option(options, index, words, shown, letter[1] ? letter + 1 : NULL);
			return;
		}
		take_option(options, index, words, shown, NULL);
	}
}

/* What follows are operands, or another command line. */
static void end_options(struct options *options, struct words *words)
{
	words->has_ended = true;
	if (!options->command || options->command->bit != COMMAND_COMPLETE)
		return;
	options->rest = words->next;
	while (*words->next)
		words->next++;
}

/* Options may come before and after the command. */
static void take_word(struct options *options, struct words *words)
{
	char *word = *words->next++;

	if (words->has_ended || word[0] != '-' || !word[1])
		take_operand(options, word);
	else if (word[1] != '-')
		take_letters(options, words, word);
	else if (word[2])
		take_long(options, words, word);
	else
		end_options(options, words);
}

static void check_scope(struct options *options)
{
	const struct option_row *row = NULL;

	for (size_t i = 0; options->command && (row = option_row_get(i)); i++)
		if (options->given[i] && !(row->commands & (unsigned int)options->command->bit) &&
		    options_fail(options, "\"%s\" has no option --%s", options->command->name, row->name))
			options_hint_scope(options, row);
}

int options_parse(struct options *options, int argc, char **argv)
{
	static const struct dfut_match any = DFUT_MATCH_INIT;
	static const struct dfut_esp no_files = DFUT_ESP_INIT;
	static const struct dfut_nordic no_package = DFUT_NORDIC_INIT;
	struct words words = { argc > 0 ? argv + 1 : argv, false };

	memset(options, 0, sizeof(*options));
	options->match = any;
	options->esp_files = no_files;
	options->nordic_files = no_package;
	options->listen_port = USBIP_PORT;
	options->devices.items = calloc((size_t)argc + 1, sizeof(char *));
	options->sims.items = calloc((size_t)argc + 1, sizeof(char *));
	if (!options->devices.items || !options->sims.items)
		return DFUT_ERROR_NO_MEMORY;

	options->is_alone = !*words.next;
	if (options->is_alone)
		options->command = command_find("help");
	while (*words.next)
		take_word(options, &words);
	options_hint_stranger(options);
	check_scope(options);
	options_check(options);
	return options->error[0] ? DFUT_ERROR_USAGE : 0;
}

void options_free(struct options *options)
{
	free(options->devices.items);
	free(options->sims.items);
}

bool options_name_device(const struct options *options)
{
	const struct dfut_match *match = &options->match;

	return match->path || match->vendor_id != DFUT_MATCH_ANY || match->product_id != DFUT_MATCH_ANY ||
	       match->bootloader_vendor_id != DFUT_MATCH_ANY || match->bootloader_product_id != DFUT_MATCH_ANY;
}

static void print_row(FILE *file, const struct option_row *row)
{
	char head[80];
	int column = 0;

	if (row->letter)
		column = snprintf(head, sizeof(head), "  -%c, --%s", row->letter, row->name);
	else
		column = snprintf(head, sizeof(head), "      --%s", row->name);
	if (row->words && row->words[0] == '[')
		snprintf(head + column, sizeof(head) - (size_t)column, "[=%s", row->words + 1);
	else if (row->words)
		snprintf(head + column, sizeof(head) - (size_t)column, " %s", row->words);
	if (strlen(head) > 31)
		fprintf(file, "%s\n%32s%s\n", head, "", row->text);
	else
		fprintf(file, "%-32s%s\n", head, row->text);
}

void options_print(FILE *file, unsigned int commands)
{
	const struct option_row *row = NULL;

	for (size_t i = 0; (row = option_row_get(i)); i++)
		if ((row->commands == COMMAND_ALL) == (commands == COMMAND_ALL) && (row->commands & commands))
			print_row(file, row);
}
