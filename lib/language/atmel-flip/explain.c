/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* FLIP in words: its commands are what a DNLOAD of DFU carries. */

#include "language/atmel-flip/wire.h"
#include "language/dfu/explain.h"

#define READ_BLANK 1
#define ERASE 0
#define SELECT_MEMORY 3
#define IN_PAGE 0xffffu

static bool explain_range(const struct dfut_talk *talk, const uint8_t *bytes, enum dfut_phase phase, const char *what,
			  struct dfut_meaning *meaning)
{
	uint32_t page = talk->address & ~IN_PAGE;
	uint32_t first = (uint32_t)(bytes[2] << 8 | bytes[3]), last = (uint32_t)(bytes[4] << 8 | bytes[5]);

	return dfut_mean_at(meaning, phase, what, page + first, last >= first ? last - first + 1 : 0);
}

/* FLIP 2 has numbers of memories, and of pages in two bytes. */
static bool explain_select(struct dfut_talk *talk, const uint8_t *bytes, size_t size, struct dfut_meaning *meaning)
{
	if (size == FLIP_COMMAND_SIZE && bytes[1] == SELECT_MEMORY && bytes[2] == 0)
		return dfut_mean_number(meaning, DFUT_PHASE_ANY, "select a memory", bytes[3]);
	if (size == 4 && bytes[1] == SELECT_MEMORY)
		talk->address = (uint32_t)bytes[3] << 16;
	else if (size == FLIP_COMMAND_SIZE && bytes[1] == SELECT_MEMORY)
		talk->address = (uint32_t)(bytes[3] << 8 | bytes[4]) << 16;
	else
		talk->address = (uint32_t)bytes[2] << 16;
	return dfut_mean_at(meaning, DFUT_PHASE_ANY, "select 64 KiB", talk->address, 0);
}

static bool explain_command(struct dfut_talk *talk, const struct dfut_tape_event *event, struct dfut_meaning *meaning)
{
	const uint8_t *bytes = event->data.bytes;
	bool has_range = dfut_meaning_has(event, FLIP_COMMAND_SIZE);

	switch (bytes[0]) {
	case FLIP_GROUP_PROGRAM:
		return has_range && explain_range(talk, bytes, DFUT_PHASE_WRITING, "write", meaning);
	case FLIP_GROUP_READ:
		return has_range && explain_range(talk, bytes, DFUT_PHASE_READING,
						  bytes[1] == READ_BLANK ? "is it empty?" : "read", meaning);
	case FLIP_GROUP_WRITE:
		return bytes[1] == ERASE ? dfut_mean_alone(meaning, DFUT_PHASE_WRITING, "erase the chip", "%s", "") :
					   dfut_mean_alone(meaning, DFUT_PHASE_STARTING, "start the program", "%s",
							   bytes[2] ? " by a jump" : " by a reset");
	case FLIP_GROUP_ASK:
		return dfut_mean(meaning, DFUT_PHASE_ASKING, "which part and which bootloader?");
	case FLIP_GROUP_SELECT:
		return explain_select(talk, bytes, dfut_tape_get_size(&event->data), meaning);
	default:
		return false;
	}
}

bool flip_explain(struct dfut_talk *talk, const struct dfut_tape_event *event, struct dfut_meaning *meaning)
{
	/* Not all of them have descriptors of DFU. */
	if (talk->is_guessed || !dfu_is_request(event))
		return false;
	if (event->setup[1] == DFU_UPLOAD)
		return dfut_mean(meaning, DFUT_PHASE_ANY, "the answer (UPLOAD)");
	if (event->setup[1] != DFU_DNLOAD)
		return dfu_explain_request(event, meaning);
	if (!dfut_le16(event->setup + 6))
		return dfut_mean(meaning, DFUT_PHASE_ANY, "carry it out (DNLOAD without data)");
	return dfut_meaning_has(event, 3) && explain_command(talk, event, meaning);
}
