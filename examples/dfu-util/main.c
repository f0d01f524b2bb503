/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A program in the place of dfu-util, dfu-suffix and dfu-prefix: which of them, its own name says. */

#include <stdio.h>
#include <string.h>

#include "container.h"
#include "exit-code.h"
#include "program.h"
#include "version.h"

static const char *get_base_name(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash ? slash + 1 : path ? path : "dfu-util";
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text);

	return length >= strlen(end) && strcmp(text + length - strlen(end), end) == 0;
}

static int run(struct program *program)
{
	const struct options *options = &program->options;

	if (options->mode == MODE_HELP) {
		options_print_help();
		return EXIT_CODE_DONE;
	}
	version_print("dfu-util 0.11", 4);
	if (options->mode == MODE_VERSION)
		return EXIT_CODE_DONE;
	if (options->mode == MODE_LIST)
		return list_run(program);
	if (options->mode == MODE_NONE && !options->dfuse) {
		fflush(stdout);
		fprintf(stderr, "You need to specify one of -D or -U\n");
		options_print_help();
		return EXIT_CODE_USAGE;
	}
	return job_run(program);
}

static int run_dfu_util(const char *name, int argc, char **argv)
{
	struct program program = { 0 };
	int exit_code;

	words_start(&program.words, name);
	exit_code = options_parse(&program.options, &program.words, argc, argv);
	if (exit_code == 0)
		exit_code = run(&program);
	options_free(&program.options);
	bus_close(&program.bus);
	/* A full disk behind the standard output shows only now. */
	return fflush(stdout) != 0 && exit_code == 0 ? EXIT_CODE_IO : exit_code;
}

int main(int argc, char **argv)
{
	const char *name = get_base_name(argv[0]);

	if (ends_with(name, "dfu-suffix"))
		return suffix_run(name, argc, argv);
	if (ends_with(name, "dfu-prefix"))
		return prefix_run(name, argc, argv);
	return run_dfu_util(name, argc, argv);
}
