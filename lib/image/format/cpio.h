/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* cpio archives of the kind "new ASCII", as far as the ROM of ESP chips needs them. */

#ifndef DFUT_CPIO_H
#define DFUT_CPIO_H

#include "image/image.h"

extern const char dfut_cpio_magic[];
extern const char dfut_cpio_trailer[];

struct dfut_cpio_entry {
	size_t offset; /* of its header in the archive */
	const char *name;
	const uint8_t *data;
	size_t size;
	size_t end; /* where the next begins */
};

/* 1 and the entry that begins at the offset, 0 if a doubt is overruled, or an error. */
int dfut_cpio_read(struct dfut_loader *loader, size_t offset, struct dfut_cpio_entry *entry);
/* A file with what mkdfu.py of ESP-IDF says of it; without data, the end of the archive. */
int dfut_cpio_write(struct dfut_buffer *archive, const char *name, const uint8_t *data, size_t size);

#endif
