/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A device that arrives in a session, as the requests by which a system meets it. */

#include <stdlib.h>
#include <string.h>

#include "sim/capture/export.h"
#include "sim/capture/meeting.h"
#include "sim/sim.h"

#define DEVICE_SIZE 18
#define CONFIGURATION_SIZE 9

static void tell_configurations(struct meeting *meeting, const struct dfut_tape_data *descriptors)
{
	const uint8_t *at = descriptors->bytes + DEVICE_SIZE;
	const uint8_t *end = descriptors->bytes + descriptors->size;

	for (uint16_t i = 0; end - at >= CONFIGURATION_SIZE; i++) {
		size_t size = dfut_le16(at + 2);

		if (size < CONFIGURATION_SIZE || size > (size_t)(end - at))
			return;
		meeting_ask_descriptor(meeting, 0, (uint16_t)(MEETING_CONFIGURATION << 8 | i), 0, at,
				       CONFIGURATION_SIZE);
		meeting_ask_descriptor(meeting, 0, (uint16_t)(MEETING_CONFIGURATION << 8 | i), 0, at, size);
		at += size;
	}
}

static void tell_strings(struct meeting *meeting, const struct dfut_tape_event *event)
{
	const struct dfut_json *strings = dfut_json_get(event->json.values, "strings");

	for (const struct dfut_json *at = dfut_json_get_first(strings); at; at = at->next) {
		unsigned long index = at->key ? strtoul(at->key, NULL, 10) : 0;
		uint8_t *descriptor = export_new_bytes(meeting->data, DFUT_SIM_STRING_ROOM);

		if (!descriptor)
			return;
		if (index >= 1 && index <= UINT8_MAX && at->text)
			meeting_ask_descriptor(meeting, 0, (uint16_t)(DFUT_SIM_STRING_DESCRIPTOR << 8 | index), 0x0409,
					       descriptor, dfut_sim_make_string(descriptor, at->text));
	}
}

static void tell_reports(struct meeting *meeting, const struct dfut_tape_event *event)
{
	const struct dfut_json *node = dfut_json_get_first(dfut_json_get(event->json.values, "nodes"));

	for (; node; node = node->next) {
		const struct dfut_json *number = dfut_json_get(node, "interface");
		const char *text = dfut_json_get_text(dfut_json_get(node, "report_descriptor"));
		uint8_t *bytes = text && dfut_json_is(number, DFUT_JSON_INTEGER) ?
					 export_new_bytes(meeting->data, strlen(text) / 2 + 1) :
					 NULL;
		uint8_t *found = NULL;
		size_t size = 0;
		bool has_memory;

		if (bytes && dfut_tape_take_bytes(text, &found, &size, &has_memory) && size <= UINT16_MAX) {
			memcpy(bytes, found, size);
			meeting_ask_descriptor(meeting, 1, MEETING_REPORTS << 8, (uint16_t)number->number, bytes, size);
		}
		free(found);
	}
}

static struct meeting begin(struct export *export, unsigned int bus, unsigned int address, uint64_t at)
{
	return (struct meeting){ .visitor = export_add, .data = export, .bus = bus, .address = address, .at = at };
}

/* Also so that the capture begins and ends when the session does. */
void export_add_bus(struct export *export, unsigned int bus, uint64_t at)
{
	struct meeting meeting = begin(export, bus, 0, at);

	meeting_reach_bus(&meeting);
}

void export_add_arrival(struct export *export, const struct export_device *device, uint64_t at)
{
	struct meeting meeting = begin(export, device->bus, device->address, at);
	const struct dfut_tape_event *event = device->event;

	meeting_reach_port(&meeting, dfut_tape_get_text(event, "path"));
	meeting_ask_descriptor(&meeting, 0, MEETING_DEVICE << 8, 0, event->data.bytes, DEVICE_SIZE);
	tell_configurations(&meeting, &event->data);
	tell_strings(&meeting, event);
	if (event->value)
		meeting_ask(&meeting, 0, 9, event->value, 0, NULL, 0);
	tell_reports(&meeting, event);
}

/* Its system asks for its status, and learns that nobody is there. */
void export_add_departure(struct export *export, const struct export_device *device, uint64_t at)
{
	struct capture_request request = { .at = at,
					   .over = at,
					   .bus = device->bus,
					   .address = device->address,
					   .kind = CAPTURE_CONTROL,
					   .has_setup = true,
					   .setup = { 0x80, 0, 0, 0, 0, 0, 2, 0 },
					   .is_in = true,
					   .is_answered = true,
					   .status = CAPTURE_STATUS_SHUTDOWN,
					   .asked = 2 };

	export_add(export, &request);
}
