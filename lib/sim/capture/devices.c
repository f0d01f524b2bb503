/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strings.h"
#include "sim/capture/devices.h"

#define ROOT_HUB 1

#define SET_ADDRESS_STATE 0 /* who has no address yet */

/* USB 2.0, 9.4 and 11.24 */
#define REQUEST_SET_FEATURE 3
#define REQUEST_GET_DESCRIPTOR 6
#define REQUEST_SET_CONFIGURATION 9
#define TO_PORT 0x23
#define PORT_RESET 4
#define BH_PORT_RESET 28
#define FROM_DEVICE 0x80
#define FROM_INTERFACE 0x81
#define TO_DEVICE 0x00

#define DESCRIPTOR_DEVICE 1
#define DESCRIPTOR_CONFIGURATION 2
#define DESCRIPTOR_STRING 3
#define DESCRIPTOR_INTERFACE 4
#define DESCRIPTOR_ENDPOINT 5
#define DESCRIPTOR_REPORT 0x22

#define DEVICE_SIZE 18
#define CONFIGURATION_SIZE 9
#define INTERFACE_SIZE 9
#define ENDPOINT_SIZE 7
#define CLASS_COMMUNICATION 2
#define SUBCLASS_ABSTRACT 2
#define CLASS_HUB 9
#define CLASS_DATA 0x0a
#define INTERRUPT 3
#define IN 0x80
/* HID 1.11, 6.2.2: an item's size is in its two lowest bits */
#define ITEM_REPORT_ID 0x84
#define ITEM_LONG 0xfe
#define TEXT_SIZE 512

bool capture_device_is_hub(const struct capture_device *device)
{
	return device->address == ROOT_HUB ||
	       (device->descriptor.size >= DEVICE_SIZE && device->descriptor.data[4] == CLASS_HUB);
}

bool capture_device_is_whole(const struct capture_device *device)
{
	return device->descriptor.size >= DEVICE_SIZE && device->configurations[0].size > CONFIGURATION_SIZE &&
	       !capture_device_is_hub(device);
}

/* The next descriptor of a configuration; false at its end. */
static bool next_descriptor(const struct capture_bytes *configuration, size_t *at, const uint8_t **descriptor)
{
	size_t left = configuration->size - *at;

	if (left < 2 || configuration->data[*at] < 2 || configuration->data[*at] > left)
		return false;
	*descriptor = configuration->data + *at;
	*at += configuration->data[*at];
	return true;
}

int capture_device_find_interface(const struct capture_device *device, uint8_t endpoint, uint8_t *attributes)
{
	const uint8_t *descriptor = NULL;
	int interface = -1;
	size_t at = 0;

	while (next_descriptor(&device->configurations[0], &at, &descriptor)) {
		if (descriptor[1] == DESCRIPTOR_INTERFACE && descriptor[0] >= INTERFACE_SIZE)
			interface = descriptor[2];
		if (descriptor[1] != DESCRIPTOR_ENDPOINT || descriptor[0] < ENDPOINT_SIZE || descriptor[2] != endpoint)
			continue;
		*attributes = descriptor[3];
		return interface;
	}
	return -1;
}

bool capture_device_get_class(const struct capture_device *device, unsigned int interface, uint8_t class[3])
{
	const uint8_t *descriptor = NULL;
	size_t at = 0;

	while (next_descriptor(&device->configurations[0], &at, &descriptor)) {
		if (descriptor[1] != DESCRIPTOR_INTERFACE || descriptor[0] < INTERFACE_SIZE ||
		    descriptor[2] != interface)
			continue;
		memcpy(class, descriptor + 5, 3);
		return true;
	}
	return false;
}

/* A data interface belongs to the communications interface in front of it. */
int capture_device_find_port(const struct capture_device *device, unsigned int interface)
{
	const uint8_t *descriptor = NULL;
	int port = -1;
	size_t at = 0;

	while (next_descriptor(&device->configurations[0], &at, &descriptor)) {
		if (descriptor[1] != DESCRIPTOR_INTERFACE || descriptor[0] < INTERFACE_SIZE)
			continue;
		if (descriptor[5] == CLASS_COMMUNICATION)
			port = descriptor[6] == SUBCLASS_ABSTRACT ? descriptor[2] : -1;
		else if (descriptor[5] != CLASS_DATA)
			port = -1;
		if (descriptor[2] == interface)
			return port;
	}
	return -1;
}

bool capture_device_has_interrupt(const struct capture_device *device, unsigned int interface, bool is_in)
{
	const uint8_t *descriptor = NULL;
	bool is_there = false;
	size_t at = 0;

	while (next_descriptor(&device->configurations[0], &at, &descriptor)) {
		if (descriptor[1] == DESCRIPTOR_INTERFACE && descriptor[0] >= INTERFACE_SIZE)
			is_there = descriptor[2] == interface && descriptor[3] == 0;
		else if (is_there && descriptor[1] == DESCRIPTOR_ENDPOINT && descriptor[0] >= ENDPOINT_SIZE &&
			 (descriptor[3] & 3) == INTERRUPT && !(descriptor[2] & IN) != is_in)
			return true;
	}
	return false;
}

int capture_device_is_numbered(const struct capture_device *device, unsigned int interface)
{
	static const uint8_t sizes[] = { 0, 1, 2, 4 };
	const struct capture_bytes *reports = interface < CAPTURE_REPORTS ? &device->reports[interface] : NULL;
	size_t at = 0;

	if (!reports || !reports->size || reports->size < reports->whole)
		return -1;
	while (at < reports->size) {
		uint8_t prefix = reports->data[at];

		if ((prefix & ~3) == ITEM_REPORT_ID)
			return 1;
		if (prefix != ITEM_LONG)
			at += 1u + sizes[prefix & 3];
		else
			at += 3u + (reports->size - at > 1 ? reports->data[at + 1] : 0);
	}
	return 0;
}

/* Which of two readings has more of it. */
static int keep_bytes(struct capture_bytes *bytes, const uint8_t *data, size_t size, size_t whole)
{
	uint8_t *copy;

	if (size <= bytes->size)
		return 0;
	copy = malloc(size);
	if (!copy)
		return DFUT_ERROR_NO_MEMORY;
	free(bytes->data);
	bytes->data = memcpy(copy, data, size);
	bytes->size = size;
	bytes->whole = whole;
	return 0;
}

static int learn_string(struct capture_device *device, unsigned int index, const uint8_t *data, size_t size)
{
	char text[TEXT_SIZE];

	/* Index 0 has the languages. A first look at the length only is no text. */
	if (index == 0 || device->strings[index] || size < 2)
		return 0;
	if (size < data[0]) {
		device->has_cut_names = true;
		return 0;
	}
	dfut_string_decode(text, sizeof(text), data, size);
	device->strings[index] = dfut_format_text("%s", text);
	return device->strings[index] ? 0 : DFUT_ERROR_NO_MEMORY;
}

static int learn_descriptor(struct capture_device *device, const struct capture_request *request)
{
	unsigned int index = request->setup[2];
	unsigned int interface = request->setup[4];
	const uint8_t *data = request->data;
	size_t size = request->size;

	switch (request->setup[3]) {
	case DESCRIPTOR_DEVICE:
		return size >= DEVICE_SIZE ? keep_bytes(&device->descriptor, data, DEVICE_SIZE, DEVICE_SIZE) : 0;
	case DESCRIPTOR_CONFIGURATION:
		if (index >= CAPTURE_CONFIGURATIONS || size < CONFIGURATION_SIZE)
			return 0;
		return keep_bytes(&device->configurations[index], data, size, dfut_le16(data + 2));
	case DESCRIPTOR_STRING:
		return learn_string(device, index, data, size);
	case DESCRIPTOR_REPORT:
		if (request->setup[0] != FROM_INTERFACE || interface >= CAPTURE_REPORTS)
			return 0;
		return keep_bytes(&device->reports[interface], data, size, request->moved);
	default:
		return 0;
	}
}

static struct capture_device *find_device(const struct capture_devices *devices, unsigned int bus, unsigned int address)
{
	return dfut_index_find(&devices->by_address, bus, address);
}

static void set_path(const struct capture_devices *devices, struct capture_device *device)
{
	const struct capture_port *port = NULL;
	const struct capture_device *hub;

	for (size_t i = 0; i < devices->port_count; i++)
		if (devices->ports[i].bus == device->bus)
			port = &devices->ports[i];
	if (!port || port->port == 0)
		return;
	hub = find_device(devices, port->bus, port->hub);
	if (port->hub == ROOT_HUB)
		snprintf(device->path, sizeof(device->path), "%u-%u", port->bus, port->port);
	else if (hub && hub->path[0] && strlen(hub->path) + 5 < sizeof(device->path))
		snprintf(device->path, sizeof(device->path), "%.50s.%u", hub->path, port->port);
}

static struct capture_device *add_device(struct capture_devices *devices, const struct capture_request *request)
{
	struct capture_device **items = realloc(devices->items, (devices->count + 1) * sizeof(struct capture_device *));
	struct capture_device *device;

	if (!items)
		return NULL;
	devices->items = items;
	device = calloc(1, sizeof(*device));
	if (!device || !dfut_index_put(&devices->by_address, request->bus, request->address, device)) {
		free(device);
		return NULL;
	}
	device->bus = request->bus;
	device->address = request->address;
	device->first = request->at;
	if (request->address != ROOT_HUB)
		set_path(devices, device);
	devices->items[devices->count++] = device;
	return device;
}

static bool is_standard(const struct capture_request *request, uint8_t to, uint8_t code)
{
	return request->has_setup && request->setup[0] == to && request->setup[1] == code;
}

static bool is_reading(const struct capture_request *request)
{
	return is_standard(request, FROM_DEVICE, REQUEST_GET_DESCRIPTOR) ||
	       is_standard(request, FROM_INTERFACE, REQUEST_GET_DESCRIPTOR);
}

/* An address that is given once more. */
static bool is_another(const struct capture_device *device, const struct capture_request *request)
{
	return is_standard(request, FROM_DEVICE, REQUEST_GET_DESCRIPTOR) && request->setup[3] == DESCRIPTOR_DEVICE &&
	       request->status == CAPTURE_STATUS_OK && request->size >= DEVICE_SIZE && device->descriptor.size > 0 &&
	       (device->is_gone || memcmp(device->descriptor.data, request->data, DEVICE_SIZE) != 0);
}

static void learn_port(struct capture_devices *devices, const struct capture_request *request)
{
	unsigned int feature = dfut_le16(request->setup + 2);
	struct capture_port *port = NULL;

	if (feature != PORT_RESET && feature != BH_PORT_RESET)
		return;
	for (size_t i = 0; i < devices->port_count; i++)
		if (devices->ports[i].bus == request->bus)
			port = &devices->ports[i];
	if (!port && devices->port_count < DFUT_COUNT(devices->ports))
		port = &devices->ports[devices->port_count++];
	if (port)
		*port = (struct capture_port){ request->bus, request->address, request->setup[4] };
}

static int note_owner(struct capture_devices *devices, struct capture_device *device)
{
	if (devices->owner_count == devices->owner_room) {
		size_t room = devices->owner_room ? 2 * devices->owner_room : 1024;
		struct capture_device **owners = realloc(devices->owners, room * sizeof(struct capture_device *));

		if (!owners)
			return DFUT_ERROR_NO_MEMORY;
		devices->owners = owners;
		devices->owner_room = room;
	}
	devices->owners[devices->owner_count++] = device;
	return 0;
}

static int learn_answer(struct capture_devices *devices, struct capture_device *device,
			const struct capture_request *request)
{
	if (request->status == CAPTURE_STATUS_NO_DEVICE || request->status == CAPTURE_STATUS_SHUTDOWN)
		device->is_gone = true;
	if (!request->is_answered || request->status != CAPTURE_STATUS_OK)
		return 0;
	device->last = request->over;
	if (is_standard(request, TO_PORT, REQUEST_SET_FEATURE))
		learn_port(devices, request);
	if (is_standard(request, TO_DEVICE, REQUEST_SET_CONFIGURATION) && !device->configuration)
		device->configuration = request->setup[2];
	return is_reading(request) && request->size > 0 ? learn_descriptor(device, request) : 0;
}

int capture_devices_learn(void *data, const struct capture_request *request)
{
	struct capture_devices *devices = data;
	struct capture_device *device;
	int result;

	if (request->address == SET_ADDRESS_STATE)
		return note_owner(devices, NULL);
	device = find_device(devices, request->bus, request->address);
	if (!device || is_another(device, request)) {
		devices->are_too_many = devices->count == CAPTURE_DEVICE_LIMIT;
		if (devices->are_too_many)
			return DFUT_ERROR_IMAGE;
		device = add_device(devices, request);
	}
	if (!device)
		return DFUT_ERROR_NO_MEMORY;
	result = learn_answer(devices, device, request);
	return result < 0 ? result : note_owner(devices, device);
}

/* The only device of its bus that was silent by then, and in whose place no other one came. */
static struct capture_device *find_predecessor(const struct capture_devices *devices, size_t index)
{
	const struct capture_device *device = devices->items[index];
	struct capture_device *found = NULL;

	for (size_t i = 0; i < index; i++) {
		struct capture_device *other = devices->items[i];

		if (other->bus != device->bus || other->is_followed || !capture_device_is_whole(other) ||
		    other->last > device->first)
			continue;
		if (found)
			return NULL;
		found = other;
	}
	return found;
}

/* Whoever was at its port. */
static void follow(const struct capture_devices *devices, size_t index)
{
	const char *path = devices->items[index]->path;

	for (size_t i = 0; path[0] && i < index; i++)
		if (strcmp(devices->items[i]->path, path) == 0)
			devices->items[i]->is_followed = true;
}

/* Captures of Windows, and those of one device only, do not have what went to hubs. */
static void guess_path(const struct capture_devices *devices, size_t index)
{
	struct capture_device *device = devices->items[index];
	struct capture_device *other = find_predecessor(devices, index);

	if (other)
		memcpy(device->path, other->path, sizeof(device->path));
	else
		snprintf(device->path, sizeof(device->path), "%u-%u", device->bus, device->address);
	device->is_guess = true;
}

void capture_devices_finish(struct capture_devices *devices)
{
	for (size_t i = 0; i < devices->count; i++) {
		if (!devices->items[i]->path[0] && capture_device_is_whole(devices->items[i]))
			guess_path(devices, i);
		follow(devices, i);
	}
}

static void free_device(struct capture_device *device)
{
	free(device->descriptor.data);
	for (size_t i = 0; i < CAPTURE_CONFIGURATIONS; i++)
		free(device->configurations[i].data);
	for (size_t i = 0; i < CAPTURE_STRINGS; i++)
		free(device->strings[i]);
	for (size_t i = 0; i < CAPTURE_REPORTS; i++)
		free(device->reports[i].data);
	free(device);
}

void capture_devices_clear(struct capture_devices *devices)
{
	for (size_t i = 0; i < devices->count; i++)
		free_device(devices->items[i]);
	free(devices->items);
	dfut_index_free(&devices->by_address);
	free(devices->owners);
	memset(devices, 0, sizeof(*devices));
}
