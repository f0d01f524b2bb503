/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What is done by DFU 1.0 and 1.1. */

#ifndef DFUT_DFU_MACHINE_H
#define DFUT_DFU_MACHINE_H

#include "language/dfu/core.h"

extern const struct dfut_machine_ops dfu_download_machine;
extern const struct dfut_machine_ops dfu_upload_machine;
extern const struct dfut_machine_ops dfu_leave_machine;
extern const struct dfut_machine_ops dfu_ask_machine;

/* Starting the application by a bus reset, DETACH or a request of the device's own: as the job says. */
struct dfu_leave {
	struct dfu_core core;
	enum { DFU_LEAVE_OPEN, DFU_LEAVE_ASK, DFU_LEAVE_DONE } step;
};

/* As a machine's next, after dfu_core_begin(). */
int dfu_leave_next(struct dfu_leave *leave, const struct dfut_outcome *outcome, struct dfut_next *next);

#endif
