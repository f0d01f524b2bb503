/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* dfu-prefix: adds, checks and removes the prefix of TI's or NXP's bootloaders. */

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "container.h"
#include "exit-code.h"
#include "version.h"

enum task {
	TASK_HELP = 0,
	TASK_VERSION,
	TASK_ADD,
	TASK_CHECK,
	TASK_DELETE,
};

struct request {
	enum task task;
	const char *path;
	enum prefix prefix;
	uint32_t address;
};

static const struct option long_options[] = {
	{ "help", no_argument, NULL, 'h' },	    { "version", no_argument, NULL, 'V' },
	{ "check", required_argument, NULL, 'c' },  { "add", required_argument, NULL, 'a' },
	{ "delete", required_argument, NULL, 'D' }, { "stellaris-address", required_argument, NULL, 's' },
	{ "stellaris", no_argument, NULL, 'T' },    { "lpc-prefix", no_argument, NULL, 'L' },
	{ "LPC", no_argument, NULL, 'L' },	    { NULL, 0, NULL, 0 },
};

static void print_help(void)
{
	fflush(stdout);
	fputs("Usage: dfu-prefix [options] ...\n"
	      "  -h --help\t\t\tPrint this list of options\n"
	      "  -V --version\t\t\tPrint the version\n"
	      "  -c --check <file>\t\tShow the prefix of <file>\n"
	      "  -D --delete <file>\t\tTake the prefix of <file> away\n"
	      "  -a --add <file>\t\tGive <file> a prefix\n"
	      "With -a:\n"
	      "  -s --stellaris-address <address>  A prefix of TI Stellaris, with this address\n"
	      "With -D or -c:\n"
	      "  -T --stellaris\t\tOnly a prefix of TI Stellaris\n"
	      "With -a, -D or -c:\n"
	      "  -L --lpc-prefix\t\tA prefix of NXP LPC, or only such a one\n",
	      stderr);
}

static int take_address(struct request *request, struct words *words, const char *text)
{
	char *end = NULL;

	request->prefix = PREFIX_STELLARIS;
	request->address = (uint32_t)strtoul(text, &end, 0);
	if (*end == '\0')
		return 0;
	words_complain(words, "Invalid lmdfu address: %s", text);
	return EXIT_CODE_USAGE;
}

static void take_file(struct request *request, enum task task, const char *path)
{
	request->task = task;
	request->path = path;
}

static int take(struct request *request, struct words *words, int letter, const char *argument)
{
	switch (letter) {
	case 'c':
		take_file(request, TASK_CHECK, argument);
		return 0;
	case 'a':
		take_file(request, TASK_ADD, argument);
		return 0;
	case 'D':
		take_file(request, TASK_DELETE, argument);
		return 0;
	case 's':
		return take_address(request, words, argument);
	case 'T':
		request->prefix = PREFIX_STELLARIS;
		return 0;
	case 'L':
		request->prefix = PREFIX_LPC;
		return 0;
	default:
		print_help();
		return EXIT_CODE_USAGE;
	}
}

static int parse(struct request *request, struct words *words, int argc, char **argv)
{
	int exit_code = 0;
	int letter;

	while (exit_code == 0 && (letter = getopt_long(argc, argv, "hVc:a:D:s:TL", long_options, NULL)) != -1) {
		if (letter == 'h' || letter == 'V') {
			request->task = letter == 'h' ? TASK_HELP : TASK_VERSION;
			return 0;
		}
		exit_code = take(request, words, letter, optarg);
	}
	if (exit_code || request->path)
		return exit_code;
	fprintf(stderr, "You need to specify a filename\n");
	print_help();
	return EXIT_CODE_USAGE;
}

static int add(struct container *container, struct words *words, const struct request *request)
{
	container_warn(container, words);
	if (container->prefix != PREFIX_NONE) {
		words_complain(words, "A prefix already exists, please delete it first");
		return EXIT_CODE_DATA;
	}
	container->address = request->address;
	words_say("Adding prefix to file\n");
	return container_save(container, words, request->prefix, !container->no_suffix);
}

static int need_prefix(const struct container *container, struct words *words, const struct request *request)
{
	if (request->prefix == PREFIX_NONE || container->prefix == request->prefix)
		return 0;
	words_complain(words, "No prefix of requested type");
	return EXIT_CODE_DATA;
}

static int check(const struct container *container, struct words *words, const struct request *request)
{
	container_warn(container, words);
	container_print(container);
	return need_prefix(container, words, request);
}

static int remove_prefix(const struct container *container, struct words *words, const struct request *request)
{
	int exit_code;

	container_warn(container, words);
	if (container->prefix == PREFIX_NONE) {
		words_complain(words, "Valid DFU prefix needed");
		return EXIT_CODE_DATA;
	}
	exit_code = need_prefix(container, words, request);
	if (exit_code)
		return exit_code;
	words_say("Removing prefix from file\n");
	return container_save(container, words, PREFIX_NONE, !container->no_suffix);
}

static int run(struct container *container, struct words *words, const struct request *request)
{
	int exit_code;

	if (request->task == TASK_ADD && request->prefix == PREFIX_NONE) {
		words_complain(words, "Prefix type must be specified");
		return EXIT_CODE_USAGE;
	}
	exit_code = container_load(container, words, request->path);
	if (exit_code)
		return exit_code;
	switch (request->task) {
	case TASK_ADD:
		return add(container, words, request);
	case TASK_CHECK:
		return check(container, words, request);
	case TASK_DELETE:
		return remove_prefix(container, words, request);
	case TASK_HELP:
	case TASK_VERSION:
		break;
	}
	return EXIT_CODE_SOFTWARE;
}

int prefix_run(const char *name, int argc, char **argv)
{
	struct request request = { TASK_HELP, NULL, PREFIX_NONE, 0 };
	struct container container = { 0 };
	struct words words;
	int exit_code;

	words_start(&words, name);
	version_print("dfu-prefix (dfu-util) 0.11", 3);
	fflush(stdout);
	exit_code = parse(&request, &words, argc, argv);
	if (exit_code == 0 && request.task == TASK_HELP)
		print_help();
	else if (exit_code == 0 && request.task != TASK_VERSION)
		exit_code = run(&container, &words, &request);
	container_free(&container);
	return fflush(stdout) != 0 && exit_code == 0 ? EXIT_CODE_IO : exit_code;
}
