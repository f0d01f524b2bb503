/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Messages of SMP on a console: lines of base64 between log text and prompts (Zephyr, doc/services/device_mgmt/smp_transport.rst). */

#ifndef DFUT_SMP_FRAME_H
#define DFUT_SMP_FRAME_H

#include "base/base.h"

/* Header and CBOR of the largest message that is sent, and of the largest that is taken. */
#define SMP_MESSAGE_MAX 4096
/* A line with its marks and its end, and the bytes that it carries. */
#define SMP_LINE_SIZE 127
#define SMP_LINE_BYTES 93
/* What a message of so many bytes is on the line, at most. */
#define SMP_FRAME_SIZE(size) (((size) + 4 + SMP_LINE_BYTES - 1) / SMP_LINE_BYTES * SMP_LINE_SIZE)

struct smp_decoder {
	uint8_t last;	 /* byte before, for the two bytes of a mark */
	bool is_begun;	 /* the first line of a frame has come */
	bool is_in_line; /* base64 comes */
	uint8_t quad[4];
	size_t quad_size;
	uint8_t bytes[SMP_MESSAGE_MAX + 4]; /* length, message, CRC */
	size_t size;
	const uint8_t *message; /* in them, once it is whole */
	size_t message_size;
};

/* CRC-16 with the polynomial 0x1021, from 0. */
uint16_t smp_crc(const uint8_t *bytes, size_t size);
/* Writes at most SMP_FRAME_SIZE(size) bytes; returns how many. */
size_t smp_frame_encode(uint8_t *out, const uint8_t *message, size_t size);
/* Whether the byte completes a frame that is right; its message is in the decoder until the next byte. */
bool smp_frame_decode(struct smp_decoder *decoder, uint8_t byte);

#endif
