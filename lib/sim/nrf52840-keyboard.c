/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * A keyboard with an nRF52840 and Nordic's DFU trigger interface, made with nRF5 SDK 17.1
 * (app_usbd_nrf_dfu_trigger.c, nrf_dfu_trigger_usb.c, app_usbd_core.c), and its open bootloader, whose protocol on
 * the serial port is not there yet.
 */

#include <stdio.h>
#include <string.h>

#include "hid.h"

#define KEYBOARD_INTERFACE 0
#define CDC_INTERFACE 1
#define TRIGGER_INTERFACE 3
#define BOOTLOADER_CDC_INTERFACE 0

/* app_usbd_nrf_dfu_trigger_types.h */
enum trigger_request {
	TRIGGER_DETACH = 0x00,
	TRIGGER_NORDIC_INFO = 0x07,
	TRIGGER_SEM_VER = 0x08,
};

#define REQUEST_OUT_CLASS_INTERFACE (DFUT_SIM_TYPE_CLASS | DFUT_SIM_RECIPIENT_INTERFACE)
#define REQUEST_IN_CLASS_INTERFACE (DFUT_SIM_REQUEST_IN | REQUEST_OUT_CLASS_INTERFACE)
/* In a device descriptor: USB 2.0, 9.6.1 */
#define VENDOR_ID 8
#define PRODUCT_ID 10
#define NORDIC_INFO_SIZE 24

static const uint8_t report_descriptor[] = { DFUT_SIM_BOOT_KEYBOARD_REPORTS };

#define HID_DESCRIPTOR 0x09, 0x21, 0x11, 0x01, 0x00, 0x01, 0x22, sizeof(report_descriptor), 0x00
#define TRIGGER_DESCRIPTOR 0x09, 0x21, 0x09, 0x00, 0x00, 0x00, 0x00, 0x10, 0x01

static const uint8_t trigger_descriptor[] = { TRIGGER_DESCRIPTOR };

static const uint8_t keyboard_descriptors[] = {
	0x12, 0x01, 0x00, 0x02, 0x00, 0x00, 0x00, 0x40, 0x15, 0x19, 0x0f, 0x52, 0x00, 0x01, 0x01, 0x02, 0x03, 0x01,
	0x09, 0x02, 0x76, 0x00, 0x04, 0x01, 0x04, 0xe0, 0x32,
	DFUT_SIM_CDC_DESCRIPTORS(CDC_INTERFACE, 0x01, 0x82, 0x83, 0x03),
	0x09, 0x04, KEYBOARD_INTERFACE, 0x00, 0x01, 0x03, 0x01, 0x01, 0x00,
	HID_DESCRIPTOR,
	0x07, 0x05, 0x81, 0x03, 0x40, 0x00, 0x01,
	0x09, 0x04, TRIGGER_INTERFACE, 0x00, 0x00, 0xff, 0x01, 0x01, 0x00,
	TRIGGER_DESCRIPTOR,
};

static const uint8_t bootloader_descriptors[] = {
	0x12, 0x01, 0x00, 0x02, 0x00, 0x00, 0x00, 0x40, 0x15, 0x19, 0x1f, 0x52, 0x00, 0x01, 0x01, 0x02, 0x03, 0x01,
	0x09, 0x02, 0x4b, 0x00, 0x02, 0x01, 0x04, 0xc0, 0x32,
	DFUT_SIM_CDC_DESCRIPTORS(BOOTLOADER_CDC_INTERFACE, 0x00, 0x82, 0x81, 0x01),
};

/* nrf_dfu_trigger_usb.c: where the firmware is, how large, its version and id, flash, page */
static const uint8_t nordic_info[NORDIC_INFO_SIZE] = {
	0x00, 0x10, 0x00, 0x00, 0x00, 0xc0, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00,
	0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x10, 0x00, 0x00, 0x10, 0x00, 0x00,
};
static const char semantic_version[] = "27x2-mitosis 1.0.0";

static const struct dfut_sim_hid_interface hid_interfaces[] = {
	{ .number = KEYBOARD_INTERFACE, .report_descriptor = report_descriptor,
	  .report_descriptor_size = sizeof(report_descriptor) },
};

enum race {
	RACE_GONE,
	RACE_ACK,
};

struct keyboard {
	struct dfut_sim_device *device;
	struct {
		uint32_t race;
		uint32_t interface_detach;
		uint16_t vendor_id;
		uint16_t product_id;
		char serial[DFUT_SIM_TEXT_SIZE];
		struct dfut_sim_return leaving;
	} options;

	uint8_t descriptors[sizeof(keyboard_descriptors)];	/* with the ids that it was given */
	bool is_bootloader;
	struct dfut_sim_cdc cdc;
	struct dfut_sim_hid hid;
	struct dfut_string strings[4];
};

enum timer {
	TIMER_PIN_RESET,
};

/* The pin pulls the reset while the request is still being handled. */
#define PIN_RESET_US 200
/* Long enough for the status stage to win the race */
#define LOST_RACE_US 2000

static void set_mode(struct keyboard *keyboard, bool is_bootloader)
{
	keyboard->is_bootloader = is_bootloader;
	dfut_sim_hid_start(&keyboard->hid, hid_interfaces, is_bootloader ? 0 : DFUT_COUNT(hid_interfaces));
	dfut_sim_cdc_start(&keyboard->cdc);
	keyboard->strings[0] = (struct dfut_string){ 1, is_bootloader ? "Nordic Semiconductor" : "HJZ" };
	keyboard->strings[1] = (struct dfut_string){ 2, is_bootloader ? "Open DFU Bootloader" : "27x2 Mitosis" };
	keyboard->strings[2] = (struct dfut_string){ 3, keyboard->options.serial };
	keyboard->strings[3] = (struct dfut_string){ 4, "Default configuration" };
}

static int give(const struct dfut_sim_setup *setup, uint8_t *data, const void *bytes, size_t size)
{
	size_t given = size < setup->length ? size : setup->length;

	if (given)
		memcpy(data, bytes, given);
	return (int)given;
}

/* Trigger. */

static int detach(struct keyboard *keyboard, const struct dfut_sim_setup *setup)
{
	bool is_ack = keyboard->options.race == RACE_ACK || !keyboard->options.leaving.leave;

	dfut_sim_device_set_timer(keyboard->device, TIMER_PIN_RESET,
				  keyboard->options.race == RACE_ACK ? LOST_RACE_US : PIN_RESET_US);
	return is_ack ? setup->length : DFUT_ERROR_TIMEOUT;
}

static int answer_trigger(struct keyboard *keyboard, const struct dfut_sim_setup *setup, uint8_t *data)
{
	bool is_in = setup->request_type & DFUT_SIM_REQUEST_IN;

	if (setup->request == TRIGGER_DETACH && !is_in)
		return detach(keyboard, setup);
	if (setup->request == TRIGGER_NORDIC_INFO && is_in && setup->length == NORDIC_INFO_SIZE)
		return give(setup, data, nordic_info, sizeof(nordic_info));
	if (setup->request == TRIGGER_SEM_VER && is_in)
		return give(setup, data, semantic_version, sizeof(semantic_version));
	return DFUT_ERROR_DEVICE;
}

static int answer_descriptor(struct keyboard *keyboard, const struct dfut_sim_setup *setup, uint8_t *data)
{
	bool is_interface = (setup->request_type & DFUT_SIM_RECIPIENT_MASK) == DFUT_SIM_RECIPIENT_INTERFACE;

	if (is_interface && !keyboard->is_bootloader && (uint8_t)setup->index == TRIGGER_INTERFACE &&
	    setup->value == DFUT_SIM_FUNCTIONAL_DESCRIPTOR << 8)
		return give(setup, data, trigger_descriptor, sizeof(trigger_descriptor));
	return dfut_sim_hid_answer(&keyboard->hid, setup, data);
}

static int answer_interface(struct keyboard *keyboard, const struct dfut_sim_setup *setup, uint8_t *data)
{
	uint8_t interface = (uint8_t)setup->index;

	if (keyboard->is_bootloader)
		return interface == BOOTLOADER_CDC_INTERFACE ? dfut_sim_cdc_answer(&keyboard->cdc, setup, data) :
							       DFUT_ERROR_DEVICE;
	switch (interface) {
	case CDC_INTERFACE:
		return dfut_sim_cdc_answer(&keyboard->cdc, setup, data);
	case KEYBOARD_INTERFACE:
		return dfut_sim_hid_answer(&keyboard->hid, setup, data);
	case TRIGGER_INTERFACE:
		if (setup->request == TRIGGER_DETACH && keyboard->options.interface_detach)
			return DFUT_ERROR_DEVICE;
		return answer_trigger(keyboard, setup, data);
	default:
		return DFUT_ERROR_DEVICE;
	}
}

/* app_usbd_core.c: what the core does not know goes to each class in turn, until one of them takes it. */
static int answer_device(struct keyboard *keyboard, const struct dfut_sim_setup *setup, uint8_t *data)
{
	int result = dfut_sim_cdc_answer(&keyboard->cdc, setup, data);

	return result == DFUT_ERROR_DEVICE && !keyboard->is_bootloader ? answer_trigger(keyboard, setup, data) : result;
}

/* The model. */

static int keyboard_control(void *state, const struct dfut_sim_setup *setup, uint8_t *data)
{
	struct keyboard *keyboard = state;
	uint8_t type = setup->request_type & DFUT_SIM_TYPE_MASK;
	uint8_t recipient = setup->request_type & DFUT_SIM_RECIPIENT_MASK;

	if (type == DFUT_SIM_TYPE_STANDARD)
		return setup->request == DFUT_SIM_GET_DESCRIPTOR ? answer_descriptor(keyboard, setup, data)
								 : DFUT_ERROR_DEVICE;
	if (type != DFUT_SIM_TYPE_CLASS)
		return DFUT_ERROR_DEVICE;
	if (recipient == DFUT_SIM_RECIPIENT_INTERFACE)
		return answer_interface(keyboard, setup, data);
	return recipient == DFUT_SIM_RECIPIENT_DEVICE ? answer_device(keyboard, setup, data) : DFUT_ERROR_DEVICE;
}

static void keyboard_timer(void *state, unsigned int timer)
{
	struct keyboard *keyboard = state;

	(void)timer;
	if (!keyboard->options.leaving.leave)
		return;
	set_mode(keyboard, keyboard->options.leaving.as == 0);
	dfut_sim_device_leave(keyboard->device, 0, dfut_sim_return_ms(&keyboard->options.leaving));
}

/* NRF_BL_DFU_ENTER_METHOD_PINRESET: the button is the same pin. */
static uint32_t keyboard_start(void *state, enum dfut_sim_start start)
{
	struct keyboard *keyboard = state;

	set_mode(keyboard, start == DFUT_SIM_START_BUTTON);
	return keyboard->options.leaving.ms;
}

static int keyboard_set_mode(void *state, const char *mode)
{
	bool is_bootloader = strcmp(mode, "bootloader") == 0;

	if (!is_bootloader && strcmp(mode, "application") != 0)
		return DFUT_ERROR_USAGE;
	set_mode(state, is_bootloader);
	return 0;
}

static const char *keyboard_get_mode_name(const void *state)
{
	const struct keyboard *keyboard = state;

	return keyboard->is_bootloader ? "bootloader" : "application";
}

static void keyboard_describe(const void *state, struct dfut_sim_description *description)
{
	const struct keyboard *keyboard = state;

	description->descriptors = keyboard->is_bootloader ? bootloader_descriptors : keyboard->descriptors;
	description->descriptors_size = keyboard->is_bootloader ? sizeof(bootloader_descriptors) :
								  sizeof(keyboard_descriptors);
	description->strings = keyboard->strings;
	description->string_count = DFUT_COUNT(keyboard->strings);
}

static const struct dfut_sim_option keyboard_options[] = {
	{"detach-race", DFUT_SIM_OPTION_CHOICE, offsetof(struct keyboard, options.race), 0, 0, "gone|ack"},
	{"interface-detach", DFUT_SIM_OPTION_CHOICE, offsetof(struct keyboard, options.interface_detach), 0, 0,
	 "take|stall"},
	{"vid", DFUT_SIM_OPTION_ID, offsetof(struct keyboard, options.vendor_id), 0, 0, NULL},
	{"pid", DFUT_SIM_OPTION_ID, offsetof(struct keyboard, options.product_id), 0, 0, NULL},
	{"serial", DFUT_SIM_OPTION_TEXT, offsetof(struct keyboard, options.serial), 0, 0, NULL},
	DFUT_SIM_RETURN_OPTIONS(struct keyboard, options.leaving),
};

static int keyboard_set_option(void *state, const char *key, const char *value)
{
	return dfut_sim_option_set(keyboard_options, DFUT_COUNT(keyboard_options), state, key, value);
}

static int keyboard_create(void *state, struct dfut_sim_device *device)
{
	struct keyboard *keyboard = state;

	keyboard->device = device;
	keyboard->hid.device = device;
	keyboard->hid.state = keyboard;
	keyboard->options.leaving = (struct dfut_sim_return){ .leave = true, .returns = true, .ms = 300 };
	keyboard->options.vendor_id = dfut_le16(&keyboard_descriptors[VENDOR_ID]);
	keyboard->options.product_id = dfut_le16(&keyboard_descriptors[PRODUCT_ID]);
	snprintf(keyboard->options.serial, sizeof(keyboard->options.serial), "CC5B702828B2");
	return 0;
}

static int keyboard_prepare(void *state)
{
	struct keyboard *keyboard = state;

	memcpy(keyboard->descriptors, keyboard_descriptors, sizeof(keyboard_descriptors));
	dfut_put_le16(&keyboard->descriptors[VENDOR_ID], keyboard->options.vendor_id);
	dfut_put_le16(&keyboard->descriptors[PRODUCT_ID], keyboard->options.product_id);
	return 0;
}

const struct dfut_sim_model dfut_sim_nrf52840_keyboard = {
	.size = sizeof(struct dfut_sim_model),
	.name = "nrf52840-keyboard",
	.text = "a keyboard with Nordic's DFU trigger interface, and Nordic's bootloader",
	.options =
		"detach-race=gone|ack: whether DETACH is still answered before the reset\n"
		"interface-detach=take|stall: whether DETACH to the interface works; to the device it always does\n"
		"vid=HHHH: vendor id of the application\n"
		"pid=HHHH: product id of the application\n"
		"serial=TEXT: serial number\n"
		DFUT_SIM_RETURN_TEXT DFUT_SIM_COMMON_TEXT,
	.state_size = sizeof(struct keyboard),
	.create = keyboard_create,
	.set_option = keyboard_set_option,
	.prepare = keyboard_prepare,
	.start = keyboard_start,
	.set_mode = keyboard_set_mode,
	.get_mode_name = keyboard_get_mode_name,
	.describe = keyboard_describe,
	.control = keyboard_control,
	.timer = keyboard_timer,
};
