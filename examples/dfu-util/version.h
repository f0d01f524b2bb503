/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What each of the programs begins with. */

#ifndef DFUTRIGGER_DFU_UTIL_VERSION_H
#define DFUTRIGGER_DFU_UTIL_VERSION_H

/** Prints a banner. @param name its first line @param line_count how many lines say who this is, 4 at most */
void version_print(const char *name, unsigned int line_count);

#endif
