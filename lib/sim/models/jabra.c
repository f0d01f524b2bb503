/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * A speakerphone of Jabra: a HID report makes it appear as a device with a runtime DFU interface, whose DETACH leads
 * to DFU mode, as fwupd knows it.
 */

#include <string.h>

#include "sim/parts/hid.h"

#define VENDOR_ID 0x0b0e
#define HID_INTERFACE 3
#define REPORT_SIZE 33
#define RELEASE 0x0111
#define RESTART_US 2000
#define DETACH_TIMEOUT_MS 1000
#define TRANSFER_SIZE 1024
#define MODE_RUNTIME DFUT_SIM_HID_OTHER_MODE
#define TIMER_DETACH DFUT_SIM_HID_DEVICE_TIMER
/* From DETACH to leaving with bitWillDetach */
#define DETACH_US 20000

enum family {
	FAMILY_410,
	FAMILY_710,
};

enum detach {
	DETACH_TAKE,
	DETACH_STALL,
	DETACH_IGNORE,
};

struct jabra {
	struct dfut_sim_hid_device base;
	struct {
		uint32_t family;
		bool will_detach;
		uint32_t detach;
		uint32_t dfu_protocol;
		uint16_t dfu_product_id;
		uint16_t release;
	} options;

	uint8_t runtime_state;
	struct dfut_sim_dfu_sink sink;
};

#define DATA_REPORT(id) \
	0x06, 0x00, 0xff, 0x09, 0x01, 0xa1, 0x01, 0x85, id, 0x15, 0x00, 0x26, 0xff, 0x00, 0x75, 0x08, 0x95, \
		REPORT_SIZE - 1, 0x09, 0x01, 0x81, 0x02, 0x09, 0x01, 0x91, 0x02, 0xc0
/* Buttons of a speakerphone: hook switch and mute */
#define TELEPHONY_REPORT \
	0x05, 0x0b, 0x09, 0x05, 0xa1, 0x01, 0x85, 0x03, 0x15, 0x00, 0x25, 0x01, 0x09, 0x20, 0x09, 0x2f, 0x75, 0x01, \
		0x95, 0x02, 0x81, 0x02, 0x95, 0x06, 0x81, 0x01, 0xc0

static const uint8_t reports_410[] = { TELEPHONY_REPORT, DATA_REPORT(0x02) };
static const uint8_t reports_710[] = { TELEPHONY_REPORT, DATA_REPORT(0x05) };

static int set_report(void *state, const struct dfut_sim_hid_report *report)
{
	static const uint8_t magics[][REPORT_SIZE] = {
		[FAMILY_410] = { 0x02, 0x01, 0x00, 0x01, 0x85, 0x07 },
		[FAMILY_710] = { 0x05, 0x08, 0x00, 0x01, 0x85, 0x07 },
	};
	const struct jabra *jabra = state;

	if (report->type != DFUT_SIM_HID_OUTPUT ||
	    memcmp(report->data, magics[jabra->options.family], REPORT_SIZE) != 0)
		return 0;
	return dfut_sim_hid_device_trigger(state, MODE_RUNTIME, RESTART_US);
}

/* clang-format off */
static const struct dfut_sim_hid_interface hid_interfaces[] = {
	[FAMILY_410] = { .number = HID_INTERFACE, .endpoint_in = 0x81, .report_descriptor = reports_410,
			 .report_descriptor_size = sizeof(reports_410), .set_report = set_report },
	[FAMILY_710] = { .number = HID_INTERFACE, .endpoint_in = 0x81, .report_descriptor = reports_710,
			 .report_descriptor_size = sizeof(reports_710), .set_report = set_report },
};
/* clang-format on */

/* Runtime DFU (USB DFU 1.1, A.2.1 and A.2.2). */

static int detach(struct jabra *jabra, uint16_t timeout_ms)
{
	uint32_t window_ms = timeout_ms < DETACH_TIMEOUT_MS ? timeout_ms : DETACH_TIMEOUT_MS;

	if (jabra->options.detach == DETACH_STALL)
		return DFUT_ERROR_DEVICE;
	if (jabra->options.detach == DETACH_IGNORE)
		return 0;
	jabra->runtime_state = APP_DETACH;
	if (jabra->options.will_detach)
		dfut_sim_hid_device_leave(&jabra->base, DFUT_SIM_HID_BOOTLOADER, DETACH_US);
	else
		dfut_sim_device_set_timer(jabra->base.device, TIMER_DETACH, window_ms * DFUT_SIM_US_PER_MS);
	return 0;
}

static int answer_runtime(struct jabra *jabra, const struct dfut_sim_setup *setup, uint8_t *data)
{
	struct dfut_sim_dfu_rules *rules = &jabra->sink.rules;
	struct dfut_sim_dfu_answer answer = { STATUS_OK, 0, jabra->runtime_state };

	dfut_sim_dfu_rules_check(rules, setup, jabra->runtime_state, STATUS_OK);
	if (!dfut_sim_is_dfu_request(setup))
		return DFUT_ERROR_DEVICE;
	if (setup->request == DFUT_SIM_DFU_GETSTATUS)
		return dfut_sim_dfu_answer_status(rules, setup, data, &answer);
	if (setup->request == DFUT_SIM_DFU_GETSTATE)
		return dfut_sim_dfu_answer_state(setup, data, jabra->runtime_state);
	if (setup->request == DFUT_SIM_DFU_DETACH && jabra->runtime_state == APP_IDLE)
		return detach(jabra, setup->value);
	return DFUT_ERROR_DEVICE;
}

static int jabra_control(void *state, const struct dfut_sim_setup *setup, uint8_t *data)
{
	struct jabra *jabra = state;

	if (jabra->base.mode == DFUT_SIM_HID_APPLICATION)
		return dfut_sim_hid_device_control(state, setup, data);
	if ((setup->request_type & DFUT_SIM_TYPE_MASK) != DFUT_SIM_TYPE_CLASS)
		return DFUT_ERROR_DEVICE;
	if (jabra->base.mode == MODE_RUNTIME)
		return answer_runtime(jabra, setup, data);
	return dfut_sim_dfu_sink_answer(&jabra->sink, setup, data);
}

static void jabra_bus_reset(void *state)
{
	struct jabra *jabra = state;

	if (jabra->base.mode == DFUT_SIM_HID_APPLICATION)
		return;
	if (jabra->base.mode == MODE_RUNTIME) {
		dfut_sim_dfu_rules_check_reset(&jabra->sink.rules, jabra->runtime_state);
		if (jabra->runtime_state == APP_DETACH && !jabra->options.will_detach)
			dfut_sim_hid_device_leave(&jabra->base, DFUT_SIM_HID_BOOTLOADER, 0);
		return;
	}
	dfut_sim_dfu_rules_check_reset(&jabra->sink.rules, jabra->sink.state);
	dfut_sim_hid_device_leave(&jabra->base, DFUT_SIM_HID_APPLICATION, 0);
}

static void jabra_timer(void *state, unsigned int timer)
{
	struct jabra *jabra = state;

	if (timer == TIMER_DETACH)
		jabra->runtime_state = APP_IDLE;
	else
		dfut_sim_hid_device_timer(state, timer);
}

/* The model. */

static void build_dfu(struct jabra *jabra)
{
	static const uint16_t product_ids[] = { [FAMILY_410] = 0x0411, [FAMILY_710] = 0x0982 };
	bool is_runtime = jabra->base.mode == MODE_RUNTIME;
	const struct dfut_sim_dfu_layout layout = {
		.vendor_id = VENDOR_ID,
		.product_id = jabra->options.dfu_product_id ? jabra->options.dfu_product_id :
							      product_ids[jabra->options.family],
		.release = jabra->options.release,
		.has_strings = true,
		.max_power = 50,
		.class_code = DFUT_SIM_DFU_CLASS,
		.subclass = DFUT_SIM_DFU_SUBCLASS,
		.protocol = is_runtime			? 1 :
			    jabra->options.dfu_protocol ? 0 :
							  2,
		.alternate_count = 1,
		.place = DFUT_SIM_PLACE_LAST,
		.functional_size = 9,
		.attributes = DFUT_DFU_CAN_DNLOAD | DFUT_DFU_MANIFESTATION_TOLERANT |
			      (jabra->options.will_detach ? DFUT_DFU_WILL_DETACH : 0),
		.detach_timeout_ms = DETACH_TIMEOUT_MS,
		.transfer_size = TRANSFER_SIZE,
		.version = 0x0110,
	};

	jabra->base.descriptors.size = dfut_sim_dfu_put_descriptors(jabra->base.descriptors.bytes, &layout);
	dfut_sim_dfu_sink_start(&jabra->sink, jabra->base.device, &layout);
}

static void jabra_build(void *state)
{
	/* In place of the audio interfaces: three of a vendor's own */
	static const uint8_t interfaces[] = {
		9, 4, 0, 0, 0, 0xff, 0, 0, 0, 9, 4, 1, 0, 0, 0xff, 0, 0, 0, 9, 4, 2, 0, 0, 0xff, 0, 0, 0,
	};
	static const char *const names[] = { [FAMILY_410] = "Jabra SPEAK 410 USB", [FAMILY_710] = "Jabra Speak 710" };
	struct jabra *jabra = state;

	jabra->runtime_state = APP_IDLE;
	dfut_sim_hid_device_set_names(&jabra->base, "GN Netcom A/S", names[jabra->options.family]);
	if (jabra->base.mode != DFUT_SIM_HID_APPLICATION) {
		build_dfu(jabra);
		return;
	}
	dfut_sim_descriptors_start(&jabra->base.descriptors, jabra->base.options.vendor_id,
				   jabra->base.options.product_id, jabra->options.release);
	dfut_sim_descriptors_add(&jabra->base.descriptors, interfaces, sizeof(interfaces));
	dfut_sim_hid_device_add_interfaces(&jabra->base, &hid_interfaces[jabra->options.family], 1);
}

static const char *jabra_get_state_name(const void *state)
{
	const struct jabra *jabra = state;

	if (jabra->base.mode == DFUT_SIM_HID_APPLICATION)
		return "application";
	return dfut_sim_dfu_state_get_name(jabra->base.mode == MODE_RUNTIME ? jabra->runtime_state : jabra->sink.state);
}

#define OPTION(key, kind, member, words) \
	{ \
		key, DFUT_SIM_OPTION_##kind, offsetof(struct jabra, options.member), 0, 0, words \
	}

static const struct dfut_sim_option jabra_options[] = {
	OPTION("family", CHOICE, family, "410|710"),
	OPTION("will-detach", FLAG, will_detach, NULL),
	OPTION("detach", CHOICE, detach, "take|stall|ignore"),
	OPTION("dfu-protocol", CHOICE, dfu_protocol, "2|0"),
	OPTION("dfu-pid", ID, dfu_product_id, NULL),
	OPTION("release", ID, release, NULL),
	DFUT_SIM_HID_DEVICE_OPTIONS,
};

static int jabra_set_option(void *state, const char *key, const char *value)
{
	struct jabra *jabra = state;

	/* Before the option pid, which may follow */
	if (strcmp(key, "family") == 0)
		jabra->base.options.product_id = strcmp(value, "710") == 0 ? 0x2475 : 0x0412;
	return dfut_sim_option_set(jabra_options, DFUT_COUNT(jabra_options), state, key, value);
}

static int jabra_create(void *state, struct dfut_sim_device *device)
{
	struct jabra *jabra = state;

	dfut_sim_hid_device_create(&jabra->base, device, VENDOR_ID, 0x0412);
	jabra->base.build = jabra_build;
	jabra->base.other_mode = "runtime-dfu";
	jabra->options.will_detach = true;
	jabra->options.release = RELEASE;
	return 0;
}

const struct dfut_sim_model dfut_sim_jabra = {
	.size = sizeof(struct dfut_sim_model),
	.name = "jabra",
	.text = "a Jabra speakerphone: a report leads to a runtime DFU interface, and DETACH there to DFU mode",
	.options =
		"family=410|710: which form of the report it knows, and its product ids\n"
		"will-detach=yes|no: bitWillDetach; if not it waits for a bus reset\n"
		"detach=take|stall|ignore: what it makes of DETACH\n"
		"dfu-protocol=2|0: bInterfaceProtocol in DFU mode\n"
		"dfu-pid=HHHH: product id with a DFU interface\n"
		"release=HHHH: bcdDevice; below 0111 Linux gives the HID interface of a 410 no driver\n" DFUT_SIM_HID_DEVICE_TEXT,
	.state_size = sizeof(struct jabra),
	.create = jabra_create,
	.set_option = jabra_set_option,
	.start = dfut_sim_hid_device_start,
	.set_mode = dfut_sim_hid_device_set_mode,
	.get_mode_name = dfut_sim_hid_device_get_mode_name,
	.get_state_name = jabra_get_state_name,
	.describe = dfut_sim_hid_device_describe,
	.control = jabra_control,
	.bus_reset = jabra_bus_reset,
	.timer = jabra_timer,
};
