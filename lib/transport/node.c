/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * A device of the system: what it is, which HID nodes and serial ports drivers made of its interfaces. Names that only the
 * device tells are read on a thread.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "transport/node.h"
#include "transport/usb.h"

#define INTERFACE_NODE_LIMIT 32

#define DESCRIPTOR_CONFIGURATION 2
#define DESCRIPTOR_INTERFACE 4
#define INTERFACE_SIZE 9
#define CLASS_COMMUNICATION 0x02
#define SUBCLASS_ACM 0x02
#define CLASS_HID 0x03
#define CLASS_VENDOR 0xff

static void free_interfaces(struct dfut_system_interface *interfaces, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(interfaces[i].report_descriptor);
	free(interfaces);
}

void dfut_system_node_free(struct dfut_system_node *node)
{
	for (size_t i = 0; i < 256; i++)
		free(node->facts.strings[i]);
	free(node->facts.descriptors);
	free_interfaces(node->interfaces, node->interface_count);
	if (node->place.device)
		dfut_usb_device_unref(node->place.device);
	free(node);
}

enum dfut_node_state dfut_system_node_change(struct dfut_system_node *node, enum dfut_node_event event)
{
	struct dfut_system *system = node->system;
	enum dfut_node_state state;

	pthread_mutex_lock(&system->lock);
	node->state = dfut_node_get_next_state(node->state, event);
	state = node->state;
	pthread_mutex_unlock(&system->lock);
	return state;
}

enum dfut_node_state dfut_system_node_get_state(struct dfut_system_node *node)
{
	enum dfut_node_state state;

	pthread_mutex_lock(&node->system->lock);
	state = node->state;
	pthread_mutex_unlock(&node->system->lock);
	return state;
}

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

	dfut_usb_device_read_strings(node->place.device, missing, list_missing(node, missing), node->facts.strings);
	if (dfut_system_node_change(node, DFUT_NODE_NAMES_READ) == DFUT_NODE_GONE)
		dfut_system_node_free(node);
	else
		dfut_system_tell_changed(system);
	dfut_system_unref(system);
}

bool dfut_system_node_lacks_names(const struct dfut_system_node *node)
{
	uint8_t missing[256];

	return node->place.device && list_missing(node, missing) > 0;
}

void dfut_system_node_begin_reading(struct dfut_system_node *node)
{
	struct dfut_system *system = node->system;

	dfut_system_ref(system);
	if (dfut_system_run(system, NULL, read_strings, node) == 0)
		return;
	dfut_system_node_change(node, DFUT_NODE_NAMES_READ);
	dfut_system_unref(system);
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
		snprintf(node->place.serial_number, sizeof(node->place.serial_number), "%s",
			 facts->strings[serial_index]);
}

struct dfut_system_node *dfut_system_node_new(struct dfut_system *system, const struct dfut_os_place *place,
					      void *device)
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
		       DFUT_LINK_SERIAL :
		       DFUT_LINK_USB;
}

/* A node that is still there has the reports that it had. */
static bool are_reports_known(const struct dfut_system_node *node, const struct dfut_system_interface *found)
{
	for (size_t i = 0; i < node->interface_count; i++) {
		const struct dfut_system_interface *known = &node->interfaces[i];

		if (known->facts.link == DFUT_LINK_HID && known->report_descriptor && found->name[0] &&
		    known->facts.interface_number == found->facts.interface_number &&
		    strcmp(known->name, found->name) == 0)
			return true;
	}
	return false;
}

static void find_interface_node(const struct dfut_system_node *node, struct dfut_system_interface *found,
				enum dfut_link link, uint8_t interface)
{
	const struct dfut_os_place *place = &node->place.place;

	dfut_os_find_node(found->name, place, link, interface);
	found->facts = (struct dfut_node_facts){ .size = sizeof(found->facts),
						 .link = link,
						 .interface_number = interface };
	if (link == DFUT_LINK_HID && !are_reports_known(node, found))
		found->report_descriptor = dfut_os_read_report_descriptor(place, interface,
									  &found->report_descriptor_size);
}

/* What a device is does not change when its drivers let go of it, as they do shortly before it leaves. */
static void keep_report_descriptor(struct dfut_system_interface *found, struct dfut_system_interface *before,
				   size_t count)
{
	for (size_t i = 0; i < count && found->facts.link == DFUT_LINK_HID && !found->report_descriptor; i++) {
		if (before[i].facts.link != DFUT_LINK_HID ||
		    before[i].facts.interface_number != found->facts.interface_number)
			continue;
		found->report_descriptor = before[i].report_descriptor;
		found->report_descriptor_size = before[i].report_descriptor_size;
		before[i].report_descriptor = NULL;
	}
}

void dfut_system_found_fill(struct dfut_system_found *found)
{
	const struct dfut_system_node *node = found->node;
	const uint8_t *data = node->facts.descriptors;
	bool in_use = true;

	found->is_complete = true;
	found->interfaces = calloc(INTERFACE_NODE_LIMIT, sizeof(*found->interfaces));
	for (size_t at = 0; found->interfaces && at + INTERFACE_SIZE <= node->facts.size && data[at] >= 2;
	     at += data[at]) {
		struct dfut_system_interface *own = &found->interfaces[found->interface_count];
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

void dfut_system_found_take(struct dfut_system_found *found)
{
	struct dfut_system_node *node = found->node;
	size_t count = 0;

	for (size_t i = 0; i < found->interface_count; i++) {
		struct dfut_system_interface own = found->interfaces[i];

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

void dfut_system_found_free(struct dfut_system_found *found)
{
	free_interfaces(found->interfaces, found->interface_count);
	if (dfut_system_node_get_state(found->node) == DFUT_NODE_NEW)
		dfut_system_node_free(found->node);
}

int dfut_system_node_report(struct dfut_system *system, struct dfut_system_node *node)
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
		const struct dfut_system_interface *own = &node->interfaces[i];
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

bool dfut_system_node_is_at(const struct dfut_system_node *node, const struct dfut_os_place *place, const void *device)
{
	if (device)
		return node->place.device == device;
	return node->place.place.bus_number == place->bus_number && node->place.place.address == place->address &&
	       strcmp(node->place.path, place->path) == 0;
}
