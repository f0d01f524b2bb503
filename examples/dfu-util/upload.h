/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* dfu-util -U */

#ifndef DFUTRIGGER_DFU_UTIL_UPLOAD_H
#define DFUTRIGGER_DFU_UTIL_UPLOAD_H

#include "target.h"

/** Complains if the file is there already. @return 0 or an exit code */
int upload_check_file(struct program *program);
/** Reads a memory into a new file. @return 0, or an exit code after a complaint */
int upload_run(struct target *target, struct program *program);

#endif
