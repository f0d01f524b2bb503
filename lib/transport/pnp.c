/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Looks no system up: on each one the same trees give the same answers. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "transport/pnp.h"

/* Hubs are at most 5 deep; a driver may add objects of its own below a function. */
#define DEPTH_LIMIT 16

int dfut_pnp_add(struct dfut_pnp_tree *tree, const struct dfut_pnp_node *node)
{
	struct dfut_pnp_node *grown = realloc(tree->nodes, (tree->count + 1) * sizeof(*grown));

	if (!grown)
		return DFUT_ERROR_NO_MEMORY;
	tree->nodes = grown;
	tree->nodes[tree->count++] = *node;
	return 0;
}

void dfut_pnp_free(struct dfut_pnp_tree *tree)
{
	free(tree->nodes);
	*tree = (struct dfut_pnp_tree){ 0 };
}

/* Ids: Windows does not tell upper case from lower case in them. */

static char to_upper(char letter)
{
	return letter >= 'a' && letter <= 'z' ? (char)(letter - 'a' + 'A') : letter;
}

static bool begins_with(const char *text, const char *beginning)
{
	while (*beginning && to_upper(*text) == to_upper(*beginning)) {
		text++;
		beginning++;
	}
	return !*beginning;
}

static bool is_same(const char *a, const char *b)
{
	return strlen(a) == strlen(b) && begins_with(a, b);
}

static const char *find_text(const char *text, const char *part)
{
	while (*text && !begins_with(text, part))
		text++;
	return *text ? text : NULL;
}

/* The part behind the last backslash. */
static const char *get_instance(const struct dfut_pnp_node *node)
{
	const char *last = strrchr(node->id, '\\');

	return last ? last + 1 : node->id;
}

/* "USB\VID_1209&PID_2303\...", which no function and no hub is. */
static bool is_device(const struct dfut_pnp_node *node, uint16_t vendor_id, uint16_t product_id)
{
	char beginning[32];

	snprintf(beginning, sizeof(beginning), "USB\\VID_%04X&PID_%04X\\", vendor_id, product_id);
	return begins_with(node->id, beginning);
}

/* Places. */

bool dfut_pnp_get_ports(char *ports, size_t size, const char *location)
{
	const char *at = find_text(location, "#USBROOT(");
	size_t used = 0;

	ports[0] = '\0';
	while (at && (at = find_text(at + 1, "#USB("))) {
		int length = snprintf(ports + used, size - used, "%s%lu", used ? "." : "",
				      strtoul(at + strlen("#USB("), NULL, 10));

		if (length < 0 || (size_t)length >= size - used)
			return false;
		used += (size_t)length;
	}
	return used > 0;
}

bool dfut_pnp_get_serial_number(char *serial_number, size_t size, const struct dfut_pnp_node *device)
{
	const char *instance = get_instance(device);

	/* "5&2f3e4d5c&0&3" is made up of where the device is. */
	if (!instance[0] || (strlen(instance) > 1 && instance[1] == '&') || strlen(instance) >= size)
		return false;
	snprintf(serial_number, size, "%s", instance);
	return true;
}

/* "1-3.2": what is behind the bus. */
static const char *get_ports_of_path(const char *path)
{
	const char *dash = strchr(path, '-');

	return dash ? dash + 1 : "";
}

static bool is_at(const struct dfut_pnp_node *node, const struct dfut_os_place *place)
{
	char ports[64];

	/* Where either does not know, nothing speaks against it. */
	return !*get_ports_of_path(place->path) || !dfut_pnp_get_ports(ports, sizeof(ports), node->location) ||
	       strcmp(ports, get_ports_of_path(place->path)) == 0;
}

static bool has_serial_number(const struct dfut_pnp_node *node, const struct dfut_os_place *place)
{
	char serial_number[DFUT_PNP_TEXT_SIZE];

	return !*place->serial_number || !dfut_pnp_get_serial_number(serial_number, sizeof(serial_number), node) ||
	       is_same(serial_number, place->serial_number);
}

static bool is_meant(const struct dfut_pnp_node *node, const struct dfut_os_place *place)
{
	return is_device(node, place->vendor_id, place->product_id) && is_at(node, place) &&
	       has_serial_number(node, place);
}

const struct dfut_pnp_node *dfut_pnp_find_device(const struct dfut_pnp_tree *tree, const struct dfut_os_place *place)
{
	const struct dfut_pnp_node *found = NULL;

	for (size_t i = 0; i < tree->count; i++) {
		if (!is_meant(&tree->nodes[i], place))
			continue;
		/* At the same ports of two controllers: whose is which is not told. */
		if (found)
			return NULL;
		found = &tree->nodes[i];
	}
	return found;
}

bool dfut_pnp_is_there(const struct dfut_pnp_tree *tree, const struct dfut_os_place *place)
{
	for (size_t i = 0; i < tree->count; i++)
		if (is_meant(&tree->nodes[i], place))
			return true;
	return false;
}

/* Functions. */

static const struct dfut_pnp_node *find_id(const struct dfut_pnp_tree *tree, const char *id)
{
	for (size_t i = 0; *id && i < tree->count; i++)
		if (is_same(tree->nodes[i].id, id))
			return &tree->nodes[i];
	return NULL;
}

static bool is_below(const struct dfut_pnp_tree *tree, const struct dfut_pnp_node *node,
		     const struct dfut_pnp_node *above)
{
	for (int depth = 0; node && depth < DEPTH_LIMIT; depth++) {
		if (node == above)
			return true;
		node = find_id(tree, node->parent);
	}
	return false;
}

/* "USB\VID_1209&PID_2303&MI_02\..." */
static bool is_function(const struct dfut_pnp_node *node)
{
	return begins_with(node->id, "USB\\VID_") && find_text(node->id, "&MI_");
}

/* Where several interfaces are one function, as those of a serial port, it has the number of the first. */
static bool is_of_interface(const struct dfut_pnp_node *node, uint8_t interface)
{
	return is_function(node) && strtoul(find_text(node->id, "&MI_") + strlen("&MI_"), NULL, 16) == interface;
}

const struct dfut_pnp_node *dfut_pnp_find_function(const struct dfut_pnp_tree *tree, const struct dfut_pnp_node *device,
						   uint8_t interface)
{
	bool has_functions = false;

	for (size_t i = 0; i < tree->count; i++) {
		const struct dfut_pnp_node *node = &tree->nodes[i];

		if (!is_function(node) || !is_same(node->parent, device->id))
			continue;
		has_functions = true;
		if (is_of_interface(node, interface))
			return node;
	}
	return has_functions ? NULL : device;
}

void dfut_pnp_find_name(char name[DFUT_OS_NAME_SIZE], const struct dfut_pnp_tree *tree,
			const struct dfut_pnp_node *device, enum dfut_link link, uint8_t interface)
{
	const struct dfut_pnp_node *function = dfut_pnp_find_function(tree, device, interface);

	name[0] = '\0';
	/* A node for each top-level collection: the first will do. */
	for (size_t i = 0; function && i < tree->count && !name[0]; i++) {
		const struct dfut_pnp_node *node = &tree->nodes[i];

		if (!is_below(tree, node, function))
			continue;
		if (link == DFUT_LINK_HID)
			snprintf(name, DFUT_OS_NAME_SIZE, "%s", node->hid);
		if (link == DFUT_LINK_SERIAL)
			snprintf(name, DFUT_OS_NAME_SIZE, "%s", node->port);
	}
}

/* Drivers. */

bool dfut_pnp_is_for_programs(const struct dfut_pnp_node *function)
{
	static const char *const services[] = { "WinUSB", "libusbK", "libusb0" };

	for (size_t i = 0; i < DFUT_COUNT(services) && function->problem == 0; i++)
		if (is_same(function->service, services[i]))
			return true;
	return false;
}

static const char *get_kind(enum dfut_link link)
{
	switch (link) {
	case DFUT_LINK_HID:
		return "HID interface";
	case DFUT_LINK_SERIAL:
		return "serial port";
	case DFUT_LINK_VOLUME:
		return "drive";
	case DFUT_LINK_USB:
		break;
	}
	return "access for programs";
}

/* What stands in front of each text: "interface 2 of 1209:2303" */
static void put_what(char *what, size_t size, const struct dfut_os_place *place, uint8_t interface)
{
	if (interface == DFUT_CHANNEL_DEVICE)
		snprintf(what, size, "%04x:%04x", place->vendor_id, place->product_id);
	else
		snprintf(what, size, "interface %u of %04x:%04x", interface, place->vendor_id, place->product_id);
}

static void explain_no_driver(struct dfut_failure *failure, const char *what, enum dfut_link link, int code)
{
	dfut_fail(failure, code, "Windows has no driver for %s", what);
	if (link == DFUT_LINK_USB)
		dfut_hint(
			failure,
			"give it the driver WinUSB: by the program Zadig (choose the device, WinUSB, Install Driver), or by a "
			"signed dfutrigger.inf, which comes with programs that use this library (right click, Install)");
	else if (link == DFUT_LINK_SERIAL)
		dfut_hint(failure,
			  "Windows 10 and later have the driver usbser; for older ones the board's maker has an .inf");
	else
		dfut_hint(failure, "plug it in again, or look for the device in the Device Manager");
}

static void explain_other_driver(struct dfut_failure *failure, const char *what, const char *service,
				 enum dfut_link link, int code)
{
	dfut_fail(failure, code, "%s has no %s: it belongs to the driver %s", what, get_kind(link), service);
	if (link == DFUT_LINK_USB)
		dfut_hint(failure,
			  "the program Zadig can put WinUSB in that driver's place (Options, List All Devices); what "
			  "needs the driver does not work any more then");
	else
		dfut_hint(failure,
			  "if Zadig has put it there: uninstall the device in the Device Manager, with its driver, and "
			  "plug it in again");
}

static void explain_function(struct dfut_failure *failure, const struct dfut_pnp_node *function, const char *what,
			     enum dfut_link link, int code)
{
	if (function->problem == DFUT_PNP_NO_DRIVER || (function->problem == 0 && !function->service[0])) {
		explain_no_driver(failure, what, link, code);
	} else if (function->problem) {
		dfut_fail(failure, code, "%s does not work: Windows' problem code %u", what, function->problem);
		dfut_hint(failure, "the Device Manager explains the code; plugging the device in again may help");
	} else if (link == DFUT_LINK_USB ? !dfut_pnp_is_for_programs(function) : code == DFUT_ERROR_NOT_FOUND) {
		explain_other_driver(failure, what, function->service, link, code);
	} else {
		dfut_fail(failure, code, "%s, which has the driver %s, can't be used: %s", what, function->service,
			  dfut_error_get_text(code));
		if (code == DFUT_ERROR_BUSY || code == DFUT_ERROR_ACCESS)
			dfut_hint(failure, "end the program that uses it, then repeat");
	}
}

void dfut_pnp_explain(struct dfut_failure *failure, const struct dfut_pnp_tree *tree, const struct dfut_os_place *place,
		      enum dfut_link link, uint8_t interface, int code)
{
	const struct dfut_pnp_node *device = dfut_pnp_find_device(tree, place);
	const struct dfut_pnp_node *function = device;
	char what[64];

	if (device && interface != DFUT_CHANNEL_DEVICE)
		function = dfut_pnp_find_function(tree, device, interface);
	put_what(what, sizeof(what), place, interface);
	if (code == DFUT_OK)
		dfut_fail(failure, DFUT_OK, "%s", function ? function->service : "");
	else if (function)
		explain_function(failure, function, what, link, code);
	else
		dfut_fail(failure, code, "%s can't be used: %s", what, dfut_error_get_text(code));
}
