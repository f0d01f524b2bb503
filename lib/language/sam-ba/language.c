/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* SAM-BA's monitor, as a language: of Arduino's and Adafruit's bootloaders, and of ROMs. */

#include "language/sam-ba/plan.h"
#include "language/sam-ba/wire.h"

/* A reset has no answer: once more tells whether it was lost. */
static const enum dfut_leave ways_out[] = { DFUT_LEAVE_OWN, DFUT_LEAVE_OWN, DFUT_LEAVE_NONE };

const struct dfut_language dfut_language_sam_ba = {
	.name = "sam-ba",
	.title = "SAM-BA",
	.link = DFUT_LINK_SERIAL,
	.has_addresses = true,
	.get_part = samba_part_get_name,
	.work_size = sizeof(struct samba_work),
	.finish = samba_finish,
	.job_size = sizeof(struct samba_job),
	.plan = samba_plan,
	.check_upload = samba_check_upload,
	.prepare_upload = samba_prepare_upload,
	.leave = &samba_leave_machine,
	.ways_out = ways_out,
	.prepare_leave = samba_prepare_leave,
	.explain = samba_explain,
};
