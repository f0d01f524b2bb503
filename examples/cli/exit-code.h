/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

#ifndef DFUTRIGGER_CLI_EXIT_CODE_H
#define DFUTRIGGER_CLI_EXIT_CODE_H

#include <stdio.h>

/**
 * @param code 0 or a negative enum dfut_error
 * @param check the check that the error comes from, 0 if from none
 * @return the exit code that stands for it, for ever
 */
int exit_code_get(int code, unsigned int check);
/** Prints all exit codes and what they mean. */
void exit_code_print_all(FILE *file);

#endif
