/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A device table from a hostile file: it is taken whole, or not at all and with words. */

#include <stdlib.h>

#include "table/table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dfut_failure failure = { 0 };
	struct dfut_entry *table = NULL;

	if (dfut_table_load(&table, (const char *)data, size, "fuzz", &failure) < 0 && (table || !failure.text[0]))
		abort();
	dfut_table_free(table);
	return 0;
}
