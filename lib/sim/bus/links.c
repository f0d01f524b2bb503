/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * HID nodes and serial ports of the virtual bus: what Linux's usbhid and cdc-acm make of the same actions. cdc-acm
 * raises both lines when a port is opened, sends a line coding only when it changes, tells nobody when the device
 * refuses it, and waits 5 s for an answer.
 */

#include <stdlib.h>
#include <string.h>

#include "sim/sim.h"

#define CLASS_COMMUNICATION 0x02
#define CLASS_DATA 0x0a
#define CLASS_HID 0x03
#define INTERFACE_CLASS 5
#define ENDPOINT_DESCRIPTOR 5
#define ENDPOINT_ADDRESS 2
#define ENDPOINT_ATTRIBUTES 3
#define ENDPOINT_INTERRUPT 3
#define ENDPOINT_BULK 2

/* USB CDC PSTN 1.2, 6.3; HID 1.11, 7.2 */
#define SET_LINE_CODING 0x20
#define SET_CONTROL_LINE_STATE 0x22
#define LINE_CODING_SIZE 7
#define GET_REPORT 0x01
#define SET_REPORT 0x09

#define REQUEST_OUT (DFUT_SIM_TYPE_CLASS | DFUT_SIM_RECIPIENT_INTERFACE)
#define REQUEST_IN (DFUT_SIM_REQUEST_IN | REQUEST_OUT)
#define ACM_LIMIT_US UINT64_C(5000000)
/* HID 1.11, 6.2.2.7 */
#define ITEM_REPORT_ID 0x85
#define ITEM_LONG 0xfe

static uint8_t get_class(const struct dfut_sim_device *device, uint8_t interface)
{
	struct dfut_sim_description description = dfut_sim_device_describe(device);
	const uint8_t *descriptor = dfut_sim_find_interface(&description, interface, 0);

	return descriptor ? descriptor[INTERFACE_CLASS] : 0;
}

/* An endpoint of the first alternate setting; 0 if there is none. */
static uint8_t find_endpoint(const struct dfut_sim_device *device, uint8_t interface, uint8_t kind, bool is_in)
{
	struct dfut_sim_description description = dfut_sim_device_describe(device);
	const uint8_t *at = dfut_sim_find_interface(&description, interface, 0);
	const uint8_t *end = description.descriptors + description.descriptors_size;

	if (!at)
		return 0;
	for (at += at[0]; end - at >= 7 && at[0] >= 2 && at[1] != DFUT_SIM_INTERFACE_DESCRIPTOR; at += at[0])
		if (at[1] == ENDPOINT_DESCRIPTOR && (at[ENDPOINT_ATTRIBUTES] & 3) == kind &&
		    !(at[ENDPOINT_ADDRESS] & DFUT_SIM_REQUEST_IN) != is_in)
			return at[ENDPOINT_ADDRESS];
	return 0;
}

/* The data interface comes after its communication interface. */
static uint8_t find_bulk(const struct dfut_sim_device *device, uint8_t interface, bool is_in)
{
	uint8_t endpoint = find_endpoint(device, interface, ENDPOINT_BULK, is_in);

	if (!endpoint && get_class(device, (uint8_t)(interface + 1)) == CLASS_DATA)
		endpoint = find_endpoint(device, (uint8_t)(interface + 1), ENDPOINT_BULK, is_in);
	return endpoint;
}

size_t dfut_sim_get_report_descriptor(struct dfut_sim_device *device, uint8_t interface, uint8_t *data, size_t room)
{
	struct dfut_sim_setup setup = { DFUT_SIM_REQUEST_IN | DFUT_SIM_RECIPIENT_INTERFACE, DFUT_SIM_GET_DESCRIPTOR,
					DFUT_SIM_REPORT_DESCRIPTOR << 8, interface, (uint16_t)room };
	int result = get_class(device, interface) == CLASS_HID ? dfut_sim_device_answer(device, &setup, data) : 0;

	return result > 0 ? (size_t)result : 0;
}

static bool is_numbered(struct dfut_sim_device *device, uint8_t interface)
{
	uint8_t data[DFUT_SIM_REPORT_DESCRIPTOR_LIMIT];
	size_t size = dfut_sim_get_report_descriptor(device, interface, data, sizeof(data));
	static const uint8_t sizes[] = { 1, 2, 3, 5 };

	for (size_t at = 0; at < size;
	     at += data[at] == ITEM_LONG ? 3u + (at + 1 < size ? data[at + 1] : 0) : sizes[data[at] & 3])
		if (data[at] == ITEM_REPORT_ID)
			return true;
	return false;
}

/* Serial ports. */

/* What the driver thinks is set; it forgets with the device. */
static void find_port(struct dfut_sim_device *device, uint8_t interface, struct dfut_sim_port **port)
{
	static const struct dfut_line_coding at_start = { 9600, 1, 0, 8 };

	*port = &device->ports[interface];
	if ((*port)->instance == device->instance)
		return;
	**port = (struct dfut_sim_port){ .instance = device->instance, .coding = at_start };
}

/* A request of the driver; without an answer it waits, and then gives up. */
static void send_acm(struct dfut_sim_transfer *transfer, const struct dfut_sim_setup *setup, uint8_t *data,
		     bool tells_errors)
{
	struct dfut_sim_reply *reply = &transfer->reply;

	dfut_sim_device_receive(transfer->device, setup, data, reply);
	transfer->is_recorded = true;
	transfer->due_us += reply->is_answered ? transfer->rest_us + reply->delay_us : ACM_LIMIT_US;
	transfer->result = reply->is_answered ? reply->result : DFUT_ERROR_TIMEOUT;
	if (!tells_errors && transfer->result != DFUT_ERROR_GONE)
		transfer->result = 0;
	if (transfer->result > 0)
		transfer->result = 0;
}

static void set_lines(struct dfut_sim_transfer *transfer, uint8_t interface, uint16_t value, uint16_t mask,
		      bool tells_errors)
{
	struct dfut_sim_setup setup = { REQUEST_OUT, SET_CONTROL_LINE_STATE, 0, interface, 0 };
	struct dfut_sim_port *port;
	uint16_t lines;

	find_port(transfer->device, interface, &port);
	lines = (uint16_t)((port->lines & ~mask) | (value & mask));
	transfer->result = 0;
	if (lines == port->lines)
		return;
	/* The driver remembers it even if the device refuses. */
	port->lines = lines;
	setup.value = lines;
	send_acm(transfer, &setup, NULL, tells_errors);
}

static void set_line_coding(struct dfut_sim_transfer *transfer, uint8_t interface,
			    const struct dfut_line_coding *coding)
{
	struct dfut_sim_setup setup = { REQUEST_OUT, SET_LINE_CODING, 0, interface, LINE_CODING_SIZE };
	uint8_t data[LINE_CODING_SIZE] = { 0 };
	struct dfut_sim_port *port;

	find_port(transfer->device, interface, &port);
	transfer->result = 0;
	if (port->coding.baud == coding->baud && port->coding.data_bits == coding->data_bits &&
	    port->coding.parity == coding->parity && port->coding.stop_bits == coding->stop_bits)
		return;
	port->coding = *coding;
	dfut_put_le32(data, coding->baud);
	data[4] = coding->stop_bits == 2 ? 2 : 0;
	data[5] = coding->parity;
	data[6] = coding->data_bits;
	send_acm(transfer, &setup, data, false);
}

static bool is_port_open(const struct dfut_sim_transport *transport, uint8_t interface)
{
	for (const struct dfut_sim_transport *other = transport->device->transports; other; other = other->next)
		if (other->instance == transport->instance && other->is_linked[DFUT_LINK_SERIAL][interface])
			return true;
	return false;
}

void dfut_sim_link_open(struct dfut_sim_transfer *transfer, enum dfut_link link, uint8_t interface)
{
	struct dfut_sim_transport *transport = transfer->transport;
	uint8_t class_code = get_class(transport->device, interface);

	/* Nobody mounts drives here, but for a recording in which somebody had. */
	transfer->result = link == DFUT_LINK_VOLUME ? DFUT_ERROR_UNSUPPORTED : DFUT_ERROR_NOT_FOUND;
	if (link == DFUT_LINK_VOLUME && transport->device->is_mounted[interface]) {
		transport->is_linked[link][interface] = true;
		transfer->result = 0;
	} else if (link == DFUT_LINK_HID && class_code == CLASS_HID) {
		transport->is_linked[link][interface] = true;
		transfer->result = 0;
	} else if (link == DFUT_LINK_SERIAL && class_code == CLASS_COMMUNICATION) {
		if (is_port_open(transport, interface)) {
			transfer->result = DFUT_ERROR_BUSY;
			return;
		}
		transport->is_linked[link][interface] = true;
		transport->device->ports[interface].lines = 0;
		set_lines(transfer, interface, 3, 3, false);
	}
}

/* Reports. */

static void send_report(struct dfut_sim_transfer *transfer, const struct dfut_action *action)
{
	const struct dfut_action_report *report = &action->report;
	struct dfut_sim_device *device = transfer->device;
	uint8_t endpoint = find_endpoint(device, action->channel, ENDPOINT_INTERRUPT, false);
	size_t prefix = report->id ? 1 : 0;
	struct dfut_sim_setup setup = { REQUEST_OUT, SET_REPORT,
					(uint16_t)((unsigned int)report->type << 8 | report->id), action->channel,
					(uint16_t)(report->length + prefix) };
	struct dfut_sim_reply *reply = &transfer->reply;
	uint8_t *wire = malloc(report->length + 2u);

	transfer->result = DFUT_ERROR_NO_MEMORY;
	if (!wire)
		return;
	wire[0] = report->id;
	memcpy(wire + prefix, report->data, report->length);
	if (report->type == DFUT_REPORT_OUTPUT && endpoint)
		dfut_sim_device_receive_endpoint(device, endpoint, wire, setup.length, reply);
	else
		dfut_sim_device_receive(device, &setup, wire, reply);
	free(wire);
	transfer->is_recorded = true;
	transfer->result = reply->result < 0 ? reply->result : 0;
	transfer->due_us = reply->is_answered ? transfer->due_us + transfer->rest_us + reply->delay_us : UINT64_MAX;
}

static void get_report(struct dfut_sim_transfer *transfer, const struct dfut_action *action)
{
	const struct dfut_action_report *report = &action->report;
	size_t prefix = report->id ? 1 : 0;
	struct dfut_sim_setup setup = { REQUEST_IN, GET_REPORT,
					(uint16_t)((unsigned int)report->type << 8 | report->id), action->channel,
					(uint16_t)(report->length + prefix) };
	struct dfut_sim_reply *reply = &transfer->reply;
	uint8_t *wire = calloc(1, report->length + 2u);

	transfer->result = DFUT_ERROR_NO_MEMORY;
	if (!wire)
		return;
	dfut_sim_device_receive(transfer->device, &setup, wire, reply);
	transfer->is_recorded = true;
	transfer->result = reply->result > (int)prefix ? reply->result - (int)prefix :
			   reply->result < 0	       ? reply->result :
							 0;
	if (transfer->result > 0)
		memcpy(dfut_request_get_buffer(transfer->request), wire + prefix, (size_t)transfer->result);
	transfer->due_us = reply->is_answered ? transfer->due_us + transfer->rest_us + reply->delay_us : UINT64_MAX;
	free(wire);
}

/* An endpoint that has nothing yet is asked again when the device says so. */
static void read_endpoint(struct dfut_sim_transfer *transfer, uint8_t endpoint, uint16_t length, size_t prefix)
{
	bool is_serial = dfut_request_get_action(transfer->request)->link == DFUT_LINK_SERIAL;
	uint8_t *buffer = dfut_request_get_buffer(transfer->request);
	int result = DFUT_ERROR_UNSUPPORTED;

	/* Of an empty packet a serial driver has nothing to pass on. */
	do {
		if (endpoint && length > prefix)
			result = dfut_sim_endpoint_send(transfer->device, endpoint, buffer + prefix, length - prefix);
	} while (result == 0 && is_serial);
	transfer->is_waiting = result == DFUT_ERROR_BUSY;
	transfer->ready_count = transfer->device->ready_count;
	if (transfer->is_waiting) {
		transfer->due_us = UINT64_MAX;
		return;
	}
	buffer[0] = prefix ? 0 : buffer[0];
	transfer->result = result < 0 ? result : result + (int)prefix;
	transfer->due_us = dfut_sim_device_get_time_us(transfer->device) + transfer->rest_us;
}

static void write_endpoint(struct dfut_sim_transfer *transfer, uint8_t endpoint)
{
	const struct dfut_action *action = dfut_request_get_action(transfer->request);
	struct dfut_sim_reply *reply = &transfer->reply;

	transfer->result = DFUT_ERROR_UNSUPPORTED;
	if (!endpoint)
		return;
	dfut_sim_device_receive_endpoint(transfer->device, endpoint, action->transfer.data, action->transfer.length,
					 reply);
	transfer->is_recorded = true;
	transfer->result = reply->result;
	transfer->due_us = reply->is_answered ? transfer->due_us + transfer->rest_us + reply->delay_us : UINT64_MAX;
}

static void move_file(struct dfut_sim_transfer *transfer, const struct dfut_action *action)
{
	struct dfut_sim_device *device = transfer->device;
	bool moves = action->kind == DFUT_ACTION_READ || action->kind == DFUT_ACTION_WRITE;

	transfer->result = DFUT_ERROR_UNSUPPORTED;
	if (!moves || !device->move_file)
		return;
	device->answer_delay_us = 0;
	transfer->result = device->move_file(device->state, action, dfut_request_get_buffer(transfer->request));
	transfer->due_us += device->answer_delay_us;
	device->answer_delay_us = 0;
}

void dfut_sim_link_arrive(struct dfut_sim_transfer *transfer)
{
	struct dfut_sim_transport *transport = transfer->transport;
	const struct dfut_action *action = dfut_request_get_action(transfer->request);
	uint8_t interface = action->channel;

	if (action->link == DFUT_LINK_USB || !transport->is_linked[action->link][interface]) {
		transfer->result = DFUT_ERROR_IO;
		return;
	}
	if (action->link == DFUT_LINK_VOLUME) {
		move_file(transfer, action);
		return;
	}
	switch (action->kind) {
	case DFUT_ACTION_REPORT:
		if (!action->report.is_in)
			send_report(transfer, action);
		else if (action->report.type == DFUT_REPORT_INPUT)
			read_endpoint(transfer, find_endpoint(transfer->device, interface, ENDPOINT_INTERRUPT, true),
				      action->report.length, is_numbered(transfer->device, interface) ? 0 : 1);
		else
			get_report(transfer, action);
		return;
	case DFUT_ACTION_LINE_CODING:
		set_line_coding(transfer, interface, &action->line_coding);
		return;
	case DFUT_ACTION_LINES:
		set_lines(transfer, interface, action->lines.on, action->lines.which, true);
		return;
	case DFUT_ACTION_READ:
		read_endpoint(transfer, find_bulk(transfer->device, interface, true), action->transfer.length, 0);
		return;
	case DFUT_ACTION_WRITE:
		write_endpoint(transfer, find_bulk(transfer->device, interface, false));
		return;
	case DFUT_ACTION_OPEN:
	case DFUT_ACTION_CLOSE:
	case DFUT_ACTION_CONTROL:
	case DFUT_ACTION_RESET:
	case DFUT_ACTION_ALTERNATE:
	case DFUT_ACTION_RELEASE:
	case DFUT_ACTION_CONFIGURE:
	case DFUT_ACTION_CLEAR_HALT:
	case DFUT_ACTION_DRIVER:
		break;
	}
	transfer->result = DFUT_ERROR_UNSUPPORTED;
}

void dfut_sim_link_retry(struct dfut_sim_transfer *transfer)
{
	if (!transfer->is_waiting || !transfer->device || transfer->ready_count == transfer->device->ready_count)
		return;
	if (dfut_request_get_action(transfer->request)->link == DFUT_LINK_USB)
		dfut_sim_pipe_arrive(transfer);
	else
		dfut_sim_link_arrive(transfer);
}
