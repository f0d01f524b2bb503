/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What the USB bus asks of the operating system beside libusb: usb-linux.c, or usb-other.c that knows nothing. */

#ifndef DFUT_USB_H
#define DFUT_USB_H

#include "private.h"

/* What the system tells of a device without opening it. */
struct dfut_usb_facts {
	uint8_t *descriptors;		/* NULL if not told */
	size_t size;
	char *strings[256];		/* by index */
	uint8_t configuration;
};

/* 0, or a negative error: text and hint say what is missing. */
int dfut_usb_system_check(struct dfut_failure *failure);
void dfut_usb_system_read(struct dfut_usb_facts *facts, const char *path);
/* A device as the system names it. */
struct dfut_usb_place {
	const char *path;
	unsigned int bus_number;
	unsigned int address;
	uint8_t configuration;
	uint16_t vendor_id;
	uint16_t product_id;
};

/* No permission: node, owner, mode, and the rule that gives access. */
void dfut_usb_system_explain_access(struct dfut_failure *failure, const struct dfut_usb_place *place);
/* In use: the driver that has the interface, and the programs that have the device open. */
void dfut_usb_system_explain_busy(struct dfut_failure *failure, const struct dfut_usb_place *place, uint8_t interface);

#endif
