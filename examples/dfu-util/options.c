/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Options may stand anywhere; the last one of a kind counts. */

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exit-code.h"
#include "options.h"

#define FORCE 256

static const struct option long_options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "list", no_argument, NULL, 'l' },
	{ "detach", no_argument, NULL, 'e' },
	{ "detach-delay", required_argument, NULL, 'E' },
	{ "device", required_argument, NULL, 'd' },
	{ "devnum", required_argument, NULL, 'n' },
	{ "path", required_argument, NULL, 'p' },
	{ "cfg", required_argument, NULL, 'c' },
	{ "configuration", required_argument, NULL, 'c' },
	{ "intf", required_argument, NULL, 'i' },
	{ "interface", required_argument, NULL, 'i' },
	{ "serial", required_argument, NULL, 'S' },
	{ "alt", required_argument, NULL, 'a' },
	{ "altsetting", required_argument, NULL, 'a' },
	{ "transfer-size", required_argument, NULL, 't' },
	{ "upload", required_argument, NULL, 'U' },
	{ "upload-size", required_argument, NULL, 'Z' },
	{ "download", required_argument, NULL, 'D' },
	{ "reset", no_argument, NULL, 'R' },
	{ "wait", no_argument, NULL, 'w' },
	{ "dfuse-address", required_argument, NULL, 's' },
	{ "force", required_argument, NULL, FORCE },
	{ NULL, 0, NULL, 0 },
};

static int parse_number(long *number, struct words *words, const char *name, const char *text)
{
	char *end = NULL;

	errno = 0;
	*number = strtol(text, &end, 0);
	if (end != text && *end == '\0' && errno == 0 && *number >= 0 && *number <= INT_MAX)
		return 0;
	words_complain(words, "Something went wrong with the argument of --%s", name);
	return EXIT_CODE_USAGE;
}

static void parse_alternate(struct options *options, const char *text)
{
	char *end = NULL;

	options->alternate = (long)strtoul(text, &end, 0);
	options->alternate_name = NULL;
	if (*end == '\0')
		return;
	options->alternate_name = text;
	options->alternate = -1;
}

static int parse_serial_numbers(struct words *words, struct options *options, const char *text)
{
	char *comma;

	free(options->serial_number);
	options->serial_number = strdup(text);
	if (!options->serial_number) {
		words_complain(words, "%s", dfut_error_get_text(DFUT_ERROR_NO_MEMORY));
		return EXIT_CODE_SOFTWARE;
	}
	comma = strchr(options->serial_number, ',');
	if (comma)
		*comma = '\0';
	options->dfu_serial_number = comma ? comma + 1 : options->serial_number;
	return 0;
}

static int parse_force(struct options *options, struct words *words, const char *name)
{
	unsigned int check = dfut_check_from_name(name);

	options->force |= check;
	if (check)
		return 0;
	words_complain(words, "--force %s: there is no such check", name);
	return EXIT_CODE_USAGE;
}

static void set_file(struct options *options, enum mode mode, const char *file)
{
	options->mode = mode;
	options->file = file;
}

/* Options that a number or text goes with. */
static int take_argument(struct options *options, struct words *words, int letter, const char *argument)
{
	switch (letter) {
	case 'E':
		return parse_number(&options->detach_delay_s, words, "detach-delay", argument);
	case 'd':
		ids_parse(&options->ids, argument);
		return 0;
	case 'n':
		options->device_number = atoi(argument);
		return 0;
	case 'p':
		options->path = argument;
		return 0;
	case 'c':
		return parse_number(&options->configuration, words, "cfg", argument);
	case 'i':
		return parse_number(&options->interface, words, "intf", argument);
	case 'S':
		return parse_serial_numbers(words, options, argument);
	case 'a':
		parse_alternate(options, argument);
		return 0;
	case 't':
		return parse_number(&options->transfer_size, words, "transfer-size", argument);
	case 'Z':
		return parse_number(&options->upload_size, words, "upload-size", argument);
	case 'U':
		set_file(options, MODE_UPLOAD, argument);
		return 0;
	case 'D':
		set_file(options, MODE_DOWNLOAD, argument);
		return 0;
	case 's':
		options->dfuse = argument;
		return 0;
	case FORCE:
		return parse_force(options, words, argument);
	default:
		options_print_help();
		return EXIT_CODE_USAGE;
	}
}

static int take(struct options *options, struct words *words, int letter, const char *argument)
{
	switch (letter) {
	case 'V':
		options->mode = MODE_VERSION;
		return 0;
	case 'v':
		options->verbosity++;
		return 0;
	case 'l':
		options->mode = MODE_LIST;
		return 0;
	case 'e':
		options->mode = MODE_DETACH;
		return 0;
	case 'R':
	case 'Q':
		options->reset = true;
		return 0;
	case 'w':
		options->wait = true;
		return 0;
	default:
		return take_argument(options, words, letter, argument);
	}
}

static const struct options nothing_said = {
	.ids = IDS_INIT,
	.device_number = -1,
	.configuration = -1,
	.interface = -1,
	.alternate = -1,
	.detach_delay_s = -1,
	.transfer_size = -1,
	.upload_size = -1,
};

int options_parse(struct options *options, struct words *words, int argc, char **argv)
{
	int exit_code = 0;
	int letter;

	*options = nothing_said;
	while (exit_code == 0 &&
	       (letter = getopt_long(argc, argv, "hVvleE:d:p:c:i:a:S:t:U:D:RQs:Z:wn:", long_options, NULL)) != -1) {
		if (letter == 'h') {
			options->mode = MODE_HELP;
			return 0;
		}
		exit_code = take(options, words, letter, optarg);
	}
	if (exit_code)
		return exit_code;
	if (options->configuration == 0)
		options->configuration = -1;
	if (optind == argc)
		return 0;
	fprintf(stderr, "Error: Unexpected argument: %s\n\n", argv[optind]);
	options_print_help();
	return EXIT_CODE_USAGE;
}

void options_free(struct options *options)
{
	free(options->serial_number);
}
