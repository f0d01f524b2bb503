/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What HID interfaces share (USB HID 1.11): descriptors, and reports of the sizes that their descriptors declare. */

#include <string.h>

#include "sim/parts/hid.h"

/* 7.2 */
enum hid_request {
	HID_GET_REPORT = 0x01,
	HID_GET_IDLE = 0x02,
	HID_GET_PROTOCOL = 0x03,
	HID_SET_REPORT = 0x09,
	HID_SET_IDLE = 0x0a,
	HID_SET_PROTOCOL = 0x0b,
};

/* Items of a report descriptor without their sizes: 6.2.2 */
enum hid_item {
	ITEM_REPORT_SIZE = 0x74,
	ITEM_INPUT = 0x80,
	ITEM_REPORT_ID = 0x84,
	ITEM_OUTPUT = 0x90,
	ITEM_REPORT_COUNT = 0x94,
	ITEM_FEATURE = 0xb0,
};

#define ITEM_MASK 0xfc
#define ITEM_SIZE_MASK 0x03
#define INTERFACE_SUBCLASS 6
#define SUBCLASS_BOOT 1
#define PROTOCOL_REPORT 1

static const char *get_type_name(uint8_t type)
{
	switch (type) {
	case DFUT_SIM_HID_INPUT:
		return "input";
	case DFUT_SIM_HID_OUTPUT:
		return "output";
	case DFUT_SIM_HID_FEATURE:
		return "feature";
	default:
		return "unknown";
	}
}

static int give(const struct dfut_sim_setup *setup, uint8_t *data, const void *bytes, size_t size)
{
	size_t given = size < setup->length ? size : setup->length;

	if (given)
		memcpy(data, bytes, given);
	return (int)given;
}

/* Report descriptors. */

/* What a walk through the items has come to know. */
struct walk {
	uint32_t report_size;
	uint32_t report_count;
	uint32_t report_id;
	bool is_numbered;
};

static uint32_t take_item(struct walk *walk, const uint8_t *item, size_t size, uint8_t wanted)
{
	uint32_t value = 0;

	for (size_t i = 0; i < size; i++)
		value |= (uint32_t)item[1 + i] << (8 * i);
	switch (item[0] & ITEM_MASK) {
	case ITEM_REPORT_SIZE:
		walk->report_size = value;
		return 0;
	case ITEM_REPORT_COUNT:
		walk->report_count = value;
		return 0;
	case ITEM_REPORT_ID:
		walk->report_id = value;
		walk->is_numbered = true;
		return 0;
	default:
		return (item[0] & ITEM_MASK) == wanted ? walk->report_size * walk->report_count : 0;
	}
}

/* Returns the bytes on the wire, 0 if there is no such report. */
static size_t get_report_size(const struct dfut_sim_hid_interface *interface, uint8_t type, uint8_t id)
{
	static const uint8_t items[] = { 0, ITEM_INPUT, ITEM_OUTPUT, ITEM_FEATURE };
	const uint8_t *at = interface->report_descriptor;
	const uint8_t *end = at + interface->report_descriptor_size;
	struct walk walk = { 0 };
	uint32_t bits = 0;

	while (type > 0 && type < DFUT_COUNT(items) && at < end) {
		size_t size = (at[0] & ITEM_SIZE_MASK) == 3 ? 4 : at[0] & ITEM_SIZE_MASK;
		uint32_t more = size < (size_t)(end - at) ? take_item(&walk, at, size, items[type]) : 0;

		bits += walk.report_id == id ? more : 0;
		at += 1 + size;
	}
	return bits ? (bits + 7) / 8 + (walk.is_numbered ? 1 : 0) : 0;
}

/* Descriptors. */

/* Where its interface descriptor says that it is: behind it. */
static int give_hid_descriptor(const uint8_t *at, const uint8_t *end, const struct dfut_sim_setup *setup, uint8_t *data)
{
	for (at += at[0]; end - at >= 2 && at[0] >= 2 && at[1] != DFUT_SIM_INTERFACE_DESCRIPTOR; at += at[0])
		if (at[1] == DFUT_SIM_FUNCTIONAL_DESCRIPTOR)
			return give(setup, data, at, at[0]);
	return DFUT_ERROR_DEVICE;
}

static int answer_descriptor(const struct dfut_sim_hid *hid, const struct dfut_sim_hid_interface *interface,
			     const struct dfut_sim_setup *setup, uint8_t *data)
{
	struct dfut_sim_description description = dfut_sim_device_describe(hid->device);
	const uint8_t *at = dfut_sim_find_interface(&description, interface->number, -1);

	if (setup->request != DFUT_SIM_GET_DESCRIPTOR || !(setup->request_type & DFUT_SIM_REQUEST_IN) || !at)
		return DFUT_ERROR_DEVICE;
	if (setup->value == DFUT_SIM_REPORT_DESCRIPTOR << 8)
		return give(setup, data, interface->report_descriptor, interface->report_descriptor_size);
	if (setup->value == DFUT_SIM_FUNCTIONAL_DESCRIPTOR << 8)
		return give_hid_descriptor(at, description.descriptors + description.descriptors_size, setup, data);
	return DFUT_ERROR_DEVICE;
}

/* Reports: 7.2.1, 7.2.2. */

static int refuse(const struct dfut_sim_hid_interface *interface)
{
	return interface->is_mute ? DFUT_ERROR_TIMEOUT : DFUT_ERROR_DEVICE;
}

static bool has_report(const struct dfut_sim_hid *hid, const struct dfut_sim_hid_interface *interface,
		       const struct dfut_sim_hid_report *report, const char *request)
{
	if (report->size)
		return true;
	dfut_sim_device_breach(hid->device,
			       "%s: %s of %s report 0x%02x, which interface %u does not have (HID 1.11, 7.2)",
			       dfut_sim_device_get_state_name(hid->device), request, get_type_name(report->type),
			       report->id, interface->number);
	return false;
}

static int get_report(const struct dfut_sim_hid *hid, const struct dfut_sim_hid_interface *interface,
		      struct dfut_sim_hid_report *report, const struct dfut_sim_setup *setup, uint8_t *data)
{
	uint8_t bytes[DFUT_SIM_HID_REPORT_LIMIT] = { report->id };
	int result;

	if (!has_report(hid, interface, report, "GET_REPORT") || report->size > sizeof(bytes))
		return refuse(interface);
	report->data = bytes;
	result = interface->get_report ? interface->get_report(hid->state, report) : 0;
	return result < 0 ? result : give(setup, data, bytes, report->size);
}

static bool is_well_formed(const struct dfut_sim_hid *hid, const struct dfut_sim_hid_report *report, uint16_t length)
{
	const char *state = dfut_sim_device_get_state_name(hid->device);

	if (length != report->size) {
		dfut_sim_device_breach(hid->device,
				       "%s: SET_REPORT of %s report 0x%02x with %u bytes instead of %u (HID 1.11, 8.1)",
				       state, get_type_name(report->type), report->id, length,
				       (unsigned int)report->size);
		return false;
	}
	if (report->id && report->data[0] != report->id) {
		dfut_sim_device_breach(hid->device,
				       "%s: SET_REPORT of %s report 0x%02x with 0x%02x in front (HID 1.11, 8.1)", state,
				       get_type_name(report->type), report->id, report->data[0]);
		return false;
	}
	return true;
}

static int set_report(const struct dfut_sim_hid *hid, const struct dfut_sim_hid_interface *interface,
		      struct dfut_sim_hid_report *report, const struct dfut_sim_setup *setup, uint8_t *data)
{
	int result;

	report->data = data;
	if (!has_report(hid, interface, report, "SET_REPORT") || !is_well_formed(hid, report, setup->length))
		return refuse(interface);
	result = interface->set_report ? interface->set_report(hid->state, report) : 0;
	return result < 0 ? result : setup->length;
}

static int answer_report(const struct dfut_sim_hid *hid, const struct dfut_sim_hid_interface *interface,
			 const struct dfut_sim_setup *setup, uint8_t *data)
{
	struct dfut_sim_hid_report report = { .type = (uint8_t)(setup->value >> 8), .id = (uint8_t)setup->value };

	report.size = get_report_size(interface, report.type, report.id);
	return setup->request == HID_GET_REPORT ? get_report(hid, interface, &report, setup, data) :
						  set_report(hid, interface, &report, setup, data);
}

/* Requests. */

static bool is_boot_interface(const struct dfut_sim_hid *hid, uint8_t number)
{
	struct dfut_sim_description description = dfut_sim_device_describe(hid->device);
	const uint8_t *descriptor = dfut_sim_find_interface(&description, number, -1);

	return descriptor && descriptor[INTERFACE_SUBCLASS] == SUBCLASS_BOOT;
}

static int answer_in(struct dfut_sim_hid *hid, size_t index, const struct dfut_sim_setup *setup, uint8_t *data)
{
	const struct dfut_sim_hid_interface *interface = &hid->interfaces[index];

	switch (setup->request) {
	case HID_GET_REPORT:
		return answer_report(hid, interface, setup, data);
	case HID_GET_IDLE:
		return give(setup, data, &hid->idle[index], 1);
	case HID_GET_PROTOCOL:
		return is_boot_interface(hid, interface->number) ? give(setup, data, &hid->protocol[index], 1) :
								   DFUT_ERROR_DEVICE;
	default:
		return DFUT_ERROR_DEVICE;
	}
}

static int answer_out(struct dfut_sim_hid *hid, size_t index, const struct dfut_sim_setup *setup, uint8_t *data)
{
	const struct dfut_sim_hid_interface *interface = &hid->interfaces[index];

	switch (setup->request) {
	case HID_SET_REPORT:
		return answer_report(hid, interface, setup, data);
	case HID_SET_IDLE:
		hid->idle[index] = (uint8_t)(setup->value >> 8);
		return 0;
	case HID_SET_PROTOCOL:
		if (!is_boot_interface(hid, interface->number))
			return DFUT_ERROR_DEVICE;
		hid->protocol[index] = (uint8_t)setup->value;
		return 0;
	default:
		return DFUT_ERROR_DEVICE;
	}
}

void dfut_sim_hid_start(struct dfut_sim_hid *hid, const struct dfut_sim_hid_interface *interfaces, size_t count)
{
	hid->interfaces = interfaces;
	hid->count = count;
	memset(hid->idle, 0, sizeof(hid->idle));
	memset(hid->protocol, PROTOCOL_REPORT, sizeof(hid->protocol));
}

int dfut_sim_hid_answer(struct dfut_sim_hid *hid, const struct dfut_sim_setup *setup, uint8_t *data)
{
	uint8_t type = setup->request_type & DFUT_SIM_TYPE_MASK;
	size_t index = 0;

	if ((setup->request_type & DFUT_SIM_RECIPIENT_MASK) != DFUT_SIM_RECIPIENT_INTERFACE)
		return DFUT_ERROR_DEVICE;
	while (index < hid->count && hid->interfaces[index].number != (uint8_t)setup->index)
		index++;
	if (index == hid->count)
		return DFUT_ERROR_DEVICE;
	if (type == DFUT_SIM_TYPE_STANDARD)
		return answer_descriptor(hid, &hid->interfaces[index], setup, data);
	if (type != DFUT_SIM_TYPE_CLASS)
		return DFUT_ERROR_DEVICE;
	return setup->request_type & DFUT_SIM_REQUEST_IN ? answer_in(hid, index, setup, data) :
							   answer_out(hid, index, setup, data);
}
