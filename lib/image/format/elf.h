/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* ELF programs. */

#ifndef DFUT_ELF_H
#define DFUT_ELF_H

#include <string.h>

#include "image/image.h"

static inline bool dfut_elf_matches(const struct dfut_image *image)
{
	return image->size >= 4 && memcmp(image->data, "\177ELF", 4) == 0;
}

int dfut_elf_inspect(struct dfut_loader *loader);

#endif
