/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A list in the form that dfu-util 0.11 has: a line for each alternate setting, the last of a device first. */

#include "dfu-util.h"

#define DFU_CLASS 0xfe
#define DFU_SUBCLASS 0x01
#define DFU_PROTOCOL_DFU_MODE 2

static const char *get_text(const char *text)
{
	return text && text[0] ? text : "UNKNOWN";
}

static void print_interface(struct output *output, const struct dfut_device *device,
			    const struct dfut_interface *interface)
{
	bool is_dfu_mode = interface->protocol == DFU_PROTOCOL_DFU_MODE ||
			   dfut_device_get_mode(device) == DFUT_MODE_BOOTLOADER;

	output_text(output,
		    "Found %s: [%04x:%04x] ver=%04x, devnum=%u, cfg=%u, intf=%u, path=\"%s\", alt=%u, name=\"%s\", "
		    "serial=\"%s\"\n",
		    is_dfu_mode ? "DFU" : "Runtime", dfut_device_get_vendor_id(device),
		    dfut_device_get_product_id(device), dfut_device_get_release(device),
		    dfut_device_get_address(device), interface->configuration, interface->number,
		    dfut_device_get_path(device), interface->alternate, get_text(interface->name),
		    get_text(dfut_device_get_serial_number(device)));
}

void dfu_util_print(struct output *output, const struct dfut_device *device)
{
	for (size_t i = dfut_device_get_interface_count(device); i-- > 0;) {
		const struct dfut_interface *interface = dfut_device_get_interface(device, i);

		if (interface->class_code == DFU_CLASS && interface->subclass == DFU_SUBCLASS)
			print_interface(output, device, interface);
	}
}
