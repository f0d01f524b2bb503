/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Nordic's nRF52840 Dongle (PCA10059) with the connectivity firmware of nRF5 SDK 17.1 (examples/connectivity), whose
 * trigger interface is the third, and the bootloader that it leaves the factory with. With application=no it is as it
 * comes out of the bag: nothing but the bootloader.
 */

#include "sim/parts/nordic-board.h"

#define CDC_INTERFACE 0
#define TRIGGER_INTERFACE 2

/* clang-format off */
static const uint8_t descriptors[] = {
	0x12, 0x01, 0x00, 0x02, 0x00, 0x00, 0x00, 0x40, 0x15, 0x19, 0x1b, 0x52, 0x00, 0x01, 0x01, 0x02, 0x03, 0x01,
	0x09, 0x02, 0x5d, 0x00, 0x03, 0x01, 0x04, 0xc0, 0x32,
	DFUT_SIM_CDC_DESCRIPTORS(CDC_INTERFACE, 0x01, 0x82, 0x81, 0x01),
	DFUT_SIM_NORDIC_TRIGGER_DESCRIPTORS(TRIGGER_INTERFACE),
};
/* clang-format on */

static const struct dfut_sim_nordic_kind dongle = {
	.descriptors = descriptors,
	.size = sizeof(descriptors),
	.cdc_interface = CDC_INTERFACE,
	.trigger_interface = TRIGGER_INTERFACE,
	.name = "connectivity",
	.manufacturer = "Nordic Semiconductor",
	.product = "nRF52 Connectivity",
	.serial = "D9E1A4F07C36",
};

static int dongle_create(void *state, struct dfut_sim_device *device)
{
	dfut_sim_nordic_board_create(state, device, &dongle);
	return 0;
}

const struct dfut_sim_model dfut_sim_pca10059 = {
	.size = sizeof(struct dfut_sim_model),
	.name = "pca10059",
	.text = "Nordic's nRF52840 Dongle: connectivity firmware with the trigger interface, and Nordic's bootloader",
	.create = dongle_create,
	DFUT_SIM_NORDIC_BOARD_FUNCTIONS,
};
