/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* One job of the library on the chosen device. */

#ifndef DFUTRIGGER_DFU_UTIL_SESSION_H
#define DFUTRIGGER_DFU_UTIL_SESSION_H

#include "target.h"

/** The most bytes that every system can send at once. */
#define TRANSFER_SIZE_LIMIT 4096

/** Makes a session with what the command line says of it. @return 0 or a negative enum dfut_error */
int session_open(struct dfut_session **session, struct target *target, struct program *program);
/** @return the checks that the command line overrules: bits of enum dfut_check */
unsigned int session_get_force(const struct program *program);
/** Carries out a command of the device, as in "start". @return 0, or an exit code after a complaint */
int session_run_command(struct target *target, struct program *program, const char *command);

#endif
