/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

#ifndef DFUTRIGGER_CLI_EXPORT_H
#define DFUTRIGGER_CLI_EXPORT_H

#include "application.h"

/** Plugs the virtual devices into a real system until it is interrupted. @return the exit code */
int export_run(struct application *application);

#endif
