/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The DFU machines against a device that answers whatever the input says. */

#include "language/dfu/machine.h"
#include "machine-host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int fill(uint64_t offset, uint8_t *data, size_t size, void *user_data)
{
	(void)user_data;
	memset(data, (int)offset, size);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct dfut_machine_ops *const machines[] = { &dfu_download_machine, &dfu_upload_machine,
							    &dfu_leave_machine, &dfu_ask_machine };
	struct dfut_failure failure = { 0 };
	unsigned int sum = 0;
	struct dfut_job job = {
		.failure = &failure, .reader = fill, .size = 300, .writer = add_up, .writer_data = &sum
	};
	struct input input;

	if (size < 8)
		return 0;
	input = (struct input){ data + 5, size - 5 };
	job.dfu = (struct dfut_dfu_descriptor){ data[1], 255, (uint16_t)(data[2] | (data[3] & 1) << 8), 0x0110 };
	job.has_descriptor = data[4] & 1;
	job.has_alternates = data[4] & 2;
	job.detach_timeout_ms = -1;
	run_machine(machines[data[0] % DFUT_COUNT(machines)], &job, &input, answer_any);
	return 0;
}
