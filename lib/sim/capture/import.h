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

#endif
