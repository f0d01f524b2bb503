/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* AVR109, as a language: of Caterina (Arduino's Leonardo and its kin), and of LUFA's CDC bootloader. */

#include "language/avr109/machine.h"
#include "language/avr109/plan.h"
#include "language/avr109/wire.h"

/* A command that gets lost is sent once more. */
static const enum dfut_leave ways_out[] = { DFUT_LEAVE_OWN, DFUT_LEAVE_OWN, DFUT_LEAVE_NONE };

const struct dfut_language dfut_language_avr109 = {
	.name = "avr109",
	.title = "AVR109",
	.link = DFUT_LINK_SERIAL,
	.has_addresses = true,
	.get_part = avr109_part_get_name,
	.work_size = sizeof(struct avr109_work),
	.finish = avr109_finish,
	.job_size = sizeof(struct avr109_job),
	.plan = avr109_plan,
	.check_upload = avr109_check_upload,
	.prepare_upload = avr109_prepare_upload,
	.leave = &avr109_leave_machine,
	.ways_out = ways_out,
	.prepare_leave = avr109_prepare_leave,
	.explain = avr109_explain,
};
