/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The alternate settings of a device's DFU interface: the memories that its bootloader offers. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device-table.h"
#include "device.h"

static bool is_alternate(const struct dfut_device *device, size_t index)
{
	const struct dfut_interface *first = &device->descriptors.interfaces[device->descriptors.dfu_index];
	const struct dfut_interface *interface = &device->descriptors.interfaces[index];

	return interface->configuration == first->configuration && interface->number == first->number;
}

size_t dfut_device_count_alternates(const struct dfut_device *device)
{
	size_t count = 0;

	for (size_t i = 0; device->descriptors.dfu_index >= 0 && i < device->descriptors.interface_count; i++)
		count += is_alternate(device, i);
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

int dfut_device_find_alternate(const struct dfut_device *device, const char *alternate, struct dfut_failure *failure)
{
	char list[256] = "";
	size_t used = 0;

	if (device->descriptors.dfu_index < 0)
		return dfut_fail(failure, DFUT_ERROR_UNSUPPORTED, "the device has no DFU interface");
	for (size_t i = 0; i < device->descriptors.interface_count; i++) {
		const struct dfut_interface *interface = &device->descriptors.interfaces[i];

		if (!is_alternate(device, i))
			continue;
		if (alternate_fits(interface, alternate))
			return (int)i;
		if (used < sizeof(list))
			used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%u \"%s\"", used ? ", " : "",
						 interface->alternate, interface->name ? interface->name : "");
	}
	if (!*alternate)
		return dfut_fail(failure, DFUT_ERROR_NOT_FOUND, "the device has %s", list);
	return dfut_fail(failure, DFUT_ERROR_NOT_FOUND, "there is no alternate setting \"%s\"; the device has %s", alternate,
			 list);
}

bool dfut_device_is_slot(const struct dfut_device *device, size_t index, enum dfut_slot slot)
{
	const char *name = device->descriptors.interfaces[index].name;
	const struct dfut_names *names;

	if (!device->entry || !name)
		return false;
	names = &device->entry->slots.names[slot];
	for (size_t i = 0; i < names->count; i++)
		if (strcmp(names->items[i], name) == 0)
			return true;
	return false;
}

int dfut_device_find_slot(const struct dfut_device *device, enum dfut_slot slot)
{
	for (size_t i = 0; device->descriptors.dfu_index >= 0 && i < device->descriptors.interface_count; i++)
		if (is_alternate(device, i) && dfut_device_is_slot(device, i, slot))
			return (int)i;
	return -1;
}
