/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The HID bootloader of LUFA, which QMK ships as "qmk-hid", as a language. */

#include "language/halfkay/wire.h"
#include "language/language.h"
#include "language/qmk-hid/parts.h"
#include "language/qmk-hid/plan.h"

static const struct dfut_report report = { .type = DFUT_REPORT_OUTPUT, .usage = { 0xffdc, 0xfb } };
/* A report that gets lost is sent once more. */
static const enum dfut_leave ways_out[] = { DFUT_LEAVE_OWN, DFUT_LEAVE_OWN, DFUT_LEAVE_NONE };

const struct dfut_language dfut_language_qmk_hid = {
	.name = "qmk-hid",
	.title = "LUFA's HID bootloader",
	.link = DFUT_LINK_HID,
	.report = &report,
	.get_part = qmk_hid_get_part_name,
	.work_size = sizeof(struct qmk_hid_work),
	.finish = qmk_hid_finish,
	.job_size = sizeof(struct halfkay_job),
	.plan = qmk_hid_plan,
	.leave = &halfkay_leave_machine,
	.ways_out = ways_out,
	.prepare_leave = qmk_hid_prepare_leave,
	.explain = halfkay_explain,
};
