/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The machines of PICOBOOT against a device that says whatever the input says. */

#include "language/picoboot/machine.h"
#include "machine-host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Now and then what comes is not what was wanted. */
static int compare(const uint8_t *data, size_t size, void *user_data)
{
	unsigned int *sum = user_data;

	add_up(data, size, sum);
	return *sum % 251 == 250 ? DFUT_ERROR_VERIFY : 0;
}

/* One answer: a byte that chooses how it ends, then what comes in, over and over if that is short. */
static int answer(struct input *input, const struct dfut_next *next, uint8_t *buffer)
{
	const struct dfut_action *action = &next->action;
	uint16_t length = dfut_action_get_length(action);
	uint8_t how = take_byte(input), bytes[40];
	size_t given;

	if (how < 8)
		return choose_error(how);
	if (!dfut_action_is_in(action))
		return how < 16 ? length / 2 : length;
	if (action->kind == DFUT_ACTION_READ && length == 64)
		return how < 16;
	given = take_bytes(input, bytes, how % sizeof(bytes));
	for (size_t i = 0; i < length; i++)
		buffer[i] = given ? bytes[i % given] : how;
	return how < 16 ? length / 2 : length;
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
	struct dfut_job job = { .failure = &failure, .own = &own, .writer = compare, .writer_data = &sum };
	struct input input;

	if (size < 6)
		return 0;
	input = (struct input){ data + 6, size - 6 };
	own.is_first = data[1] & 1;
	own.wants_size = data[1] & 2;
	own.wants_place = data[1] & 4;
	own.updated = data[1] & 8 ? PICOBOOT_FLASH : 0;
	own.wish.address = PICOBOOT_FLASH + (dfut_le16(data + 2) << 9) + (data[1] >> 4);
	own.wish.size = dfut_le16(data + 4);
	run_machine(machines[data[0] % DFUT_COUNT(machines)], &job, &input, answer);
	return 0;
}
