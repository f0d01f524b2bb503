/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The job that reads a memory. */

#include <inttypes.h>

#include "session/jobs.h"

static int pass_on(const uint8_t *data, size_t size, void *user_data)
{
	struct dfut_session *session = user_data;
	int result;

	session->teller.telling++;
	result = session->plan.writer(data, size, session->plan.writer_data);
	session->teller.telling--;
	dfut_context_forget_time(session->context);
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

/* What the device that is there lets judge. */
static int check_upload(struct dfut_session *session)
{
	const struct dfut_language *language = dfut_device_get_language(session->device);

	if (need_upload(session) < 0 || dfut_session_check_address(session) < 0 ||
	    dfut_session_check_transfer_size(session) < 0)
		return session->failure.code;
	if (!language)
		return 0;
	if (dfut_plan_set_language(&session->plan, language) < 0)
		return dfut_fail_memory(&session->failure);
	if (dfut_session_check_told(session) < 0)
		return session->failure.code;
	return language->check_upload ? language->check_upload(session) : 0;
}

static int prepare_upload(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	int result = dfut_session_use_language(session, job);

	if (result == 0)
		result = check_upload(session);
	if (result == 0)
		result = session->plan.language->prepare_upload(session, job, machine);
	job->writer = pass_on;
	job->writer_data = session;
	return result;
}

/* Nobody wants a file without a byte, and most often it is another memory that was meant. */
static int judge_upload(struct dfut_session *session, int code)
{
	if (code < 0 || session->plan.uploaded)
		return code;
	dfut_fail(&session->failure, DFUT_ERROR_DEVICE,
		  "nothing was read: the device ended the upload before its first byte");
	dfut_hint(&session->failure, "%s",
		  dfut_device_count_alternates(session->device) > 1 ?
			  "this memory may be empty: choose another one (--alt)" :
			  "it may give nothing before firmware was downloaded to it");
	return DFUT_ERROR_DEVICE;
}

/* Its application, which was there before the upload: only who asks for it gets it. */
static bool restart_is_wanted(struct dfut_session *session)
{
	return session->restart == DFUT_RESTART_ALWAYS && !session->findings.restarted &&
	       dfut_session_restart_is_wanted(session);
}

static void add_steps(struct dfut_session *session)
{
	if (session->has_address)
		dfut_plan_add_step(&session->plan, DFUT_SESSION_UPLOADING, session->upload_size, 120000,
				   "read the memory from 0x%08" PRIx32, session->address);
	else
		dfut_plan_add_step(&session->plan, DFUT_SESSION_UPLOADING, session->upload_size, 120000,
				   "read the memory");
	if (session->restart != DFUT_RESTART_AUTO)
		dfut_session_plan_restart(session, "start the application, where the device can do it by itself");
}

static int refuse(struct dfut_session *session)
{
	dfut_plan_clear(&session->plan);
	return session->failure.code;
}

DFUT_API int dfut_session_start_upload(struct dfut_session *session, dfut_writer writer, void *user_data)
{
	static const struct dfut_leg legs[] = {
		{ DFUT_SESSION_UPLOADING, DFUT_MODE_BOOTLOADER, NULL, prepare_upload, judge_upload },
		{ DFUT_SESSION_RESTARTING, DFUT_MODE_UNKNOWN, restart_is_wanted, dfut_session_prepare_restart, NULL },
	};
	int result = dfut_session_check_start(session);

	if (result < 0)
		return result;
	if (!writer)
		return dfut_fail(&session->failure, DFUT_ERROR_USAGE, "no writer was given for the upload");
	if (dfut_session_need_language(session) < 0 || check_upload(session) < 0 ||
	    dfut_session_plan_trigger(session) < 0)
		return refuse(session);
	/* Whichever it is, its memories are those of its DFU interface. */
	if (dfut_device_is_in_doubt(session->device) && !session->has_address &&
	    !dfut_session_resolve_alternate(session))
		return refuse(session);
	session->plan.purpose = DFUT_PURPOSE_UPLOAD;
	session->plan.writer = writer;
	session->plan.writer_data = user_data;
	dfut_session_add_question(session);
	add_steps(session);
	for (size_t i = 0; i < DFUT_COUNT(legs); i++)
		dfut_plan_add_leg(&session->plan, &legs[i]);
	return dfut_session_begin(session);
}
