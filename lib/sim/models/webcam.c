/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * The camera of a laptop, which nobody meant: a video function (USB Video Class 1.0) and, as its vendor's updater needs it,
 * DFU's run-time interface (DFU 1.1, 4.2). It takes all that it is asked, so that a host that asks is found out.
 */

#include <stdio.h>
#include <string.h>

#include "sim/parts/loader.h"

#define VENDOR_ID 0x30c9
#define PRODUCT_ID 0x00a8
#define BOOTLOADER_PRODUCT_ID 0x80a8
#define RELEASE 0x1207
#define AWAY_MS 300
#define DFU_INTERFACE 2
#define DETACH_TIMEOUT_MS 1000
/* Of Poly's: DETACH whatever the camera is doing */
#define INDEX_FORCED 0x0100
#define TRANSFER_SIZE 1024
/* By then DETACH has been answered. */
#define DETACH_US 20000
#define TIMER_DETACH 1
/* In the descriptors below */
#define VENDOR_ID_AT 8
#define PRODUCT_ID_AT 10
#define TOTAL_LENGTH_AT (18 + 2)
#define ATTRIBUTES_FROM_END 7

struct webcam {
	struct dfut_sim_device *device;
	struct {
		uint16_t vendor_id;
		uint16_t product_id;
		uint16_t boot_vendor_id;
		uint16_t boot_product_id;
		bool will_detach;
		bool in_use;
		char serial[DFUT_SIM_TEXT_SIZE];
		struct dfut_sim_return leaving;
	} options;
	struct dfut_sim_loader loader;
	struct dfut_sim_dfu_rules rules;
	bool is_bootloader;
	uint8_t state; /* of the application */
	uint8_t descriptors[256];
	struct dfut_string strings[6];
};

/* clang-format off */
static const uint8_t application_descriptors[] = {
	0x12, 0x01, 0x00, 0x02, 0xef, 0x02, 0x01, 0x40, 0, 0, 0, 0, RELEASE & 0xff, RELEASE >> 8, 0x01, 0x02, 0x03, 0x01,
	0x09, 0x02, 0, 0, 0x03, 0x01, 0x00, 0x80, 0xfa,
	/* The video function: control and streaming */
	0x08, 0x0b, 0x00, 0x02, 0x0e, 0x03, 0x00, 0x05,
	/* Control: header, camera, what goes to the host; an endpoint for the button */
	0x09, 0x04, 0x00, 0x00, 0x01, 0x0e, 0x01, 0x00, 0x05,
	0x0d, 0x24, 0x01, 0x00, 0x01, 0x28, 0x00, 0x80, 0xc3, 0xc9, 0x01, 0x01, 0x01,
	0x12, 0x24, 0x02, 0x01, 0x01, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0x00, 0x00, 0x00,
	0x09, 0x24, 0x03, 0x02, 0x01, 0x01, 0x00, 0x01, 0x00,
	0x07, 0x05, 0x83, 0x03, 0x10, 0x00, 0x06,
	0x05, 0x25, 0x03, 0x10, 0x00,
	/* Streaming: one format, one frame; bandwidth is in the second alternate setting */
	0x09, 0x04, 0x01, 0x00, 0x00, 0x0e, 0x02, 0x00, 0x00,
	0x0e, 0x24, 0x01, 0x01, 0x37, 0x00, 0x81, 0x00, 0x02, 0x00, 0x00, 0x00, 0x01, 0x00,
	0x0b, 0x24, 0x06, 0x01, 0x01, 0x01, 0x01, 0x00, 0x00, 0x00, 0x00,
	0x1e, 0x24, 0x07, 0x01, 0x00, 0x80, 0x02, 0xe0, 0x01, 0x00, 0x00, 0x77, 0x01, 0x00, 0x00, 0xca, 0x08,
	0x00, 0x60, 0x09, 0x00, 0x15, 0x16, 0x05, 0x00, 0x01, 0x15, 0x16, 0x05, 0x00,
	0x09, 0x04, 0x01, 0x01, 0x01, 0x0e, 0x02, 0x00, 0x00,
	0x07, 0x05, 0x81, 0x05, 0x00, 0x04, 0x01,
	/* DFU */
	0x09, 0x04, DFU_INTERFACE, 0x00, 0x00, 0xfe, 0x01, 0x01, 0x06,
	0x09, 0x21, 0x00, DETACH_TIMEOUT_MS & 0xff, DETACH_TIMEOUT_MS >> 8, TRANSFER_SIZE & 0xff, TRANSFER_SIZE >> 8,
	0x10, 0x01,
};
/* clang-format on */

static uint8_t get_attributes(const struct webcam *webcam)
{
	return (uint8_t)(DFUT_DFU_CAN_DNLOAD | DFUT_DFU_CAN_UPLOAD | DFUT_DFU_MANIFESTATION_TOLERANT |
			 (webcam->options.will_detach ? DFUT_DFU_WILL_DETACH : 0));
}

/* Modes. */

static void enter_application(struct webcam *webcam)
{
	uint8_t *descriptors = webcam->descriptors;
	size_t size = sizeof(application_descriptors);

	memcpy(descriptors, application_descriptors, size);
	dfut_put_le16(&descriptors[VENDOR_ID_AT], webcam->options.vendor_id);
	dfut_put_le16(&descriptors[PRODUCT_ID_AT], webcam->options.product_id);
	dfut_put_le16(&descriptors[TOTAL_LENGTH_AT], (uint16_t)(size - 18));
	descriptors[size - ATTRIBUTES_FROM_END] = get_attributes(webcam);
	webcam->strings[0] = (struct dfut_string){ 1, "libdfutrigger" };
	webcam->strings[1] = (struct dfut_string){ 2, "Integrated Camera" };
	webcam->strings[2] = (struct dfut_string){ 3, webcam->options.serial };
	webcam->strings[3] = (struct dfut_string){ 5, "Integrated Camera" };
	webcam->strings[4] = (struct dfut_string){ 6, "Camera DFU Device" };
	webcam->is_bootloader = false;
	webcam->state = APP_IDLE;
	webcam->rules = (struct dfut_sim_dfu_rules){ .device = webcam->device, .transfer_size = TRANSFER_SIZE };
	webcam->rules.attributes = get_attributes(webcam);
}

static void enter_bootloader(struct webcam *webcam)
{
	webcam->is_bootloader = true;
	dfut_sim_loader_start(&webcam->loader);
}

static void leave(struct webcam *webcam)
{
	dfut_sim_device_leave(webcam->device, 0, dfut_sim_return_ms(&webcam->options.leaving));
}

static void leave_for_bootloader(struct webcam *webcam)
{
	webcam->state = APP_IDLE;
	if (!webcam->options.leaving.leave)
		return;
	if (webcam->options.leaving.as == 1)
		enter_application(webcam);
	else
		enter_bootloader(webcam);
	leave(webcam);
}

/* Requests. */

static int detach(struct webcam *webcam, uint16_t timeout_ms)
{
	uint64_t window_ms = timeout_ms < DETACH_TIMEOUT_MS ? timeout_ms : DETACH_TIMEOUT_MS;
	uint64_t after_us = webcam->options.will_detach ? DETACH_US : window_ms * DFUT_SIM_US_PER_MS;

	webcam->state = APP_DETACH;
	dfut_sim_device_set_timer(webcam->device, TIMER_DETACH, after_us);
	return 0;
}

/* All that the specification does not allow is taken, too, and noted. */
static int answer_application(struct webcam *webcam, const struct dfut_sim_setup *setup, uint8_t *data)
{
	struct dfut_sim_dfu_answer answer = { STATUS_OK, 0, webcam->state };

	if ((setup->index & 0xff) != DFU_INTERFACE)
		return DFUT_ERROR_DEVICE;
	dfut_sim_dfu_rules_check(&webcam->rules, setup, webcam->state, STATUS_OK);
	if (!dfut_sim_is_dfu_request(setup))
		return DFUT_ERROR_DEVICE;
	switch ((enum dfut_sim_dfu_request)setup->request) {
	case DFUT_SIM_DFU_DETACH:
		return webcam->options.in_use && !(setup->index & INDEX_FORCED) ? DFUT_ERROR_DEVICE :
										  detach(webcam, setup->value);
	case DFUT_SIM_DFU_GETSTATUS:
		return dfut_sim_dfu_answer_status(&webcam->rules, setup, data, &answer);
	case DFUT_SIM_DFU_GETSTATE:
		return dfut_sim_dfu_answer_state(setup, data, webcam->state);
	case DFUT_SIM_DFU_UPLOAD:
		return 0;
	case DFUT_SIM_DFU_DNLOAD:
	case DFUT_SIM_DFU_CLRSTATUS:
	case DFUT_SIM_DFU_ABORT:
		break;
	}
	return setup->length;
}

static int webcam_control(void *state, const struct dfut_sim_setup *setup, uint8_t *data)
{
	struct webcam *webcam = state;

	if ((setup->request_type & DFUT_SIM_TYPE_MASK) != DFUT_SIM_TYPE_CLASS)
		return DFUT_ERROR_DEVICE;
	return webcam->is_bootloader ? dfut_sim_loader_answer(&webcam->loader, setup, data) :
				       answer_application(webcam, setup, data);
}

static void webcam_bus_reset(void *state)
{
	struct webcam *webcam = state;

	if (!webcam->is_bootloader) {
		dfut_sim_dfu_rules_check_reset(&webcam->rules, webcam->state);
		if (webcam->state == APP_DETACH && !webcam->options.will_detach)
			leave_for_bootloader(webcam);
		return;
	}
	if (dfut_sim_loader_bus_reset(&webcam->loader) == DFUT_SIM_LOADER_STAYS)
		return;
	enter_application(webcam);
	leave(webcam);
}

static void webcam_timer(void *state, unsigned int timer)
{
	struct webcam *webcam = state;

	if (timer != TIMER_DETACH || webcam->state != APP_DETACH)
		return;
	if (webcam->options.will_detach)
		leave_for_bootloader(webcam);
	else
		webcam->state = APP_IDLE;
}

/* The model. */

static uint32_t webcam_start(void *state, enum dfut_sim_start start)
{
	struct webcam *webcam = state;

	(void)start;
	if (dfut_sim_loader_has_application(&webcam->loader))
		enter_application(webcam);
	else
		enter_bootloader(webcam);
	return webcam->options.leaving.ms;
}

static int webcam_set_mode(void *state, const char *mode)
{
	if (strcmp(mode, "application") == 0)
		enter_application(state);
	else if (strcmp(mode, "bootloader") == 0)
		enter_bootloader(state);
	else
		return DFUT_ERROR_USAGE;
	return 0;
}

static const char *webcam_get_mode_name(const void *state)
{
	return ((const struct webcam *)state)->is_bootloader ? "bootloader" : "application";
}

static const char *webcam_get_state_name(const void *state)
{
	const struct webcam *webcam = state;

	return webcam->is_bootloader ? dfut_sim_loader_get_state_name(&webcam->loader) :
				       dfut_sim_dfu_state_get_name(webcam->state);
}

static void webcam_describe(const void *state, struct dfut_sim_description *description)
{
	const struct webcam *webcam = state;

	if (webcam->is_bootloader) {
		dfut_sim_loader_describe(&webcam->loader, description);
		return;
	}
	description->descriptors = webcam->descriptors;
	description->descriptors_size = sizeof(application_descriptors);
	description->strings = webcam->strings;
	description->string_count = 5;
}

static int webcam_get_memory(void *state, size_t index, struct dfut_sim_memory *memory)
{
	return dfut_sim_loader_get_memory(&((struct webcam *)state)->loader, index, memory);
}

#define OPTION(key, kind, member) \
	{ \
		key, DFUT_SIM_OPTION_##kind, offsetof(struct webcam, options.member), 0, 0, NULL \
	}

static const struct dfut_sim_option webcam_options[] = {
	OPTION("vid", ID, vendor_id),
	OPTION("pid", ID, product_id),
	OPTION("boot-vid", ID, boot_vendor_id),
	OPTION("boot-pid", ID, boot_product_id),
	OPTION("will-detach", FLAG, will_detach),
	OPTION("in-use", FLAG, in_use),
	OPTION("serial", TEXT, serial),
	DFUT_SIM_RETURN_OPTIONS(struct webcam, options.leaving),
};

static int webcam_set_option(void *state, const char *key, const char *value)
{
	return dfut_sim_option_set(webcam_options, DFUT_COUNT(webcam_options), state, key, value);
}

static int webcam_create(void *state, struct dfut_sim_device *device)
{
	struct webcam *webcam = state;

	webcam->device = device;
	webcam->options.vendor_id = VENDOR_ID;
	webcam->options.product_id = PRODUCT_ID;
	webcam->options.boot_vendor_id = VENDOR_ID;
	webcam->options.boot_product_id = BOOTLOADER_PRODUCT_ID;
	webcam->options.will_detach = true;
	webcam->options.leaving = (struct dfut_sim_return){ .leave = true, .returns = true, .ms = AWAY_MS };
	snprintf(webcam->options.serial, sizeof(webcam->options.serial), "200901010001");
	return 0;
}

static int webcam_prepare(void *state)
{
	struct webcam *webcam = state;
	struct dfut_sim_loader *loader = &webcam->loader;

	loader->kind = DFUT_SIM_LOADER_DFU;
	loader->vendor_id = webcam->options.boot_vendor_id;
	loader->product_id = webcam->options.boot_product_id;
	loader->release = RELEASE;
	loader->manufacturer = "libdfutrigger";
	loader->product = "Camera DFU Device";
	loader->serial = webcam->options.serial;
	return dfut_sim_loader_prepare(loader, webcam->device);
}

static void webcam_destroy(void *state)
{
	dfut_sim_loader_free(&((struct webcam *)state)->loader);
}

const struct dfut_sim_model dfut_sim_webcam = {
	.size = sizeof(struct dfut_sim_model),
	.name = "webcam",
	.text = "a laptop's camera, which has a DFU interface that nobody means; the table does not know it",
	.options = "vid=HHHH: vendor id of the camera\n"
		   "pid=HHHH: product id of the camera\n"
		   "boot-vid=HHHH: vendor id in DFU mode\n"
		   "boot-pid=HHHH: product id in DFU mode\n"
		   "will-detach=yes|no: bitWillDetach; if not it waits for a bus reset\n"
		   "in-use=yes|no: stalls DETACH unless bit 8 of wIndex is set, as Poly's cameras do\n"
		   "serial=TEXT: serial number\n" DFUT_SIM_RETURN_TEXT DFUT_SIM_COMMON_TEXT,
	.state_size = sizeof(struct webcam),
	.create = webcam_create,
	.set_option = webcam_set_option,
	.prepare = webcam_prepare,
	.destroy = webcam_destroy,
	.start = webcam_start,
	.set_mode = webcam_set_mode,
	.get_mode_name = webcam_get_mode_name,
	.get_state_name = webcam_get_state_name,
	.describe = webcam_describe,
	.get_memory = webcam_get_memory,
	.control = webcam_control,
	.bus_reset = webcam_bus_reset,
	.timer = webcam_timer,
};
