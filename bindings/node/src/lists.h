/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Lists of objects, of the rows of lists.i. */

#ifndef DFUTRIGGER_NODE_LISTS_H
#define DFUTRIGGER_NODE_LISTS_H

#include "arguments.h"

#include "dfutrigger.h"

#define LIST(COUNT, ITEM)
#define LIST_TO_NULL(ITEM)
/* Takes the list. */
#define LIST_OBJECT(NAME, ITEM_NAME, COUNT, ITEM, RELEASE, IS_COMPLETE, MISSING_COUNT, MISSING) \
	napi_value tell_##NAME(struct call *call, struct dfut_##NAME *list, struct object *context);
#include "lists.i"
#undef LIST
#undef LIST_TO_NULL
#undef LIST_OBJECT

#endif
