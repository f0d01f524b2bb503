/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Runs a machine against a device that answers whatever the input says. */

#ifndef DFUT_FUZZ_MACHINE_HOST_H
#define DFUT_FUZZ_MACHINE_HOST_H

#include <stdlib.h>
#include <string.h>

#include "core/machine.h"

#define ACTION_LIMIT 5000

/* What of the fuzzer's bytes is left. */
struct input {
	const uint8_t *data;
	size_t size;
};

/* How an action, or a wait, ends; what comes in goes to the buffer. The input has one byte at least. */
typedef int (*answer_function)(struct input *input, const struct dfut_next *next, uint8_t *buffer);

static inline uint8_t take_byte(struct input *input)
{
	input->size--;
	return *input->data++;
}

/* So many bytes, or as many as there are; returns how many. */
static inline size_t take_bytes(struct input *input, uint8_t *bytes, size_t count)
{
	count = count < input->size ? count : input->size;
	memcpy(bytes, input->data, count);
	input->data += count;
	input->size -= count;
	return count;
}

/* An error, one of those that buses tell. */
static inline int choose_error(uint8_t how)
{
	static const int errors[] = { DFUT_ERROR_DEVICE, DFUT_ERROR_TIMEOUT, DFUT_ERROR_GONE, DFUT_ERROR_IO };

	return errors[how % 4];
}

/* A job's writer: what comes is looked at. */
static inline int add_up(const uint8_t *data, size_t size, void *user_data)
{
	unsigned int *sum = user_data;

	for (size_t i = 0; i < size; i++)
		*sum += data[i];
	return 0;
}

static inline const uint8_t *get_data(const struct dfut_action *action)
{
	return action->kind == DFUT_ACTION_CONTROL ? action->control.data :
	       action->kind == DFUT_ACTION_REPORT  ? action->report.data :
	       action->kind == DFUT_ACTION_WRITE   ? action->transfer.data :
						     NULL;
}

/* Every byte that goes out is looked at, so that a sanitizer sees it. */
static inline unsigned int look_at(const struct dfut_next *next)
{
	const uint8_t *data = next->kind == DFUT_NEXT_ACT ? get_data(&next->action) : NULL;
	unsigned int sum = 0;

	if (data && !dfut_action_is_in(&next->action))
		add_up(data, dfut_action_get_length(&next->action), &sum);
	return sum;
}

static inline uint64_t get_time_ms(const struct dfut_next *next, int result)
{
	if (next->kind == DFUT_NEXT_WAIT)
		return (next->wait_us + 999) / 1000;
	return next->kind == DFUT_NEXT_ACT && result == DFUT_ERROR_TIMEOUT ? next->action.timeout_ms : 1;
}

static inline unsigned int run_machine(const struct dfut_machine_ops *machine, const struct dfut_job *job,
				       struct input *input, answer_function answer)
{
	struct dfut_outcome outcome = { .result = 0 };
	uint8_t *buffer = malloc(65536);
	void *state = calloc(1, machine->state_size);
	unsigned int sum = 0;

	machine->begin(state, job);
	for (size_t i = 0; i < ACTION_LIMIT && input->size; i++) {
		struct dfut_next next = { 0 };
		uint64_t done, total;

		if (machine->next(state, i ? &outcome : NULL, &next) < 0 || next.kind == DFUT_NEXT_DONE)
			break;
		sum += look_at(&next);
		if (machine->progress)
			machine->progress(state, &done, &total);
		outcome.data = buffer;
		outcome.result = answer(input, &next, buffer);
		outcome.elapsed_ms += get_time_ms(&next, outcome.result);
	}
	free(buffer);
	free(state);
	return sum;
}

#endif
