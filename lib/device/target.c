/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Where on a device a trigger, a report or a serial line goes to. */

#include "device/target.h"
#include "usb/endpoints.h"

#define CLASS_COMMUNICATION 2
#define SUBCLASS_ACM 2
#define CLASS_HID 3

static const struct dfut_interface *find_number(const struct dfut_device *device, int number)
{
	for (size_t i = 0; i < device->descriptors.interface_count; i++)
		if (device->descriptors.interfaces[i].number == number)
			return &device->descriptors.interfaces[i];
	return NULL;
}

static const struct dfut_hid *find_hid(const struct dfut_device *device, uint8_t interface)
{
	for (size_t i = 0; i < device->hid_count; i++)
		if (device->hids[i].interface == interface)
			return &device->hids[i];
	return NULL;
}

bool dfut_target_find_report(struct dfut_target *target, const struct dfut_device *device, int number,
			     const struct dfut_report *report)
{
	for (size_t i = 0; i < device->descriptors.interface_count; i++) {
		const struct dfut_interface *interface = &device->descriptors.interfaces[i];
		const struct dfut_hid *hid = find_hid(device, interface->number);
		int size = hid ? dfut_reports_get_size(&hid->reports, report->type, report->id) : -1;

		if (interface->class_code != CLASS_HID || (number >= 0 && interface->number != number) ||
		    (report->usage.page && hid && !dfut_reports_have_usage(&hid->reports, report->usage)))
			continue;
		/* A device may know more reports than it declares: whoever names the interface is believed. */
		if (hid && number < 0 && (size < 0 || (report->declared && size != report->declared)))
			continue;
		*target = (struct dfut_target){ interface->number, size,
						hid ? hid->reports.numbered : report->id != 0 };
		return true;
	}
	return false;
}

static bool has_hid_node(const struct dfut_device *device, uint8_t interface)
{
	for (size_t i = 0; i < device->node_count; i++)
		if (device->nodes[i].link == DFUT_LINK_HID && device->nodes[i].interface_number == interface)
			return true;
	return false;
}

bool dfut_target_lacks_node(const struct dfut_device *device)
{
	for (size_t i = 0; i < device->descriptors.interface_count; i++) {
		const struct dfut_interface *interface = &device->descriptors.interfaces[i];

		if (interface->class_code == CLASS_HID && !has_hid_node(device, interface->number))
			return true;
	}
	return false;
}

uint16_t dfut_target_get_usage(const struct dfut_device *device, uint8_t interface, uint16_t page)
{
	const struct dfut_hid *hid = find_hid(device, interface);

	for (size_t i = 0; hid && i < hid->reports.usage_count; i++)
		if (hid->reports.usages[i].page == page)
			return hid->reports.usages[i].id;
	return 0;
}

bool dfut_target_find_serial(struct dfut_target *target, const struct dfut_device *device, int number)
{
	*target = (struct dfut_target){ .report_size = -1 };
	for (size_t i = 0; i < device->node_count; i++) {
		const struct dfut_node *node = &device->nodes[i];

		target->interface = node->interface_number;
		if (node->link == DFUT_LINK_SERIAL && (number < 0 || node->interface_number == number))
			return true;
	}
	/* The port itself may come a little after the device. */
	for (size_t i = 0; i < device->descriptors.interface_count; i++) {
		const struct dfut_interface *interface = &device->descriptors.interfaces[i];

		target->interface = interface->number;
		if (interface->class_code == CLASS_COMMUNICATION && interface->subclass == SUBCLASS_ACM &&
		    (number < 0 || interface->number == number))
			return true;
	}
	return false;
}

bool dfut_target_find(struct dfut_target *target, const struct dfut_device *device, const struct dfut_trigger *trigger)
{
	const struct dfut_interface_class *class_ = dfut_trigger_get_interface(trigger);

	*target = (struct dfut_target){ .report_size = -1 };
	switch (trigger->way->link) {
	case DFUT_LINK_HID:
		return dfut_target_find_report(target, device, trigger->number, &trigger->report);
	case DFUT_LINK_SERIAL:
		return dfut_target_find_serial(target, device, trigger->number);
	case DFUT_LINK_USB:
	case DFUT_LINK_VOLUME:
		break;
	}
	if (trigger->way->finds_dfu) {
		if (!device->descriptors.dfu_interface)
			return false;
		target->interface = device->descriptors.dfu_interface->number;
		return true;
	}
	if (trigger->number >= 0) {
		target->interface = (uint8_t)trigger->number;
		return find_number(device, trigger->number);
	}
	return !class_->given || dfut_device_find_interface(device, class_, &target->interface);
}

/* The first bulk endpoint of an interface; 0 if it has none. */
static uint8_t find_endpoint(const struct dfut_device *device, uint8_t interface, bool is_in)
{
	struct dfut_endpoints walk;
	struct dfut_endpoint endpoint;

	dfut_endpoints_begin(&walk, device->raw, device->raw_size);
	while (dfut_endpoints_next(&walk, &endpoint))
		if (endpoint.configuration == device->configuration && endpoint.interface == interface &&
		    dfut_endpoint_is_bulk(&endpoint) && dfut_endpoint_is_in(&endpoint) == is_in)
			return endpoint.address;
	return 0;
}

bool dfut_target_find_bulk(const struct dfut_device *device, const struct dfut_interface_class *class_,
			   uint8_t *interface, uint8_t *in, uint8_t *out)
{
	if (!dfut_device_find_interface(device, class_, interface))
		return false;
	*in = find_endpoint(device, *interface, true);
	*out = find_endpoint(device, *interface, false);
	return *in && *out;
}
