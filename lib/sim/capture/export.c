/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Session files become captures, which programs like Wireshark show. */

#include <stdlib.h>
#include <string.h>

#include "sim/capture/export.h"
#include "sim/sim.h"

#define DEVICE_SIZE 18
#define CONFIGURATION_SIZE 9
/* Of a hub and of who has none yet, and those of hubs that are made up */
#define FIRST_ADDRESS 2
#define ADDRESS_COUNT 118

int export_add(void *data, const struct capture_request *request)
{
	struct export *export = data;

	if (export->request_count == export->request_room) {
		size_t room = export->request_room ? 2 * export->request_room : 256;
		struct capture_request *grown = realloc(export->requests, room * sizeof(*grown));

		if (!grown) {
			export->lacks_memory = true;
			return DFUT_ERROR_NO_MEMORY;
		}
		export->requests = grown;
		export->request_room = room;
	}
	export->requests[export->request_count++] = *request;
	return 0;
}

static bool make_buffer_room(struct export *export)
{
	size_t room = export->buffer_room ? 2 * export->buffer_room : 256;
	uint8_t **grown;

	if (export->buffer_count < export->buffer_room)
		return true;
	grown = realloc(export->buffers, room * sizeof(*grown));
	if (!grown)
		return false;
	export->buffers = grown;
	export->buffer_room = room;
	return true;
}

uint8_t *export_new_bytes(struct export *export, size_t size)
{
	uint8_t *bytes = make_buffer_room(export) ? calloc(1, size ? size : 1) : NULL;

	if (!bytes) {
		export->lacks_memory = true;
		return NULL;
	}
	export->buffers[export->buffer_count++] = bytes;
	return bytes;
}

static struct export_device *find_device(const struct export *export, uint32_t number)
{
	return dfut_index_find(&export->by_number, 0, number);
}

/* What a capture can tell of: it has a configuration. */
static bool is_whole(const struct dfut_tape_event *event)
{
	const uint8_t *bytes = event->data.bytes;

	return event->data.size > DEVICE_SIZE + CONFIGURATION_SIZE && bytes[0] == DEVICE_SIZE && bytes[1] == 1;
}

static bool is_taken(const struct export *export, unsigned int bus, unsigned int address)
{
	return dfut_index_find(&export->by_address, bus, address);
}

/* The one that it had, if nobody else had it. */
static unsigned int choose_address(const struct export *export, unsigned int bus, const struct dfut_tape_event *event)
{
	const struct dfut_json *known = dfut_json_get(event->json.values, "address");
	int64_t address = dfut_json_is(known, DFUT_JSON_INTEGER) ? known->number : 0;

	if (address < FIRST_ADDRESS || address >= FIRST_ADDRESS + ADDRESS_COUNT ||
	    is_taken(export, bus, (unsigned int)address))
		return FIRST_ADDRESS + (event->device - 1) % ADDRESS_COUNT;
	return (unsigned int)address;
}

static void add_device(struct export *export, const struct dfut_tape_event *event)
{
	unsigned int bus = (unsigned int)strtoul(dfut_tape_get_text(event, "path"), NULL, 10) & UINT16_MAX;
	struct export_device *device = &export->devices[export->device_count++];

	*device = (struct export_device){ .event = event, .bus = bus ? bus : 1 };
	if (!dfut_index_find(&export->by_bus, 0, device->bus))
		export_add_bus(export, device->bus, 0);
	device->address = choose_address(export, device->bus, event);
	if (!dfut_index_put(&export->by_bus, 0, device->bus, device) ||
	    !dfut_index_put(&export->by_address, device->bus, device->address, device) ||
	    !dfut_index_put(&export->by_number, 0, event->device, device))
		export->lacks_memory = true;
}

/* Each device once, with what is known of it at last. */
static void take_devices(struct export *export)
{
	for (size_t i = 0; i < export->tape.count; i++) {
		const struct dfut_tape_event *event = &export->tape.events[i];
		struct export_device *device = find_device(export, event->device);

		if ((event->kind != DFUT_TAPE_ARRIVES && event->kind != DFUT_TAPE_CHANGES) || !is_whole(event))
			continue;
		if (device)
			device->event = event;
		else
			add_device(export, event);
	}
}

static void take_requests(struct export *export)
{
	for (size_t i = 0; i < export->tape.count; i++) {
		const struct dfut_tape_event *event = &export->tape.events[i];
		const struct export_device *device = find_device(export, event->device);

		if (event->kind == DFUT_TAPE_END)
			export_add_bus(export, export->devices[0].bus, event->at_us);
		if (!device)
			continue;
		if (event->kind == DFUT_TAPE_ARRIVES)
			export_add_arrival(export, device, event->at_us);
		else if (event->kind == DFUT_TAPE_LEAVES)
			export_add_departure(export, device, event->at_us);
		else if (dfut_tape_is_action(event))
			export_add_action(export, device, event);
	}
}

static void clear(struct export *export)
{
	for (size_t i = 0; i < export->buffer_count; i++)
		free(export->buffers[i]);
	free(export->buffers);
	free(export->requests);
	free(export->devices);
	dfut_index_free(&export->by_number);
	dfut_index_free(&export->by_address);
	dfut_index_free(&export->by_bus);
	dfut_tape_free(&export->tape);
}

static int convert(struct export *export, struct dfut_sim *sim, dfut_writer writer, void *data)
{
	int result;

	export->devices = calloc(export->tape.count + 1, sizeof(*export->devices));
	if (!export->devices)
		return dfut_sim_fail(sim, DFUT_ERROR_NO_MEMORY, "out of memory");
	take_devices(export);
	if (!export->device_count)
		return dfut_sim_fail(sim, DFUT_ERROR_NOT_FOUND,
				     "there is no device in it whose descriptors can be understood");
	take_requests(export);
	result = export->lacks_memory ? DFUT_ERROR_NO_MEMORY : export_write(export, writer, data);
	return result < 0 ? dfut_sim_fail(sim, result,
					  result == DFUT_ERROR_NO_MEMORY ? "out of memory" : "can't be written") :
			    0;
}

DFUT_API int dfut_sim_export(struct dfut_sim *sim, const void *session, size_t size, dfut_writer writer,
			     void *user_data)
{
	struct export export = { 0 };
	int result = dfut_tape_parse(&export.tape, session, size);

	if (result == DFUT_ERROR_USAGE)
		result = dfut_sim_fail(sim, DFUT_ERROR_IMAGE, "line %d: %s", export.tape.line, export.tape.mistake);
	else if (result < 0)
		result = dfut_sim_fail(sim, result, "out of memory");
	else
		result = convert(&export, sim, writer, user_data);
	clear(&export);
	return result;
}
