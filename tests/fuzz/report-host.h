/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Runs a machine that speaks by HID reports against a device that says whatever the input says. */

#ifndef DFUT_FUZZ_REPORT_HOST_H
#define DFUT_FUZZ_REPORT_HOST_H

#include <stdlib.h>
#include <string.h>

#include "core/machine.h"

#define ACTION_LIMIT 5000
/* Of a report that comes in; zeros follow */
#define REPORT_BYTES 16

struct input {
	const uint8_t *data;
	size_t size;
};

/* One answer: a byte that chooses how it ends, then the first bytes of a report. */
static inline int answer(struct input *input, const struct dfut_next *next, uint8_t *buffer)
{
	static const int errors[] = { DFUT_ERROR_DEVICE, DFUT_ERROR_TIMEOUT, DFUT_ERROR_GONE, DFUT_ERROR_IO };
	const struct dfut_action *action = &next->action;
	size_t length, used;
	uint8_t how = *input->data++;

	input->size--;
	if (how < 8)
		return errors[how % 4];
	if (next->kind != DFUT_NEXT_ACT || action->kind != DFUT_ACTION_REPORT || !action->report.is_in)
		return next->kind == DFUT_NEXT_ACT && action->kind == DFUT_ACTION_REPORT ? action->report.length : 0;
	length = how < 16 ? how % 8u * action->report.length / 8 : action->report.length;
	used = length < REPORT_BYTES ? length : REPORT_BYTES;
	used = used < input->size ? used : input->size;
	memset(buffer, 0, length);
	memcpy(buffer, input->data, used);
	input->data += used;
	input->size -= used;
	return (int)length;
}

/* Every byte that goes out is looked at, so that a sanitizer sees it. */
static inline unsigned int look_at(const struct dfut_next *next)
{
	const struct dfut_action *action = &next->action;
	unsigned int sum = 0;

	if (next->kind == DFUT_NEXT_ACT && action->kind == DFUT_ACTION_REPORT && !action->report.is_in)
		for (size_t i = 0; i < action->report.length; i++)
			sum += action->report.data[i];
	return sum;
}

static inline unsigned int run_machine(const struct dfut_machine_ops *machine, const struct dfut_job *job,
				       struct input *input)
{
	struct dfut_outcome outcome = { .result = 0 };
	uint8_t *buffer = malloc(65536);
	void *state = calloc(1, machine->state_size);
	unsigned int sum = 0;

	machine->begin(state, job);
	for (size_t i = 0; i < ACTION_LIMIT && input->size; i++) {
		struct dfut_next next = { 0 };
		uint64_t elapsed_ms = outcome.elapsed_ms;

		if (machine->next(state, i ? &outcome : NULL, &next) < 0 || next.kind == DFUT_NEXT_DONE)
			break;
		sum += look_at(&next);
		outcome = (struct dfut_outcome){ .data = buffer };
		outcome.result = answer(input, &next, buffer);
		outcome.elapsed_ms = elapsed_ms + (next.kind == DFUT_NEXT_WAIT		? next.wait_ms :
						   outcome.result == DFUT_ERROR_TIMEOUT ? next.action.timeout_ms :
											  1);
	}
	free(buffer);
	free(state);
	return sum;
}

#endif
