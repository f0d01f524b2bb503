/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * A keyboard with a SONiX SN32F2xx and its maker's firmware, and the bootloader in the chip's ROM, as
 * SonixFlasherC and sonix-flasher know them.
 */

#include <string.h>

#include "sim/parts/hid.h"

#define VENDOR_ID 0x0c45
#define APPLICATION_PRODUCT_ID 0x652f
/* SN32F24xB */
#define BOOTLOADER_PRODUCT_ID 0x7040
#define REPORT_SIZE 64
#define MAGIC_SIZE 8
/* From the status stage to the reset */
#define RESTART_US 2000

enum firmware {
	FIRMWARE_SONIX,
	FIRMWARE_EVISION,
	FIRMWARE_HFD,
};

enum command {
	COMMAND_GET_VERSION = 1,
	COMMAND_RETURN_TO_USER_CODE = 7,
};

/* Of every command and reply: the command, and this times 256 */
#define COMMAND_MARK 0x55aa
#define STATUS_OFFSET 4
#define STATUS_DONE 0xfafafafau
#define VERSION_OFFSET 8
#define VERSION 0x0100

struct sonix {
	struct dfut_sim_hid_device base;
	struct {
		uint32_t firmware;
		uint32_t interface;
		uint16_t bootloader_product_id;
	} options;

	uint8_t reply[REPORT_SIZE];
	struct dfut_sim_hid_interface interfaces[2];
};

/* A collection of a vendor's own with a feature report of 64 bytes */
#define VENDOR_REPORTS \
	0x06, 0x00, 0xff, 0x09, 0x01, 0xa1, 0x01, 0x09, 0x02, 0x15, 0x00, 0x26, 0xff, 0x00, 0x75, 0x08, 0x95, \
		REPORT_SIZE, 0xb1, 0x02, 0xc0
/* Keys beyond the boot protocol: a bitmap */
#define MORE_KEYS_REPORTS \
	0x05, 0x01, 0x09, 0x06, 0xa1, 0x01, 0x05, 0x07, 0x19, 0x00, 0x29, 0x77, 0x15, 0x00, 0x25, 0x01, 0x75, 0x01, \
		0x95, 0x78, 0x81, 0x02, 0xc0

static const uint8_t keyboard_reports[] = { DFUT_SIM_BOOT_KEYBOARD_REPORTS };
static const uint8_t keyboard_and_vendor_reports[] = { DFUT_SIM_BOOT_KEYBOARD_REPORTS, VENDOR_REPORTS };
static const uint8_t more_keys_reports[] = { MORE_KEYS_REPORTS };
static const uint8_t more_keys_and_vendor_reports[] = { MORE_KEYS_REPORTS, VENDOR_REPORTS };
static const uint8_t bootloader_reports[] = { VENDOR_REPORTS };

static int set_application_report(void *state, const struct dfut_sim_hid_report *report)
{
	static const uint8_t magics[][MAGIC_SIZE] = {
		[FIRMWARE_SONIX] = { 0xaa, 0x55, 0xa5, 0x5a, 0xff, 0x00, 0x33, 0xcc },
		[FIRMWARE_EVISION] = { 0xaa, 0x55, 0xa5, 0x5a, 0xff, 0x00, 0x33, 0xcc },
		[FIRMWARE_HFD] = { 0xaa, 0x42, 0x89, 0x5a, 0xff, 0x71, 0x62, 0xcc },
	};
	static const uint8_t zeros[REPORT_SIZE - MAGIC_SIZE];
	struct sonix *sonix = state;

	if (report->type != DFUT_SIM_HID_FEATURE ||
	    memcmp(report->data, magics[sonix->options.firmware], MAGIC_SIZE) != 0)
		return 0;
	if (memcmp(report->data + MAGIC_SIZE, zeros, sizeof(zeros)) != 0)
		dfut_sim_device_note_breach(sonix->base.device, "application: the magic is not followed by zeros");
	return dfut_sim_hid_device_trigger(&sonix->base, DFUT_SIM_HID_BOOTLOADER, RESTART_US);
}

/* The ROM's protocol, of which it knows what tells that it is there, and how to leave. */

static int set_bootloader_report(void *state, const struct dfut_sim_hid_report *report)
{
	struct sonix *sonix = state;
	uint8_t command = report->data[0];

	memset(sonix->reply, 0, sizeof(sonix->reply));
	memcpy(sonix->reply, report->data, STATUS_OFFSET);
	if (dfut_le32(report->data) >> 8 != COMMAND_MARK)
		return 0;
	if (command != COMMAND_GET_VERSION && command != COMMAND_RETURN_TO_USER_CODE)
		return 0;
	dfut_put_le32(&sonix->reply[STATUS_OFFSET], STATUS_DONE);
	if (command == COMMAND_GET_VERSION)
		dfut_put_le32(&sonix->reply[VERSION_OFFSET], VERSION);
	else
		dfut_sim_hid_device_leave(&sonix->base, DFUT_SIM_HID_APPLICATION, RESTART_US);
	return 0;
}

static int get_bootloader_report(void *state, const struct dfut_sim_hid_report *report)
{
	const struct sonix *sonix = state;

	memcpy(report->data, sonix->reply, sizeof(sonix->reply));
	return 0;
}

/* The model. */

static void put_reports(struct dfut_sim_hid_interface *interface, const uint8_t *descriptor, size_t size)
{
	interface->report_descriptor = descriptor;
	interface->report_descriptor_size = (uint16_t)size;
}

static size_t make_application(struct sonix *sonix)
{
	struct dfut_sim_hid_interface *keys = &sonix->interfaces[0];
	struct dfut_sim_hid_interface *more = &sonix->interfaces[1];

	*keys = (struct dfut_sim_hid_interface){ .number = 0, .boot_protocol = 1, .endpoint_in = 0x81 };
	*more = (struct dfut_sim_hid_interface){ .number = 1, .endpoint_in = 0x82 };
	sonix->interfaces[sonix->options.interface].set_report = set_application_report;
	if (sonix->options.interface == 0) {
		put_reports(keys, keyboard_and_vendor_reports, sizeof(keyboard_and_vendor_reports));
		put_reports(more, more_keys_reports, sizeof(more_keys_reports));
	} else {
		put_reports(keys, keyboard_reports, sizeof(keyboard_reports));
		put_reports(more, more_keys_and_vendor_reports, sizeof(more_keys_and_vendor_reports));
	}
	return 2;
}

static size_t make_bootloader(struct sonix *sonix)
{
	struct dfut_sim_hid_interface *isp = &sonix->interfaces[0];

	*isp = (struct dfut_sim_hid_interface){ .number = 0, .endpoint_in = 0x81 };
	isp->get_report = get_bootloader_report;
	isp->set_report = set_bootloader_report;
	put_reports(isp, bootloader_reports, sizeof(bootloader_reports));
	return 1;
}

static void sonix_build(void *state)
{
	struct sonix *sonix = state;
	bool is_bootloader = sonix->base.mode == DFUT_SIM_HID_BOOTLOADER;

	memset(sonix->reply, 0, sizeof(sonix->reply));
	dfut_sim_hid_device_set_names(&sonix->base, "SONiX", is_bootloader ? "USB Device" : "USB Keyboard");
	dfut_sim_descriptors_start(&sonix->base.descriptors, is_bootloader ? VENDOR_ID : sonix->base.options.vendor_id,
				   is_bootloader ? sonix->options.bootloader_product_id :
						   sonix->base.options.product_id,
				   0x0100);
	dfut_sim_hid_device_add_interfaces(&sonix->base, sonix->interfaces,
					   is_bootloader ? make_bootloader(sonix) : make_application(sonix));
}

#define OPTION(key, kind, member, words) \
	{ \
		key, DFUT_SIM_OPTION_##kind, offsetof(struct sonix, options.member), 0, 0, words \
	}

static const struct dfut_sim_option sonix_options[] = {
	OPTION("firmware", CHOICE, firmware, "sonix|evision|hfd"),
	OPTION("interface", CHOICE, interface, "0|1"),
	OPTION("bootloader-pid", ID, bootloader_product_id, NULL),
	DFUT_SIM_HID_DEVICE_OPTIONS,
};

static int sonix_set_option(void *state, const char *key, const char *value)
{
	return dfut_sim_option_set(sonix_options, DFUT_COUNT(sonix_options), state, key, value);
}

static int sonix_create(void *state, struct dfut_sim_device *device)
{
	struct sonix *sonix = state;

	dfut_sim_hid_device_create(&sonix->base, device, VENDOR_ID, APPLICATION_PRODUCT_ID);
	sonix->base.build = sonix_build;
	sonix->options.interface = 1;
	sonix->options.bootloader_product_id = BOOTLOADER_PRODUCT_ID;
	return 0;
}

const struct dfut_sim_model dfut_sim_sonix_keyboard = {
	.size = sizeof(struct dfut_sim_model),
	.name = "sonix-keyboard",
	.text = "a keyboard with a SONiX SN32F2xx, whose firmware knows a magic feature report, and its ROM",
	.options = "firmware=sonix|evision|hfd: which magic it knows\n"
		   "interface=0|1: which interface takes it; 0 is the boot keyboard\n"
		   "bootloader-pid=HHHH: product id of the ROM\n" DFUT_SIM_HID_DEVICE_TEXT,
	.state_size = sizeof(struct sonix),
	.create = sonix_create,
	.set_option = sonix_set_option,
	.start = dfut_sim_hid_device_start,
	.set_mode = dfut_sim_hid_device_set_mode,
	.get_mode_name = dfut_sim_hid_device_get_mode_name,
	.describe = dfut_sim_hid_device_describe,
	.control = dfut_sim_hid_device_control,
	.timer = dfut_sim_hid_device_timer,
};
