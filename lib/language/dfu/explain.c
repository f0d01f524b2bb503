/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Requests of DFU in words (DFU 1.1, 3 and 6.1.2). */

#include "language/dfu/explain.h"

/* bcdDFUVersion of ST's extension, whose blocks mean something else */
#define DFUSE_VERSION 0x011a
#define OUT 0x21
#define IN 0xa1
#define FUNCTIONAL 0x21
#define FUNCTIONAL_SIZE 9
#define INTERFACE 4
#define INTERFACE_SIZE 9

static const char *const requests[] = { "DETACH", "DNLOAD", "UPLOAD", "GETSTATUS", "CLRSTATUS", "GETSTATE", "ABORT" };
static bool take_face(const struct dfut_tape_data *descriptors, uint8_t number, struct dfu_face *face)
{
	const uint8_t *at = descriptors->bytes;
	const uint8_t *end = at + descriptors->size;
	bool is_found = false;

	for (; end - at >= 2 && at[0] >= 2 && end - at >= at[0]; at += at[0]) {
		if (at[0] >= INTERFACE_SIZE && at[1] == INTERFACE && at[2] == number && at[5] == 0xfe && at[6] == 1) {
			is_found = true;
		} else if (is_found && at[0] >= FUNCTIONAL_SIZE && at[1] == FUNCTIONAL) {
			*face = (struct dfu_face){ dfut_le16(at + 7), dfut_le16(at + 5) };
			return true;
		}
	}
	return is_found;
}

bool dfu_is_request(const struct dfut_tape_event *event)
{
	return event->kind == DFUT_TAPE_CONTROL && (event->setup[0] == OUT || event->setup[0] == IN) &&
	       event->setup[1] < DFUT_COUNT(requests);
}

bool dfu_find_face(const struct dfut_talk *talk, const struct dfut_tape_event *event, struct dfu_face *face)
{
	*face = (struct dfu_face){ 0 };
	return dfu_is_request(event) && talk->device && take_face(&talk->device->data, event->setup[4], face);
}

bool dfu_explain_request(const struct dfut_tape_event *event, struct dfut_meaning *meaning)
{
	const uint8_t *answer = event->data.bytes;
	const char *request = requests[event->setup[1]];

	switch (event->setup[1]) {
	case DFU_GETSTATUS:
		if (!dfut_meaning_has(event, DFU_STATUS_SIZE))
			return dfut_mean_alone(meaning, DFUT_PHASE_ANY, request, "%s", "");
		if (answer[0] == 0)
			return dfut_mean(meaning, DFUT_PHASE_ANY, request);
		return dfut_mean_alone(meaning, DFUT_PHASE_ANY, request, ": status %s, %s, %u ms",
				       dfu_status_get_name(answer[0]), dfu_state_get_name(answer[4]),
				       answer[1] | answer[2] << 8 | answer[3] << 16);
	case DFU_GETSTATE:
		return dfut_mean_alone(meaning, DFUT_PHASE_ANY, request, ": %s",
				       dfut_meaning_has(event, 1) ? dfu_state_get_name(answer[0]) : "no answer");
	default:
		return dfut_mean_alone(meaning, DFUT_PHASE_ANY, request, "%s", "");
	}
}

bool dfu_explain(struct dfut_talk *talk, const struct dfut_tape_event *event, struct dfut_meaning *meaning)
{
	uint16_t block = dfut_le16(event->setup + 2);
	struct dfu_face face;

	if (!dfu_find_face(talk, event, &face) || (talk->is_guessed && face.version == DFUSE_VERSION))
		return false;
	if (event->setup[1] == DFU_DNLOAD && dfut_le16(event->setup + 6) == 0)
		return dfut_mean_alone(meaning, DFUT_PHASE_WRITING, "DNLOAD",
				       " without data: all of the firmware was sent");
	if (event->setup[1] == DFU_DNLOAD)
		return dfut_mean_number(meaning, DFUT_PHASE_WRITING, "DNLOAD of a block", block);
	if (event->setup[1] == DFU_UPLOAD)
		return dfut_mean_number(meaning, DFUT_PHASE_READING, "UPLOAD of a block", block);
	return dfu_explain_request(event, meaning);
}
