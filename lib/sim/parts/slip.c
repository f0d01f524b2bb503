/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* SLIP as nRF5 SDK's slip.c takes it: one END behind a frame, and no way out when the buffer is full. */

#include "sim/parts/serial.h"

static enum dfut_sim_slip_event add(struct dfut_sim_slip *slip, uint8_t byte)
{
	slip->bytes[slip->size++] = byte;
	return DFUT_SIM_SLIP_NOTHING;
}

static enum dfut_sim_slip_event unescape(struct dfut_sim_slip *slip, uint8_t byte)
{
	slip->is_escaped = false;
	if (byte == DFUT_SIM_SLIP_ESC_END)
		return add(slip, DFUT_SIM_SLIP_END);
	if (byte == DFUT_SIM_SLIP_ESC_ESC)
		return add(slip, DFUT_SIM_SLIP_ESC);
	/* An END here is thrown away as well: it takes the next frame with it. */
	slip->is_wrong = true;
	return DFUT_SIM_SLIP_BAD_ESCAPE;
}

enum dfut_sim_slip_event dfut_sim_slip_take(struct dfut_sim_slip *slip, uint8_t byte)
{
	if (slip->is_wrong) {
		slip->is_wrong = byte != DFUT_SIM_SLIP_END;
		slip->size = 0;
		return DFUT_SIM_SLIP_NOTHING;
	}
	if (slip->size == slip->room)
		return DFUT_SIM_SLIP_NO_ROOM;
	if (slip->is_escaped)
		return unescape(slip, byte);
	if (byte == DFUT_SIM_SLIP_END)
		return DFUT_SIM_SLIP_FRAME;
	slip->is_escaped = byte == DFUT_SIM_SLIP_ESC;
	return slip->is_escaped ? DFUT_SIM_SLIP_NOTHING : add(slip, byte);
}

size_t dfut_sim_slip_put(uint8_t *out, const uint8_t *bytes, size_t size)
{
	size_t put = 0;

	for (size_t i = 0; i < size; i++) {
		bool is_special = bytes[i] == DFUT_SIM_SLIP_END || bytes[i] == DFUT_SIM_SLIP_ESC;

		if (is_special)
			out[put++] = DFUT_SIM_SLIP_ESC;
		if (is_special)
			out[put++] = bytes[i] == DFUT_SIM_SLIP_END ? DFUT_SIM_SLIP_ESC_END : DFUT_SIM_SLIP_ESC_ESC;
		else
			out[put++] = bytes[i];
	}
	return put;
}
