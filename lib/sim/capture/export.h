/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What a session file becomes in a capture: the requests of which its actions were made, and those by which a system meets a device. */

#ifndef DFUT_CAPTURE_EXPORT_H
#define DFUT_CAPTURE_EXPORT_H

#include "base/index.h"
#include "base/tape.h"
#include "dfutrigger-sim.h"
#include "sim/capture/requests.h"

/* A device as it is known at last. */
struct export_device {
	const struct dfut_tape_event *event;
	unsigned int bus;
	unsigned int address;
};

struct export
{
	struct dfut_tape tape;
	struct export_device *devices;
	size_t device_count;
	struct dfut_index by_number; /* devices; by bus and address, and by bus alone, those that are there */
	struct dfut_index by_address;
	struct dfut_index by_bus;
	struct capture_request *requests;
	size_t request_count;
	size_t request_room;
	uint8_t **buffers; /* of data that are not in the tape as they were on the wire */
	size_t buffer_count;
	size_t buffer_room;
	bool lacks_memory;
};

/* export-device.c: that there is a bus, at that time; how a system meets a device, and that it is gone. */
void export_add_bus(struct export *export, unsigned int bus, uint64_t at);
void export_add_arrival(struct export *export, const struct export_device *device, uint64_t at);
void export_add_departure(struct export *export, const struct export_device *device, uint64_t at);
/* export-request.c: of one action; nothing of what is not seen on a bus. */
void export_add_action(struct export *export, const struct export_device *device, const struct dfut_tape_event *event);
/* export.c: a capture_visitor, of one more, which is copied. */
int export_add(void *export, const struct capture_request *request);
/* Bytes that live as long as the export; NULL without memory. */
uint8_t *export_new_bytes(struct export *export, size_t size);
/* export-pcapng.c: all requests, as Wireshark's file of usbmon's packets. 0, or what the writer returned. */
int export_write(struct export *export, dfut_writer writer, void *data);

#endif
