/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The context's inside, shared by the files that make up its dispatch: buses, devices, sessions. */

#ifndef DFUT_CONTEXT_H
#define DFUT_CONTEXT_H

#include <pthread.h>

#include "core/bus.h"
#include "core/event.h"
#include "core/pool.h"
#include "dfutrigger-transport.h"
#include "table/table.h"

/* What other threads put in: completed requests, wake-ups. Outlives the context while a request is under way. */
struct dfut_inbox {
	pthread_mutex_t lock;
	size_t refs;
	struct dfut_event_set *events; /* NULL once the context is gone */
	struct dfut_request *first;
	struct dfut_request **end;
};

struct dfut_context {
	size_t refs;
	struct dfut_failure failure;
	enum dfut_log_level log_level;
	dfut_log_handler log_handler;
	void *log_data;
	const struct dfut_clock_ops *clock;
	void *clock_data;
	struct dfut_inbox *inbox;
	struct dfut_event_set *events;
	struct dfut_pool *pool;
	struct dfut_bus *buses;
	bool system_buses; /* they were added, or tried */
	bool incomplete;   /* a bus is still looking at devices */
	struct dfut_entry *table;
	struct dfut_device *devices;	   /* present; each with a reference */
	struct dfut_session *sessions;	   /* running */
	struct dfut_session *session_next; /* of the walk through them: any may end meanwhile */
	dfut_device_handler device_handler;
	void *device_data;
	bool tell_all;	  /* the handler is new */
	bool dispatching; /* handlers may be running */
	bool scanning;
	bool listing;	       /* somebody wants to know what is there now, and may be blocked for it */
	bool freed;	       /* by its user; what was made from it still holds it */
	unsigned int watchers; /* sessions that wait for a device to leave or come */
};

struct dfut_context *dfut_context_ref(struct dfut_context *context);
void dfut_context_unref(struct dfut_context *context);
uint64_t dfut_context_get_time_us(const struct dfut_context *context);
void dfut_context_log(struct dfut_context *context, enum dfut_log_level level, const char *text, ...) DFUT_PRINTF(3, 4);
/* The system's buses, unless others were added. */
int dfut_context_need_buses(struct dfut_context *context);
/* Looks at all buses now. */
int dfut_context_scan(struct dfut_context *context);
/* One round of dispatch for callers inside the library, which may wait until until_us. */
int dfut_context_dispatch_until(struct dfut_context *context, uint64_t until_us);

void dfut_inbox_unref(struct dfut_inbox *inbox);

/* Parts of dispatch that live with their objects. */
void dfut_device_report(struct dfut_bus *bus, const struct dfut_device_facts *facts, int *result);
void dfut_devices_sweep(struct dfut_bus *bus);
void dfut_devices_begin_scan(struct dfut_bus *bus);
void dfut_devices_tell_all(struct dfut_context *context);
void dfut_devices_drop(struct dfut_context *context, const struct dfut_bus *bus);
void dfut_request_deliver(struct dfut_request *request);
size_t dfut_sessions_dispatch(struct dfut_context *context);
uint64_t dfut_sessions_get_deadline_us(struct dfut_context *context);
void dfut_sessions_device_changed(struct dfut_context *context, struct dfut_device *device,
				  enum dfut_device_event event);

/* The buses of the operating system that this build has: one array, in transport/. */
int dfut_system_bus_add(struct dfut_context *context);

#endif
