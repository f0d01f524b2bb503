/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Light or dark, as the person has set it for the desktop. */

#ifndef SCHEME_H
#define SCHEME_H

/* Follows the desktop's setting from now on, as long as the program runs. */
void scheme_follow(void);

#endif
