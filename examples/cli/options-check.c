/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Which options go together. */

#include <string.h>

#include "options-rows.h"

/* Takes a name from a list with spaces between. Returns its length, 0 at the end. */
static size_t take_name(const char **list, const char **name)
{
	size_t length = 0;

	*list += strspn(*list, " ");
	*name = *list;
	length = strcspn(*list, " ");
	*list += length;
	return length;
}

static unsigned int count_given(const struct options *options, const char *name, size_t length)
{
	size_t index = option_row_find(name, length);

	return index < OPTIONS_LIMIT ? options->given[index] : 0;
}

bool options_has(const struct options *options, const char *name)
{
	return count_given(options, name, strlen(name)) > 0;
}

static bool has_any(const struct options *options, const char *list)
{
	const char *name = NULL;
	size_t length = 0;

	while ((length = take_name(&list, &name)))
		if (count_given(options, name, length))
			return true;
	return false;
}

/* "--a, --b or --c" */
static void join(char *text, size_t size, const char *list)
{
	const char *name = NULL;
	size_t length = take_name(&list, &name);
	size_t used = 0;

	while (length && used < size) {
		const char *next = NULL;
		size_t next_length = take_name(&list, &next);
		const char *between = next_length ? ", " : " or ";

		used += (size_t)snprintf(text + used, size - used, "%s--%.*s", used ? between : "", (int)length, name);
		name = next;
		length = next_length;
	}
}

static void check_row(struct options *options, const struct option_row *row)
{
	const char *list = row->needs ? row->needs : "";
	char names[200] = "";
	const char *name = NULL;
	size_t length = 0;

	if (row->with && !has_any(options, row->with)) {
		join(names, sizeof(names), row->with);
		options_fail(options, "--%s needs %s", row->name, names);
	}
	while ((length = take_name(&list, &name)))
		if (!count_given(options, name, length))
			options_fail(options, "--%s needs --%.*s", row->name, (int)length, name);
	list = row->without ? row->without : "";
	while ((length = take_name(&list, &name))) {
		bool is_itself = option_row_get(option_row_find(name, length)) == row;

		if (is_itself && count_given(options, name, length) > 1)
			options_fail(options, "--%s can be given only once", row->name);
		else if (!is_itself && count_given(options, name, length))
			options_fail(options, "--%s can't be used with --%.*s", row->name, (int)length, name);
	}
}

static void check_pack(struct options *options)
{
	bool is_made = options->esp || options->nordic || options->nordic_files.legacy;

	if (is_made && options->operand_count > 1)
		options_fail(options, "pack: with --%s, the only argument is OUT",
			     options->esp    ? "esp" :
			     options->nordic ? "nordic" :
					       "nordic-legacy");
	if (is_made)
		return;
	if (options->operand_count == 1)
		options_fail(options, "pack: missing argument: OUT");
	if (!has_any(options, "format family mcuboot suffix no-suffix"))
		options_fail(options, "pack: nothing to do; give --format, --family, --mcuboot, --suffix, --no-suffix, "
				      "--esp, --nordic or --nordic-legacy");
}

void options_check(struct options *options)
{
	const struct command *command = options->command;
	const struct option_row *row = NULL;

	if (options->help || options->version)
		return;
	if (!command) {
		options_fail(options, "no command was given");
		return;
	}
	if (options->operand_count < command->operand_min)
		options_fail(options, "%s: missing argument: %s", command->name, command->operands);
	for (size_t i = 0; (row = option_row_get(i)); i++)
		if (options->given[i])
			check_row(options, row);
	if (command->bit == COMMAND_PACK)
		check_pack(options);
	if (command->bit == COMMAND_UPLOAD && options->json && options->operand_count &&
	    strcmp(options->operands[0], "-") == 0)
		options_fail(options, "upload: with --json, the data can't go to the standard output");
	if (options->sim_record && options->sims.count == 0)
		options_fail(options, "--sim-record needs a virtual device: --sim");
	if ((options->record_data || options->record_plain) && !options->record && command->bit != COMMAND_IMPORT)
		options_fail(options, "--record-data and --record-plain need --record");
	if ((options->attach || options->listen_address) && options->sims.count == 0)
		options_fail(options, "sim: missing argument: NAME");
}
