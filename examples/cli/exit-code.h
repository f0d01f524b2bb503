/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

#ifndef DFUTRIGGER_CLI_EXIT_CODE_H
#define DFUTRIGGER_CLI_EXIT_CODE_H

#include <stddef.h>

/**
 * @param code 0 or a negative enum dfut_error
 * @param check the check that the error comes from, 0 if from none
 * @return the exit code that stands for it, for ever
 */
int exit_code_get(int code, unsigned int check);
/** @return what an exit code means, NULL if there are not so many */
const char *exit_code_get_row(size_t index, int *exit_code);

#endif
