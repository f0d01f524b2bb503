/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Which devices the command line means. */

#include <string.h>

#include "devices.h"

/* What is missing is what is waited for. */
static void print_wait(struct application *application, const char *missing)
{
	struct output *output = &application->output;

	if (output->json)
		output_json(output, json_pack("{s:s, s:n, s:s}", "event", "waiting", "device", "message", missing));
	else if (!output->quiet)
		output_text(output, "waiting: %s\n", missing);
	fflush(output->text);
}

static bool is_named(const struct options *options)
{
	return options_name_device(options) || options->match.serial_number || options->match.bootloader_serial_number;
}

/* Only who has to wait is told so: nothing is there, or something else than what the file is for. */
static int wait_for_device(struct dfut_device **device, struct application *application, const struct dfut_match *match)
{
	const struct options *options = &application->options;
	int code = dfut_device_find(device, application->context, match);

	if (code == DFUT_ERROR_NOT_FOUND)
		print_wait(application, dfut_context_get_error(application->context));
	else if (code == 0 && match->image && !is_named(options) &&
		 dfut_image_check(match->image, *device, options->alternate, options->force) < 0)
		print_wait(application, dfut_image_get_error(match->image));
	else
		return code;
	dfut_device_unref(*device);
	return dfut_device_wait(device, application->context, match, options->wait_ms);
}

int devices_find(struct dfut_device **device, struct application *application, const struct dfut_image *image)
{
	const struct options *options = &application->options;
	struct dfut_match match = options->match;

	match.alternate = options->alternate;
	match.image = image;
	match.force = options->force;
	if (!options_has(options, "wait"))
		return dfut_device_find(device, application->context, &match);
	return wait_for_device(device, application, &match);
}

static bool is_anything_there(const struct application *application)
{
	struct dfut_device_list *list = NULL;
	bool is_there = dfut_device_list_new(&list, application->context, NULL) == 0 &&
			dfut_device_list_get_count(list);

	dfut_device_list_free(list);
	return is_there;
}

/* The library knows no command line. */
static const char *get_options_that_help(const struct application *application, int code)
{
	const struct options *options = &application->options;

	if (code == DFUT_ERROR_AMBIGUOUS)
		return ": -p, -S, -d";
	/* Something could not be looked at. */
	if (code == DFUT_ERROR_TIMEOUT && !options_has(options, "wait"))
		return ": -p, -d";
	if (!is_anything_there(application))
		return NULL;
	if (is_named(options))
		return " (-d APP,BOOT; -S APP,BOOT); \"dfutrigger list --all\" shows what is there";
	return ": -d, -p, -S; its way in: --how, --touch, --control, --feature-report, --output-report; "
	       "\"dfutrigger list --all\" shows what is there";
}

int devices_fail(struct application *application, int code)
{
	char text[1000], hint[1500];
	const char *more;

	if (code != DFUT_ERROR_AMBIGUOUS && code != DFUT_ERROR_NOT_FOUND && code != DFUT_ERROR_TIMEOUT)
		return application_fail(application, code);
	snprintf(text, sizeof(text), "%s", dfut_context_get_error(application->context));
	snprintf(hint, sizeof(hint), "%s", dfut_context_get_hint(application->context));
	more = get_options_that_help(application, code);
	if (more)
		snprintf(hint + strlen(hint), sizeof(hint) - strlen(hint), "%s", more);
	return application_fail_text(application, code, hint, "%s", text);
}

const char *devices_explain_none(struct application *application)
{
	struct dfut_device *device = NULL;
	int code = is_named(&application->options) ?
			   dfut_device_find(&device, application->context, &application->options.match) :
			   0;

	dfut_device_unref(device);
	return code == DFUT_ERROR_NOT_FOUND ? dfut_context_get_error(application->context) : NULL;
}

int devices_list(struct dfut_device_list **list, struct application *application)
{
	struct dfut_match match = application->options.match;

	match.alternate = application->options.alternate;
	return dfut_device_list_new(list, application->context, &match);
}

bool devices_is_shown(const struct application *application, const struct dfut_device *device)
{
	const struct options *options = &application->options;

	/* One that is not configured can't show what it is. */
	return options->all || options->verbosity > 0 || options_name_device(options) ||
	       dfut_device_get_mode(device) != DFUT_MODE_UNKNOWN || !dfut_device_get_configuration(device);
}
