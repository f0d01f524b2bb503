/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Which devices the command line means. */

#include "devices.h"

/* What is missing is what is waited for. */
static void print_wait(struct application *application)
{
	struct output *output = &application->output;
	const char *missing = dfut_context_get_error(application->context);

	if (output->json)
		output_json(output, json_pack("{s:s, s:s}", "event", "waiting", "message", missing));
	else if (!output->quiet)
		output_text(output, "waiting: %s\n", missing);
	fflush(output->text);
}

/* Only who has to wait is told so. */
static int wait_for_device(struct dfut_device **device, struct application *application, const struct dfut_match *match)
{
	int code = dfut_device_find(device, application->context, match);

	if (code != DFUT_ERROR_NOT_FOUND)
		return code;
	print_wait(application);
	return dfut_device_wait(device, application->context, match, application->options.wait_ms);
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

int devices_list(struct dfut_device_list **list, struct application *application)
{
	struct dfut_match match = application->options.match;

	match.alternate = application->options.alternate;
	return dfut_device_list_new(list, application->context, &match);
}

bool devices_is_shown(const struct application *application, const struct dfut_device *device)
{
	const struct options *options = &application->options;

	return options->all || options->verbosity > 0 || options_name_device(options) ||
	       dfut_device_get_mode(device) != DFUT_MODE_UNKNOWN;
}
