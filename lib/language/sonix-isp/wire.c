/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Frames: command, 55AA, parameters; the answer repeats the head, and says whether it is good. */

#include <string.h>

#include "language/sonix-isp/wire.h"

#define MAGIC 0x0055aa00u
#define GOOD 0xfafafafau

const char *sonix_command_get_name(enum sonix_command command)
{
	switch (command) {
	case SONIX_VERSION:
		return "the question which chip it is";
	case SONIX_COMPARE:
		return "the comparison of the code option";
	case SONIX_SECURE:
		return "taking the code security off";
	case SONIX_ERASE:
		return "the erase";
	case SONIX_PROGRAM:
		return "the start of programming";
	case SONIX_LEAVE:
		return "the restart";
	}
	return "a command";
}

void sonix_put_command(uint8_t frame[SONIX_REPORT_SIZE], enum sonix_command command)
{
	memset(frame, 0, SONIX_REPORT_SIZE);
	dfut_put_le32(frame, MAGIC | (uint32_t)command);
}

enum sonix_verdict sonix_judge_answer(const uint8_t *data, int size, enum sonix_command command)
{
	uint32_t head;

	if (size != SONIX_REPORT_SIZE)
		return SONIX_STRANGE;
	head = dfut_le32(data);
	if (head == (MAGIC | (uint32_t)command))
		return dfut_le32(data + 4) == GOOD ? SONIX_GOOD : SONIX_REFUSED;
	return head == (MAGIC | SONIX_PROGRAM) ? SONIX_WAITS : SONIX_STRANGE;
}

void sonix_parse_version(struct sonix_version *version, const uint8_t answer[SONIX_REPORT_SIZE])
{
	version->family = answer[SONIX_ANSWER];
	version->sub_family = answer[SONIX_ANSWER + 1];
	version->member = answer[SONIX_ANSWER + 3];
	/* The only numbers with the high byte first. */
	version->code_option = (uint16_t)(answer[SONIX_ANSWER + 4] << 8 | answer[SONIX_ANSWER + 5]);
	version->security = (uint16_t)(answer[SONIX_ANSWER + 6] << 8 | answer[SONIX_ANSWER + 7]);
}

uint16_t sonix_sum(const uint8_t *data, size_t size)
{
	uint16_t sum = 0;

	for (size_t i = 0; i + 1 < size; i += 2)
		sum = (uint16_t)(sum + dfut_le16(data + i));
	return sum;
}
