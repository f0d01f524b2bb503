/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* ELF programs in a build without libelf. */

#include "image/format/elf.h"

int dfut_elf_inspect(struct dfut_loader *loader)
{
	dfut_fail(loader->failure, DFUT_ERROR_UNSUPPORTED,
		  "offset 0: this is an ELF program, which this build can't read");
	dfut_hint(loader->failure, "convert it with objcopy -O ihex");
	return loader->failure->code;
}
