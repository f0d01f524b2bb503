/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

#ifndef DFUTRIGGER_CLI_HELP_H
#define DFUTRIGGER_CLI_HELP_H

#include "application.h"
#include "commands.h"
#include "json.h"

/** Explains a command, or the whole if it is NULL. @return the exit code */
int help_show(struct application *application, const struct command *command);
/** Shows the version of the command and of the library that it runs with. @return the exit code */
int help_show_version(struct application *application);
/** @return the name of something that "help" explains besides commands; NULL if there are not so many */
const char *help_get_topic(size_t index);

/** @return the same for programs: a command, or all if it is NULL, and the rest of what there is */
json_t *help_new_json(const struct command *command);
json_t *help_new_json_version(void);
json_t *help_new_json_exit_codes(void);
json_t *help_new_json_formats(void);
json_t *help_new_json_families(void);

#endif
