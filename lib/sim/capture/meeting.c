/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

#include <stdlib.h>
#include <string.h>

#include "sim/capture/meeting.h"

#define ROOT_HUB 1
/* Of hubs that the file does not tell of */
#define LAST_ADDRESS 127
/* USB 2.0, 9.4 and 11.24 */
#define GET_DESCRIPTOR 6
#define SET_FEATURE 3
#define PORT_RESET 4
#define TO_PORT 0x23
#define IN 0x80

static const uint8_t hub[] = { 18, MEETING_DEVICE, 0, 2, 9, 0, 1, 64, 0x6b, 0x1d, 2, 0, 0, 6, 0, 0, 0, 1 };

void meeting_ask(struct meeting *meeting, uint8_t type, uint8_t code, uint16_t value, uint16_t index,
		 const uint8_t *data, size_t size)
{
	struct capture_request request = { .at = meeting->at,
					   .over = meeting->at,
					   .bus = meeting->bus,
					   .address = meeting->address,
					   .kind = CAPTURE_CONTROL,
					   .has_setup = true,
					   .setup = { type, code },
					   .is_in = type & IN,
					   .is_answered = true,
					   .asked = (uint32_t)size,
					   .moved = (uint32_t)size,
					   .data = data,
					   .size = size };

	dfut_put_le16(request.setup + 2, value);
	dfut_put_le16(request.setup + 4, index);
	dfut_put_le16(request.setup + 6, (uint16_t)size);
	if (meeting->result == 0)
		meeting->result = meeting->visitor(meeting->data, &request);
}

void meeting_ask_descriptor(struct meeting *meeting, uint8_t recipient, uint16_t value, uint16_t index,
			    const uint8_t *data, size_t size)
{
	meeting_ask(meeting, IN | recipient, GET_DESCRIPTOR, value, index, data, size);
}

void meeting_reach_bus(struct meeting *meeting)
{
	unsigned int address = meeting->address;

	meeting->address = ROOT_HUB;
	meeting_ask_descriptor(meeting, 0, MEETING_DEVICE << 8, 0, hub, sizeof(hub));
	meeting->address = address;
}

void meeting_reach_port(struct meeting *meeting, const char *path)
{
	unsigned int address = meeting->address;
	const char *at = strchr(path, '-');

	meeting->address = ROOT_HUB;
	for (unsigned int i = 0; at; i++) {
		char *end;
		unsigned long port = strtoul(at + 1, &end, 10);

		if (end == at + 1 || port == 0 || port > UINT8_MAX)
			break;
		meeting_ask(meeting, TO_PORT, SET_FEATURE, PORT_RESET, (uint16_t)port, NULL, 0);
		at = *end == '.' ? end : NULL;
		if (!at)
			break;
		meeting->address = LAST_ADDRESS - i % 8;
		meeting_ask_descriptor(meeting, 0, MEETING_DEVICE << 8, 0, hub, sizeof(hub));
	}
	meeting->address = address;
}
