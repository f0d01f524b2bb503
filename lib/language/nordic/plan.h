/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The plan of an update of a Nordic bootloader on a serial port; what legacy DFU shares of it. */

#ifndef DFUT_NORDIC_PLAN_H
#define DFUT_NORDIC_PLAN_H

#include "image/format/nordic.h"
#include "session/jobs.h"

int nordic_plan(struct dfut_session *session);
int nordic_prepare_leave(struct dfut_session *session, struct dfut_job *job);

typedef int (*nordic_prepare)(struct dfut_session *session, struct dfut_job *job,
			      const struct dfut_machine_ops **machine);

/* "SoftDevice and bootloader" */
const char *nordic_part_get_name(const struct dfut_nordic_part *part);
/* What can be judged without the device. */
int nordic_check_package(struct dfut_session *session);
/* Legs and steps; each image is sent by a leg that is prepared so. */
int nordic_plan_parts(struct dfut_session *session, nordic_prepare prepare);
/* For the image of the leg that runs. */
int nordic_fill_job(struct dfut_session *session, struct dfut_job *job, struct dfut_nordic_part *part);

#endif
