/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* HalfKay in words: reports of one block each. */

#include "language/halfkay/wire.h"

#define SHORT_HEADER 2
#define LONG_ADDRESS 3
/* A Teensy++ 2.0 leaves out the low byte of addresses, and a Teensy++ 1.0, with blocks of this size as well, does not. */
#define UNCLEAR_SIZE 256

static bool is_start(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (bytes[i] != 0xff)
			return false;
	return true;
}

bool halfkay_explain(struct dfut_talk *talk, const struct dfut_tape_event *event, struct dfut_meaning *meaning)
{
	size_t size = dfut_tape_get_size(&event->data);
	size_t header = size > HALFKAY_HEADER_MAX + UNCLEAR_SIZE ? HALFKAY_HEADER_MAX : SHORT_HEADER;
	size_t address_size = header == SHORT_HEADER ? SHORT_HEADER : LONG_ADDRESS;
	const uint8_t *bytes = event->data.bytes;
	uint32_t address;

	if (talk->is_guessed || event->kind != DFUT_TAPE_REPORT || event->is_in || size < SHORT_HEADER + 64 ||
	    !dfut_meaning_has(event, address_size))
		return false;
	if (is_start(bytes, address_size))
		return dfut_mean_alone(meaning, DFUT_PHASE_STARTING, "start the program", "%s", "");
	if (size == SHORT_HEADER + UNCLEAR_SIZE)
		return dfut_mean(meaning, DFUT_PHASE_WRITING, "write a block");
	address = dfut_le16(bytes) | (address_size == LONG_ADDRESS ? (uint32_t)bytes[2] << 16 : 0);
	return dfut_mean_at(meaning, DFUT_PHASE_WRITING, "write a block", address, size - header);
}
