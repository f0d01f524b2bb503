/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Ways into a bootloader in words, as the device table has them. */

#include <string.h>

#include "explain/trigger.h"

static bool is_request(const struct dfut_control *control, const struct dfut_tape_event *event)
{
	return event->kind == DFUT_TAPE_CONTROL && event->setup[0] == control->request_type &&
	       event->setup[1] == control->request && dfut_le16(event->setup + 2) == control->value;
}

static bool is_report(const struct dfut_report *report, const struct dfut_tape_event *event)
{
	return event->kind == DFUT_TAPE_REPORT && !event->is_in && event->type == report->type &&
	       event->id == report->id && report->size && event->data.size >= report->size &&
	       memcmp(event->data.bytes, report->data, report->size) == 0;
}

static bool is_touch(const struct dfut_trigger *trigger, const struct dfut_tape_event *event)
{
	uint32_t baud = dfut_trigger_get_baud(trigger);

	return event->kind == DFUT_TAPE_LINE_CODING && baud && event->coding.baud == baud;
}

static bool is_trigger(const struct dfut_trigger *trigger, const struct dfut_tape_event *event)
{
	if (trigger->way == &dfut_way_control_request)
		return is_request(&trigger->control, event);
	if (trigger->way == &dfut_way_hid_report)
		return is_report(&trigger->report, event);
	return trigger->way->link == DFUT_LINK_SERIAL && is_touch(trigger, event);
}

bool dfut_explain_trigger(const struct dfut_entry *entry, const struct dfut_tape_event *event,
			  struct dfut_meaning *meaning)
{
	for (size_t i = 0; i < entry->trigger_count; i++) {
		const struct dfut_trigger *trigger = &entry->triggers[i];
		const char *word = event->kind == DFUT_TAPE_CONTROL && trigger->way->get_word ?
					   trigger->way->get_word(event->setup) :
					   NULL;

		if (word)
			return dfut_mean_alone(meaning, DFUT_PHASE_ASKING, word, " (%s)", trigger->name);
		if (is_trigger(trigger, event))
			return dfut_mean_alone(meaning, DFUT_PHASE_ANY, "restart into the bootloader", " (%s)",
					       trigger->name);
	}
	return false;
}
