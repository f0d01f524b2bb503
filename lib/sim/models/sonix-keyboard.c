/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * A keyboard with a SONiX SN32F2xx and its maker's firmware, and the chip's bootloader, as
 * SonixFlasherC and sonix-flasher know them.
 */

#include <string.h>

#include "sim/parts/sonix-isp.h"

#define VENDOR_ID 0x0c45
#define APPLICATION_PRODUCT_ID 0x652f
#define REPORT_SIZE DFUT_SIM_SONIX_REPORT_SIZE
#define MAGIC_SIZE 8
/* From the status stage to the reset */
#define RESTART_US 2000

/* A 26x with a program that does not know the way to the bootloader, or with none */
#define BRICKED DFUT_SIM_HID_OTHER_MODE

enum firmware {
	FIRMWARE_SONIX,
	FIRMWARE_EVISION,
	FIRMWARE_HFD,
};

struct sonix {
	struct dfut_sim_hid_device base;
	struct {
		uint32_t firmware;
		uint32_t interface;
		uint16_t bootloader_product_id;
	} options;

	struct dfut_sim_sonix_isp isp;
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

	if (report->type != DFUT_SIM_HID_FEATURE || sonix->base.mode == BRICKED ||
	    memcmp(report->data, magics[sonix->options.firmware], MAGIC_SIZE) != 0)
		return 0;
	if (memcmp(report->data + MAGIC_SIZE, zeros, sizeof(zeros)) != 0)
		dfut_sim_device_note_breach(sonix->base.device, "application: the magic is not followed by zeros");
	return dfut_sim_hid_device_trigger(&sonix->base, DFUT_SIM_HID_BOOTLOADER, RESTART_US);
}

/* The bootloader. */

static uint8_t get_next_mode(const struct sonix *sonix)
{
	switch (dfut_sim_sonix_isp_get_start(&sonix->isp)) {
	case DFUT_SIM_SONIX_PROGRAM:
		return DFUT_SIM_HID_APPLICATION;
	case DFUT_SIM_SONIX_ISP:
		return DFUT_SIM_HID_BOOTLOADER;
	case DFUT_SIM_SONIX_NO_WAY_IN:
	case DFUT_SIM_SONIX_NOTHING:
		break;
	}
	return BRICKED;
}

static int set_bootloader_report(void *state, const struct dfut_sim_hid_report *report)
{
	struct sonix *sonix = state;
	bool restarts;
	int result = dfut_sim_sonix_isp_take(&sonix->isp, report->data, &restarts);

	if (restarts)
		dfut_sim_hid_device_leave(&sonix->base, get_next_mode(sonix), RESTART_US);
	return result;
}

static int get_bootloader_report(void *state, const struct dfut_sim_hid_report *report)
{
	return dfut_sim_sonix_isp_give(&((struct sonix *)state)->isp, report->data);
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

	dfut_sim_sonix_isp_start(&sonix->isp);
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
	DFUT_SIM_SONIX_OPTIONS(struct sonix),
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
	sonix->base.other_mode = "bricked";
	sonix->options.interface = 1;
	dfut_sim_sonix_isp_create(&sonix->isp, device);
	return 0;
}

static int sonix_prepare(void *state)
{
	struct sonix *sonix = state;
	int result = dfut_sim_sonix_isp_prepare(&sonix->isp);

	if (!sonix->options.bootloader_product_id)
		sonix->options.bootloader_product_id = sonix->isp.chip->product_id;
	return result;
}

static void sonix_destroy(void *state)
{
	dfut_sim_sonix_isp_free(&((struct sonix *)state)->isp);
}

static uint32_t sonix_start(void *state, enum dfut_sim_start start)
{
	struct sonix *sonix = state;
	uint32_t ms = dfut_sim_hid_device_start(state, start);
	enum dfut_sim_sonix_start next = dfut_sim_sonix_isp_get_start(&sonix->isp);

	if (next == DFUT_SIM_SONIX_ISP)
		dfut_sim_hid_device_set_mode(state, "bootloader");
	else if (next != DFUT_SIM_SONIX_PROGRAM)
		dfut_sim_hid_device_set_mode(state, "bricked");
	return next == DFUT_SIM_SONIX_NOTHING ? DFUT_SIM_NEVER : ms;
}

static void sonix_timer(void *state, unsigned int timer)
{
	struct sonix *sonix = state;

	dfut_sim_hid_device_timer(state, timer);
	if (sonix->base.mode == BRICKED && dfut_sim_sonix_isp_get_start(&sonix->isp) == DFUT_SIM_SONIX_NOTHING)
		dfut_sim_device_leave(sonix->base.device, 0, DFUT_SIM_NEVER);
}

static int sonix_get_memory(void *state, size_t index, struct dfut_sim_memory *memory)
{
	return dfut_sim_sonix_isp_get_memory(&((struct sonix *)state)->isp, index, memory);
}

const struct dfut_sim_model dfut_sim_sonix_keyboard = {
	.size = sizeof(struct dfut_sim_model),
	.name = "sonix-keyboard",
	.text = "a keyboard with a SONiX SN32F2xx, whose firmware knows a magic feature report, and its bootloader",
	.options = "firmware=sonix|evision|hfd: which magic it knows\n"
		   "interface=0|1: which interface takes it; 0 is the boot keyboard\n"
		   "bootloader-pid=HHHH: product id of the bootloader, if not the chip's\n" DFUT_SIM_SONIX_TEXT
			   DFUT_SIM_HID_DEVICE_TEXT,
	.state_size = sizeof(struct sonix),
	.create = sonix_create,
	.set_option = sonix_set_option,
	.prepare = sonix_prepare,
	.destroy = sonix_destroy,
	.start = sonix_start,
	.set_mode = dfut_sim_hid_device_set_mode,
	.get_mode_name = dfut_sim_hid_device_get_mode_name,
	.describe = dfut_sim_hid_device_describe,
	.get_memory = sonix_get_memory,
	.control = dfut_sim_hid_device_control,
	.timer = sonix_timer,
};
