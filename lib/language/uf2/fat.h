/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What a drive with a small FAT file system holds, and the text by which a UF2 bootloader tells who it is. */

#ifndef DFUT_UF2_FAT_H
#define DFUT_UF2_FAT_H

#include "language/uf2/wire.h"

/* A FAT12 or FAT16 volume, in sectors from the drive's first. */
struct uf2_volume {
	uint32_t root;	     /* its directory ... */
	uint32_t root_size;  /* ... sectors of that */
	uint32_t data;	     /* the first cluster, which is number 2 */
	uint32_t end;	     /* behind the last sector */
	uint32_t cluster;    /* sectors of one */
	uint32_t files_size; /* of what is in it, in sectors from the first cluster on */
};

struct uf2_file {
	bool is_there;
	uint32_t lba;
	uint32_t size; /* bytes */
};

/* The files that count. */
struct uf2_files {
	struct uf2_file info;	 /* INFO_UF2.TXT */
	struct uf2_file current; /* CURRENT.UF2 */
};

/* A volume that begins with this sector, which is at `lba`; false if it is no such, or does not fit the drive. */
bool uf2_read_volume(struct uf2_volume *volume, const uint8_t sector[UF2_SECTOR], uint32_t lba, uint32_t capacity);
/* Where the first partition begins, of a drive that has some; 0 if it has none. */
uint32_t uf2_read_partition(const uint8_t sector[UF2_SECTOR]);
/* Looks through a sector of the directory. False: that was the last one with entries. */
bool uf2_read_directory(struct uf2_files *files, struct uf2_volume *volume, const uint8_t sector[UF2_SECTOR]);

#define UF2_TEXT_SIZE 64

/* Of INFO_UF2.TXT */
struct uf2_info {
	char bootloader[UF2_TEXT_SIZE]; /* its first line */
	char model[UF2_TEXT_SIZE];
	char board[UF2_TEXT_SIZE];
};

/* False if it is not that of a UF2 bootloader. */
bool uf2_read_info(struct uf2_info *info, const uint8_t *text, size_t size);

#endif
