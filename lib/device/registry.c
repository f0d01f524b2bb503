/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The registry: compares what buses tell with what was there, and says what has changed. A context begins here. */

#include <stdlib.h>

#include "base/file.h"
#include "device/registry.h"

#define DEVICE_FILE_LIMIT (4 * 1024 * 1024)

/* The application's handler. */

static void handle(struct dfut_registry *registry, enum dfut_device_event event, struct dfut_device *device)
{
	if (registry->handler)
		registry->handler(event, device, registry->handler_data);
}

static struct dfut_device *find_untold(const struct dfut_registry *registry)
{
	struct dfut_device *device = registry->devices;

	while (device && !device->untold)
		device = device->next;
	return device;
}

static void tell_all(struct dfut_registry *registry)
{
	struct dfut_device *device;

	for (device = registry->devices; device; device = device->next)
		device->untold = true;
	/* The handler may look at devices: the list is another one afterwards. */
	while ((device = find_untold(registry))) {
		device->untold = false;
		dfut_device_ref(device);
		handle(registry, DFUT_DEVICE_ARRIVED, device);
		dfut_device_unref(device);
	}
}

static uint64_t get_deadline_us(void *owner)
{
	const struct dfut_registry *registry = owner;

	return registry->tell_all ? 0 : UINT64_MAX;
}

static size_t dispatch(void *owner)
{
	struct dfut_registry *registry = owner;

	if (!registry->tell_all)
		return 0;
	registry->tell_all = false;
	tell_all(registry);
	return 1;
}

static void device_changed(void *owner, const struct dfut_change *change)
{
	struct dfut_registry *registry = owner;

	/* A new handler hears of all that are there at once, later. */
	if (!registry->tell_all)
		handle(registry, change->event, change->device);
}

static const struct dfut_watcher_ops watcher_ops = { get_deadline_us, dispatch, device_changed };

DFUT_API void dfut_context_set_device_handler(struct dfut_context *context, dfut_device_handler handler,
					      void *user_data)
{
	struct dfut_registry *registry = context->registry;

	registry->handler = handler;
	registry->handler_data = user_data;
	registry->tell_all = handler != NULL;
	registry->watcher.is_waiting = handler != NULL;
	dfut_watcher_plan(&registry->watcher);
}

/* Scans. */

static void tell(struct dfut_context *context, struct dfut_device *device, enum dfut_device_event event)
{
	struct dfut_change change = { event, device->bus, device->instance, device };
	char text[128];

	dfut_context_log(context, DFUT_LOG_INFO, "%s %s", dfut_device_describe(device, text, sizeof(text)),
			 event == DFUT_DEVICE_LEFT    ? "left" :
			 event == DFUT_DEVICE_CHANGED ? "changed" :
							"is there");
	dfut_watchers_tell(context, &change);
	dfut_context_forget_time(context);
}

static void begin_scan(struct dfut_registry *registry, const struct dfut_bus *bus)
{
	registry->expected = NULL;
	for (struct dfut_device *device = registry->devices; device; device = device->next)
		if (device->bus == bus)
			device->seen = false;
}

/* Where it is in the list, or the list's end. Most are told in the order of the last time: the search begins there. */
static struct dfut_device **find(struct dfut_registry *registry, const struct dfut_bus *bus, uint64_t instance)
{
	struct dfut_device **first = registry->expected ? registry->expected : &registry->devices;
	struct dfut_device **at, **end;

	for (at = first; *at; at = &(*at)->next)
		if ((*at)->bus == bus && (*at)->instance == instance)
			return at;
	end = at;
	for (at = &registry->devices; at != first; at = &(*at)->next)
		if ((*at)->bus == bus && (*at)->instance == instance)
			return at;
	return end;
}

/* Objects don't change: a new one takes the place. */
static void replace(struct dfut_device **at, struct dfut_device *device)
{
	struct dfut_device *old = *at;

	device->arrived_us = old->arrived_us;
	device->untold = old->untold;
	if (device->entry == old->entry)
		device->spoken = old->spoken;
	device->next = old->next;
	*at = device;
	old->present = false;
	old->next = NULL;
	tell(device->context, device, DFUT_DEVICE_CHANGED);
	dfut_device_unref(old);
}

/* It is no reason for a bus to end its scan: the others are there. One that was known before has left. */
static int leave_out(struct dfut_context *context, const struct dfut_device_facts *facts, int result)
{
	if (result == DFUT_ERROR_NO_MEMORY)
		return result;
	dfut_context_log(context, DFUT_LOG_WARNING, "the device at %s is left out, its descriptors can't be understood",
			 facts->path ? facts->path : "an unknown place");
	return 0;
}

static int report(struct dfut_registry *registry, struct dfut_bus *bus, const struct dfut_device_facts *facts)
{
	struct dfut_device **at = find(registry, bus, facts->instance);
	struct dfut_device *device;
	int result = 0;

	if (*at && dfut_device_is_same(*at, facts)) {
		(*at)->seen = true;
		registry->expected = &(*at)->next;
		return 0;
	}
	registry->expected = NULL;
	device = dfut_device_new(bus, facts, *at ? (*at)->said_mode : DFUT_MODE_UNKNOWN, &result);
	if (!device)
		return leave_out(bus->context, facts, result);
	device->seen = true;
	if (*at) {
		replace(at, device);
		return 0;
	}
	*at = device;
	dfut_device_ref(device);
	tell(bus->context, device, DFUT_DEVICE_ARRIVED);
	dfut_device_unref(device);
	return 0;
}

static void take_out(struct dfut_device **at)
{
	struct dfut_device *device = *at;

	*at = device->next;
	device->next = NULL;
	device->present = false;
}

static void end_scan(struct dfut_registry *registry, const struct dfut_bus *bus)
{
	struct dfut_device **at = &registry->devices;

	registry->expected = NULL;
	while (*at) {
		struct dfut_device *device = *at;

		if (device->bus != bus || device->seen) {
			at = &device->next;
			continue;
		}
		take_out(at);
		tell(device->context, device, DFUT_DEVICE_LEFT);
		dfut_device_unref(device);
	}
}

/* Its life. */

static void let_go(struct dfut_registry *registry)
{
	registry->handler = NULL;
	/* Present devices and their context hold each other. */
	while (registry->devices) {
		struct dfut_device *device = registry->devices;

		take_out(&registry->devices);
		dfut_device_unref(device);
	}
}

static void free_registry(struct dfut_registry *registry)
{
	dfut_table_free(registry->table);
	free(registry);
}

static int add_system_buses(struct dfut_context *context, struct dfut_failure *failure)
{
	const struct dfut_bus_ops *ops;
	void *self;

	if (dfut_system_bus_new(&ops, &self) < 0)
		return dfut_fail_memory(failure);
	return dfut_context_take_bus(context, ops, self, failure);
}

static const struct dfut_context_ops context_ops = {
	.begin_scan = begin_scan,
	.report = report,
	.end_scan = end_scan,
	.let_go = let_go,
	.free = free_registry,
	.add_system_buses = add_system_buses,
};

DFUT_API int dfut_context_new(struct dfut_context **context)
{
	struct dfut_registry *registry;

	if (!context)
		return DFUT_ERROR_USAGE;
	*context = NULL;
	registry = calloc(1, sizeof(*registry));
	if (!registry)
		return DFUT_ERROR_NO_MEMORY;
	if (dfut_context_make(context, &context_ops, registry) < 0)
		return DFUT_ERROR_NO_MEMORY;
	registry->watcher.is_last = true;
	dfut_watcher_add(&registry->watcher, *context, &watcher_ops, registry);
	dfut_watcher_plan(&registry->watcher);
	return 0;
}

/* The table. */

DFUT_API int dfut_context_load_devices(struct dfut_context *context, const char *path)
{
	struct dfut_failure *failure = &context->failure;
	uint8_t *text = NULL;
	size_t size = 0;
	int result;

	if (!path)
		return dfut_fail(failure, DFUT_ERROR_USAGE, "no path of a device table given");
	result = dfut_file_read(failure, path, DEVICE_FILE_LIMIT, &text, &size);
	if (result == 0)
		result = dfut_table_load(&context->registry->table, (const char *)text, size, path, failure);
	else if (result == DFUT_ERROR_IMAGE)
		result = dfut_fail(failure, DFUT_ERROR_IO, "%s: %s", path, failure->text);
	else if (result != DFUT_ERROR_NO_MEMORY)
		dfut_fail(failure, result, "%s: %s", path, failure->text);
	free(text);
	return result;
}

DFUT_API int dfut_context_set_protocol(struct dfut_context *context, int vendor_id, int product_id,
				       const char *protocol, int interface_number)
{
	return dfut_table_add_named(&context->registry->table, vendor_id, product_id, protocol, interface_number,
				    &context->failure);
}
