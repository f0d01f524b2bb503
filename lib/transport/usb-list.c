/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Systems that don't tell which devices there are: libusb does. */

#include <stdio.h>
#include <stdlib.h>

#include "transport/usb-bytes.h"

int dfut_usb_list(struct dfut_usb *usb, void (*found)(void *owner, const struct dfut_os_place *place, void *device),
		  void *owner)
{
	libusb_device **list;
	ssize_t count = libusb_get_device_list(usb->libusb, &list);

	if (count < 0)
		return dfut_usb_to_error((int)count);
	for (ssize_t i = 0; i < count; i++) {
		struct dfut_os_place place = { .bus_number = libusb_get_bus_number(list[i]),
					       .address = libusb_get_device_address(list[i]),
					       .serial_number = "" };
		uint8_t ports[8];
		char path[32];
		int depth = libusb_get_port_numbers(list[i], ports, sizeof(ports));
		int at = snprintf(path, sizeof(path), "%u", place.bus_number);

		/* Root hubs have no port. */
		if (depth <= 0)
			continue;
		for (int port = 0; port < depth && at < (int)sizeof(path); port++)
			at += snprintf(path + at, sizeof(path) - (size_t)at, "%c%u", port ? '.' : '-', ports[port]);
		place.path = path;
		found(owner, &place, list[i]);
	}
	libusb_free_device_list(list, 1);
	return 0;
}

void *dfut_usb_device_ref(void *device)
{
	return libusb_ref_device(device);
}

void dfut_usb_device_unref(void *device)
{
	libusb_unref_device(device);
}

/* As far as the system has asked the device itself: nothing is opened. */
void dfut_usb_device_read(void *device, struct dfut_os_facts *facts)
{
	struct libusb_device_descriptor descriptor;
	struct libusb_config_descriptor *configuration;

	if (facts->descriptors || libusb_get_device_descriptor(device, &descriptor) < 0)
		return;
	facts->descriptors = calloc(1, DFUT_USB_DEVICE_SIZE + UINT16_MAX);
	if (!facts->descriptors)
		return;
	dfut_usb_put_device(facts->descriptors, &descriptor);
	facts->size = DFUT_USB_DEVICE_SIZE;
	/* One without a driver is in none; the first is that which it will have. */
	if (libusb_get_active_config_descriptor(device, &configuration) == 0)
		facts->configuration = configuration->bConfigurationValue;
	else if (libusb_get_config_descriptor(device, 0, &configuration) < 0)
		return;
	facts->size += dfut_usb_put_configuration(facts->descriptors + DFUT_USB_DEVICE_SIZE, UINT16_MAX, configuration);
	libusb_free_config_descriptor(configuration);
}
