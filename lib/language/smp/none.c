/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* MCUmgr's SMP in a build without libcbor. */

#include "session/session.h"

static int refuse(struct dfut_session *session)
{
	dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED, "the device speaks SMP, which this build does not");
	dfut_hint(&session->failure, "build libdfutrigger with -Dsmp=enabled");
	return DFUT_ERROR_UNSUPPORTED;
}

const struct dfut_language dfut_language_smp = {
	.name = "smp",
	.title = "MCUmgr SMP",
	.link = DFUT_LINK_SERIAL,
	.in_application = true,
	.plan = refuse,
};
