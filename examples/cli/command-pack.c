/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* dfutrigger pack IN OUT */

#include <sys/stat.h>

#include "application.h"
#include "exit-code.h"
#include "image-facts.h"

/* What Zephyr reserves for it. */
#define USUAL_HEADER_SIZE 0x200

static int change(const struct options *options, struct dfut_image *image)
{
	int code = 0;

	if (options->mcuboot)
		code = dfut_image_wrap_mcuboot(image, options->mcuboot,
					       options->header_size ? options->header_size : USUAL_HEADER_SIZE);
	if (code < 0)
		return code;
	if (options->has_suffix)
		dfut_image_set_suffix(image, options->suffix_vendor_id, options->suffix_product_id,
				      options->suffix_release);
	if (options->no_suffix)
		dfut_image_remove_suffix(image);
	return 0;
}

static int pack(struct application *application, struct dfut_image *image)
{
	const struct options *options = &application->options;
	int code = change(options, image);

	if (code == 0)
		code = dfut_image_save_file(image, options->operands[1]);
	if (code < 0)
		return application_fail(application, code);
	if (options->quiet && !options->json)
		return 0;
	return exit_code_get(image_facts_show(&application->output, image, options->operands[1]), 0);
}

int command_pack_run(struct application *application)
{
	const struct options *options = &application->options;
	struct dfut_image *image = NULL;
	struct stat status;
	int code = 0;

	if (!options->overwrite && stat(options->operands[1], &status) == 0)
		return application_fail_text(application, DFUT_ERROR_USAGE, "--overwrite replaces it",
					     "%s: there is such a file already", options->operands[1]);
	code = dfut_image_load_file(&image, application->context, options->operands[0], options->force);
	if (code < 0)
		return application_fail(application, code);
	code = pack(application, image);
	dfut_image_free(image);
	return code;
}
