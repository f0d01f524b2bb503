/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What a device was asked, and which rules the host broke. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/sim.h"

const char *dfut_sim_device_get_state_name(const struct dfut_sim_device *device)
{
	const char *name = device->model->get_state_name ? device->model->get_state_name(device->state) : NULL;

	return name ? name : device->model->get_mode_name(device->state);
}

struct dfut_sim_record *dfut_sim_record_add(struct dfut_sim_device *device, enum dfut_sim_event event, const char *text)
{
	struct dfut_sim_entry *entry;

	if (device->entry_count == device->entry_room) {
		size_t room = device->entry_room ? device->entry_room * 2 : 64;
		struct dfut_sim_entry *grown = realloc(device->entries, room * sizeof(*grown));

		if (!grown)
			return NULL;
		device->entries = grown;
		device->entry_room = room;
	}
	entry = &device->entries[device->entry_count++];
	memset(entry, 0, sizeof(*entry));
	entry->text = dfut_sim_copy_text(text, strlen(text));
	entry->record.event = event;
	entry->record.time_us = dfut_sim_device_get_time_us(device);
	entry->record.text = entry->text ? entry->text : "";
	return &entry->record;
}

void dfut_sim_device_breach(struct dfut_sim_device *device, const char *text, ...)
{
	char line[256];
	va_list arguments;

	va_start(arguments, text);
	vsnprintf(line, sizeof(line), text, arguments);
	va_end(arguments);
	dfut_sim_device_note_breach(device, line);
}

DFUT_SIM_API void dfut_sim_device_note_breach(struct dfut_sim_device *device, const char *text)
{
	device->breach_count++;
	dfut_sim_record_add(device, DFUT_SIM_EVENT_BREACH, text);
}

DFUT_SIM_API size_t dfut_sim_device_get_record_count(const struct dfut_sim_device *device)
{
	return device->entry_count;
}

DFUT_SIM_API const struct dfut_sim_record *dfut_sim_device_get_record(const struct dfut_sim_device *device,
								      size_t index)
{
	return index < device->entry_count ? &device->entries[index].record : NULL;
}

DFUT_SIM_API void dfut_sim_device_clear_record(struct dfut_sim_device *device)
{
	for (size_t i = 0; i < device->entry_count; i++)
		free(device->entries[i].text);
	device->entry_count = 0;
	device->breach_count = 0;
	device->request_count = 0;
	device->struck_count = 0;
	memset(&device->counters, 0, sizeof(device->counters));
	device->record_era++;
}

DFUT_SIM_API size_t dfut_sim_device_get_breach_count(const struct dfut_sim_device *device)
{
	return device->breach_count;
}

DFUT_SIM_API size_t dfut_sim_device_get_request_count(const struct dfut_sim_device *device)
{
	return device->request_count;
}

void dfut_sim_record_control(struct dfut_sim_device *device, const struct dfut_sim_setup *setup)
{
	const char *state = dfut_sim_device_get_state_name(device);
	struct dfut_sim_record *record = dfut_sim_record_add(device, DFUT_SIM_EVENT_CONTROL, state);

	device->request_count++;
	if (!record)
		return;
	record->request_type = setup->request_type;
	record->request = setup->request;
	record->value = setup->value;
	record->index = setup->index;
	record->length = setup->length;
	record->result = DFUT_SIM_UNANSWERED;
}

void dfut_sim_record_endpoint(struct dfut_sim_device *device, uint8_t endpoint, size_t size)
{
	struct dfut_sim_record *record = dfut_sim_record_add(device, DFUT_SIM_EVENT_ENDPOINT,
							     dfut_sim_device_get_state_name(device));

	device->request_count++;
	if (!record)
		return;
	record->index = endpoint;
	record->length = (uint16_t)(size < UINT16_MAX ? size : UINT16_MAX);
	record->result = DFUT_SIM_UNANSWERED;
}

void dfut_sim_record_reset(struct dfut_sim_device *device)
{
	device->request_count++;
	dfut_sim_record_add(device, DFUT_SIM_EVENT_BUS_RESET, dfut_sim_device_get_state_name(device));
}
