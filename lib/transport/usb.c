/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* libusb: its beginning and its events. usb-handle.c has the transfers, usb-linux.c or usb-other.c the devices. */

#ifndef _WIN32
#include <poll.h>
#endif
#include <stdlib.h>

#include "base/strings.h"
#include "base/time.h"
#include "transport/usb-libusb.h"

int dfut_usb_to_error(int code)
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

char *dfut_usb_get_text(const uint8_t *data, int size)
{
	char text[3 * DFUT_STRING_LIMIT / 2 + 4];

	/* Some ROMs send fewer bytes than the string says it has. */
	if (size < 4 || data[1] != DFUT_STRING_DESCRIPTOR)
		return NULL;
	dfut_string_decode(text, sizeof(text), data, (size_t)size);
	return dfut_format_text("%s", text);
}

/* Events. */

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
	again = usb->watch_again && usb->libusb;
	usb->watch_again = usb->watch_again && !again;
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
	libusb_context *libusb;

	pthread_mutex_lock(&usb->lock);
	libusb = usb->libusb;
	pthread_mutex_unlock(&usb->lock);
	if (libusb)
		libusb_handle_events_timeout_completed(libusb, &now, NULL);
}

int dfut_usb_dispatch(struct dfut_usb *usb)
{
	int result;

	if (!usb)
		return 0;
	result = watch_descriptors(usb);
	handle_ready(usb);
	return result;
}

static void set_begins(struct dfut_usb *usb, uint64_t since_us)
{
	pthread_mutex_lock(&usb->lock);
	usb->begins_us = since_us;
	pthread_mutex_unlock(&usb->lock);
}

uint64_t dfut_usb_get_beginning_us(struct dfut_usb *usb)
{
	uint64_t since_us;

	pthread_mutex_lock(&usb->lock);
	since_us = usb->begins_us;
	pthread_mutex_unlock(&usb->lock);
	return since_us ? dfut_system_time_us() - since_us : 0;
}

int dfut_usb_begin(struct dfut_usb *usb)
{
	libusb_context *libusb;
	int result = 0;

	pthread_mutex_lock(&usb->beginning);
	if (!usb->libusb) {
		set_begins(usb, dfut_system_time_us());
		result = libusb_init(&libusb);
		set_begins(usb, 0);
		pthread_mutex_lock(&usb->lock);
		if (result == 0) {
			usb->libusb = libusb;
			usb->watch_again = true;
		}
		if (result == 0 && !usb->stopped)
			libusb_set_pollfd_notifiers(libusb, descriptor_added, descriptor_removed, usb);
		pthread_mutex_unlock(&usb->lock);
		dfut_system_wake(usb->system);
	}
	pthread_mutex_unlock(&usb->beginning);
	return result;
}

int dfut_usb_start(struct dfut_usb **out, struct dfut_system *system, struct dfut_failure *failure)
{
	struct dfut_usb *usb = calloc(1, sizeof(*usb));
	int result;

	*out = usb;
	if (!usb)
		return dfut_fail_memory(failure);
	pthread_mutex_init(&usb->beginning, NULL);
	pthread_mutex_init(&usb->lock, NULL);
	usb->system = system;
	usb->bus = system->bus;
#ifndef _WIN32
	usb->source = (struct dfut_system_source){ handle_ready, usb };
#endif
	result = dfut_usb_finder_new(&usb->finder, usb, failure);
	if (result == 0 && watch_descriptors(usb) < 0)
		dfut_system_wake(system);
	return result;
}

void dfut_usb_stop(struct dfut_usb *usb)
{
	libusb_context *libusb;

	if (!usb)
		return;
	dfut_usb_finder_stop(usb->finder);
	pthread_mutex_lock(&usb->lock);
	usb->stopped = true;
	libusb = usb->libusb;
	pthread_mutex_unlock(&usb->lock);
	if (!libusb)
		return;
	libusb_set_pollfd_notifiers(libusb, NULL, NULL, NULL);
	unwatch_descriptors(usb);
}

void dfut_usb_free(struct dfut_usb *usb)
{
	if (!usb)
		return;
	dfut_usb_finder_free(usb->finder);
	if (usb->libusb)
		libusb_exit(usb->libusb);
#ifndef _WIN32
	free(usb->watched);
#endif
	pthread_mutex_destroy(&usb->lock);
	pthread_mutex_destroy(&usb->beginning);
	free(usb);
}
