/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* UF2 files on the drive of a bootloader, as a language. */

#include "language/uf2/plan.h"
#include "language/uf2/wire.h"

/* Whoever has not restarted by itself got no image that it takes: it is not asked to leave then. */
static const enum dfut_leave no_other_way[] = { DFUT_LEAVE_NONE };

const struct dfut_language dfut_language_uf2 = {
	.name = "uf2",
	.title = "UF2",
	.link = DFUT_LINK_USB,
	.restarts = "its last block starts what was written",
	.has_volume = true,
	.has_addresses = true,
	.takes_groups = true,
	.get_part = uf2_get_part,
	.work_size = sizeof(struct uf2_work),
	.finish = uf2_finish,
	.job_size = sizeof(struct uf2_job),
	.plan = uf2_plan,
	.prepare_upload = uf2_prepare_upload,
	.leave = &uf2_leave_machine,
	.ways_out = no_other_way,
	.prepare_leave = uf2_prepare_leave,
	.explain = uf2_explain,
};
