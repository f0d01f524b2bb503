/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* DfuSe in words (UM0424, 5): its commands are block 0 of DFU, and its blocks begin at 2. */

#include "language/dfu/explain.h"
#include "language/dfuse/explain.h"

#define FIRST_BLOCK 2
#define SET_ADDRESS 0x21
#define ERASE 0x41
#define READ_UNPROTECT 0x92
#define COMMAND_SIZE 5

static bool explain_command(struct dfut_talk *talk, const struct dfut_tape_event *event, struct dfut_meaning *meaning)
{
	const uint8_t *bytes = event->data.bytes;
	bool has_address = dfut_meaning_has(event, COMMAND_SIZE);
	uint32_t address = has_address ? dfut_le32(bytes + 1) : 0;

	switch (bytes[0]) {
	case SET_ADDRESS:
		talk->address = address;
		return has_address ? dfut_mean_at(meaning, DFUT_PHASE_ANY, "set the address", address, 0) :
				     dfut_mean_alone(meaning, DFUT_PHASE_ANY, "set the address", ", but to which?");
	case ERASE:
		return has_address ? dfut_mean_at(meaning, DFUT_PHASE_WRITING, "erase a page", address, 0) :
				     dfut_mean_alone(meaning, DFUT_PHASE_WRITING, "erase all", "%s", "");
	case READ_UNPROTECT:
		return dfut_mean_alone(meaning, DFUT_PHASE_WRITING, "take away the read protection",
				       ", which erases all");
	default:
		return dfut_mean_alone(meaning, DFUT_PHASE_ANY, "a command of DfuSe that is not known", ": %02x",
				       bytes[0]);
	}
}

bool dfuse_explain(struct dfut_talk *talk, const struct dfut_tape_event *event, struct dfut_meaning *meaning)
{
	uint16_t block = dfut_le16(event->setup + 2);
	uint16_t size = dfut_le16(event->setup + 6);
	uint32_t address;
	struct dfu_face face;

	if (!dfu_find_face(talk, event, &face))
		return false;
	if (event->setup[1] != DFU_DNLOAD && event->setup[1] != DFU_UPLOAD)
		return dfu_explain_request(event, meaning);
	if (event->setup[1] == DFU_DNLOAD && block == 0 && dfut_meaning_has(event, 1))
		return explain_command(talk, event, meaning);
	if (event->setup[1] == DFU_DNLOAD && !size)
		return dfut_mean_alone(meaning, DFUT_PHASE_STARTING, "DNLOAD", " without data: start at 0x%08x",
				       talk->address);
	if (block < FIRST_BLOCK)
		return dfut_mean_alone(meaning, DFUT_PHASE_ASKING, "UPLOAD of block 0", ": the commands that it knows");
	/* What is at the address that was set last */
	address = talk->address + (uint32_t)(block - FIRST_BLOCK) * face.block_size;
	return event->setup[1] == DFU_DNLOAD ?
		       dfut_mean_at(meaning, DFUT_PHASE_WRITING, "DNLOAD of a block", address, size) :
		       dfut_mean_at(meaning, DFUT_PHASE_READING, "UPLOAD of a block", address, size);
}
