/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What the devices share that a HID report brings into their bootloader: modes, descriptors, leaving. */

#include <stdio.h>
#include <string.h>

#include "sim/parts/hid.h"

/* USB 2.0, 9.6 */
enum {
	DEVICE_SIZE = 18,
	CONFIGURATION_SIZE = 9,
	CONFIGURATION_TOTAL_LENGTH = DEVICE_SIZE + 2,
	CONFIGURATION_INTERFACE_COUNT = DEVICE_SIZE + 4,
	INTERFACE_ALTERNATE = 3,
};

enum timer {
	TIMER_LEAVE,
};

enum trigger {
	TRIGGER_TAKE,
	TRIGGER_STALL,
};

enum race {
	RACE_ACK,
	RACE_GONE,
};

#define CLASS_HID 3
#define PACKET_SIZE 64
#define MANUFACTURER 1
#define PRODUCT 2
#define SERIAL 3
/* The device resets while the request is still being handled. */
#define LOST_RACE_US 200

/* Descriptors. */

void dfut_sim_descriptors_start(struct dfut_sim_descriptors *descriptors, uint16_t vendor_id, uint16_t product_id,
				uint16_t release)
{
	/* clang-format off */
	const uint8_t bytes[] = {
		DEVICE_SIZE, DFUT_SIM_DEVICE_DESCRIPTOR, 0x00, 0x02, 0, 0, 0, 64,
		(uint8_t)vendor_id, (uint8_t)(vendor_id >> 8), (uint8_t)product_id, (uint8_t)(product_id >> 8),
		(uint8_t)release, (uint8_t)(release >> 8), MANUFACTURER, PRODUCT, SERIAL, 1,
		CONFIGURATION_SIZE, DFUT_SIM_CONFIGURATION_DESCRIPTOR, CONFIGURATION_SIZE, 0, 0, 1, 0, 0x80, 50,
	};
	/* clang-format on */

	memcpy(descriptors->bytes, bytes, sizeof(bytes));
	descriptors->size = sizeof(bytes);
}

void dfut_sim_descriptors_add(struct dfut_sim_descriptors *descriptors, const void *bytes, size_t size)
{
	const uint8_t *at = bytes;
	const uint8_t *end = at + size;

	if (size > sizeof(descriptors->bytes) - descriptors->size)
		return;
	memcpy(&descriptors->bytes[descriptors->size], bytes, size);
	descriptors->size += size;
	dfut_put_le16(&descriptors->bytes[CONFIGURATION_TOTAL_LENGTH], (uint16_t)(descriptors->size - DEVICE_SIZE));
	for (; at < end && at[0]; at += at[0])
		if (at[1] == DFUT_SIM_INTERFACE_DESCRIPTOR && at[INTERFACE_ALTERNATE] == 0)
			descriptors->bytes[CONFIGURATION_INTERFACE_COUNT]++;
}

static void add_endpoint(struct dfut_sim_descriptors *descriptors, uint8_t endpoint)
{
	const uint8_t bytes[] = { 7, 5, endpoint, 0x03, PACKET_SIZE, 0, 1 };

	if (endpoint)
		dfut_sim_descriptors_add(descriptors, bytes, sizeof(bytes));
}

static void add_interface(struct dfut_sim_descriptors *descriptors, const struct dfut_sim_hid_interface *interface)
{
	uint8_t endpoint_count = (uint8_t)((interface->endpoint_in ? 1 : 0) + (interface->endpoint_out ? 1 : 0));
	/* clang-format off */
	const uint8_t bytes[] = {
		9, DFUT_SIM_INTERFACE_DESCRIPTOR, interface->number, 0, endpoint_count,
		CLASS_HID, interface->boot_protocol ? 1 : 0, interface->boot_protocol, 0,
		9, DFUT_SIM_FUNCTIONAL_DESCRIPTOR, 0x11, 0x01, 0, 1, DFUT_SIM_REPORT_DESCRIPTOR,
		(uint8_t)interface->report_descriptor_size, (uint8_t)(interface->report_descriptor_size >> 8),
	};
	/* clang-format on */

	dfut_sim_descriptors_add(descriptors, bytes, sizeof(bytes));
	add_endpoint(descriptors, interface->endpoint_in);
	add_endpoint(descriptors, interface->endpoint_out);
}

void dfut_sim_hid_device_add_interfaces(struct dfut_sim_hid_device *hid_device,
					const struct dfut_sim_hid_interface *interfaces, size_t count)
{
	for (size_t i = 0; i < count; i++)
		add_interface(&hid_device->descriptors, &interfaces[i]);
	dfut_sim_hid_start(&hid_device->hid, interfaces, count);
}

void dfut_sim_hid_device_set_names(struct dfut_sim_hid_device *hid_device, const char *manufacturer,
				   const char *product)
{
	hid_device->strings[0] = (struct dfut_string){ MANUFACTURER, manufacturer };
	hid_device->strings[1] = (struct dfut_string){ PRODUCT, product };
	hid_device->strings[2] = (struct dfut_string){ SERIAL, hid_device->options.serial };
	hid_device->strings[3] = (struct dfut_string){ 0, "" };
}

/* Modes. */

static void enter(struct dfut_sim_hid_device *hid_device, uint8_t mode)
{
	hid_device->mode = mode;
	dfut_sim_hid_start(&hid_device->hid, NULL, 0);
	hid_device->build(hid_device);
}

void dfut_sim_hid_device_create(struct dfut_sim_hid_device *hid_device, struct dfut_sim_device *device,
				uint16_t vendor_id, uint16_t product_id)
{
	hid_device->device = device;
	hid_device->hid.device = device;
	hid_device->hid.state = hid_device;
	hid_device->options.vendor_id = vendor_id;
	hid_device->options.product_id = product_id;
	hid_device->options.leaving = (struct dfut_sim_return){ .leave = true, .returns = true, .ms = 300 };
	snprintf(hid_device->options.serial, sizeof(hid_device->options.serial), "0001");
}

void dfut_sim_hid_device_leave(struct dfut_sim_hid_device *hid_device, uint8_t mode, uint32_t after_us)
{
	hid_device->next_mode = mode;
	dfut_sim_device_set_timer(hid_device->device, TIMER_LEAVE, after_us);
}

int dfut_sim_hid_device_trigger(struct dfut_sim_hid_device *hid_device, uint8_t mode, uint32_t after_us)
{
	bool is_lost = hid_device->options.race == RACE_GONE;

	if (hid_device->options.trigger == TRIGGER_STALL)
		return DFUT_ERROR_DEVICE;
	if (!hid_device->options.leaving.leave)
		return 0;
	if (hid_device->options.leaving.as == 1)
		mode = DFUT_SIM_HID_APPLICATION;
	dfut_sim_hid_device_leave(hid_device, mode, is_lost ? LOST_RACE_US : after_us);
	return is_lost ? DFUT_ERROR_TIMEOUT : 0;
}

/* Functions of the models. */

void dfut_sim_hid_device_timer(void *state, unsigned int timer)
{
	struct dfut_sim_hid_device *hid_device = state;

	if (timer != TIMER_LEAVE)
		return;
	enter(hid_device, hid_device->next_mode);
	dfut_sim_device_leave(hid_device->device, 0, dfut_sim_return_ms(&hid_device->options.leaving));
}

uint32_t dfut_sim_hid_device_start(void *state, enum dfut_sim_start start)
{
	struct dfut_sim_hid_device *hid_device = state;

	(void)start;
	enter(hid_device, DFUT_SIM_HID_APPLICATION);
	return hid_device->options.leaving.ms;
}

static const char *get_name(const struct dfut_sim_hid_device *hid_device, uint8_t mode)
{
	switch ((enum dfut_sim_hid_mode)mode) {
	case DFUT_SIM_HID_APPLICATION:
		return "application";
	case DFUT_SIM_HID_BOOTLOADER:
		return "bootloader";
	case DFUT_SIM_HID_OTHER_MODE:
		break;
	}
	return hid_device->other_mode;
}

int dfut_sim_hid_device_set_mode(void *state, const char *mode)
{
	const uint8_t last = ((struct dfut_sim_hid_device *)state)->other_mode ? DFUT_SIM_HID_OTHER_MODE :
										 DFUT_SIM_HID_BOOTLOADER;

	for (uint8_t i = 0; i <= last; i++) {
		if (strcmp(mode, get_name(state, i)) != 0)
			continue;
		enter(state, i);
		return 0;
	}
	return DFUT_ERROR_USAGE;
}

const char *dfut_sim_hid_device_get_mode_name(const void *state)
{
	const struct dfut_sim_hid_device *hid_device = state;

	return get_name(hid_device, hid_device->mode);
}

void dfut_sim_hid_device_describe(const void *state, struct dfut_sim_description *description)
{
	const struct dfut_sim_hid_device *hid_device = state;

	description->descriptors = hid_device->descriptors.bytes;
	description->descriptors_size = hid_device->descriptors.size;
	description->strings = hid_device->strings;
	description->string_count = DFUT_COUNT(hid_device->strings) - (hid_device->strings[3].index ? 0 : 1);
}

int dfut_sim_hid_device_control(void *state, const struct dfut_sim_setup *setup, uint8_t *data)
{
	return dfut_sim_hid_answer(&((struct dfut_sim_hid_device *)state)->hid, setup, data);
}
