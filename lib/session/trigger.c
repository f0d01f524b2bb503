/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The job that puts a device into its bootloader. */

#include <stdio.h>

#include "session/jobs.h"

static bool ask_is_wanted(struct dfut_session *session)
{
	const struct dfut_language *language = dfut_device_get_likely_language(session->device);

	return session->device->mode == DFUT_MODE_BOOTLOADER && language && language->ask &&
	       dfut_descriptors_is_dfu_mode_guessed(&session->device->descriptors);
}

static int prepare_ask(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	(void)job;
	*machine = dfut_device_get_likely_language(session->device)->ask;
	return 0;
}

static int judge_ask(struct dfut_session *session, int code)
{
	if (code < 0)
		dfut_hint(&session->failure, "unplug it and plug it in again, then repeat");
	return code;
}

/* Who names a way in wants to know that it was not taken. */
static void note_unsent(struct dfut_session *session)
{
	const struct dfut_trigger *trigger = session->has_own ? &session->own : session->trigger;

	if (trigger && session->device->mode == DFUT_MODE_BOOTLOADER)
		snprintf(session->findings.unsent, sizeof(session->findings.unsent), "%s", trigger->name);
}

DFUT_API int dfut_session_start_trigger(struct dfut_session *session)
{
	static const struct dfut_leg legs[] = {
		{ DFUT_SESSION_TRIGGERING, DFUT_MODE_BOOTLOADER, NULL, NULL, NULL },
		{ DFUT_SESSION_TRIGGERING, DFUT_MODE_BOOTLOADER, ask_is_wanted, prepare_ask, judge_ask },
	};
	int result = dfut_session_check_start(session);

	if (result < 0)
		return result;
	if (dfut_session_plan_trigger(session) < 0)
		return session->failure.code;
	session->plan.purpose = DFUT_PURPOSE_TRIGGER;
	note_unsent(session);
	if (ask_is_wanted(session))
		dfut_plan_add_step(&session->plan, DFUT_SESSION_TRIGGERING, 0, 2 * session->return_timeout_ms,
				   "ask the device whether it is in its bootloader, and trigger it if not");
	for (size_t i = 0; i < DFUT_COUNT(legs); i++)
		dfut_plan_add_leg(&session->plan, &legs[i]);
	return dfut_session_begin(session);
}
