/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

#ifndef DFUTRIGGER_CLI_IMAGE_FACTS_H
#define DFUTRIGGER_CLI_IMAGE_FACTS_H

#include "output.h"

/** Shows what is known of a firmware file. @return 0 or DFUT_ERROR_NO_MEMORY */
int image_facts_show(struct output *output, const struct dfut_image *image, const char *path);

#endif
