/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* SLIP (RFC 1055). A broken or overlong frame costs no more than itself: the next END begins anew. */

#include "base/slip.h"

static bool end_frame(struct slip_decoder *decoder)
{
	bool is_good = decoder->size && !decoder->is_lost && !decoder->is_escaped;

	decoder->is_escaped = false;
	decoder->is_lost = false;
	decoder->is_complete = is_good;
	if (!is_good)
		decoder->size = 0;
	return is_good;
}

static void take_escaped(struct slip_decoder *decoder, uint8_t *byte)
{
	decoder->is_escaped = false;
	if (*byte == SLIP_ESC_END)
		*byte = SLIP_END;
	else if (*byte == SLIP_ESC_ESC)
		*byte = SLIP_ESC;
	else
		decoder->is_lost = true;
}

bool slip_decode(struct slip_decoder *decoder, uint8_t byte)
{
	if (decoder->is_complete) {
		decoder->is_complete = false;
		decoder->size = 0;
	}
	if (byte == SLIP_END)
		return end_frame(decoder);
	if (byte == SLIP_ESC && !decoder->is_escaped) {
		decoder->is_escaped = true;
		return false;
	}
	if (decoder->is_escaped)
		take_escaped(decoder, &byte);
	if (decoder->size == sizeof(decoder->frame))
		decoder->is_lost = true;
	else
		decoder->frame[decoder->size++] = byte;
	return false;
}

void slip_decode_first(struct slip_decoder *decoder, const uint8_t *bytes, size_t size)
{
	*decoder = (struct slip_decoder){ 0 };
	for (size_t i = 0; i < size && !decoder->is_complete && !decoder->is_lost; i++)
		slip_decode(decoder, bytes[i]);
}

size_t slip_encode(uint8_t *out, const uint8_t *data, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < size; i++) {
		if (data[i] != SLIP_END && data[i] != SLIP_ESC) {
			out[used++] = data[i];
			continue;
		}
		out[used++] = SLIP_ESC;
		out[used++] = data[i] == SLIP_END ? SLIP_ESC_END : SLIP_ESC_ESC;
	}
	return used;
}
