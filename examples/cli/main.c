/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* dfutrigger: the command. Everything that it can do, the library does. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "application.h"
#include "exit-code.h"
#include "help.h"
#include "json.h"
#include "names.h"
#include "system.h"

#define FOREIGN_COMMANDS (COMMAND_SIM | COMMAND_IMPORT | COMMAND_EXPORT | COMMAND_HELP | COMMAND_COMPLETE)
#define LIBRARY_COMMANDS (COMMAND_ALL & ~(unsigned int)FOREIGN_COMMANDS)
#define BUS_COMMANDS (COMMAND_JOBS | COMMAND_LIST | COMMAND_DOCTOR | COMMAND_REPORT)

int application_fail(struct application *application, int code)
{
	struct failure failure = { code, dfut_context_get_failed_check(application->context),
				   dfut_context_get_error(application->context),
				   dfut_context_get_hint(application->context) };

	return output_failure(&application->output, &failure);
}

int application_fail_image(struct application *application, const struct dfut_image *image, int code)
{
	struct failure failure = { code, dfut_image_get_failed_check(image), dfut_image_get_error(image),
				   dfut_image_get_hint(image) };

	return output_failure(&application->output, &failure);
}

int application_fail_text(struct application *application, int code, const char *hint, const char *text, ...)
{
	char message[1000];
	struct failure failure = { code, 0, message, hint ? hint : "" };
	va_list arguments;

	va_start(arguments, text);
	vsnprintf(message, sizeof(message), text, arguments);
	va_end(arguments);
	return output_failure(&application->output, &failure);
}

int application_fail_file(struct application *application, const char *path, int error)
{
	int code = DFUT_ERROR_IO;

	if (error == EEXIST)
		return application_fail_text(application, DFUT_ERROR_USAGE, "--overwrite replaces it",
					     "%s: the file exists already", path);
	if (error == EACCES || error == EPERM || error == EROFS)
		code = DFUT_ERROR_ACCESS;
	if (error == ENOMEM)
		code = DFUT_ERROR_NO_MEMORY;
	if (error == ENOENT)
		code = DFUT_ERROR_NOT_FOUND;
	return application_fail_text(application, code, NULL, "%s: %s", path, strerror(error));
}

static void handle_log(enum dfut_log_level level, const char *text, void *user_data)
{
	static const char *const names[] = { "error", "warning", "info", "debug" };

	output_error_text(user_data, "%s: %s\n", names[level], text);
}

static void set_up_output(struct application *application)
{
	const struct options *options = &application->options;
	struct output *output = &application->output;

	output->json = options->json;
	output->quiet = options->quiet;
	output->text = stdout;
	if (!options->command)
		return;
	if (options->command->bit == COMMAND_UPLOAD && options->operand_count && strcmp(options->operands[0], "-") == 0)
		output->text = stderr;
}

/* What may be meant by the name of a virtual device, or who tells its options. */
int application_fail_sim(struct application *application, int code, const char *spec, const char *text)
{
	int length = (int)strcspn(spec, ":");
	/* Most texts begin with the device's name, which is the spec's beginning. */
	bool is_named = strncmp(text, spec, (size_t)length) == 0 && text[length] == ':';
	char hint[200] = "\"dfutrigger sim\" shows the virtual devices";
	struct near near;

	if (code != DFUT_ERROR_NOT_FOUND)
		snprintf(hint, sizeof(hint), "\"dfutrigger sim %.*s --help\" shows its options", length, spec);
	else if (names_find_near(NAMES_SIMS, spec, (size_t)length, &near))
		snprintf(hint, sizeof(hint), "did you mean %s? \"dfutrigger sim\" shows the virtual devices",
			 near.name);
	return application_fail_text(application, code, hint, "%s%s%s", is_named ? "" : spec, is_named ? "" : ": ",
				     text);
}

int application_open_virtual_bus(struct application *application)
{
	const char *failed = NULL;
	int code = virtual_bus_open(&application->virtual_bus, &application->options, &failed);

	if (code == 0)
		return 0;
	if (!failed)
		return application_fail_text(application, code, NULL, "%s", dfut_error_get_text(code));
	return application_fail_sim(application, code, failed, dfut_sim_get_error(application->virtual_bus.sim));
}

static int add_virtual_bus(struct application *application)
{
	struct dfut_sim *sim = application->virtual_bus.sim;
	int code = sim ? dfut_sim_add_to_context(sim, application->context) : 0;

	return code < 0 ? application_fail_text(application, code, NULL, "%s", dfut_sim_get_error(sim)) : 0;
}

static int start_record(struct application *application)
{
	const struct options *options = &application->options;
	unsigned int flags = (options->record_data ? DFUT_RECORD_DATA : 0) |
			     (options->record_plain ? DFUT_RECORD_PLAIN : 0);
	int code = options->record ? dfut_context_record(application->context, options->record, flags) : 0;

	application->is_recorded = options->record && code == 0;
	return code < 0 ? application_fail(application, code) : 0;
}

/* What was done is told by then. The first failure is the one that the command ends with, and has the last result. */
static int fail_late(struct application *application, int exit_code, int code, const char *text)
{
	struct failure failure = { code, 0, text, "" };

	output_error_text(&application->output, "dfutrigger: %s\n", text);
	if (exit_code)
		return exit_code;
	return application->output.json ? output_failure(&application->output, &failure) : exit_code_get(code, 0);
}

static int end_record(struct application *application, int exit_code)
{
	int code = application->is_recorded ? dfut_context_end_record(application->context) : 0;

	if (code == 0)
		return exit_code;
	return fail_late(application, exit_code, code, dfut_context_get_error(application->context));
}

static int save_sim_record(struct application *application, int exit_code)
{
	const struct options *options = &application->options;
	char text[1000];
	int code;

	if (virtual_bus_save_record(&application->virtual_bus, options))
		return exit_code;
	code = errno == ENOMEM ? DFUT_ERROR_NO_MEMORY : DFUT_ERROR_IO;
	snprintf(text, sizeof(text), "%s: %s", options->sim_record, strerror(errno));
	return fail_late(application, exit_code, code, text);
}

/* Of a bootloader, if ids of one were given. */
static int set_protocol(struct application *application)
{
	const struct options *options = &application->options;
	const struct dfut_match *match = &options->match;
	bool has_bootloader = match->bootloader_vendor_id != DFUT_MATCH_ANY ||
			      match->bootloader_product_id != DFUT_MATCH_ANY;
	int code;

	if (!options->protocol)
		return 0;
	code = dfut_context_set_protocol(application->context,
					 has_bootloader ? match->bootloader_vendor_id : match->vendor_id,
					 has_bootloader ? match->bootloader_product_id : match->product_id,
					 options->protocol, options->protocol_interface);
	return code < 0 ? application_fail(application, code) : 0;
}

int application_open_context(struct application *application)
{
	const struct options *options = &application->options;
	int code = dfut_context_new(&application->context);

	if (code < 0)
		return application_fail_text(application, code, NULL, "%s", dfut_error_get_text(code));
	if (options->verbosity > 0)
		dfut_context_set_log_handler(application->context,
					     options->verbosity > 1 ? DFUT_LOG_DEBUG : DFUT_LOG_INFO, handle_log,
					     &application->output);
	return 0;
}

int application_open_buses(struct application *application)
{
	const struct options *options = &application->options;
	int exit_code;

	for (size_t i = 0; i < options->devices.count; i++) {
		int code = dfut_context_load_devices(application->context, options->devices.items[i]);

		if (code < 0)
			return application_fail(application, code);
	}
	exit_code = set_protocol(application);
	if (!exit_code)
		exit_code = start_record(application);
	if (exit_code)
		return exit_code;
	exit_code = application_open_virtual_bus(application);
	return exit_code ? exit_code : add_virtual_bus(application);
}

static int close_application(struct application *application, int exit_code)
{
	const struct options *options = &application->options;
	const char *difference = virtual_bus_find_difference(&application->virtual_bus, options);
	int code;

	if (difference)
		output_error_text(&application->output, "dfutrigger: %s\n", difference);
	exit_code = save_sim_record(application, exit_code);
	exit_code = end_record(application, exit_code);
	dfut_context_free(application->context);
	code = virtual_bus_save_states(&application->virtual_bus);
	if (code < 0)
		exit_code = fail_late(application, exit_code, code, dfut_sim_get_error(application->virtual_bus.sim));
	virtual_bus_close(&application->virtual_bus);
	options_free(&application->options);
	return output_finish(&application->output, exit_code);
}

static int run(struct application *application)
{
	const struct command *command = application->options.command;
	int exit_code = 0;

	if (command->bit & LIBRARY_COMMANDS)
		exit_code = application_open_context(application);
	if (exit_code == 0 && command->bit & BUS_COMMANDS)
		exit_code = application_open_buses(application);
	json_watch_memory();
	return exit_code ? exit_code : command->run(application);
}

static int fail_options(struct application *application, int code)
{
	const struct options *options = &application->options;
	const char *between = options->hint[0] ? " " : "";
	char hint[400];

	if (code != DFUT_ERROR_USAGE)
		return application_fail_text(application, code, NULL, "%s", dfut_error_get_text(code));
	if (options->command)
		snprintf(hint, sizeof(hint), "%s%s\"dfutrigger %s --help\" explains the command and its options",
			 options->hint, between, options->command->name);
	else
		snprintf(hint, sizeof(hint), "%s%s\"dfutrigger help\" shows the commands", options->hint, between);
	return application_fail_text(application, code, hint, "%s", options->error);
}

int main(int argc, char **argv)
{
	static struct application application;
	int exit_code = 0;
	int code;

	if (!system_begin())
		return exit_code_get(DFUT_ERROR_IO, 0);
	code = options_parse(&application.options, argc, argv);
	set_up_output(&application);
	if (code < 0)
		exit_code = fail_options(&application, code);
	else if (application.options.version)
		exit_code = help_show_version(&application);
	else if (application.options.help && application.options.command &&
		 application.options.command->bit == COMMAND_SIM && application.options.sims.count)
		exit_code = command_sim_explain(&application);
	else if (application.options.help)
		exit_code = help_show(&application, application.options.command);
	else
		exit_code = run(&application);
	return close_application(&application, exit_code);
}
