/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Devices: one object is one physical device as a bus told of it. Which are there is in registry.c, listing and matching in
 * list.c, what its DFU interface offers in alternates.c, whether it can be opened in session/diagnose.c.
 */

#include <stdio.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/struct.h"
#include "device/registry.h"
#include "device/target.h"

#define STRING_COUNT 256
/* All that a string descriptor can hold, in UTF-8 (USB 2.0, 9.6.7); of what a bus makes longer, the rest is left out. */
#define STRING_SIZE 378

static void free_device(struct dfut_device *device)
{
	for (size_t i = 0; device->strings && i < STRING_COUNT; i++)
		free(device->strings[i]);
	free(device->strings);
	for (size_t i = 0; i < device->node_count; i++)
		free((char *)device->nodes[i].name);
	free(device->nodes);
	for (size_t i = 0; i < device->hid_count; i++)
		dfut_reports_finish(&device->hids[i].reports);
	free(device->hids);
	free(device->triggers);
	dfut_descriptors_finish(&device->descriptors);
	free(device->raw);
	free(device->path);
	free(device->id);
	dfut_context_unref(device->context);
	free(device);
}

DFUT_API struct dfut_device *dfut_device_ref(struct dfut_device *device)
{
	if (device)
		device->refs++;
	return device;
}

DFUT_API void dfut_device_unref(struct dfut_device *device)
{
	if (device && --device->refs == 0)
		free_device(device);
}

static const char *get_string(const struct dfut_device *device, uint8_t index)
{
	return index && device->strings[index] ? device->strings[index] : NULL;
}

static int copy_node(struct dfut_device *device, const struct dfut_node_facts *facts)
{
	struct dfut_node *node = &device->nodes[device->node_count];
	struct dfut_hid *hid = &device->hids[device->hid_count];
	char *name = dfut_format_text("%s", facts->name ? facts->name : "");

	if (!name)
		return DFUT_ERROR_NO_MEMORY;
	dfut_clean_text(name);
	*node = (struct dfut_node){ .link = facts->link, .interface_number = facts->interface_number, .name = name };
	device->node_count++;
	if (facts->link != DFUT_LINK_HID || !facts->report_descriptor)
		return 0;
	if (dfut_reports_parse(&hid->reports, facts->report_descriptor, facts->report_descriptor_size) < 0)
		return DFUT_ERROR_NO_MEMORY;
	hid->interface = facts->interface_number;
	device->hid_count++;
	if (hid->reports.usage_count) {
		node->usage_page = hid->reports.usages[0].page;
		node->usage = hid->reports.usages[0].id;
	}
	return 0;
}

/* Each is as long as the bus knows them. */
static struct dfut_node_facts get_node(const struct dfut_device_facts *facts, size_t index)
{
	struct dfut_node_facts node = { 0 };

	dfut_struct_take(&node, sizeof(node), (const uint8_t *)facts->nodes + index * facts->nodes[0].size);
	return node;
}

static int copy_nodes(struct dfut_device *device, const struct dfut_device_facts *facts)
{
	int result = 0;

	device->nodes = calloc(facts->node_count + 1, sizeof(*device->nodes));
	device->hids = calloc(facts->node_count + 1, sizeof(*device->hids));
	if (!device->nodes || !device->hids)
		return DFUT_ERROR_NO_MEMORY;
	for (size_t i = 0; i < facts->node_count && result == 0; i++) {
		struct dfut_node_facts node = get_node(facts, i);

		result = copy_node(device, &node);
	}
	return result;
}

static int copy_facts(struct dfut_device *device, const struct dfut_device_facts *facts)
{
	device->path = dfut_format_text("%s", facts->path ? facts->path : "");
	device->raw = malloc(facts->descriptors_size + 1);
	device->strings = calloc(STRING_COUNT, sizeof(*device->strings));
	if (!device->path || !device->raw || !device->strings)
		return DFUT_ERROR_NO_MEMORY;
	dfut_clean_text(device->path);
	memcpy(device->raw, facts->descriptors, facts->descriptors_size);
	device->raw_size = facts->descriptors_size;
	for (size_t i = 0; i < facts->string_count; i++) {
		const struct dfut_string *string = &facts->strings[i];

		if (!string->text || device->strings[string->index])
			continue;
		device->strings[string->index] = dfut_format_text("%.*s", STRING_SIZE, string->text);
		if (!device->strings[string->index])
			return DFUT_ERROR_NO_MEMORY;
		dfut_clean_text(device->strings[string->index]);
	}
	if (copy_nodes(device, facts) < 0)
		return DFUT_ERROR_NO_MEMORY;
	return dfut_descriptors_parse(&device->descriptors, device->raw, device->raw_size);
}

static int find_triggers(struct dfut_device *device)
{
	const struct dfut_entry *entry = device->entry;
	struct dfut_target target;

	if (!entry || device->mode != DFUT_MODE_APPLICATION || entry->trigger_count == 0)
		return 0;
	device->triggers = calloc(entry->trigger_count, sizeof(struct dfut_trigger *));
	if (!device->triggers)
		return DFUT_ERROR_NO_MEMORY;
	for (size_t i = 0; i < entry->trigger_count; i++)
		if (dfut_target_find(&target, device, &entry->triggers[i]))
			device->triggers[device->trigger_count++] = &entry->triggers[i];
	return 0;
}

struct dfut_traits dfut_device_get_traits(const struct dfut_device *device)
{
	return (struct dfut_traits){
		.descriptors = &device->descriptors,
		.manufacturer = dfut_device_get_manufacturer(device),
		.product = dfut_device_get_product(device),
		.hids = device->hids,
		.hid_count = device->hid_count,
	};
}

bool dfut_device_is_bootloader_of(const struct dfut_device *device, const struct dfut_entry *entry)
{
	struct dfut_traits traits = dfut_device_get_traits(device);

	return dfut_entry_has_bootloader(entry, &traits);
}

static int judge(struct dfut_device *device)
{
	struct dfut_descriptors *descriptors = &device->descriptors;
	struct dfut_traits traits = dfut_device_get_traits(device);
	struct dfut_judgement judgement;

	descriptors->said_mode = device->said_mode;
	for (size_t i = 0; i < descriptors->interface_count; i++)
		descriptors->interfaces[i].name = get_string(device, descriptors->interfaces[i].name_index);
	device->table = dfut_registry_get_table(device->context);
	dfut_table_judge(device->table, &traits, &judgement);
	device->entry = judgement.entry;
	device->mode = judgement.mode;
	device->is_mode_guessed = judgement.is_guessed;
	device->is_shared = judgement.is_shared;
	device->is_generic = judgement.is_generic;
	if (device->entry && device->entry->quirks & DFUT_QUIRK_NOT_DFU) {
		device->entry = NULL;
		device->mode = DFUT_MODE_UNKNOWN;
	}
	if (device->entry && device->entry->quirks & DFUT_QUIRK_VERSION_1_1) {
		descriptors->dfu.version = 0x0110;
		for (size_t i = 0; i < descriptors->other_count; i++)
			descriptors->others[i].dfu.version = 0x0110;
	}
	return find_triggers(device);
}

/* As a session tells who comes back: by its bus' port, where that is told, else by serial number. */
static int make_id(struct dfut_device *device)
{
	const char *serial = dfut_device_get_serial_number(device);
	size_t number = 0;

	for (struct dfut_bus *bus = device->context->buses; bus && bus != device->bus; bus = bus->next)
		number++;
	if (*device->path)
		device->id = dfut_format_text("%zu/%s", number, device->path);
	else if (*serial)
		device->id = dfut_format_text("%zu/=%s", number, serial);
	else
		device->id = dfut_format_text("%zu/#%" PRIu64, number, device->instance);
	return device->id ? 0 : DFUT_ERROR_NO_MEMORY;
}

struct dfut_device *dfut_device_new(struct dfut_bus *bus, const struct dfut_device_facts *facts,
				    enum dfut_mode said_mode, int *result)
{
	struct dfut_device *device = calloc(1, sizeof(*device));

	if (!device) {
		*result = DFUT_ERROR_NO_MEMORY;
		return NULL;
	}
	device->refs = 1;
	device->context = dfut_context_ref(bus->context);
	device->bus = bus;
	device->instance = facts->instance;
	device->present = true;
	device->arrived_us = bus->scanned ? dfut_context_get_time_us(bus->context) : 0;
	device->bus_number = facts->bus_number;
	device->address = facts->address;
	device->configuration = facts->configuration;
	device->names = facts->names;
	device->said_mode = said_mode;
	*result = copy_facts(device, facts);
	if (*result == 0)
		*result = judge(device);
	if (*result == 0)
		*result = make_id(device);
	if (*result == 0)
		return device;
	free_device(device);
	return NULL;
}

static bool nodes_are_same(const struct dfut_device *device, const struct dfut_device_facts *facts)
{
	size_t descriptors = 0;

	if (device->node_count != facts->node_count)
		return false;
	for (size_t i = 0; i < facts->node_count; i++) {
		struct dfut_node_facts node = get_node(facts, i);

		if (device->nodes[i].link != node.link || device->nodes[i].interface_number != node.interface_number ||
		    strcmp(device->nodes[i].name, node.name ? node.name : "") != 0)
			return false;
		descriptors += node.link == DFUT_LINK_HID && node.report_descriptor;
	}
	return descriptors == device->hid_count;
}

/* The table may have grown since, or a person may have said what the device is doing. */
bool dfut_device_is_same(const struct dfut_device *device, const struct dfut_device_facts *facts)
{
	if (device->table != dfut_registry_get_table(device->context) ||
	    device->said_mode != device->descriptors.said_mode)
		return false;
	if (device->configuration != facts->configuration || device->names != facts->names ||
	    device->raw_size != facts->descriptors_size ||
	    memcmp(device->raw, facts->descriptors, facts->descriptors_size) != 0)
		return false;
	for (size_t i = 0; i < facts->string_count; i++)
		if (facts->strings[i].text && !device->strings[facts->strings[i].index])
			return false;
	return nodes_are_same(device, facts);
}

DFUT_API uint16_t dfut_device_get_vendor_id(const struct dfut_device *device)
{
	return device->descriptors.vendor_id;
}

DFUT_API uint16_t dfut_device_get_product_id(const struct dfut_device *device)
{
	return device->descriptors.product_id;
}

DFUT_API uint16_t dfut_device_get_release(const struct dfut_device *device)
{
	return device->descriptors.release;
}

DFUT_API const char *dfut_device_get_path(const struct dfut_device *device)
{
	return device->path;
}

DFUT_API const char *dfut_device_get_id(const struct dfut_device *device)
{
	return device->id;
}

DFUT_API unsigned int dfut_device_get_bus_number(const struct dfut_device *device)
{
	return device->bus_number;
}

DFUT_API unsigned int dfut_device_get_address(const struct dfut_device *device)
{
	return device->address;
}

bool dfut_device_lacks_string(const struct dfut_device *device, uint8_t index)
{
	return device->names && index && !device->strings[index];
}

bool dfut_device_lacks_kind(const struct dfut_device *device)
{
	return dfut_device_lacks_string(device, device->descriptors.product_index) ||
	       dfut_device_lacks_string(device, device->descriptors.manufacturer_index);
}

static const char *get_text(const struct dfut_device *device, uint8_t index)
{
	const char *text = get_string(device, index);

	return text ? text : "";
}

DFUT_API const char *dfut_device_get_serial_number(const struct dfut_device *device)
{
	return get_text(device, device->descriptors.serial_index);
}

DFUT_API const char *dfut_device_get_manufacturer(const struct dfut_device *device)
{
	return get_text(device, device->descriptors.manufacturer_index);
}

DFUT_API const char *dfut_device_get_product(const struct dfut_device *device)
{
	return get_text(device, device->descriptors.product_index);
}

DFUT_API enum dfut_mode dfut_device_get_mode(const struct dfut_device *device)
{
	return device->mode;
}

DFUT_API const char *dfut_mode_get_name(enum dfut_mode mode)
{
	switch (mode) {
	case DFUT_MODE_APPLICATION:
		return "application";
	case DFUT_MODE_BOOTLOADER:
		return "bootloader";
	case DFUT_MODE_UNKNOWN:
		break;
	}
	return "unknown";
}

DFUT_API uint8_t dfut_device_get_configuration(const struct dfut_device *device)
{
	return device->configuration;
}

DFUT_API bool dfut_device_is_present(const struct dfut_device *device)
{
	return device->present;
}

DFUT_API bool dfut_device_is_complete(const struct dfut_device *device)
{
	return device->names == 0;
}

DFUT_API const char *dfut_device_get_missing(const struct dfut_device *device)
{
	switch (device->names) {
	case 0:
		return "";
	case DFUT_NAMES_COMING:
		return "its names are not read yet";
	case DFUT_ERROR_TIMEOUT:
		return "its names are not read: it does not answer";
	case DFUT_ERROR_ACCESS:
		return "its names are not read: no permission to open it";
	case DFUT_ERROR_BUSY:
		return "its names are not read: another program holds it";
	}
	return "its names are not read: it can't be asked";
}

/* Where numbers are used in several configurations, that of the DFU interface is meant. */
uint8_t dfut_device_get_needed_configuration(const struct dfut_device *device, uint8_t interface)
{
	const struct dfut_interface *dfu = device->descriptors.dfu_interface;
	uint8_t found = 0;

	if (dfu && (dfu->number == interface || (!device->configuration && interface == DFUT_CHANNEL_DEVICE)))
		return dfu->configuration == device->configuration ? 0 : dfu->configuration;
	for (size_t i = 0; i < device->descriptors.interface_count; i++) {
		const struct dfut_interface *own = &device->descriptors.interfaces[i];

		if (own->number != interface)
			continue;
		if (own->configuration == device->configuration)
			return 0;
		found = found ? found : own->configuration;
	}
	return found;
}

struct dfut_device *dfut_device_find_present(const struct dfut_device *device)
{
	struct dfut_device *present = dfut_registry_get_devices(device->context);

	while (present && (present->bus != device->bus || present->instance != device->instance))
		present = present->next;
	return present;
}

DFUT_API const uint8_t *dfut_device_get_descriptors(const struct dfut_device *device, size_t *size)
{
	*size = device->raw_size;
	return device->raw;
}

DFUT_API size_t dfut_device_get_interface_count(const struct dfut_device *device)
{
	return device->descriptors.interface_count;
}

DFUT_API const struct dfut_interface *dfut_device_get_interface(const struct dfut_device *device, size_t index)
{
	return index < device->descriptors.interface_count ? &device->descriptors.interfaces[index] : NULL;
}

DFUT_API int dfut_device_get_dfu_descriptor(const struct dfut_device *device, struct dfut_dfu_descriptor *descriptor)
{
	char text[128];

	if (!device->descriptors.has_functional)
		return dfut_fail(&device->context->failure, DFUT_ERROR_NOT_FOUND, "%s has no DFU functional descriptor",
				 dfut_device_describe(device, text, sizeof(text)));
	*descriptor = device->descriptors.dfu;
	return 0;
}

DFUT_API int dfut_device_get_interface_dfu_descriptor(const struct dfut_device *device, size_t index,
						      struct dfut_dfu_descriptor *descriptor)
{
	const struct dfut_interface *interface = dfut_device_get_interface(device, index);
	const struct dfut_dfu_descriptor *found = interface ?
							  dfut_descriptors_find_dfu(&device->descriptors, interface) :
							  NULL;
	char text[128];

	if (!found)
		return dfut_fail(&device->context->failure, DFUT_ERROR_NOT_FOUND,
				 "%s has no DFU functional descriptor for alternate setting %zu of all",
				 dfut_device_describe(device, text, sizeof(text)), index);
	*descriptor = *found;
	return 0;
}

DFUT_API size_t dfut_device_get_node_count(const struct dfut_device *device)
{
	return device->node_count;
}

DFUT_API const struct dfut_node *dfut_device_get_node(const struct dfut_device *device, size_t index)
{
	return index < device->node_count ? &device->nodes[index] : NULL;
}

static const char *get_help(const struct dfut_entry *entry, size_t index)
{
	return entry && index < entry->help.count ? entry->help.items[index] : NULL;
}

DFUT_API const char *dfut_device_get_help(const struct dfut_device *device, size_t index)
{
	return get_help(device->entry, index);
}

DFUT_API const char *dfut_context_get_help(const struct dfut_context *context, uint16_t vendor_id, uint16_t product_id,
					   size_t index)
{
	struct dfut_candidates candidates = dfut_registry_find_entries(context, vendor_id);
	const struct dfut_entry *entry;

	while ((entry = dfut_candidates_next(&candidates)) != NULL)
		if (dfut_rules_have_ids(entry->application, entry->application_count, vendor_id, product_id) ||
		    dfut_rules_have_ids(entry->bootloader, entry->bootloader_count, vendor_id, product_id))
			return get_help(entry, index);
	return NULL;
}

DFUT_API bool dfut_device_is_shared(const struct dfut_device *device)
{
	return device->is_shared;
}

DFUT_API bool dfut_device_is_generic(const struct dfut_device *device)
{
	return device->is_generic;
}

DFUT_API bool dfut_device_is_mode_guessed(const struct dfut_device *device)
{
	return device->is_mode_guessed;
}

DFUT_API const char *dfut_device_get_title(const struct dfut_device *device)
{
	return device->entry ? device->entry->title : "";
}

DFUT_API const char *dfut_device_get_protocol(const struct dfut_device *device)
{
	if (device->spoken)
		return device->spoken;
	return device->entry ? device->entry->protocol : "";
}

DFUT_API size_t dfut_device_get_trigger_count(const struct dfut_device *device)
{
	return device->trigger_count;
}

DFUT_API const char *dfut_device_get_trigger_name(const struct dfut_device *device, size_t index)
{
	return index < device->trigger_count ? device->triggers[index]->name : NULL;
}

struct dfut_peer dfut_device_get_peer(const struct dfut_device *device)
{
	return (struct dfut_peer){ device->bus, device->instance, device->path, device->arrived_us };
}

bool dfut_device_is_settling(const struct dfut_device *device, int result)
{
	struct dfut_peer peer = dfut_device_get_peer(device);

	return dfut_peer_is_settling(&peer, result);
}

bool dfut_device_find_interface(const struct dfut_device *device, const struct dfut_interface_class *class_,
				uint8_t *number)
{
	for (size_t i = 0; i < device->descriptors.interface_count; i++) {
		const struct dfut_interface *interface = &device->descriptors.interfaces[i];

		if (dfut_interface_class_fits(class_, interface)) {
			*number = interface->number;
			return true;
		}
	}
	return false;
}

const char *dfut_device_describe(const struct dfut_device *device, char *text, size_t size)
{
	const char *product = dfut_device_get_product(device);
	const char *serial = dfut_device_get_serial_number(device);

	snprintf(text, size, "%04x:%04x%s%s%s%s%s%s%s", device->descriptors.vendor_id, device->descriptors.product_id,
		 *product ? " \"" : "", product, *product ? "\"" : "", *serial ? " serial " : "", serial,
		 *device->path ? " at " : "", device->path);
	return text;
}
