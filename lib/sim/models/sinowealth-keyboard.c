/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A keyboard with a SinoWealth 8051 and its maker's firmware, and the chip's bootloader: see sinowealth-kb-tool. */

#include <string.h>

#include "sim/parts/sinowealth-isp.h"

#define VENDOR_ID 0x258a
#define APPLICATION_PRODUCT_ID 0x0049
#define BOOTLOADER_VENDOR_ID 0x0603
#define COMMAND_REPORT DFUT_SIM_SINOWEALTH_COMMAND_REPORT
#define COMMAND_SIZE DFUT_SIM_SINOWEALTH_COMMAND_SIZE
#define COMMAND_ENTER_BOOTLOADER 0x75
#define PAGE_REPORT DFUT_SIM_SINOWEALTH_PAGE_REPORT
#define RESTART_US 2000
#define RESTART_AT_ONCE_US 200
/* A firmware is enabled that does not run */
#define BRICKED DFUT_SIM_HID_OTHER_MODE

struct sinowealth {
	struct dfut_sim_hid_device base;
	struct {
		uint32_t bootloader_product;
	} options;

	struct dfut_sim_sinowealth_isp isp;
};

/* Two collections: Windows makes a device of each. The second is for pages: 2049 bytes behind the id. */
#define COMMAND_REPORTS \
	0x06, 0x00, 0xff, 0x09, 0x01, 0xa1, 0x01, 0x85, COMMAND_REPORT, 0x15, 0x00, 0x26, 0xff, 0x00, 0x09, 0x01, \
		0x75, 0x08, 0x95, COMMAND_SIZE - 1, 0xb1, 0x02, 0xc0, 0x06, 0x00, 0xff, 0x09, 0x02, 0xa1, 0x01, 0x85, \
		PAGE_REPORT, 0x15, 0x00, 0x26, 0xff, 0x00, 0x09, 0x01, 0x75, 0x08, 0x96, 0x01, 0x08, 0xb1, 0x02, 0xc0
/* Consumer keys, report 3 */
#define CONSUMER_REPORTS \
	0x05, 0x0c, 0x09, 0x01, 0xa1, 0x01, 0x85, 0x03, 0x15, 0x00, 0x26, 0x3c, 0x02, 0x19, 0x00, 0x2a, 0x3c, 0x02, \
		0x75, 0x10, 0x95, 0x01, 0x81, 0x00, 0xc0

static const uint8_t keyboard_reports[] = { DFUT_SIM_BOOT_KEYBOARD_REPORTS };
static const uint8_t application_reports[] = { CONSUMER_REPORTS, COMMAND_REPORTS };
static const uint8_t bootloader_reports[] = { COMMAND_REPORTS };

static int set_application_report(void *state, const struct dfut_sim_hid_report *report)
{
	static const uint8_t magic[COMMAND_SIZE] = { COMMAND_REPORT, COMMAND_ENTER_BOOTLOADER };

	if (report->type != DFUT_SIM_HID_FEATURE || report->id != COMMAND_REPORT)
		return 0;
	if (memcmp(report->data, magic, sizeof(magic)) != 0)
		return 0;
	return dfut_sim_hid_device_trigger(state, DFUT_SIM_HID_BOOTLOADER, RESTART_US);
}

/* The bootloader. */

static uint8_t get_next_mode(const struct sinowealth *sinowealth)
{
	switch (dfut_sim_sinowealth_isp_get_start(&sinowealth->isp)) {
	case DFUT_SIM_SINOWEALTH_FIRMWARE:
		return DFUT_SIM_HID_APPLICATION;
	case DFUT_SIM_SINOWEALTH_ISP:
		return DFUT_SIM_HID_BOOTLOADER;
	case DFUT_SIM_SINOWEALTH_NOTHING:
		break;
	}
	return BRICKED;
}

static int set_bootloader_report(void *state, const struct dfut_sim_hid_report *report)
{
	struct sinowealth *sinowealth = state;
	enum dfut_sim_sinowealth_event event;
	int result = dfut_sim_sinowealth_isp_take(&sinowealth->isp, report, &event);

	if (event != DFUT_SIM_SINOWEALTH_STAYS)
		dfut_sim_hid_device_leave(&sinowealth->base, get_next_mode(sinowealth),
					  event == DFUT_SIM_SINOWEALTH_RESTARTS ? RESTART_US : RESTART_AT_ONCE_US);
	return result;
}

static int get_bootloader_report(void *state, const struct dfut_sim_hid_report *report)
{
	return dfut_sim_sinowealth_isp_give(&((struct sinowealth *)state)->isp, report);
}

/* clang-format off */
static const struct dfut_sim_hid_interface application_interfaces[] = {
	{ .number = 0, .boot_protocol = 1, .endpoint_in = 0x81, .report_descriptor = keyboard_reports,
	  .report_descriptor_size = sizeof(keyboard_reports) },
	{ .number = 1, .endpoint_in = 0x82, .report_descriptor = application_reports,
	  .report_descriptor_size = sizeof(application_reports), .set_report = set_application_report },
};
/* clang-format on */

static const struct dfut_sim_hid_interface bootloader_interfaces[] = {
	{ .number = 0,
	  .endpoint_in = 0x81,
	  .report_descriptor = bootloader_reports,
	  .report_descriptor_size = sizeof(bootloader_reports),
	  .get_report = get_bootloader_report,
	  .set_report = set_bootloader_report },
};

/* The model. */

static void build_bootloader(struct sinowealth *sinowealth)
{
	static const uint16_t product_ids[] = { 0x1020, 0x1021 };

	dfut_sim_hid_device_set_names(&sinowealth->base, "SINO WEALTH", "USB Device");
	dfut_sim_descriptors_start(&sinowealth->base.descriptors, BOOTLOADER_VENDOR_ID,
				   product_ids[sinowealth->options.bootloader_product], 0x0100);
	dfut_sim_hid_device_add_interfaces(&sinowealth->base, bootloader_interfaces, DFUT_COUNT(bootloader_interfaces));
}

static void sinowealth_build(void *state)
{
	struct sinowealth *sinowealth = state;

	dfut_sim_sinowealth_isp_start(&sinowealth->isp);
	if (sinowealth->base.mode == DFUT_SIM_HID_BOOTLOADER) {
		build_bootloader(sinowealth);
		return;
	}
	dfut_sim_hid_device_set_names(&sinowealth->base, "SINO WEALTH", "Gaming KB");
	dfut_sim_descriptors_start(&sinowealth->base.descriptors, sinowealth->base.options.vendor_id,
				   sinowealth->base.options.product_id, 0x0100);
	dfut_sim_hid_device_add_interfaces(&sinowealth->base, application_interfaces,
					   DFUT_COUNT(application_interfaces));
}

/* fwupd leaves the bootloader this way. */
static void sinowealth_bus_reset(void *state)
{
	struct sinowealth *sinowealth = state;

	if (sinowealth->base.mode == DFUT_SIM_HID_BOOTLOADER && sinowealth->isp.is_enabled)
		dfut_sim_hid_device_leave(&sinowealth->base, get_next_mode(sinowealth), 0);
}

static const struct dfut_sim_option sinowealth_options[] = {
	{ "bootloader-pid", DFUT_SIM_OPTION_CHOICE, offsetof(struct sinowealth, options.bootloader_product), 0, 0,
	  "1020|1021" },
	DFUT_SIM_SINOWEALTH_OPTIONS(struct sinowealth),
	DFUT_SIM_HID_DEVICE_OPTIONS,
};

static int sinowealth_set_option(void *state, const char *key, const char *value)
{
	return dfut_sim_option_set(sinowealth_options, DFUT_COUNT(sinowealth_options), state, key, value);
}

static int sinowealth_create(void *state, struct dfut_sim_device *device)
{
	struct sinowealth *sinowealth = state;

	dfut_sim_hid_device_create(&sinowealth->base, device, VENDOR_ID, APPLICATION_PRODUCT_ID);
	sinowealth->base.build = sinowealth_build;
	sinowealth->base.other_mode = "bricked";
	dfut_sim_sinowealth_isp_create(&sinowealth->isp, device);
	return 0;
}

static int sinowealth_prepare(void *state)
{
	return dfut_sim_sinowealth_isp_prepare(&((struct sinowealth *)state)->isp);
}

static void sinowealth_destroy(void *state)
{
	dfut_sim_sinowealth_isp_free(&((struct sinowealth *)state)->isp);
}

static uint32_t sinowealth_start(void *state, enum dfut_sim_start start)
{
	struct sinowealth *sinowealth = state;
	uint32_t ms = dfut_sim_hid_device_start(state, start);
	uint8_t mode = get_next_mode(sinowealth);

	if (mode == DFUT_SIM_HID_BOOTLOADER)
		dfut_sim_hid_device_set_mode(state, "bootloader");
	else if (mode == BRICKED)
		dfut_sim_hid_device_set_mode(state, "bricked");
	return mode == BRICKED ? DFUT_SIM_NEVER : ms;
}

static void sinowealth_timer(void *state, unsigned int timer)
{
	struct sinowealth *sinowealth = state;

	dfut_sim_hid_device_timer(state, timer);
	if (sinowealth->base.mode == BRICKED)
		dfut_sim_device_leave(sinowealth->base.device, 0, DFUT_SIM_NEVER);
}

static int sinowealth_get_memory(void *state, size_t index, struct dfut_sim_memory *memory)
{
	return dfut_sim_sinowealth_isp_get_memory(&((struct sinowealth *)state)->isp, index, memory);
}

const struct dfut_sim_model dfut_sim_sinowealth_keyboard = {
	.size = sizeof(struct dfut_sim_model),
	.name = "sinowealth-keyboard",
	.text = "a keyboard with a SinoWealth 8051, whose firmware knows a feature report 5, and its bootloader",
	.options = "bootloader-pid=1020|1021: product id of the bootloader\n" DFUT_SIM_SINOWEALTH_TEXT
		DFUT_SIM_HID_DEVICE_TEXT,
	.state_size = sizeof(struct sinowealth),
	.create = sinowealth_create,
	.set_option = sinowealth_set_option,
	.prepare = sinowealth_prepare,
	.destroy = sinowealth_destroy,
	.start = sinowealth_start,
	.set_mode = dfut_sim_hid_device_set_mode,
	.get_mode_name = dfut_sim_hid_device_get_mode_name,
	.describe = dfut_sim_hid_device_describe,
	.get_memory = sinowealth_get_memory,
	.control = dfut_sim_hid_device_control,
	.bus_reset = sinowealth_bus_reset,
	.timer = sinowealth_timer,
};
