/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* ST's DfuSe, as a language. */

#include "language/dfuse/explain.h"
#include "language/dfuse/machine.h"
#include "language/dfuse/plan.h"

static const struct dfut_quirk_name quirks[] = {
	{ "slow-mass-erase", DFUSE_QUIRK_SLOW_MASS_ERASE }, { "busy-stall", DFUSE_QUIRK_BUSY_STALL },
	{ "stuck-erase", DFUSE_QUIRK_STUCK_ERASE },	    { "no-busy", DFUSE_QUIRK_NO_BUSY },
	{ "blocks-1024", DFUSE_QUIRK_BLOCKS_1024 },	    { "leave-address", DFUSE_QUIRK_LEAVE_ADDRESS },
	{ "leave-silent", DFUSE_QUIRK_LEAVE_SILENT },	    { "feature-letter", DFUSE_QUIRK_FEATURE_LETTER },
	{ "same-names", DFUSE_QUIRK_SAME_NAMES },	    { "gd32-serial", DFUSE_QUIRK_GD32_SERIAL },
	{ "read-protection", DFUSE_QUIRK_READ_PROTECTION }, { 0 },
};

static const struct dfut_command commands[] = {
	{ .name = "read-unprotect",
	  .text = "take the read protection off: ALL of the flash is erased for it",
	  .check = &dfuse_check_unprotect_machine,
	  .machine = &dfuse_unprotect_machine,
	  .quirk = DFUSE_QUIRK_READ_PROTECTION,
	  .mode = DFUT_MODE_BOOTLOADER },
	{ .name = "erase",
	  .text = "erase ALL of the memory, and a bootloader that lives there, too",
	  .machine = &dfuse_erase_machine,
	  .force = DFUT_CHECK_BOOTLOADER,
	  .prepare = dfuse_prepare_erase,
	  .mode = DFUT_MODE_BOOTLOADER },
	{ 0 },
};

/* usbd-dfu of Rust takes the request, and waits for a bus reset. */
static const enum dfut_leave ways_out[] = { DFUT_LEAVE_OWN, DFUT_LEAVE_RESET, DFUT_LEAVE_DETACH, DFUT_LEAVE_NONE };

extern const struct dfut_language dfut_language_dfu;

const struct dfut_language dfut_language_dfuse = {
	.name = "dfuse",
	.title = "ST DfuSe",
	.link = DFUT_LINK_USB,
	.needs_dfu = true,
	.has_blocks = true,
	.has_addresses = true,
	.base = &dfut_language_dfu,
	.quirks = quirks,
	.work_size = sizeof(struct dfuse_work),
	.finish = dfuse_finish,
	.job_size = sizeof(struct dfuse_job),
	.plan = dfuse_plan,
	.check_upload = dfuse_check_upload,
	.prepare_upload = dfuse_prepare_upload,
	.recognise = &dfuse_recognise_machine,
	.leave = &dfuse_leave_machine,
	.ways_out = ways_out,
	.prepare_leave = dfuse_prepare_leave,
	.commands = commands,
	.explain = dfuse_explain,
};
