/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The job that asks an application about itself. */

#include "session/jobs.h"

static int prepare_probe(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	const struct dfut_trigger *trigger = dfut_session_find_probe(session);

	dfut_device_find_interface(session->device, dfut_trigger_get_interface(trigger), &job->interface);
	*machine = trigger->way->probe;
	return 0;
}

DFUT_API int dfut_session_start_probe(struct dfut_session *session)
{
	static const struct dfut_leg leg = { DFUT_SESSION_PROBING, DFUT_MODE_UNKNOWN, NULL, prepare_probe, NULL };
	const struct dfut_trigger *trigger;
	int result = dfut_session_check_start(session);

	if (result < 0)
		return result;
	trigger = dfut_session_find_probe(session);
	if (!trigger)
		return dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED,
				 "the device has no trigger interface that answers questions");
	session->plan.purpose = DFUT_PURPOSE_PROBE;
	dfut_plan_add_step(&session->plan, DFUT_SESSION_PROBING, 0, 5000, "%s", trigger->way->probe_text);
	dfut_plan_add_leg(&session->plan, &leg);
	return dfut_session_begin(session);
}
