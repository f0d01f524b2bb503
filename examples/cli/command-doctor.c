/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* dfutrigger doctor */

#include "describe.h"
#include "devices.h"
#include "exit-code.h"
#include "outlook.h"

/** The whole finding. */
struct finding {
	size_t examined;
	size_t usable;
	int first_problem; /**< 0 or a negative enum dfut_error */
	json_t *devices;   /**< NULL without --json */
};

static bool is_known(const struct dfut_device *device)
{
	return dfut_device_get_mode(device) != DFUT_MODE_UNKNOWN;
}

static json_t *new_problem(const struct dfut_context *context, int code)
{
	struct failure failure = { code, 0, dfut_context_get_error(context), dfut_context_get_hint(context) };

	return code < 0 ? output_new_failure_json(&failure) : json_null();
}

static void print_help(struct output *output, const char *help)
{
	output_text(output, "         note: %s\n", help);
}

static void print_device(struct application *application, const struct dfut_device *device, int code)
{
	struct output *output = &application->output;

	if (code == 0)
		output_text(output, "         it can be opened\n");
	else
		output_text(output, "         it can't be used: %s\n", dfut_context_get_error(application->context));
	/* Also of what can be opened, its bootloader may not. */
	if (dfut_context_get_hint(application->context)[0])
		output_text(output, "         hint: %s\n", dfut_context_get_hint(application->context));
	for (size_t i = 0; dfut_device_get_help(device, i); i++)
		print_help(output, dfut_device_get_help(device, i));
}

static json_t *new_help(const struct dfut_device *device)
{
	json_t *array = json_array();

	for (size_t i = 0; dfut_device_get_help(device, i); i++)
		json_array_append_new(array, new_json_text(dfut_device_get_help(device, i)));
	return array;
}

/* What is not there can't be looked at, but how to make it show may be known. */
static void print_absent(struct application *application)
{
	const struct dfut_match *match = &application->options.match;
	const char *missing = devices_explain_none(application);
	const char *help = NULL;

	output_text(&application->output, "%s\n", missing ? missing : "no such device is plugged in");
	if (match->vendor_id == DFUT_MATCH_ANY || match->product_id == DFUT_MATCH_ANY)
		return;
	for (size_t i = 0; (help = dfut_context_get_help(application->context, (uint16_t)match->vendor_id,
							 (uint16_t)match->product_id, i));
	     i++)
		print_help(&application->output, help);
}

static void examine(struct application *application, struct finding *finding, struct dfut_device *device)
{
	int code;

	/* What follows has the context's words to itself. */
	if (!finding->devices) {
		describe_headline(&application->output, device);
		describe_details(&application->output, device, application->options.verbosity > 0);
		outlook_print(&application->output, device);
	}
	code = dfut_device_diagnose(device);
	finding->examined++;
	finding->usable += code == 0;
	if (code < 0 && finding->first_problem == 0)
		finding->first_problem = code;
	if (finding->devices) {
		json_t *object = describe_new_json(device);
		json_t *outlook;

		json_object_set_new(object, "known", json_boolean(is_known(device)));
		json_object_set_new(object, "usable", json_boolean(code == 0));
		json_object_set_new(object, "problem", new_problem(application->context, code));
		json_object_set_new(object, "hint", new_json_text(dfut_context_get_hint(application->context)));
		json_object_set_new(object, "notes", new_help(device));
		outlook = outlook_new_json(device);
		application->output.is_cut = application->output.is_cut || !outlook;
		json_object_update(object, outlook);
		json_decref(outlook);
		json_array_append_new(finding->devices, object);
		return;
	}
	print_device(application, device, code);
}

static size_t count_buses(const struct dfut_device_list *list)
{
	size_t count = dfut_device_list_get_count(list);
	size_t buses = 0;

	for (size_t i = 0; i < count; i++) {
		unsigned int bus = dfut_device_get_bus_number(dfut_device_list_get(list, i));
		size_t earlier = 0;

		while (earlier < i && dfut_device_get_bus_number(dfut_device_list_get(list, earlier)) != bus)
			earlier++;
		buses += earlier == i;
	}
	return buses;
}

static void print_summary(struct application *application, const struct dfut_device_list *list,
			  const struct finding *finding)
{
	struct output *output = &application->output;
	const char *kind = application->virtual_bus.sim ? "virtual" : "system";
	size_t count = dfut_device_list_get_count(list);

	if (output->json) {
		output_json(output,
			    json_pack("{s:s, s:s, s:b, s:o, s:s, s:i, s:i, s:i, s:i, s:o}", "event", "doctor",
				      "version", dfut_get_version(), "complete", dfut_device_list_is_complete(list),
				      "incomplete", describe_new_json_unread(list), "buses", kind, "bus_count",
				      (int)count_buses(list), "device_count", (int)count, "examined_count",
				      (int)finding->examined, "usable_count", (int)finding->usable, "devices",
				      finding->devices));
		return;
	}
	output_text(output, "libdfutrigger %s, %s buses\n", dfut_get_version(), kind);
	output_text(output, "buses with devices: %zu, devices: %zu, examined: %zu, usable: %zu\n", count_buses(list),
		    count, finding->examined, finding->usable);
	describe_unread(output, list);
	if (finding->examined < count)
		output_text(output, "hint: --all examines the others, too\n");
}

static int conclude(struct application *application, const struct dfut_device_list *list, const struct finding *finding)
{
	const struct dfut_match *match = &application->options.match;
	bool is_chosen = options_name_device(&application->options) || match->serial_number ||
			 match->bootloader_serial_number;

	print_summary(application, list, finding);
	/* With nothing asked for, a machine without devices is in order. */
	if (finding->examined == 0 && is_chosen) {
		if (!application->output.json)
			print_absent(application);
		return exit_code_get(DFUT_ERROR_NOT_FOUND, 0);
	}
	return exit_code_get(finding->first_problem, 0);
}

int command_doctor_run(struct application *application)
{
	struct dfut_device_list *list = NULL;
	struct finding finding = { 0, 0, 0, NULL };
	size_t count = 0;
	int code = devices_list(&list, application);

	if (code < 0)
		return application_fail(application, code);
	if (!output_begin_list(&application->output, &finding.devices)) {
		dfut_device_list_free(list);
		return exit_code_get(DFUT_ERROR_NO_MEMORY, 0);
	}
	count = dfut_device_list_get_count(list);
	for (size_t i = 0; i < count; i++)
		if (devices_is_shown(application, dfut_device_list_get(list, i)))
			examine(application, &finding, dfut_device_list_get(list, i));
	code = conclude(application, list, &finding);
	dfut_device_list_free(list);
	return code;
}
