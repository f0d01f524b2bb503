/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What an update is going to do, for people. */

#ifndef OUTLINE_H
#define OUTLINE_H

#include <dfutrigger.h>

/* As "Starts the bootloader, writes 48.5 KiB, and checks what was written." Free it. */
char *outline_describe(const struct dfut_session *session);
/* The steps in the library's words, a line each. Free it. */
char *outline_list(const struct dfut_session *session);

#endif
