/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Nordic's Secure DFU in words: a request is a frame of SLIP, and its answer another one. */

#include "base/slip.h"
#include "language/nordic/wire.h"

static const struct dfut_meaning_word requests[] = {
	{ NORDIC_OP_PROTOCOL_VERSION, DFUT_PHASE_ASKING, "which protocol (PROTOCOL_VERSION)?" },
	{ NORDIC_OP_OBJECT_CREATE, DFUT_PHASE_WRITING, "begin an object (CREATE)" },
	{ NORDIC_OP_RECEIPT_NOTIF_SET, DFUT_PHASE_ASKING, "receipts off (RECEIPT_NOTIF_SET)" },
	{ NORDIC_OP_CRC_GET, DFUT_PHASE_WRITING, "which CRC has what came (CRC_GET)?" },
	{ NORDIC_OP_OBJECT_EXECUTE, DFUT_PHASE_WRITING, "keep the object (EXECUTE)" },
	{ NORDIC_OP_OBJECT_SELECT, DFUT_PHASE_ASKING, "what is there of an object (SELECT)?" },
	{ NORDIC_OP_MTU_GET, DFUT_PHASE_ASKING, "how large may a packet be (MTU_GET)?" },
	{ NORDIC_OP_OBJECT_WRITE, DFUT_PHASE_WRITING, "send a part of the object (WRITE)" },
	{ NORDIC_OP_PING, DFUT_PHASE_ASKING, "are you there (PING)?" },
	{ NORDIC_OP_HARDWARE_VERSION, DFUT_PHASE_ASKING, "which hardware (HARDWARE_VERSION)?" },
	{ NORDIC_OP_FIRMWARE_VERSION, DFUT_PHASE_ASKING, "which firmware (FIRMWARE_VERSION)?" },
	{ NORDIC_OP_ABORT, DFUT_PHASE_STARTING, "start the application (ABORT)" },
};

static bool explain_answer(const struct slip_decoder *frame, struct dfut_meaning *meaning)
{
	struct nordic_reply reply;

	if (!nordic_reply_parse(&reply, frame->frame, frame->size) || reply.result == NORDIC_RESULT_SUCCESS)
		return dfut_mean(meaning, DFUT_PHASE_ANY, NULL);
	return dfut_mean_alone(meaning, DFUT_PHASE_ANY, "the bootloader refuses", " %s: %s",
			       nordic_op_get_name(reply.op), nordic_reply_get_text(&reply));
}

bool nordic_explain(struct dfut_talk *talk, const struct dfut_tape_event *event, struct dfut_meaning *meaning)
{
	struct slip_decoder frame = { 0 };

	if (talk->is_guessed || event->link != DFUT_LINK_SERIAL ||
	    (event->kind != DFUT_TAPE_WRITE && event->kind != DFUT_TAPE_READ))
		return false;
	slip_decode_first(&frame, event->data.bytes, event->data.size);
	if (event->is_in)
		return talk->asked && explain_answer(&frame, meaning);
	if (frame.size && dfut_mean_word(meaning, requests, DFUT_COUNT(requests), frame.frame[0]))
		talk->asked = true;
	return meaning->what;
}
