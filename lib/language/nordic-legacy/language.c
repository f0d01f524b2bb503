/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Legacy DFU of nRF5 SDK 11 and earlier on a serial port, as a language. */

#include "language/nordic-legacy/machine.h"
#include "language/language.h"
#include "language/nordic-legacy/hci.h"
#include "language/nordic-legacy/plan.h"

static const char *const formats[] = { "nordic-legacy", NULL };

const struct dfut_language dfut_language_nordic_legacy = {
	.name = "nordic-legacy-serial",
	.title = "Nordic legacy DFU on a serial port",
	.link = DFUT_LINK_SERIAL,
	.restarts = "what was sent is installed by one",
	.formats = formats,
	.takes = "Nordic DFU packages for nRF5 SDK 11 and earlier",
	.hint = "make a package (.zip) of it (pack --nordic-legacy)",
	.job_size = sizeof(struct nordic_job),
	.plan = nordic_legacy_plan,
	.explain = nordic_legacy_explain,
};
