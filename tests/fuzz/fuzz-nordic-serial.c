/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The machines of Nordic's bootloaders against a device that says whatever the input says. */

#include "language/nordic-legacy/machine.h"
#include "language/nordic/machine.h"
#include "machine-host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int judge(const struct nordic_versions *versions, void *user_data)
{
	unsigned int *sum = user_data;

	for (size_t i = 0; i < versions->firmware_count; i++)
		*sum += versions->firmware[i].version;
	return 0;
}

static int answer(struct input *input, const struct dfut_next *next, uint8_t *buffer)
{
	return answer_line(input, next, buffer, 40);
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
	struct input input;

	if (size < 4)
		return 0;
	input = (struct input){ data + 2, size - 2 };
	own.leave_if_refused = data[1] & 1;
	job.restarts = data[1] >> 1 & 1;
	run_machine(machines[data[0] % DFUT_COUNT(machines)], &job, &input, answer);
	return 0;
}
