/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* HalfKay, the bootloader of the Teensy boards, as a language. */

#include "language/halfkay/machine.h"
#include "language/halfkay/plan.h"
#include "language/halfkay/wire.h"
#include "language/language.h"

/* Its usage, which tells the model, may be any. */
static const struct dfut_report report = { .type = DFUT_REPORT_OUTPUT, .usage = { 0xff9c, 0 } };
/* A report that gets lost is sent once more. */
static const enum dfut_leave ways_out[] = { DFUT_LEAVE_OWN, DFUT_LEAVE_OWN, DFUT_LEAVE_NONE };

const struct dfut_language dfut_language_halfkay = {
	.name = "halfkay",
	.title = "HalfKay",
	.link = DFUT_LINK_HID,
	.report = &report,
	.work_size = sizeof(struct halfkay_work),
	.finish = halfkay_finish,
	.job_size = sizeof(struct halfkay_job),
	.plan = halfkay_plan,
	.leave = &halfkay_leave_machine,
	.ways_out = ways_out,
	.prepare_leave = halfkay_prepare_leave,
	.explain = halfkay_explain,
};
