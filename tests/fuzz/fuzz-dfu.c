/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The DFU machines against a device that answers whatever the input says. */

#include <stdlib.h>
#include <string.h>

#include "language/dfu/machine.h"
#include "trigger/trigger.h"

#define ACTION_LIMIT 2000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int swallow(const uint8_t *data, size_t size, void *user_data)
{
	unsigned int *sum = user_data;

	for (size_t i = 0; i < size; i++)
		*sum += data[i];
	return 0;
}

/* One answer: a byte that chooses how it ends, then its bytes. */
static int answer(const uint8_t **data, size_t *size, const struct dfut_next *next, uint8_t *buffer)
{
	static const int errors[] = { DFUT_ERROR_DEVICE, DFUT_ERROR_TIMEOUT, DFUT_ERROR_GONE, DFUT_ERROR_IO };
	const struct dfut_action *action = &next->action;
	size_t length;
	uint8_t how = *(*data)++;

	--*size;
	if (how < 16)
		return errors[how % 4];
	if (next->kind != DFUT_NEXT_ACT || action->kind != DFUT_ACTION_CONTROL)
		return 0;
	length = action->control.length;
	if (!(action->control.request_type & 0x80))
		return how < 24 ? (int)(length / 2) : (int)length;
	if (how < 32)
		length /= 2;
	length = length < *size ? length : *size;
	memcpy(buffer, *data, length);
	*data += length;
	*size -= length;
	return (int)length;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct dfut_machine_ops *const machines[] = { &dfu_download_machine, &dfu_upload_machine,
							    &dfu_leave_machine, dfut_way_dfu_detach.machine,
							    dfut_way_nordic.machine };
	static const uint8_t image[300] = { 1, 2, 3 };
	struct dfut_failure failure = { 0 };
	unsigned int sum = 0;
	struct dfut_job job = {
		.failure = &failure, .data = image, .size = sizeof(image), .writer = swallow, .writer_data = &sum
	};
	const struct dfut_machine_ops *machine;
	struct dfut_outcome outcome;
	const struct dfut_outcome *last = NULL;
	uint8_t *buffer;
	void *state;

	if (size < 8)
		return 0;
	machine = machines[data[0] % DFUT_COUNT(machines)];
	job.dfu = (struct dfut_dfu_descriptor){ data[1], 255, (uint16_t)(data[2] | (data[3] & 1) << 8), 0x0110 };
	job.has_descriptor = data[4] & 1;
	job.has_alternates = data[4] & 2;
	job.detach_timeout_ms = -1;
	data += 5;
	size -= 5;
	state = calloc(1, machine->state_size);
	buffer = malloc(65536);
	machine->begin(state, &job);
	for (size_t i = 0; i < ACTION_LIMIT && size; i++) {
		struct dfut_next next = { 0 };

		if (machine->next(state, last, &next) < 0 || next.kind == DFUT_NEXT_DONE)
			break;
		outcome = (struct dfut_outcome){ .data = buffer, .elapsed_ms = i };
		outcome.result = answer(&data, &size, &next, buffer);
		last = &outcome;
	}
	free(buffer);
	free(state);
	return 0;
}
