/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What help tells, for programs. */

#include "exit-code.h"
#include "help.h"
#include "json.h"
#include "options-rows.h"

static json_t *new_options(const struct command *command)
{
	const struct option_row *row = NULL;
	json_t *array = json_array();

	for (size_t i = 0; (row = option_row_get(i)); i++)
		if (row->commands & (unsigned int)command->bit)
			json_array_append_new(array,
					      json_pack("{s:s, s:o, s:o, s:s}", "name", row->name, "letter",
							row->letter ? json_stringn(&row->letter, 1) : json_null(),
							"argument", new_json_text(row->words), "text", row->text));
	return array;
}

static json_t *new_command(const struct command *command)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:o}", "name", command->name, "operands", command->operands, "summary",
			 command->summary, "text", command->text, "options", new_options(command));
}

json_t *help_new_json(const struct command *command)
{
	json_t *array = json_array();

	for (size_t i = 0; command_get(i); i++)
		if (!command || command == command_get(i))
			json_array_append_new(array, new_command(command_get(i)));
	return json_pack("{s:s, s:o}", "event", "help", "commands", array);
}

json_t *help_new_json_version(void)
{
	return json_pack("{s:s, s:o, s:s}", "event", "version", "version",
			 json_sprintf("%d.%d.%d", DFUT_VERSION_MAJOR, DFUT_VERSION_MINOR, DFUT_VERSION_PATCH),
			 "library", dfut_get_version());
}

json_t *help_new_json_exit_codes(void)
{
	json_t *array = json_array();
	const char *text;
	int exit_code;

	for (size_t i = 0; (text = exit_code_get_row(i, &exit_code)); i++)
		json_array_append_new(array, json_pack("{s:i, s:s}", "exit_code", exit_code, "text", text));
	return json_pack("{s:s, s:o}", "event", "exit-codes", "exit_codes", array);
}

json_t *help_new_json_formats(void)
{
	json_t *array = json_array();
	const char *name;

	for (size_t i = 0; (name = dfut_format_get_name(i)); i++) {
		unsigned int traits = dfut_format_get_traits(name);

		json_array_append_new(array,
				      json_pack("{s:s, s:s, s:b, s:b, s:b, s:b}", "name", name, "text",
						dfut_format_get_text(name), "written", traits & DFUT_FORMAT_WRITTEN,
						"suffix", traits & DFUT_FORMAT_SUFFIX, "addresses",
						traits & DFUT_FORMAT_ADDRESSES, "lines", traits & DFUT_FORMAT_TEXT));
	}
	return json_pack("{s:s, s:o}", "event", "formats", "formats", array);
}

json_t *help_new_json_families(void)
{
	json_t *array = json_array();

	for (size_t i = 0; dfut_family_get_name(i); i++)
		json_array_append_new(array, json_string(dfut_family_get_name(i)));
	return json_pack("{s:s, s:o}", "event", "families", "families", array);
}
