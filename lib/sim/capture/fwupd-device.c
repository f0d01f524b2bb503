/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Devices of fwupd's emulation. Their descriptors are put together again; what of these fwupd does not keep is as it usually is. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "sim/capture/fwupd.h"
#include "sim/capture/meeting.h"

#define DEVICE_SIZE 18
#define CONFIGURATION_SIZE 9
#define INTERFACE_SIZE 9
#define ENDPOINT_SIZE 7
#define ROOM 4096
#define PATH_ROOM 64
#define BUS_POWERED 0x80
#define BULK 2
#define INTERRUPT 3
#define HID_CLASS 3

struct buffer {
	uint8_t bytes[ROOM];
	size_t size;
};

static uint64_t get(const struct dfut_json *object, const char *key)
{
	const struct dfut_json *value = dfut_json_get(object, key);

	return dfut_json_is(value, DFUT_JSON_INTEGER) && value->number > 0 ? (uint64_t)value->number : 0;
}

static uint8_t get8(const struct dfut_json *object, const char *key)
{
	return (uint8_t)get(object, key);
}

static void put(struct buffer *buffer, const uint8_t *bytes, size_t size)
{
	if (size > ROOM - buffer->size)
		return;
	memcpy(buffer->bytes + buffer->size, bytes, size);
	buffer->size += size;
}

static void make_device(uint8_t bytes[DEVICE_SIZE], const struct dfut_json *device)
{
	const uint8_t made[DEVICE_SIZE] = { DEVICE_SIZE,
					    MEETING_DEVICE,
					    0,
					    0,
					    get8(device, "DeviceClass"),
					    get8(device, "DeviceSubClass"),
					    get8(device, "DeviceProtocol"),
					    64,
					    0,
					    0,
					    0,
					    0,
					    0,
					    0,
					    get8(device, "Manufacturer"),
					    get8(device, "Product"),
					    get8(device, "SerialNumber"),
					    1 };

	memcpy(bytes, made, sizeof(made));
	dfut_put_le16(bytes + 2, (uint16_t)get(device, "USB"));
	dfut_put_le16(bytes + 8, (uint16_t)get(device, "IdVendor"));
	dfut_put_le16(bytes + 10, (uint16_t)get(device, "IdProduct"));
	dfut_put_le16(bytes + 12, (uint16_t)get(device, "Device"));
}

/* Which kind of endpoint it is fwupd does not keep: those with an interval are taken for interrupt ones. */
static void put_endpoint(struct buffer *buffer, const struct dfut_json *endpoint)
{
	uint8_t bytes[ENDPOINT_SIZE] = { ENDPOINT_SIZE, 5, get8(endpoint, "EndpointAddress") };

	bytes[3] = get(endpoint, "Interval") ? INTERRUPT : BULK;
	dfut_put_le16(bytes + 4, (uint16_t)get(endpoint, "MaxPacketSize"));
	bytes[6] = get8(endpoint, "Interval");
	put(buffer, bytes, sizeof(bytes));
}

/* The descriptors of its class are kept as they are. False without memory. */
static bool put_interface(struct buffer *buffer, const struct dfut_json *interface)
{
	const struct dfut_json *endpoints = dfut_json_get(interface, "UsbEndpoints");
	const char *extra = dfut_json_get_text(dfut_json_get(interface, "ExtraData"));
	const uint8_t bytes[INTERFACE_SIZE] = { INTERFACE_SIZE,
						4,
						get8(interface, "InterfaceNumber"),
						get8(interface, "AlternateSetting"),
						endpoints ? (uint8_t)endpoints->count : 0,
						get8(interface, "InterfaceClass"),
						get8(interface, "InterfaceSubClass"),
						get8(interface, "InterfaceProtocol"),
						get8(interface, "Interface") };
	uint8_t *decoded = NULL;
	size_t size = 0;

	if (extra) {
		decoded = fwupd_decode(extra, strlen(extra), &size);
		if (!decoded)
			return false;
	}
	put(buffer, bytes, sizeof(bytes));
	if (size)
		put(buffer, decoded, size);
	free(decoded);
	for (const struct dfut_json *at = dfut_json_get_first(endpoints); at; at = at->next)
		put_endpoint(buffer, at);
	return true;
}

static bool make_configuration(struct buffer *buffer, const struct dfut_json *device)
{
	const struct dfut_json *interface = dfut_json_get_first(dfut_json_get(device, "UsbInterfaces"));
	uint8_t numbers[256] = { 0 };
	uint8_t count = 0;

	buffer->size = CONFIGURATION_SIZE;
	for (; interface; interface = interface->next) {
		count = (uint8_t)(count + (numbers[get8(interface, "InterfaceNumber")]++ == 0));
		if (!put_interface(buffer, interface))
			return false;
	}
	memcpy(buffer->bytes, (const uint8_t[]){ CONFIGURATION_SIZE, 2, 0, 0, count, 1, 0, BUS_POWERED, 50 },
	       CONFIGURATION_SIZE);
	dfut_put_le16(buffer->bytes + 2, (uint16_t)buffer->size);
	return true;
}

/* Those of HID interfaces, in the order of these. */
static bool tell_reports(struct meeting *meeting, const struct dfut_json *device)
{
	const struct dfut_json *reports = dfut_json_get_first(dfut_json_get(device, "UsbHidDescriptors"));
	const struct dfut_json *interface = dfut_json_get_first(dfut_json_get(device, "UsbInterfaces"));

	for (; interface && reports; interface = interface->next) {
		uint8_t *bytes;
		size_t size;

		if (get(interface, "InterfaceClass") != HID_CLASS)
			continue;
		bytes = reports->text ? fwupd_decode(reports->text, strlen(reports->text), &size) : NULL;
		if (reports->text && !bytes)
			return false;
		if (bytes)
			meeting_ask_descriptor(meeting, 1, MEETING_REPORTS << 8, get8(interface, "InterfaceNumber"),
					       bytes, size);
		free(bytes);
		reports = reports->next;
	}
	return true;
}

void fwupd_take_path(const struct dfut_json *device, char *path, size_t room, unsigned int *bus)
{
	const char *text = dfut_json_get_text(dfut_json_get(device, "PlatformId"));
	size_t at;
	char *end;

	*bus = 1;
	path[0] = '\0';
	if (!text || strncmp(text, "usb:", 4) != 0) {
		*bus = text ? (unsigned int)strtoul(text, NULL, 10) & UINT16_MAX : 1;
		snprintf(path, room, "%.60s", text ? text : "");
		return;
	}
	*bus = (unsigned int)strtoul(text + 4, &end, 16) & UINT16_MAX;
	at = (size_t)snprintf(path, room, "%u", *bus);
	for (bool is_first = true; *end == ':';) {
		unsigned long port = strtoul(end + 1, &end, 16);

		/* The root hub is at no port. */
		if (!port)
			continue;
		if (at + 6 > room)
			return;
		at += (size_t)snprintf(path + at, room - at, "%c%lu", is_first ? '-' : '.', port & 0xff);
		is_first = false;
	}
}

void fwupd_meet(struct meeting *meeting, const struct dfut_json *device)
{
	struct buffer *buffer = calloc(1, sizeof(*buffer));
	uint8_t bytes[DEVICE_SIZE];
	char path[PATH_ROOM];
	unsigned int bus;

	if (!buffer || !make_configuration(buffer, device)) {
		free(buffer);
		meeting->result = DFUT_ERROR_NO_MEMORY;
		return;
	}
	fwupd_take_path(device, path, sizeof(path), &bus);
	meeting_reach_port(meeting, path);
	make_device(bytes, device);
	meeting_ask_descriptor(meeting, 0, MEETING_DEVICE << 8, 0, bytes, sizeof(bytes));
	meeting_ask_descriptor(meeting, 0, MEETING_CONFIGURATION << 8, 0, buffer->bytes, buffer->size);
	meeting_ask(meeting, 0, 9, 1, 0, NULL, 0);
	free(buffer);
	if (!tell_reports(meeting, device))
		meeting->result = DFUT_ERROR_NO_MEMORY;
}
