/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The machines of SinoWealth's ISP against a device that says whatever the input says. */

#include "language/sinowealth-isp/machine.h"
#include "report-host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* May end it, well or not. */
static int look_at_page(const uint8_t *data, size_t size, void *user_data)
{
	unsigned int *sum = user_data;

	for (size_t i = 0; i < size; i++)
		*sum += data[i];
	return size > 1 && data[1] == 0xee ? DFUT_ERROR_VERIFY : size > 1 && data[1] == 0xdd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct dfut_machine_ops *const machines[] = { &sinowealth_read_machine, &sinowealth_write_machine,
								   &sinowealth_enable_machine,
								   &sinowealth_reboot_machine };
	static const uint8_t image[3 * SINOWEALTH_PAGE_SIZE] = { 2, 1, 0x23 };
	struct dfut_failure failure = { 0 };
	unsigned int sum = 0;
	struct sinowealth_job own = { 0 };
	struct dfut_job job = { .failure = &failure,
				.data = image,
				.size = sizeof(image),
				.own = &own,
				.writer = look_at_page,
				.writer_data = &sum };
	struct input input;

	if (size < 4)
		return 0;
	input = (struct input){ data + 3, size - 3 };
	own.runs = data[1] & 1;
	own.is_for_people = data[1] & 2;
	own.opcode_at = (uint32_t)data[2] * 32;
	/* Reading may end within a page. */
	if (data[0] % DFUT_COUNT(machines) == 0 && data[1] & 4)
		job.size -= data[2] + 1u;
	run_machine(machines[data[0] % DFUT_COUNT(machines)], &job, &input, answer_report);
	return 0;
}
