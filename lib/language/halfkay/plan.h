/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The plan of an update by HalfKay. */

#ifndef DFUT_HALFKAY_PLAN_H
#define DFUT_HALFKAY_PLAN_H

#include "language/halfkay/machine.h"
#include "language/halfkay/models.h"

struct dfut_session;

struct halfkay_work {
	struct dfut_blocks blocks; /* of the image */
};

int halfkay_plan(struct dfut_session *session);
int halfkay_prepare_leave(struct dfut_session *session, struct dfut_job *job);
void halfkay_finish(void *work);

#endif
