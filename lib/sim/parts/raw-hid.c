/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* QMK's raw HID interface, and the commands on it that jump to the bootloader: VIA's (quantum/via.h), System76's. */

#include <string.h>

#include "sim/parts/raw-hid.h"

#define RAW_IN 0x82
#define RAW_OUT 0x03
/* Between the echo and the jump */
#define JUMP_US 100000
/* The jump of those that do not echo */
#define AT_ONCE_US 1000

enum reaction {
	RAW_ACCEPT,
	RAW_REFUSE,
	RAW_SILENT,
	RAW_LOCKED,
};

enum control {
	CONTROL_STALL,
	CONTROL_TAKE,
};

enum command {
	COMMAND_GET_PROTOCOL_VERSION = 0x01,
	COMMAND_SYSTEM76_RESET = 0x06,
	COMMAND_JUMP = 0x0b,
	COMMAND_UNHANDLED = 0xff,
};

#define PROTOCOL_VERSION 0x0c
/* System76's second byte: whether it was done */
#define SYSTEM76_FAILED 1

static const uint8_t keyboard_reports[] = { DFUT_SIM_BOOT_KEYBOARD_REPORTS };
/* Usage page FF60, usage 61: 32 bytes in and out */
static const uint8_t raw_reports[] = {
	0x06, 0x60, 0xff, 0x09, 0x61, 0xa1, 0x01, 0x15, 0x00, 0x26, 0xff, 0x00, 0x75, 0x08, 0x95, DFUT_SIM_RAW_SIZE,
	0x09, 0x62, 0x81, 0x02, 0x09, 0x63, 0x91, 0x02, 0xc0,
};

static void reply(struct dfut_sim_raw_hid *raw, const uint8_t *data)
{
	memcpy(raw->reply, data, DFUT_SIM_RAW_SIZE);
	raw->has_reply = true;
	dfut_sim_device_set_ready(raw->base.device);
}

static void jump(struct dfut_sim_raw_hid *raw, uint8_t *data)
{
	bool is_system76 = raw->commands == DFUT_SIM_RAW_SYSTEM76;

	switch ((enum reaction)raw->options.reaction) {
	case RAW_ACCEPT:
		dfut_sim_hid_device_trigger(&raw->base, DFUT_SIM_HID_BOOTLOADER, JUMP_US);
		break;
	case RAW_SILENT:
		dfut_sim_hid_device_trigger(&raw->base, DFUT_SIM_HID_BOOTLOADER, AT_ONCE_US);
		return;
	case RAW_REFUSE:
		data[is_system76 ? 1 : 0] = COMMAND_UNHANDLED;
		break;
	case RAW_LOCKED:
		if (is_system76)
			data[1] = SYSTEM76_FAILED;
		break;
	}
	reply(raw, data);
}

static void take_command(struct dfut_sim_raw_hid *raw, const uint8_t *bytes)
{
	bool is_system76 = raw->commands == DFUT_SIM_RAW_SYSTEM76;
	uint8_t data[DFUT_SIM_RAW_SIZE];

	memcpy(data, bytes, sizeof(data));
	if (data[0] == (is_system76 ? COMMAND_SYSTEM76_RESET : COMMAND_JUMP)) {
		jump(raw, data);
		return;
	}
	if (is_system76) {
		data[1] = SYSTEM76_FAILED;
	} else if (data[0] == COMMAND_GET_PROTOCOL_VERSION) {
		data[1] = 0;
		data[2] = PROTOCOL_VERSION;
	} else {
		data[0] = COMMAND_UNHANDLED;
	}
	reply(raw, data);
}

static int set_raw_report(void *state, const struct dfut_sim_hid_report *report)
{
	struct dfut_sim_raw_hid *raw = state;

	if (raw->options.control == CONTROL_STALL || raw->base.options.trigger)
		return DFUT_ERROR_DEVICE;
	if (report->type == DFUT_SIM_HID_OUTPUT)
		take_command(raw, report->data);
	return 0;
}

int dfut_sim_raw_hid_endpoint_send(void *state, uint8_t endpoint, uint8_t *data, size_t room)
{
	struct dfut_sim_raw_hid *raw = state;
	size_t size = room < DFUT_SIM_RAW_SIZE ? room : DFUT_SIM_RAW_SIZE;

	if (endpoint != RAW_IN || !raw->has_reply)
		return DFUT_ERROR_BUSY;
	raw->has_reply = false;
	if (size)
		memcpy(data, raw->reply, size);
	return (int)size;
}

int dfut_sim_raw_hid_endpoint_receive(void *state, uint8_t endpoint, const uint8_t *data, size_t size)
{
	struct dfut_sim_raw_hid *raw = state;

	if (raw->base.mode != DFUT_SIM_HID_APPLICATION || endpoint != RAW_OUT || raw->base.options.trigger)
		return DFUT_ERROR_DEVICE;
	if (size != DFUT_SIM_RAW_SIZE) {
		dfut_sim_device_breach(raw->base.device, "application: raw HID report of %u bytes instead of %u",
				       (unsigned int)size, DFUT_SIM_RAW_SIZE);
		return DFUT_ERROR_DEVICE;
	}
	take_command(raw, data);
	return (int)size;
}

void dfut_sim_raw_hid_build(struct dfut_sim_raw_hid *raw, const char *manufacturer, const char *product)
{
	/* clang-format off */
	static const struct dfut_sim_hid_interface interfaces[] = {
		{ .number = 0, .boot_protocol = 1, .endpoint_in = 0x81, .report_descriptor = keyboard_reports,
		  .report_descriptor_size = sizeof(keyboard_reports) },
		{ .number = DFUT_SIM_RAW_INTERFACE, .endpoint_in = RAW_IN, .endpoint_out = RAW_OUT,
		  .report_descriptor = raw_reports, .report_descriptor_size = sizeof(raw_reports),
		  .set_report = set_raw_report },
	};
	/* clang-format on */

	raw->has_reply = false;
	dfut_sim_hid_device_set_names(&raw->base, manufacturer, product);
	dfut_sim_descriptors_start(&raw->base.descriptors, raw->base.options.vendor_id, raw->base.options.product_id,
				   0x0100);
	dfut_sim_hid_device_add_interfaces(&raw->base, interfaces, DFUT_COUNT(interfaces));
}
