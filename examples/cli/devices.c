/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Which devices the command line means. */

#include "devices.h"

/* The alternate setting decides only among several devices: one device without it is told so in the session's words. */
static int find_by_alternate(struct dfut_device **device, struct application *application)
{
	struct dfut_match match = application->options.match;

	match.alternate = application->options.alternate;
	return dfut_device_find(device, application->context, &match);
}

/* Likewise the ids that a file is made for: a single device that they do not fit is a mismatch, not "not found". */
static struct dfut_device *choose_by_image(const struct dfut_device_list *list, const struct options *options,
					   const struct dfut_image *image)
{
	struct dfut_device *chosen = NULL;
	size_t count = dfut_device_list_get_count(list);

	for (size_t i = 0; i < count; i++) {
		struct dfut_device *device = dfut_device_list_get(list, i);

		if (dfut_device_get_mode(device) == DFUT_MODE_UNKNOWN)
			continue;
		if (dfut_image_check(image, device, options->alternate, options->force) < 0)
			continue;
		if (chosen)
			return NULL;
		chosen = device;
	}
	return chosen;
}

static bool find_by_image(struct dfut_device **device, struct application *application, const struct dfut_image *image)
{
	uint16_t vendor_id = DFUT_ID_ANY;
	struct dfut_device_list *list = NULL;
	struct dfut_device *chosen = NULL;

	if (!image || options_name_device(&application->options))
		return false;
	if (!dfut_image_get_ids(image, &vendor_id, NULL, NULL) || vendor_id == DFUT_ID_ANY)
		return false;
	if (devices_list(&list, application) < 0)
		return false;
	chosen = choose_by_image(list, &application->options, image);
	if (chosen)
		*device = dfut_device_ref(chosen);
	dfut_device_list_free(list);
	return chosen != NULL;
}

int devices_find(struct dfut_device **device, struct application *application, const struct dfut_image *image)
{
	int code = dfut_device_find(device, application->context, &application->options.match);

	if (code != DFUT_ERROR_AMBIGUOUS)
		return code;
	if (application->options.alternate && find_by_alternate(device, application) == 0)
		return 0;
	if (find_by_image(device, application, image))
		return 0;
	/* The attempts to choose have left their own texts in the context. */
	return dfut_device_find(device, application->context, &application->options.match);
}

int devices_list(struct dfut_device_list **list, struct application *application)
{
	struct dfut_match match = application->options.match;

	match.alternate = application->options.alternate;
	return dfut_device_list_new(list, application->context, &match);
}

bool devices_is_shown(const struct application *application, const struct dfut_device *device)
{
	const struct options *options = &application->options;

	return options->all || options->verbosity > 0 || options_name_device(options) ||
	       dfut_device_get_mode(device) != DFUT_MODE_UNKNOWN;
}
