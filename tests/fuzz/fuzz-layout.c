/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The name of a DfuSe memory from a hostile device: what is made of it stays in the address space, and ends. */

#include <stdlib.h>
#include <string.h>

#include "language/dfuse/layout.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_run(const struct dfuse_layout *layout, const struct dfuse_run *run)
{
	struct dfuse_sector sector;
	uint32_t gap;

	if (!run->count || !run->sector_size ||
	    run->address + (uint64_t)run->sector_size * run->count > UINT64_C(0x100000000))
		abort();
	if (!dfuse_layout_find(layout, run->address, &sector) || sector.address > run->address)
		abort();
	if (dfuse_layout_find_gap(layout, run->address, run->sector_size, 0, &gap))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dfuse_layout layout;
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	if (dfuse_layout_parse(&layout, text)) {
		for (size_t i = 0; i < layout.count; i++)
			check_run(&layout, &layout.runs[i]);
		if (!dfuse_layout_get_room(&layout, dfuse_layout_get_start(&layout)) || !*layout.title)
			abort();
	}
	free(text);
	return 0;
}
