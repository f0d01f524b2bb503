/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* dfutrigger explain FILE */

#include "application.h"
#include "exit-code.h"
#include "json.h"

struct explaining {
	struct output *output;
	json_t *lines; /* NULL: it is printed as text */
};

static void print_line(const char *text, void *user_data)
{
	struct explaining *explaining = user_data;

	if (explaining->lines)
		json_array_append_new(explaining->lines, new_json_text(text));
	else
		output_text(explaining->output, "%s\n", text);
}

int command_explain_run(struct application *application)
{
	struct explaining explaining = { .output = &application->output };
	int code;

	if (!output_begin_list(&application->output, &explaining.lines))
		return exit_code_get(DFUT_ERROR_NO_MEMORY, 0);
	code = dfut_context_explain(application->context, application->options.operands[0], print_line, &explaining);
	if (code < 0) {
		json_decref(explaining.lines);
		return application_fail(application, code);
	}
	return explaining.lines ?
		       exit_code_get(output_json(&application->output, json_pack("{s:s, s:o}", "event", "explain",
										 "lines", explaining.lines)),
				     0) :
		       0;
}
