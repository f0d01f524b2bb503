/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The job that puts an image into a device. */

#include "session/jobs.h"

static int refuse(struct dfut_session *session)
{
	dfut_plan_clear(&session->plan);
	return session->failure.code;
}

DFUT_API int dfut_session_plan_update(struct dfut_session *session, struct dfut_image *image)
{
	const struct dfut_device *device = session->device;
	int result = dfut_session_check_start(session);

	if (result < 0)
		return result;
	if (dfut_session_need_language(session) < 0)
		return session->failure.code;
	if (!image)
		return dfut_fail(&session->failure, DFUT_ERROR_USAGE, "no image was given for the update");
	session->plan.purpose = DFUT_PURPOSE_UPDATE;
	session->plan.image = dfut_image_ref(image);
	if (dfut_image_fit(image, device, session->alternate, session->force, &session->failure) < 0)
		return refuse(session);
	if (dfut_plan_set_language(&session->plan, dfut_device_get_language(device)) < 0)
		dfut_fail_memory(&session->failure);
	else if (session->plan.language->plan(session) == 0 && dfut_plan_check(&session->plan, &session->failure) == 0)
		return 0;
	return refuse(session);
}

DFUT_API int dfut_session_start_update(struct dfut_session *session, struct dfut_image *image)
{
	int result = dfut_session_plan_update(session, image);

	return result < 0 ? result : dfut_session_begin(session);
}

int dfut_session_plan_again(struct dfut_session *session)
{
	struct dfut_plan *plan = &session->plan;

	if (plan->purpose != DFUT_PURPOSE_UPDATE || dfut_device_get_language(session->device) == plan->language)
		return 0;
	if (dfut_session_need_language(session) < 0)
		return session->failure.code;
	if (dfut_plan_set_language(plan, dfut_device_get_language(session->device)) < 0)
		return dfut_fail_memory(&session->failure);
	plan->leg_count = 0;
	dfut_plan_keep_steps(plan, 0);
	session->conductor.leg = 0;
	session->plan.refined++;
	return plan->language->plan(session) < 0 ? session->failure.code : dfut_plan_check(plan, &session->failure);
}
