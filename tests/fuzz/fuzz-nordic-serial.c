/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The machines of Nordic's bootloaders against a device that says whatever the input says. */

#include <stdlib.h>
#include <string.h>

#include "language/nordic-legacy/machine.h"

#define ACTION_LIMIT 5000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int judge(const struct nordic_versions *versions, void *user_data)
{
	unsigned int *sum = user_data;

	for (size_t i = 0; i < versions->firmware_count; i++)
		*sum += versions->firmware[i].version;
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
	if (how < 8)
		return errors[how % 4];
	if (next->kind != DFUT_NEXT_ACT)
		return 0;
	if (action->kind == DFUT_ACTION_WRITE)
		return how < 16 ? (int)(action->transfer.length / 2) : action->transfer.length;
	if (action->kind != DFUT_ACTION_READ)
		return 0;
	length = how % 40 + 1u;
	length = length < *size ? length : *size;
	length = length < action->transfer.length ? length : action->transfer.length;
	memcpy(buffer, *data, length);
	*data += length;
	*size -= length;
	return length ? (int)length : DFUT_ERROR_TIMEOUT;
}

/* Every byte that goes out is looked at, so that a sanitizer sees it. */
static unsigned int look_at(const struct dfut_next *next)
{
	const struct dfut_action *action = &next->action;
	unsigned int sum = 0;

	if (next->kind == DFUT_NEXT_ACT && action->kind == DFUT_ACTION_WRITE)
		for (size_t i = 0; i < action->transfer.length; i++)
			sum += action->transfer.data[i];
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct dfut_machine_ops *const machines[] = { &nordic_download_machine, &nordic_leave_machine,
								   &nordic_legacy_machine };
	static const uint8_t image[600] = { 0xc0, 0xdb, 3 };
	static const uint8_t init[70] = { 1, 0xc0 };
	struct dfut_failure failure = { 0 };
	unsigned int sum = 0;
	struct nordic_job own = { .init = init,
				  .init_size = sizeof(init),
				  .judge = judge,
				  .judge_data = &sum,
				  .sizes = { 0, 0, sizeof(image) },
				  .end = DFUT_END_LEAVES };
	struct dfut_job job = { .failure = &failure, .data = image, .size = sizeof(image), .own = &own };
	const struct dfut_machine_ops *machine;
	struct dfut_outcome outcome = { .result = 0 };
	uint8_t *buffer;
	void *state;

	if (size < 4)
		return 0;
	machine = machines[data[0] % DFUT_COUNT(machines)];
	own.leave_if_refused = data[1] & 1;
	job.restarts = data[1] >> 1 & 1;
	data += 2;
	size -= 2;
	state = calloc(1, machine->state_size);
	buffer = malloc(65536);
	machine->begin(state, &job);
	for (size_t i = 0; i < ACTION_LIMIT && size; i++) {
		struct dfut_next next = { 0 };
		uint32_t limit_ms;

		if (machine->next(state, i ? &outcome : NULL, &next) < 0 || next.kind == DFUT_NEXT_DONE)
			break;
		sum += look_at(&next);
		outcome = (struct dfut_outcome){ .data = buffer };
		outcome.result = answer(&data, &size, &next, buffer);
		limit_ms = next.kind == DFUT_NEXT_ACT ? next.action.timeout_ms : next.wait_ms;
		outcome.elapsed_ms += outcome.result == DFUT_ERROR_TIMEOUT ? limit_ms : 1;
	}
	free(buffer);
	free(state);
	return 0;
}
