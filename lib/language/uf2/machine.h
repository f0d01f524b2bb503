/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What is done with a bootloader that is a drive: see what it is, compare, read, write, let it restart. */

#ifndef DFUT_UF2_MACHINE_H
#define DFUT_UF2_MACHINE_H

#include "core/machine.h"
#include "language/uf2/block.h"
#include "language/uf2/fat.h"

#define UF2_FILE_INFO "INFO_UF2.TXT"
#define UF2_FILE_CURRENT "CURRENT.UF2"
/* Written to a mounted drive: the loader looks at blocks, not at names. */
#define UF2_FILE_NEW "NEW.UF2"

/* What CURRENT.UF2 shows: flash, in blocks that follow each other. */
struct uf2_current {
	uint32_t lba;
	uint32_t count; /* blocks, 0 if there is no such file */
	uint32_t address;
	uint32_t family;
};

/* What a bootloader turned out to be. */
struct uf2_identity {
	bool is_known;
	bool is_mounted;   /* by the system: of the volume and its files nothing else is known */
	uint32_t capacity; /* sectors */
	struct uf2_volume volume;
	struct uf2_files files;
	struct uf2_info info;
	struct uf2_current current;
};

/* The first address at which flash is not as the image. */
struct uf2_difference {
	bool is_there;
	uint32_t address;
};

/* What a machine is to do, beside struct dfut_job. */
struct uf2_job {
	uint8_t in; /* its endpoints */
	uint8_t out;
	const char *hint;   /* if a command fails; NULL for none */
	const char *volume; /* where it is mounted, as the caller says; NULL for what the system says ... */
	char device[128];   /* ... and the device, for people */
	struct uf2_identity *identity;
	const uint8_t *blocks; /* to be compared, or to be sent */
	size_t count;
	bool is_last;			   /* sending: the loader has all of the image then */
	uint32_t start;			   /* comparing: what is below is not written ... */
	struct uf2_difference *difference; /* ... and what is found */
	bool has_address;		   /* upload: from here on */
	uint32_t address;
};

extern const struct dfut_machine_ops uf2_probe_machine;
extern const struct dfut_machine_ops uf2_compare_machine;
extern const struct dfut_machine_ops uf2_upload_machine;
extern const struct dfut_machine_ops uf2_write_machine;
extern const struct dfut_machine_ops uf2_leave_machine;

#endif
