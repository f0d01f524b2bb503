/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A device in a report: what it is, whether it can be used, what an update would do. */

#include <stdio.h>

#include "device/device.h"
#include "report/report.h"

#define BYTES_OF_A_LINE 32

static void tell_mode(struct dfut_report *report, const struct dfut_device *device)
{
	const char *title = dfut_device_get_title(device);
	const char *protocol = dfut_device_get_protocol(device);

	dfut_report_add_fact(report, "mode", "%s%s", dfut_mode_get_name(dfut_device_get_mode(device)),
			     dfut_device_is_mode_guessed(device) ? " (guessed)" : "");
	dfut_report_add_fact(report, "known as", "%s%s%s", *title ? title : "nothing",
			     dfut_device_is_generic(device) ? " (by its USB class only)" : "",
			     dfut_device_is_shared(device) ? " (other products look the same)" : "");
	if (*protocol)
		dfut_report_add_fact(report, "protocol", "%s", protocol);
	if (!dfut_device_is_complete(device))
		dfut_report_add_fact(report, "incomplete", "%s", dfut_device_get_missing(device));
	dfut_report_add_fact(report, "configuration", "%u in use", dfut_device_get_configuration(device));
	for (size_t i = 0; i < dfut_device_get_trigger_count(device); i++)
		dfut_report_add_fact(report, "trigger", "%s", dfut_device_get_trigger_name(device, i));
	for (size_t i = 0; i < dfut_device_get_command_count(device); i++)
		dfut_report_add_fact(report, "command", "%s", dfut_device_get_command_name(device, i));
}

static void tell_holder(struct dfut_report *report, struct dfut_device *device, int number)
{
	struct dfut_holder holder;
	char part[32] = "the device";

	if (number >= 0)
		snprintf(part, sizeof(part), "interface %d", number);
	if (dfut_device_get_holder(device, number, &holder, sizeof(holder)) < 0)
		return;
	if (holder.driver[0])
		dfut_report_add_fact(report, "held", "%s by the driver %s", part, holder.driver);
	if (holder.programs[0])
		dfut_report_add_fact(report, "open", "%s by %s", part, holder.programs);
}

static void tell_interface(struct dfut_report *report, struct dfut_device *device, size_t index)
{
	const struct dfut_interface *interface = dfut_device_get_interface(device, index);
	struct dfut_dfu_descriptor dfu;

	dfut_report_add_fact(report, "interface", "%u, alternate %u, class %02x/%02x/%02x, configuration %u%s%s",
			     interface->number, interface->alternate, interface->class_code, interface->subclass,
			     interface->protocol, interface->configuration, interface->name ? ", " : "",
			     interface->name ? interface->name : "");
	if (dfut_device_get_interface_dfu_descriptor(device, index, &dfu) == 0)
		dfut_report_add_fact(report, "", "DFU %x.%02x, attributes 0x%02x, detach timeout %u ms, block %u bytes",
				     dfu.version >> 8, dfu.version & 0xff, dfu.attributes, dfu.detach_timeout_ms,
				     dfu.transfer_size);
	if (interface->alternate == 0)
		tell_holder(report, device, interface->number);
}

static const char *get_name(const struct dfut_node *node)
{
	return *node->name ? node->name : "without a node";
}

static void tell_nodes(struct dfut_report *report, const struct dfut_device *device)
{
	const struct dfut_node *node;

	for (size_t i = 0; (node = dfut_device_get_node(device, i)); i++)
		if (node->link == DFUT_LINK_HID)
			dfut_report_add_fact(report, "HID", "%s, interface %u, usage %04x/%02x", get_name(node),
					     node->interface_number, node->usage_page, node->usage);
		else
			dfut_report_add_fact(report, "serial port", "%s, interface %u", get_name(node),
					     node->interface_number);
}

/* A session that is not run sends nothing. */
static void tell_update(struct dfut_report *report, struct dfut_device *device)
{
	struct dfut_session *session = NULL;
	int result = dfut_session_new(&session, device);

	dfut_report_take_code(report, result);
	if (result < 0)
		return;
	result = dfut_session_start_diagnose(session);
	dfut_report_take_code(report, result);
	if (result == 0)
		dfut_report_add_fact(report, "update", "possible, as far as can be seen without asking it");
	else
		dfut_report_add_fact(report, "update", "not possible: %s", dfut_session_get_message(session));
	if (*dfut_session_get_hint(session))
		dfut_report_add_fact(report, "hint", "%s", dfut_session_get_hint(session));
	dfut_session_free(session);
}

static void tell_use(struct dfut_report *report, struct dfut_device *device)
{
	const char *help;
	int result = dfut_device_diagnose(device);

	dfut_report_take_code(report, result);
	if (result == 0)
		dfut_report_add_fact(report, "use", "it can be opened");
	else
		dfut_report_add_fact(report, "use", "it can't be used: %s", dfut_context_get_error(device->context));
	if (*dfut_context_get_hint(device->context))
		dfut_report_add_fact(report, "hint", "%s", dfut_context_get_hint(device->context));
	for (size_t i = 0; (help = dfut_device_get_help(device, i)); i++)
		dfut_report_add_fact(report, "note", "%s", help);
}

/* From them somebody else can make a virtual device. A serial number is no part of them. */
static void tell_descriptors(struct dfut_report *report, const struct dfut_device *device)
{
	char text[2 * BYTES_OF_A_LINE + 1];
	size_t size = 0;
	const uint8_t *bytes = dfut_device_get_descriptors(device, &size);

	for (size_t at = 0; at < size; at += BYTES_OF_A_LINE) {
		for (size_t i = 0; i < BYTES_OF_A_LINE && at + i < size; i++)
			snprintf(text + 2 * i, 3, "%02x", bytes[at + i]);
		dfut_report_add_fact(report, at ? "" : "descriptors", "%s", text);
	}
}

void dfut_report_tell_device(struct dfut_report *report, struct dfut_device *device)
{
	/* It may have come after the others were counted. */
	dfut_report_add_serial(report, dfut_device_get_serial_number(device));
	dfut_report_add_title(report, "Device %s, %04x:%04x %s %s",
			      *dfut_device_get_path(device) ? dfut_device_get_path(device) : "without a port",
			      dfut_device_get_vendor_id(device), dfut_device_get_product_id(device),
			      dfut_device_get_manufacturer(device), dfut_device_get_product(device));
	if (*dfut_device_get_serial_number(device))
		dfut_report_add_fact(report, "serial number", "%s",
				     dfut_report_get_serial(report, dfut_device_get_serial_number(device)));
	dfut_report_add_fact(report, "release", "%04x", dfut_device_get_release(device));
	tell_mode(report, device);
	tell_holder(report, device, -1);
	for (size_t i = 0; i < dfut_device_get_interface_count(device); i++)
		tell_interface(report, device, i);
	tell_nodes(report, device);
	tell_use(report, device);
	tell_update(report, device);
	dfut_report_tell_rows(report, device);
	dfut_report_tell_rules(report, device);
	tell_descriptors(report, device);
}
