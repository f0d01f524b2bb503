/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * A host of a virtual bus for tests: the functions of dfutrigger-transport.h that libdfutrigger-sim calls, in their
 * simplest form, in place of the library's. So the virtual devices are judged without the code that they judge.
 */

#ifndef DFUT_TESTS_SIM_HOST_H
#define DFUT_TESTS_SIM_HOST_H

#include <stdlib.h>
#include <string.h>

#include "dfutrigger-sim.h"

#define HOST_DEVICE_LIMIT 4
#define HOST_STRING_LIMIT 16
#define HOST_PENDING 1000

/* Of a device that was reported: a copy of its facts. */
struct host_device {
	uint64_t instance;
	char path[32];
	unsigned int address;
	uint8_t configuration;
	uint8_t descriptors[512];
	size_t descriptors_size;
	char strings[HOST_STRING_LIMIT][64];
};

struct dfut_bus {
	struct dfut_bus_ops ops;
	void *self;
	unsigned int changes;
	const struct dfut_clock_ops *clock;
	void *clock_self;
	uint64_t real_us;
	struct host_device devices[HOST_DEVICE_LIMIT];
	size_t device_count;
};

struct dfut_context {
	struct dfut_bus bus;
};

struct dfut_request {
	struct dfut_action action;
	uint8_t buffer[8192];
	int result;
	unsigned int completions;
};

int dfut_context_add_bus(struct dfut_context *context, const struct dfut_bus_ops *ops, void *self)
{
	memcpy(&context->bus.ops, ops, ops->size);
	context->bus.self = self;
	return ops->start(self, &context->bus);
}

int dfut_context_set_clock(struct dfut_context *context, const struct dfut_clock_ops *ops, void *self)
{
	context->bus.clock = ops;
	context->bus.clock_self = self;
	return 0;
}

const char *dfut_context_get_error(const struct dfut_context *context)
{
	(void)context;
	return "";
}

int dfut_bus_set_error(struct dfut_bus *bus, int code, const char *hint, const char *text)
{
	(void)bus;
	(void)hint;
	(void)text;
	return code;
}

void dfut_bus_set_hint_line(struct dfut_bus *bus, const char *line)
{
	(void)bus;
	(void)line;
}

int dfut_bus_report(struct dfut_bus *bus, const struct dfut_device_facts *facts)
{
	struct host_device *device = &bus->devices[bus->device_count++];

	memset(device, 0, sizeof(*device));
	device->instance = facts->instance;
	device->address = facts->address;
	device->configuration = facts->configuration;
	strncpy(device->path, facts->path, sizeof(device->path) - 1);
	memcpy(device->descriptors, facts->descriptors, facts->descriptors_size);
	device->descriptors_size = facts->descriptors_size;
	for (size_t i = 0; i < facts->string_count; i++)
		strncpy(device->strings[facts->strings[i].index], facts->strings[i].text,
			sizeof(device->strings[0]) - 1);
	return 0;
}

void dfut_bus_changed(struct dfut_bus *bus)
{
	bus->changes++;
}

void dfut_bus_wake(struct dfut_bus *bus)
{
	(void)bus;
}

void dfut_bus_log(struct dfut_bus *bus, enum dfut_log_level level, const char *text)
{
	(void)bus;
	(void)level;
	(void)text;
}

uint64_t dfut_bus_get_time_us(const struct dfut_bus *bus)
{
	return bus->clock ? bus->clock->get_time_us(bus->clock_self) : bus->real_us;
}

const struct dfut_action *dfut_request_get_action(const struct dfut_request *request)
{
	return &request->action;
}

uint8_t *dfut_request_get_buffer(struct dfut_request *request)
{
	return request->buffer;
}

void dfut_request_complete(struct dfut_request *request, int result)
{
	request->result = result;
	request->completions++;
}

/* What a test does with it. */

struct host {
	struct dfut_context context;
	struct dfut_sim *sim;
	struct dfut_sim_device *device;
	const struct dfut_transport_ops *ops;
	void *transport;
	struct dfut_request request;
};

static struct host *host_new_or_fail(const char *spec)
{
	struct host *host = calloc(1, sizeof(*host));

	if (!host || dfut_sim_new(&host->sim, DFUT_SIM_CLOCK_VIRTUAL) < 0 ||
	    dfut_sim_add_to_context(host->sim, &host->context) < 0)
		abort();
	if (spec && dfut_sim_plug(&host->device, host->sim, spec, NULL) < 0)
		abort();
	return host;
}

static void host_disconnect(struct host *host)
{
	if (host->transport)
		host->ops->close(host->transport);
	host->transport = NULL;
}

static void host_free(struct host *host)
{
	if (!host)
		return;
	host_disconnect(host);
	dfut_sim_free(host->sim);
	host->context.bus.ops.stop(host->context.bus.self);
	free(host);
}

static uint64_t host_get_time_us(const struct host *host)
{
	return dfut_sim_get_time_us(host->sim);
}

static void host_wait_ms(struct host *host, uint64_t ms)
{
	const struct dfut_bus *bus = &host->context.bus;
	uint64_t until_us = host_get_time_us(host) + ms * 1000;

	do
		bus->clock->advance(bus->clock_self, until_us);
	while (host_get_time_us(host) < until_us);
}

/* The devices that are there. */
static size_t host_scan(struct host *host)
{
	host->context.bus.device_count = 0;
	host->context.bus.ops.scan(host->context.bus.self, true);
	return host->context.bus.device_count;
}

static const struct host_device *host_get(struct host *host)
{
	return host_scan(host) ? &host->context.bus.devices[0] : NULL;
}

/* Submits, and waits no longer than the limit. */
static int host_run(struct host *host, const struct dfut_action *action, uint64_t limit_ms)
{
	const struct dfut_bus *bus = &host->context.bus;
	uint64_t until_us = host_get_time_us(host) + limit_ms * 1000;

	host->request.action = *action;
	host->request.completions = 0;
	host->request.result = HOST_PENDING;
	if (action->kind == DFUT_ACTION_CONTROL && action->control.data)
		memcpy(host->request.buffer, action->control.data, action->control.length);
	host->ops->submit(host->transport, &host->request);
	if (host->request.completions)
		abort();
	while (!host->request.completions && host_get_time_us(host) < until_us)
		bus->clock->advance(bus->clock_self, until_us);
	if (host->request.completions)
		return host->request.result;
	host->ops->cancel(host->transport, &host->request);
	bus->ops.dispatch(bus->self);
	return DFUT_ERROR_TIMEOUT;
}

static int host_connect(struct host *host)
{
	const struct host_device *device = host_get(host);

	host_disconnect(host);
	if (!device)
		return DFUT_ERROR_NOT_FOUND;
	return host->context.bus.ops.connect(host->context.bus.self, device->instance, &host->ops, &host->transport);
}

static inline int host_open(struct host *host, uint8_t channel)
{
	struct dfut_action action = { .kind = DFUT_ACTION_OPEN, .channel = channel };
	int result = host->transport ? 0 : host_connect(host);

	return result < 0 ? result : host_run(host, &action, 1000);
}

static inline int host_close(struct host *host)
{
	struct dfut_action action = { .kind = DFUT_ACTION_CLOSE };

	return host_run(host, &action, 1000);
}

static inline int host_reset(struct host *host)
{
	struct dfut_action action = { .kind = DFUT_ACTION_RESET };

	return host_run(host, &action, 5000);
}

static inline int host_alternate(struct host *host, uint8_t number, uint8_t alternate)
{
	struct dfut_action action = { .kind = DFUT_ACTION_ALTERNATE, .channel = number, .alternate = { alternate } };

	return host_run(host, &action, 1000);
}

static int host_out(struct host *host, uint8_t type, uint8_t request, uint16_t value, uint16_t index, const void *data,
		    uint16_t length)
{
	struct dfut_action action = {
		.kind = DFUT_ACTION_CONTROL,
		.control = { type, request, value, index, length, data },
	};

	return host_run(host, &action, 5000);
}

/* What comes in is in request.buffer. */
static inline int host_in(struct host *host, uint8_t type, uint8_t request, uint16_t value, uint16_t index,
			  uint16_t length)
{
	return host_out(host, type, request, value, index, NULL, length);
}

#endif
