/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The alternate settings of a device's DFU interface: the memories that its bootloader offers. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device/device.h"
#include "table/table.h"

/* NULL after the last, and if the device has no DFU interface. */
static const struct dfut_interface *next_alternate(const struct dfut_device *device, size_t *at)
{
	const struct dfut_interface *first = device->descriptors.dfu_interface;

	while (first && *at < device->descriptors.interface_count) {
		const struct dfut_interface *interface = &device->descriptors.interfaces[(*at)++];

		if (interface->configuration == first->configuration && interface->number == first->number)
			return interface;
	}
	return NULL;
}

size_t dfut_device_count_alternates(const struct dfut_device *device)
{
	size_t at = 0, count = 0;

	while (next_alternate(device, &at))
		count++;
	return count;
}

static bool alternate_fits(const struct dfut_interface *interface, const char *alternate)
{
	char *end;
	unsigned long number = strtoul(alternate, &end, 0);

	if (interface->name && strcmp(interface->name, alternate) == 0)
		return true;
	return *alternate && *end == '\0' && number == interface->alternate;
}

const struct dfut_interface *dfut_device_find_alternate(const struct dfut_device *device, const char *alternate,
							struct dfut_failure *failure)
{
	const struct dfut_interface *interface;
	char list[256] = "";
	size_t at = 0, used = 0;

	while ((interface = next_alternate(device, &at))) {
		if (alternate_fits(interface, alternate))
			return interface;
		if (used < sizeof(list))
			used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%u \"%s\"", used ? ", " : "",
						 interface->alternate, interface->name ? interface->name : "");
	}
	if (!used)
		dfut_fail(failure, DFUT_ERROR_UNSUPPORTED, "the device has no DFU interface");
	else if (!*alternate)
		dfut_fail(failure, DFUT_ERROR_NOT_FOUND, "the device has %s", list);
	else
		dfut_fail(failure, DFUT_ERROR_NOT_FOUND, "there is no alternate setting \"%s\"; the device has %s",
			  alternate, list);
	return NULL;
}

bool dfut_device_is_slot(const struct dfut_device *device, const struct dfut_interface *interface, enum dfut_slot slot)
{
	const struct dfut_names *names;

	if (!device->entry || !interface || !interface->name)
		return false;
	names = &device->entry->slots.names[slot];
	for (size_t i = 0; i < names->count; i++)
		if (strcmp(names->items[i], interface->name) == 0)
			return true;
	return false;
}

const struct dfut_interface *dfut_device_find_slot(const struct dfut_device *device, enum dfut_slot slot)
{
	const struct dfut_interface *interface;
	size_t at = 0;

	while ((interface = next_alternate(device, &at)))
		if (dfut_device_is_slot(device, interface, slot))
			return interface;
	return NULL;
}
