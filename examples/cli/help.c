/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* help, --help and --version. */

#include <string.h>

#include "application.h"
#include "exit-code.h"
#include "help.h"
#include "options-rows.h"

static void print_overview(FILE *file)
{
	const struct command *command = NULL;

	fputs("usage: dfutrigger [OPTIONS] COMMAND [OPTIONS]\n"
	      "Brings a USB device into its bootloader and puts firmware into it.\n\ncommands:\n",
	      file);
	for (size_t i = 0; (command = command_get(i)); i++)
		fprintf(file, "  %-8s %-15s %s\n", command->name, command->operands, command->summary);
	fputs("\noptions of every command:\n", file);
	options_print(file, COMMAND_ALL);
	fputs("\n\"dfutrigger help COMMAND\" shows the others, \"dfutrigger help exit-codes\" the exit codes.\n", file);
}

void help_print(FILE *file, const struct command *command)
{
	if (!command) {
		print_overview(file);
		return;
	}
	fprintf(file, "usage: dfutrigger %s [OPTIONS]%s%s\n%c%s.\n%s", command->name, command->operands[0] ? " " : "",
		command->operands, command->summary[0] - 'a' + 'A', command->summary + 1, command->text);
	fputs("\noptions:\n", file);
	options_print(file, (unsigned int)command->bit);
	fputs("\noptions of every command:\n", file);
	options_print(file, COMMAND_ALL);
}

void help_print_version(FILE *file)
{
	fprintf(file, "dfutrigger %d.%d.%d (libdfutrigger %s)\n", DFUT_VERSION_MAJOR, DFUT_VERSION_MINOR,
		DFUT_VERSION_PATCH, dfut_get_version());
}

static int fail_command(struct application *application, const char *name)
{
	struct options *options = &application->options;

	options_hint_command(options, name);
	return application_fail_text(application, DFUT_ERROR_USAGE, options->hint, "unknown command \"%s\"", name);
}

int command_help_run(struct application *application)
{
	const struct options *options = &application->options;
	const struct command *command = NULL;

	if (options->operand_count && strcmp(options->operands[0], "exit-codes") == 0) {
		exit_code_print_all(stdout);
		return 0;
	}
	if (options->operand_count) {
		command = command_find(options->operands[0]);
		if (!command)
			return fail_command(application, options->operands[0]);
	}
	help_print(stdout, command);
	return 0;
}
