/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Erasing a whole memory without writing to it. */

#ifndef DFUTRIGGER_DFU_UTIL_MASS_ERASE_H
#define DFUTRIGGER_DFU_UTIL_MASS_ERASE_H

#include "target.h"

/** Erases the memory of a DfuSe bootloader, and waits until it says that this is done. @return 0, or an exit code after a complaint */
int mass_erase_run(struct target *target, struct program *program);

#endif
