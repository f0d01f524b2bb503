/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The device table: reading it from JSON, and finding a device in it. */

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device-table.h"
#include "protocol/dfu-wire.h"

#define FORMAT 1

struct reader {
	struct dfut_failure *failure;
	const char *origin;
	const char *text;
	size_t size;
	const char *device;		/* the entry that is being read */
	size_t entry;			/* its number */
};

/* The line on which each element of the list "devices" begins: jansson keeps no places. */
static int find_line(const char *text, size_t size, size_t wanted)
{
	size_t depth = 0, count = 0;
	bool quoted = false;
	int line = 1;

	for (size_t i = 0; i < size; i++) {
		char c = text[i];

		if (c == '\n')
			line++;
		if (quoted) {
			if (c == '\\')
				i++;
			else if (c == '"')
				quoted = false;
			continue;
		}
		if (c == '"')
			quoted = true;
		/* { "devices": [ {: an entry is the third level. */
		if (c == '{' && depth == 2 && count++ == wanted)
			return line;
		if (c == '{' || c == '[')
			depth++;
		if ((c == '}' || c == ']') && depth)
			depth--;
	}
	return line;
}

static int wrong(struct reader *reader, const char *key, const char *what)
{
	return dfut_fail(reader->failure, DFUT_ERROR_USAGE, "%s:%d: device \"%s\": \"%s\": %s", reader->origin,
			 find_line(reader->text, reader->size, reader->entry), reader->device, key, what);
}

static char *copy(const char *text)
{
	return dfut_format_text("%s", text);
}

/* Refuses keys that are not in the list, which ends with NULL: a misspelt condition would match everything. */
static int check_keys(struct reader *reader, json_t *object, const char *where, const char *const *known)
{
	const char *key;
	json_t *value;

	if (!json_is_object(object))
		return wrong(reader, where, "must be an object");
	json_object_foreach (object, key, value) {
		const char *const *at = known;

		while (*at && strcmp(*at, key) != 0)
			at++;
		if (!*at)
			return wrong(reader, key, "there is no such key here");
	}
	return 0;
}

/* 0 if the key is missing, 1 if it was read. */
static int read_hex(struct reader *reader, json_t *object, const char *key, unsigned long most, unsigned long *value)
{
	json_t *item = json_object_get(object, key);
	const char *text = json_string_value(item);
	char *end;

	if (!item)
		return 0;
	if (!text || !*text || strspn(text, "0123456789abcdefABCDEF") != strlen(text))
		return wrong(reader, key, "must be a string of hexadecimal digits");
	*value = strtoul(text, &end, 16);
	if (*value > most)
		return wrong(reader, key, "is too large");
	return 1;
}

static int read_text(struct reader *reader, json_t *object, const char *key, char **value)
{
	json_t *item = json_object_get(object, key);

	if (!item)
		return 0;
	if (!json_is_string(item))
		return wrong(reader, key, "must be a string");
	*value = copy(json_string_value(item));
	return *value ? 1 : dfut_fail_memory(reader->failure);
}

static int read_class(struct reader *reader, json_t *object, struct dfut_interface_class *class_)
{
	const char *text = json_string_value(json_object_get(object, "interface"));
	unsigned int codes[3];
	int end = 0;

	if (!json_object_get(object, "interface"))
		return 0;
	if (!text || sscanf(text, "%2x/%2x/%2x%n", &codes[0], &codes[1], &codes[2], &end) != 3 || text[end] != '\0')
		return wrong(reader, "interface", "must be like \"ff/01/01\": class, subclass, protocol");
	*class_ = (struct dfut_interface_class){ true, (uint8_t)codes[0], (uint8_t)codes[1], (uint8_t)codes[2] };
	return 0;
}

/* "1915:521f", "1915:*", "0c45:636c-636f" */
static bool parse_ids(const char *text, struct dfut_id_range *range)
{
	unsigned int vendor, first, last;
	int end = 0;

	if (sscanf(text, "%4x:%n", &vendor, &end) != 1 || end != 5)
		return false;
	text += end;
	if (strcmp(text, "*") == 0) {
		*range = (struct dfut_id_range){ (uint16_t)vendor, 0, 0xffff };
		return true;
	}
	end = 0;
	if (sscanf(text, "%4x%n", &first, &end) != 1 || end != 4)
		return false;
	text += end;
	last = first;
	end = 0;
	if (*text && (sscanf(text, "-%4x%n", &last, &end) != 1 || end != 5 || text[end] != '\0'))
		return false;
	*range = (struct dfut_id_range){ (uint16_t)vendor, (uint16_t)first, (uint16_t)last };
	return first <= last;
}

static int read_ids(struct reader *reader, json_t *object, struct dfut_rule *rule)
{
	json_t *list = json_object_get(object, "ids");
	json_t *item;
	size_t i;

	if (!list)
		return 0;
	if (!json_is_array(list) || json_array_size(list) == 0)
		return wrong(reader, "ids", "must be a list of \"vendor:product\"");
	rule->ids = calloc(json_array_size(list), sizeof(*rule->ids));
	if (!rule->ids)
		return dfut_fail_memory(reader->failure);
	json_array_foreach (list, i, item) {
		const char *text = json_string_value(item);

		if (!text || !parse_ids(text, &rule->ids[i]))
			return wrong(reader, "ids", "must be like \"1915:521f\", \"1915:*\" or \"0c45:636c-636f\"");
		rule->id_count++;
	}
	return 0;
}

static int read_dfu_mode(struct reader *reader, json_t *object, enum dfut_mode *mode)
{
	json_t *item = json_object_get(object, "dfu");
	const char *text = json_string_value(item);

	if (!item)
		return 0;
	if (text && strcmp(text, "application") == 0)
		*mode = DFUT_MODE_APPLICATION;
	else if (text && strcmp(text, "bootloader") == 0)
		*mode = DFUT_MODE_BOOTLOADER;
	else
		return wrong(reader, "dfu", "must be \"application\" or \"bootloader\"");
	return 0;
}

static int read_rule(struct reader *reader, json_t *object, const char *key, struct dfut_rule *rule)
{
	static const char *const known[] = { "ids", "release", "interface", "functional", "dfu", "dfu_version", "product", NULL };
	unsigned long value;
	int result;

	rule->release = -1;
	rule->dfu_version = -1;
	result = check_keys(reader, object, key, known);
	if (result < 0)
		return result;
	if (json_object_size(object) == 0)
		return wrong(reader, key, "has a rule without a condition: every device would fit");
	result = read_ids(reader, object, rule);
	if (result == 0)
		result = read_class(reader, object, &rule->interface);
	if (result == 0)
		result = read_dfu_mode(reader, object, &rule->dfu);
	if (result < 0)
		return result;
	result = read_hex(reader, object, "release", 0xffff, &value);
	if (result < 0)
		return result;
	if (result > 0)
		rule->release = (int)value;
	result = read_hex(reader, object, "dfu_version", 0xffff, &value);
	if (result < 0)
		return result;
	if (result > 0)
		rule->dfu_version = (int)value;
	if (json_object_get(object, "functional") && !json_is_boolean(json_object_get(object, "functional")))
		return wrong(reader, "functional", "must be true or false");
	rule->functional = json_is_true(json_object_get(object, "functional"));
	result = read_text(reader, object, "product", &rule->product);
	return result < 0 ? result : 0;
}

static int read_rules(struct reader *reader, json_t *object, const char *key, struct dfut_rule **rules, size_t *count)
{
	json_t *list = json_object_get(object, key);
	json_t *item;
	size_t i;

	if (!list)
		return 0;
	if (!json_is_array(list))
		return wrong(reader, key, "must be a list of rules");
	*rules = calloc(json_array_size(list) + 1, sizeof(**rules));
	if (!*rules)
		return dfut_fail_memory(reader->failure);
	json_array_foreach (list, i, item) {
		int result;

		++*count;
		result = read_rule(reader, item, key, &(*rules)[i]);
		if (result < 0)
			return result;
	}
	return 0;
}

/* The ways in that need more than one request have a machine of their own. */
static const struct {
	const struct dfut_machine_ops *machine;
	struct dfut_interface_class interface;
} machines[] = {
	{ &dfut_dfu_detach_machine, { true, DFU_CLASS, DFU_SUBCLASS, 1 } },
	{ &dfut_nordic_trigger_machine, { true, 0xff, 0x01, 0x01 } },
};

static int read_machine(struct reader *reader, const char *name, struct dfut_trigger *trigger)
{
	for (size_t i = 0; i < DFUT_COUNT(machines); i++) {
		if (strcmp(machines[i].machine->name, name) != 0)
			continue;
		trigger->machine = machines[i].machine;
		trigger->interface = machines[i].interface;
		trigger->name = copy(name);
		return trigger->name ? 0 : dfut_fail_memory(reader->failure);
	}
	return wrong(reader, "triggers", "names a trigger that does not exist");
}

static int read_data(struct reader *reader, json_t *object, struct dfut_control *control)
{
	const char *text = json_string_value(json_object_get(object, "data"));
	size_t length = text ? strlen(text) : 0;

	if (!json_object_get(object, "data"))
		return 0;
	if (!text || length % 2 || length / 2 > sizeof(control->data) ||
	    strspn(text, "0123456789abcdefABCDEF") != length)
		return wrong(reader, "data", "must be up to 64 bytes as hexadecimal digits, two each");
	for (size_t i = 0; i < length / 2; i++) {
		char digits[3] = { text[2 * i], text[2 * i + 1], '\0' };

		control->data[i] = (uint8_t)strtoul(digits, NULL, 16);
	}
	control->size = (uint16_t)(length / 2);
	return 0;
}

static int read_index(struct reader *reader, json_t *object, struct dfut_control *control)
{
	const char *text = json_string_value(json_object_get(object, "index"));
	unsigned long value;
	int result;

	if (text && strcmp(text, "interface") == 0) {
		control->index_is_interface = true;
		return 0;
	}
	result = read_hex(reader, object, "index", 0xffff, &value);
	if (result > 0)
		control->index = (uint16_t)value;
	return result < 0 ? result : 0;
}

static int read_request(struct reader *reader, json_t *object, struct dfut_trigger *trigger)
{
	static const char *const known[] = { "name",  "interface", "request_type", "request",
					     "value", "index",	   "data",	   NULL };
	unsigned long type = 0, request = 0, value = 0;
	int result = check_keys(reader, object, "triggers", known);

	if (result < 0)
		return result;
	trigger->machine = &dfut_control_request_machine;
	result = read_text(reader, object, "name", &trigger->name);
	if (result < 0)
		return result;
	if (result == 0)
		return wrong(reader, "triggers", "has a trigger without a name");
	if (read_class(reader, object, &trigger->interface) < 0 ||
	    read_hex(reader, object, "request_type", 0x7f, &type) < 0 ||
	    read_hex(reader, object, "request", 0xff, &request) < 0 ||
	    read_hex(reader, object, "value", 0xffff, &value) < 0 || read_index(reader, object, &trigger->control) < 0 ||
	    read_data(reader, object, &trigger->control) < 0)
		return reader->failure->code;
	if (!json_object_get(object, "request_type") || !json_object_get(object, "request"))
		return wrong(reader, "triggers", "has a trigger without request_type or request");
	if (trigger->control.index_is_interface && !trigger->interface.given)
		return wrong(reader, "index", "is \"interface\", but no interface is given");
	trigger->control.request_type = (uint8_t)type;
	trigger->control.request = (uint8_t)request;
	trigger->control.value = (uint16_t)value;
	return 0;
}

static int read_triggers(struct reader *reader, json_t *object, struct dfut_entry *entry)
{
	json_t *list = json_object_get(object, "triggers");
	json_t *item;
	size_t i;

	if (!list)
		return 0;
	if (!json_is_array(list))
		return wrong(reader, "triggers", "must be a list");
	entry->triggers = calloc(json_array_size(list) + 1, sizeof(*entry->triggers));
	if (!entry->triggers)
		return dfut_fail_memory(reader->failure);
	json_array_foreach (list, i, item) {
		int result;

		entry->trigger_count++;
		if (json_is_string(item))
			result = read_machine(reader, json_string_value(item), &entry->triggers[i]);
		else
			result = read_request(reader, item, &entry->triggers[i]);
		if (result < 0)
			return result;
	}
	return 0;
}

static int read_quirks(struct reader *reader, json_t *object, unsigned int *quirks)
{
	static const struct {
		const char *name;
		enum dfut_quirk quirk;
	} known[] = {
		{ "poll-5-ms", DFUT_QUIRK_POLL_5_MS },
		{ "no-upload", DFUT_QUIRK_NO_UPLOAD },
		{ "version-1.1", DFUT_QUIRK_VERSION_1_1 },
		{ "not-dfu", DFUT_QUIRK_NOT_DFU },
	};
	json_t *list = json_object_get(object, "quirks");
	json_t *item;
	size_t i;

	if (list && !json_is_array(list))
		return wrong(reader, "quirks", "must be a list");
	json_array_foreach (list, i, item) {
		size_t at = 0;

		while (at < DFUT_COUNT(known) &&
		       (!json_is_string(item) || strcmp(known[at].name, json_string_value(item)) != 0))
			at++;
		if (at == DFUT_COUNT(known))
			return wrong(reader, "quirks", "names a quirk that does not exist");
		*quirks |= known[at].quirk;
	}
	return 0;
}

static int read_leave(struct reader *reader, json_t *object, enum dfut_leave *leave)
{
	json_t *item = json_object_get(object, "leave");
	const char *text = json_string_value(item);

	if (!item)
		return 0;
	if (text && strcmp(text, "reset") == 0)
		*leave = DFUT_LEAVE_RESET;
	else if (text && strcmp(text, "detach") == 0)
		*leave = DFUT_LEAVE_DETACH;
	else if (text && strcmp(text, "none") == 0)
		*leave = DFUT_LEAVE_NONE;
	else
		return wrong(reader, "leave", "must be \"reset\", \"detach\" or \"none\"");
	return 0;
}

static int read_names(struct reader *reader, json_t *object, const char *key, char ***names, size_t *count)
{
	json_t *list = json_object_get(object, key);
	json_t *item;
	size_t i;

	if (!list)
		return 0;
	if (!json_is_array(list))
		return wrong(reader, key, "must be a list of names");
	*names = calloc(json_array_size(list) + 1, sizeof(**names));
	if (!*names)
		return dfut_fail_memory(reader->failure);
	json_array_foreach (list, i, item) {
		if (!json_is_string(item))
			return wrong(reader, key, "must be a list of names");
		(*names)[i] = copy(json_string_value(item));
		if (!(*names)[i])
			return dfut_fail_memory(reader->failure);
		++*count;
	}
	return 0;
}

static int read_slots(struct reader *reader, json_t *entry, struct dfut_slots *slots)
{
	static const char *const known[] = { "running", "update", "format", "measure", "size", NULL };
	json_t *object = json_object_get(entry, "slots");
	json_t *size = json_object_get(object, "size");
	json_t *measure = json_object_get(object, "measure");

	if (!object)
		return 0;
	if (check_keys(reader, object, "slots", known) < 0 ||
	    read_names(reader, object, "running", &slots->running, &slots->running_count) < 0 ||
	    read_names(reader, object, "update", &slots->update, &slots->update_count) < 0 ||
	    read_text(reader, object, "format", &slots->format) < 0)
		return reader->failure->code;
	if (size && (!json_is_integer(size) || json_integer_value(size) <= 0))
		return wrong(reader, "size", "must be a number of bytes");
	if (measure && !json_is_boolean(measure))
		return wrong(reader, "measure", "must be true or false");
	slots->size = (uint64_t)json_integer_value(size);
	slots->measure = json_is_true(measure);
	return 0;
}

static int read_entry(struct reader *reader, json_t *object, struct dfut_entry *entry)
{
	static const char *const known[] = { "name",	 "title",  "application", "bootloader", "triggers", "protocol",
					     "quirks",	 "leave",  "slots",	  "sources",	NULL };
	int result;

	reader->device = "?";
	if (json_is_string(json_object_get(object, "name")))
		reader->device = json_string_value(json_object_get(object, "name"));
	result = check_keys(reader, object, "devices", known);
	if (result < 0)
		return result;
	result = read_text(reader, object, "name", &entry->name);
	if (result == 0)
		return wrong(reader, "name", "is missing");
	if (result < 0 || read_text(reader, object, "title", &entry->title) < 0 ||
	    read_text(reader, object, "protocol", &entry->protocol) < 0 ||
	    read_rules(reader, object, "application", &entry->application, &entry->application_count) < 0 ||
	    read_rules(reader, object, "bootloader", &entry->bootloader, &entry->bootloader_count) < 0 ||
	    read_triggers(reader, object, entry) < 0 || read_quirks(reader, object, &entry->quirks) < 0 ||
	    read_leave(reader, object, &entry->leave) < 0 || read_slots(reader, object, &entry->slots) < 0)
		return reader->failure->code;
	if (!entry->protocol)
		entry->protocol = copy("");
	if (!entry->title)
		entry->title = copy(entry->name);
	if (!entry->protocol || !entry->title)
		return dfut_fail_memory(reader->failure);
	if (!entry->application_count && !entry->bootloader_count)
		return wrong(reader, "application", "and \"bootloader\" are missing: no device would ever fit");
	return 0;
}

static int read_devices(struct reader *reader, json_t *root, struct dfut_entry **table)
{
	json_t *list = json_object_get(root, "devices");
	struct dfut_entry **end = table;
	json_t *item;
	size_t i;

	reader->device = "";
	if (!json_is_object(root) || json_integer_value(json_object_get(root, "format")) != FORMAT)
		return dfut_fail(reader->failure, DFUT_ERROR_USAGE, "%s: is no device table: \"format\": %d is missing",
				 reader->origin, FORMAT);
	if (json_object_size(root) != 2 || !json_is_array(list))
		return dfut_fail(reader->failure, DFUT_ERROR_USAGE, "%s: must have \"format\" and a list \"devices\", no more",
				 reader->origin);
	json_array_foreach (list, i, item) {
		int result;

		reader->entry = i;
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
	struct reader reader = { .failure = failure, .origin = origin, .text = text, .size = size };
	struct dfut_entry *loaded = NULL;
	struct dfut_entry **end;
	json_error_t error;
	json_t *root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
	int result;

	if (!root)
		return dfut_fail(failure, DFUT_ERROR_USAGE, "%s:%d:%d: %s", origin, error.line, error.column, error.text);
	result = read_devices(&reader, root, &loaded);
	json_decref(root);
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

static void free_rules(struct dfut_rule *rules, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(rules[i].ids);
		free(rules[i].product);
	}
	free(rules);
}

static void free_names(char **names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(names[i]);
	free(names);
}

void dfut_table_free(struct dfut_entry *table)
{
	while (table) {
		struct dfut_entry *entry = table;

		table = entry->next;
		free_rules(entry->application, entry->application_count);
		free_rules(entry->bootloader, entry->bootloader_count);
		for (size_t i = 0; i < entry->trigger_count; i++)
			free(entry->triggers[i].name);
		free(entry->triggers);
		free_names(entry->slots.running, entry->slots.running_count);
		free_names(entry->slots.update, entry->slots.update_count);
		free(entry->slots.format);
		free(entry->name);
		free(entry->title);
		free(entry->protocol);
		free(entry);
	}
}

static bool range_fits(const struct dfut_id_range *range, uint16_t vendor, uint16_t product)
{
	return range->vendor == vendor && product >= range->product_first && product <= range->product_last;
}

static bool ids_fit(const struct dfut_rule *rule, uint16_t vendor, uint16_t product)
{
	for (size_t i = 0; i < rule->id_count; i++)
		if (range_fits(&rule->ids[i], vendor, product))
			return true;
	return false;
}

bool dfut_rules_have_ids(const struct dfut_rule *rules, size_t count, uint16_t vendor, uint16_t product)
{
	for (size_t i = 0; i < count; i++)
		if (ids_fit(&rules[i], vendor, product))
			return true;
	return false;
}

static bool interface_fits(const struct dfut_rule *rule, const struct dfut_descriptors *descriptors)
{
	const struct dfut_interface_class *wanted = &rule->interface;

	if (!wanted->given)
		return true;
	for (size_t i = 0; i < descriptors->interface_count; i++) {
		const struct dfut_interface *interface = &descriptors->interfaces[i];

		if (interface->class_code == wanted->class_code && interface->subclass == wanted->subclass &&
		    interface->protocol == wanted->protocol && (!rule->functional || descriptors->functional[i]))
			return true;
	}
	return false;
}

static bool rule_fits(const struct dfut_rule *rule, const struct dfut_descriptors *descriptors, const char *product)
{
	if (rule->id_count && !ids_fit(rule, descriptors->vendor_id, descriptors->product_id))
		return false;
	if (rule->release >= 0 && rule->release != descriptors->release)
		return false;
	if (rule->dfu != DFUT_MODE_UNKNOWN && rule->dfu != dfut_descriptors_get_dfu_mode(descriptors))
		return false;
	if (rule->dfu_version >= 0 && (!descriptors->has_functional || rule->dfu_version != descriptors->dfu.version))
		return false;
	if (rule->product && strcmp(rule->product, product) != 0)
		return false;
	return interface_fits(rule, descriptors);
}

const struct dfut_entry *dfut_table_find(const struct dfut_entry *table, const struct dfut_descriptors *descriptors,
					 const char *product, enum dfut_mode *mode)
{
	for (const struct dfut_entry *entry = table; entry; entry = entry->next) {
		for (size_t i = 0; i < entry->bootloader_count; i++) {
			if (rule_fits(&entry->bootloader[i], descriptors, product)) {
				*mode = DFUT_MODE_BOOTLOADER;
				return entry;
			}
		}
		for (size_t i = 0; i < entry->application_count; i++) {
			if (rule_fits(&entry->application[i], descriptors, product)) {
				*mode = DFUT_MODE_APPLICATION;
				return entry;
			}
		}
	}
	*mode = DFUT_MODE_UNKNOWN;
	return NULL;
}
