/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The machines of Atmel's FLIP against a device that answers whatever the input says. */

#include <stdlib.h>
#include <string.h>

#include "language/atmel-flip/machine.h"

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
	/* What it does not say is 0: reading needs more bytes than inputs have. */
	memset(buffer, 0, length);
	memcpy(buffer, *data, length < *size ? length : *size);
	*data += length < *size ? length : *size;
	*size -= length < *size ? length : *size;
	return (int)length;
}

/* Every byte that goes out is looked at, so that a sanitizer sees it. */
static unsigned int look_at(const struct dfut_next *next)
{
	const struct dfut_action *action = &next->action;
	unsigned int sum = 0;

	if (next->kind == DFUT_NEXT_ACT && action->kind == DFUT_ACTION_CONTROL && action->control.data)
		for (size_t i = 0; i < action->control.length; i++)
			sum += action->control.data[i];
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct dfut_machine_ops *const machines[] = { &flip_ask_machine, &flip_read_machine,
								   &flip_write_machine, &flip_leave_machine };
	static const enum flip_unit units[] = { FLIP_UNIT_FLASH, FLIP_UNIT_EEPROM };
	static uint8_t image[0x1000] = { 0x0c, 0x94 };
	struct flip_range ranges[] = { { 0xfe00, 0x800, image }, { 0x80, 0x80, image }, { 1, 7, image } };
	struct dfut_failure failure = { 0 };
	struct flip_answers answers = { 0 };
	unsigned int sum = 0;
	struct flip_job own = { .ranges = ranges, .check = { 0x80, 0x20000, NULL }, .answers = &answers };
	struct dfut_job job = { .failure = &failure, .own = &own, .writer = swallow, .writer_data = &sum };
	const struct dfut_machine_ops *machine;
	struct dfut_outcome outcome = { 0 };
	uint8_t *buffer;
	void *state;

	if (size < 8)
		return 0;
	machine = machines[data[0] % DFUT_COUNT(machines)];
	own.kind = (enum flip_kind)(data[1] % (FLIP_KIND_UNKNOWN + 1));
	own.unit = units[data[2] & 1];
	own.range_count = data[3] % (DFUT_COUNT(ranges) + 1);
	own.has_pages = data[4] & 1;
	own.takes_download_idle = data[4] & 2;
	own.tries_reading = data[4] & 4;
	own.erases = data[4] & 8;
	own.may_be_blank = data[4] & 16;
	own.has_written = data[4] & 32;
	answers.is_lufa = data[4] & 64;
	job.restarts = data[4] >> 7;
	data += 5;
	size -= 5;
	state = calloc(1, machine->state_size);
	buffer = malloc(65536);
	machine->begin(state, &job);
	for (size_t i = 0; i < ACTION_LIMIT && size; i++) {
		struct dfut_next next = { 0 };
		uint64_t done, total;

		if (machine->next(state, i ? &outcome : NULL, &next) < 0 || next.kind == DFUT_NEXT_DONE)
			break;
		sum += look_at(&next);
		if (machine->progress)
			machine->progress(state, &done, &total);
		outcome = (struct dfut_outcome){ .data = buffer, .elapsed_ms = 10 * i };
		outcome.result = answer(&data, &size, &next, buffer);
	}
	free(buffer);
	free(state);
	return 0;
}
