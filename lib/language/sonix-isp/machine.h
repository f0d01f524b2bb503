/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What is done with SONiX's ISP. */

#ifndef DFUT_SONIX_ISP_MACHINE_H
#define DFUT_SONIX_ISP_MACHINE_H

#include "core/machine.h"
#include "language/sonix-isp/parts.h"

/* Of a job; its data is a multiple of 64 bytes. */
struct sonix_job {
	struct sonix_version *version; /* asking: where it is put */
	const struct sonix_part *part;
	uint16_t code_option;
	bool is_secured; /* that is taken off first */
	uint32_t offset; /* in the flash */
};

/* Asks which chip it is. */
extern const struct dfut_machine_ops sonix_ask_machine;
/* Erases where that is a step of its own, writes, and compares the sum. */
extern const struct dfut_machine_ops sonix_download_machine;
extern const struct dfut_machine_ops sonix_leave_machine;

#endif
