/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Rules of the device table: reading them. find.c applies them. */

#include <stdlib.h>
#include <string.h>

#include "table/reader.h"

/* "1915:521f", "1915:*", "0c45:636c-636f" */
static bool parse_ids(const char *text, struct dfut_id_range *range)
{
	unsigned int vendor, first, last;

	if (!dfut_table_take_hex(&text, 4, 4, &vendor) || !dfut_table_take_char(&text, ':'))
		return false;
	if (strcmp(text, "*") == 0) {
		*range = (struct dfut_id_range){ (uint16_t)vendor, 0, 0xffff };
		return true;
	}
	if (!dfut_table_take_hex(&text, 4, 4, &first))
		return false;
	last = first;
	if (*text && (!dfut_table_take_char(&text, '-') || !dfut_table_take_hex(&text, 4, 4, &last) || *text))
		return false;
	*range = (struct dfut_id_range){ (uint16_t)vendor, (uint16_t)first, (uint16_t)last };
	return first <= last;
}

static int read_ids(struct dfut_table_reader *reader, const struct dfut_json *object, struct dfut_rule *rule)
{
	const struct dfut_json *list = dfut_json_get(object, "ids");
	struct dfut_id_range *ids;
	const struct dfut_json *item;

	if (!list)
		return 0;
	if (!dfut_json_is(list, DFUT_JSON_LIST) || list->count == 0)
		return dfut_table_wrong(reader, "ids", "must be a list of \"vendor:product\"");
	ids = calloc(list->count, sizeof(*ids));
	if (!ids)
		return dfut_fail_memory(reader->failure);
	rule->ids = ids;
	for (item = list->first; item; item = item->next) {
		const char *text = dfut_json_get_text(item);

		if (!text || !parse_ids(text, &ids[rule->id_count]))
			return dfut_table_wrong(reader, "ids",
						"must be like \"1915:521f\", \"1915:*\" or \"0c45:636c-636f\"");
		rule->id_count++;
	}
	return 0;
}

static int read_dfu_mode(struct dfut_table_reader *reader, const struct dfut_json *object, enum dfut_mode *mode)
{
	const struct dfut_json *item = dfut_json_get(object, "dfu");
	const char *text = dfut_json_get_text(item);

	if (!item)
		return 0;
	if (text && strcmp(text, "application") == 0)
		*mode = DFUT_MODE_APPLICATION;
	else if (text && strcmp(text, "bootloader") == 0)
		*mode = DFUT_MODE_BOOTLOADER;
	else
		return dfut_table_wrong(reader, "dfu", "must be \"application\" or \"bootloader\"");
	return 0;
}

/* Bytes without the id */
static int read_report(struct dfut_table_reader *reader, const struct dfut_json *rule_object, struct dfut_rule *rule)
{
	static const char *const known[] = { "type", "id", "size", NULL };
	const struct dfut_json *object = dfut_json_get(rule_object, "report");
	unsigned long id = 0, size = 0;

	if (!object)
		return 0;
	if (dfut_table_check_keys(reader, object, "report", known) < 0 ||
	    dfut_table_read_report_type(reader, object, "type", 1u << DFUT_REPORT_FEATURE | 1u << DFUT_REPORT_OUTPUT,
					&rule->report.type) < 0 ||
	    dfut_table_read_hex(reader, object, "id", 0xff, &id) < 0 ||
	    dfut_table_read_number(reader, object, "size", 1, 0xffff, &size) < 0)
		return reader->failure->code;
	if (!rule->report.type || !size)
		return dfut_table_wrong(reader, "report", "must have \"type\" and \"size\"");
	rule->report.id = (uint8_t)id;
	rule->report.size = (int)size;
	return 1;
}

/* A condition that is -1 if it is not given */
static int read_code(struct dfut_table_reader *reader, const struct dfut_json *object, const char *key, int *code)
{
	unsigned long value;
	int result = dfut_table_read_hex(reader, object, key, 0xffff, &value);

	*code = result > 0 ? (int)value : -1;
	return result;
}

static int read_dfu_version(struct dfut_table_reader *reader, const struct dfut_json *object, int *version)
{
	const struct dfut_json *item = dfut_json_get(object, "dfu_version");

	if (!dfut_json_is(item, DFUT_JSON_TEXT) || strcmp(dfut_json_get_text(item), "none") != 0)
		return read_code(reader, object, "dfu_version", version);
	*version = DFUT_NO_VERSION;
	return 0;
}

static int read_will_detach(struct dfut_table_reader *reader, const struct dfut_json *object, struct dfut_rule *rule)
{
	bool flag = false;
	int result = dfut_table_read_flag(reader, object, "will_detach", &flag);

	rule->will_detach = result > 0 ? flag : -1;
	return result;
}

static int read_interface(struct dfut_table_reader *reader, const struct dfut_json *object, struct dfut_rule *rule)
{
	unsigned long count;
	int result;

	if (dfut_table_read_class(reader, object, &rule->interface) < 0 ||
	    dfut_table_read_flag(reader, object, "functional", &rule->functional) < 0)
		return reader->failure->code;
	result = dfut_table_read_number(reader, object, "endpoints", 0, 30, &count);
	rule->endpoints = result > 0 ? (int)count : -1;
	if (result > 0 && !rule->interface.given)
		return dfut_table_wrong(reader, "endpoints", "are those of an interface, and none is given");
	return result;
}

static int read_rule(struct dfut_table_reader *reader, const struct dfut_json *object, const char *key,
		     struct dfut_rule *rule)
{
	static const char *const known[] = { "ids",	    "release",	   "interface",	   "functional", "dfu",
					     "dfu_version", "product",	   "manufacturer", "usage",	 "report",
					     "shared",	    "will_detach", "endpoints",	   "alternate",	 NULL };
	int result = dfut_table_check_keys(reader, object, key, known);

	if (result < 0)
		return result;
	if (object->count == 0)
		return dfut_table_wrong(reader, key, "has a rule without a condition: every device would fit");
	if (read_ids(reader, object, rule) < 0 || read_interface(reader, object, rule) < 0 ||
	    read_dfu_mode(reader, object, &rule->dfu) < 0 || read_code(reader, object, "release", &rule->release) < 0 ||
	    read_dfu_version(reader, object, &rule->dfu_version) < 0 || read_will_detach(reader, object, rule) < 0 ||
	    dfut_table_read_flag(reader, object, "shared", &rule->shared) < 0 ||
	    dfut_table_read_usage(reader, object, &rule->usage) < 0 || read_report(reader, object, rule) < 0 ||
	    dfut_table_read_text(reader, object, "alternate", &rule->alternate) < 0 ||
	    dfut_table_read_text(reader, object, "product", &rule->product) < 0 ||
	    dfut_table_read_text(reader, object, "manufacturer", &rule->manufacturer) < 0)
		return reader->failure->code;
	return 0;
}

int dfut_table_read_rules(struct dfut_table_reader *reader, const struct dfut_json *object, const char *key,
			  const struct dfut_rule **rules, size_t *count)
{
	const struct dfut_json *list = dfut_json_get(object, key);
	struct dfut_rule *made;
	const struct dfut_json *item;

	if (!list)
		return 0;
	if (!dfut_json_is(list, DFUT_JSON_LIST))
		return dfut_table_wrong(reader, key, "must be a list of rules");
	made = calloc(list->count + 1, sizeof(*made));
	if (!made)
		return dfut_fail_memory(reader->failure);
	*rules = made;
	for (item = list->first; item; item = item->next) {
		int result = read_rule(reader, item, key, &made[(*count)++]);

		if (result < 0)
			return result;
	}
	return 0;
}
