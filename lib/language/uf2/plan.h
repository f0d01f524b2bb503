/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What the plans of UF2 drives keep, and their parts: the legs of an update (plan.c), what the device is (target.c). */

#ifndef DFUT_UF2_PLAN_H
#define DFUT_UF2_PLAN_H

#include "language/uf2/image.h"
#include "session/jobs.h"

/* What a plan keeps for it. */
struct uf2_work {
	struct uf2_identity identity;	  /* once the drive has told it */
	struct uf2_blocks blocks;	  /* that are sent */
	struct uf2_difference difference; /* from what CURRENT.UF2 shows */
};

static inline struct uf2_work *uf2_get_work(const struct dfut_session *session)
{
	return session->plan.work;
}

static inline struct uf2_job *uf2_get_job(const struct dfut_session *session)
{
	return session->plan.job;
}

/* plan.c */

int uf2_plan(struct dfut_session *session);
int uf2_prepare_upload(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine);
int uf2_prepare_leave(struct dfut_session *session, struct dfut_job *job);
void uf2_finish(void *work);

/* target.c */

const char *uf2_get_part(size_t index);
/* The drive's interface and its endpoints: 0, or DFUT_ERROR_UNSUPPORTED if the device shows none. */
int uf2_find_channel(struct dfut_session *session, struct dfut_job *job);
/* What the user, the table, and the drive say. 0, or DFUT_ERROR_MISMATCH if they do not agree. */
int uf2_find_target(struct dfut_session *session, struct uf2_target *target);
/* Tells what the drive has said. 0 or a negative error. */
int uf2_tell_identity(struct dfut_session *session);

#endif
