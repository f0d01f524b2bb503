/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Which interfaces are meant: as dfu-util judges it, but that nobody's webcam is taken for a board. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "found.h"
#include "line.h"

static bool number_fits(long number, unsigned int other)
{
	return number < 0 || number == (long)other;
}

static bool text_fits(const char *text, const char *other)
{
	return !text || text[0] == '\0' || (other && strcmp(text, other) == 0);
}

static bool device_fits(const struct options *options, const struct dfut_device *device)
{
	return (!options->path || strcmp(options->path, dfut_device_get_path(device)) == 0) &&
	       number_fits(options->device_number, dfut_device_get_address(device));
}

static bool place_fits(const struct options *options, const struct dfut_interface *interface)
{
	return line_is_dfu_interface(interface) && number_fits(options->configuration, interface->configuration) &&
	       number_fits(options->interface, interface->number);
}

static bool dfu_mode_fits(const struct options *options, const struct dfut_device *device,
			  const struct dfut_interface *interface)
{
	char serial[LINE_SERIAL_SIZE];

	return id_pair_fits(&options->ids.dfu, device) && number_fits(options->alternate, interface->alternate) &&
	       text_fits(options->alternate_name, interface->name) &&
	       text_fits(options->dfu_serial_number, line_get_serial(device, serial));
}

static bool runtime_fits(const struct options *options, const struct dfut_device *device)
{
	char serial[LINE_SERIAL_SIZE];

	return id_pair_fits(&options->ids.runtime, device) &&
	       text_fits(options->serial_number, line_get_serial(device, serial));
}

/* Somebody's headset that can be updated by DFU, too, is not what a caller means who names nothing. */
static bool is_named(const struct options *options, const struct dfut_device *device)
{
	return options->mode == MODE_LIST || !dfut_device_is_generic(device) || id_pair_names(&options->ids.runtime) ||
	       options->path || options->device_number >= 0 || (options->serial_number && options->serial_number[0]);
}

static bool is_meant(struct found_list *list, const struct options *options, const struct found *found)
{
	if (!place_fits(options, found->interface))
		return false;
	if (found->is_dfu)
		return dfu_mode_fits(options, found->device, found->interface);
	if (!runtime_fits(options, found->device))
		return false;
	if (is_named(options, found->device))
		return true;
	list->unnamed_count++;
	return false;
}

static int add(struct found_list *list, const struct found *found)
{
	struct found *items = realloc(list->items, (list->count + 1) * sizeof(*items));

	if (!items)
		return DFUT_ERROR_NO_MEMORY;
	list->items = items;
	items[list->count++] = *found;
	return 0;
}

/* dfu-util has only what it can open, and its callers tell by that whether rights are missing. */
static bool is_denied(const struct dfut_device *device)
{
	char node[64];

	snprintf(node, sizeof(node), "/dev/bus/usb/%03u/%03u", dfut_device_get_bus_number(device),
		 dfut_device_get_address(device));
	return access(node, R_OK | W_OK) != 0 && errno == EACCES;
}

static int add_device(struct found_list *list, const struct options *options, struct dfut_device *device)
{
	if (!device_fits(options, device) || is_denied(device))
		return 0;
	for (size_t i = dfut_device_get_interface_count(device); i-- > 0;) {
		struct found found = { device, dfut_device_get_interface(device, i), i, false };

		found.is_dfu = line_is_dfu_mode(device, found.interface);
		if (is_meant(list, options, &found) && add(list, &found) < 0)
			return DFUT_ERROR_NO_MEMORY;
	}
	return 0;
}

int found_list_add_all(struct found_list *list, const struct options *options, const struct dfut_device_list *devices)
{
	size_t count = dfut_device_list_get_count(devices);
	int code = 0;

	for (size_t i = count; i-- > 0 && code == 0;)
		code = add_device(list, options, dfut_device_list_get(devices, i));
	return code;
}

static bool has_dfu_interface(const struct dfut_device *device)
{
	for (size_t i = 0; i < dfut_device_get_interface_count(device); i++)
		if (line_is_dfu_interface(dfut_device_get_interface(device, i)))
			return true;
	return false;
}

void found_complain_of_denied(struct words *words, const struct dfut_device_list *devices)
{
	bool has_any = false;

	for (size_t i = 0; i < dfut_device_list_get_count(devices); i++) {
		const struct dfut_device *device = dfut_device_list_get(devices, i);

		if (!has_dfu_interface(device) || !is_denied(device))
			continue;
		has_any = true;
		words_complain(words, "Cannot open DFU device %04x:%04x found on devnum %u (LIBUSB_ERROR_ACCESS)",
			       dfut_device_get_vendor_id(device), dfut_device_get_product_id(device),
			       dfut_device_get_address(device));
	}
	if (has_any)
		words_complain(words, "hint: \"dfutrigger doctor\" names the udev rule that gives the right");
}

bool found_list_is_one_interface(const struct found_list *list)
{
	const struct found *first = list->items;

	for (size_t i = 0; i < list->count; i++) {
		const struct found *item = &list->items[i];

		if (!item->is_dfu || item->device != first->device ||
		    item->interface->configuration != first->interface->configuration ||
		    item->interface->number != first->interface->number)
			return false;
	}
	return list->count > 0;
}

void found_list_free(struct found_list *list)
{
	free(list->items);
	memset(list, 0, sizeof(*list));
}
