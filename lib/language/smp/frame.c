/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Console framing: a length, the message and a CRC, as base64 in lines that each can be decoded alone. A frame that is not right
 * is dropped without a word by either side. Marks are looked for anywhere: a frame may begin behind a shell's prompt.
 */

#include <string.h>

#include "language/smp/frame.h"

#define FIRST_1 0x06
#define FIRST_2 0x09
#define MORE_1 0x04
#define MORE_2 0x14

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

uint16_t smp_crc(const uint8_t *bytes, size_t size)
{
	unsigned int crc = 0;

	for (size_t i = 0; i < size; i++) {
		crc ^= (unsigned int)bytes[i] << 8;
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1;
		crc &= 0xffff;
	}
	return (uint16_t)crc;
}

/* Encoding. */

/* One byte of what is framed. */
static uint8_t get_byte(const uint8_t *message, size_t size, uint16_t crc, size_t at)
{
	size_t length = size + 2;

	if (at < 2)
		return (uint8_t)(at == 0 ? length >> 8 : length);
	if (at < size + 2)
		return message[at - 2];
	return (uint8_t)(at == size + 2 ? crc >> 8 : crc);
}

static void encode_quad(uint8_t *out, const uint8_t *bytes, size_t count)
{
	uint32_t bits = (uint32_t)bytes[0] << 16 | (uint32_t)bytes[1] << 8 | bytes[2];

	for (size_t i = 0; i < 4; i++)
		out[i] = i > count ? '=' : (uint8_t)letters[bits >> (18 - 6 * i) & 63];
}

size_t smp_frame_encode(uint8_t *out, const uint8_t *message, size_t size)
{
	uint16_t crc = smp_crc(message, size);
	size_t total = size + 4, used = 0;

	for (size_t line = 0; line < total; line += SMP_LINE_BYTES) {
		size_t end = total - line < SMP_LINE_BYTES ? total : line + SMP_LINE_BYTES;

		out[used++] = line == 0 ? FIRST_1 : MORE_1;
		out[used++] = line == 0 ? FIRST_2 : MORE_2;
		for (size_t at = line; at < end; at += 3) {
			uint8_t bytes[3] = { 0 };
			size_t count = end - at < 3 ? end - at : 3;

			for (size_t i = 0; i < count; i++)
				bytes[i] = get_byte(message, size, crc, at + i);
			encode_quad(out + used, bytes, count);
			used += 4;
		}
		out[used++] = '\n';
	}
	return used;
}

/* Decoding. */

static void drop(struct smp_decoder *decoder)
{
	decoder->is_begun = false;
	decoder->is_in_line = false;
}

static int find_letter(uint8_t byte)
{
	const char *found = byte ? strchr(letters, byte) : NULL;

	return found ? (int)(found - letters) : -1;
}

/* How many bytes the four letters are, 0 if they are none. */
static size_t decode_quad(const uint8_t *quad, uint8_t *bytes)
{
	size_t count = quad[3] != '=' ? 3 : quad[2] != '=' ? 2 : 1;
	uint32_t bits = 0;

	for (size_t i = 0; i < 4; i++) {
		int value = i <= count ? find_letter(quad[i]) : 0;

		if (value < 0 || (i > count && quad[i] != '='))
			return 0;
		bits = bits << 6 | (uint32_t)value;
	}
	for (size_t i = 0; i < 3; i++)
		bytes[i] = (uint8_t)(bits >> (16 - 8 * i));
	return count;
}

/* What the frame says of its own size; 0 while that is not known. */
static size_t get_total(const struct smp_decoder *decoder)
{
	return decoder->size < 2 ? 0 : (size_t)(decoder->bytes[0] << 8 | decoder->bytes[1]) + 2;
}

static bool is_whole(struct smp_decoder *decoder)
{
	size_t total = get_total(decoder);

	if (!total || decoder->size < total)
		return false;
	drop(decoder);
	if (decoder->size != total || total < 4 || smp_crc(decoder->bytes + 2, total - 2) != 0)
		return false;
	decoder->message = decoder->bytes + 2;
	decoder->message_size = total - 4;
	return true;
}

static void take_letter(struct smp_decoder *decoder, uint8_t byte)
{
	uint8_t bytes[3];
	size_t count;

	decoder->quad[decoder->quad_size++] = byte;
	if (decoder->quad_size < sizeof(decoder->quad))
		return;
	decoder->quad_size = 0;
	count = decode_quad(decoder->quad, bytes);
	if (count == 0 || count > sizeof(decoder->bytes) - decoder->size) {
		drop(decoder);
		return;
	}
	memcpy(decoder->bytes + decoder->size, bytes, count);
	decoder->size += count;
}

/* The two bytes in front of a line. */
static bool take_mark(struct smp_decoder *decoder, uint8_t before, uint8_t byte)
{
	bool is_first = before == FIRST_1 && byte == FIRST_2;

	if (!is_first && (before != MORE_1 || byte != MORE_2))
		return false;
	if (is_first)
		decoder->size = 0;
	decoder->is_begun = is_first || decoder->is_begun;
	decoder->is_in_line = decoder->is_begun;
	decoder->quad_size = 0;
	return true;
}

bool smp_frame_decode(struct smp_decoder *decoder, uint8_t byte)
{
	uint8_t before = decoder->last;

	decoder->last = byte;
	if (take_mark(decoder, before, byte) || !decoder->is_in_line || byte == '\r')
		return false;
	/* The first byte of a mark: this line has lost its end. */
	if (byte == '\n' || byte == FIRST_1 || byte == MORE_1) {
		decoder->is_in_line = false;
		if (decoder->quad_size == 0)
			return is_whole(decoder);
		/* A line that was cut spoils its frame. */
		drop(decoder);
		return false;
	}
	if (byte != '=' && find_letter(byte) < 0)
		drop(decoder);
	else
		take_letter(decoder, byte);
	return false;
}
