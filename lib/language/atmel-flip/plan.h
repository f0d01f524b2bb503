/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* An update by Atmel's FLIP: which part and memory (choice.c), the legs (plan.c), reading for the caller (upload.c). */

#ifndef DFUT_FLIP_PLAN_H
#define DFUT_FLIP_PLAN_H

#include "language/atmel-flip/image.h"
#include "language/atmel-flip/machine.h"
#include "session/jobs.h"

/* What a plan keeps for it. */
struct flip_work {
	const struct flip_part *part; /* NULL while it is not known */
	enum flip_unit unit;
	struct flip_answers answers;
	struct flip_content content; /* of the image */
	struct flip_range *ranges;   /* that are read or written now ... */
	size_t range_count;
	size_t range; /* ... and where in them the reading is */
	uint32_t offset;
	bool differs;
	bool may_be_blank; /* what was read of the flash is */
};

static inline struct flip_work *flip_get_work(const struct dfut_session *session)
{
	return session->plan.work;
}

static inline struct flip_job *flip_get_job(const struct dfut_session *session)
{
	return session->plan.job;
}

/* choice.c */

/* The part, as far as it is known before it is asked; NULL if it is not. */
const struct flip_part *flip_find_part(const struct dfut_session *session);
/* The same once the bootloader is there, for who can't go on without: 0 with the work's part, or a negative error. */
int flip_need_part(struct dfut_session *session);
/* Whether what it was called fits its bootloader's ids: 0, or DFUT_ERROR_MISMATCH. */
int flip_check_product(struct dfut_session *session, const struct flip_part *part);
/* What it has told of itself decides: 0 with the work's part, or a negative error. */
int flip_settle_part(struct dfut_session *session);
/* The memory that was chosen: 0 or a negative error. */
int flip_choose_unit(struct dfut_session *session, enum flip_unit *unit);
/* What is known of the device that is there, for any machine. */
void flip_fill_job(struct dfut_session *session, struct dfut_job *job);
/* DFUT_ERROR_USAGE: it is protected, and nobody said that all may be erased. */
int flip_refuse_secure(struct dfut_session *session);

/* plan.c */

int flip_plan(struct dfut_session *session);
void flip_finish(void *work);
int flip_prepare_leave(struct dfut_session *session, struct dfut_job *job);

/* upload.c */

int flip_check_upload(struct dfut_session *session);
int flip_prepare_upload(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine);

#endif
