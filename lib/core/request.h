/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * A request: an action on its way through a transport. Engine and transport each hold it; whoever is last frees it,
 * so that an engine need not wait for a call that hangs.
 */

#ifndef DFUT_REQUEST_H
#define DFUT_REQUEST_H

#include "core/context.h"

struct dfut_run;

struct dfut_request {
	struct dfut_request *next; /* in the inbox */
	struct dfut_inbox *inbox;
	struct dfut_run *run; /* who waits for it; NULL when nobody does any more */
	struct dfut_action action;
	int result;
	/* Of one made by a bus: who is told of its end, in place of the inbox. */
	dfut_request_handler completed;
	void *owner;
	uint8_t buffer[];
};

/* With what goes out, of nobody yet; NULL without memory. */
struct dfut_request *dfut_request_make(const struct dfut_action *action);

#endif
