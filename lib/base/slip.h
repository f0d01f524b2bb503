/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* SLIP (RFC 1055): frames on a serial line. */

#ifndef DFUT_SLIP_H
#define DFUT_SLIP_H

#include "base/base.h"

#define SLIP_END 0xc0
#define SLIP_ESC 0xdb
#define SLIP_ESC_END 0xdc
#define SLIP_ESC_ESC 0xdd

/* Longer frames than any that comes in are noise. */
#define SLIP_FRAME_MAX 128

/* Zeroed, it is at the beginning of a frame. */
struct slip_decoder {
	uint8_t frame[SLIP_FRAME_MAX];
	size_t size;
	bool is_complete; /* the frame was given out: the next byte begins another */
	bool is_escaped;
	bool is_lost; /* what comes up to the next END is thrown away */
};

/* True when the byte completes a frame of at least one byte, which stays until the next call. */
bool slip_decode(struct slip_decoder *decoder, uint8_t byte);
/* The first frame of these bytes, as far as it is there: its first bytes, if it is longer than a decoder keeps, or has no end. */
void slip_decode_first(struct slip_decoder *decoder, const uint8_t *bytes, size_t size);
/* Room for twice the size is needed; ENDs are the caller's. Returns the bytes written. */
size_t slip_encode(uint8_t *out, const uint8_t *data, size_t size);

#endif
