/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What is done by DfuSe. */

#ifndef DFUT_DFUSE_MACHINE_H
#define DFUT_DFUSE_MACHINE_H

#include "language/dfuse/core.h"

extern const struct dfut_machine_ops dfuse_download_machine;
extern const struct dfut_machine_ops dfuse_read_machine;
extern const struct dfut_machine_ops dfuse_erase_machine;
extern const struct dfut_machine_ops dfuse_leave_machine;
extern const struct dfut_machine_ops dfuse_unprotect_machine;
extern const struct dfut_machine_ops dfuse_check_unprotect_machine;
extern const struct dfut_machine_ops dfuse_recognise_machine;

#endif
