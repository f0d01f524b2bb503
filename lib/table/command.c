/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Control requests of the device table, and what is made of them: how a device leaves its bootloader, and its commands. */

#include <stdlib.h>
#include <string.h>

#include "table/reader.h"

#define REQUEST_LIMIT 4
#define LONGEST_MANIFEST_MS 86400000

static int read_index(struct dfut_table_reader *reader, const struct dfut_json *object, struct dfut_control *control)
{
	const char *text = dfut_json_get_text(dfut_json_get(object, "index"));
	unsigned long value;
	int result;

	if (text && strcmp(text, "interface") == 0) {
		control->index_is_interface = true;
		return 0;
	}
	result = dfut_table_read_hex(reader, object, "index", 0xffff, &value);
	if (result > 0)
		control->index = (uint16_t)value;
	return result < 0 ? result : 0;
}

int dfut_table_read_control(struct dfut_table_reader *reader, const struct dfut_json *object,
			    struct dfut_control *control)
{
	unsigned long type = 0, request = 0, value = 0;

	if (dfut_table_read_hex(reader, object, "request_type", 0x7f, &type) < 0 ||
	    dfut_table_read_hex(reader, object, "request", 0xff, &request) < 0 ||
	    dfut_table_read_hex(reader, object, "value", 0xffff, &value) < 0 ||
	    read_index(reader, object, control) < 0 ||
	    dfut_table_read_bytes(reader, object, "data", control->data, sizeof(control->data), &control->size) < 0)
		return reader->failure->code;
	if (!dfut_json_get(object, "request_type") || !dfut_json_get(object, "request"))
		return dfut_table_wrong(reader, "request", "is without request_type, or the other way round");
	control->request_type = (uint8_t)type;
	control->request = (uint8_t)request;
	control->value = (uint16_t)value;
	return 0;
}

static int read_bare_control(struct dfut_table_reader *reader, const struct dfut_json *object, const char *key,
			     struct dfut_control *control)
{
	static const char *const known[] = { "request_type", "request", "value", "index", "data", NULL };

	if (dfut_table_check_keys(reader, object, key, known) < 0)
		return reader->failure->code;
	return dfut_table_read_control(reader, object, control);
}

/* "leave" and "manifest_ms" */

static int read_manifest(struct dfut_table_reader *reader, const struct dfut_json *object, struct dfut_entry *entry)
{
	const struct dfut_json *item = dfut_json_get(object, "manifest_ms");

	if (!item)
		return 0;
	if (!dfut_json_is(item, DFUT_JSON_INTEGER) || item->number <= 0 || item->number > LONGEST_MANIFEST_MS)
		return dfut_table_wrong(reader, "manifest_ms", "must be a number of ms, 86400000 at most");
	entry->manifest_ms = (uint32_t)item->number;
	return 0;
}

int dfut_table_read_leave(struct dfut_table_reader *reader, const struct dfut_json *object, struct dfut_entry *entry)
{
	static const struct {
		const char *name;
		enum dfut_leave leave;
	} known[] = {
		{ "reset", DFUT_LEAVE_RESET },
		{ "detach", DFUT_LEAVE_DETACH },
		{ "self", DFUT_LEAVE_SELF },
		{ "none", DFUT_LEAVE_NONE },
	};
	const struct dfut_json *item = dfut_json_get(object, "leave");

	if (read_manifest(reader, object, entry) < 0)
		return reader->failure->code;
	if (!item)
		return 0;
	if (dfut_json_is(item, DFUT_JSON_OBJECT)) {
		entry->leave = DFUT_LEAVE_REQUEST;
		return read_bare_control(reader, item, "leave", &entry->leave_request);
	}
	for (size_t i = 0; i < DFUT_COUNT(known); i++) {
		if (dfut_json_is(item, DFUT_JSON_TEXT) && strcmp(known[i].name, dfut_json_get_text(item)) == 0) {
			entry->leave = known[i].leave;
			return 1;
		}
	}
	return dfut_table_wrong(reader, "leave",
				"must be \"reset\", \"detach\", \"self\", \"none\" or a control request");
}

/* "commands" */

static int read_requests(struct dfut_table_reader *reader, const struct dfut_json *object, struct dfut_command *command)
{
	const struct dfut_json *list = dfut_json_get(object, "requests");
	struct dfut_control *requests;
	const struct dfut_json *item;

	if (!dfut_json_is(list, DFUT_JSON_LIST) || list->count == 0 || list->count > REQUEST_LIMIT)
		return dfut_table_wrong(reader, "requests", "must be a list of 1 to 4 control requests");
	requests = calloc(list->count, sizeof(*requests));
	if (!requests)
		return dfut_fail_memory(reader->failure);
	command->requests = requests;
	for (item = list->first; item; item = item->next)
		if (read_bare_control(reader, item, "requests", &requests[command->request_count++]) < 0)
			return reader->failure->code;
	return 0;
}

static int read_mode(struct dfut_table_reader *reader, const struct dfut_json *object, enum dfut_mode *mode)
{
	const struct dfut_json *item = dfut_json_get(object, "mode");
	const char *text = dfut_json_get_text(item);

	if (text && strcmp(text, "bootloader") == 0)
		*mode = DFUT_MODE_BOOTLOADER;
	else if (!text || strcmp(text, "any") != 0)
		return dfut_table_wrong(reader, "mode", "must be \"bootloader\" or \"any\"");
	return 0;
}

static int read_command(struct dfut_table_reader *reader, const struct dfut_json *object, struct dfut_command *command)
{
	static const char *const known[] = { "name", "text", "mode", "restart", "requests", NULL };
	command->machine = &dfut_command_machine;
	if (dfut_table_check_keys(reader, object, "commands", known) < 0)
		return reader->failure->code;
	if (dfut_table_read_text(reader, object, "name", &command->name) < 0 ||
	    dfut_table_read_text(reader, object, "text", &command->text) < 0)
		return reader->failure->code;
	if (!command->name || !*command->name || !command->text || !*command->text)
		return dfut_table_wrong(reader, "commands", "has a command without a name or a text");
	if (read_mode(reader, object, &command->mode) < 0 ||
	    dfut_table_read_flag(reader, object, "restart", &command->restart) < 0)
		return reader->failure->code;
	return read_requests(reader, object, command);
}

int dfut_table_read_commands(struct dfut_table_reader *reader, const struct dfut_json *object, struct dfut_entry *entry)
{
	const struct dfut_json *list = dfut_json_get(object, "commands");
	struct dfut_command *commands;
	const struct dfut_json *item;

	if (!list)
		return 0;
	if (!dfut_json_is(list, DFUT_JSON_LIST))
		return dfut_table_wrong(reader, "commands", "must be a list");
	commands = calloc(list->count + 1, sizeof(*commands));
	if (!commands)
		return dfut_fail_memory(reader->failure);
	entry->commands = commands;
	for (item = list->first; item; item = item->next) {
		int result = read_command(reader, item, &commands[entry->command_count++]);

		if (result < 0)
			return result;
	}
	return 0;
}
