/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The machines of AVR109 against a bootloader that says whatever the input says. */

#include "language/avr109/machine.h"
#include "machine-host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BLOCK 128
#define COUNT 3

static int answer(struct input *input, const struct dfut_next *next, uint8_t *buffer)
{
	return answer_line(input, next, buffer, 200);
}

/* What the plan makes of what the bootloader has said. */
static int settle(void *user_data)
{
	struct avr109_job *own = user_data;
	uint16_t size = own->answers->block_size;

	own->unit = size && size < BLOCK ? size : BLOCK;
	own->size = COUNT * BLOCK;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct dfut_machine_ops *const machines[] = { &avr109_ask_machine, &avr109_read_machine,
								   &avr109_write_machine, &avr109_leave_machine };
	uint8_t image[COUNT * BLOCK] = { 0x0c, 0x94, 0x40 };
	bool used[COUNT] = { true, true, true }, pending[COUNT] = { true, false, true };
	bool covered[COUNT * BLOCK] = { true };
	struct flip_content content = { { image, used, COUNT, COUNT, BLOCK }, covered };
	struct avr109_answers answers = { 0 };
	struct avr109_job own = { .answers = &answers,
				  .unit = BLOCK,
				  .settle = settle,
				  .settle_data = &own,
				  .content = &content,
				  .pending = pending,
				  .checked = used,
				  .erase_ms = 1000 };
	struct dfut_failure failure = { 0 };
	unsigned int sum = 0;
	struct dfut_job job = { .failure = &failure, .own = &own, .writer = add_up, .writer_data = &sum };
	struct input input;

	if (size < 4)
		return 0;
	input = (struct input){ data + 3, size - 3 };
	own.memory = data[1] & 1 ? AVR109_EEPROM : AVR109_FLASH;
	own.erases = data[1] & 2;
	own.blanks = data[1] & 4;
	own.merges = data[1] & 8;
	own.rounds = data[1] >> 4 & 3;
	own.address = data[2];
	answers.has_increment = data[1] & 0x40;
	job.restarts = data[1] >> 7;
	run_machine(machines[data[0] % DFUT_COUNT(machines)], &job, &input, answer);
	return 0;
}
