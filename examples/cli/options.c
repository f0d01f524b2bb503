/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The command line. */

#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "options-own.h"

/* Registered for usbip */
#define USBIP_PORT 3240

void options_fail(struct options *options, const char *text, ...)
{
	va_list arguments;

	/* What follows the first error is often only its consequence. */
	if (options->error[0])
		return;
	va_start(arguments, text);
	vsnprintf(options->error, sizeof(options->error), text, arguments);
	va_end(arguments);
}

/* Long options without a letter are told apart by values that no letter has. */
#define FIRST_VALUE 256

/* A leading '-' hands over operands in order, so that options may come before and after the command, whatever
 * POSIXLY_CORRECT says. */
static void build_tables(char *letters, struct option *longs)
{
	const struct option_row *row = NULL;

	*letters++ = '-';
	*letters++ = ':';
	for (size_t i = 0; (row = option_row_get(i)); i++) {
		longs[i].name = row->name;
		longs[i].has_arg = no_argument;
		if (row->words)
			longs[i].has_arg = row->words[0] == '[' ? optional_argument : required_argument;
		longs[i].flag = NULL;
		longs[i].val = FIRST_VALUE + (int)i;
		if (!row->letter)
			continue;
		*letters++ = row->letter;
		if (row->words)
			*letters++ = ':';
	}
	*letters = '\0';
}

/* Its index, OPTIONS_LIMIT if there is none. */
static size_t find_row(int value)
{
	const struct option_row *row = NULL;

	if (value >= FIRST_VALUE)
		return (size_t)(value - FIRST_VALUE);
	for (size_t i = 0; (row = option_row_get(i)); i++)
		if (row->letter && row->letter == value)
			return i;
	return OPTIONS_LIMIT;
}

static void take_operand(struct options *options, const char *text)
{
	if (!options->command) {
		options->command = command_find(text);
		if (!options->command)
			options_fail(options, "unknown command \"%s\"", text);
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

/* An argument that may be left out must be joined by '='; here it may also follow, if it can be nothing else. */
static char *find_loose_argument(const struct option_row *row, char **argv, int argc)
{
	uint16_t ids[3];

	if (optarg || !row->words || row->words[0] != '[' || optind >= argc)
		return optarg;
	return strchr(argv[optind], ':') && option_parse_suffix_ids(argv[optind], ids) ? argv[optind++] : NULL;
}

static void take_option(struct options *options, size_t index, int argc, char **argv)
{
	const struct option_row *row = option_row_get(index);

	if (options->given[index] < UCHAR_MAX)
		options->given[index]++;
	option_row_apply(row, options, find_loose_argument(row, argv, argc));
}

static void take_word(struct options *options, int value, int argc, char **argv)
{
	size_t index = find_row(value);

	if (value == 1)
		take_operand(options, optarg);
	else if (value == ':')
		options_fail(options, "%s needs an argument", argv[optind - 1]);
	else if (index < OPTIONS_LIMIT)
		take_option(options, index, argc, argv);
	else if (optopt >= FIRST_VALUE)
		options_fail(options, "--%s takes no argument", option_row_get(find_row(optopt))->name);
	else if (optopt)
		options_fail(options, "unknown option -%c", optopt);
	else
		options_fail(options, "unknown option %s", argv[optind - 1]);
}

static void check_scope(struct options *options)
{
	const struct option_row *row = NULL;

	for (size_t i = 0; options->command && (row = option_row_get(i)); i++)
		if (options->given[i] && !(row->commands & (unsigned int)options->command->bit))
			options_fail(options, "\"%s\" has no option --%s", options->command->name, row->name);
}

int options_parse(struct options *options, int argc, char **argv)
{
	static const struct dfut_match any = DFUT_MATCH_INIT;
	static const struct dfut_esp no_files = DFUT_ESP_INIT;
	static const struct dfut_nordic no_package = DFUT_NORDIC_INIT;
	char letters[2 * OPTIONS_LIMIT + 3];
	struct option longs[OPTIONS_LIMIT + 1];
	int value = 0;

	memset(options, 0, sizeof(*options));
	memset(longs, 0, sizeof(longs));
	options->match = any;
	options->esp_files = no_files;
	options->nordic_files = no_package;
	options->listen_port = USBIP_PORT;
	options->devices.items = calloc((size_t)argc + 1, sizeof(char *));
	options->sims.items = calloc((size_t)argc + 1, sizeof(char *));
	if (!options->devices.items || !options->sims.items)
		return DFUT_ERROR_NO_MEMORY;

	build_tables(letters, longs);
	opterr = 0;
	while ((value = getopt_long(argc, argv, letters, longs, NULL)) != -1)
		take_word(options, value, argc, argv);
	while (optind < argc)
		take_operand(options, argv[optind++]);
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
