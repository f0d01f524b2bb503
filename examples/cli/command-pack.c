/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* dfutrigger pack IN OUT */

#include <string.h>

#include <sys/stat.h>

#include "application.h"
#include "exit-code.h"
#include "image-facts.h"

/* What Zephyr reserves for it. */
#define USUAL_HEADER_SIZE 0x200

static int put_address(struct application *application, struct dfut_image *image)
{
	if (!application->options.has_address || dfut_image_set_address(image, application->options.address) == 0)
		return 0;
	return application_fail_text(application, DFUT_ERROR_USAGE, NULL, "--address: a file of the format %s has its own",
				     dfut_image_get_format(image));
}

static int wrap(struct application *application, struct dfut_image *image)
{
	const struct options *options = &application->options;
	int code;

	if (!options->mcuboot)
		return 0;
	/* MCUboot wraps plain bytes. */
	code = dfut_image_convert(image, application->context, "raw");
	if (code < 0)
		return application_fail(application, code);
	code = dfut_image_wrap_mcuboot(image, options->mcuboot,
				       options->header_size ? options->header_size : USUAL_HEADER_SIZE);
	if (code == DFUT_ERROR_USAGE)
		return application_fail_text(application, code, NULL,
					     "--mcuboot: it is an MCUboot image already, or version or header size are wrong");
	return code < 0 ? application_fail_text(application, code, NULL, "%s", dfut_error_get_text(code)) : 0;
}

static int convert(struct application *application, struct dfut_image *image)
{
	const struct options *options = &application->options;
	int code = 0;

	if (options->family)
		code = dfut_image_set_family(image, application->context, options->family);
	if (code == 0 && options->format)
		code = dfut_image_convert(image, application->context, options->format);
	return code < 0 ? application_fail(application, code) : 0;
}

static bool has_place_for_suffix(const struct dfut_image *image)
{
	static const char *const others[] = { "ihex", "srec", "uf2", "elf", "nordic", "nordic-legacy" };

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strcmp(dfut_image_get_format(image), others[i]) == 0)
			return false;
	return true;
}

static int put_suffix(struct application *application, struct dfut_image *image)
{
	const struct options *options = &application->options;

	if (options->no_suffix)
		dfut_image_remove_suffix(image);
	if (!options->has_suffix)
		return 0;
	if (!has_place_for_suffix(image))
		return application_fail_text(application, DFUT_ERROR_USAGE, NULL,
					     "--suffix: a file of the format %s has no place for a DFU suffix",
					     dfut_image_get_format(image));
	dfut_image_set_suffix(image, options->suffix_vendor_id, options->suffix_product_id, options->suffix_release);
	return 0;
}

static int change(struct application *application, struct dfut_image *image)
{
	int exit_code = put_address(application, image);

	if (exit_code == 0)
		exit_code = wrap(application, image);
	if (exit_code == 0)
		exit_code = convert(application, image);
	return exit_code ? exit_code : put_suffix(application, image);
}

static int save(struct application *application, struct dfut_image *image, const char *path)
{
	const struct options *options = &application->options;
	int code = dfut_image_save_file(image, path);

	if (code < 0)
		return application_fail_text(application, code, NULL, "%s: can't be written: %s", path,
					     dfut_error_get_text(code));
	if (options->quiet && !options->json)
		return 0;
	return exit_code_get(image_facts_show(&application->output, image, path), 0);
}

int command_pack_run(struct application *application)
{
	const struct options *options = &application->options;
	const char *out = options->operands[options->operand_count - 1];
	struct dfut_image *image = NULL;
	struct stat status;
	int code;

	if (!options->overwrite && stat(out, &status) == 0)
		return application_fail_text(application, DFUT_ERROR_USAGE, "--overwrite replaces it",
					     "%s: there is such a file already", out);
	if (options->esp)
		code = dfut_image_build_esp(&image, application->context, &options->esp_files);
	else if (options->nordic)
		code = dfut_image_build_nordic(&image, application->context, &options->nordic_files);
	else
		code = dfut_image_load_file(&image, application->context, options->operands[0], options->force);
	if (code < 0)
		return application_fail(application, code);
	code = options->esp || options->nordic ? 0 : change(application, image);
	if (code == 0)
		code = save(application, image, out);
	dfut_image_free(image);
	return code;
}
