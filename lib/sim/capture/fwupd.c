/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "sim/capture/fwupd.h"
#include "sim/capture/meeting.h"

#define STEP_US 1000
#define FIRST_ADDRESS 2
#define ADDRESS_COUNT 118
#define PORT_LIMIT 64
/* Where a file by itself says what it is */
#define HEAD_SIZE 4096
#define PATH_ROOM 64

/* Who was seen at a port last, and at which address that was */
struct seen {
	char path[PATH_ROOM];
	uint64_t ids;
	unsigned int address;
};

struct reading {
	struct meeting meeting;
	struct seen ports[PORT_LIMIT];
	size_t port_count;
	unsigned int devices;
	size_t hidden; /* requests whose ids are hashes */
	size_t told;
};

static uint64_t get_ids(const struct dfut_json *device)
{
	return (uint64_t)dfut_json_get_integer(dfut_json_get(device, "IdVendor")) << 32 |
	       (uint64_t)dfut_json_get_integer(dfut_json_get(device, "IdProduct")) << 16 |
	       (uint64_t)dfut_json_get_integer(dfut_json_get(device, "Device"));
}

static struct seen *find_port(struct reading *reading, const char *path)
{
	for (size_t i = 0; i < reading->port_count; i++)
		if (strcmp(reading->ports[i].path, path) == 0)
			return &reading->ports[i];
	if (reading->port_count == PORT_LIMIT)
		return NULL;
	snprintf(reading->ports[reading->port_count].path, PATH_ROOM, "%s", path);
	return &reading->ports[reading->port_count++];
}

/* In each phase all devices are told again; one with other ids at the same port is another. */
static void tell_device(struct reading *reading, const struct dfut_json *device)
{
	struct meeting *meeting = &reading->meeting;
	const struct dfut_json *events = dfut_json_get(device, "UsbEvents");
	char path[PATH_ROOM];
	struct seen *port;

	fwupd_take_path(device, path, sizeof(path), &meeting->bus);
	port = find_port(reading, path);
	if (!port || !dfut_json_get(device, "UsbInterfaces"))
		return;
	if (!port->address || port->ids != get_ids(device)) {
		port->ids = get_ids(device);
		port->address = FIRST_ADDRESS + reading->devices++ % ADDRESS_COUNT;
		meeting->address = port->address;
		fwupd_meet(meeting, device);
	}
	meeting->address = port->address;
	if (!events)
		events = dfut_json_get(device, "Events");
	for (const struct dfut_json *at = dfut_json_get_first(events); at && meeting->result == 0; at = at->next) {
		meeting->at += STEP_US;
		if (fwupd_tell_event(meeting, at))
			reading->told++;
		else
			reading->hidden++;
	}
}

static int tell_file(struct reading *reading, const char *text, size_t size, const char **error)
{
	struct dfut_json_document document = { 0 };
	const struct dfut_json *device;
	int result = dfut_json_parse(&document, text, size);

	if (result == DFUT_ERROR_USAGE) {
		*error = "an emulation of fwupd's whose JSON is damaged";
		return DFUT_ERROR_IMAGE;
	}
	if (result < 0)
		return result;
	device = dfut_json_get_first(dfut_json_get(document.values, "UsbDevices"));
	for (; device && reading->meeting.result == 0; device = device->next)
		tell_device(reading, device);
	dfut_json_free(&document);
	return reading->meeting.result;
}

bool fwupd_is_emulation(const uint8_t *bytes, size_t size)
{
	static const char key[] = "\"UsbDevices\"";
	size_t length = sizeof(key) - 1;

	for (size_t at = 0; size > 0 && bytes[0] == '{' && at < HEAD_SIZE && size - at >= length; at++)
		if (memcmp(bytes + at, key, length) == 0)
			return true;
	return fwupd_is_zip(bytes, size);
}

/* fwupd since 2.0.3 keeps a hash of what was asked, which is enough to find it, but not to know it. */
static int end(const struct reading *reading, const char **error)
{
	if (reading->devices == 0)
		*error = "no USB device is in it";
	else if (reading->hidden > 0 && reading->told == 0)
		*error = "fwupd 2.0.3 and later keep only hashes of what was asked: that can't be known";
	return *error ? DFUT_ERROR_IMAGE : 0;
}

int fwupd_read(const uint8_t *bytes, size_t size, capture_visitor visitor, void *data, const char **error)
{
	struct reading reading = { .meeting = { .visitor = visitor, .data = data, .bus = 1 } };
	struct fwupd_files files = { 0 };
	int result = 0;

	meeting_reach_bus(&reading.meeting);
	if (reading.meeting.result < 0)
		return reading.meeting.result;
	if (!fwupd_is_zip(bytes, size))
		result = tell_file(&reading, (const char *)bytes, size, error);
	else
		result = fwupd_unpack(&files, bytes, size, error);
	for (size_t i = 0; i < files.count && result == 0; i++)
		result = tell_file(&reading, files.items[i].text, files.items[i].size, error);
	fwupd_clear(&files);
	return result == 0 ? end(&reading, error) : result;
}
