/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * A device of the system: what it is, which HID nodes and serial ports drivers made of its interfaces. Names that only the
 * device tells are read on a thread.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "transport/node.h"
#include "transport/usb.h"

#define INTERFACE_NODE_LIMIT 32
/* A device that does not answer for so long is told as one that does not. */
#define ANSWER_LIMIT_US 2000000
/* Reading that takes less is waited for before a device is told. */
#define QUICK_US 100000
/* What could not be read is not asked for again before that. */
#define AGAIN_US (DFUT_LOOK_TIMEOUT_MS * UINT64_C(1000))

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

static void free_strings(char **strings)
{
	for (size_t i = 0; strings && i < 256; i++)
		free(strings[i]);
	free(strings);
}

void dfut_system_node_free(struct dfut_system_node *node)
{
	for (size_t i = 0; i < 256; i++)
		free(node->facts.strings[i]);
	free_strings(node->read);
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

/* Names. */

#define DEVICE_STRINGS 14

static bool is_dfu(const uint8_t *interface)
{
	return interface[5] == 0xfe && interface[6] == 0x01;
}

static void add_missing(char *const strings[256], uint8_t index, uint8_t *missing, size_t *count)
{
	if (!index || strings[index])
		return;
	for (size_t i = 0; i < *count; i++)
		if (missing[i] == index)
			return;
	missing[(*count)++] = index;
}

/* What only the device tells: names of alternate settings that are not in use. Others than DFU's are left alone. */
static size_t list_missing(const struct dfut_os_facts *facts, char *const strings[256], uint8_t missing[256])
{
	const uint8_t *data = facts->descriptors;
	size_t count = 0;
	bool has_dfu = false;

	for (size_t at = 0; at + INTERFACE_SIZE <= facts->size && data[at] >= 2; at += data[at]) {
		if (data[at + 1] != DESCRIPTOR_INTERFACE || data[at] < INTERFACE_SIZE || !is_dfu(data + at))
			continue;
		has_dfu = true;
		add_missing(strings, data[at + 8], missing, &count);
	}
	for (size_t i = 0; has_dfu && i < 3; i++)
		add_missing(strings, data[DEVICE_STRINGS + i], missing, &count);
	return count;
}

/* A thread's work. The node stays as long as it is under way, and its descriptors don't change. */
struct reading {
	struct dfut_system_node *node;
	struct dfut_os_facts facts; /* without strings */
	char path[32];
	char **strings;
};

static void note_answer(void *data)
{
	struct dfut_system_node *node = data;

	pthread_mutex_lock(&node->system->lock);
	node->answered_us = dfut_system_time_us();
	pthread_mutex_unlock(&node->system->lock);
}

static void end_reading(struct dfut_system_node *node, char **strings, int result)
{
	struct dfut_system *system = node->system;
	enum dfut_node_event event = result < 0 ? DFUT_NODE_NAMES_UNREAD : DFUT_NODE_NAMES_READ;
	enum dfut_node_state state;

	pthread_mutex_lock(&system->lock);
	free_strings(node->read);
	node->read = strings;
	node->unread = result;
	node->reading_us = dfut_system_time_us();
	state = node->state = dfut_node_get_next_state(node->state, event);
	pthread_cond_broadcast(&system->looked);
	pthread_mutex_unlock(&system->lock);
	if (state == DFUT_NODE_GONE)
		dfut_system_node_free(node);
	else
		dfut_system_tell_changed(system);
	dfut_system_unref(system);
}

static void read_strings(void *data)
{
	struct reading *reading = data;
	struct dfut_system_node *node = reading->node;
	char **strings = reading->strings;
	uint8_t missing[256];
	size_t count;
	int result = 0;

	dfut_os_read_strings(strings, &reading->facts, reading->path);
	count = list_missing(&reading->facts, strings, missing);
	if (count)
		result = dfut_usb_read_strings(node->system->usb, &node->place, missing, count, strings, note_answer,
					       node);
	free(reading);
	end_reading(node, strings, result);
}

static struct reading *new_reading(struct dfut_system_node *node)
{
	struct reading *reading = calloc(1, sizeof(*reading));

	if (!reading)
		return NULL;
	reading->strings = calloc(256, sizeof(*reading->strings));
	if (!reading->strings) {
		free(reading);
		return NULL;
	}
	reading->node = node;
	reading->facts.descriptors = node->facts.descriptors;
	reading->facts.size = node->facts.size;
	reading->facts.configuration = node->facts.configuration;
	snprintf(reading->path, sizeof(reading->path), "%s", node->place.path);
	return reading;
}

void dfut_system_node_begin_reading(struct dfut_system_node *node)
{
	struct dfut_system *system = node->system;
	struct reading *reading = new_reading(node);

	pthread_mutex_lock(&system->lock);
	node->reading_us = node->answered_us = dfut_system_time_us();
	pthread_mutex_unlock(&system->lock);
	dfut_system_ref(system);
	if (!reading) {
		end_reading(node, NULL, DFUT_ERROR_NO_MEMORY);
		return;
	}
	if (dfut_system_run(system, NULL, read_strings, reading) == 0)
		return;
	free_strings(reading->strings);
	free(reading);
	end_reading(node, NULL, DFUT_ERROR_NO_MEMORY);
}

bool dfut_system_node_wants_names(struct dfut_system_node *node, bool is_listing, bool is_new)
{
	struct dfut_system *system = node->system;
	uint64_t since_us;
	bool wants;

	if (!node->facts.descriptors)
		return false;
	pthread_mutex_lock(&system->lock);
	since_us = dfut_system_time_us() - node->reading_us;
	wants = node->state == DFUT_NODE_NEW;
	if (node->state == DFUT_NODE_UNREAD && node->unread == DFUT_ERROR_ACCESS)
		wants = is_listing || (is_new && since_us >= QUICK_US);
	else if (node->state == DFUT_NODE_UNREAD)
		wants = is_listing && since_us >= AGAIN_US;
	pthread_mutex_unlock(&system->lock);
	return wants;
}

int dfut_system_node_judge_names(struct dfut_system_node *node, bool is_new)
{
	struct dfut_system *system = node->system;
	int names = 0;

	pthread_mutex_lock(&system->lock);
	if (node->state == DFUT_NODE_READING)
		names = dfut_system_time_us() - node->answered_us < ANSWER_LIMIT_US ? DFUT_NAMES_COMING :
										      DFUT_ERROR_TIMEOUT;
	/* The system gives the rights shortly after it has told of the device ... */
	else if (node->state == DFUT_NODE_UNREAD)
		names = node->unread == DFUT_ERROR_ACCESS && is_new ? DFUT_NAMES_COMING : node->unread;
	/* ... and its configuration, if there is power for one. */
	if (is_new && node->facts.configuration == 0)
		names = DFUT_NAMES_COMING;
	pthread_mutex_unlock(&system->lock);
	return names;
}

bool dfut_system_node_is_slow(struct dfut_system_node *node)
{
	bool slow;

	pthread_mutex_lock(&node->system->lock);
	slow = dfut_system_time_us() - node->reading_us >= QUICK_US;
	pthread_mutex_unlock(&node->system->lock);
	return slow;
}

/* What a thread has read becomes what is known. */
static void take_strings(struct dfut_system_node *node)
{
	struct dfut_os_facts *facts = &node->facts;
	uint8_t serial_index = facts->descriptors[16];
	char **strings;

	pthread_mutex_lock(&node->system->lock);
	strings = node->read;
	node->read = NULL;
	pthread_mutex_unlock(&node->system->lock);
	for (size_t i = 0; strings && i < 256; i++) {
		if (!strings[i] || facts->strings[i])
			continue;
		facts->strings[i] = strings[i];
		strings[i] = NULL;
	}
	free_strings(strings);
	if (serial_index && facts->strings[serial_index])
		snprintf(node->place.serial_number, sizeof(node->place.serial_number), "%s",
			 facts->strings[serial_index]);
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

	dfut_os_read(facts, node->place.path);
	if (!facts->descriptors && node->place.device)
		dfut_usb_device_read(node->place.device, facts);
	if (!facts->descriptors)
		return;
	node->place.place.configuration = facts->configuration;
	node->place.place.vendor_id = dfut_le16(facts->descriptors + 8);
	node->place.place.product_id = dfut_le16(facts->descriptors + 10);
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

static void find_interface_node(const struct dfut_system_node *node, const struct dfut_os_place *place,
				struct dfut_system_interface *found, enum dfut_link link, uint8_t interface)
{
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
	struct dfut_os_place place = node->place.place;
	bool in_use = true;

	/* A program may have selected another one since. */
	found->configuration = dfut_os_read_configuration(node->place.path, node->facts.configuration);
	place.configuration = found->configuration;
	found->is_complete = true;
	found->interfaces = calloc(INTERFACE_NODE_LIMIT, sizeof(*found->interfaces));
	for (size_t at = 0; found->interfaces && at + INTERFACE_SIZE <= node->facts.size && data[at] >= 2;
	     at += data[at]) {
		struct dfut_system_interface *own = &found->interfaces[found->interface_count];
		enum dfut_link link;

		if (data[at + 1] == DESCRIPTOR_CONFIGURATION && data[at] > 5)
			in_use = data[at + 5] == found->configuration;
		if (!in_use || data[at + 1] != DESCRIPTOR_INTERFACE || data[at] < INTERFACE_SIZE || data[at + 3] != 0)
			continue;
		link = get_link(data + at);
		if (link == DFUT_LINK_USB || found->interface_count == INTERFACE_NODE_LIMIT - 1)
			continue;
		find_interface_node(node, &place, own, link, data[at + 2]);
		found->is_complete = found->is_complete && (own->name[0] || data[at + 5] == CLASS_VENDOR);
		/* Without either it is kept if the reports are known from before. */
		found->interface_count += own->name[0] || link == DFUT_LINK_HID;
	}
}

void dfut_system_found_take(struct dfut_system_found *found)
{
	struct dfut_system_node *node = found->node;
	size_t count = 0;

	if (node->facts.descriptors) {
		node->facts.configuration = found->configuration;
		node->place.place.configuration = found->configuration;
	}
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

int dfut_system_node_report(struct dfut_system *system, struct dfut_system_node *node, int names)
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
		.names = names,
	};

	node->told = true;
	take_strings(node);
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
