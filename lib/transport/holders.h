/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Which programs have a node open, as far as Linux tells this user. */

#ifndef DFUT_HOLDERS_H
#define DFUT_HOLDERS_H

#include <stdbool.h>
#include <stddef.h>

/* "ModemManager (process 311), minicom (process 4711)", "" for none that is known; this process is left out. Of other users'
 * programs only root is told, and everybody of those that lock the node. */
void dfut_os_find_programs(char *text, size_t size, const char *node);
/* Which programs run everybody is told. */
bool dfut_os_is_running(const char *program);

#endif
