/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A bus with one device, which looks and answers as the input says, and a clock that moves when somebody waits. */

#ifndef DFUT_FUZZ_SESSION_BUS_H
#define DFUT_FUZZ_SESSION_BUS_H

#include "dfutrigger-transport.h"
#include "machine-host.h"

#define FACES 2
#define FACE_IDS 4
#define FACE_LIMIT 200
#define NODE_LIMIT 8
/* Before its interfaces: a device descriptor, and the beginning of a configuration descriptor */
#define FACE_HEAD 27
#define REQUEST_US 100

/* What it looks like in one of its modes: ids, then descriptors of interfaces. */
struct face {
	uint8_t bytes[FACE_IDS + FACE_LIMIT];
	size_t size;
};

struct session_bus {
	struct dfut_bus *bus;
	uint64_t now_us;
	uint64_t instance;
	bool is_present;
	struct input input;
	struct face faces[FACES];
	size_t face;
};

struct session_transport {
	struct session_bus *bus;
	struct dfut_request *waiting; /* for an answer that does not come */
};

/* Transports. */

static inline void session_bus_change(struct session_bus *bus, bool is_present)
{
	bus->is_present = is_present;
	bus->instance++;
	dfut_bus_changed(bus->bus);
}

/* As answer_any(), and the device may come back in its other mode, or leave. */
static inline int session_bus_answer(struct session_bus *bus, const struct dfut_action *action, uint8_t *buffer)
{
	const struct dfut_next next = { .kind = DFUT_NEXT_ACT, .action = *action };

	if (!bus->input.size) {
		session_bus_change(bus, false);
		return DFUT_ERROR_GONE;
	}
	if (*bus->input.data < 0xf0)
		return answer_any(&bus->input, &next, buffer);
	bus->face ^= take_byte(&bus->input) & 1;
	session_bus_change(bus, true);
	return DFUT_ERROR_GONE;
}

static inline void session_bus_submit(void *self, struct dfut_request *request)
{
	struct session_transport *transport = self;
	struct session_bus *bus = transport->bus;
	const struct dfut_action *action = dfut_request_get_action(request);

	bus->now_us += REQUEST_US;
	if (bus->input.size && *bus->input.data == 0xef) {
		take_byte(&bus->input);
		transport->waiting = request;
		return;
	}
	dfut_request_complete(request, session_bus_answer(bus, action, dfut_request_get_buffer(request)));
}

/* It may have been answered already. */
static inline void session_bus_cancel(void *self, struct dfut_request *request)
{
	struct session_transport *transport = self;

	if (transport->waiting != request)
		return;
	transport->waiting = NULL;
	dfut_request_complete(request, DFUT_ERROR_IO);
}

static inline void session_bus_close(void *self)
{
	struct session_transport *transport = self;

	if (transport->waiting)
		dfut_request_complete(transport->waiting, DFUT_ERROR_GONE);
	free(transport);
}

static const struct dfut_transport_ops session_transport_ops = {
	.size = sizeof(struct dfut_transport_ops),
	.submit = session_bus_submit,
	.cancel = session_bus_cancel,
	.close = session_bus_close,
};

/* The bus. */

static inline int session_bus_start(void *self, struct dfut_bus *bus)
{
	((struct session_bus *)self)->bus = bus;
	return 0;
}

static inline void session_bus_stop(void *self)
{
	(void)self;
}

static inline size_t session_bus_put_descriptors(uint8_t *bytes, const struct face *face)
{
	static const uint8_t head[FACE_HEAD] = { 18, 1, 0, 2, 0, 0, 0, 64, 0, 0, 0, 0,	  0, 1,
						 1,  2, 3, 1, 9, 2, 0, 0,  0, 1, 0, 0x80, 50 };
	const uint8_t *interfaces = face->bytes + FACE_IDS;
	size_t size = face->size - FACE_IDS;

	memcpy(bytes, head, sizeof(head));
	memcpy(bytes + 8, face->bytes, FACE_IDS);
	memcpy(bytes + FACE_HEAD, interfaces, size);
	bytes[20] = (uint8_t)(size + 9);
	for (size_t at = 0; at + 9 <= size && interfaces[at]; at += interfaces[at])
		bytes[22] += interfaces[at + 1] == 4 && interfaces[at + 3] == 0;
	return FACE_HEAD + size;
}

/* Those that a system would make. */
static inline size_t session_bus_put_nodes(struct dfut_node_facts nodes[NODE_LIMIT], const struct face *face)
{
	static const uint8_t report[] = { 0x06, 0x60, 0xff, 0x09, 0x61, 0xa1, 0x01, 0x75, 0x08, 0x95,
					  0x40, 0x09, 0x62, 0x81, 0x02, 0x09, 0x63, 0x91, 0x02, 0xc0 };
	size_t count = 0;

	for (size_t at = FACE_IDS; at + 9 <= face->size && face->bytes[at] && count < NODE_LIMIT;
	     at += face->bytes[at]) {
		const uint8_t *descriptor = face->bytes + at;
		bool is_hid = descriptor[5] == 3;

		if (descriptor[1] != 4 || descriptor[3] || (!is_hid && descriptor[5] != 2))
			continue;
		nodes[count++] = (struct dfut_node_facts){ .size = sizeof(nodes[0]),
							   .link = is_hid ? DFUT_LINK_HID : DFUT_LINK_SERIAL,
							   .interface_number = descriptor[2],
							   .name = "/dev/fuzz",
							   .report_descriptor = is_hid ? report : NULL,
							   .report_descriptor_size = is_hid ? sizeof(report) : 0 };
	}
	return count;
}

static inline int session_bus_scan(void *self, bool may_block)
{
	static const struct dfut_string strings[] = { { 1, "maker" },
						      { 2, "@Internal Flash  /0x08000000/04*016Kg" },
						      { 3, "3FF" } };
	struct session_bus *bus = self;
	uint8_t descriptors[FACE_HEAD + FACE_LIMIT];
	struct dfut_node_facts nodes[NODE_LIMIT];
	struct dfut_device_facts facts = { .size = sizeof(facts),
					   .instance = bus->instance,
					   .path = "1-1",
					   .bus_number = 1,
					   .address = 2,
					   .configuration = 1,
					   .descriptors = descriptors,
					   .strings = strings,
					   .string_count = DFUT_COUNT(strings),
					   .nodes = nodes };

	(void)may_block;
	if (!bus->is_present)
		return 0;
	facts.descriptors_size = session_bus_put_descriptors(descriptors, &bus->faces[bus->face]);
	facts.node_count = session_bus_put_nodes(nodes, &bus->faces[bus->face]);
	return dfut_bus_report(bus->bus, &facts);
}

static inline int session_bus_connect(void *self, uint64_t instance, const struct dfut_transport_ops **ops,
				      void **transport)
{
	struct session_bus *bus = self;
	struct session_transport *made;

	if (!bus->is_present || instance != bus->instance)
		return DFUT_ERROR_GONE;
	made = calloc(1, sizeof(*made));
	if (!made)
		return DFUT_ERROR_NO_MEMORY;
	made->bus = bus;
	*ops = &session_transport_ops;
	*transport = made;
	return 0;
}

static const struct dfut_bus_ops session_bus_ops = {
	.size = sizeof(struct dfut_bus_ops),
	.name = "fuzz",
	.start = session_bus_start,
	.stop = session_bus_stop,
	.scan = session_bus_scan,
	.connect = session_bus_connect,
};

/* The clock. */

static inline uint64_t session_bus_get_time_us(void *self)
{
	return ((struct session_bus *)self)->now_us;
}

static inline void session_bus_advance(void *self, uint64_t until_us)
{
	struct session_bus *bus = self;

	if (until_us != UINT64_MAX && until_us > bus->now_us)
		bus->now_us = until_us;
}

static const struct dfut_clock_ops session_clock_ops = {
	.size = sizeof(struct dfut_clock_ops),
	.get_time_us = session_bus_get_time_us,
	.advance = session_bus_advance,
};

#endif
