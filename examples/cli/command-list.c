/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* dfutrigger list */

#include "describe.h"
#include "devices.h"
#include "dfu-util.h"
#include "exit-code.h"

/** What asking a device gave. */
struct answers {
	struct dfut_session *session; /**< NULL if the device was not asked */
	int code;
};

static void ask(struct answers *answers, const struct application *application, struct dfut_device *device)
{
	answers->session = NULL;
	answers->code = 0;
	if (!application->options.probe)
		return;
	answers->code = dfut_session_new(&answers->session, device);
	if (answers->code == 0)
		answers->code = dfut_session_start_probe(answers->session);
	if (answers->code == 0)
		answers->code = dfut_session_run(answers->session);
	/* Most devices have nothing to ask. */
	if (answers->code == DFUT_ERROR_UNSUPPORTED) {
		dfut_session_free(answers->session);
		answers->session = NULL;
		answers->code = 0;
	}
}

/* Without memory there is no session that says so. */
static const char *get_message(const struct answers *answers)
{
	return answers->session ? dfut_session_get_message(answers->session) : dfut_error_get_text(answers->code);
}

static void print_answers(struct output *output, const struct answers *answers)
{
	size_t count = answers->session ? dfut_session_get_fact_count(answers->session) : 0;
	const char *key = NULL;
	const char *value = NULL;

	for (size_t i = 0; i < count; i++)
		if (dfut_session_get_fact(answers->session, i, &key, &value) == 0)
			output_text(output, "         %-24s %s\n", key, value);
	if (answers->code >= 0)
		return;
	output_text(output, "         can't be asked: %s\n", get_message(answers));
	if (answers->session && dfut_session_get_hint(answers->session)[0])
		output_text(output, "         hint: %s\n", dfut_session_get_hint(answers->session));
}

static void add_answers(json_t *object, const struct answers *answers)
{
	size_t count = answers->session ? dfut_session_get_fact_count(answers->session) : 0;
	json_t *facts = json_object();
	const char *key = NULL;
	const char *value = NULL;
	struct failure failure = { answers->code, 0, NULL, NULL };

	for (size_t i = 0; i < count; i++)
		if (dfut_session_get_fact(answers->session, i, &key, &value) == 0)
			json_object_set_new(facts, key, new_json_text(value));
	json_object_set_new(object, "facts", facts);
	if (answers->code == 0)
		return;
	failure.message = get_message(answers);
	failure.hint = answers->session ? dfut_session_get_hint(answers->session) : NULL;
	json_object_set_new(object, "probe_error", output_new_failure_json(&failure));
}

static int show(struct application *application, struct dfut_device *device, json_t *array)
{
	struct answers answers;

	ask(&answers, application, device);
	if (array) {
		json_t *object = describe_new_json(device);

		if (application->options.probe)
			add_answers(object, &answers);
		json_array_append_new(array, object);
	} else {
		describe_headline(&application->output, device);
		describe_details(&application->output, device, application->options.verbosity > 0);
		print_answers(&application->output, &answers);
	}
	dfut_session_free(answers.session);
	return answers.code;
}

static int show_all(struct application *application, const struct dfut_device_list *list, json_t *array)
{
	size_t count = dfut_device_list_get_count(list);
	size_t shown = 0;
	const char *missing;
	int first_error = 0;

	for (size_t i = 0; i < count; i++) {
		struct dfut_device *device = dfut_device_list_get(list, i);
		int code = 0;

		if (!devices_is_shown(application, device))
			continue;
		code = show(application, device, array);
		first_error = first_error ? first_error : code;
		shown++;
	}
	if (shown > 0 || array)
		return first_error;
	missing = devices_explain_none(application);
	output_text(&application->output, "no devices found%s%s\n", missing ? ": " : "", missing ? missing : "");
	output_text(&application->output,
		    count ? "hint: \"dfutrigger list --all\" shows unknown devices, too\n" :
			    "hint: \"dfutrigger doctor\" says what is plugged in and what can't be used\n");
	return 0;
}

static int show_for_dfu_util(struct application *application, const struct dfut_device_list *list)
{
	for (size_t i = 0; i < dfut_device_list_get_count(list); i++)
		dfu_util_print(&application->output, dfut_device_list_get(list, i));
	return 0;
}

void command_list_glance(struct application *application)
{
	struct output *output = &application->output;
	struct dfut_device_list *list = NULL;
	size_t shown = 0;

	if (application_open_context(application))
		return;
	output_text(output, "\ndevices:\n");
	if (devices_list(&list, application) < 0)
		output_text(output, "  %s\n", dfut_context_get_error(application->context));
	for (size_t i = 0; list && i < dfut_device_list_get_count(list); i++) {
		struct dfut_device *device = dfut_device_list_get(list, i);

		if (!devices_is_shown(application, device))
			continue;
		output_text(output, "  ");
		describe_headline(output, device);
		shown++;
	}
	if (list && !shown)
		output_text(output, "  none that is known; \"dfutrigger list --all\" shows the others\n");
	dfut_device_list_free(list);
}

int command_list_run(struct application *application)
{
	struct dfut_device_list *list = NULL;
	json_t *array = NULL;
	int code = devices_list(&list, application);

	if (code < 0)
		return application_fail(application, code);
	if (!output_begin_list(&application->output, &array)) {
		dfut_device_list_free(list);
		return exit_code_get(DFUT_ERROR_NO_MEMORY, 0);
	}
	code = application->options.dfu_util ? show_for_dfu_util(application, list) :
					       show_all(application, list, array);
	if (array)
		output_json(&application->output, json_pack("{s:s, s:o, s:b, s:o}", "event", "list", "devices", array,
							    "complete", dfut_device_list_is_complete(list),
							    "incomplete", describe_new_json_unread(list)));
	else
		describe_unread(&application->output, list);
	dfut_device_list_free(list);
	return exit_code_get(code, 0);
}
