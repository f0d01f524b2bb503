/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* PICOBOOT of the RP2040's and the RP2350's ROM, as a language. */

#include "language/picoboot/plan.h"
#include "language/picoboot/wire.h"

const struct dfut_language dfut_language_picoboot = {
	.name = "picoboot",
	.title = "PICOBOOT",
	.link = DFUT_LINK_USB,
	.has_addresses = true,
	.get_part = picoboot_get_part,
	.work_size = sizeof(struct picoboot_work),
	.finish = picoboot_finish,
	.job_size = sizeof(struct picoboot_job),
	.plan = picoboot_plan,
	.check_upload = picoboot_check_upload,
	.prepare_upload = picoboot_prepare_upload,
	.leave = &picoboot_leave_machine,
	.prepare_leave = picoboot_prepare_leave,
	.explain = picoboot_explain,
};
