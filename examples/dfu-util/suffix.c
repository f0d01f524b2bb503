/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* dfu-suffix: adds, checks and removes a suffix. */

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "container.h"
#include "exit-code.h"
#include "version.h"

#define VERSION_DFU 0x0100
#define VERSION_DFUSE 0x011a

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
	uint16_t vendor_id;
	uint16_t product_id;
	uint16_t release;
	long dfu_version;
	bool is_wrong;
};

static const struct option long_options[] = {
	{ "help", no_argument, NULL, 'h' },	    { "version", no_argument, NULL, 'V' },
	{ "check", required_argument, NULL, 'c' },  { "add", required_argument, NULL, 'a' },
	{ "delete", required_argument, NULL, 'D' }, { "pid", required_argument, NULL, 'p' },
	{ "vid", required_argument, NULL, 'v' },    { "did", required_argument, NULL, 'd' },
	{ "spec", required_argument, NULL, 'S' },   { NULL, 0, NULL, 0 },
};

static void print_help(void)
{
	fflush(stdout);
	fputs("Usage: dfu-suffix [options] ...\n"
	      "  -h --help\t\t\tPrint this list of options\n"
	      "  -V --version\t\t\tPrint the version\n"
	      "  -c --check <file>\t\tShow the DFU suffix of <file>\n"
	      "  -a --add <file>\t\tGive <file> a DFU suffix\n"
	      "  -D --delete <file>\t\tTake the DFU suffix of <file> away\n"
	      "  -p --pid <productID>\t\tProduct id that the suffix names\n"
	      "  -v --vid <vendorID>\t\tVendor id that the suffix names\n"
	      "  -d --did <deviceID>\t\tRelease of the device that the suffix names\n"
	      "  -S --spec <specID>\t\tVersion of DFU: 0100, or 011a for DfuSe files\n",
	      stderr);
}

static void take_file(struct request *request, enum task task, const char *path)
{
	request->task = task;
	request->path = path;
}

static uint16_t get_id(const char *text)
{
	return (uint16_t)strtol(text, NULL, 16);
}

static void take(struct request *request, int letter, const char *argument)
{
	switch (letter) {
	case 'c':
		take_file(request, TASK_CHECK, argument);
		break;
	case 'a':
		take_file(request, TASK_ADD, argument);
		break;
	case 'D':
		take_file(request, TASK_DELETE, argument);
		break;
	case 'p':
		request->product_id = get_id(argument);
		break;
	case 'v':
		request->vendor_id = get_id(argument);
		break;
	case 'd':
		request->release = get_id(argument);
		break;
	case 'S':
		request->dfu_version = strtol(argument, NULL, 16);
		break;
	default:
		request->is_wrong = true;
		break;
	}
}

static int parse(struct request *request, int argc, char **argv)
{
	int letter;

	while ((letter = getopt_long(argc, argv, "hVc:a:D:p:v:d:S:", long_options, NULL)) != -1) {
		if (letter == 'h' || letter == 'V') {
			request->task = letter == 'h' ? TASK_HELP : TASK_VERSION;
			return 0;
		}
		take(request, letter, optarg);
		if (request->is_wrong)
			return EXIT_CODE_USAGE;
	}
	if (!request->path)
		fprintf(stderr, "You need to specify a filename\n");
	else if (request->dfu_version != VERSION_DFU && request->dfu_version != VERSION_DFUSE)
		fprintf(stderr, "Only DFU specification 0x0100 and 0x011a supported\n");
	else
		return 0;
	return EXIT_CODE_USAGE;
}

static int add(struct container *container, struct words *words, const struct request *request)
{
	int exit_code;

	if (!container->no_suffix) {
		words_complain(words, "Please remove existing DFU suffix before adding a new one.");
		return EXIT_CODE_DATA;
	}
	container->vendor_id = request->vendor_id;
	container->product_id = request->product_id;
	container->release = request->release;
	container->dfu_version = (uint16_t)request->dfu_version;
	exit_code = container_save(container, words, container->prefix, true);
	if (exit_code == 0)
		words_say("Suffix successfully added to file\n");
	return exit_code;
}

static int check(const struct container *container, struct words *words)
{
	int exit_code = container_need_suffix(container, words);

	if (exit_code == 0)
		container_print(container);
	return exit_code;
}

static int remove_suffix(const struct container *container, struct words *words)
{
	int exit_code = container_need_suffix(container, words);

	if (exit_code == 0)
		exit_code = container_save(container, words, container->prefix, false);
	if (exit_code == 0)
		words_say("Suffix successfully removed from file\n");
	return exit_code;
}

static int run(struct container *container, struct words *words, const struct request *request)
{
	int exit_code = container_load(container, words, request->path);

	if (exit_code)
		return exit_code;
	switch (request->task) {
	case TASK_ADD:
		return add(container, words, request);
	case TASK_CHECK:
		return check(container, words);
	case TASK_DELETE:
		return remove_suffix(container, words);
	case TASK_HELP:
	case TASK_VERSION:
		break;
	}
	return EXIT_CODE_SOFTWARE;
}

int suffix_run(const char *name, int argc, char **argv)
{
	struct request request = { TASK_HELP, NULL, DFUT_ID_ANY, DFUT_ID_ANY, DFUT_ID_ANY, VERSION_DFU, false };
	struct container container = { 0 };
	struct words words;
	int exit_code;

	words_start(&words, name);
	version_print("dfu-suffix (dfu-util) 0.11", 3);
	fflush(stdout);
	exit_code = parse(&request, argc, argv);
	if (exit_code || request.task == TASK_HELP)
		print_help();
	else if (request.task != TASK_VERSION)
		exit_code = run(&container, &words, &request);
	container_free(&container);
	return fflush(stdout) != 0 && exit_code == 0 ? EXIT_CODE_IO : exit_code;
}
