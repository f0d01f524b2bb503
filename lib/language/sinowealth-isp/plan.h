/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The plan of an update by SinoWealth's ISP. */

#ifndef DFUT_SINOWEALTH_ISP_PLAN_H
#define DFUT_SINOWEALTH_ISP_PLAN_H

#include "session/jobs.h"

/* The device does not restart when it is told to. */
#define SINOWEALTH_QUIRK_NO_REBOOT (DFUT_QUIRK_OWN << 0)

struct sinowealth_part {
	const char *name;
	uint32_t size; /* of the firmware's flash, behind which the bootloader is */
};

/* The last bytes of the firmware's flash are a jump to it, which the bootloader makes of the image's first ones. */
#define SINOWEALTH_JUMP_SIZE 5
#define SINOWEALTH_JUMP_LENGTH 3

/* What a plan keeps. */
struct sinowealth_work {
	uint8_t *image;	   /* all of the flash, as a read tells it */
	uint32_t compared; /* bytes of it */
	bool differs;
	bool stays; /* it does not restart when it is told to */
};

const struct sinowealth_part *sinowealth_part_get(size_t index);
const char *sinowealth_part_get_name(size_t index);
/* Lays the image out and judges it: 0 or a negative error. */
int sinowealth_take_image(struct dfut_session *session, const struct sinowealth_part *part);

int sinowealth_plan(struct dfut_session *session);
void sinowealth_finish(void *work);
int sinowealth_check_upload(struct dfut_session *session);
int sinowealth_prepare_upload(struct dfut_session *session, struct dfut_job *job,
			      const struct dfut_machine_ops **machine);
int sinowealth_prepare_leave(struct dfut_session *session, struct dfut_job *job);

#endif
