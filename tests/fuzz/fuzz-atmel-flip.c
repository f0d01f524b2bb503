/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The machines of Atmel's FLIP against a device that answers whatever the input says. */

#include "language/atmel-flip/machine.h"
#include "machine-host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One answer: a byte that chooses how it ends, then its bytes. */
static int answer(struct input *input, const struct dfut_next *next, uint8_t *buffer)
{
	const struct dfut_action *action = &next->action;
	uint8_t how = take_byte(input);
	size_t length;

	if (how < 16)
		return choose_error(how);
	if (next->kind != DFUT_NEXT_ACT || action->kind != DFUT_ACTION_CONTROL)
		return 0;
	length = action->control.length;
	if (!(action->control.request_type & 0x80))
		return how < 24 ? (int)(length / 2) : (int)length;
	length = how < 32 ? length / 2 : length;
	/* What it does not say is 0: reading needs more bytes than inputs have. */
	memset(buffer, 0, length);
	take_bytes(input, buffer, length);
	return (int)length;
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
	struct dfut_job job = { .failure = &failure, .own = &own, .writer = add_up, .writer_data = &sum };
	struct input input;

	if (size < 8)
		return 0;
	input = (struct input){ data + 5, size - 5 };
	own.kind = (enum flip_kind)(data[1] % (FLIP_KIND_UNKNOWN + 1));
	own.unit = units[data[2] & 1];
	own.range_count = data[3] % (DFUT_COUNT(ranges) + 1);
	own.has_pages = data[4] & 1;
	answers.is_ready = data[4] & 2;
	own.tries_reading = data[4] & 4;
	own.erases = data[4] & 8;
	own.may_be_blank = data[4] & 16;
	own.has_written = data[4] & 32;
	answers.is_lufa = data[4] & 64;
	job.restarts = data[4] >> 7;
	run_machine(machines[data[0] % DFUT_COUNT(machines)], &job, &input, answer);
	return 0;
}
