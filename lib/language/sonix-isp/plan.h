/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The plan of an update by SONiX's ISP. */

#ifndef DFUT_SONIX_ISP_PLAN_H
#define DFUT_SONIX_ISP_PLAN_H

#include "language/sonix-isp/parts.h"
#include "session/jobs.h"

/* What a plan keeps. */
struct sonix_work {
	struct sonix_version version;
	const struct sonix_part *part; /* as the chip itself has said */
	/* The image, as it is sent: whole reports. */
	uint8_t *data;
	size_t size;
	uint32_t offset; /* in the flash */
};

/* Lays the image out for this part, and judges it; without one, by what holds for all. 0 or a negative error. */
int sonix_take_image(struct dfut_session *session, const struct sonix_part *part);
int sonix_plan(struct dfut_session *session);
int sonix_prepare_leave(struct dfut_session *session, struct dfut_job *job);
void sonix_finish(void *work);

#endif
