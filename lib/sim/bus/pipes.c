/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Bulk and interrupt endpoints as a program uses them that has claimed the interface, and the system's drivers that
 * it has to take off before: what Linux's usbfs does.
 */

#include "sim/sim.h"

#define CLASS_COMMUNICATION 0x02
#define CLASS_DATA 0x0a
#define CLASS_HID 0x03
#define SUBCLASS_ACM 0x02
/* USB 2.0, 9.6 */
#define INTERFACE_NUMBER 2
#define INTERFACE_ALTERNATE 3
#define INTERFACE_CLASS 5
#define INTERFACE_SUBCLASS 6
#define ENDPOINT_DESCRIPTOR 5
#define ENDPOINT_ADDRESS 2
#define ENDPOINT_PACKET_SIZE 4
#define ENDPOINT_SIZE 7

/* Drivers. */

static const uint8_t *find_interface(const struct dfut_sim_device *device, int number)
{
	struct dfut_sim_description description = dfut_sim_device_describe(device);

	return number >= 0 ? dfut_sim_find_interface(&description, (uint8_t)number, 0) : NULL;
}

static bool is_acm(const uint8_t *interface)
{
	return interface && interface[INTERFACE_CLASS] == CLASS_COMMUNICATION &&
	       interface[INTERFACE_SUBCLASS] == SUBCLASS_ACM;
}

/* usbhid, and cdc-acm, which takes the data interface, too. */
static const char *get_known_driver(const struct dfut_sim_device *device, uint8_t number)
{
	const uint8_t *interface = find_interface(device, number);

	if (!interface)
		return "";
	if (interface[INTERFACE_CLASS] == CLASS_HID)
		return "usbhid";
	return is_acm(interface) || (interface[INTERFACE_CLASS] == CLASS_DATA &&
				     is_acm(find_interface(device, number - 1))) ?
		       "cdc_acm" :
		       "";
}

static bool is_driver_known(const struct dfut_sim_device *device, uint8_t number)
{
	return *get_known_driver(device, number);
}

const char *dfut_sim_get_driver(const struct dfut_sim_device *device, uint8_t interface)
{
	return device->is_driverless[interface] ? "" : get_known_driver(device, interface);
}

bool dfut_sim_is_claimed_elsewhere(const struct dfut_sim_transport *transport, uint8_t interface)
{
	for (const struct dfut_sim_transport *other = transport->device->transports; other; other = other->next)
		if (other != transport && other->instance == transport->instance && other->is_open &&
		    other->is_claimed[interface])
			return true;
	return false;
}

bool dfut_sim_has_driver(const struct dfut_sim_transport *transport, uint8_t interface)
{
	return is_driver_known(transport->device, interface) && !transport->device->is_driverless[interface] &&
	       !transport->is_claimed[interface] && !dfut_sim_is_claimed_elsewhere(transport, interface);
}

int dfut_sim_ask_driver(struct dfut_sim_transport *transport, uint8_t interface, enum dfut_driver_request request)
{
	bool has_driver = dfut_sim_has_driver(transport, interface);

	switch (request) {
	case DFUT_DRIVER_ASK:
		return has_driver;
	case DFUT_DRIVER_DETACH:
		transport->device->is_driverless[interface] = true;
		return has_driver ? 0 : DFUT_ERROR_NOT_FOUND;
	case DFUT_DRIVER_ATTACH:
		if (transport->is_claimed[interface] || dfut_sim_is_claimed_elsewhere(transport, interface) ||
		    has_driver)
			return DFUT_ERROR_BUSY;
		transport->device->is_driverless[interface] = false;
		return is_driver_known(transport->device, interface) ? 0 : DFUT_ERROR_NOT_FOUND;
	}
	return DFUT_ERROR_UNSUPPORTED;
}

/* Endpoints. */

const uint8_t *dfut_sim_find_endpoint(const struct dfut_sim_device *device, uint8_t endpoint, uint8_t *interface)
{
	struct dfut_sim_description description = dfut_sim_device_describe(device);
	const uint8_t *at = description.descriptors;
	const uint8_t *end = at + description.descriptors_size;
	bool is_selected = false;

	for (; device->configuration && end - at >= 2 && at[0] >= 2 && end - at >= at[0]; at += at[0]) {
		if (at[1] == DFUT_SIM_INTERFACE_DESCRIPTOR) {
			*interface = at[INTERFACE_NUMBER];
			is_selected = device->alternates[*interface] == at[INTERFACE_ALTERNATE];
		} else if (is_selected && at[1] == ENDPOINT_DESCRIPTOR && at[0] >= ENDPOINT_SIZE &&
			   at[ENDPOINT_ADDRESS] == endpoint) {
			return at;
		}
	}
	return NULL;
}

/* Packet after packet, until one is short, all have come, or there is none yet. */
static void read_pipe(struct dfut_sim_transfer *transfer, size_t packet_size)
{
	const struct dfut_action *action = dfut_request_get_action(transfer->request);
	uint8_t *buffer = dfut_request_get_buffer(transfer->request);
	int got;

	transfer->is_waiting = false;
	/* One that has room for nothing takes a packet of that length. */
	do {
		size_t left = action->transfer.length - transfer->moved;

		got = dfut_sim_endpoint_send(transfer->device, action->transfer.endpoint, buffer + transfer->moved,
					     left < packet_size ? left : packet_size);
		transfer->moved += got > 0 ? (size_t)got : 0;
	} while (transfer->moved < action->transfer.length && got == (int)packet_size);
	transfer->due_us = dfut_sim_device_get_time_us(transfer->device) + transfer->rest_us;
	transfer->result = got < 0 ? got : (int)transfer->moved;
	if (got != DFUT_ERROR_BUSY)
		return;
	transfer->is_waiting = true;
	transfer->ready_count = transfer->device->ready_count;
	transfer->due_us = transfer->limit_us;
	transfer->result = transfer->moved ? (int)transfer->moved : DFUT_ERROR_TIMEOUT;
}

static void write_pipe(struct dfut_sim_transfer *transfer)
{
	const struct dfut_action *action = dfut_request_get_action(transfer->request);
	struct dfut_sim_reply *reply = &transfer->reply;

	dfut_sim_device_receive_endpoint(transfer->device, action->transfer.endpoint, action->transfer.data,
					 action->transfer.length, reply);
	transfer->is_recorded = true;
	transfer->result = reply->result;
	transfer->due_us = reply->is_answered ? transfer->due_us + transfer->rest_us + reply->delay_us :
						transfer->limit_us;
}

void dfut_sim_pipe_arrive(struct dfut_sim_transfer *transfer)
{
	const struct dfut_action *action = dfut_request_get_action(transfer->request);
	struct dfut_sim_device *device = transfer->device;
	uint8_t interface = 0;
	const uint8_t *descriptor = dfut_sim_find_endpoint(device, action->transfer.endpoint, &interface);

	transfer->result = DFUT_ERROR_NOT_FOUND;
	if (!descriptor)
		return;
	if (!transfer->transport->is_claimed[interface])
		dfut_sim_device_breach(device, "%s: endpoint 0x%02x is used, but interface %d is not claimed",
				       dfut_sim_device_get_state_name(device), action->transfer.endpoint, interface);
	if (action->kind == DFUT_ACTION_READ)
		read_pipe(transfer, dfut_le16(&descriptor[ENDPOINT_PACKET_SIZE]) & 0x7ff);
	else
		write_pipe(transfer);
}
