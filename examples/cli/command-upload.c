/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* dfutrigger upload FILE */

#include <stdlib.h>

#include "job.h"
#include "sink.h"

/* What was read is worth something to whoever waited for it, or has a device that can be read only once. */
static int finish(struct application *application, struct job *job, struct sink *sink, int code)
{
	char *partial = code == 0 && sink_close(sink) ? NULL : sink_break(sink);

	output_keep(&application->output, partial, sink->size);
	/* The session only knows that the writer failed, not why. */
	code = sink->error ? application_fail_file(application, sink->path, sink->error) : job_report(job, code);
	output_keep(&application->output, NULL, 0);
	free(partial);
	return code;
}

static int upload(struct application *application, struct job *job)
{
	struct sink sink;
	int code = dfut_session_start_upload(job->session, sink_write, &sink);

	if (code < 0 || application->options.dry_run)
		return job_run(job, code);
	if (!sink_open(&sink, application->options.operands[0], application->options.overwrite)) {
		free(sink_break(&sink));
		return application_fail_file(application, sink.path, sink.error);
	}
	return finish(application, job, &sink, job_run_silently(job));
}

int command_upload_run(struct application *application)
{
	struct job job;
	int exit_code = job_open(&job, application, NULL);

	if (exit_code == 0)
		exit_code = upload(application, &job);
	job_close(&job);
	return exit_code;
}
