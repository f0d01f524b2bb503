/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Triggers of the device table: reading them. */

#include <stdlib.h>
#include <string.h>

#include "table/reader.h"

static int read_known(struct dfut_table_reader *reader, const char *name, struct dfut_trigger *trigger)
{
	trigger->way = dfut_way_find(name);
	if (!trigger->way)
		return dfut_table_wrong(reader, "triggers", "names a trigger that does not exist");
	trigger->name = dfut_table_copy_text(reader, name);
	return trigger->name ? 0 : reader->failure->code;
}

/* Keys of every trigger that is an object */
static int read_common(struct dfut_table_reader *reader, const struct dfut_json *object, struct dfut_trigger *trigger)
{
	unsigned long number = 0;
	int result = dfut_table_read_text(reader, object, "name", &trigger->name);

	if (result < 0)
		return result;
	if (result == 0 || !*trigger->name)
		return dfut_table_wrong(reader, "triggers", "has a trigger without a name");
	if (dfut_table_read_text(reader, object, "hint", &trigger->hint) < 0 ||
	    dfut_table_read_flag(reader, object, "in_place", &trigger->in_place) < 0 ||
	    dfut_table_read_class(reader, object, &trigger->interface) < 0)
		return reader->failure->code;
	result = dfut_table_read_number(reader, object, "number", 0, 254, &number);
	if (result > 0)
		trigger->number = (int)number;
	return result < 0 ? result : 0;
}

static int read_request(struct dfut_table_reader *reader, const struct dfut_json *object, struct dfut_trigger *trigger)
{
	static const char *const known[] = { "name",	"hint",	 "in_place", "interface", "number", "request_type",
					     "request", "value", "index",    "data",	  NULL };
	struct dfut_control *control = &trigger->control;

	trigger->way = &dfut_way_control_request;
	if (dfut_table_check_keys(reader, object, "triggers", known) < 0 || read_common(reader, object, trigger) < 0 ||
	    dfut_table_read_control(reader, object, control) < 0)
		return reader->failure->code;
	if (control->index_is_interface && !trigger->interface.given)
		return dfut_table_wrong(reader, "index", "is \"interface\", but no interface is given");
	return 0;
}

static int read_tries(struct dfut_table_reader *reader, const struct dfut_json *object, unsigned int *tries,
		      uint32_t *delay_ms)
{
	unsigned long number = 1, delay = 100;

	if (dfut_table_read_number(reader, object, "tries", 1, 100, &number) < 0 ||
	    dfut_table_read_number(reader, object, "delay_ms", 1, 10000, &delay) < 0)
		return reader->failure->code;
	*tries = (unsigned int)number;
	*delay_ms = (uint32_t)delay;
	return 0;
}

static int read_reply(struct dfut_table_reader *reader, const struct dfut_json *trigger, struct dfut_reply *reply)
{
	static const char *const known[] = { "type", "id", "at", "accepted", "refused", "tries", "delay_ms", NULL };
	const struct dfut_json *object = dfut_json_get(trigger, "reply");
	unsigned long id = 0, at = 0, value = 0;
	int accepted, refused;

	if (!object)
		return 0;
	reply->given = true;
	reply->type = DFUT_REPORT_INPUT;
	if (dfut_table_check_keys(reader, object, "reply", known) < 0 ||
	    dfut_table_read_report_type(reader, object, "type", 1u << DFUT_REPORT_INPUT | 1u << DFUT_REPORT_FEATURE,
					&reply->type) < 0 ||
	    dfut_table_read_hex(reader, object, "id", 0xff, &id) < 0 ||
	    dfut_table_read_number(reader, object, "at", 0, 254, &at) < 0 ||
	    read_tries(reader, object, &reply->tries, &reply->delay_ms) < 0)
		return reader->failure->code;
	accepted = dfut_table_read_hex(reader, object, "accepted", 0xff, &value);
	refused = dfut_table_read_hex(reader, object, "refused", 0xff, &value);
	if (accepted < 0 || refused < 0)
		return reader->failure->code;
	if (accepted + refused != 1)
		return dfut_table_wrong(reader, "reply", "must have either \"accepted\" or \"refused\"");
	reply->is_refusal = refused > 0;
	reply->id = (uint8_t)id;
	reply->at = (uint16_t)at;
	reply->value = (uint8_t)value;
	return 0;
}

static int read_report(struct dfut_table_reader *reader, const struct dfut_json *object, struct dfut_trigger *trigger)
{
	static const char *const known[] = { "name",	 "hint",  "in_place",	  "number", "report",
					     "id",	 "data",  "size",	  "usage",  "tries",
					     "delay_ms", "reply", "usual_number", "keys",   NULL };
	struct dfut_report *report = &trigger->report;
	unsigned long id = 0, declared = 0, usual = 0;
	bool keys = false;

	trigger->way = &dfut_way_hid_report;
	if (dfut_table_check_keys(reader, object, "triggers", known) < 0 || read_common(reader, object, trigger) < 0 ||
	    dfut_table_read_report_type(reader, object, "report", 1u << DFUT_REPORT_FEATURE | 1u << DFUT_REPORT_OUTPUT,
					&report->type) < 0 ||
	    dfut_table_read_hex(reader, object, "id", 0xff, &id) < 0 ||
	    dfut_table_read_bytes(reader, object, "data", report->data, sizeof(report->data), &report->size) < 0 ||
	    dfut_table_read_number(reader, object, "size", 1, 0xffff, &declared) < 0 ||
	    dfut_table_read_usage(reader, object, &report->usage) < 0 ||
	    /* What only udev's rules are made of */
	    dfut_table_read_number(reader, object, "usual_number", 0, 254, &usual) < 0 ||
	    dfut_table_read_flag(reader, object, "keys", &keys) < 0 ||
	    read_tries(reader, object, &report->tries, &report->delay_ms) < 0 ||
	    read_reply(reader, object, &report->reply) < 0)
		return reader->failure->code;
	if (!report->size)
		return dfut_table_wrong(reader, "triggers", "has a report without data");
	if (declared && declared < report->size)
		return dfut_table_wrong(reader, "size", "is less than the data has");
	report->id = (uint8_t)id;
	report->declared = (uint16_t)declared;
	return 0;
}

static int read_touch(struct dfut_table_reader *reader, const struct dfut_json *object, struct dfut_trigger *trigger)
{
	static const char *const known[] = { "name", "hint", "in_place", "number", "touch", NULL };
	unsigned long baud = 0;

	trigger->way = &dfut_way_serial_touch;
	if (dfut_table_check_keys(reader, object, "triggers", known) < 0 || read_common(reader, object, trigger) < 0 ||
	    dfut_table_read_number(reader, object, "touch", 1, 12000000, &baud) < 0)
		return reader->failure->code;
	trigger->baud = (uint32_t)baud;
	return 0;
}

/* "dtr": true, "rts": false; a line that is not named stays as it is. */
static int read_line(struct dfut_table_reader *reader, const struct dfut_json *object, const char *key, int *line)
{
	bool on = false;
	int result = dfut_table_read_flag(reader, object, key, &on);

	*line = result > 0 ? on : -1;
	return result;
}

static int read_lines(struct dfut_table_reader *reader, const struct dfut_json *object, struct dfut_trigger *trigger)
{
	static const char *const known[] = { "name", "hint", "in_place", "number", "lines", NULL };
	static const char *const known_step[] = { "dtr", "rts", "data", "wait_ms", NULL };
	const struct dfut_json *list = dfut_json_get(object, "lines");
	struct dfut_line_step *steps;
	const struct dfut_json *item;

	trigger->way = &dfut_way_serial_lines;
	if (dfut_table_check_keys(reader, object, "triggers", known) < 0 || read_common(reader, object, trigger) < 0)
		return reader->failure->code;
	if (!dfut_json_is(list, DFUT_JSON_LIST) || list->count == 0 || list->count > DFUT_LINE_STEP_LIMIT)
		return dfut_table_wrong(reader, "lines", "must be a list of 1 to 16 steps");
	steps = calloc(list->count, sizeof(*steps));
	if (!steps)
		return dfut_fail_memory(reader->failure);
	trigger->steps = steps;
	for (item = list->first; item; item = item->next) {
		struct dfut_line_step *step = &steps[trigger->step_count++];
		unsigned long wait_ms = 0;

		if (dfut_table_check_keys(reader, item, "lines", known_step) < 0 ||
		    read_line(reader, item, "dtr", &step->dtr) < 0 || read_line(reader, item, "rts", &step->rts) < 0 ||
		    dfut_table_read_bytes(reader, item, "data", step->data, sizeof(step->data), &step->size) < 0 ||
		    dfut_table_read_number(reader, item, "wait_ms", 0, 10000, &wait_ms) < 0)
			return reader->failure->code;
		step->wait_ms = (uint32_t)wait_ms;
	}
	return 0;
}

static int read_trigger(struct dfut_table_reader *reader, const struct dfut_json *item, struct dfut_trigger *trigger)
{
	trigger->number = -1;
	if (dfut_json_is(item, DFUT_JSON_TEXT))
		return read_known(reader, dfut_json_get_text(item), trigger);
	if (dfut_json_get(item, "request"))
		return read_request(reader, item, trigger);
	if (dfut_json_get(item, "report"))
		return read_report(reader, item, trigger);
	if (dfut_json_get(item, "touch"))
		return read_touch(reader, item, trigger);
	if (dfut_json_get(item, "lines"))
		return read_lines(reader, item, trigger);
	return dfut_table_wrong(reader, "triggers", "has a trigger without request, report, touch or lines");
}

int dfut_table_read_triggers(struct dfut_table_reader *reader, const struct dfut_json *object, struct dfut_entry *entry)
{
	const struct dfut_json *list = dfut_json_get(object, "triggers");
	struct dfut_trigger *triggers;
	const struct dfut_json *item;

	if (!list)
		return 0;
	if (!dfut_json_is(list, DFUT_JSON_LIST))
		return dfut_table_wrong(reader, "triggers", "must be a list");
	triggers = calloc(list->count + 1, sizeof(*triggers));
	if (!triggers)
		return dfut_fail_memory(reader->failure);
	entry->triggers = triggers;
	for (item = list->first; item; item = item->next) {
		int result = read_trigger(reader, item, &triggers[entry->trigger_count++]);

		if (result < 0)
			return result;
	}
	return 0;
}
