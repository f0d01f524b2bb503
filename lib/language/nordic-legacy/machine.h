/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What is done with a bootloader of nRF5 SDK 11 and earlier. Its job is struct nordic_job. */

#ifndef DFUT_NORDIC_LEGACY_MACHINE_H
#define DFUT_NORDIC_LEGACY_MACHINE_H

#include "language/nordic/machine.h"

extern const struct dfut_machine_ops nordic_legacy_machine;

#endif
