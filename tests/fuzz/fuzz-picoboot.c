/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The machines of PICOBOOT against a device that says whatever the input says. */

#include <stdlib.h>
#include <string.h>

#include "language/picoboot/machine.h"

#define ACTION_LIMIT 5000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int look_at_bytes(const uint8_t *data, size_t size, void *user_data)
{
	unsigned int *sum = user_data;

	for (size_t i = 0; i < size; i++)
		*sum += data[i];
	return *sum % 251 == 250 ? DFUT_ERROR_VERIFY : 0;
}

/* One answer: a byte that chooses how it ends, then what comes in, over and over if that is short. */
static int answer(const uint8_t **data, size_t *size, const struct dfut_next *next, uint8_t *buffer)
{
	static const int errors[] = { DFUT_ERROR_DEVICE, DFUT_ERROR_TIMEOUT, DFUT_ERROR_GONE, DFUT_ERROR_IO };
	const struct dfut_action *action = &next->action;
	uint16_t length = dfut_action_get_length(action);
	uint8_t how = *(*data)++;
	size_t given;

	--*size;
	if (how < 8)
		return errors[how % 4];
	if (!dfut_action_is_in(action))
		return how < 16 ? length / 2 : length;
	if (action->kind == DFUT_ACTION_READ && length == 64)
		return how < 16;
	given = how % 40u < *size ? how % 40u : *size;
	for (size_t i = 0; i < length; i++)
		buffer[i] = given ? (*data)[i % given] : (uint8_t)how;
	*data += given;
	*size -= given;
	return how < 16 ? length / 2 : length;
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
	static const struct dfut_machine_ops *const machines[] = { &picoboot_probe_machine, &picoboot_read_machine,
								   &picoboot_upload_machine, &picoboot_write_machine,
								   &picoboot_leave_machine };
	static uint8_t sectors[2 * PICOBOOT_FLASH_SECTOR] = { 1, 2, 3 };
	const struct picoboot_range ranges[] = { { PICOBOOT_FLASH, PICOBOOT_FLASH_SECTOR, sectors },
						 { PICOBOOT_FLASH + 0x10000, 2 * PICOBOOT_FLASH_SECTOR, sectors } };
	struct dfut_failure failure = { 0 };
	struct picoboot_identity identity = { 0 };
	unsigned int sum = 0;
	struct picoboot_job own = { .in = 0x84,
				    .out = 0x03,
				    .identity = &identity,
				    .family = 0xe48bff59,
				    .ranges = ranges,
				    .range_count = DFUT_COUNT(ranges) };
	struct dfut_job job = { .failure = &failure, .own = &own, .writer = look_at_bytes, .writer_data = &sum };
	const struct dfut_machine_ops *machine;
	struct dfut_outcome outcome = { .result = 0 };
	uint8_t *buffer;
	void *state;

	if (size < 6)
		return 0;
	machine = machines[data[0] % DFUT_COUNT(machines)];
	own.is_first = data[1] & 1;
	own.wants_size = data[1] & 2;
	own.wants_place = data[1] & 4;
	own.updated = data[1] & 8 ? PICOBOOT_FLASH : 0;
	own.wish.address = PICOBOOT_FLASH + (dfut_le16(data + 2) << 9) + (data[1] >> 4);
	own.wish.size = dfut_le16(data + 4);
	data += 6;
	size -= 6;
	state = calloc(1, machine->state_size);
	buffer = malloc(65536);
	machine->begin(state, &job);
	for (size_t i = 0; i < ACTION_LIMIT && size; i++) {
		struct dfut_next next = { 0 };

		if (machine->next(state, i ? &outcome : NULL, &next) < 0 || next.kind == DFUT_NEXT_DONE)
			break;
		sum += look_at(&next);
		outcome = (struct dfut_outcome){ .data = buffer };
		outcome.result = answer(&data, &size, &next, buffer);
	}
	free(buffer);
	free(state);
	return 0;
}
