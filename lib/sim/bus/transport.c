/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Transports of the virtual bus: actions on their way to a device and back. */

#include <stdlib.h>
#include <string.h>

#include "sim/sim.h"

int dfut_sim_transport_new(struct dfut_sim_transport **transport, struct dfut_sim_device *device)
{
	struct dfut_sim *sim = device->sim;
	struct dfut_sim_transport **end = &device->transports;

	*transport = calloc(1, sizeof(**transport));
	if (!*transport)
		return DFUT_ERROR_NO_MEMORY;
	(*transport)->sim = sim;
	(*transport)->device = device;
	(*transport)->instance = device->instance;
	while (*end)
		end = &(*end)->next;
	*end = *transport;
	sim->refs++;
	return 0;
}

static void unlink_transport(struct dfut_sim_transport *transport)
{
	struct dfut_sim_transport **at = &transport->device->transports;

	while (*at != transport)
		at = &(*at)->next;
	*at = transport->next;
	transport->next = NULL;
}

static bool is_there(const struct dfut_sim_transport *transport)
{
	return transport->device && transport->device->present && transport->device->instance == transport->instance;
}

static int open_device(struct dfut_sim_transport *transport, uint8_t channel, bool keeps_driver)
{
	struct dfut_sim_device *device = transport->device;

	if (!dfut_sim_device_is_accessible(device))
		return DFUT_ERROR_ACCESS;
	if (channel == DFUT_CHANNEL_DEVICE) {
		transport->is_open = true;
		return 0;
	}
	if (!dfut_sim_device_has_interface(device, channel, -1))
		return DFUT_ERROR_NOT_FOUND;
	if (dfut_sim_is_claimed_elsewhere(transport, channel) ||
	    (keeps_driver && (dfut_sim_has_driver(transport, channel) || device->is_mounted[channel])))
		return DFUT_ERROR_BUSY;
	if (transport->is_claimed[channel])
		dfut_sim_device_breach(device, "%s: interface %d is claimed twice",
				       dfut_sim_device_get_state_name(device), channel);
	transport->is_open = true;
	transport->is_claimed[channel] = true;
	return 0;
}

static int close_device(struct dfut_sim_transport *transport)
{
	transport->is_open = false;
	memset(transport->is_claimed, 0, sizeof(transport->is_claimed));
	memset(transport->is_linked, 0, sizeof(transport->is_linked));
	return 0;
}

/* Returns false if the request can't be sent at all. */
static bool check_claim(struct dfut_sim_transport *transport, const struct dfut_sim_setup *setup)
{
	struct dfut_sim_device *device = transport->device;
	uint8_t interface = (uint8_t)setup->index;

	if (!transport->is_open) {
		dfut_sim_device_breach(device, "%s: request 0x%02x 0x%02x to a device that is not open",
				       dfut_sim_device_get_state_name(device), setup->request_type, setup->request);
		return false;
	}
	if ((setup->request_type & DFUT_SIM_RECIPIENT_MASK) == DFUT_SIM_RECIPIENT_INTERFACE &&
	    !transport->is_claimed[interface])
		dfut_sim_device_breach(device, "%s: request 0x%02x 0x%02x to interface %d, which is not claimed",
				       dfut_sim_device_get_state_name(device), setup->request_type, setup->request,
				       interface);
	return true;
}

static void arrive_control(struct dfut_sim_transfer *transfer, const struct dfut_sim_setup *setup, uint8_t *data)
{
	struct dfut_sim_transport *transport = transfer->transport;
	struct dfut_sim_reply *reply = &transfer->reply;

	if (!check_claim(transport, setup)) {
		transfer->result = DFUT_ERROR_IO;
		return;
	}
	dfut_sim_device_receive(transport->device, setup, data, reply);
	transfer->is_recorded = true;
	transfer->result = reply->result;
	transfer->due_us = reply->is_answered ? transfer->due_us + transfer->rest_us + reply->delay_us : UINT64_MAX;
}

static bool is_any_claimed(const struct dfut_sim_transport *transport)
{
	for (unsigned int i = 0; i < DFUT_COUNT(transport->is_claimed); i++)
		if (transport->is_claimed[i] || dfut_sim_is_claimed_elsewhere(transport, (uint8_t)i))
			return true;
	return false;
}

/* The system knows which configurations there are, and does not take one from a program. */
static void arrive_configure(struct dfut_sim_transfer *transfer, uint8_t value)
{
	struct dfut_sim_device *device = transfer->device;
	struct dfut_sim_setup setup = { DFUT_SIM_RECIPIENT_DEVICE, DFUT_SIM_SET_CONFIGURATION, value, 0, 0 };

	transfer->result = DFUT_ERROR_NOT_FOUND;
	if (value && !dfut_sim_device_has_configuration(device, value))
		return;
	transfer->result = DFUT_ERROR_BUSY;
	if (is_any_claimed(transfer->transport))
		return;
	arrive_control(transfer, &setup, NULL);
	memset(device->is_driverless, 0, sizeof(device->is_driverless));
}

static void arrive_clear_halt(struct dfut_sim_transfer *transfer, uint8_t endpoint)
{
	struct dfut_sim_setup setup = { DFUT_SIM_RECIPIENT_ENDPOINT, DFUT_SIM_CLEAR_FEATURE, 0, endpoint, 0 };
	uint8_t interface;

	transfer->result = DFUT_ERROR_NOT_FOUND;
	if (dfut_sim_find_endpoint(transfer->device, endpoint, &interface))
		arrive_control(transfer, &setup, NULL);
}

static void release(struct dfut_sim_transfer *transfer, uint8_t interface)
{
	struct dfut_sim_transport *transport = transfer->transport;

	transfer->result = transport->is_claimed[interface] ? 0 : DFUT_ERROR_NOT_FOUND;
	transport->is_claimed[interface] = false;
}

static void arrive_reset(struct dfut_sim_transfer *transfer)
{
	struct dfut_sim_transport *transport = transfer->transport;
	struct dfut_sim_reply reply = { 0 };

	if (!transport->is_open) {
		dfut_sim_device_breach(transport->device, "%s: reset of a device that is not open",
				       dfut_sim_device_get_state_name(transport->device));
		transfer->result = DFUT_ERROR_IO;
		return;
	}
	dfut_sim_device_receive_reset(transport->device, &reply);
	transfer->result = reply.result;
	transfer->due_us = reply.is_answered ? transfer->due_us + transfer->rest_us + reply.delay_us : UINT64_MAX;
}

static void arrive(struct dfut_sim_transfer *transfer)
{
	struct dfut_sim_transport *transport = transfer->transport;
	const struct dfut_action *action = dfut_request_get_action(transfer->request);
	const struct dfut_action_control *control = &action->control;
	struct dfut_sim_setup setup;

	transfer->arrived = true;
	switch (action->kind) {
	case DFUT_ACTION_OPEN:
		if (action->link == DFUT_LINK_USB)
			transfer->result = open_device(transport, action->channel, action->open.keeps_driver);
		else
			dfut_sim_link_open(transfer, action->link, action->channel);
		return;
	case DFUT_ACTION_CLOSE:
		transfer->result = close_device(transport);
		return;
	case DFUT_ACTION_CONTROL:
		setup = (struct dfut_sim_setup){ control->request_type, control->request, control->value,
						 control->index, control->length };
		arrive_control(transfer, &setup, dfut_request_get_buffer(transfer->request));
		return;
	case DFUT_ACTION_ALTERNATE:
		setup = (struct dfut_sim_setup){ DFUT_SIM_RECIPIENT_INTERFACE, DFUT_SIM_SET_INTERFACE,
						 action->alternate.setting, action->channel, 0 };
		arrive_control(transfer, &setup, NULL);
		return;
	case DFUT_ACTION_RESET:
		arrive_reset(transfer);
		return;
	case DFUT_ACTION_CONFIGURE:
		arrive_configure(transfer, action->configure.configuration);
		return;
	case DFUT_ACTION_CLEAR_HALT:
		arrive_clear_halt(transfer, action->clear_halt.endpoint);
		return;
	case DFUT_ACTION_RELEASE:
		release(transfer, action->channel);
		return;
	case DFUT_ACTION_DRIVER:
		transfer->result = dfut_sim_ask_driver(transport, action->channel, action->driver.request);
		return;
	case DFUT_ACTION_READ:
	case DFUT_ACTION_WRITE:
		if (action->link == DFUT_LINK_USB)
			dfut_sim_pipe_arrive(transfer);
		else
			dfut_sim_link_arrive(transfer);
		return;
	case DFUT_ACTION_REPORT:
	case DFUT_ACTION_LINE_CODING:
	case DFUT_ACTION_LINES:
		dfut_sim_link_arrive(transfer);
		return;
		break;
	}
	transfer->result = DFUT_ERROR_UNSUPPORTED;
}

static void unlink_transfer(struct dfut_sim_transfer *transfer)
{
	struct dfut_sim_transfer **at = &transfer->transport->transfers;

	while (*at != transfer)
		at = &(*at)->next;
	*at = transfer->next;
	dfut_deadline_remove(&transfer->due);
}

static void complete(struct dfut_sim_transfer *transfer)
{
	unlink_transfer(transfer);
	if (transfer->device && transfer->is_recorded && !transfer->cancelled)
		dfut_sim_device_set_result(transfer->device, &transfer->reply, transfer->result);
	dfut_request_complete(transfer->request, transfer->cancelled ? DFUT_ERROR_CANCELLED : transfer->result);
	free(transfer);
}

static struct dfut_sim *get_sim(const struct dfut_sim_transfer *transfer)
{
	return transfer->transport->sim;
}

/* What waits for an endpoint is due as soon as the device says that one is ready. */
static void plan_again(struct dfut_sim_transfer *transfer)
{
	bool is_woken = transfer->is_waiting && transfer->device && !transfer->cancelled &&
			transfer->ready_count != transfer->device->ready_count;

	dfut_deadline_set(&transfer->due, is_woken ? 0 : transfer->due_us);
}

void dfut_sim_transfer_run(struct dfut_sim_transfer *transfer)
{
	if (!transfer->arrived && !transfer->cancelled)
		arrive(transfer);
	else if (!transfer->cancelled)
		dfut_sim_link_retry(transfer);
	if (transfer->cancelled || transfer->due_us <= dfut_sim_get_time_us(get_sim(transfer)))
		complete(transfer);
	else
		plan_again(transfer);
}

static uint64_t get_length_us(const struct dfut_sim_device *device, const struct dfut_action *action)
{
	switch (action->kind) {
	case DFUT_ACTION_OPEN:
		return device->options.open_ms * DFUT_SIM_US_PER_MS;
	case DFUT_ACTION_RESET:
		return device->options.reset_ms * DFUT_SIM_US_PER_MS;
	case DFUT_ACTION_CONTROL:
	case DFUT_ACTION_ALTERNATE:
	case DFUT_ACTION_REPORT:
	case DFUT_ACTION_LINE_CODING:
	case DFUT_ACTION_LINES:
	case DFUT_ACTION_READ:
	case DFUT_ACTION_WRITE:
	case DFUT_ACTION_CONFIGURE:
	case DFUT_ACTION_CLEAR_HALT:
		return device->options.transfer_us;
	case DFUT_ACTION_RELEASE:
	case DFUT_ACTION_DRIVER:
	case DFUT_ACTION_CLOSE:
		break;
	}
	return 0;
}

static size_t get_hub_length(const struct dfut_sim_device *device)
{
	const char *end = strrchr(device->path, '.');

	end = end ? end : strchr(device->path, '-');
	return end ? (size_t)(end - device->path) : 0;
}

static bool is_on_same_hub(const struct dfut_sim_device *a, const struct dfut_sim_device *b)
{
	size_t length = get_hub_length(a);

	return length == get_hub_length(b) && strncmp(a->path, b->path, length) == 0;
}

/* When a reset that is under way ends; 0 for all else. */
static uint64_t get_reset_end_us(const struct dfut_sim_transfer *transfer)
{
	if (!transfer->device || transfer->cancelled || transfer->due_us == UINT64_MAX ||
	    dfut_request_get_action(transfer->request)->kind != DFUT_ACTION_RESET)
		return 0;
	return transfer->due_us + (transfer->arrived ? 0 : transfer->rest_us);
}

/* When the resets of a device that are under way have ended. */
static uint64_t get_resets_end_us(const struct dfut_sim_device *device)
{
	uint64_t last_us = 0;

	for (const struct dfut_sim_transport *transport = device->transports; transport; transport = transport->next) {
		for (const struct dfut_sim_transfer *one = transport->transfers; one; one = one->next)
			last_us = get_reset_end_us(one) > last_us ? get_reset_end_us(one) : last_us;
	}
	return last_us;
}

/* A hub that serves resets one after the other: when it has done those that it was asked for before. */
static uint64_t get_hub_free_us(const struct dfut_sim_transfer *asked)
{
	uint64_t free_us = asked->due_us;

	for (const struct dfut_sim_device *other = get_sim(asked)->devices; other; other = other->next) {
		uint64_t end_us = other->transports ? get_resets_end_us(other) : 0;

		if (end_us > free_us && is_on_same_hub(other, asked->device))
			free_us = end_us;
	}
	return free_us;
}

static void plan(struct dfut_sim_transfer *transfer, const struct dfut_action *action)
{
	struct dfut_sim_transport *transport = transfer->transport;
	uint64_t length_us;

	transfer->due_us = dfut_sim_get_time_us(transport->sim);
	transfer->limit_us = UINT64_MAX;
	if (action->timeout_ms > DFUT_ENDPOINT_GRACE_MS && action->timeout_ms != UINT32_MAX)
		transfer->limit_us = transfer->due_us +
				     (action->timeout_ms - DFUT_ENDPOINT_GRACE_MS) * DFUT_SIM_US_PER_MS;
	if (!is_there(transport)) {
		transfer->arrived = true;
		transfer->result = action->kind == DFUT_ACTION_CLOSE ? close_device(transport) : DFUT_ERROR_GONE;
		return;
	}
	transfer->device = transport->device;
	transfer->is_close = action->kind == DFUT_ACTION_CLOSE;
	if (transport->device->is_dying) {
		transfer->arrived = true;
		transfer->result = transfer->is_close ? close_device(transport) : DFUT_ERROR_IO;
		return;
	}
	if (action->kind == DFUT_ACTION_RESET && transport->device->options.hub_resets)
		transfer->due_us = get_hub_free_us(transfer);
	length_us = get_length_us(transport->device, action);
	transfer->rest_us = length_us / 2;
	transfer->due_us += length_us - transfer->rest_us;
	/* Opening is between the host and itself, but for what a driver then sends. */
	if (action->kind == DFUT_ACTION_OPEN) {
		transfer->due_us += transfer->rest_us;
		transfer->rest_us = transport->device->options.transfer_us;
	}
}

static void transport_submit(void *self, struct dfut_request *request)
{
	struct dfut_sim_transport *transport = self;
	struct dfut_sim_transfer *transfer = calloc(1, sizeof(*transfer));
	struct dfut_sim_transfer **end = &transport->transfers;

	if (!transfer) {
		dfut_request_complete(request, DFUT_ERROR_NO_MEMORY);
		return;
	}
	transfer->transport = transport;
	transfer->request = request;
	plan(transfer, dfut_request_get_action(request));
	while (*end)
		end = &(*end)->next;
	*end = transfer;
	dfut_deadline_add(&transfer->due, &transport->sim->transfer_times, transfer, ++transport->sim->last_order,
			  transfer->due_us);
}

static void cancel_transfer(struct dfut_sim_transfer *transfer)
{
	transfer->cancelled = true;
	transfer->due_us = dfut_sim_get_time_us(get_sim(transfer));
	plan_again(transfer);
}

static void transport_cancel(void *self, struct dfut_request *request)
{
	struct dfut_sim_transport *transport = self;

	for (struct dfut_sim_transfer *transfer = transport->transfers; transfer; transfer = transfer->next)
		if (transfer->request == request)
			cancel_transfer(transfer);
}

void dfut_sim_transfers_end(struct dfut_sim_device *device, int result)
{
	for (struct dfut_sim_transport *transport = device->transports; transport; transport = transport->next) {
		for (struct dfut_sim_transfer *transfer = transport->transfers; transfer; transfer = transfer->next) {
			if (!transfer->device || transfer->cancelled)
				continue;
			transfer->result = transfer->is_close ? 0 : result;
			transfer->arrived = true;
			transfer->due_us = dfut_sim_device_get_time_us(device);
			plan_again(transfer);
		}
	}
}

void dfut_sim_transfers_wake(struct dfut_sim_device *device)
{
	for (struct dfut_sim_transport *transport = device->transports; transport; transport = transport->next)
		for (struct dfut_sim_transfer *transfer = transport->transfers; transfer; transfer = transfer->next)
			plan_again(transfer);
}

static void give_up(struct dfut_sim_transfer *transfer)
{
	transfer->result = DFUT_ERROR_GONE;
	complete(transfer);
}

static void transport_close(void *self)
{
	struct dfut_sim_transport *transport = self;

	while (transport->transfers)
		give_up(transport->transfers);
	if (transport->device)
		unlink_transport(transport);
	dfut_sim_unref(transport->sim);
	free(transport);
}

const struct dfut_transport_ops dfut_sim_transport_ops = {
	.size = sizeof(struct dfut_transport_ops),
	.submit = transport_submit,
	.cancel = transport_cancel,
	.close = transport_close,
};

static void forget_device(struct dfut_sim_transport *transport)
{
	struct dfut_sim_transfer *next;

	for (struct dfut_sim_transfer *transfer = transport->transfers; transfer; transfer = next) {
		next = transfer->next;
		if (transfer->device)
			give_up(transfer);
	}
	unlink_transport(transport);
	transport->device = NULL;
}

void dfut_sim_transports_forget(struct dfut_sim_device *device)
{
	while (device->transports)
		forget_device(device->transports);
}

void dfut_sim_transfers_give_up(struct dfut_sim *sim)
{
	while (sim->transfer_times.first)
		give_up(sim->transfer_times.first->owner);
}
