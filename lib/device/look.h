/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A look at what is plugged in: whether it is complete, how long to wait until it is, and what is missing. */

#ifndef DFUT_LOOK_H
#define DFUT_LOOK_H

#include "device/registry.h"

/* Names are read while it goes on. All that is known so far is in the registry. */
struct dfut_look {
	struct dfut_context *context;
	uint64_t until_us; /* its one deadline */
};

/* Lets the buses do what is due, and looks at all of them. 0 or a negative error, with its words. */
int dfut_look_begin(struct dfut_look *look, struct dfut_context *context);
/*
 * Waits until there is more to see. True if something may have changed: judge what is there anew. False if there is nothing
 * to wait for: the look is complete, what is missing will not come, the deadline has passed, or this is inside a handler.
 */
bool dfut_look_go_on(struct dfut_look *look);
/* Whether all buses have told all their devices; those may be incomplete. */
bool dfut_look_has_all(const struct dfut_look *look);
/*
 * What can't be decided: fills the failure with what is not read, and returns its code (TIMEOUT, or ACCESS). The device is
 * the one that it would depend on; NULL for a bus that has not told all of its devices.
 */
int dfut_look_fail(const struct dfut_look *look, const struct dfut_device *device, struct dfut_failure *failure);

#endif
