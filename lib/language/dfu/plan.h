/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Jobs by USB DFU: update (plan.c), reading a memory. */

#ifndef DFUT_DFU_PLAN_H
#define DFUT_DFU_PLAN_H

#include "language/dfu/core.h"
#include "session/jobs.h"

/* What a plan keeps for it. */
struct dfu_work {
	uint64_t counted;			  /* bytes measured or compared by the leg that runs */
	uint8_t header[DFUT_MCUBOOT_HEADER_SIZE]; /* of the firmware that runs */
};

int dfu_plan(struct dfut_session *session);
int dfu_check_upload(struct dfut_session *session);
int dfu_prepare_upload(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine);

#endif
