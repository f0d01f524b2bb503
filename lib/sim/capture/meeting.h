/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What a system asks when it meets a device, where that is not in a file as requests: of it, and of the hubs in front of it. */

#ifndef DFUT_CAPTURE_MEETING_H
#define DFUT_CAPTURE_MEETING_H

#include "sim/capture/requests.h"

#define MEETING_DEVICE 1
#define MEETING_CONFIGURATION 2
#define MEETING_REPORTS 0x22

struct meeting {
	capture_visitor visitor; /* is given each request */
	void *data;
	int result; /* the first error that it returned */
	unsigned int bus;
	unsigned int address; /* of the device */
	uint64_t at;
};

/* A request that is answered with these bytes at once, or that has these bytes. */
void meeting_ask(struct meeting *meeting, uint8_t type, uint8_t code, uint16_t value, uint16_t index,
		 const uint8_t *data, size_t size);
/* GET_DESCRIPTOR; recipient 0 is the device, 1 an interface. */
void meeting_ask_descriptor(struct meeting *meeting, uint8_t recipient, uint16_t value, uint16_t index,
			    const uint8_t *data, size_t size);
/* The root hub. */
void meeting_reach_bus(struct meeting *meeting);
/* "1-2.3": the root hub resets port 2, where there is a hub, which resets port 3. */
void meeting_reach_port(struct meeting *meeting, const char *path);

#endif
