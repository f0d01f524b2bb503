/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

#ifndef DFUTRIGGER_CLI_DEVICES_H
#define DFUTRIGGER_CLI_DEVICES_H

#include "application.h"

/**
 * Finds the one device that the command line, or else the image, means.
 *
 * @param[out] device drop it with dfut_device_unref()
 * @param image what is to be put into it; NULL for none
 * @return 0 or a negative enum dfut_error, whose text is the context's
 */
int devices_find(struct dfut_device **device, struct application *application, const struct dfut_image *image);
/** Reports that it was not found, with the options that help. @param code what devices_find() returned @return the exit code */
int devices_fail(struct application *application, int code);
/** Lists all that the command line means; free it with dfut_device_list_free(). @return as dfut_device_list_new() */
int devices_list(struct dfut_device_list **list, struct application *application);
/** @return true if a device of a list is to be shown: something is known of it, or it was asked for */
bool devices_is_shown(const struct application *application, const struct dfut_device *device);
/** @return what was asked for and what is there instead; NULL if nothing was asked for, or that is there */
const char *devices_explain_none(struct application *application);

#endif
