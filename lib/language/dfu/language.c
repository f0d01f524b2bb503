/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* USB DFU 1.0 and 1.1, as a language. */

#include "language/dfu/explain.h"
#include "language/dfu/machine.h"
#include "language/dfu/plan.h"

static const struct dfut_quirk_name quirks[] = {
	{ "poll-5-ms", DFU_QUIRK_POLL_5_MS },
	{ "pad-last-block", DFU_QUIRK_PAD_LAST_BLOCK },
	{ "read-after-restart", DFU_QUIRK_READ_AFTER_RESTART },
	{ "no-descriptor-request", DFU_QUIRK_NO_DESCRIPTOR_REQUEST },
	{ 0 },
};

/* A bus reset changes nothing for TinyUSB and U-Boot, which restart by DETACH. */
static const enum dfut_leave ways_out[] = { DFUT_LEAVE_RESET, DFUT_LEAVE_DETACH, DFUT_LEAVE_NONE };

const struct dfut_language dfut_language_dfu = {
	.name = "dfu",
	.title = "USB DFU",
	.link = DFUT_LINK_USB,
	.needs_dfu = true,
	.has_blocks = true,
	.reads_image = true,
	.quirks = quirks,
	.work_size = sizeof(struct dfu_work),
	.plan = dfu_plan,
	.check_upload = dfu_check_upload,
	.prepare_upload = dfu_prepare_upload,
	.leave = &dfu_leave_machine,
	.ways_out = ways_out,
	.ask = &dfu_ask_machine,
	.explain = dfu_explain,
};
