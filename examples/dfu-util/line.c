/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The line that dfu-util 0.11 has for an interface: programs and people match on it. */

#include <stdio.h>

#include "line.h"

#define DFU_CLASS 0xfe
#define DFU_SUBCLASS 0x01
#define PROTOCOL_DFU_MODE 2

static const char *get_text(const char *text)
{
	return text && text[0] ? text : "UNKNOWN";
}

bool line_is_dfu_interface(const struct dfut_interface *interface)
{
	return interface->class_code == DFU_CLASS && interface->subclass == DFU_SUBCLASS;
}

bool line_is_dfu_mode(const struct dfut_device *device, const struct dfut_interface *interface)
{
	return interface->protocol == PROTOCOL_DFU_MODE || dfut_device_get_mode(device) == DFUT_MODE_BOOTLOADER;
}

void line_write(char *line, const struct dfut_device *device, const struct dfut_interface *interface)
{
	snprintf(line, LINE_SIZE,
		 "Found %s: [%04x:%04x] ver=%04x, devnum=%u, cfg=%u, intf=%u, path=\"%s\", alt=%u, name=\"%s\", "
		 "serial=\"%s\"\n",
		 line_is_dfu_mode(device, interface) ? "DFU" : "Runtime", dfut_device_get_vendor_id(device),
		 dfut_device_get_product_id(device), dfut_device_get_release(device), dfut_device_get_address(device),
		 interface->configuration, interface->number, dfut_device_get_path(device), interface->alternate,
		 get_text(interface->name), get_text(dfut_device_get_serial_number(device)));
}
