/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* dfutrigger info FILE */

#include "application.h"
#include "exit-code.h"
#include "image-facts.h"

int command_info_run(struct application *application)
{
	const struct options *options = &application->options;
	struct dfut_image *image = NULL;
	int code = dfut_image_load_file(&image, application->context, options->operands[0], options->force);
	int exit_code;

	if (code < 0)
		return application_fail(application, code);
	if (options->public_key)
		code = dfut_image_verify_signature(image, options->public_key);
	if (code == 0)
		exit_code = exit_code_get(image_facts_show(&application->output, image, options->operands[0]), 0);
	else
		exit_code = application_fail_image(application, image, code);
	dfut_image_free(image);
	return exit_code;
}
