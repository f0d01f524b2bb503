/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What a device will be in its bootloader, and whether it could be opened then: nobody is to be stranded by missing rights. */

#ifndef DFUT_PROSPECT_H
#define DFUT_PROSPECT_H

#include "session/session.h"

/* 0 if it could, or if nobody knows; else DFUT_ERROR_ACCESS, and the failure says what is missing. */
int dfut_device_foresee(const struct dfut_device *device, struct dfut_failure *failure);
/* The same for the bootloader whose ids were given. */
int dfut_session_foresee(const struct dfut_session *session, struct dfut_failure *failure);
/* The hint of an application that can't be opened is to mend what comes after it as well. */
void dfut_device_complete_hint(const struct dfut_device *device, struct dfut_failure *failure);
/* The failure has no error: its hint says what the bootloader will lack, or nothing. */
void dfut_device_hint_prospect(const struct dfut_device *device, struct dfut_failure *failure);

#endif
