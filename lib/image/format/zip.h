/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* ZIP archives in memory, with zlib. */

#ifndef DFUT_ZIP_H
#define DFUT_ZIP_H

#include "image/image.h"

/* Packages have three files, or five. */
#define DFUT_ZIP_MAX_FILES 32
#define DFUT_ZIP_MAX_FILE_SIZE ((size_t)16 * 1024 * 1024)

struct dfut_zip_file {
	char name[128];
	size_t position; /* of its header in the archive */
	size_t end;	 /* of its bytes there */
	size_t offset;	 /* of its bytes in content */
	size_t size;
};

/* What was unpacked; the caller frees content.data. */
struct dfut_zip {
	struct dfut_zip_file files[DFUT_ZIP_MAX_FILES];
	size_t count;
	struct dfut_buffer content;
};

/* Unpacks all regular files. 1, 0 if a doubt that was overruled prevents it, or an error that says where. */
int dfut_zip_read(struct dfut_loader *loader, struct dfut_zip *zip);
/* NULL if there is no file of this name. */
const struct dfut_zip_file *dfut_zip_find(const struct dfut_zip *zip, const char *name);
/* Writes an archive of these files, not compressed and without times, so that the same files make the same bytes. */
int dfut_zip_write(struct dfut_buffer *archive, struct dfut_zip *zip);
/* Adds a file to what dfut_zip_write() writes. */
int dfut_zip_add(struct dfut_zip *zip, const char *name, const void *data, size_t size);

#endif
