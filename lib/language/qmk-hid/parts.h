/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The AVRs that LUFA's HID bootloader is built for. */

#ifndef DFUT_QMK_HID_PARTS_H
#define DFUT_QMK_HID_PARTS_H

#include "language/halfkay/wire.h"

struct qmk_hid_part {
	const char *name; /* as compilers and avrdude call it */
	const char *title;
	uint32_t flash_size;
	uint32_t loader_size; /* at the end of the flash, at most */
	struct halfkay_form form;
};

/* One after the other, from index 0; NULL after the last. */
const struct qmk_hid_part *qmk_hid_get_part(size_t index);
const char *qmk_hid_get_part_name(size_t index);

#endif
