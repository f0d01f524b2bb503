/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

#ifndef DFUTRIGGER_CLI_OUTLOOK_H
#define DFUTRIGGER_CLI_OUTLOOK_H

#include "json.h"
#include "output.h"

/** Prints as what a device is known, who has it, and what an update would do. Sends nothing. */
void outlook_print(struct output *output, struct dfut_device *device);
/** @return the same for programs: the members "known_by", "holders" and "update" */
json_t *outlook_new_json(struct dfut_device *device);

#endif
