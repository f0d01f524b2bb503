/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Ways into a bootloader, in a recording. */

#ifndef DFUT_EXPLAIN_TRIGGER_H
#define DFUT_EXPLAIN_TRIGGER_H

#include "language/meaning.h"
#include "table/table.h"

/* What it is of one of the row's triggers; false if it is none of theirs. */
bool dfut_explain_trigger(const struct dfut_entry *entry, const struct dfut_tape_event *event,
			  struct dfut_meaning *meaning);

#endif
