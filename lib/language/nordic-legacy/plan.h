/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The plan of an update by legacy DFU. */

#ifndef DFUT_NORDIC_LEGACY_PLAN_H
#define DFUT_NORDIC_LEGACY_PLAN_H

struct dfut_session;

int nordic_legacy_plan(struct dfut_session *session);

#endif
