/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* SMP in words: the header of a message is in its first line, and what an answer refuses in its CBOR. */

#include "language/smp/frame.h"
#include "language/smp/message.h"

#define ANSWER 1 /* in the operation's number */
#define LENGTH_SIZE 2

/* clang-format off */
static const struct {
	uint16_t group;
	uint8_t command;
	uint8_t op;
	enum dfut_phase phase;
	const char *what;
} requests[] = {
	{ SMP_GROUP_OS, SMP_OS_ECHO, SMP_OP_WRITE, DFUT_PHASE_ASKING, "are you there (echo)?" },
	{ SMP_GROUP_OS, SMP_OS_RESET, SMP_OP_WRITE, DFUT_PHASE_STARTING, "restart (reset)" },
	{ SMP_GROUP_OS, SMP_OS_PARAMETERS, SMP_OP_READ, DFUT_PHASE_ASKING, "how large may a message be (parameters)?" },
	{ SMP_GROUP_OS, SMP_OS_BOOTLOADER, SMP_OP_READ, DFUT_PHASE_ASKING, "which bootloader is it?" },
	{ SMP_GROUP_IMAGE, SMP_IMAGE_STATE, SMP_OP_READ, DFUT_PHASE_ASKING, "what is in the slots (image state)?" },
	{ SMP_GROUP_IMAGE, SMP_IMAGE_STATE, SMP_OP_WRITE, DFUT_PHASE_STARTING, "try or keep an image (image state)" },
	{ SMP_GROUP_IMAGE, SMP_IMAGE_UPLOAD, SMP_OP_WRITE, DFUT_PHASE_WRITING, "send a part of the image (upload)" },
	{ SMP_GROUP_IMAGE, SMP_IMAGE_ERASE, SMP_OP_WRITE, DFUT_PHASE_WRITING, "erase a slot" },
	{ SMP_GROUP_IMAGE, SMP_IMAGE_SLOTS, SMP_OP_READ, DFUT_PHASE_ASKING, "how large are the slots?" },
};
/* clang-format on */

static bool explain_answer(const struct smp_decoder *decoder, struct dfut_meaning *meaning)
{
	struct smp_answer answer;

	if (decoder->message_size < SMP_HEADER_SIZE ||
	    !smp_answer_read(&answer, decoder->message + SMP_HEADER_SIZE, decoder->message_size - SMP_HEADER_SIZE) ||
	    answer.code == SMP_OK)
		return dfut_mean(meaning, DFUT_PHASE_ANY, NULL);
	return dfut_mean_alone(meaning, DFUT_PHASE_ANY, "the device refuses", ": %s", smp_answer_get_text(&answer));
}

static bool explain_message(const uint8_t *header, struct dfut_meaning *meaning)
{
	uint8_t op = header[0] & 7;
	uint16_t group = (uint16_t)(header[4] << 8 | header[5]);

	if (op & ANSWER)
		return dfut_mean(meaning, DFUT_PHASE_ANY, NULL);
	for (size_t i = 0; i < DFUT_COUNT(requests); i++)
		if (requests[i].group == group && requests[i].command == header[7] && requests[i].op == op)
			return dfut_mean(meaning, requests[i].phase, requests[i].what);
	return dfut_mean_alone(meaning, DFUT_PHASE_ANY, "a request that is not known here", ": group %u, command %u",
			       group, header[7]);
}

bool smp_explain(struct dfut_talk *talk, const struct dfut_tape_event *event, struct dfut_meaning *meaning)
{
	struct smp_decoder decoder = { 0 };
	bool is_whole = false;

	if (event->link != DFUT_LINK_SERIAL || (event->kind != DFUT_TAPE_WRITE && event->kind != DFUT_TAPE_READ))
		return false;
	for (size_t i = 0; i < event->data.size && !is_whole; i++)
		is_whole = smp_frame_decode(&decoder, event->data.bytes[i]);
	if (is_whole && event->is_in)
		return explain_answer(&decoder, meaning);
	if (!event->is_in && decoder.size >= LENGTH_SIZE + SMP_HEADER_SIZE) {
		talk->asked = true;
		return explain_message(decoder.bytes + LENGTH_SIZE, meaning);
	}
	return talk->asked && dfut_mean(meaning, DFUT_PHASE_ANY, NULL);
}
