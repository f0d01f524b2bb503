/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * The USB bus, through libusb. Control transfers are asynchronous; opening, claiming, selecting an alternate setting,
 * resetting and closing are blocking calls and run on the context's pool. What threads share is under usb->lock.
 */

#include <libusb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "context.h"
#include "transport/usb.h"

#define PATH_SIZE 32
#define STRING_TIMEOUT_MS 500
#define WATCH_LIMIT 64
/* libusb promises hotplug events also where no udev sends any: a slow scan goes beside it. */
#define SCAN_INTERVAL_MS 500

struct node {
	struct node *next;
	struct usb *usb;
	libusb_device *device;
	uint64_t instance;
	char path[PATH_SIZE];
	bool seen;
	bool reading;			/* a thread reads its strings; under the lock */
	bool orphan;			/* left meanwhile; under the lock */
	struct dfut_usb_facts facts;
};

struct usb {
	pthread_mutex_t lock;
	size_t refs;			/* the bus, and each thread's work */
	struct dfut_bus *bus;		/* NULL once stopped */
	libusb_context *libusb;
	libusb_hotplug_callback_handle hotplug;
	bool has_hotplug;
	bool watch_again;
	int watched[WATCH_LIMIT];
	size_t watched_count;
	struct node *nodes;
	uint64_t instances;
};

struct transport {
	struct usb *usb;
	size_t refs;			/* the engine, and each request under way */
	libusb_device *device;
	libusb_device_handle *handle;
	int claimed;			/* -1: none */
	struct libusb_transfer *transfer; /* the last one, while it is under way; under the lock */
	struct dfut_request *request;	/* whose it is */
};

struct work {
	struct transport *transport;
	struct dfut_request *request;	/* NULL: close */
};

static int to_error(int code)
{
	switch (code) {
	case LIBUSB_ERROR_ACCESS:
		return DFUT_ERROR_ACCESS;
	case LIBUSB_ERROR_NO_DEVICE:
		return DFUT_ERROR_GONE;
	case LIBUSB_ERROR_NOT_FOUND:
		return DFUT_ERROR_NOT_FOUND;
	case LIBUSB_ERROR_BUSY:
		return DFUT_ERROR_BUSY;
	case LIBUSB_ERROR_TIMEOUT:
		return DFUT_ERROR_TIMEOUT;
	case LIBUSB_ERROR_PIPE:
		return DFUT_ERROR_DEVICE;
	case LIBUSB_ERROR_NO_MEM:
		return DFUT_ERROR_NO_MEMORY;
	case LIBUSB_ERROR_NOT_SUPPORTED:
		return DFUT_ERROR_UNSUPPORTED;
	default:
		return code < 0 ? DFUT_ERROR_IO : code;
	}
}

static void usb_ref(struct usb *usb)
{
	pthread_mutex_lock(&usb->lock);
	usb->refs++;
	pthread_mutex_unlock(&usb->lock);
}

static void usb_unref(struct usb *usb)
{
	bool last;

	pthread_mutex_lock(&usb->lock);
	last = --usb->refs == 0;
	pthread_mutex_unlock(&usb->lock);
	if (!last)
		return;
	if (usb->libusb)
		libusb_exit(usb->libusb);
	pthread_mutex_destroy(&usb->lock);
	free(usb);
}

static void tell_changed(struct usb *usb)
{
	pthread_mutex_lock(&usb->lock);
	if (usb->bus)
		dfut_bus_changed(usb->bus);
	pthread_mutex_unlock(&usb->lock);
}

/* Events. */

static int LIBUSB_CALL plugged(libusb_context *libusb, libusb_device *device, libusb_hotplug_event event, void *data)
{
	(void)libusb;
	(void)device;
	(void)event;
	tell_changed(data);
	return 0;
}

/* From any thread that opens or closes: the watching is put right by the next dispatch. */
static void descriptors_changed(struct usb *usb)
{
	pthread_mutex_lock(&usb->lock);
	usb->watch_again = true;
	if (usb->bus)
		dfut_bus_wake(usb->bus);
	pthread_mutex_unlock(&usb->lock);
}

static void LIBUSB_CALL descriptor_added(int fd, short events, void *data)
{
	(void)fd;
	(void)events;
	descriptors_changed(data);
}

static void LIBUSB_CALL descriptor_removed(int fd, void *data)
{
	(void)fd;
	descriptors_changed(data);
}

#ifndef _WIN32
static void watch_descriptors(struct usb *usb)
{
	const struct libusb_pollfd **list;
	bool again;

	pthread_mutex_lock(&usb->lock);
	again = usb->watch_again;
	usb->watch_again = false;
	pthread_mutex_unlock(&usb->lock);
	if (!again)
		return;
	while (usb->watched_count)
		dfut_bus_unwatch(usb->bus, usb->watched[--usb->watched_count]);
	list = libusb_get_pollfds(usb->libusb);
	for (size_t i = 0; list && list[i] && usb->watched_count < WATCH_LIMIT; i++)
		if (dfut_bus_watch(usb->bus, list[i]->fd, list[i]->events & 1, list[i]->events & 4) == 0)
			usb->watched[usb->watched_count++] = list[i]->fd;
	libusb_free_pollfds(list);
}
#else
static void watch_descriptors(struct usb *usb)
{
	(void)usb;
}
#endif

static void usb_dispatch(void *self)
{
	struct usb *usb = self;
	struct timeval now = { 0, 0 };

	watch_descriptors(usb);
	libusb_handle_events_timeout_completed(usb->libusb, &now, NULL);
}

static int usb_start(void *self, struct dfut_bus *bus)
{
	struct usb *usb = self;
	int result = dfut_usb_system_check(&bus->context->failure);

	if (result < 0)
		return result;
	usb->bus = bus;
	result = libusb_init(&usb->libusb);
	if (result < 0) {
		usb->libusb = NULL;
		return dfut_fail(&bus->context->failure, DFUT_ERROR_UNSUPPORTED, "libusb can't be started: %s",
				 libusb_strerror(result));
	}
	usb->watch_again = true;
	libusb_set_pollfd_notifiers(usb->libusb, descriptor_added, descriptor_removed, usb);
	usb->has_hotplug =
		libusb_has_capability(LIBUSB_CAP_HAS_HOTPLUG) &&
		libusb_hotplug_register_callback(usb->libusb,
						 LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED | LIBUSB_HOTPLUG_EVENT_DEVICE_LEFT, 0,
						 LIBUSB_HOTPLUG_MATCH_ANY, LIBUSB_HOTPLUG_MATCH_ANY,
						 LIBUSB_HOTPLUG_MATCH_ANY, plugged, usb, &usb->hotplug) == 0;
	watch_descriptors(usb);
	return 0;
}

static void free_node(struct node *node)
{
	for (size_t i = 0; i < 256; i++)
		free(node->facts.strings[i]);
	free(node->facts.descriptors);
	libusb_unref_device(node->device);
	free(node);
}

/* A node whose strings are being read is freed by its thread. */
static void drop_node(struct node *node)
{
	bool reading;

	pthread_mutex_lock(&node->usb->lock);
	reading = node->reading;
	node->orphan = true;
	pthread_mutex_unlock(&node->usb->lock);
	if (!reading)
		free_node(node);
}

static void usb_stop(void *self)
{
	struct usb *usb = self;

	if (usb->libusb) {
		if (usb->has_hotplug)
			libusb_hotplug_deregister_callback(usb->libusb, usb->hotplug);
		libusb_set_pollfd_notifiers(usb->libusb, NULL, NULL, NULL);
		while (usb->watched_count)
			dfut_bus_unwatch(usb->bus, usb->watched[--usb->watched_count]);
	}
	pthread_mutex_lock(&usb->lock);
	usb->bus = NULL;
	pthread_mutex_unlock(&usb->lock);
	while (usb->nodes) {
		struct node *node = usb->nodes;

		usb->nodes = node->next;
		drop_node(node);
	}
	usb_unref(usb);
}

/* Looking at devices. */

static void add_utf8(char *text, size_t *at, uint32_t c)
{
	if (c < 0x80) {
		text[(*at)++] = (char)c;
	} else if (c < 0x800) {
		text[(*at)++] = (char)(0xc0 | c >> 6);
		text[(*at)++] = (char)(0x80 | (c & 0x3f));
	} else {
		text[(*at)++] = (char)(0xe0 | c >> 12);
		text[(*at)++] = (char)(0x80 | (c >> 6 & 0x3f));
		text[(*at)++] = (char)(0x80 | (c & 0x3f));
	}
}

static char *read_string(libusb_device_handle *handle, uint8_t index)
{
	uint8_t data[255];
	char text[400];
	size_t at = 0;
	int size = libusb_control_transfer(handle, 0x80, 6, (uint16_t)(0x0300 | index), 0x0409, data, sizeof(data),
					   STRING_TIMEOUT_MS);

	/* Some ROMs send fewer bytes than the string says it has. */
	if (size < 4 || data[1] != 3)
		return NULL;
	if (data[0] < size)
		size = data[0];
	for (int i = 2; i + 1 < size; i += 2)
		add_utf8(text, &at, dfut_le16(data + i));
	text[at] = '\0';
	return dfut_format_text("%s", text);
}

/* The names of alternate settings that are not in use: only the device tells them. */
static size_t list_missing(const struct node *node, uint8_t *missing)
{
	const uint8_t *data = node->facts.descriptors;
	size_t count = 0;

	for (size_t at = 0; at + 9 <= node->facts.size && data[at] >= 2; at += data[at])
		if (data[at + 1] == 4 && data[at] >= 9 && data[at + 5] == 0xfe && data[at + 6] == 0x01 && data[at + 8] &&
		    !node->facts.strings[data[at + 8]] && count < 255)
			missing[count++] = data[at + 8];
	return count;
}

static void read_strings(void *data)
{
	struct node *node = data;
	struct usb *usb = node->usb;
	uint8_t missing[256];
	size_t count = list_missing(node, missing);
	libusb_device_handle *handle;
	bool orphan;

	if (libusb_open(node->device, &handle) == 0) {
		for (size_t i = 0; i < count; i++)
			if (!node->facts.strings[missing[i]])
				node->facts.strings[missing[i]] = read_string(handle, missing[i]);
		libusb_close(handle);
	}
	pthread_mutex_lock(&usb->lock);
	node->reading = false;
	orphan = node->orphan;
	pthread_mutex_unlock(&usb->lock);
	if (orphan)
		free_node(node);
	else
		tell_changed(usb);
	usb_unref(usb);
}

static void make_path(libusb_device *device, char *path)
{
	uint8_t ports[8];
	int count = libusb_get_port_numbers(device, ports, sizeof(ports));
	int at = snprintf(path, PATH_SIZE, "%u", libusb_get_bus_number(device));

	for (int i = 0; i < count && at < PATH_SIZE; i++)
		at += snprintf(path + at, (size_t)(PATH_SIZE - at), "%c%u", i ? '.' : '-', ports[i]);
	if (count <= 0)
		path[0] = '\0';
}

static struct node *add_node(struct usb *usb, libusb_device *device)
{
	struct node *node = calloc(1, sizeof(*node));
	struct dfut_pool *pool = dfut_context_get_pool(usb->bus->context);
	uint8_t missing[256];

	if (!node)
		return NULL;
	node->usb = usb;
	node->device = libusb_ref_device(device);
	node->instance = ++usb->instances;
	make_path(device, node->path);
	dfut_usb_system_read(&node->facts, node->path);
	node->next = usb->nodes;
	usb->nodes = node;
	if (!node->facts.descriptors || list_missing(node, missing) == 0 || !pool)
		return node;
	usb_ref(usb);
	node->reading = true;
	if (dfut_pool_run(pool, read_strings, node) < 0) {
		node->reading = false;
		usb_unref(usb);
	}
	return node;
}

static int report_node(struct usb *usb, struct node *node)
{
	struct dfut_string strings[256];
	struct dfut_device_facts facts = {
		.size = sizeof(facts),
		.instance = node->instance,
		.path = node->path,
		.bus_number = libusb_get_bus_number(node->device),
		.address = libusb_get_device_address(node->device),
		.configuration = node->facts.configuration,
		.descriptors = node->facts.descriptors,
		.descriptors_size = node->facts.size,
		.strings = strings,
	};

	for (unsigned int i = 1; i < 256; i++)
		if (node->facts.strings[i])
			strings[facts.string_count++] = (struct dfut_string){ (uint8_t)i, node->facts.strings[i] };
	return dfut_bus_report(usb->bus, &facts);
}

static bool is_reading(struct node *node)
{
	bool reading;

	pthread_mutex_lock(&node->usb->lock);
	reading = node->reading;
	pthread_mutex_unlock(&node->usb->lock);
	return reading;
}

static struct node *find_node(struct usb *usb, libusb_device *device)
{
	for (struct node *node = usb->nodes; node; node = node->next)
		if (node->device == device)
			return node;
	return NULL;
}

static void sweep_nodes(struct usb *usb)
{
	struct node **at = &usb->nodes;

	while (*at) {
		struct node *node = *at;

		if (node->seen) {
			node->seen = false;
			at = &node->next;
			continue;
		}
		*at = node->next;
		drop_node(node);
	}
}

static int usb_scan(void *self)
{
	struct usb *usb = self;
	libusb_device **list;
	ssize_t count = libusb_get_device_list(usb->libusb, &list);
	int pending = 0;

	if (count < 0)
		return to_error((int)count);
	for (ssize_t i = 0; i < count; i++) {
		uint8_t ports[8];
		struct node *node;

		/* Root hubs have no port. */
		if (libusb_get_port_numbers(list[i], ports, sizeof(ports)) <= 0)
			continue;
		node = find_node(usb, list[i]);
		if (!node)
			node = add_node(usb, list[i]);
		if (!node)
			continue;
		node->seen = true;
		if (is_reading(node))
			pending = 1;
		else if (node->facts.descriptors)
			report_node(usb, node);
	}
	libusb_free_device_list(list, 1);
	sweep_nodes(usb);
	return pending;
}

/* Transports. */

static void close_handle(struct transport *transport)
{
	if (transport->handle) {
		if (transport->claimed >= 0)
			libusb_release_interface(transport->handle, transport->claimed);
		libusb_close(transport->handle);
	}
	libusb_unref_device(transport->device);
	usb_unref(transport->usb);
	free(transport);
}

static bool drop_transport(struct transport *transport)
{
	bool last;

	pthread_mutex_lock(&transport->usb->lock);
	last = --transport->refs == 0;
	pthread_mutex_unlock(&transport->usb->lock);
	return last;
}

static int open_device(struct transport *transport, const struct dfut_action *action)
{
	int result;

	if (!transport->handle) {
		result = libusb_open(transport->device, &transport->handle);
		/* No node yet, or no longer: the bus tells which. */
		if (result < 0)
			return result == LIBUSB_ERROR_NO_DEVICE ? DFUT_ERROR_NOT_FOUND : to_error(result);
		libusb_set_auto_detach_kernel_driver(transport->handle, 1);
	}
	if (action->channel == DFUT_CHANNEL_DEVICE || transport->claimed == action->channel)
		return 0;
	result = libusb_claim_interface(transport->handle, action->channel);
	if (result == 0)
		transport->claimed = action->channel;
	return to_error(result);
}

static int reset_device(struct transport *transport)
{
	int result = libusb_reset_device(transport->handle);

	return result == LIBUSB_ERROR_NOT_FOUND || result == LIBUSB_ERROR_NO_DEVICE ? DFUT_ERROR_GONE : to_error(result);
}

static void do_work(void *data)
{
	struct work *work = data;
	struct transport *transport = work->transport;
	int result = DFUT_ERROR_UNSUPPORTED;

	if (work->request) {
		const struct dfut_action *action = dfut_request_get_action(work->request);

		if (action->kind == DFUT_ACTION_OPEN)
			result = open_device(transport, action);
		else if (!transport->handle)
			result = DFUT_ERROR_USAGE;
		else if (action->kind == DFUT_ACTION_RESET)
			result = reset_device(transport);
		else if (action->kind == DFUT_ACTION_ALTERNATE)
			result = to_error(libusb_set_interface_alt_setting(transport->handle, action->channel, action->value));
		dfut_request_complete(work->request, result);
	}
	if (drop_transport(transport))
		close_handle(transport);
	free(work);
}

static int give_work(struct transport *transport, struct dfut_request *request)
{
	struct work *work = calloc(1, sizeof(*work));
	struct dfut_pool *pool = dfut_context_get_pool(transport->usb->bus->context);

	if (!work || !pool) {
		free(work);
		return DFUT_ERROR_NO_MEMORY;
	}
	*work = (struct work){ transport, request };
	pthread_mutex_lock(&transport->usb->lock);
	transport->refs++;
	pthread_mutex_unlock(&transport->usb->lock);
	if (dfut_pool_run(pool, do_work, work) == 0)
		return 0;
	free(work);
	drop_transport(transport);
	return DFUT_ERROR_NO_MEMORY;
}

static void LIBUSB_CALL transferred(struct libusb_transfer *transfer)
{
	struct work *work = transfer->user_data;
	struct transport *transport = work->transport;
	const struct dfut_action *action = dfut_request_get_action(work->request);
	int result = DFUT_ERROR_IO;

	switch (transfer->status) {
	case LIBUSB_TRANSFER_COMPLETED:
		result = transfer->actual_length;
		if (action->request_type & 0x80 && result <= action->length)
			memcpy(dfut_request_get_buffer(work->request), libusb_control_transfer_get_data(transfer),
			       (size_t)result);
		break;
	case LIBUSB_TRANSFER_STALL:
		result = DFUT_ERROR_DEVICE;
		break;
	case LIBUSB_TRANSFER_NO_DEVICE:
		result = DFUT_ERROR_GONE;
		break;
	case LIBUSB_TRANSFER_TIMED_OUT:
	case LIBUSB_TRANSFER_CANCELLED:
		result = DFUT_ERROR_TIMEOUT;
		break;
	case LIBUSB_TRANSFER_ERROR:
	case LIBUSB_TRANSFER_OVERFLOW:
		break;
	}
	pthread_mutex_lock(&transport->usb->lock);
	if (transport->transfer == transfer)
		transport->transfer = NULL;
	pthread_mutex_unlock(&transport->usb->lock);
	dfut_request_complete(work->request, result);
	free(transfer->buffer);
	libusb_free_transfer(transfer);
	free(work);
	/* The engine's own reference is dropped by close, which waits for nobody. */
	if (drop_transport(transport))
		close_handle(transport);
}

static int send_control(struct transport *transport, struct dfut_request *request)
{
	const struct dfut_action *action = dfut_request_get_action(request);
	struct libusb_transfer *transfer = libusb_alloc_transfer(0);
	uint8_t *buffer = malloc(LIBUSB_CONTROL_SETUP_SIZE + action->length);
	struct work *work = calloc(1, sizeof(*work));
	int result = LIBUSB_ERROR_NO_MEM;

	if (transfer && buffer && work) {
		*work = (struct work){ transport, request };
		libusb_fill_control_setup(buffer, action->request_type, action->request, action->value, action->index,
					  action->length);
		memcpy(buffer + LIBUSB_CONTROL_SETUP_SIZE, dfut_request_get_buffer(request), action->length);
		/* The engine keeps the time. */
		libusb_fill_control_transfer(transfer, transport->handle, buffer, transferred, work, 0);
		pthread_mutex_lock(&transport->usb->lock);
		transport->refs++;
		transport->transfer = transfer;
		transport->request = request;
		result = libusb_submit_transfer(transfer);
		if (result < 0)
			transport->transfer = NULL;
		pthread_mutex_unlock(&transport->usb->lock);
		if (result == 0)
			return 0;
		drop_transport(transport);
	}
	libusb_free_transfer(transfer);
	free(buffer);
	free(work);
	return to_error(result);
}

static void usb_submit(void *self, struct dfut_request *request)
{
	struct transport *transport = self;
	int result;

	if (dfut_request_get_action(request)->kind == DFUT_ACTION_CONTROL)
		result = transport->handle ? send_control(transport, request) : DFUT_ERROR_IO;
	else
		result = give_work(transport, request);
	if (result < 0)
		dfut_request_complete(request, result);
}

static void usb_cancel(void *self, struct dfut_request *request)
{
	struct transport *transport = self;

	/* A thread's call can't be ended; its end is only not waited for. */
	pthread_mutex_lock(&transport->usb->lock);
	if (transport->transfer && transport->request == request)
		libusb_cancel_transfer(transport->transfer);
	pthread_mutex_unlock(&transport->usb->lock);
}

static void usb_close(void *self)
{
	struct transport *transport = self;

	/* Releasing an interface may send a request to the device, and wait for it. */
	give_work(transport, NULL);
	if (drop_transport(transport))
		close_handle(transport);
}

static const struct dfut_transport_ops transport_ops = {
	.submit = usb_submit,
	.cancel = usb_cancel,
	.close = usb_close,
};

static struct node *find_instance(struct usb *usb, uint64_t instance)
{
	struct node *node = usb->nodes;

	while (node && node->instance != instance)
		node = node->next;
	return node;
}

static int usb_connect(void *self, uint64_t instance, const struct dfut_transport_ops **ops, void **out)
{
	struct usb *usb = self;
	struct node *node = find_instance(usb, instance);
	struct transport *transport;

	if (!node)
		return DFUT_ERROR_GONE;
	transport = calloc(1, sizeof(*transport));
	if (!transport)
		return DFUT_ERROR_NO_MEMORY;
	usb_ref(usb);
	transport->usb = usb;
	transport->refs = 1;
	transport->device = libusb_ref_device(node->device);
	transport->claimed = -1;
	*ops = &transport_ops;
	*out = transport;
	return 0;
}

static struct dfut_usb_place get_place(const struct node *node)
{
	return (struct dfut_usb_place){
		.path = node->path,
		.bus_number = libusb_get_bus_number(node->device),
		.address = libusb_get_device_address(node->device),
		.configuration = node->facts.configuration,
		.vendor_id = dfut_le16(node->facts.descriptors + 8),
		.product_id = dfut_le16(node->facts.descriptors + 10),
	};
}

static int usb_diagnose(void *self, uint64_t instance)
{
	struct usb *usb = self;
	struct node *node = find_instance(usb, instance);
	struct dfut_usb_place place;
	struct dfut_failure *failure = &usb->bus->context->failure;
	libusb_device_handle *handle;
	int result;

	if (!node)
		return dfut_fail(failure, DFUT_ERROR_GONE, "the device is no longer there");
	result = libusb_open(node->device, &handle);
	if (result == 0) {
		libusb_close(handle);
		return 0;
	}
	if (result != LIBUSB_ERROR_ACCESS)
		return dfut_fail(failure, to_error(result), "the device can't be opened: %s", libusb_strerror(result));
	place = get_place(node);
	dfut_usb_system_explain_access(failure, &place);
	return DFUT_ERROR_ACCESS;
}

static bool usb_explain(void *self, uint64_t instance, uint8_t channel, int code)
{
	struct usb *usb = self;
	struct node *node = find_instance(usb, instance);
	struct dfut_usb_place place;

	if (!node)
		return false;
	place = get_place(node);
	if (code == DFUT_ERROR_ACCESS)
		dfut_usb_system_explain_access(&usb->bus->context->failure, &place);
	else
		dfut_usb_system_explain_busy(&usb->bus->context->failure, &place, channel);
	return true;
}

static const struct dfut_bus_ops bus_ops = {
	.name = "usb",
	.start = usb_start,
	.stop = usb_stop,
	.scan = usb_scan,
	.connect = usb_connect,
	.dispatch = usb_dispatch,
	.diagnose = usb_diagnose,
	.scan_interval_ms = SCAN_INTERVAL_MS,
	.explain = usb_explain,
};

int dfut_usb_bus_add(struct dfut_context *context)
{
	struct usb *usb = calloc(1, sizeof(*usb));

	if (!usb)
		return dfut_fail_memory(&context->failure);
	pthread_mutex_init(&usb->lock, NULL);
	usb->refs = 1;
	return dfut_context_add_bus(context, &bus_ops, sizeof(bus_ops), usb);
}
