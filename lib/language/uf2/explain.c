/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A drive in words: commands of SCSI, and what the drive says of them (Bulk-Only Transport 1.0). */

#include "language/uf2/wire.h"

#define COMMAND_MAGIC 0x43425355u
#define STATUS_MAGIC 0x53425355u
#define LENGTH 8
#define CDB 15
#define STATUS 12
#define GET_MAX_LUN_TYPE 0xa1
#define GET_MAX_LUN 0xfe

/* clang-format off */
static const struct dfut_meaning_word commands[] = {
	{ UF2_OP_TEST_UNIT_READY, DFUT_PHASE_ANY, "is the drive ready (TEST UNIT READY)?" },
	{ UF2_OP_REQUEST_SENSE, DFUT_PHASE_ANY, "why did it fail (REQUEST SENSE)?" },
	{ UF2_OP_INQUIRY, DFUT_PHASE_ASKING, "what are you (INQUIRY)?" },
	{ 0x1a, DFUT_PHASE_ASKING, "how is it set (MODE SENSE)?" },
	{ 0x1b, DFUT_PHASE_ANY, "start or stop (START STOP UNIT)" },
	{ 0x1e, DFUT_PHASE_ANY, "keep the medium in (PREVENT REMOVAL)" },
	{ 0x23, DFUT_PHASE_ASKING, "which capacities (READ FORMAT CAPACITIES)?" },
	{ UF2_OP_READ_CAPACITY, DFUT_PHASE_ASKING, "how large are you (READ CAPACITY)?" },
	{ UF2_OP_READ, DFUT_PHASE_READING, "read sectors (READ)" },
	{ UF2_OP_WRITE, DFUT_PHASE_WRITING, "write sectors (WRITE)" },
	{ 0x35, DFUT_PHASE_ANY, "write what is kept (SYNCHRONIZE CACHE)" },
};
/* clang-format on */

static uint32_t get_be(const uint8_t *bytes, size_t size)
{
	uint32_t number = 0;

	for (size_t i = 0; i < size; i++)
		number = number << 8 | bytes[i];
	return number;
}

static bool explain_command(struct dfut_talk *talk, const uint8_t *bytes, struct dfut_meaning *meaning)
{
	const uint8_t *cdb = bytes + CDB;
	bool has_place = cdb[0] == UF2_OP_READ || cdb[0] == UF2_OP_WRITE;
	uint32_t first = get_be(cdb + 2, 4), count = get_be(cdb + 7, 2);

	talk->asked = true;
	talk->left = dfut_le32(bytes + LENGTH);
	if (!dfut_mean_word(meaning, commands, DFUT_COUNT(commands), cdb[0]))
		return dfut_mean_alone(meaning, DFUT_PHASE_ANY, "a command of SCSI that is not known here", " (%02x)",
				       cdb[0]);
	if (has_place) {
		dfut_mean_number(meaning, meaning->phase, meaning->what, first);
		meaning->last = (uint64_t)first + (count ? count - 1 : 0);
	}
	return true;
}

static bool explain_request(const struct dfut_tape_event *event, struct dfut_meaning *meaning)
{
	if (event->setup[0] == UF2_RESET_TYPE && event->setup[1] == UF2_RESET)
		return dfut_mean_alone(meaning, DFUT_PHASE_ANY, "begin anew (Bulk-Only Mass Storage Reset)", "%s", "");
	if (event->setup[0] == GET_MAX_LUN_TYPE && event->setup[1] == GET_MAX_LUN)
		return dfut_mean(meaning, DFUT_PHASE_ASKING, "how many drives are you (Get Max LUN)?");
	return false;
}

bool uf2_explain(struct dfut_talk *talk, const struct dfut_tape_event *event, struct dfut_meaning *meaning)
{
	const uint8_t *bytes = event->data.bytes;
	size_t size = dfut_tape_get_size(&event->data);
	bool is_transfer = event->kind == DFUT_TAPE_READ || event->kind == DFUT_TAPE_WRITE;

	if (event->link == DFUT_LINK_VOLUME && is_transfer)
		return dfut_mean(meaning, event->is_in ? DFUT_PHASE_READING : DFUT_PHASE_WRITING,
				 event->is_in ? "read a part of a file on the drive" :
						"write a part of a file on the drive");
	if (event->link != DFUT_LINK_USB)
		return false;
	if (event->kind == DFUT_TAPE_CONTROL)
		return explain_request(event, meaning);
	if (event->kind == DFUT_TAPE_WRITE && size == UF2_COMMAND_SIZE && dfut_meaning_has(event, UF2_COMMAND_SIZE) &&
	    dfut_le32(bytes) == COMMAND_MAGIC)
		return explain_command(talk, bytes, meaning);
	if (event->kind == DFUT_TAPE_READ && size == UF2_STATUS_SIZE && dfut_meaning_has(event, UF2_STATUS_SIZE) &&
	    dfut_le32(bytes) == STATUS_MAGIC && bytes[STATUS])
		return dfut_mean(meaning, DFUT_PHASE_ANY, "the drive says that it failed");
	return is_transfer && talk->asked && dfut_mean(meaning, DFUT_PHASE_ANY, NULL);
}
