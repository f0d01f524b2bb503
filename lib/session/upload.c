/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The job that reads a memory. */

#include "session/jobs.h"

static int pass_on(const uint8_t *data, size_t size, void *user_data)
{
	struct dfut_session *session = user_data;
	int result;

	session->teller.telling++;
	result = session->plan.writer(data, size, session->plan.writer_data);
	session->teller.telling--;
	if (result < 0)
		return dfut_fail(&session->failure, result, "the uploaded bytes could not be written");
	session->plan.uploaded += size;
	return 0;
}

static int need_upload(struct dfut_session *session)
{
	const struct dfut_language *language = dfut_device_get_language(session->device);

	/* One that shows once the bootloader is there is asked then. */
	if (!language || language->prepare_upload)
		return 0;
	return dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED, "a bootloader that speaks \"%s\" can't be read",
			 language->name);
}

static int prepare_upload(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	int result = dfut_session_use_language(session, job);

	if (result == 0)
		result = need_upload(session);
	if (result == 0)
		result = session->plan.language->prepare_upload(session, job, machine);
	job->writer = pass_on;
	job->writer_data = session;
	return result;
}

DFUT_API int dfut_session_start_upload(struct dfut_session *session, dfut_writer writer, void *user_data)
{
	static const struct dfut_leg leg = { DFUT_SESSION_UPLOADING, DFUT_MODE_BOOTLOADER, NULL, prepare_upload, NULL };
	int result = dfut_session_check_start(session);

	if (result < 0)
		return result;
	if (!writer)
		return dfut_fail(&session->failure, DFUT_ERROR_USAGE, "no writer was given for the upload");
	if (dfut_session_need_language(session) < 0 || need_upload(session) < 0 ||
	    dfut_session_plan_trigger(session) < 0)
		return session->failure.code;
	if (session->device->mode == DFUT_MODE_BOOTLOADER && dfut_device_get_language(session->device)->needs_dfu &&
	    !dfut_session_resolve_alternate(session))
		return session->failure.code;
	session->plan.purpose = DFUT_PURPOSE_UPLOAD;
	session->plan.writer = writer;
	session->plan.writer_data = user_data;
	dfut_plan_add_step(&session->plan, DFUT_SESSION_UPLOADING, session->upload_size, 120000, "read the memory");
	dfut_plan_add_leg(&session->plan, &leg);
	return dfut_session_begin(session);
}
