/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* dfu-util -D */

#ifndef DFUTRIGGER_DFU_UTIL_DOWNLOAD_H
#define DFUTRIGGER_DFU_UTIL_DOWNLOAD_H

#include "firmware.h"
#include "target.h"

/** Judges whether the file fits a device in its application, before that is brought into its bootloader. */
int download_judge(struct target *target, struct program *program, struct firmware *firmware);
/** Writes and verifies the file. @return 0, or an exit code after a complaint */
int download_run(struct target *target, struct program *program, struct firmware *firmware);

#endif
