/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* dfutrigger complete -- WORD...: what may follow, for the shells. */

#include <stdlib.h>
#include <string.h>

#include "application.h"
#include "devices.h"
#include "help.h"
#include "names.h"

/** One call: the word that is being written, and what stands before it. */
struct completion {
	struct application *application;
	const char *word;
	int prefix; /**< characters of it that go before each name: "--erase=" */
};

static void offer(void *data, const char *name, const char *text)
{
	const struct completion *completion = data;
	struct output *output = &completion->application->output;
	const char *begun = completion->word + completion->prefix;

	if (strncmp(begun, name, strlen(begun)) != 0)
		return;
	output_text(output, "%.*s%s", completion->prefix, completion->word, name);
	/* The only control among them */
	fputc('\t', output->text);
	output_text(output, "%s\n", text);
}

/* "auto|needed" */
static void offer_choices(struct completion *completion, const char *words)
{
	char name[40];

	while (*words) {
		size_t length = strcspn(words, "|");

		snprintf(name, sizeof(name), "%.*s", (int)length, words);
		offer(completion, name, "");
		words += length + (words[length] ? 1 : 0);
	}
}

/* With the number of the interface if there are several with DFU. */
static void offer_alternates(struct completion *completion, const struct dfut_device *device)
{
	const struct dfut_interface *interface, *first = NULL;
	bool has_several = false;
	char name[16];

	for (size_t i = 0; (interface = dfut_device_get_interface(device, i)); i++) {
		if (interface->class_code != 0xfe || interface->subclass != 1)
			continue;
		has_several = has_several || (first && first->number != interface->number);
		first = interface;
	}
	for (size_t i = 0; (interface = dfut_device_get_interface(device, i)); i++) {
		if (interface->class_code != 0xfe || interface->subclass != 1)
			continue;
		snprintf(name, sizeof(name), has_several ? "%2$u:%1$u" : "%1$u", interface->alternate,
			 interface->number);
		offer(completion, name, interface->name ? interface->name : "");
	}
}

static void offer_parts(struct completion *completion, const char *protocol)
{
	const char *part;

	for (size_t i = 0; (part = dfut_protocol_get_part(protocol, i)); i++)
		offer(completion, part, dfut_protocol_get_text(protocol));
}

/* Where it does not show which protocol is meant. */
static void offer_all_parts(struct completion *completion)
{
	for (size_t i = 0; dfut_protocol_get_name(i); i++)
		offer_parts(completion, dfut_protocol_get_name(i));
}

static void offer_of_device(struct completion *completion, const struct dfut_device *device, enum option_names kind)
{
	const char *title = dfut_device_get_title(device)[0] ? dfut_device_get_title(device) :
							       dfut_device_get_product(device);
	char ids[10];

	snprintf(ids, sizeof(ids), "%04x:%04x", dfut_device_get_vendor_id(device), dfut_device_get_product_id(device));
	if (kind == NAMES_IDS)
		offer(completion, ids, title);
	if (kind == NAMES_PATHS && dfut_device_get_path(device)[0])
		offer(completion, dfut_device_get_path(device), title);
	if (kind == NAMES_SERIALS && dfut_device_get_serial_number(device)[0])
		offer(completion, dfut_device_get_serial_number(device), title);
	if (kind == NAMES_PARTS && dfut_device_get_protocol(device)[0])
		offer_parts(completion, dfut_device_get_protocol(device));
	else if (kind == NAMES_PARTS)
		offer_all_parts(completion);
	if (kind == NAMES_ALTERNATES)
		offer_alternates(completion, device);
	for (size_t i = 0; kind == NAMES_TRIGGERS && i < dfut_device_get_trigger_count(device); i++)
		offer(completion, dfut_device_get_trigger_name(device, i), title);
	for (size_t i = 0; kind == NAMES_COMMANDS && i < dfut_device_get_command_count(device); i++)
		offer(completion, dfut_device_get_command_name(device, i), dfut_device_get_command_text(device, i));
}

/* Asks those that the words before mean. What goes wrong is told when the command is run. */
static void offer_of_devices(struct completion *completion, enum option_names kind)
{
	struct application *application = completion->application;
	struct dfut_device_list *list = NULL;
	size_t count = 0;

	if (application_open_context(application) || application_open_buses(application) ||
	    devices_list(&list, application) < 0)
		return;
	for (size_t i = 0; i < dfut_device_list_get_count(list); i++) {
		if (!devices_is_shown(application, dfut_device_list_get(list, i)))
			continue;
		offer_of_device(completion, dfut_device_list_get(list, i), kind);
		count++;
	}
	if (kind == NAMES_PARTS && count == 0)
		offer_all_parts(completion);
	dfut_device_list_free(list);
}

static void offer_names(struct completion *completion, enum option_names kind)
{
	struct output *output = &completion->application->output;

	if (kind == NAMES_FILES)
		output_text(output, ":files\n");
	else if (kind == NAMES_FOLDERS)
		output_text(output, ":folders\n");
	else if (kind < NAMES_IDS)
		names_visit(kind, offer, completion);
	else
		offer_of_devices(completion, kind);
}

static void offer_argument(struct completion *completion, const struct option_row *row)
{
	if (row->words && strchr(row->words, '|'))
		offer_choices(completion, row->words);
	else
		offer_names(completion, row->names);
}

static void offer_options(struct completion *completion)
{
	const struct options *options = &completion->application->options;
	const struct command *command = options->is_alone ? NULL : options->command;
	const struct option_row *row = NULL;
	char name[40];

	for (size_t i = 0; (row = option_row_get(i)); i++) {
		if (command ? !(row->commands & (unsigned int)command->bit) : row->commands != COMMAND_ALL)
			continue;
		snprintf(name, sizeof(name), "--%s", row->name);
		offer(completion, name, row->text);
	}
}

static void offer_commands(struct completion *completion)
{
	for (size_t i = 0; command_get(i); i++)
		offer(completion, command_get(i)->name, command_get(i)->summary);
}

static void offer_operand(struct completion *completion)
{
	const struct options *options = &completion->application->options;
	const struct command *command = options->command;

	if (command->bit == COMMAND_HELP) {
		offer_commands(completion);
		for (size_t i = 0; help_get_topic(i); i++)
			offer(completion, help_get_topic(i), "");
		return;
	}
	if (options->operand_count < command->operand_max)
		offer_names(completion, command->names);
}

/* Which row "--erase=a" is of, NULL if it is of none; what is before the argument becomes the prefix. */
static const struct option_row *find_joined(struct completion *completion)
{
	size_t length = strcspn(completion->word, "=");
	size_t index;

	if (strncmp(completion->word, "--", 2) != 0 || completion->word[length] != '=')
		return NULL;
	index = option_row_find(completion->word + 2, length - 2);
	completion->prefix = (int)length + 1;
	return index < OPTIONS_LIMIT ? option_row_get(index) : NULL;
}

static void complete(struct completion *completion)
{
	const struct options *options = &completion->application->options;
	const struct option_row *joined = options->open ? NULL : find_joined(completion);

	if (options->open || joined)
		offer_argument(completion, joined ? joined : options->open);
	else if (completion->word[0] == '-')
		offer_options(completion);
	else if (options->stranger.kind == STRANGER_COMMAND)
		return;
	else if (!options->command || options->is_alone)
		offer_commands(completion);
	else
		offer_operand(completion);
}

/* The application's options become those of the words before the last one. */
static int take_words(struct application *application, char **words, size_t count)
{
	struct options options = application->options;
	char **line = calloc(count + 2, sizeof(*line));
	int code = DFUT_ERROR_NO_MEMORY;

	if (line) {
		line[0] = words[-1];
		memcpy(line + 1, words, count * sizeof(*line));
		code = options_parse(&application->options, (int)count + 1, line);
		options_free(&options);
	}
	free(line);
	/* Nothing is written while somebody is still writing. */
	application->options.sim_record = NULL;
	application->options.verbosity = 0;
	return code == DFUT_ERROR_NO_MEMORY ? code : 0;
}

int command_complete_run(struct application *application)
{
	struct completion completion = { application, "", 0 };
	char **words = application->options.rest;
	size_t count = 0;
	int code = 0;

	while (words && words[count])
		count++;
	if (count) {
		completion.word = words[count - 1];
		code = take_words(application, words, count - 1);
	}
	if (code < 0)
		return application_fail_text(application, code, NULL, "%s", dfut_error_get_text(code));
	complete(&completion);
	return 0;
}
