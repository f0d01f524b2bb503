/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Transports of the system's bus: each action goes to the library that can do it. What a system offers only as a
 * blocking call is done by the transport's strand of the context's pool, one after the other; control transfers and
 * the bytes of serial ports move inside dispatch.
 */

#include <stdlib.h>
#include <string.h>

#include "transport/opened.h"
#include "transport/usb.h"

/* A driver gives a device up sooner. */
#define BEGINNING_LIMIT_US 60000000

struct dfut_link_transport {
	struct dfut_link_transport *next; /* of the closings */
	struct dfut_system *system;
	size_t refs; /* the engine, and each request under way; under the system's lock */
	struct dfut_system_place place;
	struct dfut_strand *strand;
	struct dfut_usb_handle
		*usb; /* set by the strand, before the OPEN is complete; for others under the system's lock */
	struct dfut_opened *ports;   /* as well */
	struct job *jobs;	     /* what the strand does or will do; under the system's lock */
	struct dfut_request *stream; /* a READ or WRITE; only dispatch looks at it */
	struct dfut_serial_port *stream_port;
	size_t stream_done;
	dfut_event stream_event;
	struct dfut_system_source source;
};

struct job {
	struct job *next;
	struct dfut_link_transport *transport;
	struct dfut_request *request;
	bool unwanted; /* nobody waits for it any more */
};

/* Life. */

int dfut_link_transport_new(struct dfut_link_transport **out, struct dfut_system *system,
			    const struct dfut_system_place *place)
{
	struct dfut_link_transport *transport = calloc(1, sizeof(*transport));

	*out = NULL;
	if (!transport || dfut_strand_new(&transport->strand) < 0) {
		if (place->device)
			dfut_usb_device_unref(place->device);
		free(transport);
		return DFUT_ERROR_NO_MEMORY;
	}
	dfut_system_ref(system);
	transport->system = system;
	transport->refs = 1;
	transport->place = *place;
	transport->place.place.path = transport->place.path;
	transport->place.place.serial_number = transport->place.serial_number;
	*out = transport;
	return 0;
}

static void remove_closing(struct dfut_link_transport *transport)
{
	struct dfut_system *system = transport->system;
	struct dfut_link_transport **at = &system->closings;

	pthread_mutex_lock(&system->lock);
	while (*at != transport)
		at = &(*at)->next;
	*at = transport->next;
	pthread_cond_broadcast(&system->closed);
	pthread_mutex_unlock(&system->lock);
}

/* Closing blocks, too: releasing an interface may send a request to the device. */
static void close_all(void *data)
{
	struct dfut_link_transport *transport = data;

	while (transport->ports) {
		struct dfut_opened *port = transport->ports;

		transport->ports = port->next;
		dfut_opened_free(port);
	}
	if (transport->usb)
		dfut_usb_handle_close(transport->usb);
	remove_closing(transport);
	if (transport->place.device)
		dfut_usb_device_unref(transport->place.device);
	dfut_strand_free(transport->strand);
	dfut_system_unref(transport->system);
	free(transport);
}

static void drop(void *data)
{
	struct dfut_link_transport *transport = data;
	struct dfut_system *system = transport->system;
	bool last;

	pthread_mutex_lock(&system->lock);
	last = --transport->refs == 0;
	pthread_mutex_unlock(&system->lock);
	if (last && dfut_system_run(system, transport->strand, close_all, transport) < 0)
		close_all(transport);
}

static void hold(struct dfut_link_transport *transport)
{
	pthread_mutex_lock(&transport->system->lock);
	transport->refs++;
	pthread_mutex_unlock(&transport->system->lock);
}

static struct dfut_opened *find_port(struct dfut_link_transport *transport, enum dfut_link link, uint8_t channel)
{
	struct dfut_opened *port;

	pthread_mutex_lock(&transport->system->lock);
	port = transport->ports;
	while (port && (port->link != link || port->channel != channel))
		port = port->next;
	pthread_mutex_unlock(&transport->system->lock);
	return port;
}

/* On the strand. */

/* Under the system's lock. */
static bool is_being_closed(const struct dfut_link_transport *transport)
{
	const struct dfut_os_place *place = &transport->place.place;
	const struct dfut_link_transport *other = transport->system->closings;

	while (other &&
	       (other->place.place.bus_number != place->bus_number || other->place.place.address != place->address ||
		strcmp(other->place.path, transport->place.path) != 0))
		other = other->next;
	return other != NULL;
}

/* Interfaces and ports are exclusive: what the step before had open is closed first. */
static void wait_for_closings(struct job *job)
{
	struct dfut_system *system = job->transport->system;

	pthread_mutex_lock(&system->lock);
	while (!job->unwanted && is_being_closed(job->transport))
		pthread_cond_wait(&system->closed, &system->lock);
	pthread_mutex_unlock(&system->lock);
}

/* Whoever waited for it may have gone away meanwhile, and looks what there is to be cancelled. */
static int open_device(struct dfut_link_transport *transport)
{
	struct dfut_usb_handle *usb;
	int result;

	if (transport->usb)
		return 0;
	result = dfut_usb_handle_open(&usb, transport->system->usb, &transport->place);
	pthread_mutex_lock(&transport->system->lock);
	transport->usb = usb;
	pthread_mutex_unlock(&transport->system->lock);
	return result;
}

static int open_usb(struct dfut_link_transport *transport, const struct dfut_action *action)
{
	int result = open_device(transport);

	if (result < 0 && dfut_os_has_left(&transport->place.place))
		return DFUT_ERROR_GONE;
	if (result < 0 || action->channel == DFUT_CHANNEL_DEVICE)
		return result;
	if (!action->open.keeps_driver && dfut_os_is_mounted(&transport->place.place, action->channel))
		return DFUT_ERROR_BUSY;
	return dfut_usb_handle_claim(transport->usb, action->channel, action->open.keeps_driver);
}

/* What is done with a device that is open. */
static int ask_usb(struct dfut_usb_handle *usb, const struct dfut_action *action)
{
	if (!usb)
		return DFUT_ERROR_IO;
	switch (action->kind) {
	case DFUT_ACTION_RESET:
		return dfut_usb_handle_reset(usb);
	case DFUT_ACTION_ALTERNATE:
		return dfut_usb_handle_set_alternate(usb, action->channel, action->alternate.setting);
	case DFUT_ACTION_RELEASE:
		return dfut_usb_handle_release(usb, action->channel);
	case DFUT_ACTION_CONFIGURE:
		return dfut_usb_handle_configure(usb, action->configure.configuration);
	case DFUT_ACTION_CLEAR_HALT:
		return dfut_usb_handle_clear_halt(usb, action->clear_halt.endpoint);
	case DFUT_ACTION_DRIVER:
		return dfut_usb_handle_driver(usb, action->channel, action->driver.request);
	case DFUT_ACTION_OPEN:
	case DFUT_ACTION_CLOSE:
	case DFUT_ACTION_CONTROL:
	case DFUT_ACTION_READ:
	case DFUT_ACTION_WRITE:
	case DFUT_ACTION_REPORT:
	case DFUT_ACTION_LINE_CODING:
	case DFUT_ACTION_LINES:
		break;
	}
	return DFUT_ERROR_UNSUPPORTED;
}

static int open_port(struct dfut_link_transport *transport, enum dfut_link link, uint8_t channel, const char *path)
{
	struct dfut_opened *port;
	int result;

	if (find_port(transport, link, channel))
		return 0;
	result = dfut_opened_new(&port, &transport->place.place, link, channel, path);
	if (result < 0)
		return result;
	pthread_mutex_lock(&transport->system->lock);
	port->next = transport->ports;
	transport->ports = port;
	pthread_mutex_unlock(&transport->system->lock);
	return 0;
}

static bool is_wanted(void *owner)
{
	struct job *job = owner;
	bool wanted;

	pthread_mutex_lock(&job->transport->system->lock);
	wanted = !job->unwanted;
	pthread_mutex_unlock(&job->transport->system->lock);
	return wanted;
}

static int move_report(struct job *job)
{
	struct dfut_link_transport *transport = job->transport;
	struct dfut_request *request = job->request;
	const struct dfut_action *action = dfut_request_get_action(request);
	const struct dfut_action_report *report = &action->report;
	struct dfut_opened *port = find_port(transport, DFUT_LINK_HID, action->channel);
	uint8_t *buffer = dfut_request_get_buffer(request);

	if (!port)
		return DFUT_ERROR_IO;
	if (!report->is_in)
		return dfut_hid_send(port->hid, report->type, report->id, buffer, report->length);
	if (report->type == DFUT_REPORT_FEATURE)
		return dfut_hid_get_feature(port->hid, report->id, buffer, report->length);
	return dfut_hid_read(port->hid, buffer, report->length, is_wanted, job);
}

static int set_serial(struct dfut_link_transport *transport, const struct dfut_action *action)
{
	struct dfut_opened *port = find_port(transport, DFUT_LINK_SERIAL, action->channel);

	if (!port)
		return DFUT_ERROR_IO;
	if (action->kind == DFUT_ACTION_LINES)
		return dfut_serial_set_lines(port->serial, action->lines.on, action->lines.which);
	return dfut_serial_set_line_coding(port->serial, &action->line_coding);
}

/* What is written to a drive that is leaving fails in whichever way. */
static int move_file(struct dfut_link_transport *transport, struct dfut_request *request)
{
	const struct dfut_action *action = dfut_request_get_action(request);
	struct dfut_opened *port = find_port(transport, DFUT_LINK_VOLUME, action->channel);
	uint8_t *buffer = dfut_request_get_buffer(request);
	int result = DFUT_ERROR_IO;

	if (port && action->kind == DFUT_ACTION_READ)
		result = dfut_volume_read(port->volume, &action->transfer, buffer);
	else if (port)
		result = dfut_volume_write(port->volume, &action->transfer, buffer);
	return result < 0 && dfut_os_has_left(&transport->place.place) ? DFUT_ERROR_GONE : result;
}

/* Nobody tells the bus that there are other interfaces now. */
static int configure(struct dfut_link_transport *transport, const struct dfut_action *action)
{
	int result = ask_usb(transport->usb, action);

	if (result == 0)
		dfut_system_changed(transport->system);
	return result;
}

/* Not away from under a file system. */
static int change_driver(struct dfut_link_transport *transport, const struct dfut_action *action)
{
	if (action->driver.request == DFUT_DRIVER_DETACH &&
	    dfut_os_is_mounted(&transport->place.place, action->channel))
		return DFUT_ERROR_BUSY;
	return ask_usb(transport->usb, action);
}

/* Where a drive is mounted; NULL if nobody says it. */
static const char *get_path(const struct dfut_action *action)
{
	bool is_said = action->link == DFUT_LINK_VOLUME && action->open.length;

	return is_said ? (const char *)action->open.data : NULL;
}

static int carry_out(struct job *job)
{
	struct dfut_link_transport *transport = job->transport;
	const struct dfut_action *action = dfut_request_get_action(job->request);

	switch (action->kind) {
	case DFUT_ACTION_OPEN:
		wait_for_closings(job);
		if (!is_wanted(job))
			return DFUT_ERROR_CANCELLED;
		return action->link == DFUT_LINK_USB ?
			       open_usb(transport, action) :
			       open_port(transport, action->link, action->channel, get_path(action));
	case DFUT_ACTION_RESET:
	case DFUT_ACTION_ALTERNATE:
	case DFUT_ACTION_RELEASE:
	case DFUT_ACTION_CLEAR_HALT:
		return ask_usb(transport->usb, action);
	case DFUT_ACTION_DRIVER:
		return change_driver(transport, action);
	case DFUT_ACTION_CONFIGURE:
		return configure(transport, action);
	case DFUT_ACTION_REPORT:
		return move_report(job);
	case DFUT_ACTION_LINE_CODING:
	case DFUT_ACTION_LINES:
		return set_serial(transport, action);
	case DFUT_ACTION_READ:
	case DFUT_ACTION_WRITE:
		return move_file(transport, job->request);
	case DFUT_ACTION_CONTROL:
	case DFUT_ACTION_CLOSE:
		break;
	}
	return DFUT_ERROR_UNSUPPORTED;
}

static void add_job(struct job *job)
{
	struct dfut_link_transport *transport = job->transport;

	pthread_mutex_lock(&transport->system->lock);
	transport->refs++;
	job->next = transport->jobs;
	transport->jobs = job;
	pthread_mutex_unlock(&transport->system->lock);
}

static void remove_job(struct job *job)
{
	struct dfut_link_transport *transport = job->transport;
	struct job **at = &transport->jobs;

	pthread_mutex_lock(&transport->system->lock);
	while (*at != job)
		at = &(*at)->next;
	*at = job->next;
	pthread_mutex_unlock(&transport->system->lock);
	drop(transport);
	free(job);
}

static void do_job(void *data)
{
	struct job *job = data;

	dfut_request_complete(job->request, is_wanted(job) ? carry_out(job) : DFUT_ERROR_CANCELLED);
	remove_job(job);
}

static int give_job(struct dfut_link_transport *transport, struct dfut_request *request)
{
	struct job *job = calloc(1, sizeof(*job));

	if (!job)
		return DFUT_ERROR_NO_MEMORY;
	job->transport = transport;
	job->request = request;
	add_job(job);
	if (dfut_system_run(transport->system, transport->strand, do_job, job) == 0)
		return 0;
	remove_job(job);
	return DFUT_ERROR_NO_MEMORY;
}

/* Bytes of serial ports. */

static void end_stream(struct dfut_link_transport *transport, int result)
{
	struct dfut_request *request = transport->stream;

	transport->stream = NULL;
	dfut_request_complete(request, result);
}

/* Returns false if it has to wait. */
static bool move_stream(struct dfut_link_transport *transport)
{
	const struct dfut_action *action = dfut_request_get_action(transport->stream);
	uint8_t *buffer = dfut_request_get_buffer(transport->stream) + transport->stream_done;
	size_t left = action->transfer.length - transport->stream_done;
	bool reads = action->kind == DFUT_ACTION_READ;
	int result = reads ? dfut_serial_read(transport->stream_port, buffer, left) :
			     dfut_serial_write(transport->stream_port, buffer, left);

	if (result < 0) {
		end_stream(transport, result);
		return true;
	}
	transport->stream_done += (size_t)result;
	if (transport->stream_done < action->transfer.length && (!reads || result == 0))
		return false;
	end_stream(transport, (int)transport->stream_done);
	return true;
}

static void unwatch(struct dfut_link_transport *transport)
{
	dfut_bus_unwatch(transport->system->bus, transport->stream_event, &transport->source);
}

static void stream_ready(void *data)
{
	struct dfut_link_transport *transport = data;

	if (transport->stream && move_stream(transport))
		unwatch(transport);
}

static int begin_stream(struct dfut_link_transport *transport, struct dfut_request *request)
{
	const struct dfut_action *action = dfut_request_get_action(request);
	struct dfut_opened *port = find_port(transport, DFUT_LINK_SERIAL, action->channel);
	bool reads = action->kind == DFUT_ACTION_READ;
	int result;

	if (!port)
		return DFUT_ERROR_IO;
	transport->stream = request;
	transport->stream_port = port->serial;
	transport->stream_done = 0;
	if (move_stream(transport))
		return 0;
	transport->source = (struct dfut_system_source){ stream_ready, transport };
	transport->stream_event = dfut_serial_get_event(port->serial, reads);
	result = dfut_bus_watch(transport->system->bus, transport->stream_event, reads, !reads, &transport->source);
	if (result < 0)
		transport->stream = NULL;
	return result;
}

/* What the engine calls. */

static struct dfut_usb_handle *get_usb(struct dfut_link_transport *transport)
{
	struct dfut_usb_handle *usb;

	pthread_mutex_lock(&transport->system->lock);
	usb = transport->usb;
	pthread_mutex_unlock(&transport->system->lock);
	return usb;
}

static int begin_transfer(struct dfut_link_transport *transport, struct dfut_request *request)
{
	struct dfut_usb_handle *usb = get_usb(transport);
	int result;

	if (!usb)
		return DFUT_ERROR_IO;
	hold(transport);
	result = dfut_usb_handle_submit(usb, request, drop, transport);
	if (result < 0)
		drop(transport);
	return result;
}

/* A file system may have to wait for its drive, so that this is for a thread. */
static int begin_moving(struct dfut_link_transport *transport, struct dfut_request *request)
{
	switch (dfut_request_get_action(request)->link) {
	case DFUT_LINK_USB:
		return begin_transfer(transport, request);
	case DFUT_LINK_VOLUME:
		return give_job(transport, request);
	case DFUT_LINK_HID:
	case DFUT_LINK_SERIAL:
		break;
	}
	return begin_stream(transport, request);
}

static void transport_submit(void *self, struct dfut_request *request)
{
	struct dfut_link_transport *transport = self;
	const struct dfut_action *action = dfut_request_get_action(request);
	int result = DFUT_ERROR_IO;

	switch (action->kind) {
	case DFUT_ACTION_CONTROL:
		result = begin_transfer(transport, request);
		break;
	case DFUT_ACTION_READ:
	case DFUT_ACTION_WRITE:
		result = begin_moving(transport, request);
		break;
	case DFUT_ACTION_OPEN:
	case DFUT_ACTION_CLOSE:
	case DFUT_ACTION_RESET:
	case DFUT_ACTION_ALTERNATE:
	case DFUT_ACTION_REPORT:
	case DFUT_ACTION_LINE_CODING:
	case DFUT_ACTION_LINES:
	case DFUT_ACTION_RELEASE:
	case DFUT_ACTION_CONFIGURE:
	case DFUT_ACTION_CLEAR_HALT:
	case DFUT_ACTION_DRIVER:
		result = give_job(transport, request);
		break;
	}
	if (result < 0)
		dfut_request_complete(request, result);
}

static void transport_cancel(void *self, struct dfut_request *request)
{
	struct dfut_link_transport *transport = self;
	struct dfut_usb_handle *usb = get_usb(transport);

	if (transport->stream == request) {
		unwatch(transport);
		end_stream(transport, DFUT_ERROR_CANCELLED);
		return;
	}
	if (usb)
		dfut_usb_handle_cancel(usb, request);
	/* A thread's call can't be ended; its end is only not waited for. */
	pthread_mutex_lock(&transport->system->lock);
	for (struct job *job = transport->jobs; job; job = job->next)
		job->unwanted = job->unwanted || job->request == request;
	pthread_cond_broadcast(&transport->system->closed);
	pthread_mutex_unlock(&transport->system->lock);
}

static void transport_close(void *self)
{
	struct dfut_link_transport *transport = self;

	pthread_mutex_lock(&transport->system->lock);
	transport->next = transport->system->closings;
	transport->system->closings = transport;
	pthread_mutex_unlock(&transport->system->lock);
	drop(transport);
}

/* libusb looks at all devices when it is begun, and one of those may keep it waiting. */
static bool transport_is_queued(void *self, struct dfut_request *request)
{
	const struct dfut_link_transport *transport = self;
	const struct dfut_action *action = dfut_request_get_action(request);

	return action->kind == DFUT_ACTION_OPEN && action->link == DFUT_LINK_USB && transport->system->usb &&
	       dfut_usb_get_beginning_us(transport->system->usb) < BEGINNING_LIMIT_US &&
	       dfut_usb_get_beginning_us(transport->system->usb);
}

const struct dfut_transport_ops dfut_link_transport_ops = {
	.size = sizeof(struct dfut_transport_ops),
	.submit = transport_submit,
	.cancel = transport_cancel,
	.close = transport_close,
	.is_queued = transport_is_queued,
};
