/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * A way of one's own to reach a device: a bus with one device, which lives in this program. In its place could
 * be a lab's relay board, a network connection or a browser. Triggers the device and prints what was sent.
 *
 * custom-transport [dfu | keyboard]: one is triggered by a control request, the other by a HID report.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dfutrigger-transport.h>
#include <dfutrigger.h>

#define PORT_PATH "1-1"
#define ABSENCE_US 300000

#define DFU_DETACH 0
#define TYPE_OUT_CLASS_INTERFACE 0x21

/** What the device tells of itself. */
struct face {
	const uint8_t *descriptors;
	size_t size;
};

/** The bus, and the one device on it. */
struct relay {
	struct dfut_bus *bus;
	const struct face *application;
	const struct face *bootloader;
	bool is_keyboard;
	bool is_present;
	bool is_bootloader;
	uint64_t instance;  /* another number each time that the device comes back */
	uint64_t return_us; /* when it comes back, UINT64_MAX while it is there */
};

/* Device descriptor, configuration, DFU interface, DFU functional descriptor (USB 2.0, 9.6; DFU 1.1, 4.1). */
static const uint8_t dfu_application[] = {
	18, 1, 0x00, 0x02, 0,	 0,  0, 64,   0x09, 0x12, 0x01, 0x00, 0x00, 0x01, 0,
	1,  2, 1,    9,	   2,	 27, 0, 1,    1,    0,	  0x80, 50,   9,    4,	  0,
	0,  0, 0xfe, 0x01, 0x01, 0,  9, 0x21, 0x0d, 0xe8, 0x03, 64,   0,    0x10, 0x01,
};

/* Another product id, and protocol 2: DFU mode. */
static const uint8_t dfu_bootloader[] = {
	18, 1, 0x00, 0x02, 0,	 0,  0, 64,   0x09, 0x12, 0x02, 0x00, 0x00, 0x01, 0,
	1,  2, 1,    9,	   2,	 27, 0, 1,    1,    0,	  0x80, 50,   9,    4,	  0,
	0,  0, 0xfe, 0x01, 0x02, 0,  9, 0x21, 0x0d, 0xe8, 0x03, 64,   0,    0x10, 0x01,
};

/* A keyboard with a SinoWealth chip: one HID interface (HID 1.11, 6.2.1). */
static const uint8_t keyboard_application[] = {
	18, 1,	  0x00, 0x02, 0, 0, 0,	  8,	0x8a, 0x25, 0x49, 0x00, 0x00, 0x01, 0,	  1,	2,    1,
	9,  2,	  34,	0,    1, 1, 0,	  0xa0, 50,   9,    4,	  0,	0,    1,    0x03, 0x00, 0x00, 0,
	9,  0x21, 0x11, 0x01, 0, 1, 0x22, 18,	0,    7,    5,	  0x81, 3,    8,    0,	  10,
};

static const uint8_t keyboard_bootloader[] = {
	18, 1,	  0x00, 0x02, 0, 0, 0,	  8,	0x03, 0x06, 0x20, 0x10, 0x00, 0x01, 0,	  1,	2,    1,
	9,  2,	  34,	0,    1, 1, 0,	  0xa0, 50,   9,    4,	  0,	0,    1,    0x03, 0x00, 0x00, 0,
	9,  0x21, 0x11, 0x01, 0, 1, 0x22, 18,	0,    7,    5,	  0x81, 3,    8,    0,	  10,
};

/* Feature report 5 has five bytes (HID 1.11, 6.2.2). */
static const uint8_t report_descriptor[] = {
	0x06, 0x00, 0xff, 0x09, 0x01, 0xa1, 0x01, 0x85, 0x05, 0x75, 0x08, 0x95, 0x05, 0x09, 0x01, 0xb1, 0x02, 0xc0,
};

static const struct face faces[] = {
	{ dfu_application, sizeof(dfu_application) },
	{ dfu_bootloader, sizeof(dfu_bootloader) },
	{ keyboard_application, sizeof(keyboard_application) },
	{ keyboard_bootloader, sizeof(keyboard_bootloader) },
};

static int relay_start(void *self, struct dfut_bus *bus)
{
	struct relay *relay = self;

	relay->bus = bus;
	relay->is_present = true;
	relay->instance = 1;
	relay->return_us = UINT64_MAX;
	return 0;
}

static void relay_stop(void *self)
{
	free(self);
}

static int relay_scan(void *self, bool may_block)
{
	static const struct dfut_string strings[] = { { 1, "Example device" }, { 2, "0001" } };
	static const struct dfut_node_facts node = {
		.size = sizeof(node),
		.link = DFUT_LINK_HID,
		.name = "relay",
		.report_descriptor = report_descriptor,
		.report_descriptor_size = sizeof(report_descriptor),
	};
	struct relay *relay = self;
	const struct face *face = relay->is_bootloader ? relay->bootloader : relay->application;
	struct dfut_device_facts facts = {
		.size = sizeof(facts),
		.instance = relay->instance,
		.path = PORT_PATH,
		.bus_number = 1,
		.address = (unsigned int)relay->instance,
		.configuration = 1,
		.descriptors = face->descriptors,
		.descriptors_size = face->size,
		.strings = strings,
		.string_count = 2,
		.nodes = &node,
		.node_count = relay->is_keyboard ? 1 : 0,
	};

	/* All is known at once: whether somebody waits makes no difference. */
	(void)may_block;
	return relay->is_present ? dfut_bus_report(relay->bus, &facts) : 0;
}

static void leave_and_return_later(struct relay *relay)
{
	printf("device: leaves the bus\n");
	relay->is_present = false;
	relay->return_us = dfut_bus_get_time_us(relay->bus) + ABSENCE_US;
	dfut_bus_changed(relay->bus);
}

static void answer_control(struct relay *relay, struct dfut_request *request)
{
	const struct dfut_action_control *control = &dfut_request_get_action(request)->control;

	printf("sent: request_type 0x%02x, request %u, value %u, index %u, %u bytes\n", control->request_type,
	       control->request, control->value, control->index, control->length);
	if (relay->is_bootloader || control->request_type != TYPE_OUT_CLASS_INTERFACE ||
	    control->request != DFU_DETACH) {
		/* As a device stalls what it does not know. */
		dfut_request_complete(request, DFUT_ERROR_DEVICE);
		return;
	}
	dfut_request_complete(request, 0);
	leave_and_return_later(relay);
}

/* The data of a report comes without its id. */
static void answer_report(struct relay *relay, struct dfut_request *request)
{
	const struct dfut_action_report *report = &dfut_request_get_action(request)->report;

	printf("sent: %s report %u, %u bytes, the first is 0x%02x\n",
	       report->type == DFUT_REPORT_FEATURE ? "feature" : "output", report->id, report->length,
	       report->length ? report->data[0] : 0u);
	if (relay->is_bootloader || report->type != DFUT_REPORT_FEATURE || report->id != 5 || report->length != 5 ||
	    report->data[0] != 0x75) {
		dfut_request_complete(request, DFUT_ERROR_DEVICE);
		return;
	}
	dfut_request_complete(request, 0);
	leave_and_return_later(relay);
}

static void transport_submit(void *transport, struct dfut_request *request)
{
	struct relay *relay = transport;
	const struct dfut_action *action = dfut_request_get_action(request);

	/* Here each request is answered at once; one that takes time is kept and completed later. */
	if (action->kind == DFUT_ACTION_CONTROL && relay->is_present)
		answer_control(relay, request);
	else if (action->kind == DFUT_ACTION_REPORT && relay->is_keyboard && relay->is_present)
		answer_report(relay, request);
	else if (action->kind == DFUT_ACTION_OPEN || action->kind == DFUT_ACTION_CONTROL)
		dfut_request_complete(request, relay->is_present ? 0 : DFUT_ERROR_GONE);
	else if (action->kind == DFUT_ACTION_CLOSE)
		dfut_request_complete(request, 0);
	else
		dfut_request_complete(request, DFUT_ERROR_UNSUPPORTED);
}

static void transport_cancel(void *transport, struct dfut_request *request)
{
	(void)transport;
	dfut_request_complete(request, DFUT_ERROR_TIMEOUT);
}

static void transport_close(void *transport)
{
	(void)transport;
}

static int relay_connect(void *self, uint64_t instance, const struct dfut_transport_ops **ops, void **transport)
{
	static const struct dfut_transport_ops transport_ops = {
		.size = sizeof(transport_ops),
		.submit = transport_submit,
		.cancel = transport_cancel,
		.close = transport_close,
	};
	struct relay *relay = self;

	if (!relay->is_present || instance != relay->instance)
		return DFUT_ERROR_GONE;
	*ops = &transport_ops;
	*transport = relay;
	return 0;
}

static uint64_t relay_get_deadline_us(void *self)
{
	struct relay *relay = self;

	return relay->return_us;
}

static void relay_dispatch(void *self)
{
	struct relay *relay = self;

	if (dfut_bus_get_time_us(relay->bus) < relay->return_us)
		return;
	printf("device: is back as its bootloader\n");
	relay->return_us = UINT64_MAX;
	relay->is_present = true;
	relay->is_bootloader = true;
	relay->instance++;
	dfut_bus_changed(relay->bus);
}

static const struct dfut_bus_ops relay_ops = {
	.size = sizeof(struct dfut_bus_ops),
	.name = "relay",
	.start = relay_start,
	.stop = relay_stop,
	.scan = relay_scan,
	.connect = relay_connect,
	.dispatch = relay_dispatch,
	.get_deadline_us = relay_get_deadline_us,
};

static int trigger(struct dfut_context *context)
{
	struct dfut_device *device = NULL;
	struct dfut_session *session = NULL;
	struct dfut_match match = DFUT_MATCH_INIT;
	int code = 0;

	/* Of some no table knows more than the class: only who names it means it. */
	match.path = "1-1";
	code = dfut_device_find(&device, context, &match);
	if (code < 0)
		return code;
	code = dfut_session_new(&session, device);
	if (code == 0)
		code = dfut_session_start_trigger(session);
	if (code == 0)
		code = dfut_session_run(session);
	if (session)
		printf("%s\n%s\n", dfut_session_get_message(session), dfut_session_get_hint(session));
	dfut_session_free(session);
	dfut_device_unref(device);
	return code;
}

int main(int argc, char **argv)
{
	bool is_keyboard = argc > 1 && strcmp(argv[1], "keyboard") == 0;
	struct dfut_context *context = NULL;
	struct relay *relay = NULL;
	int code = dfut_context_new(&context);

	if (code < 0)
		return EXIT_FAILURE;
	relay = calloc(1, sizeof(*relay));
	if (!relay)
		code = DFUT_ERROR_NO_MEMORY;
	if (relay) {
		relay->is_keyboard = is_keyboard;
		relay->application = &faces[is_keyboard ? 2 : 0];
		relay->bootloader = &faces[is_keyboard ? 3 : 1];
	}
	/* From here on the context frees it, through its stop function. */
	if (code == 0)
		code = dfut_context_add_bus(context, &relay_ops, relay);
	if (code == 0)
		code = trigger(context);
	if (code < 0)
		fprintf(stderr, "%s: %s\n", dfut_error_get_name(code), dfut_context_get_error(context));
	dfut_context_free(context);
	return code < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
