/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A recording in words. */

#ifndef DFUT_EXPLAIN_H
#define DFUT_EXPLAIN_H

#include "base/tape.h"
#include "core/context.h"
#include "table/table.h"

/* Line by line. The table: what was loaded, as its rows say which languages a device may speak. 0 or DFUT_ERROR_NO_MEMORY. */
int dfut_explain(const struct dfut_tape *tape, const struct dfut_entry *table, dfut_explain_handler handler,
		 void *data);

#endif
