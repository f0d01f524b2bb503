/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What is done with a bootloader that takes a block of its flash in each report, and tells nothing. */

#ifndef DFUT_HALFKAY_MACHINE_H
#define DFUT_HALFKAY_MACHINE_H

#include "core/machine.h"
#include "image/blocks.h"
#include "language/halfkay/wire.h"

struct halfkay_job {
	const struct halfkay_form *form;
	const struct dfut_blocks *blocks;
	uint32_t address; /* of the first block, for people */
	/* The first block makes it erase all of its flash, and while it is at work it refuses reports. False: it writes over
	 * what is there, block by block. */
	bool erases_all;
	uint8_t start_size; /* bytes that make a report start the program */
	const char *hint;   /* what a person can do once a block was refused */
};

extern const struct dfut_machine_ops halfkay_download_machine;
extern const struct dfut_machine_ops halfkay_leave_machine;

#endif
