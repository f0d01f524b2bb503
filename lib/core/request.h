/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * A request: an action on its way through a transport. Engine and transport each hold it; whoever is last lets it go,
 * so that an engine need not wait for a call that hangs. A context's are used again and again.
 */

#ifndef DFUT_REQUEST_H
#define DFUT_REQUEST_H

#include "core/context.h"

struct dfut_run;

struct dfut_request {
	struct dfut_request *next; /* in the inbox, or among those that nobody uses */
	struct dfut_inbox *inbox;
	struct dfut_run *run; /* who waits for it; NULL when nobody does any more */
	struct dfut_action action;
	int result;
	bool answered; /* and in the inbox, whose lock guards it */
	/* Who is told of its end, in place of the inbox: of one made by a bus, or that a recording has taken. */
	dfut_request_handler completed;
	void *owner;
	size_t room; /* for data */
	uint8_t head[DFUT_REQUEST_HEADROOM];
	uint8_t buffer[];
};

/* With what goes out, for the inbox, which it holds; of no run yet. NULL without memory. */
struct dfut_request *dfut_request_take(struct dfut_inbox *inbox, const struct dfut_action *action);
/* Of the same: nobody needs it any more. */
void dfut_request_give_back(struct dfut_request *request);
/* It has been completed, and waits in the inbox. */
bool dfut_request_is_answered(const struct dfut_request *request);

#endif
