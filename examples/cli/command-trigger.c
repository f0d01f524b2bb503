/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* dfutrigger trigger */

#include "job.h"

int command_trigger_run(struct application *application)
{
	struct job job;
	int exit_code = job_open(&job, application, NULL);

	if (exit_code == 0)
		exit_code = job_run(&job, dfut_session_start_trigger(job.session));
	job_close(&job);
	return exit_code;
}
