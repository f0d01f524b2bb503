/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* dfutrigger pack IN OUT */

#include "application.h"
#include "exit-code.h"
#include "image-facts.h"
#include "system.h"

/* What Zephyr reserves for it. */
#define USUAL_HEADER_SIZE 0x200

static int put_address(struct application *application, struct dfut_image *image)
{
	const struct options *options = &application->options;

	if (!options_has(options, "address") || dfut_image_set_address(image, options->address) == 0)
		return 0;
	return application_fail_text(application, DFUT_ERROR_USAGE, NULL,
				     "--address: a file of the format %s has addresses of its own",
				     dfut_image_get_format(image));
}

static int wrap(struct application *application, struct dfut_image *image)
{
	const struct options *options = &application->options;
	int code;

	if (!options->mcuboot)
		return 0;
	/* MCUboot wraps plain bytes. */
	code = dfut_image_convert(image, "raw");
	if (code == 0)
		code = dfut_image_wrap_mcuboot(image, options->mcuboot,
					       options->header_size ? options->header_size : USUAL_HEADER_SIZE);
	return code < 0 ? application_fail_image(application, image, code) : 0;
}

static int convert(struct application *application, struct dfut_image *image)
{
	const struct options *options = &application->options;
	int code = 0;

	if (options->family)
		code = dfut_image_set_family(image, options->family);
	if (code == 0 && options->format)
		code = dfut_image_convert(image, options->format);
	return code < 0 ? application_fail_image(application, image, code) : 0;
}

static int put_suffix(struct application *application, struct dfut_image *image)
{
	const struct options *options = &application->options;

	if (options->no_suffix)
		dfut_image_remove_suffix(image);
	if (!options_has(options, "suffix"))
		return 0;
	if (!(dfut_format_get_traits(dfut_image_get_format(image)) & DFUT_FORMAT_SUFFIX))
		return application_fail_text(application, DFUT_ERROR_USAGE, NULL,
					     "--suffix: a file of the format %s can't have a DFU suffix",
					     dfut_image_get_format(image));
	dfut_image_set_suffix(image, options->suffix_ids[0], options->suffix_ids[1], options->suffix_ids[2]);
	return 0;
}

/* What the file can't have would be lost without a word. */
static int check_lost(struct application *application, const struct dfut_image *image, unsigned int source)
{
	const struct options *options = &application->options;
	const char *format = dfut_image_get_format(image);
	unsigned int traits = dfut_format_get_traits(format);

	if (options_has(options, "address") && !(traits & DFUT_FORMAT_ADDRESSES))
		return application_fail_text(application, DFUT_ERROR_USAGE, "--format converts it to one that has",
					     "--address: a file of the format %s has no address", format);
	/* Of a file for several families it says which part is taken. */
	if (options->family && !(traits & DFUT_FORMAT_FAMILIES) && !(source & DFUT_FORMAT_GROUPS))
		return application_fail_text(application, DFUT_ERROR_USAGE, "--format uf2 converts it to one that does",
					     "--family: a file of the format %s names no family", format);
	return 0;
}

static int change(struct application *application, struct dfut_image *image)
{
	unsigned int source = dfut_format_get_traits(dfut_image_get_format(image));
	int exit_code = put_address(application, image);

	if (exit_code == 0)
		exit_code = wrap(application, image);
	if (exit_code == 0)
		exit_code = convert(application, image);
	if (exit_code == 0)
		exit_code = check_lost(application, image, source);
	return exit_code ? exit_code : put_suffix(application, image);
}

static int save(struct application *application, struct dfut_image *image, const char *path)
{
	const struct options *options = &application->options;
	int code = dfut_image_save_file(image, path);

	if (code < 0)
		return application_fail_image(application, image, code);
	if (options->quiet && !options->json)
		return 0;
	return exit_code_get(image_facts_show(&application->output, image, path), 0);
}

static int build_esp(struct application *application, struct dfut_image **image)
{
	struct dfut_esp files = application->options.esp_files;

	files.part_size = (uint32_t)application->options.part_size;
	return dfut_image_build_esp(image, application->context, &files);
}

static int build_nordic(struct application *application, struct dfut_image **image)
{
	const struct options *options = &application->options;
	struct dfut_nordic files = options->nordic_files;

	files.sd_req = options->sd_req.items;
	files.sd_req_count = options->sd_req.count;
	files.sd_id = options->sd_id.items;
	files.sd_id_count = options->sd_id.count;
	return dfut_image_build_nordic(image, application->context, &files);
}

/* Also a link that leads nowhere, which would be replaced itself. */
static bool is_there(const char *path)
{
	enum system_kind kind = system_get_kind(path);

	return kind == SYSTEM_FILE || kind == SYSTEM_OTHER || kind == SYSTEM_LINK;
}

int command_pack_run(struct application *application)
{
	const struct options *options = &application->options;
	const char *out = options->operands[options->operand_count - 1];
	bool is_nordic = options->nordic || options->nordic_files.legacy;
	struct dfut_image *image = NULL;
	int code;

	if (!options->overwrite && is_there(out))
		return application_fail_text(application, DFUT_ERROR_USAGE, "--overwrite replaces it",
					     "%s: the file exists already", out);
	if (options->esp)
		code = build_esp(application, &image);
	else if (is_nordic)
		code = build_nordic(application, &image);
	else
		code = dfut_image_load_file(&image, application->context, options->operands[0], options->force);
	if (code < 0)
		return application_fail(application, code);
	code = options->esp || is_nordic ? 0 : change(application, image);
	if (code == 0)
		code = save(application, image, out);
	dfut_image_free(image);
	return code;
}
