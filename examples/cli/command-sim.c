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

static int show_models(struct application *application)
{
	struct output *output = &application->output;
	size_t count = dfut_sim_get_model_count();
	json_t *models;

	if (!output_begin_list(output, &models))
		return exit_code_get(DFUT_ERROR_NO_MEMORY, 0);
	for (size_t i = 0; i < count; i++) {
		const char *name = NULL;
		const char *text = NULL;
		const char *options = NULL;

		if (dfut_sim_get_model(i, &name, &text, &options) < 0)
			continue;
		if (models)
			json_array_append_new(models, new_model(name, text, options));
		else
			print_model(output, name, text, options);
	}
	return models ? exit_code_get(output_json(output, json_pack("{s:o}", "models", models)), 0) : 0;
}

int command_sim_run(struct application *application)
{
	return application->options.sims.count ? export_run(application) : show_models(application);
}
