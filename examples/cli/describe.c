/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A device in words, and as JSON. */

#include "describe.h"

#define DFU_CLASS 0xfe
#define DFU_SUBCLASS 0x01

static bool is_dfu(const struct dfut_interface *interface)
{
	return interface->class_code == DFU_CLASS && interface->subclass == DFU_SUBCLASS;
}

void describe_headline(struct output *output, const struct dfut_device *device)
{
	const char *path = dfut_device_get_path(device);
	const char *manufacturer = dfut_device_get_manufacturer(device);
	const char *product = dfut_device_get_product(device);

	output_text(output, "%-8s %04x:%04x%s%s%s%s\n", path[0] ? path : "-", dfut_device_get_vendor_id(device),
		    dfut_device_get_product_id(device), manufacturer[0] ? "  " : "", manufacturer,
		    product[0] ? (manufacturer[0] ? " " : "  ") : "", product);
}

static const struct dfut_interface *find_dfu(const struct dfut_device *device)
{
	for (size_t i = 0; i < dfut_device_get_interface_count(device); i++)
		if (is_dfu(dfut_device_get_interface(device, i)))
			return dfut_device_get_interface(device, i);
	return NULL;
}

static void print_state(struct output *output, const struct dfut_device *device)
{
	const struct dfut_interface *dfu = find_dfu(device);
	unsigned int configuration = dfut_device_get_configuration(device);

	if (!dfut_device_is_complete(device))
		output_text(output, "         incomplete     %s\n", dfut_device_get_missing(device));
	if (!configuration && dfu)
		output_text(output,
			    "         configuration  none in use; a job selects %u if nobody holds the device\n",
			    dfu->configuration);
	else if (!configuration)
		output_text(output, "         configuration  none in use: the system has not configured it\n");
	else if (dfu && dfu->configuration != configuration)
		output_text(
			output,
			"         configuration  %u in use, DFU is in %u; a job selects that if nobody holds the device\n",
			configuration, dfu->configuration);
}

bool describe_shows_language_later(const struct dfut_device *device)
{
	return dfut_device_get_mode(device) == DFUT_MODE_APPLICATION && !dfut_device_get_protocol(device)[0] &&
	       dfut_device_get_trigger_count(device);
}

bool describe_is_asked_for_language(const struct dfut_device *device)
{
	const struct dfut_interface *interface;
	bool has_dfu = false;

	for (size_t i = 0; (interface = dfut_device_get_interface(device, i)); i++)
		has_dfu = has_dfu || (interface->class_code == 0xfe && interface->subclass == 1);
	return has_dfu && dfut_device_get_mode(device) == DFUT_MODE_BOOTLOADER && !dfut_device_get_protocol(device)[0];
}

static void print_mode(struct output *output, const struct dfut_device *device)
{
	const char *protocol = dfut_device_get_protocol(device);
	const char *name = dfut_mode_get_name(dfut_device_get_mode(device));

	output_text(output, "         mode           %s%s%s%s\n", name,
		    dfut_device_is_mode_guessed(device) ? " (guessed)" : "",
		    protocol[0]				   ? ", bootloader protocol " :
		    describe_shows_language_later(device)  ? ", only its bootloader shows which protocol it speaks" :
		    describe_is_asked_for_language(device) ? ", a job asks it which protocol it speaks" :
							     "",
		    protocol);
	if (dfut_device_is_mode_guessed(device))
		output_text(output, "         %-14s if it is the other one, say so: -d APP,BOOT\n", "");
	if (dfut_device_is_generic(device) && dfut_device_get_mode(device) == DFUT_MODE_APPLICATION)
		output_text(output, "         generic        only its USB class says that it can be updated: "
				    "name it if it is meant (-d, -p, -S)\n");
}

static void print_triggers(struct output *output, const struct dfut_device *device)
{
	size_t count = dfut_device_get_trigger_count(device);

	for (size_t i = 0; i < count; i++)
		output_text(output, "         %-14s %s\n", i ? "" : "triggers",
			    dfut_device_get_trigger_name(device, i));
	if (dfut_device_is_shared(device))
		output_text(output, "         %-14s other products look the same: choose the trigger with --how\n", "");
}

static void print_commands(struct output *output, const struct dfut_device *device)
{
	for (size_t i = 0; i < dfut_device_get_command_count(device); i++)
		output_text(output, "         %-14s %s\n", i ? "" : "commands",
			    dfut_device_get_command_name(device, i));
}

static void print_nodes(struct output *output, const struct dfut_device *device)
{
	for (size_t i = 0; i < dfut_device_get_node_count(device); i++) {
		const struct dfut_node *node = dfut_device_get_node(device, i);
		bool is_hid = node->link == DFUT_LINK_HID;

		output_text(output, "         %-14s %s (interface %u", is_hid ? "HID" : "serial port",
			    node->name[0] ? node->name : "without a node", node->interface_number);
		if (is_hid && node->usage_page)
			output_text(output, ", usage %04x/%02x", node->usage_page, node->usage);
		output_text(output, ")\n");
	}
}

static void print_interface(struct output *output, const struct dfut_interface *interface)
{
	if (is_dfu(interface))
		output_text(output, "         alternate %-4u %s%s%s (interface %u)\n", interface->alternate,
			    interface->name ? "\"" : "", interface->name ? interface->name : "without a name",
			    interface->name ? "\"" : "", interface->number);
	else
		output_text(output, "         interface %-4u class %02x/%02x/%02x, alternate %u%s%s\n",
			    interface->number, interface->class_code, interface->subclass, interface->protocol,
			    interface->alternate, interface->name ? ", " : "", interface->name ? interface->name : "");
}

static void print_dfu_descriptor(struct output *output, const struct dfut_device *device, size_t index,
				 const char *place)
{
	struct dfut_dfu_descriptor dfu = { 0 };
	char version[8];

	if (dfut_device_get_interface_dfu_descriptor(device, index, &dfu) < 0)
		return;
	snprintf(version, sizeof(version), "%x.%x", dfu.version >> 8, dfu.version >> 4 & 0xf);
	/* 1.1a is DfuSe. */
	if (dfu.version & 0xf)
		snprintf(version, sizeof(version), "%x.%02x", dfu.version >> 8, dfu.version & 0xff);
	output_text(output, "         DFU %-10s %sdownload, %supload, %smanifestation tolerant, %s; ", version,
		    dfu.attributes & DFUT_DFU_CAN_DNLOAD ? "" : "no ",
		    dfu.attributes & DFUT_DFU_CAN_UPLOAD ? "" : "no ",
		    dfu.attributes & DFUT_DFU_MANIFESTATION_TOLERANT ? "" : "not ",
		    dfu.attributes & DFUT_DFU_WILL_DETACH ? "detaches by itself" : "detaches on bus reset");
	output_text(output, "%u bytes a block", dfut_dfu_get_block_size(dfu.transfer_size));
	if (dfut_dfu_get_block_size(dfu.transfer_size) != dfu.transfer_size)
		output_text(output, ", where it says %u", dfu.transfer_size);
	output_text(output, "%s\n", place);
}

/* The index of the next DFU interface from this index on, that is of its first alternate setting. */
static size_t find_next_dfu(const struct dfut_device *device, size_t index)
{
	const struct dfut_interface *last = index ? dfut_device_get_interface(device, index - 1) : NULL;
	const struct dfut_interface *interface;

	for (; (interface = dfut_device_get_interface(device, index)); index++)
		if (is_dfu(interface) && !(last && is_dfu(last) && last->number == interface->number &&
					   last->configuration == interface->configuration))
			break;
	return index;
}

static void print_dfu_descriptors(struct output *output, const struct dfut_device *device)
{
	size_t count = dfut_device_get_interface_count(device);
	size_t first = find_next_dfu(device, 0);
	bool is_only = first >= count || find_next_dfu(device, first + 1) >= count;
	char place[32] = "";

	for (size_t i = first; i < count; i = find_next_dfu(device, i + 1)) {
		if (!is_only)
			snprintf(place, sizeof(place), " (interface %u)", dfut_device_get_interface(device, i)->number);
		print_dfu_descriptor(output, device, i, place);
	}
}

void describe_details(struct output *output, const struct dfut_device *device, bool every_interface)
{
	size_t count = dfut_device_get_interface_count(device);
	const char *serial_number = dfut_device_get_serial_number(device);
	bool is_bootloader = dfut_device_get_mode(device) == DFUT_MODE_BOOTLOADER;

	if (serial_number[0])
		output_text(output, "         serial number  %s\n", serial_number);
	print_state(output, device);
	print_mode(output, device);
	print_triggers(output, device);
	print_commands(output, device);
	print_nodes(output, device);
	print_dfu_descriptors(output, device);
	for (size_t i = 0; i < count; i++) {
		const struct dfut_interface *interface = dfut_device_get_interface(device, i);

		/* The alternate settings of a bootloader are memories to choose from. */
		if (every_interface || (is_bootloader && is_dfu(interface)))
			print_interface(output, interface);
	}
}

void describe_unread(struct output *output, const struct dfut_device_list *list)
{
	if (dfut_device_list_is_complete(list))
		return;
	for (size_t i = 0; i < dfut_device_list_get_unread_count(list); i++) {
		const struct dfut_device *device = dfut_device_list_get_unread(list, i);

		output_error_text(output, "incomplete: %s %04x:%04x: %s\n", dfut_device_get_path(device),
				  dfut_device_get_vendor_id(device), dfut_device_get_product_id(device),
				  dfut_device_get_missing(device));
	}
	if (dfut_device_list_get_unread_count(list) == 0)
		output_error_text(output, "incomplete: not all devices could be looked at in time\n");
}

json_t *describe_new_json_unread(const struct dfut_device_list *list)
{
	json_t *array = json_array();

	for (size_t i = 0; i < dfut_device_list_get_unread_count(list); i++) {
		const struct dfut_device *device = dfut_device_list_get_unread(list, i);
		json_t *object = describe_new_json_identity(device);

		json_object_set_new(object, "missing", new_json_text(dfut_device_get_missing(device)));
		json_array_append_new(array, object);
	}
	return array;
}

json_t *describe_new_json_identity(const struct dfut_device *device)
{
	if (!device)
		return json_null();
	return json_pack("{s:o, s:o, s:o, s:o, s:s}", "vendor_id", new_json_hex(dfut_device_get_vendor_id(device), 4),
			 "product_id", new_json_hex(dfut_device_get_product_id(device), 4), "path",
			 new_json_text(dfut_device_get_path(device)), "serial_number",
			 new_json_text(dfut_device_get_serial_number(device)), "mode",
			 dfut_mode_get_name(dfut_device_get_mode(device)));
}

static json_t *new_dfu(const struct dfut_dfu_descriptor *dfu)
{
	return json_pack("{s:i, s:b, s:b, s:b, s:b, s:i, s:i, s:i, s:o}", "attributes", dfu->attributes, "can_download",
			 dfu->attributes & DFUT_DFU_CAN_DNLOAD, "can_upload", dfu->attributes & DFUT_DFU_CAN_UPLOAD,
			 "manifestation_tolerant", dfu->attributes & DFUT_DFU_MANIFESTATION_TOLERANT, "will_detach",
			 dfu->attributes & DFUT_DFU_WILL_DETACH, "detach_timeout_ms", dfu->detach_timeout_ms,
			 "transfer_size", dfu->transfer_size, "block_size", dfut_dfu_get_block_size(dfu->transfer_size),
			 "version", new_json_hex(dfu->version, 4));
}

static json_t *new_interface_dfu(const struct dfut_device *device, size_t index)
{
	struct dfut_dfu_descriptor dfu = { 0 };

	return dfut_device_get_interface_dfu_descriptor(device, index, &dfu) < 0 ? json_null() : new_dfu(&dfu);
}

static json_t *new_interface(const struct dfut_device *device, size_t index)
{
	const struct dfut_interface *interface = dfut_device_get_interface(device, index);

	return json_pack("{s:i, s:i, s:i, s:o, s:o, s:o, s:o, s:i, s:o}", "configuration", interface->configuration,
			 "number", interface->number, "alternate", interface->alternate, "class",
			 new_json_hex(interface->class_code, 2), "subclass", new_json_hex(interface->subclass, 2),
			 "protocol", new_json_hex(interface->protocol, 2), "name", new_json_text(interface->name),
			 "endpoint_count", interface->endpoint_count, "dfu", new_interface_dfu(device, index));
}

static json_t *new_interfaces(const struct dfut_device *device)
{
	json_t *array = json_array();
	size_t count = dfut_device_get_interface_count(device);

	for (size_t i = 0; i < count; i++)
		json_array_append_new(array, new_interface(device, i));
	return array;
}

static json_t *new_device_dfu(const struct dfut_device *device)
{
	struct dfut_dfu_descriptor dfu = { 0 };

	return dfut_device_get_dfu_descriptor(device, &dfu) < 0 ? json_null() : new_dfu(&dfu);
}

static json_t *new_triggers(const struct dfut_device *device)
{
	json_t *array = json_array();
	size_t count = dfut_device_get_trigger_count(device);

	for (size_t i = 0; i < count; i++)
		json_array_append_new(array, new_json_text(dfut_device_get_trigger_name(device, i)));
	return array;
}

static json_t *new_nodes(const struct dfut_device *device)
{
	json_t *array = json_array();

	for (size_t i = 0; i < dfut_device_get_node_count(device); i++) {
		const struct dfut_node *node = dfut_device_get_node(device, i);
		json_t *object = json_pack("{s:s, s:i, s:o}", "kind", node->link == DFUT_LINK_HID ? "hid" : "serial",
					   "interface", node->interface_number, "name", new_json_text(node->name));

		if (node->link == DFUT_LINK_HID) {
			json_object_set_new(object, "usage_page", new_json_hex(node->usage_page, 4));
			json_object_set_new(object, "usage", new_json_hex(node->usage, 4));
		}
		json_array_append_new(array, object);
	}
	return array;
}

json_t *describe_new_json_commands(const struct dfut_device *device)
{
	json_t *array = json_array();

	for (size_t i = 0; i < dfut_device_get_command_count(device); i++)
		json_array_append_new(array, json_pack("{s:o, s:o}", "name",
						       new_json_text(dfut_device_get_command_name(device, i)), "text",
						       new_json_text(dfut_device_get_command_text(device, i))));
	return array;
}

json_t *describe_new_json(const struct dfut_device *device)
{
	json_t *object = describe_new_json_identity(device);
	size_t size = 0;
	const uint8_t *descriptors = dfut_device_get_descriptors(device, &size);
	const struct dfut_interface *dfu = find_dfu(device);
	json_t *more = json_pack(
		"{s:b, s:o, s:o, s:o, s:o, s:o, s:i, s:i, s:o, s:i, s:o, s:o, s:o, s:b, s:b, s:b, s:b, s:o, s:o, s:o, s:o}",
		"complete", dfut_device_is_complete(device), "missing",
		dfut_device_is_complete(device) ? json_null() : new_json_text(dfut_device_get_missing(device)),
		"dfu_configuration", dfu ? json_integer(dfu->configuration) : json_null(), "release",
		new_json_hex(dfut_device_get_release(device), 4), "manufacturer",
		new_json_text(dfut_device_get_manufacturer(device)), "product",
		new_json_text(dfut_device_get_product(device)), "bus_number", (int)dfut_device_get_bus_number(device),
		"address", (int)dfut_device_get_address(device), "protocol",
		new_json_text(dfut_device_get_protocol(device)), "configuration",
		(int)dfut_device_get_configuration(device), "interfaces", new_interfaces(device), "dfu",
		new_device_dfu(device), "triggers", new_triggers(device), "shared", dfut_device_is_shared(device),
		"generic", dfut_device_is_generic(device), "mode_guessed", dfut_device_is_mode_guessed(device),
		"protocol_shown_later", describe_shows_language_later(device) || describe_is_asked_for_language(device),
		"title", new_json_text(dfut_device_get_title(device)), "nodes", new_nodes(device), "commands",
		describe_new_json_commands(device), "descriptors", new_json_bytes(descriptors, size));

	if (!object || !more || json_object_update(object, more) < 0) {
		json_decref(object);
		object = NULL;
	}
	json_decref(more);
	return object;
}

json_t *describe_new_json_steps(const struct dfut_session *session)
{
	json_t *steps = json_array();
	size_t count = dfut_session_get_step_count(session);

	for (size_t i = 0; i < count; i++) {
		struct dfut_step step = { DFUT_SESSION_NEW, NULL, 0, 0 };

		if (dfut_session_get_step(session, i, &step, sizeof(step)) < 0)
			continue;
		json_array_append_new(steps, json_pack("{s:s, s:o, s:I, s:I}", "state",
						       dfut_session_state_get_name(step.state), "text",
						       new_json_text(step.text), "bytes", (json_int_t)step.bytes,
						       "time_ms", (json_int_t)step.time_ms));
	}
	return steps;
}
