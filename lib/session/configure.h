/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

#ifndef DFUT_CONFIGURE_H
#define DFUT_CONFIGURE_H

#include "core/machine.h"

/* Selects the job's configuration, if nobody holds the device. */
extern const struct dfut_machine_ops dfut_configure_machine;

#endif
