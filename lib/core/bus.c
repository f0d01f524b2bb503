/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The context's half of the contract with buses: what they call, and when they are called. */

#include <stdlib.h>
#include <string.h>

#include "base/struct.h"
#include "core/context.h"

/* What a look takes on a clock that is not the system's. */
#define LOOK_US 1000
/* What a scan that has failed has not seen is still there. */
#define SCAN_RETRY_US 100000

/* A bus behind another one is that one to its context. */
static struct dfut_bus *get_front(struct dfut_bus *bus)
{
	while (bus->front)
		bus = bus->front;
	return bus;
}

/* Watching. */

struct dfut_watch {
	struct dfut_watch *next;
	struct dfut_bus *bus;
	dfut_event event;
	void *owner;
	bool ready; /* and its owner not yet told */
};

DFUT_API int dfut_bus_watch(struct dfut_bus *bus, dfut_event event, bool readable, bool writable, void *owner)
{
	struct dfut_watch *watch;
	int result;

	bus = get_front(bus);
	if (!bus->ops.ready && !bus->ops.dispatch)
		return DFUT_ERROR_USAGE;
	watch = calloc(1, sizeof(*watch));
	if (!watch)
		return DFUT_ERROR_NO_MEMORY;
	*watch = (struct dfut_watch){ .bus = bus, .event = event, .owner = owner };
	result = dfut_event_set_watch(bus->context->events, event, readable, writable, watch);
	if (result < 0) {
		free(watch);
		return result;
	}
	watch->next = bus->watches;
	bus->watches = watch;
	return 0;
}

static void drop_watch(struct dfut_watch **at)
{
	struct dfut_watch *watch = *at;

	*at = watch->next;
	dfut_event_set_unwatch(watch->bus->context->events, watch->event, watch);
	free(watch);
}

DFUT_API void dfut_bus_unwatch(struct dfut_bus *bus, dfut_event event, void *owner)
{
	struct dfut_watch **oldest = NULL;

	/* A closed one whose number is used again may be let go after that: the first of them is meant. */
	for (struct dfut_watch **at = &get_front(bus)->watches; *at; at = &(*at)->next)
		if ((*at)->event == event && (*at)->owner == owner)
			oldest = at;
	if (oldest)
		drop_watch(oldest);
}

/* In the middle of waiting nothing is called yet. */
void dfut_bus_ready(void *owner)
{
	struct dfut_watch *watch = owner;

	watch->ready = true;
}

/* Life. */

static void stop_bus(struct dfut_bus *bus)
{
	bus->ops.stop(bus->self);
	while (bus->watches)
		drop_watch(&bus->watches);
	free(bus);
}

/* From now on what the bus says of an error goes there. Returns where it went until now: a handler that a scan tells may call
 * the same bus. */
static struct dfut_failure *listen_to(struct dfut_bus *bus, struct dfut_failure *failure)
{
	struct dfut_failure *before = bus->told;

	bus->told = failure;
	if (failure)
		dfut_failure_clear(failure);
	return before;
}

static int start_bus(struct dfut_bus *bus, struct dfut_failure *failure)
{
	int result;

	listen_to(bus, failure);
	result = dfut_error_take(bus->ops.start(bus->self, bus), 0);
	bus->told = NULL;
	if (result < 0 && failure->code != result)
		dfut_fail(failure, result, "bus %s can't be started: %s", bus->ops.name, dfut_error_get_text(result));
	return result;
}

/* Whoever listens gets a place in front. */
static struct dfut_bus *new_bus(struct dfut_context *context, const struct dfut_bus_ops **ops, void **self)
{
	struct dfut_bus *bus = calloc(1, sizeof(*bus));

	if (bus && context->listener && context->listener->take_bus(context->listener_data, ops, self) < 0) {
		free(bus);
		return NULL;
	}
	return bus;
}

int dfut_context_take_bus(struct dfut_context *context, const struct dfut_bus_ops *ops, void *self,
			  struct dfut_failure *failure)
{
	struct dfut_bus *bus = new_bus(context, &ops, &self);
	struct dfut_bus **end = &context->buses;
	struct dfut_bus_ops known = { 0 };
	int result;

	if (!bus) {
		if (dfut_struct_take(&known, sizeof(known), ops) && known.stop)
			known.stop(self);
		return dfut_fail_memory(failure);
	}
	dfut_struct_take(&bus->ops, sizeof(bus->ops), ops);
	if (!bus->ops.start || !bus->ops.stop || !bus->ops.scan || !bus->ops.connect) {
		if (bus->ops.stop)
			bus->ops.stop(self);
		free(bus);
		return dfut_fail(failure, DFUT_ERROR_USAGE, "a bus must have start, stop, scan and connect");
	}
	bus->context = context;
	bus->self = self;
	bus->changed = true;
	result = start_bus(bus, failure);
	if (result < 0) {
		stop_bus(bus);
		return result;
	}
	while (*end)
		end = &(*end)->next;
	*end = bus;
	return 0;
}

DFUT_API int dfut_context_add_bus(struct dfut_context *context, const struct dfut_bus_ops *ops, void *self)
{
	return dfut_context_take_bus(context, ops, self, &context->failure);
}

static int add_system_buses(struct dfut_context *context, struct dfut_failure *failure)
{
	int result = context->system_buses ? 0 : context->ops->add_system_buses(context, failure);

	context->system_buses = result == 0;
	return result;
}

DFUT_API int dfut_context_add_system_buses(struct dfut_context *context)
{
	return add_system_buses(context, &context->failure);
}

int dfut_context_need_buses(struct dfut_context *context, struct dfut_failure *failure)
{
	/* Tried again each time: a user may plug a controller in, or load the driver. */
	return context->buses ? 0 : add_system_buses(context, failure);
}

/* What a bus says. */

DFUT_API int dfut_bus_report(struct dfut_bus *bus, const struct dfut_device_facts *facts)
{
	struct dfut_device_facts known = { 0 };

	/* What an older header does not have is not there. */
	if (facts->size < offsetof(struct dfut_device_facts, nodes))
		return DFUT_ERROR_USAGE;
	if (bus->front)
		return bus->report(bus->report_data, facts);
	dfut_struct_take(&known, sizeof(known), facts);
	if (known.node_count && known.nodes[0].size <= sizeof(known.nodes[0].size))
		return DFUT_ERROR_USAGE;
	return bus->context->ops->report(bus->context->registry, bus, &known);
}

static void flag(struct dfut_bus *bus, bool *what)
{
	struct dfut_inbox *inbox = bus->context->inbox;

	pthread_mutex_lock(&inbox->lock);
	*what = true;
	dfut_event_set_wake(inbox->events);
	pthread_mutex_unlock(&inbox->lock);
}

DFUT_API void dfut_bus_changed(struct dfut_bus *bus)
{
	bus = get_front(bus);
	flag(bus, &bus->changed);
}

DFUT_API void dfut_bus_wake(struct dfut_bus *bus)
{
	bus = get_front(bus);
	flag(bus, &bus->woken);
}

DFUT_API uint64_t dfut_bus_get_time_us(const struct dfut_bus *bus)
{
	return dfut_context_read_clock_us(bus->context);
}

DFUT_API int dfut_bus_set_error(struct dfut_bus *bus, int code, const char *hint, const char *text)
{
	struct dfut_failure *told = get_front(bus)->told;

	if (told)
		dfut_fail(told, code, "%s", text);
	if (told && hint)
		dfut_hint(told, "%s", hint);
	return code;
}

DFUT_API void dfut_bus_set_hint_line(struct dfut_bus *bus, const char *line)
{
	struct dfut_failure *told = get_front(bus)->told;

	if (told)
		dfut_hint_line(told, "%s", line);
}

DFUT_API void dfut_bus_log(struct dfut_bus *bus, enum dfut_log_level level, const char *text)
{
	dfut_context_log(bus->context, level, "%s", text);
}

/* Makes the pool when it is first needed; any thread may need it. */
static struct dfut_pool *get_pool(struct dfut_context *context)
{
	struct dfut_pool *pool;

	pthread_mutex_lock(&context->inbox->lock);
	if (!context->pool)
		dfut_pool_new(&context->pool);
	pool = context->pool;
	pthread_mutex_unlock(&context->inbox->lock);
	return pool;
}

DFUT_API int dfut_bus_run(struct dfut_bus *bus, struct dfut_strand *strand, dfut_work work, void *data)
{
	struct dfut_pool *pool = get_pool(bus->context);

	if (!pool)
		return DFUT_ERROR_NO_MEMORY;
	return strand ? dfut_strand_run(strand, pool, work, data) : dfut_pool_run(pool, work, data);
}

/* Buses in front of others. */

DFUT_API int dfut_bus_new_behind(struct dfut_bus **bus, struct dfut_bus *front, dfut_report_handler report, void *data)
{
	*bus = calloc(1, sizeof(**bus));
	if (!*bus)
		return DFUT_ERROR_NO_MEMORY;
	(*bus)->context = front->context;
	(*bus)->front = front;
	(*bus)->report = report;
	(*bus)->report_data = data;
	return 0;
}

DFUT_API void dfut_bus_free_behind(struct dfut_bus *bus)
{
	free(bus);
}

/* When a bus is called. */

static struct dfut_watch *find_ready(const struct dfut_bus *bus)
{
	struct dfut_watch *watch = bus->watches;

	while (watch && !watch->ready)
		watch = watch->next;
	return watch;
}

/* Whoever is told may let any of them go. */
static size_t tell_ready(struct dfut_bus *bus)
{
	struct dfut_watch *watch;
	size_t done = 0;

	while ((watch = find_ready(bus))) {
		dfut_event event = watch->event;

		watch->ready = false;
		if (bus->ops.ready)
			bus->ops.ready(bus->self, watch->owner);
		else
			bus->ops.dispatch(bus->self);
		dfut_event_set_rearm(bus->context->events, event, watch);
		done++;
	}
	return done;
}

static bool take_flag(struct dfut_bus *bus, bool *what)
{
	bool taken;

	pthread_mutex_lock(&bus->context->inbox->lock);
	taken = *what;
	*what = false;
	pthread_mutex_unlock(&bus->context->inbox->lock);
	return taken;
}

static uint64_t get_bus_deadline_us(const struct dfut_bus *bus)
{
	return bus->ops.get_deadline_us ? bus->ops.get_deadline_us(bus->self) : UINT64_MAX;
}

static bool is_scan_wanted(const struct dfut_bus *bus)
{
	return (bus->ops.scan_interval_ms || bus->looked < 0) && dfut_watchers_are_waiting(bus->context);
}

static size_t dispatch_bus(struct dfut_bus *bus, uint64_t now_us)
{
	size_t done = tell_ready(bus);

	if (bus->ops.dispatch && (take_flag(bus, &bus->woken) || get_bus_deadline_us(bus) <= now_us)) {
		bus->ops.dispatch(bus->self);
		done++;
	}
	return done;
}

static int scan_bus(struct dfut_bus *bus, struct dfut_failure *failure)
{
	struct dfut_context *context = bus->context;
	struct dfut_failure *before;
	int result;

	take_flag(bus, &bus->changed);
	bus->next_scan_us = dfut_context_get_time_us(context) + bus->ops.scan_interval_ms * UINT64_C(1000);
	context->scanning = true;
	context->ops->begin_scan(context->registry, bus);
	before = listen_to(bus, failure);
	result = dfut_error_take(bus->ops.scan(bus->self, context->listing || !bus->scanned), 1);
	bus->told = before;
	bus->looked = result;
	if (result < 0)
		bus->next_scan_us = dfut_context_get_time_us(context) + SCAN_RETRY_US;
	if (result >= 0)
		context->ops->end_scan(context->registry, bus);
	context->scanning = false;
	bus->scanned = true;
	return result;
}

int dfut_bus_diagnose(struct dfut_bus *bus, uint64_t instance, enum dfut_link link, uint8_t channel,
		      struct dfut_failure *failure)
{
	struct dfut_failure *before = listen_to(bus, failure);
	int result = bus->ops.diagnose ? bus->ops.diagnose(bus->self, instance, link, channel) : 0;

	result = dfut_error_take(result, 0);
	bus->told = before;
	if (result < 0 && failure->code != result)
		dfut_fail(failure, result, "the device can't be opened: %s", dfut_error_get_text(result));
	return result;
}

int dfut_bus_foresee(struct dfut_bus *bus, uint64_t instance, const struct dfut_prospect *prospect,
		     struct dfut_failure *failure)
{
	struct dfut_failure *before;
	int result;

	if (!bus->ops.foresee)
		return 0;
	before = listen_to(bus, failure);
	result = bus->ops.foresee(bus->self, instance, prospect);
	bus->told = before;
	/* A guess without words is of no use. */
	return result < 0 && failure->code == result ? result : 0;
}

static bool is_explained(int code)
{
	return code == DFUT_ERROR_ACCESS || code == DFUT_ERROR_BUSY || code == DFUT_ERROR_NOT_FOUND ||
	       code == DFUT_ERROR_TIMEOUT;
}

bool dfut_bus_explain(struct dfut_bus *bus, uint64_t instance, enum dfut_link link, uint8_t channel, int code,
		      struct dfut_failure *failure)
{
	struct dfut_failure told, *before;
	bool is_known;

	if (!bus->ops.explain || !is_explained(code))
		return false;
	before = listen_to(bus, &told);
	is_known = bus->ops.explain(bus->self, instance, link, channel, code) && told.code == code;
	bus->told = before;
	if (is_known)
		*failure = told;
	return is_known;
}

bool dfut_bus_tell_holder(struct dfut_bus *bus, uint64_t instance, enum dfut_link link, uint8_t channel,
			  struct dfut_failure *holder)
{
	struct dfut_failure *before = listen_to(bus, holder);
	bool is_known = bus->ops.explain && bus->ops.explain(bus->self, instance, link, channel, DFUT_OK);

	bus->told = before;
	return is_known && holder->code == DFUT_OK;
}

size_t dfut_buses_dispatch(struct dfut_context *context, uint64_t now_us)
{
	size_t done = 0;

	for (struct dfut_bus *bus = context->buses; bus; bus = bus->next)
		done += dispatch_bus(bus, now_us);
	return done;
}

/* Time passes on a clock that moves only when somebody waits: whoever lists again and again sees what it brings. */
static void let_due_run(struct dfut_context *context)
{
	if (context->clock)
		context->clock->advance(context->clock_data, dfut_context_get_time_us(context) + LOOK_US);
	dfut_event_set_wait(context->events, 0, dfut_bus_ready);
	dfut_buses_dispatch(context, dfut_context_read_clock_us(context));
}

int dfut_context_look(struct dfut_context *context, struct dfut_failure *failure)
{
	bool dispatching = context->dispatching;
	int result = 0;

	/* A handler that is told of a scan's finds: what the scan knows so far has to do. */
	if (context->scanning)
		return 0;
	/* What is found is told here, too. */
	context->dispatching = true;
	if (!dispatching)
		let_due_run(context);
	context->listing = true;
	for (struct dfut_bus *bus = context->buses; bus && result >= 0; bus = bus->next)
		result = scan_bus(bus, failure);
	if (result < 0 && failure->code != result)
		dfut_fail(failure, result, "devices can't be listed: %s", dfut_error_get_text(result));
	context->listing = false;
	context->dispatching = dispatching;
	return result < 0 ? result : 0;
}

bool dfut_buses_are_looking(const struct dfut_context *context)
{
	for (const struct dfut_bus *bus = context->buses; bus; bus = bus->next)
		if (bus->looked > 0)
			return true;
	return false;
}

size_t dfut_buses_scan_due(struct dfut_context *context, uint64_t now_us)
{
	size_t done = 0;

	for (struct dfut_bus *bus = context->buses; bus; bus = bus->next) {
		bool due = is_scan_wanted(bus) && bus->next_scan_us <= now_us;

		pthread_mutex_lock(&context->inbox->lock);
		due = due || bus->changed;
		pthread_mutex_unlock(&context->inbox->lock);
		if (due) {
			scan_bus(bus, NULL);
			done++;
		}
	}
	return done;
}

uint64_t dfut_buses_get_deadline_us(const struct dfut_context *context)
{
	uint64_t deadline_us = UINT64_MAX;

	for (struct dfut_bus *bus = context->buses; bus; bus = bus->next) {
		uint64_t bus_us = get_bus_deadline_us(bus);

		deadline_us = bus_us < deadline_us ? bus_us : deadline_us;
		if (is_scan_wanted(bus) && bus->next_scan_us < deadline_us)
			deadline_us = bus->next_scan_us;
	}
	return deadline_us;
}

void dfut_buses_stop(struct dfut_context *context)
{
	/* The last first: a clock comes with its bus, and others go by it. */
	while (context->buses) {
		struct dfut_bus **last = &context->buses;
		struct dfut_bus *bus;

		while ((*last)->next)
			last = &(*last)->next;
		bus = *last;
		*last = NULL;
		stop_bus(bus);
	}
}
