/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The DFU machines against a device that answers whatever the input says. */

#include "language/dfu/machine.h"
#include "machine-host.h"
#include "trigger/trigger.h"

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
	return (int)take_bytes(input, buffer, how < 32 ? length / 2 : length);
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
		.failure = &failure, .data = image, .size = sizeof(image), .writer = add_up, .writer_data = &sum
	};
	struct input input;

	if (size < 8)
		return 0;
	input = (struct input){ data + 5, size - 5 };
	job.dfu = (struct dfut_dfu_descriptor){ data[1], 255, (uint16_t)(data[2] | (data[3] & 1) << 8), 0x0110 };
	job.has_descriptor = data[4] & 1;
	job.has_alternates = data[4] & 2;
	job.detach_timeout_ms = -1;
	run_machine(machines[data[0] % DFUT_COUNT(machines)], &job, &input, answer);
	return 0;
}
