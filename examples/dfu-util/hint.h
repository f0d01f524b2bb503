/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What a person can do, with the options that this program has. */

#ifndef DFUTRIGGER_DFU_UTIL_HINT_H
#define DFUTRIGGER_DFU_UTIL_HINT_H

#include "words.h"

/** Complains with a hint of the library, whose options are those of the command dfutrigger. */
void hint_complain(struct words *words, const char *hint);

#endif
