/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* How requests reach nRF5 SDK's bootloader through its serial port: nrf_dfu_serial.c and nrf_dfu_serial_usb.c. */

#include <string.h>

#include "sim/parts/nordic.h"

#define OBJECT_WRITE 0x08

const char *dfut_sim_nordic_get_state_name(const struct dfut_sim_nordic *nordic)
{
	static const char *const names[] = { "no-object", "command", "data" };

	return nordic->is_ending ? "ending" : names[nordic->object < DFUT_COUNT(names) ? nordic->object : 0];
}

/* The second of two replies that are not read is lost: the endpoint is still busy. */
static void say(struct dfut_sim_nordic *nordic, const struct dfut_sim_nordic_answer *answer)
{
	uint8_t frame[2 * DFUT_SIM_NORDIC_ANSWER_SIZE + 1];
	size_t size = dfut_sim_slip_put(frame, answer->bytes, answer->size);

	if (!answer->size || !dfut_sim_serial_is_empty(&nordic->serial))
		return;
	frame[size++] = DFUT_SIM_SLIP_END;
	dfut_sim_serial_say(&nordic->serial, frame, size, answer->after_us);
}

static void take_frame(struct dfut_sim_nordic *nordic)
{
	struct dfut_sim_nordic_answer answer;

	if (nordic->frame[0] != OBJECT_WRITE && !dfut_sim_serial_is_empty(&nordic->serial))
		dfut_sim_device_breach(nordic->device, "%s: request 0x%02x before the last reply was read",
				       dfut_sim_nordic_get_state_name(nordic), nordic->frame[0]);
	dfut_sim_nordic_answer(nordic, nordic->frame, nordic->frame_size, &answer);
	say(nordic, &answer);
}

/* Its length less the code is 65535: what is in the buffer is done once more, and no WRITE is that long. */
static void take_empty_frame(struct dfut_sim_nordic *nordic)
{
	dfut_sim_device_breach(nordic->device, "%s: a frame with nothing in it: there is no END in front of a frame",
			       dfut_sim_nordic_get_state_name(nordic));
	if (nordic->frame_size && nordic->frame[0] != OBJECT_WRITE)
		take_frame(nordic);
}

static void take_byte(struct dfut_sim_nordic *nordic, uint8_t byte)
{
	bool was_full = nordic->is_full;

	switch (dfut_sim_slip_take(&nordic->slip, byte)) {
	case DFUT_SIM_SLIP_NOTHING:
		return;
	case DFUT_SIM_SLIP_BAD_ESCAPE:
		dfut_sim_device_breach(nordic->device, "%s: 0x%02x after ESC (RFC 1055)",
				       dfut_sim_nordic_get_state_name(nordic), byte);
		return;
	case DFUT_SIM_SLIP_NO_ROOM:
		nordic->is_full = true;
		if (!was_full)
			dfut_sim_device_breach(nordic->device,
					       "%s: a frame of more than %u bytes: nothing gets through "
					       "any more",
					       dfut_sim_nordic_get_state_name(nordic), DFUT_SIM_NORDIC_MTU);
		return;
	case DFUT_SIM_SLIP_FRAME:
		break;
	}
	nordic->device->counters.frames++;
	if (nordic->slip.size == 0) {
		take_empty_frame(nordic);
		return;
	}
	nordic->frame_size = nordic->slip.size;
	nordic->slip.size = 0;
	take_frame(nordic);
}

int dfut_sim_nordic_receive(struct dfut_sim_nordic *nordic, const uint8_t *data, size_t size)
{
	if (!nordic->is_listening) {
		dfut_sim_device_breach(nordic->device, "%s: bytes while DTR is off, which nobody reads",
				       dfut_sim_nordic_get_state_name(nordic));
		return DFUT_ERROR_BUSY;
	}
	nordic->device->counters.bytes += size;
	for (size_t i = 0; i < size && !nordic->is_ending; i++)
		take_byte(nordic, data[i]);
	return (int)size;
}

void dfut_sim_nordic_listen(struct dfut_sim_nordic *nordic, bool is_listening)
{
	if (nordic->is_listening && !is_listening)
		dfut_sim_serial_forget(&nordic->serial);
	nordic->is_listening = is_listening;
}
