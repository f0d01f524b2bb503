/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* USB DFU 1.1 on the wire: requests (3), states and status (6.1.2), and the status payload. */

#ifndef DFUT_DFU_WIRE_H
#define DFUT_DFU_WIRE_H

#include "core/machine.h"
#include "usb/dfu.h"

#define DFU_STATUS_SIZE 6

enum dfu_request {
	DFU_DETACH = 0,
	DFU_DNLOAD = 1,
	DFU_UPLOAD = 2,
	DFU_GETSTATUS = 3,
	DFU_CLRSTATUS = 4,
	DFU_GETSTATE = 5,
	DFU_ABORT = 6,
};

enum dfu_state {
	DFU_STATE_APP_IDLE = 0,
	DFU_STATE_APP_DETACH = 1,
	DFU_STATE_IDLE = 2,
	DFU_STATE_DNLOAD_SYNC = 3,
	DFU_STATE_DNBUSY = 4,
	DFU_STATE_DNLOAD_IDLE = 5,
	DFU_STATE_MANIFEST_SYNC = 6,
	DFU_STATE_MANIFEST = 7,
	DFU_STATE_MANIFEST_WAIT_RESET = 8,
	DFU_STATE_UPLOAD_IDLE = 9,
	DFU_STATE_ERROR = 10,
};

#define DFU_STATUS_OK 0x00
#define DFU_STATUS_TARGET 0x01
#define DFU_STATUS_VENDOR 0x0b

struct dfu_status {
	uint8_t status;
	uint32_t poll_timeout_ms; /* to wait before the next GETSTATUS */
	enum dfu_state state;
	uint8_t string;
};

const char *dfu_state_get_name(unsigned int state);
const char *dfu_status_get_name(unsigned int status);
const char *dfu_status_get_text(unsigned int status);

/* False if it isn't six bytes with a known state and status. */
bool dfu_status_parse(struct dfu_status *status, const uint8_t *data, size_t size);

#endif
