/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Watchers: whoever has a deadline, or follows devices, and is called by the dispatch of its context. A run is one. */

#ifndef DFUT_WATCHER_H
#define DFUT_WATCHER_H

#include "base/base.h"
#include "base/deadlines.h"

struct dfut_bus;

/* What happened to a device. Objects of devices are replaced when their facts change; bus and instance stay. */
struct dfut_change {
	enum dfut_device_event event;
	const struct dfut_bus *bus;
	uint64_t instance;
	struct dfut_device *device;
};

struct dfut_watcher_ops {
	/* When it must be looked at, UINT64_MAX for never. Asked after each dispatch, and by dfut_watcher_plan(). */
	uint64_t (*get_deadline_us)(void *owner);
	/* Called when that is over, and once after dfut_watcher_wake(): does what is due. How much that was. */
	size_t (*dispatch)(void *owner);
	void (*device_changed)(void *owner, const struct dfut_change *change);
};

/* A part of its owner. Any watcher may be added, removed or freed inside of any of these functions. */
struct dfut_watcher {
	struct dfut_watcher *next;
	struct dfut_context *context; /* NULL unless it is added */
	const struct dfut_watcher_ops *ops;
	void *owner;
	struct dfut_deadline due;
	bool is_last;	 /* called after all that are not */
	bool is_waiting; /* for devices to leave or come: buses that do not tell by themselves are scanned */
};

/* They are called in the order in which they were added; one that is added in a walk, in the next. Its first turn does not wait
 * for its deadline. */
void dfut_watcher_add(struct dfut_watcher *watcher, struct dfut_context *context, const struct dfut_watcher_ops *ops,
		      void *owner);
/* Its turn is right after that of another one of the context, which was added. */
void dfut_watcher_add_after(struct dfut_watcher *watcher, struct dfut_watcher *other,
			    const struct dfut_watcher_ops *ops, void *owner);
/* These do nothing if it was not added. */
void dfut_watcher_remove(struct dfut_watcher *watcher);
/* Something has happened to it that may change its deadline: it has a turn in the next round. */
void dfut_watcher_wake(struct dfut_watcher *watcher);
/* The same without a turn: asks it for its deadline now. */
void dfut_watcher_plan(struct dfut_watcher *watcher);

/* All of a context's. */
uint64_t dfut_watchers_get_deadline_us(const struct dfut_context *context);
size_t dfut_watchers_dispatch(struct dfut_context *context);
void dfut_watchers_tell(struct dfut_context *context, const struct dfut_change *change);
void dfut_watchers_wake(struct dfut_context *context);
bool dfut_watchers_are_waiting(const struct dfut_context *context);

#endif
