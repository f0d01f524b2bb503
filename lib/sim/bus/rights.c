/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What the virtual bus says of devices that may not be opened. */

#include <stdio.h>

#include "sim/sim.h"

#define CLASS_CONDITION "ENV{ID_USB_INTERFACES}==\"*:fe0102:*\""

/* As Linux does where no udev rule is. */
static int tell_access(struct dfut_sim *sim, const char *text, const char *hint, const char *condition,
		       const char *name)
{
	char line[320];

	snprintf(line, sizeof(line),
		 "printf '\\n%%s\\n' 'SUBSYSTEM==\"usb\", %s, TAG+=\"uaccess\"' | "
		 "sudo tee -a /etc/udev/rules.d/71-dfutrigger-%s.rules && sudo udevadm control --reload",
		 condition, name);
	dfut_bus_set_error(sim->bus, DFUT_ERROR_ACCESS, hint, text);
	dfut_bus_set_hint_line(sim->bus, line);
	return DFUT_ERROR_ACCESS;
}

static int tell_ids(struct dfut_sim *sim, const char *text, const char *hint, unsigned int vendor, unsigned int product)
{
	char condition[80], name[16];

	snprintf(condition, sizeof(condition), "ATTR{idVendor}==\"%04x\", ATTR{idProduct}==\"%04x\"", vendor, product);
	snprintf(name, sizeof(name), "%04x-%04x", vendor & 0xffff, product & 0xffff);
	return tell_access(sim, text, hint, condition, name);
}

int dfut_sim_device_explain_access(const struct dfut_sim_device *device)
{
	struct dfut_sim_description description = dfut_sim_device_describe(device);
	char text[128];

	snprintf(text, sizeof(text), "no permission to open /dev/bus/usb/%03u/%03u (owner root, group root, mode 0664)",
		 device->bus_number, device->address);
	return tell_ids(device->sim, text, "add a udev rule by this command, then plug the device in again:",
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
	static const char text[] = "no udev rule gives this user its bootloader";
	static const char hint[] = "add one by this command before the device is triggered:";

	if (device->options.access == DFUT_SIM_ACCESS_YES || (!prospect->kind_count && !prospect->has_dfu))
		return 0;
	if (!prospect->kind_count)
		return tell_access(device->sim, text, hint, CLASS_CONDITION, "dfu");
	return tell_ids(device->sim, text, hint, prospect->kinds->vendor_id, prospect->kinds->product_id_first);
}
