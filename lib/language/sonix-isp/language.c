/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* SONiX's ISP for SN32F2 chips, as a language. */

#include "language/sonix-isp/machine.h"
#include "language/language.h"
#include "language/sonix-isp/plan.h"
#include "language/sonix-isp/wire.h"

static const struct dfut_report report = { .type = DFUT_REPORT_FEATURE, .declared = SONIX_REPORT_SIZE };

const struct dfut_language dfut_language_sonix_isp = {
	.name = "sonix-isp",
	.title = "SONiX's ISP",
	.link = DFUT_LINK_HID,
	.report = &report,
	.work_size = sizeof(struct sonix_work),
	.finish = sonix_finish,
	.job_size = sizeof(struct sonix_job),
	.plan = sonix_plan,
	.leave = &sonix_leave_machine,
	.prepare_leave = sonix_prepare_leave,
	.explain = sonix_explain,
};
