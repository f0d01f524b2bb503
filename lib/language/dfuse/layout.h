/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The memory layout that a DfuSe device puts into the name of an alternate setting (ST UM0290, UM0424). */

#ifndef DFUT_DFUSE_LAYOUT_H
#define DFUT_DFUSE_LAYOUT_H

#include "base/base.h"

#define DFUSE_RUN_LIMIT 64

enum dfuse_access {
	DFUSE_READ = 1 << 0,
	DFUSE_ERASE = 1 << 1,
	DFUSE_WRITE = 1 << 2,
};

/* Sectors of one kind, one after the other. */
struct dfuse_run {
	uint32_t address;
	uint32_t sector_size;
	uint32_t count;
	unsigned int access;
};

struct dfuse_layout {
	char name[64];	 /* "" if it has none */
	char title[160]; /* for people: the name, or all that the device says where that is not understood */
	bool is_whole;	 /* all of it is */
	struct dfuse_run runs[DFUSE_RUN_LIMIT];
	size_t count;
};

struct dfuse_sector {
	uint32_t address;
	uint32_t size;
	unsigned int access;
};

/* What of a text is a layout: false if nothing is. Memory beyond 32 bits, or too much of it, is not understood. */
bool dfuse_layout_parse(struct dfuse_layout *layout, const char *text);
/* A GD32 tells the size of its flash by the third character of its serial number, whatever the layout says; a letter that
 * is not known leaves the layout as it is. */
void dfuse_layout_take_gd32(struct dfuse_layout *layout, const char *serial);
/* The sector that an address lies in; false if it lies in none. */
bool dfuse_layout_find(const struct dfuse_layout *layout, uint32_t address, struct dfuse_sector *sector);
/* The first address in [address, address + size) that lies in no sector, or in one without this access; false if there is
 * none. */
bool dfuse_layout_find_gap(const struct dfuse_layout *layout, uint32_t address, uint64_t size, unsigned int access,
			   uint32_t *gap);
/* Where it can be written, which is behind a bootloader that lives in it; its beginning if it can't be written at all. */
uint32_t dfuse_layout_get_start(const struct dfuse_layout *layout);
/* The bytes from an address on that are one piece of memory; 0 if there is none. */
uint64_t dfuse_layout_get_room(const struct dfuse_layout *layout, uint32_t address);

#endif
