/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A keyboard with QMK and VIA's commands on a raw HID interface (quantum/via.h), and one of three bootloaders. */

#include <string.h>

#include "sim/parts/hid.h"

#define VENDOR_ID 0xfeed
#define APPLICATION_PRODUCT_ID 0x6060
#define RAW_INTERFACE 1
#define RAW_IN 0x82
#define RAW_OUT 0x03
#define RAW_SIZE 32
/* Between the echo and the jump */
#define JUMP_US 100000
/* The jump of those that do not echo */
#define AT_ONCE_US 1000
#define VERSION_1_1 0x0110
#define VERSION_DFUSE 0x011a
#define TRANSFER_SIZE 1024
#define ALTERNATE_NAME 4

enum reaction {
	VIA_ACCEPT,
	VIA_REFUSE,
	VIA_SILENT,
	VIA_LOCKED,
};

enum bootloader {
	BOOTLOADER_ATMEL_DFU,
	BOOTLOADER_STM32,
	BOOTLOADER_RP2040,
};

enum control {
	CONTROL_STALL,
	CONTROL_TAKE,
};

enum command {
	COMMAND_GET_PROTOCOL_VERSION = 0x01,
	COMMAND_JUMP = 0x0b,
	COMMAND_UNHANDLED = 0xff,
};

#define PROTOCOL_VERSION 0x0c

struct via {
	struct dfut_sim_hid_device base;
	struct {
		uint32_t bootloader;
		uint32_t reaction;
		uint32_t control;
	} options;

	uint8_t reply[RAW_SIZE];
	bool has_reply;
	struct dfut_sim_dfu_sink sink;
};

static const uint8_t keyboard_reports[] = { DFUT_SIM_BOOT_KEYBOARD_REPORTS };
/* Usage page FF60, usage 61: 32 bytes in and out */
static const uint8_t raw_reports[] = {
	0x06, 0x60, 0xff,     0x09, 0x61, 0xa1, 0x01, 0x15, 0x00, 0x26, 0xff, 0x00, 0x75,
	0x08, 0x95, RAW_SIZE, 0x09, 0x62, 0x81, 0x02, 0x09, 0x63, 0x91, 0x02, 0xc0,
};

/* Commands. */

static void reply(struct via *via, const uint8_t *data)
{
	memcpy(via->reply, data, RAW_SIZE);
	via->has_reply = true;
	dfut_sim_device_set_ready(via->base.device);
}

static void jump(struct via *via, uint8_t *data)
{
	switch ((enum reaction)via->options.reaction) {
	case VIA_ACCEPT:
		dfut_sim_hid_device_trigger(&via->base, DFUT_SIM_HID_BOOTLOADER, JUMP_US);
		break;
	case VIA_SILENT:
		dfut_sim_hid_device_trigger(&via->base, DFUT_SIM_HID_BOOTLOADER, AT_ONCE_US);
		return;
	case VIA_REFUSE:
		data[0] = COMMAND_UNHANDLED;
		break;
	case VIA_LOCKED:
		break;
	}
	reply(via, data);
}

static void take_command(struct via *via, const uint8_t *bytes)
{
	uint8_t data[RAW_SIZE];

	memcpy(data, bytes, sizeof(data));
	switch (data[0]) {
	case COMMAND_JUMP:
		jump(via, data);
		return;
	case COMMAND_GET_PROTOCOL_VERSION:
		data[1] = 0;
		data[2] = PROTOCOL_VERSION;
		break;
	default:
		data[0] = COMMAND_UNHANDLED;
		break;
	}
	reply(via, data);
}

static int set_raw_report(void *state, const struct dfut_sim_hid_report *report)
{
	struct via *via = state;

	if (via->options.control == CONTROL_STALL || via->base.options.trigger)
		return DFUT_ERROR_DEVICE;
	if (report->type == DFUT_SIM_HID_OUTPUT)
		take_command(via, report->data);
	return 0;
}

static int via_endpoint_send(void *state, uint8_t endpoint, uint8_t *data, size_t room)
{
	struct via *via = state;
	size_t size = room < RAW_SIZE ? room : RAW_SIZE;

	if (endpoint != RAW_IN || !via->has_reply)
		return DFUT_ERROR_BUSY;
	via->has_reply = false;
	if (size)
		memcpy(data, via->reply, size);
	return (int)size;
}

/* The drive of the RP2040 is not there to be read: its commands are stalled. */
static int via_endpoint_receive(void *state, uint8_t endpoint, const uint8_t *data, size_t size)
{
	struct via *via = state;

	if (via->base.mode != DFUT_SIM_HID_APPLICATION || endpoint != RAW_OUT || via->base.options.trigger)
		return DFUT_ERROR_DEVICE;
	if (size != RAW_SIZE) {
		dfut_sim_device_breach(via->base.device, "application: raw HID report of %u bytes instead of %u",
				       (unsigned int)size, RAW_SIZE);
		return DFUT_ERROR_DEVICE;
	}
	take_command(via, data);
	return (int)size;
}

/* Bootloaders. */

static void build_dfu(struct via *via, bool is_stm32)
{
	const struct dfut_sim_dfu_layout layout = {
		.vendor_id = is_stm32 ? 0x0483 : 0x03eb,
		.product_id = is_stm32 ? 0xdf11 : 0x2ff4,
		.release = is_stm32 ? 0x2200 : 0x0000,
		.has_strings = true,
		.max_power = 50,
		.class_code = DFUT_SIM_DFU_CLASS,
		.subclass = DFUT_SIM_DFU_SUBCLASS,
		.protocol = 2,
		.alternate_count = 1,
		.first_name = is_stm32 ? ALTERNATE_NAME : 0,
		.place = DFUT_SIM_PLACE_LAST,
		.functional_size = 9,
		.attributes = DFUT_DFU_CAN_DNLOAD | (is_stm32 ? DFUT_DFU_WILL_DETACH : DFUT_DFU_MANIFESTATION_TOLERANT),
		.detach_timeout_ms = 255,
		.transfer_size = TRANSFER_SIZE,
		.version = is_stm32 ? VERSION_DFUSE : VERSION_1_1,
	};

	via->base.descriptors.size = dfut_sim_dfu_put_descriptors(via->base.descriptors.bytes, &layout);
	dfut_sim_dfu_sink_start(&via->sink, via->base.device, &layout);
	via->sink.is_dfuse = is_stm32;
	if (is_stm32)
		via->base.strings[3] = (struct dfut_string){
			ALTERNATE_NAME, "@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg"
		};
}

/* A drive, and the chip's own interface */
static void build_rp2040(struct via *via)
{
	static const uint8_t interfaces[] = {
		9, 4, 0, 0, 2, 0x08, 0x06, 0x50, 0, 7, 5, 0x81, 0x02, 64, 0, 0, 7, 5, 0x02, 0x02, 64, 0, 0,
		9, 4, 1, 0, 2, 0xff, 0x00, 0x00, 0, 7, 5, 0x03, 0x02, 64, 0, 0, 7, 5, 0x84, 0x02, 64, 0, 0,
	};

	dfut_sim_descriptors_start(&via->base.descriptors, 0x2e8a, 0x0003, 0x0100);
	dfut_sim_descriptors_add(&via->base.descriptors, interfaces, sizeof(interfaces));
}

static void build_bootloader(struct via *via)
{
	switch ((enum bootloader)via->options.bootloader) {
	case BOOTLOADER_ATMEL_DFU:
		dfut_sim_hid_device_set_names(&via->base, "ATMEL", "ATm32U4DFU");
		build_dfu(via, false);
		return;
	case BOOTLOADER_STM32:
		dfut_sim_hid_device_set_names(&via->base, "STMicroelectronics", "STM32  BOOTLOADER");
		build_dfu(via, true);
		return;
	case BOOTLOADER_RP2040:
		dfut_sim_hid_device_set_names(&via->base, "Raspberry Pi", "RP2 Boot");
		build_rp2040(via);
		return;
	}
}

/* The model. */

static int via_control(void *state, const struct dfut_sim_setup *setup, uint8_t *data)
{
	struct via *via = state;
	bool is_class = (setup->request_type & DFUT_SIM_TYPE_MASK) == DFUT_SIM_TYPE_CLASS;

	if (via->base.mode == DFUT_SIM_HID_APPLICATION)
		return dfut_sim_hid_device_control(state, setup, data);
	if (via->options.bootloader == BOOTLOADER_RP2040 || !is_class)
		return DFUT_ERROR_DEVICE;
	return dfut_sim_dfu_sink_answer(&via->sink, setup, data);
}

static void via_build(void *state)
{
	/* clang-format off */
	static const struct dfut_sim_hid_interface interfaces[] = {
		{ .number = 0, .boot_protocol = 1, .endpoint_in = 0x81, .report_descriptor = keyboard_reports,
		  .report_descriptor_size = sizeof(keyboard_reports) },
		{ .number = RAW_INTERFACE, .endpoint_in = RAW_IN, .endpoint_out = RAW_OUT,
		  .report_descriptor = raw_reports, .report_descriptor_size = sizeof(raw_reports),
		  .set_report = set_raw_report },
	};
	/* clang-format on */
	struct via *via = state;

	via->has_reply = false;
	if (via->base.mode == DFUT_SIM_HID_BOOTLOADER) {
		build_bootloader(via);
		return;
	}
	dfut_sim_hid_device_set_names(&via->base, "QMK", "Virtual VIA keyboard");
	dfut_sim_descriptors_start(&via->base.descriptors, via->base.options.vendor_id, via->base.options.product_id,
				   0x0100);
	dfut_sim_hid_device_add_interfaces(&via->base, interfaces, DFUT_COUNT(interfaces));
}

#define OPTION(key, member, words) \
	{ \
		key, DFUT_SIM_OPTION_CHOICE, offsetof(struct via, options.member), 0, 0, words \
	}

static const struct dfut_sim_option via_options[] = {
	OPTION("bootloader", bootloader, "atmel-dfu|stm32|rp2040"),
	OPTION("via", reaction, "accept|refuse|silent|locked"),
	OPTION("control", control, "stall|take"),
	DFUT_SIM_HID_DEVICE_OPTIONS,
};

static int via_set_option(void *state, const char *key, const char *value)
{
	return dfut_sim_option_set(via_options, DFUT_COUNT(via_options), state, key, value);
}

static int via_create(void *state, struct dfut_sim_device *device)
{
	struct via *via = state;

	dfut_sim_hid_device_create(&via->base, device, VENDOR_ID, APPLICATION_PRODUCT_ID);
	via->base.build = via_build;
	return 0;
}

const struct dfut_sim_model dfut_sim_via_keyboard = {
	.size = sizeof(struct dfut_sim_model),
	.name = "via-keyboard",
	.text = "a keyboard with QMK and VIA's raw HID interface, and one of three bootloaders",
	.options =
		"bootloader=atmel-dfu|stm32|rp2040: what it jumps to\n"
		"via=accept|refuse|silent|locked: jumps after an echo, answers FF, jumps without an echo, echoes only\n"
		"control=stall|take: whether the raw HID interface takes output reports through endpoint 0\n" DFUT_SIM_HID_DEVICE_TEXT,
	.state_size = sizeof(struct via),
	.create = via_create,
	.set_option = via_set_option,
	.start = dfut_sim_hid_device_start,
	.set_mode = dfut_sim_hid_device_set_mode,
	.get_mode_name = dfut_sim_hid_device_get_mode_name,
	.describe = dfut_sim_hid_device_describe,
	.control = via_control,
	.timer = dfut_sim_hid_device_timer,
	.endpoint_send = via_endpoint_send,
	.endpoint_receive = via_endpoint_receive,
};
