/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

#ifndef DFUTRIGGER_CLI_HELP_H
#define DFUTRIGGER_CLI_HELP_H

#include <stdio.h>

#include "commands.h"

/** Explains a command, or the whole if it is NULL. */
void help_print(FILE *file, const struct command *command);
/** Prints the version of the command and of the library that it runs with. */
void help_print_version(FILE *file);

#endif
