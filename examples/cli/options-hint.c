/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What somebody may have meant who wrote a word that is none of the command line's. */

#include <stdarg.h>
#include <string.h>

#include "near.h"
#include "options-rows.h"

/** An option of dfu-util's, and what does the same here. */
struct foreign_option {
	char letter;
	const char *name;
	const char *ours;
};

static const struct foreign_option of_dfu_util[] = {
	{ 'l', "--list", "\"dfutrigger list\"" },
	{ 'D', "--download", "\"dfutrigger update FILE\"" },
	{ 'U', "--upload", "\"dfutrigger upload FILE\"" },
	{ 'e', "--detach", "\"dfutrigger trigger\"" },
	{ 'E', "--detach-delay", "--timeout SECONDS" },
	{ 's', "--dfuse-address", "--address ADDR, with --erase and --restart for what it has behind colons" },
	{ 'R', "--reset", "--restart=always; an update restarts the device by itself" },
	{ 'w', "--wait", "--wait" },
	{ 't', "--transfer-size", "--transfer-size BYTES" },
	{ 'Z', "--upload-size", "--size N" },
	{ 'i', "--intf", "--alt INTERFACE:ALT" },
	{ 'n', "--devnum", "--path PATH" },
};

void options_hint(struct options *options, const char *text, ...)
{
	va_list arguments;

	va_start(arguments, text);
	vsnprintf(options->hint, sizeof(options->hint), text, arguments);
	va_end(arguments);
}

/* Takes a name from a list with spaces between. Returns its length, 0 at the end. */
static size_t take_name(const char **list, const char **name)
{
	size_t length = 0;

	*name = *list += strspn(*list, " ");
	length = strcspn(*list, " ");
	*list += length;
	return length;
}

/* Other programs' words for it: "flash", "write" */
static const struct command *find_by_other_word(const char *word)
{
	const struct command *command = NULL;
	const char *name = NULL;

	for (size_t i = 0; (command = command_get(i)); i++) {
		const char *list = command->others;
		size_t length = 0;

		while ((length = take_name(&list, &name)))
			if (strlen(word) == length && memcmp(word, name, length) == 0)
				return command;
	}
	return NULL;
}

void options_hint_command(struct options *options, const char *word)
{
	const struct command *command = find_by_other_word(word);
	struct near near;

	near_begin(&near, word, strlen(word));
	for (size_t i = 0; !command && command_get(i); i++)
		near_try(&near, command_get(i)->name);
	if (command)
		options_hint(options, "here that is \"%s\": %s.", command->name, command->summary);
	else if (near.name[0])
		options_hint(options, "did you mean \"%s\"?", near.name);
}

static bool hint_of_dfu_util(struct options *options, const struct stranger *stranger, size_t length)
{
	for (size_t i = 0; i < sizeof(of_dfu_util) / sizeof(of_dfu_util[0]); i++) {
		const struct foreign_option *row = &of_dfu_util[i];
		bool is_it = stranger->kind == STRANGER_LETTER ?
				     row->letter == stranger->word[0] :
				     strlen(row->name) == length && memcmp(row->name, stranger->word, length) == 0;

		if (is_it)
			options_hint(options, "dfu-util's %s (-%c) is here: %s.", row->name, row->letter, row->ours);
		if (is_it)
			return true;
	}
	return false;
}

/* An option of the command's that is not written to its end. */
static bool is_begun(const struct options *options, const char *word, size_t length)
{
	const struct option_row *row = NULL;

	for (size_t i = 0; options->command && (row = option_row_get(i)); i++)
		if (row->commands & (unsigned int)options->command->bit && strncmp(row->name, word, length) == 0)
			return true;
	return false;
}

/* Of the command's options, if one is known. */
static void hint_option(struct options *options, const char *word, size_t length)
{
	unsigned int commands = options->command ? (unsigned int)options->command->bit : COMMAND_ALL;
	const struct option_row *row = NULL;
	struct near near;

	near_begin(&near, word, length);
	for (size_t i = 0; (row = option_row_get(i)); i++)
		if (row->commands & commands)
			near_try(&near, row->name);
	if (near.name[0])
		options_hint(options, "did you mean --%s?", near.name);
}

void options_hint_stranger(struct options *options)
{
	const struct stranger *stranger = &options->stranger;
	size_t length = stranger->word ? strcspn(stranger->word, "=") : 0;

	switch (stranger->kind) {
	case STRANGER_NONE:
		return;
	case STRANGER_COMMAND:
		options_hint_command(options, stranger->word);
		return;
	case STRANGER_LETTER:
		hint_of_dfu_util(options, stranger, length);
		return;
	case STRANGER_NAME:
		if (is_begun(options, stranger->word + 2, length - 2) || !hint_of_dfu_util(options, stranger, length))
			hint_option(options, stranger->word + 2, length - 2);
		return;
	}
}

void options_hint_scope(struct options *options, const struct option_row *row)
{
	char names[120] = "";
	size_t used = 0;

	for (size_t i = 0; command_get(i) && used < sizeof(names); i++)
		if (row->commands & (unsigned int)command_get(i)->bit)
			used += (size_t)snprintf(names + used, sizeof(names) - used, "%s\"%s\"", used ? ", " : "",
						 command_get(i)->name);
	options_hint(options, "it is an option of %s.", names);
}

void options_hint_choice(struct options *options, const char *word, const char *choices)
{
	char name[NEAR_LIMIT];
	struct near near;

	near_begin(&near, word, strlen(word));
	while (*choices) {
		size_t length = strcspn(choices, "|");

		snprintf(name, sizeof(name), "%.*s", (int)length, choices);
		near_try(&near, name);
		choices += length + (choices[length] ? 1 : 0);
	}
	if (near.name[0])
		options_hint(options, "did you mean %s?", near.name);
}
