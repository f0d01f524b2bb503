/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What is done by DFU 1.0 and 1.1. */

#ifndef DFUT_DFU_MACHINE_H
#define DFUT_DFU_MACHINE_H

#include "core/machine.h"

extern const struct dfut_machine_ops dfu_download_machine;
extern const struct dfut_machine_ops dfu_upload_machine;
extern const struct dfut_machine_ops dfu_leave_machine;
extern const struct dfut_machine_ops dfu_ask_machine;

#endif
