/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What becomes of a capture in a session file. */

#ifndef DFUT_CAPTURE_IMPORT_H
#define DFUT_CAPTURE_IMPORT_H

#include "dfutrigger-sim.h"
#include "sim/capture/devices.h"
#include "base/line.h"

struct import {
	struct capture_devices devices;
	struct dfut_record_line line; /* that is being written */
	int result;		      /* the first error: nothing is written after it */
	dfut_writer writer;
	void *data;
	unsigned int flags;		       /* enum dfut_sim_import_flag */
	size_t next;			       /* the request that comes next */
	uint64_t end;			       /* us, of the last one */
	uint64_t begin;			       /* us, of the first request */
	unsigned int told;		       /* devices that have arrived */
	const struct capture_device **arrived; /* by their numbers */
	bool *has_left;			       /* beside each */
	uint32_t *spoken_to;		       /* interfaces that the host has sent something, a bit each */
};

/* import.c: an object or a list, which dfut_line_close() ends; the end of a line, which is written. */
void import_open_member(struct import *import, const char *key, char bracket);
void import_end_line(struct import *import);

/* import-device.c: an `arrives`, with what of it is not as the device has it. */
void import_write_device(struct import *import, const struct capture_device *device, unsigned int number, uint64_t at,
			 bool is_new);
void import_write_log(struct import *import, uint64_t at, const char *text, ...) DFUT_PRINTF(3, 4);
/* import-request.c: one action. */
void import_write_request(struct import *import, const struct capture_device *device, unsigned int number,
			  const struct capture_request *request);
/* A request of a device, and the interface that it is for; -1 for the device as a whole. */
struct import_action {
	const struct capture_device *device;
	unsigned int number;
	const struct capture_request *request;
	int channel;
};

/* The line up to what is an event's own, the data as they are told, and what comes of it. */
void import_begin_action(struct import *import, const struct import_action *action, const char *event);
void import_end_action(struct import *import, const struct import_action *action, uint32_t moved);
void import_add_data(struct import *import, const struct import_action *action);
/* The same of a part of the data, behind a head that is always told. */
void import_add_part(struct import *import, const struct import_action *action, const uint8_t *head, size_t head_size,
		     size_t skipped, bool is_told);

/* import-driver.c: what a program asked of a serial port or a HID node, which a driver made this request of. False: it is none. */
bool import_write_driven(struct import *import, const struct import_action *action);

#endif
