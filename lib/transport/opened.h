/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What the system has made of an interface, when it is open. */

#ifndef DFUT_OPENED_H
#define DFUT_OPENED_H

#include "transport/hid.h"
#include "transport/os.h"
#include "transport/serial.h"
#include "transport/volume.h"

/* A HID node, a serial port or a mounted drive that is open. */
struct dfut_opened {
	struct dfut_opened *next;
	enum dfut_link link;
	uint8_t channel;
	struct dfut_hid_port *hid;
	struct dfut_serial_port *serial;
	struct dfut_volume *volume;
};

/* path: where the drive is mounted, NULL where the system says. 0, or why it can't be opened: DFUT_ERROR_NOT_FOUND if there is no
 * such node or port (yet), or nothing of the drive at the path; DFUT_ERROR_UNSUPPORTED if the drive is not mounted,
 * DFUT_ERROR_GONE if the device has left its place. May block. */
int dfut_opened_new(struct dfut_opened **opened, const struct dfut_os_place *place, enum dfut_link link,
		    uint8_t channel, const char *path);
void dfut_opened_free(struct dfut_opened *opened);

#endif
