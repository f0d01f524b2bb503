/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The bootloader of nRF5 SDK 11 in words: packets of HCI, in each of which an operation is. */

#include "base/slip.h"
#include "language/nordic-legacy/hci.h"

#define HEADER_SIZE 4
#define OPERATION_SIZE 4

static const struct dfut_meaning_word operations[] = {
	{ 3, DFUT_PHASE_WRITING, "begin an update, which erases (START)" },
	{ 1, DFUT_PHASE_WRITING, "the init packet (INIT)" },
	{ 4, DFUT_PHASE_WRITING, "send a part of the firmware (DATA)" },
	{ 5, DFUT_PHASE_STARTING, "check it and start it (STOP)" },
};

bool nordic_legacy_explain(struct dfut_talk *talk, const struct dfut_tape_event *event, struct dfut_meaning *meaning)
{
	struct slip_decoder frame = { 0 };

	if (talk->is_guessed || event->link != DFUT_LINK_SERIAL ||
	    (event->kind != DFUT_TAPE_WRITE && event->kind != DFUT_TAPE_READ))
		return false;
	slip_decode_first(&frame, event->data.bytes, event->data.size);
	if (event->is_in && hci_parse_acknowledgement(frame.frame, frame.size) >= 0)
		return dfut_mean(meaning, DFUT_PHASE_ANY, NULL);
	if (event->is_in || frame.size < HEADER_SIZE + OPERATION_SIZE)
		return false;
	return dfut_mean_word(meaning, operations, DFUT_COUNT(operations), dfut_le32(frame.frame + HEADER_SIZE));
}
