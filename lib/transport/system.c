/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * The bus of the operating system's devices. libusb tells which there are and when they come and go, the system what
 * they are, which HID nodes and serial ports it made of their interfaces, and why they can't be opened.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "transport/usb.h"

/* libusb promises hotplug events also where no udev sends any: a slow scan goes beside it. */
#define SCAN_INTERVAL_MS 500
/* Drivers make their nodes some time after a device arrived, and nobody tells. */
#define NODE_LIMIT_US 2000000
#define NODE_INTERVAL_US 20000
#define INTERFACE_NODE_LIMIT 32

#define DESCRIPTOR_CONFIGURATION 2
#define DESCRIPTOR_INTERFACE 4
#define INTERFACE_SIZE 9
#define CLASS_COMMUNICATION 0x02
#define SUBCLASS_ACM 0x02
#define CLASS_HID 0x03
#define CLASS_VENDOR 0xff

struct interface_node {
	struct dfut_node_facts facts;
	char name[DFUT_OS_NAME_SIZE];
	uint8_t *report_descriptor;
	size_t report_descriptor_size;
};

struct dfut_system_node {
	struct dfut_system_node *next;
	struct dfut_system *system;
	struct dfut_system_place place;
	uint64_t instance;
	uint64_t arrived_us;		/* 0: it was there at the first look */
	bool seen;
	bool reading;			/* a thread reads its strings; under the lock */
	bool orphan;			/* left meanwhile; under the lock */
	struct dfut_os_facts facts;
	struct interface_node *interfaces;
	size_t interface_count;
};

struct bus {
	struct dfut_system *system;
	uint64_t rescan_us;		/* when to look for nodes again */
};

void dfut_system_ref(struct dfut_system *system)
{
	pthread_mutex_lock(&system->lock);
	system->refs++;
	pthread_mutex_unlock(&system->lock);
}

void dfut_system_unref(struct dfut_system *system)
{
	bool last;

	pthread_mutex_lock(&system->lock);
	last = --system->refs == 0;
	pthread_mutex_unlock(&system->lock);
	if (!last)
		return;
	dfut_usb_free(system->usb);
	pthread_mutex_destroy(&system->lock);
	free(system);
}

/* What is known has changed, not what is there. */
static void tell_changed(struct dfut_system *system)
{
	pthread_mutex_lock(&system->lock);
	if (system->bus)
		dfut_bus_changed(system->bus);
	pthread_mutex_unlock(&system->lock);
}

void dfut_system_changed(struct dfut_system *system)
{
	pthread_mutex_lock(&system->lock);
	system->dirty = true;
	if (system->bus)
		dfut_bus_changed(system->bus);
	pthread_mutex_unlock(&system->lock);
}

void dfut_system_wake(struct dfut_system *system)
{
	pthread_mutex_lock(&system->lock);
	if (system->bus)
		dfut_bus_wake(system->bus);
	pthread_mutex_unlock(&system->lock);
}

/* Begin and end. */

static int bus_start(void *self, struct dfut_bus *bus)
{
	struct bus *own = self;
	struct dfut_failure *failure = &bus->context->failure;
	int result = dfut_os_check(failure);

	if (result < 0)
		return result;
	own->system->bus = bus;
	return dfut_usb_start(&own->system->usb, own->system, failure);
}

static void free_interfaces(struct interface_node *interfaces, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(interfaces[i].report_descriptor);
	free(interfaces);
}

static void free_node(struct dfut_system_node *node)
{
	for (size_t i = 0; i < 256; i++)
		free(node->facts.strings[i]);
	free(node->facts.descriptors);
	free_interfaces(node->interfaces, node->interface_count);
	if (node->place.device)
		dfut_usb_device_unref(node->place.device);
	free(node);
}

/* A node whose strings are being read is freed by its thread. */
static void drop_node(struct dfut_system_node *node)
{
	bool reading;

	pthread_mutex_lock(&node->system->lock);
	reading = node->reading;
	node->orphan = true;
	pthread_mutex_unlock(&node->system->lock);
	if (!reading)
		free_node(node);
}

/* Looking at devices. */

/* The names of alternate settings that are not in use: only the device tells them. */
static size_t list_missing(const struct dfut_system_node *node, uint8_t *missing)
{
	const uint8_t *data = node->facts.descriptors;
	size_t count = 0;

	for (size_t at = 0; at + INTERFACE_SIZE <= node->facts.size && data[at] >= 2; at += data[at])
		if (data[at + 1] == DESCRIPTOR_INTERFACE && data[at] >= INTERFACE_SIZE && data[at + 5] == 0xfe &&
		    data[at + 6] == 0x01 && data[at + 8] && !node->facts.strings[data[at + 8]] && count < 255)
			missing[count++] = data[at + 8];
	return count;
}

static void read_strings(void *data)
{
	struct dfut_system_node *node = data;
	struct dfut_system *system = node->system;
	uint8_t missing[256];
	bool orphan;

	dfut_usb_device_read_strings(node->place.device, missing, list_missing(node, missing), node->facts.strings);
	pthread_mutex_lock(&system->lock);
	node->reading = false;
	orphan = node->orphan;
	pthread_mutex_unlock(&system->lock);
	if (orphan)
		free_node(node);
	else
		tell_changed(system);
	dfut_system_unref(system);
}

static void begin_reading(struct dfut_system_node *node)
{
	struct dfut_system *system = node->system;
	struct dfut_pool *pool = dfut_context_get_pool(system->bus->context);
	uint8_t missing[256];

	if (!node->place.device || !node->facts.descriptors || list_missing(node, missing) == 0 || !pool)
		return;
	dfut_system_ref(system);
	node->reading = true;
	if (dfut_pool_run(pool, read_strings, node) < 0) {
		node->reading = false;
		dfut_system_unref(system);
	}
}

static void set_place(struct dfut_system_place *place, const struct dfut_os_place *from)
{
	place->place = *from;
	snprintf(place->path, sizeof(place->path), "%s", from->path);
	snprintf(place->serial_number, sizeof(place->serial_number), "%s", from->serial_number);
}

/* Texts of a place are its own: a copy points to its own. */
static void point_place(struct dfut_system_place *place)
{
	place->place.path = place->path;
	place->place.serial_number = place->serial_number;
}

static void read_node(struct dfut_system_node *node)
{
	struct dfut_os_facts *facts = &node->facts;
	uint8_t serial_index;

	dfut_os_read(facts, node->place.path);
	if (!facts->descriptors && node->place.device)
		dfut_usb_device_read(node->place.device, facts);
	if (!facts->descriptors)
		return;
	node->place.place.configuration = facts->configuration;
	node->place.place.vendor_id = dfut_le16(facts->descriptors + 8);
	node->place.place.product_id = dfut_le16(facts->descriptors + 10);
	serial_index = facts->descriptors[16];
	if (serial_index && facts->strings[serial_index])
		snprintf(node->place.serial_number, sizeof(node->place.serial_number), "%s", facts->strings[serial_index]);
}

static struct dfut_system_node *new_node(struct dfut_system *system, const struct dfut_os_place *place, void *device)
{
	struct dfut_system_node *node = calloc(1, sizeof(*node));

	if (!node)
		return NULL;
	node->system = system;
	set_place(&node->place, place);
	point_place(&node->place);
	node->place.device = device ? dfut_usb_device_ref(device) : NULL;
	read_node(node);
	return node;
}

/* HID nodes and serial ports. */

static enum dfut_link get_link(const uint8_t *interface)
{
	if (interface[5] == CLASS_HID)
		return DFUT_LINK_HID;
	/* Serial adapters have a class of their maker. */
	return (interface[5] == CLASS_COMMUNICATION && interface[6] == SUBCLASS_ACM) || interface[5] == CLASS_VENDOR ?
		       DFUT_LINK_SERIAL : DFUT_LINK_USB;
}

/* A node that is still there has the reports that it had. */
static bool are_reports_known(const struct dfut_system_node *node, const struct interface_node *found)
{
	for (size_t i = 0; i < node->interface_count; i++) {
		const struct interface_node *known = &node->interfaces[i];

		if (known->facts.link == DFUT_LINK_HID && known->report_descriptor && found->name[0] &&
		    known->facts.interface_number == found->facts.interface_number && strcmp(known->name, found->name) == 0)
			return true;
	}
	return false;
}

static void find_interface_node(const struct dfut_system_node *node, struct interface_node *found, enum dfut_link link,
				uint8_t interface)
{
	const struct dfut_os_place *place = &node->place.place;

	dfut_os_find_node(found->name, place, link, interface);
	found->facts = (struct dfut_node_facts){ .link = link, .interface_number = interface };
	if (link == DFUT_LINK_HID && !are_reports_known(node, found))
		found->report_descriptor = dfut_os_read_report_descriptor(place, interface, &found->report_descriptor_size);
}

/* What a device is does not change when its drivers let go of it, as they do shortly before it leaves. */
static void keep_report_descriptor(struct interface_node *found, struct interface_node *before, size_t count)
{
	for (size_t i = 0; i < count && found->facts.link == DFUT_LINK_HID && !found->report_descriptor; i++) {
		if (before[i].facts.link != DFUT_LINK_HID || before[i].facts.interface_number != found->facts.interface_number)
			continue;
		found->report_descriptor = before[i].report_descriptor;
		found->report_descriptor_size = before[i].report_descriptor_size;
		before[i].report_descriptor = NULL;
	}
}

/* A device, as a look has found it. */
struct found {
	struct dfut_system_node *node;
	bool is_new;
	bool is_complete;		/* no driver may still be about to make a node */
	struct interface_node *interfaces;
	size_t interface_count;
};

static void find_nodes(struct found *found)
{
	const struct dfut_system_node *node = found->node;
	const uint8_t *data = node->facts.descriptors;
	bool in_use = true;

	found->is_complete = true;
	found->interfaces = calloc(INTERFACE_NODE_LIMIT, sizeof(*found->interfaces));
	for (size_t at = 0; found->interfaces && at + INTERFACE_SIZE <= node->facts.size && data[at] >= 2; at += data[at]) {
		struct interface_node *own = &found->interfaces[found->interface_count];
		enum dfut_link link;

		if (data[at + 1] == DESCRIPTOR_CONFIGURATION && data[at] > 5)
			in_use = data[at + 5] == node->facts.configuration;
		if (!in_use || data[at + 1] != DESCRIPTOR_INTERFACE || data[at] < INTERFACE_SIZE || data[at + 3] != 0)
			continue;
		link = get_link(data + at);
		if (link == DFUT_LINK_USB || found->interface_count == INTERFACE_NODE_LIMIT - 1)
			continue;
		find_interface_node(node, own, link, data[at + 2]);
		found->is_complete = found->is_complete && (own->name[0] || data[at + 5] == CLASS_VENDOR);
		/* Without either it is kept if the reports are known from before. */
		found->interface_count += own->name[0] || link == DFUT_LINK_HID;
	}
}

static void take_interfaces(struct found *found)
{
	struct dfut_system_node *node = found->node;
	size_t count = 0;

	for (size_t i = 0; i < found->interface_count; i++) {
		struct interface_node own = found->interfaces[i];

		keep_report_descriptor(&own, node->interfaces, node->interface_count);
		if (own.name[0] || own.report_descriptor)
			found->interfaces[count++] = own;
	}
	free_interfaces(node->interfaces, node->interface_count);
	node->interfaces = found->interfaces;
	node->interface_count = count;
	found->interfaces = NULL;
	found->interface_count = 0;
}

static int report_node(struct dfut_system *system, struct dfut_system_node *node)
{
	struct dfut_node_facts nodes[INTERFACE_NODE_LIMIT];
	struct dfut_string strings[256];
	struct dfut_device_facts facts = {
		.size = sizeof(facts),
		.instance = node->instance,
		.path = node->place.path,
		.bus_number = node->place.place.bus_number,
		.address = node->place.place.address,
		.configuration = node->facts.configuration,
		.descriptors = node->facts.descriptors,
		.descriptors_size = node->facts.size,
		.strings = strings,
		.nodes = nodes,
		.node_count = node->interface_count,
	};

	for (unsigned int i = 1; i < 256; i++)
		if (node->facts.strings[i])
			strings[facts.string_count++] = (struct dfut_string){ (uint8_t)i, node->facts.strings[i] };
	/* Configuration descriptors have interfaces in any order. */
	for (size_t i = 0; i < node->interface_count; i++) {
		const struct interface_node *own = &node->interfaces[i];
		size_t at = i;

		for (; at && nodes[at - 1].interface_number > own->facts.interface_number; at--)
			nodes[at] = nodes[at - 1];
		nodes[at] = own->facts;
		nodes[at].name = own->name;
		nodes[at].report_descriptor = own->report_descriptor;
		nodes[at].report_descriptor_size = own->report_descriptor_size;
	}
	return dfut_bus_report(system->bus, &facts);
}

static bool is_reading(struct dfut_system_node *node)
{
	bool reading;

	pthread_mutex_lock(&node->system->lock);
	reading = node->reading;
	pthread_mutex_unlock(&node->system->lock);
	return reading;
}

static bool is_place(const struct dfut_system_node *node, const struct dfut_os_place *place, const void *device)
{
	if (device)
		return node->place.device == device;
	return node->place.place.bus_number == place->bus_number && node->place.place.address == place->address &&
	       strcmp(node->place.path, place->path) == 0;
}

/*
 * A look at what is there. It may take time, so that dispatch leaves it to a thread; meanwhile nobody changes the nodes that
 * are known.
 */
struct dfut_system_look {
	struct dfut_system *system;
	struct found *found;
	size_t count;
	int result;
};

static void found_device(void *owner, const struct dfut_os_place *place, void *device)
{
	struct dfut_system_look *look = owner;
	struct dfut_system_node *node = look->system->nodes;
	struct found *grown = realloc(look->found, (look->count + 1) * sizeof(*grown));
	struct found *found;

	if (!grown)
		return;
	look->found = grown;
	found = &grown[look->count];
	while (node && !is_place(node, place, device))
		node = node->next;
	*found = (struct found){ .node = node ? node : new_node(look->system, place, device), .is_new = !node };
	if (!found->node)
		return;
	look->count++;
	if (found->node->facts.descriptors)
		find_nodes(found);
}

static void found_place(void *owner, const struct dfut_os_place *place)
{
	found_device(owner, place, NULL);
}

static struct dfut_system_look *new_look(struct dfut_system *system)
{
	struct dfut_system_look *look = calloc(1, sizeof(*look));

	if (look)
		look->system = system;
	return look;
}

static void take_look(struct dfut_system_look *look)
{
	struct dfut_system *system = look->system;

	look->result = system->usb ? dfut_usb_list(system->usb, found_device, look) : dfut_os_list(found_place, look);
}

static void free_look(struct dfut_system_look *look)
{
	for (size_t i = 0; i < look->count; i++) {
		free_interfaces(look->found[i].interfaces, look->found[i].interface_count);
		if (look->found[i].is_new)
			free_node(look->found[i].node);
	}
	free(look->found);
	free(look);
}

static void free_nodes(struct dfut_system *system)
{
	while (system->nodes) {
		struct dfut_system_node *node = system->nodes;

		system->nodes = node->next;
		drop_node(node);
	}
}

/* On a thread. If the bus has stopped meanwhile, what it has left behind is freed here. */
static void look_around(void *data)
{
	struct dfut_system_look *look = data;
	struct dfut_system *system = look->system;
	bool stopped;

	take_look(look);
	pthread_mutex_lock(&system->lock);
	system->looking = false;
	stopped = !system->bus;
	if (!stopped) {
		system->look = look;
		dfut_bus_changed(system->bus);
	}
	pthread_mutex_unlock(&system->lock);
	if (stopped) {
		free_look(look);
		free_nodes(system);
	}
	dfut_system_unref(system);
}

static void begin_look(struct dfut_system *system)
{
	struct dfut_pool *pool = dfut_context_get_pool(system->bus->context);
	struct dfut_system_look *look = new_look(system);

	if (!look || !pool) {
		free(look);
		return;
	}
	dfut_system_ref(system);
	pthread_mutex_lock(&system->lock);
	system->looking = true;
	system->dirty = false;
	pthread_mutex_unlock(&system->lock);
	if (dfut_pool_run(pool, look_around, look) == 0)
		return;
	pthread_mutex_lock(&system->lock);
	system->looking = false;
	pthread_mutex_unlock(&system->lock);
	free(look);
	dfut_system_unref(system);
}

static void sweep_nodes(struct dfut_system *system)
{
	struct dfut_system_node **at = &system->nodes;

	while (*at) {
		struct dfut_system_node *node = *at;

		if (node->seen) {
			node->seen = false;
			at = &node->next;
			continue;
		}
		*at = node->next;
		drop_node(node);
	}
}

/* What a look has found becomes what is known. 0 or its error. */
static int adopt(struct bus *own, struct dfut_system_look *look)
{
	struct dfut_system *system = own->system;
	uint64_t now_us = dfut_bus_get_time_us(system->bus);
	int result = look->result;

	own->rescan_us = UINT64_MAX;
	for (size_t i = 0; i < look->count && result >= 0; i++) {
		struct found *found = &look->found[i];
		struct dfut_system_node *node = found->node;

		if (found->is_new) {
			node->instance = ++system->instances;
			node->arrived_us = system->bus->scanned ? now_us : 0;
			node->next = system->nodes;
			system->nodes = node;
			found->is_new = false;
			begin_reading(node);
		}
		take_interfaces(found);
		node->seen = true;
		if (!found->is_complete && node->arrived_us && now_us - node->arrived_us < NODE_LIMIT_US)
			own->rescan_us = now_us + NODE_INTERVAL_US;
	}
	if (result >= 0)
		sweep_nodes(system);
	free_look(look);
	return result;
}

static int report_nodes(struct dfut_system *system)
{
	int pending = 0;

	for (struct dfut_system_node *node = system->nodes; node; node = node->next) {
		if (is_reading(node))
			pending = 1;
		else if (node->facts.descriptors)
			report_node(system, node);
	}
	return pending;
}

/* In the middle of a dispatch a thread looks; whoever lists devices waits for it. */
static int bus_scan(void *self)
{
	struct bus *own = self;
	struct dfut_system *system = own->system;
	struct dfut_system_look *look;
	bool looking, dirty, waits = !system->bus->scanned || system->bus->context->listing;
	int result = 0;

	pthread_mutex_lock(&system->lock);
	look = system->look;
	system->look = NULL;
	looking = system->looking;
	dirty = system->dirty || !look;
	pthread_mutex_unlock(&system->lock);
	if (look)
		result = adopt(own, look);
	if (result >= 0 && !looking && waits) {
		look = new_look(system);
		if (!look)
			return DFUT_ERROR_NO_MEMORY;
		take_look(look);
		result = adopt(own, look);
	} else if (result >= 0 && !looking && dirty) {
		begin_look(system);
	}
	if (result < 0)
		return result;
	result = report_nodes(system);
	return looking && waits ? 1 : result;
}

static void bus_stop(void *self)
{
	struct bus *own = self;
	struct dfut_system *system = own->system;
	struct dfut_system_look *look;
	bool looking;

	dfut_usb_stop(system->usb);
	pthread_mutex_lock(&system->lock);
	system->bus = NULL;
	looking = system->looking;
	look = system->look;
	system->look = NULL;
	pthread_mutex_unlock(&system->lock);
	if (look)
		free_look(look);
	if (!looking)
		free_nodes(system);
	dfut_system_unref(system);
	free(own);
}

static void bus_dispatch(void *self)
{
	struct bus *own = self;

	if (own->rescan_us <= dfut_bus_get_time_us(own->system->bus)) {
		own->rescan_us = UINT64_MAX;
		dfut_bus_changed(own->system->bus);
	}
	dfut_usb_dispatch(own->system->usb);
	dfut_link_transports_dispatch(own->system);
}

static uint64_t bus_get_deadline_us(void *self)
{
	const struct bus *own = self;

	return own->rescan_us;
}

/* Devices. */

static struct dfut_system_node *find_instance(struct dfut_system *system, uint64_t instance)
{
	struct dfut_system_node *node = system->nodes;

	while (node && node->instance != instance)
		node = node->next;
	return node;
}

static int bus_connect(void *self, uint64_t instance, const struct dfut_transport_ops **ops, void **out)
{
	struct bus *own = self;
	struct dfut_system_node *node = find_instance(own->system, instance);
	struct dfut_link_transport *transport;
	int result;

	if (!node)
		return DFUT_ERROR_GONE;
	if (node->place.device)
		dfut_usb_device_ref(node->place.device);
	result = dfut_link_transport_new(&transport, own->system, &node->place);
	if (result < 0)
		return result;
	*ops = &dfut_link_transport_ops;
	*out = transport;
	return 0;
}

static int bus_diagnose(void *self, uint64_t instance, enum dfut_link link, uint8_t channel)
{
	struct bus *own = self;
	struct dfut_system_node *node = find_instance(own->system, instance);
	struct dfut_failure *failure = &own->system->bus->context->failure;
	int result;

	if (!node)
		return dfut_fail(failure, DFUT_ERROR_GONE, "the device is no longer there");
	if (link != DFUT_LINK_USB)
		result = dfut_os_try_node(&node->place.place, link, channel);
	else
		result = node->place.device ? dfut_usb_device_try(node->place.device) : DFUT_ERROR_UNSUPPORTED;
	if (result == DFUT_ERROR_ACCESS || (result == DFUT_ERROR_NOT_FOUND && link != DFUT_LINK_USB))
		dfut_os_explain(failure, &node->place.place, link, channel, result);
	else if (result < 0)
		dfut_fail(failure, result, "the device can't be opened: %s", dfut_error_get_text(result));
	return result;
}

static bool bus_explain(void *self, uint64_t instance, enum dfut_link link, uint8_t channel, int code)
{
	struct bus *own = self;
	struct dfut_system_node *node = find_instance(own->system, instance);

	/* The interface itself is missing: there is no more to say. */
	if (!node || (link == DFUT_LINK_USB && code == DFUT_ERROR_NOT_FOUND))
		return false;
	dfut_os_explain(&own->system->bus->context->failure, &node->place.place, link, channel, code);
	return true;
}

static const struct dfut_bus_ops bus_ops = {
	.name = "usb",
	.start = bus_start,
	.stop = bus_stop,
	.scan = bus_scan,
	.connect = bus_connect,
	.dispatch = bus_dispatch,
	.get_deadline_us = bus_get_deadline_us,
	.diagnose = bus_diagnose,
	.scan_interval_ms = SCAN_INTERVAL_MS,
	.explain = bus_explain,
};

int dfut_system_bus_add(struct dfut_context *context)
{
	struct dfut_system *system = calloc(1, sizeof(*system));
	struct bus *own = calloc(1, sizeof(*own));

	if (!system || !own) {
		free(system);
		free(own);
		return dfut_fail_memory(&context->failure);
	}
	pthread_mutex_init(&system->lock, NULL);
	system->refs = 1;
	own->system = system;
	own->rescan_us = UINT64_MAX;
	return dfut_context_add_bus(context, &bus_ops, sizeof(bus_ops), own);
}
