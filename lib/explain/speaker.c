/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Which languages a device may speak: those of its row in the table, or any. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain/speaker.h"
#include "explain/trigger.h"

/* USB 2.0, table 9-8 */
#define MANUFACTURER 14
#define PRODUCT 15
#define HID_LIMIT 16

static const char *get_string(const struct dfut_tape_event *event, size_t at)
{
	const struct dfut_json *strings = dfut_json_get(event->json.values, "strings");
	char key[8] = "";
	const char *text;

	if (event->data.size > at)
		snprintf(key, sizeof(key), "%u", event->data.bytes[at]);
	text = dfut_json_get_text(dfut_json_get(strings, key));
	return text ? text : "";
}

/* HID interfaces whose report descriptors are in the file */
struct hids {
	struct dfut_hid items[HID_LIMIT];
	size_t count;
};

static void add_hid(struct hids *hids, const struct dfut_json *node)
{
	const char *text = dfut_json_get_text(dfut_json_get(node, "report_descriptor"));
	struct dfut_hid *hid = &hids->items[hids->count];
	uint8_t *bytes = NULL;
	bool has_memory;
	size_t size;

	if (!text || !dfut_tape_take_bytes(text, &bytes, &size, &has_memory))
		return;
	hid->interface = (uint8_t)dfut_json_get_integer(dfut_json_get(node, "interface"));
	hids->count += dfut_reports_parse(&hid->reports, bytes, size) == 0;
	free(bytes);
}

static void take_hids(struct hids *hids, const struct dfut_tape_event *event)
{
	const struct dfut_json *node = dfut_json_get_first(dfut_json_get(event->json.values, "nodes"));

	hids->count = 0;
	for (; node && hids->count < HID_LIMIT; node = node->next)
		add_hid(hids, node);
}

static const struct dfut_entry *judge(const struct dfut_entry *table, const struct dfut_tape_event *event)
{
	struct dfut_descriptors descriptors;
	struct dfut_judgement judgement = { 0 };
	struct hids hids;

	if (dfut_descriptors_parse(&descriptors, event->data.bytes, event->data.size) < 0)
		return NULL;
	take_hids(&hids, event);
	dfut_table_judge(table,
			 &(struct dfut_traits){ .descriptors = &descriptors,
						.manufacturer = get_string(event, MANUFACTURER),
						.product = get_string(event, PRODUCT),
						.hids = hids.items,
						.hid_count = hids.count },
			 &judgement);
	for (size_t i = 0; i < hids.count; i++)
		dfut_reports_finish(&hids.items[i].reports);
	dfut_descriptors_finish(&descriptors);
	return judgement.entry;
}

static struct dfut_speaker *find(const struct dfut_speakers *speakers, uint32_t device)
{
	return dfut_index_find(&speakers->by_device, 0, device);
}

static struct dfut_speaker *add(struct dfut_speakers *speakers, uint32_t device)
{
	struct dfut_speaker *speaker = calloc(1, sizeof(*speaker));

	if (!speaker || !dfut_index_put(&speakers->by_device, 0, device, speaker)) {
		free(speaker);
		return NULL;
	}
	speaker->next = speakers->first;
	speakers->first = speaker;
	return speaker;
}

bool dfut_speaker_meet(struct dfut_speakers *speakers, const struct dfut_entry *table,
		       const struct dfut_tape_event *event)
{
	struct dfut_speaker *speaker = find(speakers, event->device);

	if (!speaker)
		speaker = add(speakers, event->device);
	if (!speaker)
		return false;
	speaker->entry = judge(table, event);
	for (size_t i = 0; i < DFUT_SPEAKER_LIMIT; i++) {
		speaker->talks[i].device = event;
		speaker->talks[i].is_guessed = !speaker->entry;
	}
	return true;
}

/* A row may name several, or none at all. */
static bool may_speak(const struct dfut_entry *entry, const struct dfut_language *language)
{
	if (!entry || strcmp(entry->protocol, language->name) == 0)
		return true;
	if (entry->other_files && strcmp(entry->other_files, language->name) == 0)
		return true;
	for (size_t i = 0; i < entry->protocols.count; i++)
		if (strcmp(entry->protocols.items[i], language->name) == 0)
			return true;
	return !*entry->protocol && !entry->protocols.count;
}

bool dfut_speaker_explain(const struct dfut_speakers *speakers, const struct dfut_tape_event *event,
			  struct dfut_meaning *meaning)
{
	struct dfut_speaker *speaker = find(speakers, event->device);
	const struct dfut_language *language;

	for (size_t i = 0; speaker && i < DFUT_SPEAKER_LIMIT && (language = dfut_language_get(i)) != NULL; i++) {
		*meaning = (struct dfut_meaning){ 0 };
		if (language->explain && may_speak(speaker->entry, language) &&
		    language->explain(&speaker->talks[i], event, meaning))
			return true;
	}
	*meaning = (struct dfut_meaning){ 0 };
	return speaker && speaker->entry && dfut_explain_trigger(speaker->entry, event, meaning);
}

void dfut_speakers_free(struct dfut_speakers *speakers)
{
	struct dfut_speaker *next;

	for (struct dfut_speaker *speaker = speakers->first; speaker; speaker = next) {
		next = speaker->next;
		free(speaker);
	}
	dfut_index_free(&speakers->by_device);
}
