/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* MCUmgr's SMP on a serial port, as a language: of Zephyr's applications and of MCUboot's serial recovery. */

#include "language/smp/message.h"
#include "language/smp/plan.h"

static const struct dfut_command commands[] = {
	{ .name = "confirm",
	  .text = "confirm the firmware that runs: it stays after the next restart",
	  .machine = &smp_confirm_machine,
	  .mode = DFUT_MODE_BOOTLOADER },
	{ .name = "erase",
	  .text = "erase the slot that does not run",
	  .machine = &smp_erase_machine,
	  .mode = DFUT_MODE_BOOTLOADER },
	{ .name = "reset",
	  .text = "restart: an image that is marked is started",
	  .machine = &smp_reset_machine,
	  .mode = DFUT_MODE_BOOTLOADER },
	{ .name = "echo",
	  .text = "ask whether it speaks SMP: it answers with the same text",
	  .machine = &smp_echo_machine,
	  .mode = DFUT_MODE_BOOTLOADER },
	{ 0 },
};

const struct dfut_language dfut_language_smp = {
	.name = "smp",
	.title = "MCUmgr SMP",
	.link = DFUT_LINK_SERIAL,
	.in_application = true,
	.work_size = sizeof(struct smp_work),
	.job_size = sizeof(struct smp_job),
	.plan = smp_plan,
	.leave = &smp_reset_machine,
	.prepare_leave = smp_prepare_leave,
	.commands = commands,
	.explain = smp_explain,
};
