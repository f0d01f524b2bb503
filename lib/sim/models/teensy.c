/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * A Teensy with Arduino's firmware (teensy3/usb_dev.c, teensy4/usb.c), with a serial port or with what stands for one
 * on a HID interface ("SEREMU"), and its bootloader HalfKay.
 */

#include <string.h>

#include "sim/parts/halfkay.h"

#define VENDOR_ID 0x16c0
#define HID_PRODUCT_ID 0x0482
#define SERIAL_PRODUCT_ID 0x0483
#define HALFKAY_PRODUCT_ID 0x0478
#define SEREMU_INTERFACE 2
#define CDC_INTERFACE 0
#define TRIGGER_BAUD 134
#define MAGIC_SIZE 4
/* The device is gone before HalfKay has answered. */
#define BOOT_LOST_US 200

enum type {
	TYPE_HID,
	TYPE_SERIAL,
};

enum chip {
	CHIP_TEENSY_3,
	CHIP_TEENSY_4,
};

enum boot {
	BOOT_ACK,
	BOOT_GONE,
};

struct teensy {
	struct dfut_sim_hid_device base;
	struct {
		uint32_t type;
		uint32_t chip;
		uint32_t boot;
	} options;

	bool is_product_id_set;
	bool is_monitored;
	struct dfut_sim_cdc cdc;
	struct dfut_sim_halfkay halfkay;
	struct dfut_sim_hid_interface halfkay_interface;
};

/* Boot mouse: USB HID 1.11, appendix B.2 */
static const uint8_t mouse_reports[] = {
	0x05, 0x01, 0x09, 0x02, 0xa1, 0x01, 0x09, 0x01, 0xa1, 0x00, 0x05, 0x09, 0x19, 0x01, 0x29, 0x03, 0x15,
	0x00, 0x25, 0x01, 0x95, 0x03, 0x75, 0x01, 0x81, 0x02, 0x95, 0x01, 0x75, 0x05, 0x81, 0x01, 0x05, 0x01,
	0x09, 0x30, 0x09, 0x31, 0x15, 0x81, 0x25, 0x7f, 0x75, 0x08, 0x95, 0x02, 0x81, 0x06, 0xc0, 0xc0,
};
static const uint8_t keyboard_reports[] = { DFUT_SIM_BOOT_KEYBOARD_REPORTS };
/* Usage page FFC9, usage 04: 64 bytes in, 32 bytes out, the magic as a feature */
static const uint8_t seremu_reports[] = {
	0x06, 0xc9, 0xff, 0x09, 0x04, 0xa1, 0x01, 0x15, 0x00, 0x26, 0xff,	0x00, 0x75, 0x08, 0x95, 0x40, 0x09,
	0x75, 0x81, 0x02, 0x95, 0x20, 0x09, 0x76, 0x91, 0x02, 0x95, MAGIC_SIZE, 0x09, 0x76, 0xb1, 0x02, 0xc0,
};

/* A frame lasts 1 ms at full speed; at high speed there are 8 microframes. */
static uint32_t get_restart_us(const struct teensy *teensy)
{
	if (teensy->options.chip == CHIP_TEENSY_4)
		return 80 * 125;
	return (teensy->options.type == TYPE_HID ? 5 : 15) * (uint32_t)DFUT_SIM_US_PER_MS;
}

static int trigger(struct teensy *teensy)
{
	return dfut_sim_hid_device_trigger(&teensy->base, DFUT_SIM_HID_BOOTLOADER, get_restart_us(teensy));
}

/* Other bytes only say that somebody listens. */
static int set_seremu_report(void *state, const struct dfut_sim_hid_report *report)
{
	static const uint8_t magic[MAGIC_SIZE] = { 0xa9, 0x45, 0xc2, 0x6b };
	struct teensy *teensy = state;

	/* Output reports have an endpoint of their own. */
	if (report->type != DFUT_SIM_HID_FEATURE)
		return teensy->options.chip == CHIP_TEENSY_3 ? DFUT_ERROR_TIMEOUT : DFUT_ERROR_DEVICE;
	if (memcmp(report->data, magic, sizeof(magic)) == 0)
		return trigger(teensy);
	teensy->is_monitored = true;
	return 0;
}

/* The program starts if there is one, else HalfKay does again. */
static int set_halfkay_report(void *state, const struct dfut_sim_hid_report *report)
{
	struct teensy *teensy = state;
	bool restarts, is_lost = teensy->options.boot == BOOT_GONE;
	int result = dfut_sim_halfkay_take(&teensy->halfkay, report, &restarts);
	uint8_t mode = dfut_sim_halfkay_has_program(&teensy->halfkay) ? DFUT_SIM_HID_APPLICATION :
									DFUT_SIM_HID_BOOTLOADER;

	if (!restarts)
		return result;
	dfut_sim_hid_device_leave(&teensy->base, mode, is_lost ? BOOT_LOST_US : get_restart_us(teensy));
	return is_lost ? DFUT_ERROR_TIMEOUT : 0;
}

#define REPORTS(reports) .report_descriptor = reports, .report_descriptor_size = sizeof(reports)
/* clang-format off */
#define APPLICATION_INTERFACES(is_seremu_mute) { \
	{ .number = 0, .boot_protocol = 1, .endpoint_in = 0x81, REPORTS(keyboard_reports) }, \
	{ .number = 1, .boot_protocol = 2, .endpoint_in = 0x82, REPORTS(mouse_reports) }, \
	{ .number = SEREMU_INTERFACE, .endpoint_in = 0x83, .endpoint_out = 0x04, REPORTS(seremu_reports), \
	  .is_mute = is_seremu_mute, .set_report = set_seremu_report }, \
}
/* clang-format on */

static const struct dfut_sim_hid_interface application_interfaces[][3] = {
	[CHIP_TEENSY_3] = APPLICATION_INTERFACES(true),
	[CHIP_TEENSY_4] = APPLICATION_INTERFACES(false),
};

/* The serial port: 1200 baud, which means so much to others, means nothing here. */

static int answer_serial(struct teensy *teensy, const struct dfut_sim_setup *setup, uint8_t *data)
{
	bool is_class = (setup->request_type & DFUT_SIM_TYPE_MASK) == DFUT_SIM_TYPE_CLASS;
	bool is_interface = (setup->request_type & DFUT_SIM_RECIPIENT_MASK) == DFUT_SIM_RECIPIENT_INTERFACE;
	int taken, result;

	if (!is_class || !is_interface || (uint8_t)setup->index != CDC_INTERFACE)
		return DFUT_ERROR_DEVICE;
	taken = dfut_sim_cdc_answer(&teensy->cdc, setup, data);
	if (teensy->cdc.event != DFUT_SIM_CDC_CODING || dfut_sim_cdc_get_baud(&teensy->cdc) != TRIGGER_BAUD)
		return taken;
	result = trigger(teensy);
	return result < 0 ? result : taken;
}

/* The model. */

static int teensy_control(void *state, const struct dfut_sim_setup *setup, uint8_t *data)
{
	struct teensy *teensy = state;

	if (teensy->base.mode == DFUT_SIM_HID_APPLICATION && teensy->options.type == TYPE_SERIAL)
		return answer_serial(teensy, setup, data);
	return dfut_sim_hid_device_control(state, setup, data);
}

static void build_serial(struct teensy *teensy)
{
	static const uint8_t interfaces[] = { DFUT_SIM_CDC_DESCRIPTORS(CDC_INTERFACE, 1, 0x81, 0x82, 0x03) };

	dfut_sim_hid_device_set_names(&teensy->base, "Teensyduino", "USB Serial");
	dfut_sim_descriptors_start(&teensy->base.descriptors, teensy->base.options.vendor_id,
				   teensy->base.options.product_id, teensy->halfkay.board->release);
	dfut_sim_descriptors_add(&teensy->base.descriptors, interfaces, sizeof(interfaces));
	dfut_sim_cdc_start(&teensy->cdc);
}

static void build_hid(struct teensy *teensy)
{
	dfut_sim_hid_device_set_names(&teensy->base, "Teensyduino", "Keyboard/Mouse");
	dfut_sim_descriptors_start(&teensy->base.descriptors, teensy->base.options.vendor_id,
				   teensy->base.options.product_id, teensy->halfkay.board->release);
	dfut_sim_hid_device_add_interfaces(&teensy->base, application_interfaces[teensy->options.chip],
					   DFUT_COUNT(application_interfaces[0]));
}

static void build_halfkay(struct teensy *teensy)
{
	struct dfut_sim_halfkay *halfkay = &teensy->halfkay;

	dfut_sim_halfkay_start(halfkay);
	teensy->halfkay_interface = (struct dfut_sim_hid_interface){ .endpoint_in = 0x81,
								     REPORTS(halfkay->reports),
								     .set_report = set_halfkay_report };
	dfut_sim_hid_device_set_names(&teensy->base, "PJRC", "HalfKay");
	dfut_sim_descriptors_start(&teensy->base.descriptors, VENDOR_ID, HALFKAY_PRODUCT_ID, 0x0100);
	dfut_sim_hid_device_add_interfaces(&teensy->base, &teensy->halfkay_interface, 1);
}

static void teensy_build(void *state)
{
	struct teensy *teensy = state;

	teensy->is_monitored = false;
	if (teensy->base.mode == DFUT_SIM_HID_BOOTLOADER) {
		build_halfkay(teensy);
	} else if (teensy->options.type == TYPE_SERIAL) {
		build_serial(teensy);
	} else {
		build_hid(teensy);
	}
}

static const char *teensy_get_state_name(const void *state)
{
	const struct teensy *teensy = state;

	return teensy->is_monitored ? "monitored" : dfut_sim_hid_device_get_mode_name(state);
}

static const struct dfut_sim_option teensy_options[] = {
	{ "type", DFUT_SIM_OPTION_CHOICE, offsetof(struct teensy, options.type), 0, 0, "hid|serial" },
	{ "model", DFUT_SIM_OPTION_CHOICE, offsetof(struct teensy, options.chip), 0, 0, "3|4" },
	{ "boot", DFUT_SIM_OPTION_CHOICE, offsetof(struct teensy, options.boot), 0, 0, "ack|gone" },
	DFUT_SIM_HALFKAY_OPTIONS(struct teensy),
	DFUT_SIM_HID_DEVICE_OPTIONS,
};

static int teensy_set_option(void *state, const char *key, const char *value)
{
	struct teensy *teensy = state;
	int result = dfut_sim_option_set(teensy_options, DFUT_COUNT(teensy_options), state, key, value);

	if (strcmp(key, "pid") == 0)
		teensy->is_product_id_set = true;
	else if (strcmp(key, "model") == 0)
		teensy->halfkay.options.board = teensy->options.chip == CHIP_TEENSY_4 ? DFUT_SIM_TEENSY_4_1 :
											DFUT_SIM_TEENSY_3_2;
	return result;
}

static int teensy_create(void *state, struct dfut_sim_device *device)
{
	struct teensy *teensy = state;

	dfut_sim_hid_device_create(&teensy->base, device, VENDOR_ID, HID_PRODUCT_ID);
	teensy->base.build = teensy_build;
	dfut_sim_halfkay_create(&teensy->halfkay, device);
	return 0;
}

static int teensy_prepare(void *state)
{
	struct teensy *teensy = state;

	if (teensy->options.type == TYPE_SERIAL && !teensy->is_product_id_set)
		teensy->base.options.product_id = SERIAL_PRODUCT_ID;
	teensy->options.chip = teensy->halfkay.options.board >= DFUT_SIM_TEENSY_4_0 ? CHIP_TEENSY_4 : CHIP_TEENSY_3;
	return dfut_sim_halfkay_prepare(&teensy->halfkay);
}

static void teensy_destroy(void *state)
{
	dfut_sim_halfkay_free(&((struct teensy *)state)->halfkay);
}

static uint32_t teensy_start(void *state, enum dfut_sim_start start)
{
	struct teensy *teensy = state;
	uint32_t ms = dfut_sim_hid_device_start(state, start);

	if (!dfut_sim_halfkay_has_program(&teensy->halfkay))
		dfut_sim_hid_device_set_mode(state, "bootloader");
	return ms;
}

static int teensy_get_memory(void *state, size_t index, struct dfut_sim_memory *memory)
{
	return dfut_sim_halfkay_get_memory(&((struct teensy *)state)->halfkay, index, memory);
}

const struct dfut_sim_model dfut_sim_teensy = {
	.size = sizeof(struct dfut_sim_model),
	.name = "teensy",
	.text = "a Teensy with a HID interface in place of a serial port, or with one, and HalfKay",
	.options =
		"type=hid|serial: what its firmware shows\n"
		"model=3|4: a Teensy 3.2 or 4.1; how long it takes to leave; a 3 does not answer unknown reports\n"
		"boot=ack|gone: whether the report that starts the program is answered before the device is gone\n" DFUT_SIM_HALFKAY_TEXT
			DFUT_SIM_HID_DEVICE_TEXT,
	.state_size = sizeof(struct teensy),
	.create = teensy_create,
	.set_option = teensy_set_option,
	.prepare = teensy_prepare,
	.destroy = teensy_destroy,
	.start = teensy_start,
	.set_mode = dfut_sim_hid_device_set_mode,
	.get_mode_name = dfut_sim_hid_device_get_mode_name,
	.get_state_name = teensy_get_state_name,
	.describe = dfut_sim_hid_device_describe,
	.get_memory = teensy_get_memory,
	.control = teensy_control,
	.timer = dfut_sim_hid_device_timer,
};
