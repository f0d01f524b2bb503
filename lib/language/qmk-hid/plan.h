/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The plan of an update by LUFA's HID bootloader. */

#ifndef DFUT_QMK_HID_PLAN_H
#define DFUT_QMK_HID_PLAN_H

#include "language/halfkay/machine.h"

struct dfut_session;

struct qmk_hid_work {
	struct dfut_blocks blocks; /* of the image */
};

int qmk_hid_plan(struct dfut_session *session);
int qmk_hid_prepare_leave(struct dfut_session *session, struct dfut_job *job);
void qmk_hid_finish(void *work);

#endif
