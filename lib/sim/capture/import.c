/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Captures become session files: read once for the devices, and once more for what went to them. */

#include <stdlib.h>
#include <string.h>

#include "sim/capture/import.h"
#include "sim/sim.h"

void import_open_member(struct import *import, const char *key, char bracket)
{
	dfut_line_key(&import->line, key);
	dfut_line_open(&import->line, bracket);
}

void import_end_line(struct import *import)
{
	struct dfut_record_line *line = &import->line;

	dfut_line_close(line, '}');
	dfut_line_add(line, "\n", 1);
	if (import->result == 0)
		import->result = line->has_failed ?
					 DFUT_ERROR_NO_MEMORY :
					 import->writer((const uint8_t *)line->text, line->size, import->data);
}

static int note_begin(void *data, const struct capture_request *request)
{
	struct import *import = data;

	if (import->devices.owner_count == 0 || request->at < import->begin)
		import->begin = request->at;
	if (request->at > import->end)
		import->end = request->at;
	if (request->is_answered && request->over > import->end)
		import->end = request->over;
	return capture_devices_learn(&import->devices, request);
}

static void write_departure(struct import *import, unsigned int number, uint64_t at)
{
	if (import->has_left[number - 1])
		return;
	import->has_left[number - 1] = true;
	dfut_line_begin(&import->line);
	dfut_line_number(&import->line, "at", at - import->begin);
	dfut_line_text(&import->line, "event", "leaves");
	dfut_line_number(&import->line, "device", number);
	import_end_line(import);
}

/* Who was at its port is gone by then. */
static void write_arrival(struct import *import, struct capture_device *device)
{
	bool is_new = false;

	for (unsigned int i = 0; i < import->told; i++)
		if (strcmp(import->arrived[i]->path, device->path) == 0) {
			write_departure(import, i + 1, device->first);
			is_new = true;
		}
	import->arrived[import->told++] = device;
	device->number = import->told;
	import_write_device(import, device, device->number, device->first, is_new);
}

static int write_request(void *data, const struct capture_request *request)
{
	struct import *import = data;
	struct capture_device *device = import->devices.owners[import->next++];

	if (!device || !capture_device_is_whole(device))
		return 0;
	if (!device->number)
		write_arrival(import, device);
	import_write_request(import, device, device->number, request);
	if (request->status == CAPTURE_STATUS_NO_DEVICE || request->status == CAPTURE_STATUS_SHUTDOWN)
		write_departure(import, device->number, request->over);
	return import->result;
}

static void write_first_line(struct import *import)
{
	struct dfut_record_line *line = &import->line;

	dfut_line_begin(line);
	dfut_line_number(line, "dfutrigger-session", 1);
	dfut_line_text(line, "by", "dfutrigger, of a capture");
	dfut_line_text(line, "system", "other");
	dfut_line_text(line, "clock", "system");
	dfut_line_text(line, "data", import->flags & DFUT_SIM_IMPORT_DATA ? "whole" : "hashed");
	dfut_line_text(line, "names", import->flags & DFUT_SIM_IMPORT_NAMES ? "plain" : "replaced");
	import_end_line(import);
}

static void write_last_line(struct import *import)
{
	dfut_line_begin(&import->line);
	dfut_line_number(&import->line, "at", import->end - import->begin);
	dfut_line_text(&import->line, "event", "end");
	import_end_line(import);
}

/* Devices whose descriptors were not asked for are told, so that nobody looks for them. */
static void write_remarks(struct import *import)
{
	for (size_t i = 0; i < import->devices.count; i++) {
		const struct capture_device *device = import->devices.items[i];

		if (!capture_device_is_hub(device) && !capture_device_is_whole(device))
			import_write_log(import, import->end,
					 "bus %u, address %u: left out, its descriptors are not in the capture",
					 device->bus, device->address);
	}
}

static bool has_devices(const struct capture_devices *devices)
{
	for (size_t i = 0; i < devices->count; i++)
		if (capture_device_is_whole(devices->items[i]))
			return true;
	return false;
}

static bool make_tables(struct import *import)
{
	size_t count = import->devices.count;

	import->arrived = calloc(count, sizeof(const struct capture_device *));
	import->has_left = calloc(count, sizeof(*import->has_left));
	import->spoken_to = calloc(count, sizeof(*import->spoken_to));
	return import->arrived && import->has_left && import->spoken_to;
}

static int write_session(struct import *import, const uint8_t *capture, size_t size)
{
	const char *error = NULL;
	int result;

	if (!make_tables(import))
		return DFUT_ERROR_NO_MEMORY;
	write_first_line(import);
	result = import->result < 0 ? import->result : capture_read(capture, size, write_request, import, &error);
	if (result < 0)
		return result;
	write_remarks(import);
	write_last_line(import);
	return import->result;
}

static int convert(struct dfut_sim *sim, struct import *import, const uint8_t *capture, size_t size)
{
	const char *error = NULL;
	int result = capture_read(capture, size, note_begin, import, &error);

	if (result < 0 && import->devices.are_too_many)
		return dfut_sim_fail(sim, result, "the capture has more than %d devices", CAPTURE_DEVICE_LIMIT);
	if (result < 0 && error)
		return dfut_sim_fail(sim, result, "%s", error);
	if (result < 0)
		return dfut_sim_fail(sim, result, "out of memory");
	if (!has_devices(&import->devices))
		return dfut_sim_fail(
			sim, DFUT_ERROR_NOT_FOUND,
			"the capture has no descriptors of a device: it must begin before the device is plugged in");
	capture_devices_finish(&import->devices);
	result = write_session(import, capture, size);
	return result < 0 ? dfut_sim_fail(sim, result,
					  result == DFUT_ERROR_NO_MEMORY ? "out of memory" : "can't be written") :
			    0;
}

DFUT_API int dfut_sim_import(struct dfut_sim *sim, const void *capture, size_t size, unsigned int flags,
			     dfut_writer writer, void *user_data)
{
	struct import import = { .flags = flags, .writer = writer, .data = user_data };
	int result = convert(sim, &import, capture, size);

	capture_devices_clear(&import.devices);
	dfut_line_free(&import.line);
	free(import.arrived);
	free(import.has_left);
	free(import.spoken_to);
	return result;
}
