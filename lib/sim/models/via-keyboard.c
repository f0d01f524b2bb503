/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A keyboard with QMK and VIA's commands on a raw HID interface (quantum/via.h), and one of five bootloaders. */

#include <string.h>

#include "sim/parts/loader.h"
#include "sim/parts/lufa-hid.h"
#include "sim/parts/raw-hid.h"

#define VENDOR_ID 0xfeed
#define APPLICATION_PRODUCT_ID 0x6060
#define VERSION_1_1 0x0110
#define TRANSFER_SIZE 1024
/* bMaxPacketSize0, iManufacturer: USB 2.0, 9.6.1 */
#define PACKET_SIZE_OFFSET 7
#define STRINGS_OFFSET 14
/* The bootloader is off the bus while the report is still being sent. */
#define DETACH_US 200
/* Numbers that pid.codes keeps for tests */
#define DFU_VENDOR_ID 0x1209
#define DFU_PRODUCT_ID 0x0003

enum bootloader {
	BOOTLOADER_ATMEL_DFU,
	BOOTLOADER_STM32,
	BOOTLOADER_RP2040,
	BOOTLOADER_DFU,
	BOOTLOADER_LUFA_HID,
};

struct via {
	struct dfut_sim_raw_hid raw;
	struct {
		uint32_t bootloader;
		uint16_t dfu_vendor_id;
		uint16_t dfu_product_id;
	} options;

	struct dfut_sim_dfu_sink sink;
	struct dfut_sim_loader loader; /* of stm32 and dfu */
	struct dfut_sim_lufa_hid lufa_hid;
	struct dfut_sim_hid_interface lufa_hid_interface;
};

/* Bootloaders. */

static bool has_loader(const struct via *via)
{
	return via->options.bootloader == BOOTLOADER_STM32 || via->options.bootloader == BOOTLOADER_DFU;
}

static void build_atmel_dfu(struct via *via)
{
	const struct dfut_sim_dfu_layout layout = {
		.vendor_id = 0x03eb,
		.product_id = 0x2ff4,
		.has_strings = true,
		.max_power = 50,
		.class_code = DFUT_SIM_DFU_CLASS,
		.subclass = DFUT_SIM_DFU_SUBCLASS,
		.protocol = 2,
		.alternate_count = 1,
		.place = DFUT_SIM_PLACE_LAST,
		.functional_size = 9,
		.attributes = DFUT_DFU_CAN_DNLOAD | DFUT_DFU_MANIFESTATION_TOLERANT,
		.detach_timeout_ms = 255,
		.transfer_size = TRANSFER_SIZE,
		.version = VERSION_1_1,
	};

	via->raw.base.descriptors.size = dfut_sim_dfu_put_descriptors(via->raw.base.descriptors.bytes, &layout);
	dfut_sim_dfu_sink_start(&via->sink, via->raw.base.device, &layout);
}

/* What it is told to write is a command of FLIP. */
static int answer_atmel_dfu(struct via *via, const struct dfut_sim_setup *setup, uint8_t *data)
{
	if (dfut_sim_is_dfu_request(setup) && setup->request == DFUT_SIM_DFU_DNLOAD)
		dfut_sim_device_breach(via->raw.base.device,
				       "%s: DNLOAD of %u bytes, which speaks FLIP (Atmel doc7618)",
				       dfut_sim_dfu_state_get_name(via->sink.state), setup->length);
	return dfut_sim_dfu_sink_answer(&via->sink, setup, data);
}

/* A drive, and the chip's own interface */
static void build_rp2040(struct via *via)
{
	static const uint8_t interfaces[] = {
		9, 4, 0, 0, 2, 0x08, 0x06, 0x50, 0, 7, 5, 0x81, 0x02, 64, 0, 0, 7, 5, 0x02, 0x02, 64, 0, 0,
		9, 4, 1, 0, 2, 0xff, 0x00, 0x00, 0, 7, 5, 0x03, 0x02, 64, 0, 0, 7, 5, 0x84, 0x02, 64, 0, 0,
	};

	dfut_sim_descriptors_start(&via->raw.base.descriptors, 0x2e8a, 0x0003, 0x0100);
	dfut_sim_descriptors_add(&via->raw.base.descriptors, interfaces, sizeof(interfaces));
}

/* It is off the bus before the report has been sent; then the application starts, or itself if there is none. */
static int set_lufa_hid_report(void *state, const struct dfut_sim_hid_report *report)
{
	struct via *via = state;
	bool restarts;
	int result = dfut_sim_lufa_hid_take(&via->lufa_hid, report, &restarts);
	bool has_application = dfut_sim_lufa_hid_has_application(&via->lufa_hid);

	if (restarts)
		dfut_sim_hid_device_leave(&via->raw.base,
					  has_application ? DFUT_SIM_HID_APPLICATION : DFUT_SIM_HID_BOOTLOADER,
					  DETACH_US);
	return result;
}

/* Without strings, and with an endpoint 0 of 8 bytes */
static void build_lufa_hid(struct via *via)
{
	uint8_t *descriptor = via->raw.base.descriptors.bytes;

	dfut_sim_lufa_hid_start(&via->lufa_hid);
	via->lufa_hid_interface = (struct dfut_sim_hid_interface){
		.endpoint_in = 0x81,
		.report_descriptor = via->lufa_hid.reports,
		.report_descriptor_size = sizeof(via->lufa_hid.reports),
		.set_report = set_lufa_hid_report,
	};
	dfut_sim_descriptors_start(&via->raw.base.descriptors, DFUT_SIM_LUFA_HID_VENDOR_ID,
				   DFUT_SIM_LUFA_HID_PRODUCT_ID, 0x0001);
	descriptor[PACKET_SIZE_OFFSET] = 8;
	memset(&descriptor[STRINGS_OFFSET], 0, 3);
	dfut_sim_hid_device_add_interfaces(&via->raw.base, &via->lufa_hid_interface, 1);
}

static void build_bootloader(struct via *via)
{
	switch ((enum bootloader)via->options.bootloader) {
	case BOOTLOADER_ATMEL_DFU:
		dfut_sim_hid_device_set_names(&via->raw.base, "ATMEL", "ATm32U4DFU");
		build_atmel_dfu(via);
		return;
	case BOOTLOADER_STM32:
	case BOOTLOADER_DFU:
		dfut_sim_loader_start(&via->loader);
		return;
	case BOOTLOADER_RP2040:
		dfut_sim_hid_device_set_names(&via->raw.base, "Raspberry Pi", "RP2 Boot");
		build_rp2040(via);
		return;
	case BOOTLOADER_LUFA_HID:
		build_lufa_hid(via);
		return;
	}
}

/* The model. */

static int via_control(void *state, const struct dfut_sim_setup *setup, uint8_t *data)
{
	struct via *via = state;
	bool is_class = (setup->request_type & DFUT_SIM_TYPE_MASK) == DFUT_SIM_TYPE_CLASS;

	if (via->raw.base.mode == DFUT_SIM_HID_APPLICATION || via->options.bootloader == BOOTLOADER_LUFA_HID)
		return dfut_sim_hid_device_control(state, setup, data);
	if (has_loader(via))
		return dfut_sim_loader_answer(&via->loader, setup, data);
	if (via->options.bootloader == BOOTLOADER_RP2040 || !is_class)
		return DFUT_ERROR_DEVICE;
	return answer_atmel_dfu(via, setup, data);
}

static bool is_in_loader(const struct via *via)
{
	return via->raw.base.mode == DFUT_SIM_HID_BOOTLOADER && has_loader(via);
}

static void leave_loader(struct via *via, enum dfut_sim_loader_event event)
{
	if (event == DFUT_SIM_LOADER_STAYS)
		return;
	dfut_sim_hid_device_set_mode(via, event == DFUT_SIM_LOADER_STARTS ? "application" : "bootloader");
	dfut_sim_device_leave(via->raw.base.device, 0, dfut_sim_return_ms(&via->raw.base.options.leaving));
}

static int via_set_interface(void *state, uint8_t number, uint8_t alternate)
{
	struct via *via = state;

	(void)number;
	if (is_in_loader(via))
		dfut_sim_loader_set_alternate(&via->loader, alternate);
	return 0;
}

static void via_bus_reset(void *state)
{
	struct via *via = state;

	if (is_in_loader(via))
		leave_loader(via, dfut_sim_loader_bus_reset(&via->loader));
}

static void via_timer(void *state, unsigned int timer)
{
	struct via *via = state;

	if (is_in_loader(via))
		leave_loader(via, dfut_sim_loader_timer(&via->loader));
	else
		dfut_sim_hid_device_timer(state, timer);
}

static uint32_t via_start(void *state, enum dfut_sim_start start)
{
	struct via *via = state;
	uint32_t ms = dfut_sim_hid_device_start(state, start);
	bool is_empty = via->options.bootloader == BOOTLOADER_LUFA_HID &&
			!dfut_sim_lufa_hid_has_application(&via->lufa_hid);

	if (is_empty || (has_loader(via) && !dfut_sim_loader_has_application(&via->loader)))
		dfut_sim_hid_device_set_mode(state, "bootloader");
	return ms;
}

static void via_describe(const void *state, struct dfut_sim_description *description)
{
	const struct via *via = state;

	if (is_in_loader(via))
		dfut_sim_loader_describe(&via->loader, description);
	else
		dfut_sim_hid_device_describe(state, description);
	if (via->raw.base.mode == DFUT_SIM_HID_BOOTLOADER && via->options.bootloader == BOOTLOADER_LUFA_HID)
		description->string_count = 0;
}

static int via_get_memory(void *state, size_t index, struct dfut_sim_memory *memory)
{
	struct via *via = state;

	if (via->options.bootloader == BOOTLOADER_LUFA_HID)
		return dfut_sim_lufa_hid_get_memory(&via->lufa_hid, index, memory);
	return has_loader(via) ? dfut_sim_loader_get_memory(&via->loader, index, memory) : DFUT_ERROR_NOT_FOUND;
}

static void via_build(void *state)
{
	struct via *via = state;

	if (via->raw.base.mode == DFUT_SIM_HID_BOOTLOADER) {
		build_bootloader(via);
		return;
	}
	dfut_sim_raw_hid_build(&via->raw, "QMK", "Virtual VIA keyboard");
}

#define OPTION(key, kind, member, words) \
	{ \
		key, DFUT_SIM_OPTION_##kind, offsetof(struct via, options.member), 0, 0, words \
	}

static const struct dfut_sim_option via_options[] = {
	OPTION("bootloader", CHOICE, bootloader, "atmel-dfu|stm32|rp2040|dfu|lufa-hid"),
	OPTION("dfu-vid", ID, dfu_vendor_id, NULL),
	OPTION("dfu-pid", ID, dfu_product_id, NULL),
	DFUT_SIM_LUFA_HID_OPTIONS(struct via),
	DFUT_SIM_RAW_OPTIONS,
};

static int via_set_option(void *state, const char *key, const char *value)
{
	return dfut_sim_option_set(via_options, DFUT_COUNT(via_options), state, key, value);
}

static int via_create(void *state, struct dfut_sim_device *device)
{
	struct via *via = state;

	dfut_sim_hid_device_create(&via->raw.base, device, VENDOR_ID, APPLICATION_PRODUCT_ID);
	via->raw.base.build = via_build;
	via->options.dfu_vendor_id = DFU_VENDOR_ID;
	via->options.dfu_product_id = DFU_PRODUCT_ID;
	dfut_sim_lufa_hid_create(&via->lufa_hid, device);
	return 0;
}

static int via_prepare(void *state)
{
	struct via *via = state;
	struct dfut_sim_loader *loader = &via->loader;
	const struct dfut_sim_part *part = &dfut_sim_part_stm32f405;

	if (via->options.bootloader == BOOTLOADER_LUFA_HID)
		return dfut_sim_lufa_hid_prepare(&via->lufa_hid);
	if (!has_loader(via))
		return 0;
	*loader = (struct dfut_sim_loader){ .kind = DFUT_SIM_LOADER_DFUSE, .release = part->release };
	loader->vendor_id = part->vendor_id;
	loader->product_id = part->product_id;
	loader->manufacturer = part->manufacturer;
	loader->product = part->product;
	loader->serial = part->serial;
	if (via->options.bootloader == BOOTLOADER_DFU) {
		loader->kind = DFUT_SIM_LOADER_DFU;
		loader->vendor_id = via->options.dfu_vendor_id;
		loader->product_id = via->options.dfu_product_id;
		loader->manufacturer = "QMK";
		loader->product = "Virtual DFU bootloader";
		loader->serial = via->raw.base.options.serial;
	}
	return dfut_sim_loader_prepare(loader, via->raw.base.device);
}

static void via_destroy(void *state)
{
	struct via *via = state;

	dfut_sim_loader_free(&via->loader);
	dfut_sim_lufa_hid_free(&via->lufa_hid);
}

const struct dfut_sim_model dfut_sim_via_keyboard = {
	.size = sizeof(struct dfut_sim_model),
	.name = "via-keyboard",
	.text = "a keyboard with QMK and VIA's raw HID interface, and one of five bootloaders",
	.options =
		"bootloader=atmel-dfu|stm32|rp2040|dfu|lufa-hid: what it jumps to; stm32 (DfuSe), dfu and lufa-hid hold what is written to them\n"
		"dfu-vid=HHHH: vendor id of the bootloader dfu\n"
		"dfu-pid=HHHH: product id of the bootloader dfu\n" DFUT_SIM_LUFA_HID_TEXT DFUT_SIM_RAW_TEXT,
	.state_size = sizeof(struct via),
	.create = via_create,
	.set_option = via_set_option,
	.prepare = via_prepare,
	.destroy = via_destroy,
	.start = via_start,
	.set_mode = dfut_sim_hid_device_set_mode,
	.get_mode_name = dfut_sim_hid_device_get_mode_name,
	.describe = via_describe,
	.get_memory = via_get_memory,
	.control = via_control,
	.set_interface = via_set_interface,
	.bus_reset = via_bus_reset,
	.timer = via_timer,
	.endpoint_send = dfut_sim_raw_hid_endpoint_send,
	.endpoint_receive = dfut_sim_raw_hid_endpoint_receive,
};
