/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Updates by SMP: what is judged (check.c), the legs (plan.c). */

#ifndef DFUT_SMP_PLAN_H
#define DFUT_SMP_PLAN_H

#include "language/smp/machine.h"
#include "session/jobs.h"

/* What a plan keeps for it. */
struct smp_work {
	struct smp_report report;
	uint8_t sha[32]; /* SHA-256 of what is sent */
	bool has_looked;
	unsigned int image;  /* that is updated */
	uint64_t upload_id;  /* what an upload names it */
	bool is_in_slot;     /* the device has the image, and does not run it */
	bool needs_settling; /* it runs the image, which nobody has confirmed */
};

static inline struct smp_work *smp_get_work(const struct dfut_session *session)
{
	return session->plan.work;
}

/* check.c */

/* What can be judged before the device is asked: 0 or a negative error. */
int smp_check_image(struct dfut_session *session);
/* What can be judged once it has told what it has: 0 or a negative error. Fills in the work. */
int smp_check_device(struct dfut_session *session);
/* Whether MCUboot can go back to the old image. */
bool smp_can_revert(const struct smp_look *look);
/* Whether what is sent takes the place of what runs at once. */
bool smp_writes_in_place(const struct smp_look *look);
/* Header and CBOR that it takes. */
size_t smp_get_message_limit(const struct smp_look *look);

/* plan.c */

int smp_plan(struct dfut_session *session);
int smp_prepare_leave(struct dfut_session *session, struct dfut_job *job);

#endif
