/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What the virtual bus says of devices that may not be opened. */

#include <stdio.h>

#include "sim/sim.h"

/* As Linux does where no udev rule is. */
static int tell_access(struct dfut_sim *sim, const char *text, const char *hint, unsigned int vendor,
		       unsigned int product)
{
	char line[320];

	snprintf(line, sizeof(line),
		 "printf '\\n%%s\\n' 'SUBSYSTEM==\"usb\", ATTR{idVendor}==\"%04x\", ATTR{idProduct}==\"%04x\", "
		 "TAG+=\"uaccess\"' | sudo tee -a /etc/udev/rules.d/71-dfutrigger-%04x-%04x.rules && "
		 "sudo udevadm control --reload",
		 vendor, product, vendor, product);
	dfut_bus_set_error(sim->bus, DFUT_ERROR_ACCESS, hint, text);
	dfut_bus_set_hint_line(sim->bus, line);
	return DFUT_ERROR_ACCESS;
}

int dfut_sim_device_explain_access(const struct dfut_sim_device *device)
{
	struct dfut_sim_description description = dfut_sim_device_describe(device);
	char text[128];

	snprintf(text, sizeof(text), "no permission to open /dev/bus/usb/%03u/%03u (owner root, group root, mode 0664)",
		 device->bus_number, device->address);
	return tell_access(device->sim, text, "add a udev rule by this command, then plug the device in again:",
			   dfut_le16(description.descriptors + 8), dfut_le16(description.descriptors + 10));
}

bool dfut_sim_device_tell_holder(const struct dfut_sim_device *device, enum dfut_link link, uint8_t channel)
{
	bool is_held = link == DFUT_LINK_SERIAL && device->options.holder;

	dfut_bus_set_error(device->sim->bus, DFUT_OK, is_held ? "ModemManager (process 311)" : "",
			   link == DFUT_LINK_USB ? dfut_sim_get_driver(device, channel) : "");
	return true;
}

int dfut_sim_device_foresee(const struct dfut_sim_device *device, const struct dfut_prospect *prospect)
{
	if (device->options.access == DFUT_SIM_ACCESS_YES || !prospect->kind_count)
		return 0;
	return tell_access(device->sim, "no udev rule gives this user its bootloader",
			   "add one by this command before the device is triggered:", prospect->kinds->vendor_id,
			   prospect->kinds->product_id_first);
}
