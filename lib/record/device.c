/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Devices in a recording: what a bus tells of them, when it is new. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/record.h"
#include "usb/reports.h"

/* USB 2.0, table 9-8 */
#define DEVICE_SERIAL 16
/* HID Usage Tables, 4: Generic Desktop */
#define PAGE_DESKTOP 1
/* FNV-1a, of 64 bits */
#define DIGEST_START UINT64_C(0xcbf29ce484222325)
#define DIGEST_FACTOR UINT64_C(0x100000001b3)

static void add_to_digest(uint64_t *digest, const void *data, size_t size)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i < size; i++)
		*digest = (*digest ^ bytes[i]) * DIGEST_FACTOR;
}

static void add_text_to_digest(uint64_t *digest, const char *text)
{
	add_to_digest(digest, text ? text : "", text ? strlen(text) + 1 : 1);
}

static uint64_t make_digest(const struct dfut_device_facts *facts)
{
	uint64_t digest = DIGEST_START;

	add_text_to_digest(&digest, facts->path);
	add_to_digest(&digest, &facts->configuration, 1);
	add_to_digest(&digest, &facts->names, sizeof(facts->names));
	add_to_digest(&digest, facts->descriptors, facts->descriptors_size);
	for (size_t i = 0; i < facts->string_count; i++) {
		add_to_digest(&digest, &facts->strings[i].index, 1);
		add_text_to_digest(&digest, facts->strings[i].text);
	}
	for (size_t i = 0; i < facts->node_count; i++) {
		add_to_digest(&digest, &facts->nodes[i].interface_number, 1);
		add_text_to_digest(&digest, facts->nodes[i].name);
		add_to_digest(&digest, facts->nodes[i].report_descriptor, facts->nodes[i].report_descriptor_size);
	}
	return digest;
}

/* What reports an interface has, if that can't be known, may be those of a keyboard. */
static bool is_quiet(const struct dfut_node_facts *node)
{
	static const uint16_t typed[] = { 2 /* mouse */, 6 /* keyboard */, 7 /* keypad */ };
	struct dfut_reports reports;
	bool is_typed = false;

	if (!node->report_descriptor ||
	    dfut_reports_parse(&reports, node->report_descriptor, node->report_descriptor_size) < 0)
		return false;
	for (size_t i = 0; i < DFUT_COUNT(typed); i++)
		is_typed = is_typed || dfut_reports_have_usage(&reports, (struct dfut_usage){ PAGE_DESKTOP, typed[i] });
	dfut_reports_finish(&reports);
	return !is_typed;
}

static uint8_t get_serial_index(const struct dfut_device_facts *facts)
{
	return facts->descriptors_size > DEVICE_SERIAL ? facts->descriptors[DEVICE_SERIAL] : 0;
}

/* All before one of them is written: another string may have it in it. */
static int add_serial(struct dfut_recording *recording, const struct dfut_device_facts *facts)
{
	uint8_t index = get_serial_index(facts);
	int result = 0;

	for (size_t i = 0; index && i < facts->string_count && result == 0; i++)
		if (facts->strings[i].index == index)
			result = dfut_names_add_serial(&recording->names, facts->strings[i].text);
	return result;
}

static void add_strings(struct dfut_recording *recording, const struct dfut_device_facts *facts)
{
	struct dfut_record_line *line = &recording->line;

	dfut_line_key(line, "strings");
	dfut_line_open(line, '{');
	for (size_t i = 0; i < facts->string_count; i++) {
		const char *text = facts->strings[i].text;
		const char *serial = dfut_names_find_serial(&recording->names, text);
		char key[8];

		snprintf(key, sizeof(key), "%u", facts->strings[i].index);
		if (serial && !(recording->flags & DFUT_RECORD_PLAIN))
			dfut_line_text(line, key, serial);
		else
			dfut_recording_text(recording, key, text, false);
	}
	dfut_line_close(line, '}');
}

static void add_nodes(struct dfut_recording *recording, const struct dfut_device_facts *facts)
{
	struct dfut_record_line *line = &recording->line;

	dfut_line_key(line, "nodes");
	dfut_line_open(line, '[');
	for (size_t i = 0; i < facts->node_count; i++) {
		const struct dfut_node_facts *node = &facts->nodes[i];

		dfut_line_key(line, NULL);
		dfut_line_open(line, '{');
		dfut_line_text(line, "link", node->link == DFUT_LINK_HID ? "hid" : "serial");
		dfut_line_number(line, "interface", node->interface_number);
		dfut_recording_text(recording, "name", node->name ? node->name : "", true);
		if (node->report_descriptor)
			dfut_line_bytes(line, "report_descriptor", node->report_descriptor,
					node->report_descriptor_size);
		dfut_line_close(line, '}');
	}
	dfut_line_close(line, ']');
}

static void write_device(struct dfut_recording *recording, const struct dfut_recorded_device *device, const char *event,
			 const char *bus, bool is_new, const struct dfut_device_facts *facts)
{
	struct dfut_record_line *line = dfut_recording_begin(recording, event,
							     dfut_context_get_time_us(recording->context));

	if (add_serial(recording, facts) < 0)
		line->has_failed = true;
	dfut_line_number(line, "device", device->number);
	dfut_line_flag(line, "new", is_new);
	dfut_line_text(line, "bus", bus);
	if (*facts->path)
		dfut_line_text(line, "path", facts->path);
	dfut_line_number(line, "bus_number", facts->bus_number);
	dfut_line_number(line, "address", facts->address);
	dfut_line_number(line, "configuration", facts->configuration);
	dfut_line_bytes(line, "descriptors", facts->descriptors, facts->descriptors_size);
	add_strings(recording, facts);
	dfut_line_text(line, "names", facts->names > 0 ? "coming" : dfut_error_get_name(facts->names));
	add_nodes(recording, facts);
	dfut_recording_end(recording);
}

struct dfut_recorded_device *dfut_recording_find_device(struct dfut_recorded_device *devices, uint64_t instance)
{
	while (devices && devices->instance != instance)
		devices = devices->next;
	return devices;
}

static struct dfut_recorded_device *add(struct dfut_recording *recording, struct dfut_recorded_device **devices,
					uint64_t instance)
{
	struct dfut_recorded_device *device = calloc(1, sizeof(*device));

	if (!device)
		return NULL;
	device->instance = instance;
	device->number = ++recording->devices;
	device->next = *devices;
	*devices = device;
	return device;
}

void dfut_recording_take_device(struct dfut_recording *recording, struct dfut_recorded_device **devices,
				const char *bus, bool is_new, const struct dfut_device_facts *facts)
{
	struct dfut_recorded_device *device = dfut_recording_find_device(*devices, facts->instance);
	uint64_t digest = make_digest(facts);
	const char *event = device ? "changes" : "arrives";

	if (!device)
		device = add(recording, devices, facts->instance);
	if (!device) {
		dfut_recording_give_up(recording, ENOMEM);
		return;
	}
	device->is_seen = true;
	if (device->digest == digest)
		return;
	device->digest = digest;
	device->serial_index = get_serial_index(facts);
	for (size_t i = 0; i < facts->node_count; i++)
		if (facts->nodes[i].link == DFUT_LINK_HID)
			device->is_quiet[facts->nodes[i].interface_number] = is_quiet(&facts->nodes[i]);
	write_device(recording, device, event, bus, is_new, facts);
}

void dfut_recording_drop_devices(struct dfut_recording *recording, struct dfut_recorded_device *devices)
{
	for (struct dfut_recorded_device *device = devices; device; device = device->next) {
		bool leaves = !device->is_seen && !device->has_left;

		device->has_left = !device->is_seen;
		device->is_seen = false;
		if (!leaves)
			continue;
		dfut_line_number(dfut_recording_begin(recording, "leaves",
						      dfut_context_get_time_us(recording->context)),
				 "device", device->number);
		dfut_recording_end(recording);
	}
}
