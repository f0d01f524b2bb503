/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The machines of SONiX's ISP against a device that says whatever the input says. */

#include "language/sonix-isp/machine.h"
#include "report-host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct dfut_machine_ops *const machines[] = { &sonix_ask_machine, &sonix_download_machine,
								   &sonix_leave_machine };
	static const uint8_t image[4 * SONIX_REPORT_SIZE] = { 0, 8, 0, 0x20, 0xc1 };
	struct dfut_failure failure = { 0 };
	struct sonix_version version = { .family = 32 };
	struct sonix_job own = { .version = &version };
	struct dfut_job job = { .failure = &failure, .data = image, .size = sizeof(image), .own = &own };
	struct input input;

	if (size < 5)
		return 0;
	input = (struct input){ data + 4, size - 4 };
	version.sub_family = data[1] % 7;
	version.member = data[1] / 7;
	own.part = sonix_part_find(&version);
	if (!own.part)
		return 0;
	own.offset = data[2] & 1 ? SONIX_JUMP_SIZE : 0;
	own.is_secured = data[2] & 2;
	own.code_option = data[3];
	run_machine(machines[data[0] % DFUT_COUNT(machines)], &job, &input, answer_report);
	return 0;
}
