/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* dfutrigger command */

#include "describe.h"
#include "job.h"

static int show_commands(struct job *job)
{
	struct output *output = &job->application->output;

	if (output->json) {
		output_json(output, json_pack("{s:s, s:o, s:o}", "event", "commands", "device",
					      describe_new_json_identity(job->device), "commands",
					      describe_new_json_commands(job->device)));
		return 0;
	}
	describe_headline(output, job->device);
	if (!dfut_device_get_command_name(job->device, 0))
		output_text(output, "         it knows no commands\n");
	for (size_t i = 0; i < dfut_device_get_command_count(job->device); i++)
		output_text(output, "         %-14s %s\n", dfut_device_get_command_name(job->device, i),
			    dfut_device_get_command_text(job->device, i));
	return 0;
}

int command_command_run(struct application *application)
{
	const char *name = application->options.operands[0];
	struct job job;
	int exit_code = job_open(&job, application, NULL);

	if (exit_code == 0)
		exit_code = name ? job_run(&job, dfut_session_start_command(job.session, name)) : show_commands(&job);
	job_close(&job);
	return exit_code;
}
