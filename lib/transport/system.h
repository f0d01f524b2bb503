/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The buses of the operating system that this build has: one array, in transport/. */

#ifndef DFUT_SYSTEM_BUS_H
#define DFUT_SYSTEM_BUS_H

#include "dfutrigger.h"

int dfut_system_bus_add(struct dfut_context *context);

#endif
