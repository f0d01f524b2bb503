/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* help, --help and --version. */

#include <string.h>

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
	fputs("\n\"dfutrigger help COMMAND\" shows the others; \"dfutrigger help exit-codes\", \"formats\" and \"families\" show those.\n",
	      file);
}

static void print_command(FILE *file, const struct command *command)
{
	fprintf(file, "usage: dfutrigger %s [OPTIONS]%s%s\n%c%s.\n%s", command->name, command->operands[0] ? " " : "",
		command->operands, command->summary[0] - 'a' + 'A', command->summary + 1, command->text);
	fputs("\noptions:\n", file);
	options_print(file, (unsigned int)command->bit);
	fputs("\noptions of every command:\n", file);
	options_print(file, COMMAND_ALL);
}

static int show_json(struct application *application, json_t *value)
{
	return exit_code_get(output_json(&application->output, value), 0);
}

int help_show(struct application *application, const struct command *command)
{
	if (application->output.json)
		return show_json(application, help_new_json(command));
	if (command)
		print_command(stdout, command);
	else
		print_overview(stdout);
	return 0;
}

int help_show_version(struct application *application)
{
	if (application->output.json)
		return show_json(application, help_new_json_version());
	printf("dfutrigger %d.%d.%d (libdfutrigger %s)\n", DFUT_VERSION_MAJOR, DFUT_VERSION_MINOR, DFUT_VERSION_PATCH,
	       dfut_get_version());
	return 0;
}

/* As "raw           Plain binary; written, with a DFU suffix" */
static void print_formats(FILE *file)
{
	const char *name;

	for (size_t i = 0; (name = dfut_format_get_name(i)); i++) {
		unsigned int traits = dfut_format_get_traits(name);

		fprintf(file, "%-17s %s%s%s%s\n", name, dfut_format_get_text(name),
			traits & DFUT_FORMAT_WRITTEN ? "; pack --format writes it" : "",
			traits & DFUT_FORMAT_SUFFIX ? "; may have a DFU suffix" : "",
			traits & DFUT_FORMAT_ADDRESSES ? "; has addresses" : "");
	}
}

static void print_families(FILE *file)
{
	for (size_t i = 0; dfut_family_get_name(i); i++)
		fprintf(file, "%s\n", dfut_family_get_name(i));
}

static void print_exit_codes(FILE *file)
{
	const char *text;
	int exit_code;

	for (size_t i = 0; (text = exit_code_get_row(i, &exit_code)); i++)
		fprintf(file, "%3d  %s\n", exit_code, text);
}

/** What help explains besides commands. */
static const struct {
	const char *name;
	void (*print)(FILE *file);
	json_t *(*new_json)(void);
} topics[] = {
	{ "exit-codes", print_exit_codes, help_new_json_exit_codes },
	{ "formats", print_formats, help_new_json_formats },
	{ "families", print_families, help_new_json_families },
};

const char *help_get_topic(size_t index)
{
	return index < sizeof(topics) / sizeof(topics[0]) ? topics[index].name : NULL;
}

static int fail_command(struct application *application, const char *name)
{
	struct options *options = &application->options;

	options_hint_command(options, name);
	return application_fail_text(application, DFUT_ERROR_USAGE, options->hint, "unknown command \"%s\"", name);
}

static int show_topic(struct application *application, size_t index)
{
	if (application->output.json)
		return show_json(application, topics[index].new_json());
	topics[index].print(stdout);
	return 0;
}

int command_help_run(struct application *application)
{
	const struct options *options = &application->options;
	const struct command *command = options->operand_count ? command_find(options->operands[0]) : NULL;
	int exit_code;

	for (size_t i = 0; options->operand_count && help_get_topic(i); i++)
		if (strcmp(options->operands[0], help_get_topic(i)) == 0)
			return show_topic(application, i);
	if (options->operand_count && !command)
		return fail_command(application, options->operands[0]);
	exit_code = help_show(application, command);
	/* Who writes nothing else wants to know what there is. */
	if (options->is_alone)
		command_list_glance(application);
	return exit_code;
}
