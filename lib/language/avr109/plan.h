/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* An update by AVR109: which part and memory (choice.c), the legs (plan.c), reading for the caller (upload.c). */

#ifndef DFUT_AVR109_PLAN_H
#define DFUT_AVR109_PLAN_H

#include "language/avr109/machine.h"
#include "session/jobs.h"

/* What a plan keeps for it. */
struct avr109_work {
	const struct flip_part *part; /* NULL while it is not known */
	enum avr109_memory memory;
	struct avr109_answers answers;
	struct flip_content content; /* of the image */
	bool *pending;		     /* of each block: it is to be written */
	bool *checked;		     /* ... and read */
};

static inline struct avr109_work *avr109_get_work(const struct dfut_session *session)
{
	return session->plan.work;
}

/* choice.c */

/* Its parts, by index: AVRs and XMEGAs with USB. */
const char *avr109_part_get_name(size_t index);
/* The part, as far as it is known before it is asked; NULL if it is not. */
const struct flip_part *avr109_find_part(const struct dfut_session *session);
/* What it has told of itself decides: 0 with the work's part, or a negative error. */
int avr109_settle_part(struct dfut_session *session);
/* The memory that was chosen: 0 or a negative error. */
int avr109_choose_memory(struct dfut_session *session, enum avr109_memory *memory);
/* Fills in what is known of the device that is there, for any machine: 0 or a negative error. */
int avr109_fill_job(struct dfut_session *session, struct dfut_job *job);
/* As a leg's: asks it about itself. */
int avr109_prepare_ask(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine);

/* plan.c */

int avr109_plan(struct dfut_session *session);
void avr109_finish(void *work);
int avr109_prepare_leave(struct dfut_session *session, struct dfut_job *job);

/* upload.c */

int avr109_check_upload(struct dfut_session *session);
int avr109_prepare_upload(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine);

#endif
