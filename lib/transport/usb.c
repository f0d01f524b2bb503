/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* libusb: which devices there are, and transfers, which are asynchronous. */

#include <libusb.h>
/* On Windows it brings a word of COM with it. */
#undef interface
#ifndef _WIN32
#include <poll.h>
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "transport/usb.h"

/* USB 2.0, 9.2.6.4 allows less; a machine with much to do adds to it. */
#define STRING_TIMEOUT_MS 2000

struct dfut_usb {
	struct dfut_system *system;
	struct dfut_bus *bus;
	libusb_context *libusb;
	libusb_hotplug_callback_handle hotplug;
	bool has_hotplug;
	pthread_mutex_t lock;
	bool watch_again; /* under the lock */
#ifndef _WIN32
	struct dfut_system_source source;
	int *watched; /* as many as libusb has */
	size_t watched_count;
#else
	bool handled; /* a thread handles events */
	int stopping;
#endif
};

struct dfut_usb_handle {
	libusb_device_handle *handle;
	bool claimed[256];
	pthread_mutex_t lock;
	struct libusb_transfer *transfer; /* the last one, while it is under way; under the lock */
	struct dfut_request *request;	  /* whose it is */
};

struct transfer {
	struct dfut_usb_handle *handle;
	struct dfut_request *request;
	dfut_usb_done done;
	void *owner;
};

static int to_error(int code)
{
	switch (code) {
	case LIBUSB_ERROR_INVALID_PARAM:
		return DFUT_ERROR_USAGE;
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

/* Events. */

static int LIBUSB_CALL plugged(libusb_context *libusb, libusb_device *device, libusb_hotplug_event event, void *data)
{
	(void)libusb;
	(void)device;
	(void)event;
	dfut_system_changed(((struct dfut_usb *)data)->system);
	return 0;
}

/* From any thread that opens or closes: the watching is put right by the next dispatch. */
static void descriptors_changed(struct dfut_usb *usb)
{
	pthread_mutex_lock(&usb->lock);
	usb->watch_again = true;
	pthread_mutex_unlock(&usb->lock);
	dfut_system_wake(usb->system);
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
static void unwatch_descriptors(struct dfut_usb *usb)
{
	while (usb->watched_count)
		dfut_bus_unwatch(usb->bus, usb->watched[--usb->watched_count], &usb->source);
}

/* All of libusb's are watched anew. */
static int watch_all(struct dfut_usb *usb, const struct libusb_pollfd **list)
{
	size_t count = 0;
	int result = 0;
	int *grown;

	while (list[count])
		count++;
	grown = realloc(usb->watched, (count + 1) * sizeof(*grown));
	if (!grown)
		return DFUT_ERROR_NO_MEMORY;
	usb->watched = grown;
	unwatch_descriptors(usb);
	for (size_t i = 0; i < count && result == 0; i++) {
		/* One that is closed already is not missed: libusb tells of that, too. */
		result = dfut_bus_watch(usb->bus, list[i]->fd, list[i]->events & POLLIN, list[i]->events & POLLOUT,
					&usb->source);
		if (result == 0)
			usb->watched[usb->watched_count++] = list[i]->fd;
		else if (result == DFUT_ERROR_IO)
			result = 0;
	}
	return result;
}

static int watch_descriptors(struct dfut_usb *usb)
{
	const struct libusb_pollfd **list;
	int result = DFUT_ERROR_NO_MEMORY;
	bool again;

	pthread_mutex_lock(&usb->lock);
	again = usb->watch_again;
	usb->watch_again = false;
	pthread_mutex_unlock(&usb->lock);
	if (!again)
		return 0;
	list = libusb_get_pollfds(usb->libusb);
	if (list)
		result = watch_all(usb, list);
	libusb_free_pollfds(list);
	if (result < 0) {
		pthread_mutex_lock(&usb->lock);
		usb->watch_again = true;
		pthread_mutex_unlock(&usb->lock);
	}
	return result;
}
#else
/* There is nothing to watch: a thread of the pool handles events as long as the bus runs. */
static void handle_events(void *data)
{
	struct dfut_usb *usb = data;
	struct dfut_system *system = usb->system;

	while (!usb->stopping)
		libusb_handle_events_completed(usb->libusb, &usb->stopping);
	dfut_system_unref(system);
}

static int watch_descriptors(struct dfut_usb *usb)
{
	if (usb->handled)
		return 0;
	dfut_system_ref(usb->system);
	usb->handled = dfut_bus_run(usb->bus, NULL, handle_events, usb) == 0;
	if (!usb->handled)
		dfut_system_unref(usb->system);
	return usb->handled ? 0 : DFUT_ERROR_NO_MEMORY;
}

static void unwatch_descriptors(struct dfut_usb *usb)
{
	usb->stopping = 1;
	libusb_interrupt_event_handler(usb->libusb);
}
#endif

static void handle_ready(void *data)
{
	struct dfut_usb *usb = data;
	struct timeval now = { 0, 0 };

	libusb_handle_events_timeout_completed(usb->libusb, &now, NULL);
}

int dfut_usb_dispatch(struct dfut_usb *usb)
{
	int result = watch_descriptors(usb);

	handle_ready(usb);
	return result;
}

int dfut_usb_start(struct dfut_usb **out, struct dfut_system *system, struct dfut_failure *failure)
{
	struct dfut_usb *usb = calloc(1, sizeof(*usb));
	int result;

	*out = NULL;
	if (!usb)
		return dfut_fail_memory(failure);
	result = libusb_init(&usb->libusb);
	if (result < 0) {
		free(usb);
		return dfut_fail(failure, DFUT_ERROR_UNSUPPORTED, "libusb can't be started: %s",
				 libusb_strerror(result));
	}
	pthread_mutex_init(&usb->lock, NULL);
	usb->system = system;
	usb->bus = system->bus;
	usb->watch_again = true;
#ifndef _WIN32
	usb->source = (struct dfut_system_source){ handle_ready, usb };
#endif
	libusb_set_pollfd_notifiers(usb->libusb, descriptor_added, descriptor_removed, usb);
	usb->has_hotplug = libusb_has_capability(LIBUSB_CAP_HAS_HOTPLUG) &&
			   libusb_hotplug_register_callback(usb->libusb,
							    LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED |
								    LIBUSB_HOTPLUG_EVENT_DEVICE_LEFT,
							    0, LIBUSB_HOTPLUG_MATCH_ANY, LIBUSB_HOTPLUG_MATCH_ANY,
							    LIBUSB_HOTPLUG_MATCH_ANY, plugged, usb, &usb->hotplug) == 0;
	if (watch_descriptors(usb) < 0)
		dfut_system_wake(system);
	*out = usb;
	return 0;
}

void dfut_usb_stop(struct dfut_usb *usb)
{
	if (!usb)
		return;
	if (usb->has_hotplug)
		libusb_hotplug_deregister_callback(usb->libusb, usb->hotplug);
	libusb_set_pollfd_notifiers(usb->libusb, NULL, NULL, NULL);
	unwatch_descriptors(usb);
}

void dfut_usb_free(struct dfut_usb *usb)
{
	if (!usb)
		return;
	libusb_exit(usb->libusb);
#ifndef _WIN32
	free(usb->watched);
#endif
	pthread_mutex_destroy(&usb->lock);
	free(usb);
}

/* Looking at devices. */

int dfut_usb_list(struct dfut_usb *usb, void (*found)(void *owner, const struct dfut_os_place *place, void *device),
		  void *owner)
{
	libusb_device **list;
	ssize_t count = libusb_get_device_list(usb->libusb, &list);

	if (count < 0)
		return to_error((int)count);
	for (ssize_t i = 0; i < count; i++) {
		struct dfut_os_place place = { .bus_number = libusb_get_bus_number(list[i]),
					       .address = libusb_get_device_address(list[i]),
					       .serial_number = "" };
		uint8_t ports[8];
		char path[32];
		int depth = libusb_get_port_numbers(list[i], ports, sizeof(ports));
		int at = snprintf(path, sizeof(path), "%u", place.bus_number);

		/* Root hubs have no port. */
		if (depth <= 0)
			continue;
		for (int port = 0; port < depth && at < (int)sizeof(path); port++)
			at += snprintf(path + at, sizeof(path) - (size_t)at, "%c%u", port ? '.' : '-', ports[port]);
		place.path = path;
		found(owner, &place, list[i]);
	}
	libusb_free_device_list(list, 1);
	return 0;
}

void *dfut_usb_device_ref(void *device)
{
	return libusb_ref_device(device);
}

void dfut_usb_device_unref(void *device)
{
	libusb_unref_device(device);
}

/* libusb gives a configuration parsed; raw bytes come as a device would send them. */
void dfut_usb_device_read(void *device, struct dfut_os_facts *facts)
{
	struct libusb_device_descriptor descriptor;
	struct libusb_config_descriptor *configuration;
	libusb_device_handle *handle;
	int size;

	if (facts->descriptors || libusb_get_device_descriptor(device, &descriptor) < 0)
		return;
	facts->descriptors = calloc(1, 18 + 65535);
	if (!facts->descriptors || libusb_open(device, &handle) < 0) {
		free(facts->descriptors);
		facts->descriptors = NULL;
		return;
	}
	size = libusb_control_transfer(handle, 0x80, 6, 0x0100, 0, facts->descriptors, 18, STRING_TIMEOUT_MS);
	facts->size = size == 18 ? 18 : 0;
	size = libusb_control_transfer(handle, 0x80, 6, 0x0200, 0, facts->descriptors + 18, 65535, STRING_TIMEOUT_MS);
	facts->size += facts->size && size > 0 ? (size_t)size : 0;
	if (libusb_get_active_config_descriptor(device, &configuration) == 0) {
		facts->configuration = configuration->bConfigurationValue;
		libusb_free_config_descriptor(configuration);
	}
	libusb_close(handle);
}

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

/* 0 also when the device has no such string. */
static int read_string(libusb_device_handle *handle, uint8_t index, char **string)
{
	uint8_t data[255];
	char text[400];
	size_t at = 0;
	int size = libusb_control_transfer(handle, 0x80, 6, (uint16_t)(0x0300 | index), 0x0409, data, sizeof(data),
					   STRING_TIMEOUT_MS);

	if (size < 0 && size != LIBUSB_ERROR_PIPE)
		return to_error(size);
	/* Some ROMs send fewer bytes than the string says it has. */
	if (size < 4 || data[1] != 3)
		return 0;
	if (data[0] < size)
		size = data[0];
	for (int i = 2; i + 1 < size; i += 2)
		add_utf8(text, &at, dfut_le16(data + i));
	text[at] = '\0';
	*string = dfut_format_text("%s", text);
	return 0;
}

int dfut_usb_device_read_strings(void *device, const uint8_t *indexes, size_t count, char *strings[256],
				 void (*answered)(void *data), void *data)
{
	libusb_device_handle *handle;
	int result = to_error(libusb_open(device, &handle));

	if (result < 0)
		return result;
	for (size_t i = 0; i < count && result == 0; i++) {
		if (!strings[indexes[i]])
			result = read_string(handle, indexes[i], &strings[indexes[i]]);
		answered(data);
	}
	libusb_close(handle);
	return result;
}

int dfut_usb_device_try(void *device)
{
	libusb_device_handle *handle;
	int result = libusb_open(device, &handle);

	if (result == 0)
		libusb_close(handle);
	return to_error(result);
}

/* Handles. */

int dfut_usb_handle_open(struct dfut_usb_handle **handle, void *device)
{
	struct dfut_usb_handle *made = calloc(1, sizeof(*made));
	int result;

	*handle = NULL;
	if (!made)
		return DFUT_ERROR_NO_MEMORY;
	result = libusb_open(device, &made->handle);
	if (result < 0) {
		free(made);
		/* No node yet, or no longer: the bus tells which. */
		return result == LIBUSB_ERROR_NO_DEVICE ? DFUT_ERROR_NOT_FOUND : to_error(result);
	}
	pthread_mutex_init(&made->lock, NULL);
	*handle = made;
	return 0;
}

int dfut_usb_handle_claim(struct dfut_usb_handle *handle, uint8_t interface, bool keeps_driver)
{
	int result;

	if (handle->claimed[interface])
		return 0;
	/* libusb remembers it for the handle, and looks again when the interface is released. */
	libusb_set_auto_detach_kernel_driver(handle->handle, !keeps_driver);
	result = libusb_claim_interface(handle->handle, interface);
	handle->claimed[interface] = result == 0;
	return to_error(result);
}

int dfut_usb_handle_release(struct dfut_usb_handle *handle, uint8_t interface)
{
	handle->claimed[interface] = false;
	return to_error(libusb_release_interface(handle->handle, interface));
}

int dfut_usb_handle_configure(struct dfut_usb_handle *handle, uint16_t configuration)
{
	return to_error(libusb_set_configuration(handle->handle, configuration ? configuration : -1));
}

int dfut_usb_handle_clear_halt(struct dfut_usb_handle *handle, uint16_t endpoint)
{
	return to_error(libusb_clear_halt(handle->handle, (unsigned char)endpoint));
}

int dfut_usb_handle_driver(struct dfut_usb_handle *handle, uint8_t interface, enum dfut_driver_request request)
{
	switch (request) {
	case DFUT_DRIVER_ASK:
		return to_error(libusb_kernel_driver_active(handle->handle, interface));
	case DFUT_DRIVER_DETACH:
		return to_error(libusb_detach_kernel_driver(handle->handle, interface));
	case DFUT_DRIVER_ATTACH:
		return to_error(libusb_attach_kernel_driver(handle->handle, interface));
	}
	return DFUT_ERROR_UNSUPPORTED;
}

int dfut_usb_handle_reset(struct dfut_usb_handle *handle)
{
	int result = libusb_reset_device(handle->handle);

	return result == LIBUSB_ERROR_NOT_FOUND || result == LIBUSB_ERROR_NO_DEVICE ? DFUT_ERROR_GONE :
										      to_error(result);
}

int dfut_usb_handle_set_alternate(struct dfut_usb_handle *handle, uint8_t interface, uint16_t alternate)
{
	return to_error(libusb_set_interface_alt_setting(handle->handle, interface, alternate));
}

void dfut_usb_handle_close(struct dfut_usb_handle *handle)
{
	for (int i = 0; i < 256; i++)
		if (handle->claimed[i])
			libusb_release_interface(handle->handle, i);
	libusb_close(handle->handle);
	pthread_mutex_destroy(&handle->lock);
	free(handle);
}

static bool is_control(const struct dfut_action *action)
{
	return action->kind == DFUT_ACTION_CONTROL;
}

static int take_data(const struct libusb_transfer *transfer, struct dfut_request *request)
{
	const struct dfut_action *action = dfut_request_get_action(request);
	size_t offset = is_control(action) ? LIBUSB_CONTROL_SETUP_SIZE : 0;

	if (dfut_action_is_in(action) && transfer->actual_length <= dfut_action_get_length(action))
		memcpy(dfut_request_get_buffer(request), transfer->buffer + offset, (size_t)transfer->actual_length);
	return transfer->actual_length;
}

static void LIBUSB_CALL transferred(struct libusb_transfer *transfer)
{
	struct transfer *own = transfer->user_data;
	struct dfut_usb_handle *handle = own->handle;
	int result = DFUT_ERROR_IO;

	switch (transfer->status) {
	case LIBUSB_TRANSFER_COMPLETED:
		result = take_data(transfer, own->request);
		break;
	case LIBUSB_TRANSFER_STALL:
		result = DFUT_ERROR_DEVICE;
		break;
	case LIBUSB_TRANSFER_NO_DEVICE:
		result = DFUT_ERROR_GONE;
		break;
	case LIBUSB_TRANSFER_TIMED_OUT:
		result = transfer->actual_length > 0 ? take_data(transfer, own->request) : DFUT_ERROR_TIMEOUT;
		break;
	case LIBUSB_TRANSFER_CANCELLED:
		result = DFUT_ERROR_TIMEOUT;
		break;
	case LIBUSB_TRANSFER_ERROR:
	case LIBUSB_TRANSFER_OVERFLOW:
		break;
	}
	pthread_mutex_lock(&handle->lock);
	if (handle->transfer == transfer)
		handle->transfer = NULL;
	pthread_mutex_unlock(&handle->lock);
	dfut_request_complete(own->request, result);
	free(transfer->buffer);
	libusb_free_transfer(transfer);
	own->done(own->owner);
	free(own);
}

/* The engine keeps the time of a control transfer; one of an endpoint may have moved something when its time is over. */
static void fill_transfer(struct libusb_transfer *transfer, struct dfut_usb_handle *handle, uint8_t *buffer,
			  const struct dfut_action *action, struct transfer *own)
{
	const struct dfut_action_control *control = &action->control;
	uint32_t limit_ms = 0;

	if (action->timeout_ms > DFUT_ENDPOINT_GRACE_MS && action->timeout_ms != UINT32_MAX)
		limit_ms = action->timeout_ms - DFUT_ENDPOINT_GRACE_MS;
	if (!dfut_action_is_in(action))
		memcpy(buffer + (is_control(action) ? LIBUSB_CONTROL_SETUP_SIZE : 0),
		       dfut_request_get_buffer(own->request), dfut_action_get_length(action));
	if (is_control(action)) {
		libusb_fill_control_setup(buffer, control->request_type, control->request, control->value,
					  control->index, control->length);
		libusb_fill_control_transfer(transfer, handle->handle, buffer, transferred, own, 0);
		return;
	}
	libusb_fill_bulk_transfer(transfer, handle->handle, action->transfer.endpoint, buffer, action->transfer.length,
				  transferred, own, limit_ms);
	transfer->type = action->transfer.attributes & LIBUSB_TRANSFER_TYPE_INTERRUPT;
}

int dfut_usb_handle_submit(struct dfut_usb_handle *handle, struct dfut_request *request, dfut_usb_done done,
			   void *owner)
{
	const struct dfut_action *action = dfut_request_get_action(request);
	struct libusb_transfer *transfer = libusb_alloc_transfer(0);
	uint8_t *buffer = malloc(LIBUSB_CONTROL_SETUP_SIZE + dfut_action_get_length(action));
	struct transfer *own = calloc(1, sizeof(*own));
	int result = LIBUSB_ERROR_NO_MEM;

	if (transfer && buffer && own) {
		*own = (struct transfer){ handle, request, done, owner };
		fill_transfer(transfer, handle, buffer, action, own);
		pthread_mutex_lock(&handle->lock);
		handle->transfer = transfer;
		handle->request = request;
		result = libusb_submit_transfer(transfer);
		if (result < 0)
			handle->transfer = NULL;
		pthread_mutex_unlock(&handle->lock);
		if (result == 0)
			return 0;
	}
	libusb_free_transfer(transfer);
	free(buffer);
	free(own);
	return to_error(result);
}

void dfut_usb_handle_cancel(struct dfut_usb_handle *handle, struct dfut_request *request)
{
	pthread_mutex_lock(&handle->lock);
	if (handle->transfer && handle->request == request)
		libusb_cancel_transfer(handle->transfer);
	pthread_mutex_unlock(&handle->lock);
}
