/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Parts (chips) behind SAM-BA: how they are told apart, and what is where in them. */

#ifndef DFUT_SAMBA_PARTS_H
#define DFUT_SAMBA_PARTS_H

#include "base/base.h"

enum samba_family {
	SAMBA_SAMD21,
	SAMBA_SAMD51,
	SAMBA_SAM3X,	/* its ROM: flash is written through its controller */
	SAMBA_EXTENDED, /* addresses count from the application, and memory can't be read */
};

struct samba_part {
	const char *name;
	const char *title; /* for people */
	enum samba_family family;
	uint32_t id;	/* what tells it: DID, or that of its CHIPID */
	uint32_t base;	/* of its flash */
	uint32_t flash; /* bytes */
	uint32_t start; /* of the application */
	uint32_t page;	/* bytes; what is written is filled up to whole ones */
	uint32_t ram;	/* bytes from SAMBA_RAM on that a stack may be in */
	uint32_t buffer;
	uint32_t erase_ms; /* of all its flash, at worst */
	bool erases_on_write;
	bool is_bridged; /* behind another chip's port, which never leaves the bus */
	uint32_t
		slow_start; /* of the application, where a bridged one answers at the slower speed; 0 if it never does */
};

#define SAMBA_RAM UINT32_C(0x20000000)

/* NULL after the last. */
const struct samba_part *samba_part_get(size_t index);
const char *samba_part_get_name(size_t index);
/* By the device id of a SAMD's service unit; NULL if there is none. */
const struct samba_part *samba_part_find_by_did(uint32_t did);
/* By the CHIPID of other SAMs. */
const struct samba_part *samba_part_find_by_chip_id(uint32_t chip_id);

#endif
