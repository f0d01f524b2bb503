/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* dfutrigger sim: shows the virtual devices. */

#include <string.h>

#include "application.h"
#include "exit-code.h"
#include "export.h"
#include "json.h"

static int line_length(const char *text)
{
	return (int)strcspn(text, "\n");
}

static const char *next_line(const char *text)
{
	text += line_length(text);
	return *text ? text + 1 : text;
}

static void print_model(struct output *output, const char *name, const char *text, const char *options)
{
	output_text(output, "%-20s %s\n", name, text);
	for (const char *line = options; line && *line; line = next_line(line))
		output_text(output, "    %.*s\n", line_length(line), line);
}

static json_t *new_model(const char *name, const char *text, const char *options)
{
	json_t *lines = json_array();

	for (const char *line = options; line && *line; line = next_line(line))
		json_array_append_new(lines, json_sprintf("%.*s", line_length(line), line));
	return json_pack("{s:s, s:s, s:o}", "name", name, "text", text, "options", lines);
}

/* "zephyr" and "zephyr:state=a" mean that model. */
static bool is_meant(const char *spec, const char *name)
{
	size_t length = strcspn(spec, ":");

	return strlen(name) == length && memcmp(spec, name, length) == 0;
}

/* With a spec, only the model that it means. Returns how many were shown. */
static size_t show(struct application *application, json_t *models, const char *spec)
{
	struct output *output = &application->output;
	size_t shown = 0;
	const char *name, *text, *options;

	for (size_t i = 0; i < dfut_sim_get_model_count(); i++) {
		if (dfut_sim_get_model(i, &name, &text, &options) < 0 || (spec && !is_meant(spec, name)))
			continue;
		if (models)
			json_array_append_new(models, new_model(name, text, options));
		else
			print_model(output, name, text, spec ? options : NULL);
		shown++;
	}
	return shown;
}

static int show_named(struct application *application, json_t *models)
{
	const struct texts *sims = &application->options.sims;

	for (size_t i = 0; i < sims->count; i++)
		if (!show(application, models, sims->items[i]))
			return application_fail_sim(application, DFUT_ERROR_NOT_FOUND, sims->items[i],
						    "no such virtual device");
	return 0;
}

int command_sim_explain(struct application *application)
{
	struct output *output = &application->output;
	json_t *models;
	int exit_code = 0;

	if (!output_begin_list(output, &models))
		return exit_code_get(DFUT_ERROR_NO_MEMORY, 0);
	if (application->options.sims.count)
		exit_code = show_named(application, models);
	else
		show(application, models, NULL);
	if (exit_code) {
		json_decref(models);
		return exit_code;
	}
	if (models)
		return exit_code_get(output_json(output, json_pack("{s:s, s:o}", "event", "models", "models", models)),
				     0);
	if (!application->options.sims.count)
		output_text(output, "\n\"dfutrigger sim NAME --help\" shows the options of one.\n");
	return 0;
}

int command_sim_run(struct application *application)
{
	return application->options.sims.count ? export_run(application) : command_sim_explain(application);
}
