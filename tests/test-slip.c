/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* SLIP frames: escapes, noise, frames that are too long. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "base/slip.h"

/* Feeds all bytes; returns the number of frames, the last of which is in the decoder. */
static size_t feed(struct slip_decoder *decoder, const void *bytes, size_t size)
{
	size_t frames = 0;

	for (size_t i = 0; i < size; i++)
		frames += slip_decode(decoder, ((const uint8_t *)bytes)[i]);
	return frames;
}

static void expect_frame(const struct slip_decoder *decoder, const void *bytes, size_t size)
{
	cr_assert(eq(sz, decoder->size, size));
	cr_expect(eq(int, memcmp(decoder->frame, bytes, size), 0));
}

Test(slip, escapes_end_and_escape)
{
	uint8_t out[8];

	cr_assert(eq(sz, slip_encode(out, (const uint8_t[]){ 0x01, 0xc0, 0xdb, 0xdc }, 4), 6));
	cr_expect(eq(int, memcmp(out, "\x01\xdb\xdc\xdb\xdd\xdc", 6), 0));
	cr_expect(eq(sz, slip_encode(out, NULL, 0), 0));
}

Test(slip, gives_frames_out)
{
	struct slip_decoder decoder = { .size = 0 };

	cr_expect(eq(sz, feed(&decoder, "\x60\x09\x01\x05", 4), 0));
	cr_expect(eq(sz, feed(&decoder, "\xc0", 1), 1));
	expect_frame(&decoder, "\x60\x09\x01\x05", 4);
	cr_expect(eq(sz, feed(&decoder, "\x60\xdb\xdc\xdb\xdd\xc0", 6), 1));
	expect_frame(&decoder, "\x60\xc0\xdb", 3);
}

Test(slip, the_first_frame_of_some_bytes)
{
	struct slip_decoder decoder;
	uint8_t endless[SLIP_FRAME_MAX + 10] = { 0xc0, 1, 2 };

	slip_decode_first(&decoder, (const uint8_t *)"\xc0\x10\xdb\xdc\xc0\x18\xc0", 7);
	cr_expect(decoder.is_complete);
	expect_frame(&decoder, "\x10\xc0", 2);
	slip_decode_first(&decoder, (const uint8_t *)"\x10\x11", 2);
	cr_expect(not(decoder.is_complete));
	expect_frame(&decoder, "\x10\x11", 2);
	slip_decode_first(&decoder, endless, sizeof(endless));
	cr_expect(eq(sz, decoder.size, SLIP_FRAME_MAX));
	slip_decode_first(&decoder, NULL, 0);
	cr_expect(eq(sz, decoder.size, 0));
}

Test(slip, ends_in_front_and_between_are_no_frames)
{
	struct slip_decoder decoder = { .size = 0 };

	cr_expect(eq(sz, feed(&decoder, "\xc0\xc0\x10\x00\x00\xf0\xc0\xc0\xc0\x18\x00\x00\xe8\xc0", 14), 2));
	expect_frame(&decoder, "\x18\x00\x00\xe8", 4);
}

Test(slip, a_broken_frame_costs_itself_only)
{
	struct slip_decoder decoder = { .size = 0 };

	/* An escape of something else, one that the frame ends in. */
	cr_expect(eq(sz, feed(&decoder, "\x60\xdb\x01\x02\xc0\x60\x07\xc0", 8), 1));
	expect_frame(&decoder, "\x60\x07", 2);
	cr_expect(eq(sz, feed(&decoder, "\x60\xdb\xc0\x60\x08\xc0", 6), 1));
	expect_frame(&decoder, "\x60\x08", 2);
	cr_expect(eq(sz, feed(&decoder, "\xdb\xdb\xdc\xc0\x60\x09\xc0", 7), 1));
	expect_frame(&decoder, "\x60\x09", 2);
}

Test(slip, a_frame_that_is_too_long_costs_itself_only)
{
	struct slip_decoder decoder = { .size = 0 };
	uint8_t noise[3 * SLIP_FRAME_MAX];

	memset(noise, 0x55, sizeof(noise));
	cr_expect(eq(sz, feed(&decoder, noise, sizeof(noise)), 0));
	cr_expect(eq(sz, feed(&decoder, "\xc0\x60\x03\xc0", 4), 1));
	expect_frame(&decoder, "\x60\x03", 2);
	cr_expect(eq(sz, feed(&decoder, noise, SLIP_FRAME_MAX), 0));
	cr_expect(eq(sz, feed(&decoder, "\xc0", 1), 1));
	cr_expect(eq(sz, decoder.size, SLIP_FRAME_MAX));
}
