/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* In place of libusb's devices where the system tells itself which there are. */

#include "transport/usb.h"

int dfut_usb_list(struct dfut_usb *usb, void (*found)(void *owner, const struct dfut_os_place *place, void *device),
		  void *owner)
{
	(void)usb;
	(void)found;
	(void)owner;
	return DFUT_ERROR_UNSUPPORTED;
}

/* Without devices nothing below is ever called. */

void *dfut_usb_device_ref(void *device)
{
	return device;
}

void dfut_usb_device_unref(void *device)
{
	(void)device;
}

void dfut_usb_device_read(void *device, struct dfut_os_facts *facts)
{
	(void)device;
	(void)facts;
}
