/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* One USB/IP connection: Linux, Documentation/usb/usbip_protocol.rst. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sim/usbip/connection.h"

/* A host that asks for more than this at a time is not one. */
#define LENGTH_LIMIT (1u << 18)
#define URB_LIMIT 256
#define OUT_LIMIT (4u << 20)
#define READ_SIZE 16384
#define NO_PACKETS UINT32_MAX
/* More than a slow host takes to ask again */
#define QUIET_US 30000
#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif
/* How hosts begin to enumerate; nothing but a reset makes them do so again. Linux: hub_port_init() */
#define FIRST_READ_SIZE 64
/* In an interface descriptor: USB 2.0, 9.6.5 */
#define INTERFACE_CLASS 5

/* A request that the host waits for. */
struct dfut_usbip_urb {
	struct dfut_usbip_urb *next;
	struct dfut_usbip_header header;
	struct dfut_sim_reply reply;
	bool is_recorded;
	bool is_waiting; /* for an endpoint that is not ready */
	uint64_t due_us;
	uint8_t data[];
};

int dfut_usbip_connection_new(struct dfut_usbip_connection **connection, struct dfut_sim *sim, int fd)
{
	*connection = calloc(1, sizeof(**connection));
	if (!*connection) {
		close(fd);
		return dfut_sim_fail(sim, DFUT_ERROR_NO_MEMORY, "out of memory");
	}
	(*connection)->sim = sim;
	(*connection)->fd = fd;
	(*connection)->heard_us = dfut_sim_get_time_us(sim);
	return 0;
}

static void unlink_urb(struct dfut_usbip_connection *connection, const struct dfut_usbip_urb *urb)
{
	struct dfut_usbip_urb **at = &connection->urbs;

	while (*at != urb)
		at = &(*at)->next;
	*at = urb->next;
	connection->urb_count--;
}

void dfut_usbip_connection_free(struct dfut_usbip_connection *connection)
{
	while (connection->urbs) {
		struct dfut_usbip_urb *urb = connection->urbs;

		unlink_urb(connection, urb);
		free(urb);
	}
	if (connection->device)
		connection->device->is_imported = false;
	close(connection->fd);
	free(connection->in.data);
	free(connection->out.data);
	free(connection);
}

void dfut_usbip_connection_import(struct dfut_usbip_connection *connection, struct dfut_sim_device *device)
{
	connection->device = device;
	connection->instance = device->instance;
	connection->device_id = (uint32_t)device->bus_number << 16 | device->address;
	/* The host configures it; on the virtual bus that is done before it is seen. */
	device->configuration = 0;
	device->is_imported = true;
}

/* Bytes. */

static uint8_t *grow(struct dfut_usbip_bytes *bytes, size_t size)
{
	uint8_t *end;

	if (bytes->room - bytes->size < size) {
		size_t room = (bytes->size + size) * 2;
		uint8_t *grown = realloc(bytes->data, room);

		if (!grown)
			return NULL;
		bytes->data = grown;
		bytes->room = room;
	}
	end = bytes->data + bytes->size;
	bytes->size += size;
	return end;
}

static void drop(struct dfut_usbip_bytes *bytes, size_t size)
{
	bytes->size -= size;
	if (bytes->size)
		memmove(bytes->data, bytes->data + size, bytes->size);
}

/* Room for an answer; NULL ends the connection. */
static uint8_t *put(struct dfut_usbip_connection *connection, size_t size)
{
	uint8_t *bytes = connection->out.size > OUT_LIMIT ? NULL : grow(&connection->out, size);

	connection->is_ended |= !bytes;
	return bytes;
}

static bool would_block(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

static void read_bytes(struct dfut_usbip_connection *connection)
{
	uint8_t *end = grow(&connection->in, READ_SIZE);
	ssize_t got = end ? recv(connection->fd, end, READ_SIZE, 0) : 0;

	if (!end || got == 0 || (got < 0 && !would_block()))
		connection->is_ended = true;
	if (end)
		connection->in.size -= READ_SIZE - (got > 0 ? (size_t)got : 0);
	if (got > 0)
		connection->heard_us = dfut_sim_get_time_us(connection->sim);
}

static void write_bytes(struct dfut_usbip_connection *connection)
{
	ssize_t sent;

	if (!connection->out.size)
		return;
	sent = send(connection->fd, connection->out.data, connection->out.size, MSG_NOSIGNAL);
	if (sent > 0)
		drop(&connection->out, (size_t)sent);
	else if (!would_block())
		connection->is_ended = true;
}

/* Answers. */

static int get_status(const struct dfut_usbip_urb *urb)
{
	switch (urb->reply.result) {
	case DFUT_ERROR_DEVICE:
		return -DFUT_USBIP_EPIPE;
	case DFUT_ERROR_GONE:
		return -DFUT_USBIP_ESHUTDOWN;
	default:
		break;
	}
	if (urb->reply.result < 0)
		return -DFUT_USBIP_EPROTO;
	if (urb->header.is_in && urb->header.flags & DFUT_USBIP_SHORT_NOT_OK &&
	    (uint32_t)urb->reply.result < urb->header.length)
		return -DFUT_USBIP_EREMOTEIO;
	return 0;
}

static void answer_urb(struct dfut_usbip_connection *connection, struct dfut_usbip_urb *urb)
{
	uint32_t length = urb->reply.result > 0 ? (uint32_t)urb->reply.result : 0;
	uint32_t data_length = urb->header.is_in ? length : 0;
	uint8_t *bytes = put(connection, DFUT_USBIP_HEADER_SIZE + data_length);

	unlink_urb(connection, urb);
	if (urb->is_recorded)
		dfut_sim_device_set_result(connection->device, &urb->reply, urb->reply.result);
	if (bytes) {
		dfut_usbip_put_submit_reply(bytes, urb->header.sequence, get_status(urb), length);
		if (data_length)
			memcpy(bytes + DFUT_USBIP_HEADER_SIZE, urb->data, data_length);
	}
	free(urb);
}

bool dfut_usbip_connection_has_left(const struct dfut_usbip_connection *connection)
{
	const struct dfut_sim_device *device = connection->device;

	return device && (!device->present || device->instance != connection->instance);
}

/* Control requests. */

static bool is_reset(const struct dfut_sim_device *device, const struct dfut_sim_setup *setup)
{
	return device->configuration != 0 && setup->request_type == DFUT_SIM_REQUEST_IN &&
	       setup->request == DFUT_SIM_GET_DESCRIPTOR && setup->value == DFUT_SIM_DEVICE_DESCRIPTOR << 8 &&
	       setup->length == FIRST_READ_SIZE;
}

/* What every system asks in its own way is not what a record or a fault is about. */
static bool is_of_system(const struct dfut_sim_setup *setup)
{
	return (setup->request_type & DFUT_SIM_TYPE_MASK) == DFUT_SIM_TYPE_STANDARD &&
	       setup->request != DFUT_SIM_SET_INTERFACE;
}

static void reset(struct dfut_sim_device *device)
{
	struct dfut_sim_reply reply = { 0 };

	dfut_sim_device_receive_reset(device, &reply);
	device->configuration = 0;
	memset(device->alternates, 0, sizeof(device->alternates));
	/* It may leave at once. */
	dfut_sim_run_due(device->sim);
}

static void submit_control(struct dfut_usbip_connection *connection, struct dfut_usbip_urb *urb)
{
	struct dfut_sim_device *device = connection->device;
	struct dfut_sim_setup *setup = &urb->header.setup;

	urb->reply.is_answered = true;
	if (setup->length > urb->header.length)
		setup->length = (uint16_t)urb->header.length;
	if (is_reset(device, setup))
		reset(device);
	if (dfut_usbip_connection_has_left(connection)) {
		urb->reply.result = DFUT_ERROR_GONE;
	} else if (is_of_system(setup)) {
		device->answer_delay_us = 0;
		urb->reply.result = dfut_sim_device_answer(device, setup, urb->data);
		urb->reply.is_answered = urb->reply.result != DFUT_ERROR_TIMEOUT;
		urb->reply.delay_us = device->answer_delay_us;
	} else if (device->configuration == 0) {
		/* Linux can send what was meant for the device that was at this port before. */
		urb->reply.result = DFUT_ERROR_DEVICE;
	} else {
		dfut_sim_device_receive(device, setup, urb->data, &urb->reply);
		urb->is_recorded = true;
	}
	urb->due_us = urb->reply.is_answered ? dfut_sim_get_time_us(device->sim) + urb->reply.delay_us : UINT64_MAX;
}

/* Other endpoints. */

static void read_endpoint(struct dfut_sim_device *device, struct dfut_usbip_urb *urb)
{
	struct dfut_sim_reply *reply = &urb->reply;

	reply->result = dfut_sim_endpoint_send(device, urb->header.endpoint | DFUT_SIM_REQUEST_IN, urb->data,
					       urb->header.length);
	reply->is_busy = reply->result == DFUT_ERROR_BUSY;
	reply->is_answered = !reply->is_busy;
}

/* What waits has been recorded, and has met its fault. */
static void write_endpoint(struct dfut_sim_device *device, struct dfut_usbip_urb *urb)
{
	const struct dfut_usbip_header *header = &urb->header;
	struct dfut_sim_reply *reply = &urb->reply;

	if (!urb->is_recorded) {
		dfut_sim_device_receive_endpoint(device, header->endpoint, urb->data, header->length, reply);
		urb->is_recorded = true;
		return;
	}
	reply->result = dfut_sim_endpoint_receive(device, header->endpoint, urb->data, header->length);
	reply->is_busy = reply->result == DFUT_ERROR_BUSY;
	reply->is_answered = !reply->is_busy;
}

static void try_endpoint(struct dfut_usbip_connection *connection, struct dfut_usbip_urb *urb)
{
	if (urb->header.is_in)
		read_endpoint(connection->device, urb);
	else
		write_endpoint(connection->device, urb);
	urb->is_waiting = urb->reply.is_busy;
	urb->due_us = urb->reply.is_answered ? dfut_sim_get_time_us(connection->sim) + urb->reply.delay_us : UINT64_MAX;
}

/* What waits for an endpoint goes first. */
static bool is_endpoint_taken(const struct dfut_usbip_connection *connection, const struct dfut_usbip_urb *urb)
{
	for (const struct dfut_usbip_urb *other = connection->urbs; other && other != urb; other = other->next)
		if (other->is_waiting && other->header.endpoint == urb->header.endpoint &&
		    other->header.is_in == urb->header.is_in)
			return true;
	return false;
}

static void submit_endpoint(struct dfut_usbip_connection *connection, struct dfut_usbip_urb *urb)
{
	if (!is_endpoint_taken(connection, urb)) {
		try_endpoint(connection, urb);
		return;
	}
	urb->is_waiting = true;
	urb->due_us = UINT64_MAX;
}

static void retry_endpoints(struct dfut_usbip_connection *connection)
{
	if (connection->ready_count == connection->device->ready_count)
		return;
	connection->ready_count = connection->device->ready_count;
	for (struct dfut_usbip_urb *urb = connection->urbs; urb; urb = urb->next)
		if (urb->is_waiting && !is_endpoint_taken(connection, urb))
			try_endpoint(connection, urb);
}

/* Commands. */

static void submit(struct dfut_usbip_connection *connection, const struct dfut_usbip_header *header,
		   const uint8_t *data)
{
	struct dfut_usbip_urb **end = &connection->urbs;
	struct dfut_usbip_urb *urb = calloc(1, sizeof(*urb) + header->length);

	if (!urb || connection->urb_count == URB_LIMIT) {
		free(urb);
		connection->is_ended = true;
		return;
	}
	urb->header = *header;
	if (!header->is_in && header->length)
		memcpy(urb->data, data, header->length);
	while (*end)
		end = &(*end)->next;
	*end = urb;
	connection->urb_count++;
	/* A device that is to have left by now answers nothing. */
	dfut_sim_run_due(connection->device->sim);
	if (dfut_usbip_connection_has_left(connection))
		urb->due_us = UINT64_MAX;
	else if (header->endpoint == 0)
		submit_control(connection, urb);
	else
		submit_endpoint(connection, urb);
}

static void unlink_command(struct dfut_usbip_connection *connection, const struct dfut_usbip_header *header)
{
	uint8_t *bytes = put(connection, DFUT_USBIP_HEADER_SIZE);
	struct dfut_usbip_urb *urb = connection->urbs;

	while (urb && urb->header.sequence != header->unlinked)
		urb = urb->next;
	if (bytes)
		dfut_usbip_put_unlink_reply(bytes, header->sequence, urb ? -DFUT_USBIP_ECONNRESET : 0);
	if (!urb)
		return;
	unlink_urb(connection, urb);
	free(urb);
}

/* Returns the bytes that a command took, 0 if it is not all there. */
static size_t take_command(struct dfut_usbip_connection *connection, const uint8_t *bytes, size_t size)
{
	struct dfut_usbip_header header;
	size_t data_size;

	if (size < DFUT_USBIP_HEADER_SIZE)
		return 0;
	dfut_usbip_take_header(&header, bytes);
	if (header.command == DFUT_USBIP_UNLINK) {
		unlink_command(connection, &header);
		return DFUT_USBIP_HEADER_SIZE;
	}
	if (header.command != DFUT_USBIP_SUBMIT || header.length > LENGTH_LIMIT ||
	    (header.packets != 0 && header.packets != NO_PACKETS)) {
		connection->is_ended = true;
		return 0;
	}
	data_size = header.is_in ? 0 : header.length;
	if (size - DFUT_USBIP_HEADER_SIZE < data_size)
		return 0;
	submit(connection, &header, bytes + DFUT_USBIP_HEADER_SIZE);
	return DFUT_USBIP_HEADER_SIZE + data_size;
}

/* Operations, before a device is imported. */

static struct dfut_sim_device *find_device(const struct dfut_sim *sim, const uint8_t *busid)
{
	for (struct dfut_sim_device *device = sim->devices; device; device = device->next)
		if (device->present && strncmp(device->path, (const char *)busid, DFUT_USBIP_BUSID_SIZE) == 0)
			return device;
	return NULL;
}

static void import(struct dfut_usbip_connection *connection, const uint8_t *busid)
{
	struct dfut_sim_device *device = find_device(connection->sim, busid);
	uint32_t status = !device	      ? DFUT_USBIP_STATUS_NO_DEVICE :
			  device->is_imported ? DFUT_USBIP_STATUS_BUSY :
						DFUT_USBIP_STATUS_OK;
	size_t device_size = status == DFUT_USBIP_STATUS_OK ? DFUT_USBIP_DEVICE_SIZE : 0;
	uint8_t *bytes = put(connection, DFUT_USBIP_OPERATION_SIZE + device_size);

	if (!bytes)
		return;
	dfut_usbip_put_operation(bytes, DFUT_USBIP_IMPORT_REPLY, status);
	if (!device_size)
		return;
	dfut_usbip_put_device(bytes + DFUT_USBIP_OPERATION_SIZE, device);
	dfut_usbip_connection_import(connection, device);
}

/* Class, subclass, protocol and a zero for each interface. */
static void list_interfaces(struct dfut_usbip_connection *connection, const struct dfut_sim_device *device)
{
	struct dfut_sim_description description = dfut_sim_device_describe(device);

	for (unsigned int number = 0; number < 256; number++) {
		const uint8_t *descriptor = dfut_sim_find_interface(&description, (uint8_t)number, 0);
		uint8_t *bytes = descriptor ? put(connection, 4) : NULL;

		if (!bytes)
			continue;
		memcpy(bytes, descriptor + INTERFACE_CLASS, 3);
		bytes[3] = 0;
	}
}

static void list_devices(struct dfut_usbip_connection *connection)
{
	uint8_t *bytes = put(connection, DFUT_USBIP_OPERATION_SIZE + 4);
	uint32_t count = 0;

	for (const struct dfut_sim_device *device = connection->sim->devices; device; device = device->next)
		count += device->present && !device->is_imported;
	if (!bytes)
		return;
	dfut_usbip_put_operation(bytes, DFUT_USBIP_LIST_REPLY, DFUT_USBIP_STATUS_OK);
	dfut_put_be32(bytes + DFUT_USBIP_OPERATION_SIZE, count);
	for (const struct dfut_sim_device *device = connection->sim->devices; device; device = device->next) {
		if (!device->present || device->is_imported)
			continue;
		bytes = put(connection, DFUT_USBIP_DEVICE_SIZE);
		if (!bytes)
			return;
		dfut_usbip_put_device(bytes, device);
		list_interfaces(connection, device);
	}
}

static size_t take_operation(struct dfut_usbip_connection *connection, const uint8_t *bytes, size_t size)
{
	if (size < DFUT_USBIP_OPERATION_SIZE)
		return 0;
	switch (dfut_be16(bytes + 2)) {
	case DFUT_USBIP_LIST_REQUEST:
		list_devices(connection);
		return DFUT_USBIP_OPERATION_SIZE;
	case DFUT_USBIP_IMPORT_REQUEST:
		if (size < DFUT_USBIP_OPERATION_SIZE + DFUT_USBIP_BUSID_SIZE)
			return 0;
		import(connection, bytes + DFUT_USBIP_OPERATION_SIZE);
		return DFUT_USBIP_OPERATION_SIZE + DFUT_USBIP_BUSID_SIZE;
	default:
		connection->is_ended = true;
		return 0;
	}
}

/* Life. */

bool dfut_usbip_connection_wants_to_write(const struct dfut_usbip_connection *connection)
{
	return connection->out.size > 0;
}

uint64_t dfut_usbip_connection_get_next_us(const struct dfut_usbip_connection *connection)
{
	uint64_t next_us = UINT64_MAX;

	if (connection->end_us)
		return connection->end_us;
	if (connection->device && connection->ready_count != connection->device->ready_count)
		return 0;
	for (const struct dfut_usbip_urb *urb = connection->urbs; urb; urb = urb->next)
		next_us = urb->due_us < next_us ? urb->due_us : next_us;
	return next_us;
}

static void run_commands(struct dfut_usbip_connection *connection)
{
	size_t used = 0;
	size_t taken = 0;

	if (!connection->in.size)
		return;
	do {
		const uint8_t *at = connection->in.data + used;
		size_t size = connection->in.size - used;

		taken = connection->device ? take_command(connection, at, size) : take_operation(connection, at, size);
		used += taken;
	} while (taken && !connection->is_ended);
	drop(&connection->in, used);
}

static void answer_due(struct dfut_usbip_connection *connection)
{
	uint64_t now_us = dfut_sim_get_time_us(connection->sim);
	struct dfut_usbip_urb *next;

	for (struct dfut_usbip_urb *urb = connection->urbs; urb; urb = next) {
		next = urb->next;
		if (urb->due_us <= now_us)
			answer_urb(connection, urb);
	}
}

static void end_urbs(struct dfut_usbip_connection *connection)
{
	while (connection->urbs) {
		connection->urbs->reply.result = DFUT_ERROR_GONE;
		answer_urb(connection, connection->urbs);
	}
}

/* Linux's hub thread would wait 5 s for each request that has no answer when the socket is closed. */
void dfut_usbip_connection_end(struct dfut_usbip_connection *connection)
{
	end_urbs(connection);
	write_bytes(connection);
	connection->is_ended = true;
}

/*
 * A host that is about to enumerate asks again at once when it gets an error, and what it sends while the socket is
 * closed finds no answer: it is let down gently.
 */
static void leave(struct dfut_usbip_connection *connection)
{
	uint64_t now_us = dfut_sim_get_time_us(connection->sim);

	if (connection->urbs || connection->end_us == 0)
		connection->end_us = now_us + (connection->device->configuration == 0 ? QUIET_US : 0);
	end_urbs(connection);
	connection->is_ended |= connection->end_us <= now_us;
}

bool dfut_usbip_connection_has_work(const struct dfut_usbip_connection *connection)
{
	return connection->is_ready || (dfut_usbip_connection_has_left(connection) && !connection->end_us) ||
	       dfut_usbip_connection_get_next_us(connection) <= dfut_sim_get_time_us(connection->sim);
}

void dfut_usbip_connection_run(struct dfut_usbip_connection *connection)
{
	if (connection->is_ready)
		read_bytes(connection);
	if (!connection->is_ended)
		run_commands(connection);
	if (dfut_usbip_connection_has_left(connection)) {
		leave(connection);
	} else if (connection->device) {
		retry_endpoints(connection);
		answer_due(connection);
	}
	write_bytes(connection);
}
