/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What is done with a FLIP bootloader. Each job's `own` is struct flip_job. */

#ifndef DFUT_FLIP_MACHINE_H
#define DFUT_FLIP_MACHINE_H

#include "language/atmel-flip/core.h"

/* Asks it about itself. */
extern const struct dfut_machine_ops flip_ask_machine;
extern const struct dfut_machine_ops flip_read_machine;
/* Erases if that is wanted, then writes. */
extern const struct dfut_machine_ops flip_write_machine;
extern const struct dfut_machine_ops flip_leave_machine;

#endif
