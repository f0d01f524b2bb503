/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* SLIP from a hostile line: what is a frame comes out the same when it is sent again. */

#include <stdlib.h>
#include <string.h>

#include "base/slip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct slip_decoder *decoder)
{
	struct slip_decoder again = { .size = 0 };
	uint8_t coded[2 * SLIP_FRAME_MAX];
	size_t length;

	if (!decoder->size || decoder->size > SLIP_FRAME_MAX)
		abort();
	length = slip_encode(coded, decoder->frame, decoder->size);
	for (size_t i = 0; i < length; i++)
		if (slip_decode(&again, coded[i]))
			abort();
	if (!slip_decode(&again, SLIP_END) || again.size != decoder->size ||
	    memcmp(again.frame, decoder->frame, again.size) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slip_decoder decoder = { .size = 0 }, first;

	for (size_t i = 0; i < size; i++)
		if (slip_decode(&decoder, data[i]))
			check(&decoder);
	slip_decode_first(&first, data, size);
	if (first.is_complete)
		check(&first);
	else if (first.size > SLIP_FRAME_MAX)
		abort();
	return 0;
}
