/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Runs a machine against a device that answers whatever the input says. */

#ifndef DFUT_FUZZ_MACHINE_HOST_H
#define DFUT_FUZZ_MACHINE_HOST_H

#include <sanitizer/asan_interface.h>
#include <stdlib.h>
#include <string.h>

#include "core/machine.h"

#define ACTION_LIMIT 5000
/* The most that an action brings in */
#define ANSWER_LIMIT 65536

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

/* An answer: a byte that chooses how it ends, then its bytes. */
static inline int answer_any(struct input *input, const struct dfut_next *next, uint8_t *buffer)
{
	const struct dfut_action *action = &next->action;
	uint8_t how = take_byte(input);
	size_t length;

	if (how < 16)
		return choose_error(how);
	if (next->kind != DFUT_NEXT_ACT)
		return 0;
	length = dfut_action_get_length(action);
	if (!dfut_action_is_in(action))
		return how < 24 ? (int)(length / 2) : (int)length;
	return (int)take_bytes(input, buffer, how < 32 ? length / 2 : length);
}

/* The same of a serial line, where the byte also chooses how much comes at once: less than `most` bytes. */
static inline int answer_line(struct input *input, const struct dfut_next *next, uint8_t *buffer, uint8_t most)
{
	const struct dfut_action *action = &next->action;
	uint8_t how = take_byte(input);
	size_t length;

	if (how < 8)
		return choose_error(how);
	if (next->kind != DFUT_NEXT_ACT)
		return 0;
	if (action->kind == DFUT_ACTION_WRITE)
		return how < 16 ? (int)(action->transfer.length / 2) : action->transfer.length;
	if (action->kind != DFUT_ACTION_READ)
		return 0;
	length = how % most + 1u;
	length = take_bytes(input, buffer, length < action->transfer.length ? length : action->transfer.length);
	return length ? (int)length : DFUT_ERROR_TIMEOUT;
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

/* What has not come must not be read. */
static inline void hide_rest(uint8_t *buffer, int result)
{
	size_t used = result > 0 ? (size_t)result : 0;

	if (used > ANSWER_LIMIT)
		abort();
	ASAN_POISON_MEMORY_REGION(buffer + used, ANSWER_LIMIT - used);
}

static inline unsigned int run_machine(const struct dfut_machine_ops *machine, const struct dfut_job *job,
				       struct input *input, answer_function answer)
{
	struct dfut_outcome outcome = { .result = 0 };
	static uint8_t buffer[ANSWER_LIMIT];
	void *state = calloc(1, machine->state_size);
	unsigned int sum = 0;

	if (!state || machine->begin(state, job) < 0) {
		free(state);
		return sum;
	}
	for (size_t i = 0; i < ACTION_LIMIT && input->size; i++) {
		struct dfut_next next = { 0 };
		uint64_t done, total;

		if (machine->next(state, i ? &outcome : NULL, &next) < 0 || next.kind == DFUT_NEXT_DONE)
			break;
		sum += look_at(&next);
		if (machine->progress) {
			machine->progress(state, &done, &total);
			if (total && done > total)
				abort();
		}
		outcome.data = buffer;
		ASAN_UNPOISON_MEMORY_REGION(buffer, sizeof(buffer));
		outcome.result = answer(input, &next, buffer);
		hide_rest(buffer, outcome.result);
		outcome.elapsed_ms += get_time_ms(&next, outcome.result);
	}
	ASAN_UNPOISON_MEMORY_REGION(buffer, sizeof(buffer));
	free(state);
	return sum;
}

#endif
