/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Jobs by PICOBOOT: what goes where (memory.c), the legs of an update (plan.c), reading (upload.c). */

#ifndef DFUT_PICOBOOT_PLAN_H
#define DFUT_PICOBOOT_PLAN_H

#include "image/blocks.h"
#include "language/picoboot/machine.h"
#include "session/jobs.h"

/* What a plan keeps for it. */
struct picoboot_work {
	struct picoboot_identity identity; /* once the bootloader has told it */
	uint32_t start;			   /* of the image's memory in flash, in bytes: a partition's */
	/* The sectors that the image touches: at first its own bytes, after the comparison all that is to be there. */
	struct dfut_blocks sectors;
	uint16_t *covered; /* of each, how many bytes are the image's */
	bool *differs;
	struct picoboot_range *ranges; /* of the leg that runs, in order */
	size_t range_count;
	size_t range; /* where reading is */
	uint32_t offset;
	bool is_written; /* or at least begun */
};

static inline struct picoboot_work *picoboot_get_work(const struct dfut_session *session)
{
	return session->plan.work;
}

static inline struct picoboot_job *picoboot_get_job(const struct dfut_session *session)
{
	return session->plan.job;
}

/* plan.c */

int picoboot_plan(struct dfut_session *session);
/* The interface and its endpoints: 0, or DFUT_ERROR_UNSUPPORTED if the device does not show it. */
int picoboot_find_channel(struct dfut_session *session, struct dfut_job *job);
int picoboot_prepare_leave(struct dfut_session *session, struct dfut_job *job);
const char *picoboot_get_part(size_t index);

/* upload.c */

int picoboot_check_upload(struct dfut_session *session);
int picoboot_prepare_upload(struct dfut_session *session, struct dfut_job *job,
			    const struct dfut_machine_ops **machine);

/* memory.c */

void picoboot_finish(void *work);
/* Whether the image can be for this chip, and for its memory as far as that is known. 0 or a negative error. */
int picoboot_check_fit(struct dfut_session *session, enum picoboot_chip chip);
/* The same once the bootloader has told what it is; then the sectors are laid out. */
int picoboot_lay_out(struct dfut_session *session);
/* The ranges are those of the sectors that are to be read first, or of those that differ. */
void picoboot_choose_unknown(struct dfut_session *session);
void picoboot_choose_differing(struct dfut_session *session);
/* What has been read, in the order of the ranges: is kept in the sectors, or has to be what they have. As dfut_writer. */
int picoboot_keep_bytes(const uint8_t *data, size_t size, void *user_data);
int picoboot_compare_bytes(const uint8_t *data, size_t size, void *user_data);
/* The image over what was read: which sectors differ. Returns how many. */
size_t picoboot_overlay(struct dfut_session *session);
/* Where the image begins in flash, as PICOBOOT sees it. */
uint32_t picoboot_get_first_address(const struct dfut_session *session);

#endif
