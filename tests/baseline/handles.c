/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* All that a handle can do, on whatever device: most devices know little of it, and what they say to the rest counts,
 * too. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

#define TIMEOUT_MS 300
#define ENDPOINT_IN 0x80
#define DESCRIPTOR_ENDPOINT 5
#define CLASS_CDC 2
#define CLASS_HID 3

/* A call that is about to be made, and where its bytes come to. */
struct call {
	struct bench *bench;
	struct dfut_handle *handle;
	uint64_t begin_us;
	uint8_t data[300];
};

static void prepare(struct call *call)
{
	call->begin_us = dfut_sim_get_time_us(call->bench->sim);
	memset(call->data, 0x5a, sizeof(call->data));
}

static void note(struct call *call, const char *name, unsigned int number, int result)
{
	double ms = (double)(dfut_sim_get_time_us(call->bench->sim) - call->begin_us) / 1000;
	struct lines *words = &call->bench->outcome->words;

	if (result < 0)
		lines_add(words, "%s %x: %s \"%s\" hint \"%s\", %.3f ms", name, number, dfut_error_get_name(result),
			  dfut_context_get_error(call->bench->context), dfut_context_get_hint(call->bench->context),
			  ms);
	else
		lines_add(words, "%s %x: %d, %016" PRIx64 ", %.3f ms", name, number, result,
			  digest_add(DIGEST_START, call->data, sizeof(call->data)), ms);
	prepare(call);
}

static void try_device(struct call *call)
{
	static const struct {
		uint8_t type, request;
		uint16_t value, length;
	} requests[] = {
		{ 0x80, 6, 0x0100, 18 }, { 0x80, 6, 0x0200, 255 }, { 0x80, 6, 0x0301, 255 }, { 0x80, 0, 0, 2 },
		{ 0x80, 8, 0, 1 },	 { 0xc0, 0x55, 1, 4 },	   { 0x40, 0x55, 2, 0 },
	};
	struct dfut_handle *handle = call->handle;

	note(call, "open", 0, dfut_handle_open(handle));
	for (size_t i = 0; i < sizeof(requests) / sizeof(*requests); i++)
		note(call, "control", (unsigned int)i,
		     dfut_handle_control(handle, requests[i].type, requests[i].request, requests[i].value, 0,
					 call->data, requests[i].length, TIMEOUT_MS));
	note(call, "configuration", 1, dfut_handle_set_configuration(handle, 1));
}

static void try_driver(struct call *call, uint8_t number)
{
	note(call, "driver", number, dfut_handle_has_driver(call->handle, number));
	dfut_handle_set_keeps_drivers(call->handle, true);
	note(call, "claim beside the driver", number, dfut_handle_claim(call->handle, number));
	dfut_handle_set_keeps_drivers(call->handle, false);
	note(call, "claim", number, dfut_handle_claim(call->handle, number));
	note(call, "detach driver", number, dfut_handle_detach_driver(call->handle, number));
	note(call, "attach driver", number, dfut_handle_attach_driver(call->handle, number));
}

static void try_hid(struct call *call, uint8_t number)
{
	uint8_t id = 0;

	for (uint8_t i = 0; i < 8; i++)
		note(call, "feature report", i,
		     dfut_handle_get_feature_report(call->handle, number, i, call->data, 64, TIMEOUT_MS));
	note(call, "send feature report", number,
	     dfut_handle_send_report(call->handle, number, DFUT_REPORT_FEATURE, 0, call->data, 8, TIMEOUT_MS));
	note(call, "send output report", number,
	     dfut_handle_send_report(call->handle, number, DFUT_REPORT_OUTPUT, 0, call->data, 8, TIMEOUT_MS));
	note(call, "read report", number,
	     dfut_handle_read_report(call->handle, number, &id, call->data, 64, TIMEOUT_MS));
}

static void try_port(struct call *call, int number)
{
	static const struct dfut_line_coding coding = { 115200, 1, 0, 8 }, odd = { 300, 2, 1, 7 };

	note(call, "line coding", 8, dfut_handle_set_line_coding(call->handle, number, &coding, TIMEOUT_MS));
	note(call, "line coding", 7, dfut_handle_set_line_coding(call->handle, number, &odd, TIMEOUT_MS));
	note(call, "lines", 1, dfut_handle_set_lines(call->handle, number, 1, 0, TIMEOUT_MS));
	note(call, "lines", 2, dfut_handle_set_lines(call->handle, number, -1, 1, TIMEOUT_MS));
	note(call, "write port", 20, dfut_handle_write_serial(call->handle, number, call->data, 20, TIMEOUT_MS));
	note(call, "read port", 20, dfut_handle_read_serial(call->handle, number, call->data, 20, TIMEOUT_MS));
}

static void try_interface(struct call *call, const struct dfut_interface *interface)
{
	uint8_t number = interface->number;

	if (interface->alternate == 0)
		try_driver(call, number);
	note(call, "alternate", interface->alternate,
	     dfut_handle_set_alternate(call->handle, number, interface->alternate));
	for (uint8_t request = 2; request < 6; request++)
		note(call, "class request", request,
		     dfut_handle_control(call->handle, 0xa1, request, 0, number, call->data, 6, TIMEOUT_MS));
	if (interface->class_code == CLASS_HID)
		try_hid(call, number);
	if (interface->class_code == CLASS_CDC)
		try_port(call, number);
	note(call, "release", number, dfut_handle_release(call->handle, number));
}

/* Which there are is read from the raw descriptors. */
static void try_endpoints(struct call *call, const struct dfut_device *device)
{
	size_t size;
	const uint8_t *bytes = dfut_device_get_descriptors(device, &size);

	for (size_t at = 0; at + 6 < size && bytes[at] >= 2; at += bytes[at]) {
		uint8_t endpoint = bytes[at + 2];

		if (bytes[at + 1] != DESCRIPTOR_ENDPOINT)
			continue;
		note(call, "transfer", endpoint,
		     dfut_handle_transfer(call->handle, endpoint, call->data, endpoint & ENDPOINT_IN ? 64 : 5,
					  TIMEOUT_MS));
		note(call, "clear halt", endpoint, dfut_handle_clear_halt(call->handle, endpoint));
	}
	note(call, "transfer", 0x8f, dfut_handle_transfer(call->handle, 0x8f, call->data, 64, TIMEOUT_MS));
}

void bench_run_handle(struct bench *bench, struct dfut_device *device)
{
	struct call call = { .bench = bench };

	if (dfut_handle_new(&call.handle, device) < 0)
		abort();
	prepare(&call);
	try_device(&call);
	for (size_t i = 0; i < dfut_device_get_interface_count(device); i++)
		try_interface(&call, dfut_device_get_interface(device, i));
	try_endpoints(&call, device);
	try_port(&call, -1);
	note(&call, "reset", 0, dfut_handle_reset(call.handle, 5000));
	note(&call, "touch", 1200, dfut_handle_touch(call.handle, -1, 1200, TIMEOUT_MS));
	note(&call, "control", 0, dfut_handle_control(call.handle, 0x80, 6, 0x0100, 0, call.data, 18, TIMEOUT_MS));
	dfut_handle_free(call.handle);
}
