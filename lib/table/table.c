/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The device table, as it is read from JSON: its entries. */

#include <stdlib.h>
#include <string.h>

#include "language/language.h"
#include "table/reader.h"

#define FORMAT 1

/* Of the entry's language, or of one of those that it may be. */
static unsigned int find_own_quirk(const struct dfut_entry *entry, const char *name)
{
	unsigned int bit = 0;

	if (entry->protocol)
		return dfut_language_find_quirk(dfut_language_find(entry->protocol), name);
	for (size_t i = 0; i < entry->protocols.count && !bit; i++)
		bit = dfut_language_find_quirk(dfut_language_find(entry->protocols.items[i]), name);
	return bit;
}

/* 0 if there is none: neither one of any device, nor one of the entry's language. */
static unsigned int find_quirk(const struct dfut_entry *entry, const char *name)
{
	static const struct dfut_quirk_name known[] = {
		{ "no-upload", DFUT_QUIRK_NO_UPLOAD },
		{ "version-1.1", DFUT_QUIRK_VERSION_1_1 },
		{ "not-dfu", DFUT_QUIRK_NOT_DFU },
		{ "dfu-in-application", DFUT_QUIRK_DFU_IN_APPLICATION },
	};

	for (size_t i = 0; i < DFUT_COUNT(known); i++)
		if (strcmp(known[i].name, name) == 0)
			return known[i].bit;
	return find_own_quirk(entry, name);
}

static int read_quirks(struct dfut_table_reader *reader, const struct dfut_json *object, struct dfut_entry *entry)
{
	const struct dfut_json *list = dfut_json_get(object, "quirks");
	const struct dfut_json *item;

	if (!list)
		return 0;
	if (!dfut_json_is(list, DFUT_JSON_LIST))
		return dfut_table_wrong(reader, "quirks", "must be a list");
	for (item = list->first; item; item = item->next) {
		unsigned int quirk = item->text ? find_quirk(entry, item->text) : 0;

		if (!quirk)
			return dfut_table_wrong(reader, "quirks",
						"names a quirk that does not exist, or not in this protocol");
		entry->quirks |= quirk;
	}
	return 0;
}

static int read_names(struct dfut_table_reader *reader, const struct dfut_json *object, const char *key,
		      struct dfut_names *names)
{
	const struct dfut_json *list = dfut_json_get(object, key);
	const char **items;
	const struct dfut_json *item;

	if (!list)
		return 0;
	if (!dfut_json_is(list, DFUT_JSON_LIST))
		return dfut_table_wrong(reader, key, "must be a list of texts");
	items = calloc(list->count + 1, sizeof(*items));
	if (!items)
		return dfut_fail_memory(reader->failure);
	names->items = items;
	for (item = list->first; item; item = item->next) {
		if (!dfut_json_is(item, DFUT_JSON_TEXT))
			return dfut_table_wrong(reader, key, "must be a list of texts");
		items[names->count] = dfut_table_copy_text(reader, item->text);
		if (!items[names->count])
			return reader->failure->code;
		names->count++;
	}
	return 0;
}

static int read_slots(struct dfut_table_reader *reader, const struct dfut_json *entry, struct dfut_slots *slots)
{
	static const char *const known[] = { "running", "update", "read_only", "format",
					     "measure", "size",	  "start",     NULL };
	const struct dfut_json *object = dfut_json_get(entry, "slots");
	const struct dfut_json *size = dfut_json_get(object, "size");
	unsigned long start = 0;
	int result;

	if (!object)
		return 0;
	if (dfut_table_check_keys(reader, object, "slots", known) < 0 ||
	    read_names(reader, object, "running", &slots->names[DFUT_SLOT_RUNNING]) < 0 ||
	    read_names(reader, object, "update", &slots->names[DFUT_SLOT_UPDATE]) < 0 ||
	    read_names(reader, object, "read_only", &slots->names[DFUT_SLOT_READ_ONLY]) < 0 ||
	    dfut_table_read_text(reader, object, "format", &slots->format) < 0 ||
	    dfut_table_read_flag(reader, object, "measure", &slots->measure) < 0)
		return reader->failure->code;
	if (size && (!dfut_json_is(size, DFUT_JSON_INTEGER) || size->number <= 0))
		return dfut_table_wrong(reader, "size", "must be a number of bytes");
	slots->size = size ? (uint64_t)size->number : 0;
	result = dfut_table_read_hex(reader, object, "start", UINT32_MAX, &start);
	slots->has_start = result > 0;
	slots->start = (uint32_t)start;
	return result < 0 ? result : 0;
}

static int read_port(struct dfut_table_reader *reader, const struct dfut_json *object, struct dfut_entry *entry)
{
	const struct dfut_json *port = dfut_json_get(object, "port");

	entry->port = -1;
	if (!port)
		return 0;
	if (!dfut_json_is(port, DFUT_JSON_INTEGER) || port->number < 0 || port->number > UINT8_MAX)
		return dfut_table_wrong(reader, "port", "must be the number of an interface, 0 to 255");
	entry->port = (int)port->number;
	return 0;
}

static int check_language(struct dfut_table_reader *reader, const char *key, const char *name)
{
	if (!name || !*name || dfut_language_is_known(name))
		return 0;
	dfut_table_wrong(reader, key, "names a protocol that does not exist");
	dfut_language_hint_names(reader->failure);
	return reader->failure->code;
}

/* A misspelt one would only be noticed when a device of the kind is to be updated. */
static int check_languages(struct dfut_table_reader *reader, const struct dfut_entry *entry)
{
	int result = check_language(reader, "protocol", entry->protocol);

	for (size_t i = 0; result == 0 && i < entry->protocols.count; i++)
		result = check_language(reader, "protocols", entry->protocols.items[i]);
	return result < 0 ? result : check_language(reader, "other_files", entry->other_files);
}

static int read_entry(struct dfut_table_reader *reader, const struct dfut_json *object, struct dfut_entry *entry)
{
	static const char *const known[] = { "name",	    "title",   "application", "bootloader",  "triggers",
					     "protocol",    "quirks",  "leave",	      "commands",    "help",
					     "slots",	    "machine", "sources",     "protocols",   "raw_at_start",
					     "manifest_ms", "part",    "port",	      "other_files", NULL };
	int result;

	reader->device = "?";
	if (dfut_json_is(dfut_json_get(object, "name"), DFUT_JSON_TEXT))
		reader->device = dfut_json_get_text(dfut_json_get(object, "name"));
	result = dfut_table_check_keys(reader, object, "devices", known);
	if (result < 0)
		return result;
	result = dfut_table_read_text(reader, object, "name", &entry->name);
	if (result == 0 || (result > 0 && !*entry->name))
		return dfut_table_wrong(reader, "name", "is missing");
	if (result < 0 || dfut_table_read_text(reader, object, "title", &entry->title) < 0 ||
	    dfut_table_read_text(reader, object, "protocol", &entry->protocol) < 0 ||
	    read_names(reader, object, "protocols", &entry->protocols) < 0 ||
	    dfut_table_read_flag(reader, object, "raw_at_start", &entry->raw_at_start) < 0 ||
	    dfut_table_read_text(reader, object, "machine", &entry->machine) < 0 ||
	    dfut_table_read_text(reader, object, "part", &entry->part) < 0 ||
	    dfut_table_read_rules(reader, object, "application", &entry->application, &entry->application_count) < 0 ||
	    dfut_table_read_rules(reader, object, "bootloader", &entry->bootloader, &entry->bootloader_count) < 0 ||
	    dfut_table_read_triggers(reader, object, entry) < 0 || read_quirks(reader, object, entry) < 0 ||
	    dfut_table_read_leave(reader, object, entry) < 0 || dfut_table_read_commands(reader, object, entry) < 0 ||
	    read_names(reader, object, "help", &entry->help) < 0 || read_slots(reader, object, &entry->slots) < 0)
		return reader->failure->code;
	if (entry->protocol && entry->protocols.count)
		return dfut_table_wrong(reader, "protocols", "can't be given with \"protocol\"");
	if (dfut_table_read_text(reader, object, "other_files", &entry->other_files) < 0)
		return reader->failure->code;
	if (check_languages(reader, entry) < 0 || read_port(reader, object, entry) < 0)
		return reader->failure->code;
	if (!entry->protocol)
		entry->protocol = dfut_format_text("%s", "");
	if (!entry->title)
		entry->title = dfut_format_text("%s", entry->name);
	if (!entry->protocol || !entry->title)
		return dfut_fail_memory(reader->failure);
	if (!entry->application_count && !entry->bootloader_count)
		return dfut_table_wrong(reader, "application",
					"and \"bootloader\" are missing: no device would ever fit");
	return 0;
}

static int read_devices(struct dfut_table_reader *reader, const struct dfut_json *root, struct dfut_entry **table)
{
	const struct dfut_json *format = dfut_json_get(root, "format");
	const struct dfut_json *list = dfut_json_get(root, "devices");
	struct dfut_entry **end = table;
	const struct dfut_json *item;

	reader->device = "";
	if (!dfut_json_is(format, DFUT_JSON_INTEGER) || format->number != FORMAT)
		return dfut_fail(reader->failure, DFUT_ERROR_USAGE, "%s: is no device table: \"format\": %d is missing",
				 reader->origin, FORMAT);
	if (root->count != 2 || !dfut_json_is(list, DFUT_JSON_LIST))
		return dfut_fail(reader->failure, DFUT_ERROR_USAGE,
				 "%s: must have \"format\" and a list \"devices\", no more", reader->origin);
	for (item = list->first; item; item = item->next) {
		int result;

		reader->line = item->line;
		*end = calloc(1, sizeof(**end));
		if (!*end)
			return dfut_fail_memory(reader->failure);
		result = read_entry(reader, item, *end);
		if (result < 0)
			return result;
		end = &(*end)->next;
	}
	return 0;
}

int dfut_table_load(struct dfut_entry **table, const char *text, size_t size, const char *origin,
		    struct dfut_failure *failure)
{
	struct dfut_table_reader reader = { .failure = failure, .origin = origin };
	struct dfut_json_document document;
	struct dfut_entry *loaded = NULL;
	struct dfut_entry **end;
	int result = dfut_json_parse(&document, text, size);

	if (result == DFUT_ERROR_NO_MEMORY)
		return dfut_fail_memory(failure);
	if (result < 0)
		return dfut_fail(failure, result, "%s:%d:%d: %s", origin, document.line, document.column,
				 document.mistake);
	result = read_devices(&reader, document.values, &loaded);
	dfut_json_free(&document);
	if (result < 0) {
		dfut_table_free(loaded);
		return result;
	}
	for (end = &loaded; *end; end = &(*end)->next)
		;
	*end = *table;
	*table = loaded;
	return 0;
}

static void free_const(const void *memory)
{
	free((void *)memory);
}

static void free_rules(const struct dfut_rule *rules, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free_const(rules[i].ids);
		free_const(rules[i].alternate);
		free_const(rules[i].product);
		free_const(rules[i].manufacturer);
	}
	free_const(rules);
}

static void free_names(const struct dfut_names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free_const(names->items[i]);
	free_const(names->items);
}

static void free_triggers(const struct dfut_trigger *triggers, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free_const(triggers[i].name);
		free_const(triggers[i].hint);
		free_const(triggers[i].steps);
	}
	free_const(triggers);
}

static void free_commands(const struct dfut_command *commands, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free_const(commands[i].name);
		free_const(commands[i].text);
		free_const(commands[i].requests);
	}
	free_const(commands);
}

void dfut_table_free(struct dfut_entry *table)
{
	while (table) {
		struct dfut_entry *entry = table;

		table = entry->next;
		free_rules(entry->application, entry->application_count);
		free_rules(entry->bootloader, entry->bootloader_count);
		free_triggers(entry->triggers, entry->trigger_count);
		for (size_t i = 0; i < DFUT_SLOT_COUNT; i++)
			free_names(&entry->slots.names[i]);
		free_names(&entry->help);
		free_names(&entry->protocols);
		free_commands(entry->commands, entry->command_count);
		free_const(entry->slots.format);
		free_const(entry->name);
		free_const(entry->title);
		free_const(entry->protocol);
		free_const(entry->machine);
		free_const(entry->part);
		free_const(entry->other_files);
		free(entry);
	}
}
