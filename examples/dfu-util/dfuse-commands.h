/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* dfu-util -s, without -D and -U: what a DfuSe bootloader is told. */

#ifndef DFUTRIGGER_DFU_UTIL_DFUSE_COMMANDS_H
#define DFUTRIGGER_DFU_UTIL_DFUSE_COMMANDS_H

#include "target.h"

/** Complains of what is only done with "force". @return 0 or an exit code */
int dfuse_commands_check(struct program *program);
/** Takes the read protection off, which erases everything. */
int dfuse_commands_unprotect(struct target *target, struct program *program);
/** Carries out what -s asks for. @return 0, or an exit code after a complaint */
int dfuse_commands_run(struct target *target, struct program *program);

#endif
