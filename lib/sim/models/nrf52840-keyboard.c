/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * A keyboard with an nRF52840 and Nordic's DFU trigger interface, made with nRF5 SDK 17.1, and Nordic's bootloader
 * (1915:521f). It takes signed and unsigned updates of its application unless variant=secure; the reset button leads to
 * the bootloader. Memories: flash (the whole megabyte; the application begins at 0x1000, or where the SoftDevice
 * ends) and settings.
 */

#include "sim/parts/nordic-board.h"

#define KEYBOARD_INTERFACE 0
#define CDC_INTERFACE 1
#define TRIGGER_INTERFACE 3

static const uint8_t report_descriptor[] = { DFUT_SIM_BOOT_KEYBOARD_REPORTS };

#define HID_DESCRIPTOR 0x09, 0x21, 0x11, 0x01, 0x00, 0x01, 0x22, sizeof(report_descriptor), 0x00

/* clang-format off */
static const uint8_t descriptors[] = {
	0x12, 0x01, 0x00, 0x02, 0x00, 0x00, 0x00, 0x40, 0x15, 0x19, 0x0f, 0x52, 0x00, 0x01, 0x01, 0x02, 0x03, 0x01,
	0x09, 0x02, 0x76, 0x00, 0x04, 0x01, 0x04, 0xe0, 0x32,
	DFUT_SIM_CDC_DESCRIPTORS(CDC_INTERFACE, 0x01, 0x82, 0x83, 0x03),
	0x09, 0x04, KEYBOARD_INTERFACE, 0x00, 0x01, 0x03, 0x01, 0x01, 0x00,
	HID_DESCRIPTOR,
	0x07, 0x05, 0x81, 0x03, 0x40, 0x00, 0x01,
	DFUT_SIM_NORDIC_TRIGGER_DESCRIPTORS(TRIGGER_INTERFACE),
};
/* clang-format on */

static const struct dfut_sim_hid_interface hid_interfaces[] = {
	{ .number = KEYBOARD_INTERFACE,
	  .report_descriptor = report_descriptor,
	  .report_descriptor_size = sizeof(report_descriptor) },
};

static const struct dfut_sim_nordic_kind keyboard = {
	.descriptors = descriptors,
	.size = sizeof(descriptors),
	.cdc_interface = CDC_INTERFACE,
	.trigger_interface = TRIGGER_INTERFACE,
	.hid_interfaces = hid_interfaces,
	.hid_count = DFUT_COUNT(hid_interfaces),
	.name = "27x2-mitosis",
	.manufacturer = "HJZ",
	.product = "27x2 Mitosis",
	.serial = "CC5B702828B2",
};

static int keyboard_create(void *state, struct dfut_sim_device *device)
{
	dfut_sim_nordic_board_create(state, device, &keyboard);
	return 0;
}

const struct dfut_sim_model dfut_sim_nrf52840_keyboard = {
	.size = sizeof(struct dfut_sim_model),
	.name = "nrf52840-keyboard",
	.text = "a keyboard with Nordic's DFU trigger interface, and Nordic's bootloader",
	.create = keyboard_create,
	DFUT_SIM_NORDIC_BOARD_FUNCTIONS,
};
