/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Secure DFU of nRF5 SDK 12 and later on a serial port, as a language. */

#include "language/nordic/machine.h"
#include "language/nordic/plan.h"
#include "language/nordic/wire.h"

static const char *const formats[] = { "nordic", NULL };

const struct dfut_language dfut_language_nordic = {
	.name = "nordic-serial",
	.title = "Nordic Secure DFU on a serial port",
	.link = DFUT_LINK_SERIAL,
	.restarts = "what was sent is installed by one",
	.formats = formats,
	.takes = "Nordic DFU packages for nRF5 SDK 12 and later",
	.hint = "make a package (.zip) of it (pack --nordic)",
	.job_size = sizeof(struct nordic_job),
	.plan = nordic_plan,
	.leave = &nordic_leave_machine,
	.prepare_leave = nordic_prepare_leave,
	.explain = nordic_explain,
};
