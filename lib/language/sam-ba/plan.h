/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Jobs by SAM-BA: what goes where (image.c), the legs of an update (plan.c), reading for the caller (upload.c). */

#ifndef DFUT_SAMBA_PLAN_H
#define DFUT_SAMBA_PLAN_H

#include "image/blocks.h"
#include "language/sam-ba/machine.h"
#include "session/jobs.h"

/* How is seen what is in flash. */
enum samba_proof {
	SAMBA_PROOF_NONE,
	SAMBA_PROOF_SUM,
	SAMBA_PROOF_READING,
};

/* What a plan keeps. */
struct samba_work {
	struct samba_identity identity;
	const struct samba_part *part; /* once the bootloader was asked */
	uint32_t start;		       /* of the application */
	struct dfut_blocks blocks;     /* pages of the image */
	struct samba_chunk *chunks;
	size_t chunk_count;
	struct samba_outcome outcome;
};

static inline struct samba_work *samba_get_work(const struct dfut_session *session)
{
	return session->plan.work;
}

static inline struct samba_job *samba_get_job(const struct dfut_session *session)
{
	return session->plan.job;
}

/* image.c */

/* Lays the image out for a part whose application begins there, and judges it. 0 or a negative error. */
int samba_take_image(struct dfut_session *session, const struct samba_part *part, uint32_t start);
/* The same for whatever part may be behind the device that is there. */
int samba_judge_early(struct dfut_session *session);
void samba_finish(void *work);

/* plan.c */

int samba_plan(struct dfut_session *session);
int samba_prepare_leave(struct dfut_session *session, struct dfut_job *job);
/* What is known of the device that is there, for any machine. */
int samba_fill_job(struct dfut_session *session, struct dfut_job *job);
/* The part that the caller names, or the table of one that can't be asked; NULL if nobody does. */
const struct samba_part *samba_get_expected(const struct dfut_session *session);
/* What the bootloader has told decides: 0 with the work's part and start, or a negative error. */
int samba_settle(struct dfut_session *session);

/* upload.c */

int samba_check_upload(struct dfut_session *session);
int samba_prepare_upload(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine);

#endif
