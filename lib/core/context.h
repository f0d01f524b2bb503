/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The context's inside: buses, and the dispatch that moves whoever watches. */

#ifndef DFUT_CONTEXT_H
#define DFUT_CONTEXT_H

#include <pthread.h>

#include "core/bus.h"
#include "base/time.h"
#include "core/event.h"
#include "core/listener.h"
#include "core/pool.h"
#include "core/turn.h"
#include "core/watcher.h"
#include "dfutrigger-transport.h"

struct dfut_registry;

/* What a context asks of rooms that it does not know. */
struct dfut_context_ops {
	/* A scan of the bus begins, a device is told, the scan was complete: what was not told has left. */
	void (*begin_scan)(struct dfut_registry *registry, const struct dfut_bus *bus);
	int (*report)(struct dfut_registry *registry, struct dfut_bus *bus, const struct dfut_device_facts *facts);
	void (*end_scan)(struct dfut_registry *registry, const struct dfut_bus *bus);
	/* The context's user has freed it: nothing holds it any more but what was made from it. */
	void (*let_go)(struct dfut_registry *registry);
	void (*free)(struct dfut_registry *registry);
	/* The buses of the operating system that this build has. */
	int (*add_system_buses)(struct dfut_context *context, struct dfut_failure *failure);
};

/* What other threads put in: completed requests, wake-ups. Outlives the context while a request is under way. */
struct dfut_inbox {
	pthread_mutex_t lock;
	size_t refs;
	struct dfut_event_set *events; /* NULL once the context is gone */
	struct dfut_request *first;
	struct dfut_request **end;
	struct dfut_request *spares; /* that nobody uses now */
	size_t spare_count;
	bool has_cancelled; /* some session is to end */
	bool is_read; /* dispatch looks into it before it ends, and needs no word of what its own thread puts in */
	pthread_t reader;
};

struct dfut_context {
	size_t refs;
	struct dfut_failure failure;
	enum dfut_log_level log_level;
	dfut_log_handler log_handler;
	void *log_data;
	const struct dfut_listener *listener; /* NULL for none */
	void *listener_data;
	struct dfut_clock_ops clock_ops;
	const struct dfut_clock_ops *clock; /* NULL: the system's */
	void *clock_data;
	struct dfut_inbox *inbox;
	struct dfut_event_set *events;
	struct dfut_pool *pool;
	struct dfut_bus *buses;
	bool system_buses; /* they were added */
	const struct dfut_context_ops *ops;
	struct dfut_registry *registry; /* of devices; lib/device/ */
	struct dfut_watcher *first_watcher;
	struct dfut_deadlines deadlines; /* of the watchers */
	uint64_t last_order;
	struct dfut_turn *first_turn;
	struct dfut_walk *walk; /* through the watchers, the innermost */
	bool dispatching;	/* handlers may be running */
	bool scanning;
	bool listing;	 /* somebody wants to know what is there now, and may be blocked for it */
	bool freed;	 /* by its user; what was made from it still holds it */
	uint64_t now_us; /* for a round of dispatch; 0: the clock is asked each time */
};

/* The registry becomes the context's, also when it fails. */
int dfut_context_make(struct dfut_context **context, const struct dfut_context_ops *ops,
		      struct dfut_registry *registry);
struct dfut_context *dfut_context_ref(struct dfut_context *context);
void dfut_context_unref(struct dfut_context *context);
/* Within a round of dispatch the time that it began at, as far as nobody was called who may have taken his time. */
uint64_t dfut_context_get_time_us(const struct dfut_context *context);
/* The clock itself; from any thread. */
uint64_t dfut_context_read_clock_us(const struct dfut_context *context);
/* A handler of the application was called, which may have taken long. */
void dfut_context_forget_time(struct dfut_context *context);
void dfut_context_log(struct dfut_context *context, enum dfut_log_level level, const char *text, ...) DFUT_PRINTF(3, 4);
/* For who listens, if anybody does. */
void dfut_context_tell(const struct dfut_context *context, const struct dfut_news *news);
/* As dfut_context_dispatch(). */
int dfut_context_dispatch_for(struct dfut_context *context, int timeout_ms, struct dfut_failure *failure);
/* One round of dispatch for callers inside the library, which may wait until until_us. */
int dfut_context_dispatch_until(struct dfut_context *context, uint64_t until_us);

void dfut_inbox_unref(struct dfut_inbox *inbox);

void dfut_request_deliver(struct dfut_request *request);

#endif
