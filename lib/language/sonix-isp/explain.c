/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* SONiX's ISP in words. */

#include "language/sonix-isp/wire.h"

#define MAGIC 0x0055aa00u
/* Of SONIX_PROGRAM: how many reports of data follow */
#define PROGRAM_COUNT 8

static bool explain_answer(const struct dfut_talk *talk, const struct dfut_tape_event *event,
			   struct dfut_meaning *meaning)
{
	const char *command = sonix_command_get_name((enum sonix_command)talk->asked);
	struct sonix_version version;

	if (!dfut_meaning_has(event, SONIX_REPORT_SIZE))
		return dfut_mean(meaning, DFUT_PHASE_ANY, "ask for the answer");
	switch (sonix_judge_answer(event->data.bytes, SONIX_REPORT_SIZE, (enum sonix_command)talk->asked)) {
	case SONIX_GOOD:
		if (talk->asked != SONIX_VERSION)
			return dfut_mean(meaning, DFUT_PHASE_ANY, "the answer is good");
		sonix_parse_version(&version, event->data.bytes);
		return dfut_mean_alone(meaning, DFUT_PHASE_ASKING, "the answer",
				       ": family %u, member %u, code option %04x, security %04x", version.family,
				       version.member, version.code_option, version.security);
	case SONIX_REFUSED:
		return dfut_mean_alone(meaning, DFUT_PHASE_ANY, "the chip refuses", " %s", command);
	case SONIX_WAITS:
		return dfut_mean(meaning, DFUT_PHASE_ANY, "the answer to data");
	case SONIX_STRANGE:
		break;
	}
	return dfut_mean_alone(meaning, DFUT_PHASE_ANY, "an answer", " that is none to %s", command);
}

bool sonix_explain(struct dfut_talk *talk, const struct dfut_tape_event *event, struct dfut_meaning *meaning)
{
	const uint8_t *bytes = event->data.bytes;

	if (event->kind != DFUT_TAPE_REPORT || event->type != DFUT_REPORT_FEATURE)
		return false;
	if (event->is_in)
		return talk->asked && explain_answer(talk, event, meaning);
	if (dfut_tape_get_size(&event->data) != SONIX_REPORT_SIZE)
		return false;
	if (talk->left) {
		talk->left--;
		return dfut_mean(meaning, DFUT_PHASE_WRITING, "64 bytes of firmware");
	}
	if (!dfut_meaning_has(event, PROGRAM_COUNT + 2) || dfut_le32(bytes) >> 8 != MAGIC >> 8)
		return false;
	talk->asked = bytes[0];
	talk->left = talk->asked == SONIX_PROGRAM ? dfut_le16(bytes + PROGRAM_COUNT) : 0;
	return dfut_mean_alone(meaning,
			       talk->asked == SONIX_VERSION ? DFUT_PHASE_ASKING :
			       talk->asked == SONIX_LEAVE   ? DFUT_PHASE_STARTING :
							      DFUT_PHASE_WRITING,
			       sonix_command_get_name((enum sonix_command)talk->asked), "%s", "");
}
