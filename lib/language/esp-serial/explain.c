/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Espressif's ROM loader in words: what an answer refuses, and what was asked. */

#include "base/slip.h"
#include "language/esp-serial/wire.h"

#define HEADER_SIZE 8
#define DIRECTION_REQUEST 0
#define DIRECTION_REPLY 1
/* The ends of writing, which let the ROM go on */
#define END_WRITE 0x04
#define END_DEFLATE 0x12

static const struct dfut_meaning_word requests[] = {
	{ ESP_SERIAL_SYNC, DFUT_PHASE_ASKING, "are you there (SYNC)?" },
	{ ESP_SERIAL_SECURITY, DFUT_PHASE_ASKING, "how is the chip protected?" },
	{ ESP_SERIAL_READ_REGISTER, DFUT_PHASE_ASKING, "read a register" },
	{ ESP_SERIAL_WRITE_REGISTER, DFUT_PHASE_ANY, "write a register" },
	{ ESP_SERIAL_ATTACH, DFUT_PHASE_ANY, "attach the flash" },
	{ ESP_SERIAL_PARAMETERS, DFUT_PHASE_ANY, "set the size of the flash" },
	{ ESP_SERIAL_READ, DFUT_PHASE_READING, "read the flash" },
	{ ESP_SERIAL_MD5, DFUT_PHASE_READING, "tell the MD5 of flash" },
	{ ESP_SERIAL_BEGIN, DFUT_PHASE_WRITING, "erase for writing" },
	{ ESP_SERIAL_DATA, DFUT_PHASE_WRITING, "write a block" },
	{ ESP_SERIAL_DEFLATE_BEGIN, DFUT_PHASE_WRITING, "erase for writing, compressed" },
	{ ESP_SERIAL_DEFLATE_DATA, DFUT_PHASE_WRITING, "write a block, compressed" },
	{ END_WRITE, DFUT_PHASE_STARTING, "end of writing" },
	{ END_DEFLATE, DFUT_PHASE_STARTING, "end of writing, compressed" },
};

/* Where it is in flash, or which register: in arguments that are there. */
static void add_place(struct dfut_meaning *meaning, uint8_t op, const uint8_t *arguments, size_t size)
{
	bool begins = op == ESP_SERIAL_BEGIN || op == ESP_SERIAL_DEFLATE_BEGIN;
	bool is_block = op == ESP_SERIAL_DATA || op == ESP_SERIAL_DEFLATE_DATA;
	bool is_place = op == ESP_SERIAL_READ_REGISTER || op == ESP_SERIAL_WRITE_REGISTER || op == ESP_SERIAL_MD5 ||
			op == ESP_SERIAL_READ;

	if (begins && size >= 16)
		dfut_mean_at(meaning, meaning->phase, meaning->what, dfut_le32(arguments + 12), dfut_le32(arguments));
	else if (is_block && size >= 8)
		dfut_mean_number(meaning, meaning->phase, meaning->what, dfut_le32(arguments + 4));
	else if (is_place && size >= 4)
		dfut_mean_at(meaning, meaning->phase, meaning->what, dfut_le32(arguments),
			     op == ESP_SERIAL_MD5 && size >= 8 ? dfut_le32(arguments + 4) : 0);
}

static bool explain_request(struct dfut_talk *talk, const struct slip_decoder *frame, struct dfut_meaning *meaning)
{
	const uint8_t *bytes = frame->frame;

	if (frame->size < 2 || bytes[0] != DIRECTION_REQUEST)
		return false;
	if (!dfut_mean_word(meaning, requests, DFUT_COUNT(requests), bytes[1]))
		return false;
	talk->asked = bytes[1];
	if (frame->size > HEADER_SIZE)
		add_place(meaning, bytes[1], bytes + HEADER_SIZE, frame->size - HEADER_SIZE);
	return true;
}

static const char *get_name(uint8_t op)
{
	struct dfut_meaning meaning = { 0 };

	return dfut_mean_word(&meaning, requests, DFUT_COUNT(requests), op) ? meaning.what : "what was asked";
}

bool esp_serial_explain(struct dfut_talk *talk, const struct dfut_tape_event *event, struct dfut_meaning *meaning)
{
	struct slip_decoder frame = { 0 };
	struct esp_serial_reply reply;

	if (event->link != DFUT_LINK_SERIAL || (event->kind != DFUT_TAPE_WRITE && event->kind != DFUT_TAPE_READ))
		return false;
	slip_decode_first(&frame, event->data.bytes, event->data.size);
	if (!event->is_in)
		return explain_request(talk, &frame, meaning);
	if (!talk->asked)
		return false;
	if (esp_serial_read_reply(&reply, (enum esp_serial_op)talk->asked, frame.frame, frame.size) && reply.is_refused)
		return dfut_mean_alone(meaning, DFUT_PHASE_ANY, "the ROM refuses", " \"%s\": %s", get_name(talk->asked),
				       esp_serial_error_get_text(reply.error));
	return dfut_mean(meaning, DFUT_PHASE_ANY, NULL);
}
