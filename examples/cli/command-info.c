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

	if (code < 0)
		return application_fail(application, code);
	code = image_facts_show(&application->output, image, options->operands[0]);
	dfut_image_free(image);
	return exit_code_get(code, 0);
}
