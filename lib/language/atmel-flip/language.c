/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Atmel's FLIP, as a language: of Atmel's bootloaders in AVR, XMEGA and AVR32, and of LUFA's and QMK's. */

#include "language/atmel-flip/machine.h"
#include "language/atmel-flip/plan.h"
#include "language/atmel-flip/wire.h"

static const struct dfut_quirk_name quirks[] = {
	{ "lufa", FLIP_QUIRK_LUFA },
	{ 0 },
};

const struct dfut_language dfut_language_atmel_flip = {
	.name = "atmel-flip",
	.title = "Atmel FLIP",
	.link = DFUT_LINK_USB,
	.has_addresses = true,
	.quirks = quirks,
	.get_part = flip_part_get_name,
	.work_size = sizeof(struct flip_work),
	.finish = flip_finish,
	.job_size = sizeof(struct flip_job),
	.plan = flip_plan,
	.check_upload = flip_check_upload,
	.prepare_upload = flip_prepare_upload,
	.leave = &flip_leave_machine,
	.prepare_leave = flip_prepare_leave,
	.explain = flip_explain,
};
