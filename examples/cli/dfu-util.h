/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

#ifndef DFUTRIGGER_CLI_DFU_UTIL_H
#define DFUTRIGGER_CLI_DFU_UTIL_H

#include "output.h"

/** Prints a device's alternate settings with DFU in the form of dfu-util's list, which scripts parse. */
void dfu_util_print(struct output *output, const struct dfut_device *device);

#endif
