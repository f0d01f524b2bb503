/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What is done with a bootloader that speaks PICOBOOT: see what it is, read, write, restart. */

#ifndef DFUT_PICOBOOT_MACHINE_H
#define DFUT_PICOBOOT_MACHINE_H

#include "core/machine.h"
#include "language/picoboot/wire.h"

/* What a bootloader turned out to be. */
struct picoboot_identity {
	enum picoboot_chip chip;
	uint8_t version;     /* of its ROM */
	uint32_t flash_size; /* bytes, 0 if not known */
	bool has_place;	     /* RP2350: for the family that was asked for */
	struct picoboot_place place;
};

/* A piece of flash; the addresses are PICOBOOT's. */
struct picoboot_range {
	uint32_t address;
	uint32_t size;
	const uint8_t *data; /* what is to be there; whole sectors */
};

/* What a machine is to do, beside struct dfut_job. */
struct picoboot_job {
	uint8_t in; /* its endpoints */
	uint8_t out;
	bool is_first; /* nobody has spoken to it before */
	struct picoboot_identity *identity;
	bool wants_size;  /* of the flash, which RP2040 tells by nothing but what is in it */
	bool wants_place; /* for this family */
	uint32_t family;
	const struct picoboot_range *ranges;
	size_t range_count;
	/* Upload: from here on; size 0 for all that there is. */
	struct picoboot_range wish;
	uint32_t updated; /* restart: where what was written begins, if that is to be started first; 0 if not */
};

extern const struct dfut_machine_ops picoboot_probe_machine;
extern const struct dfut_machine_ops picoboot_read_machine;
extern const struct dfut_machine_ops picoboot_upload_machine;
extern const struct dfut_machine_ops picoboot_write_machine;
extern const struct dfut_machine_ops picoboot_leave_machine;

#endif
