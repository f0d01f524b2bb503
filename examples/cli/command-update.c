/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* dfutrigger update FILE */

#include "job.h"

static int load(struct application *application, struct dfut_image **image)
{
	const struct options *options = &application->options;
	int code = dfut_image_load_file(image, application->context, options->operands[0], options->force);

	if (code < 0)
		return application_fail(application, code);
	if (options->public_key)
		code = dfut_image_verify_signature(*image, options->public_key);
	if (code < 0)
		return application_fail_image(application, *image, code);
	if (options_has(options, "address") && dfut_image_set_address(*image, options->address) < 0)
		return application_fail_text(application, DFUT_ERROR_USAGE, NULL,
					     "--address: a file of the format %s has addresses of its own",
					     dfut_image_get_format(*image));
	return 0;
}

static int update(struct application *application, struct dfut_image *image)
{
	struct job job;
	int exit_code = job_open(&job, application, image);

	if (exit_code == 0)
		exit_code = job_run(&job, dfut_session_start_update(job.session, image));
	job_close(&job);
	return exit_code;
}

int command_update_run(struct application *application)
{
	struct dfut_image *image = NULL;
	int exit_code = load(application, &image);

	if (exit_code == 0)
		exit_code = update(application, image);
	dfut_image_free(image);
	return exit_code;
}
