/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * A sound card with XMOS's lib_xua, before and after its DFU was rewritten in 5.0 (lib_xua/src/dfu). Where it is not
 * like DFU 1.1: bStatus is always OK, ABORT and CLRSTATUS work in any state, UPLOAD gives 64 bytes whatever is asked
 * for, and nothing after a download.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/models/xmos.h"

enum custom_request {
	XMOS_RESETDEVICE = 0xf0,
	XMOS_REVERTFACTORY = 0xf1,
	XMOS_RESETINTODFU = 0xf2,
	XMOS_RESETFROMDFU = 0xf3,
	XMOS_SELECTIMAGE = 0xf4,
	XMOS_SAVESTATE = 0xf5,
	XMOS_RESTORESTATE = 0xf6,
};

enum xua {
	XUA_4,
	XUA_5,
};

enum reset_device {
	RESET_INTO_APPLICATION,
	RESET_INTO_DFU,
};

enum timer {
	TIMER_DETACH,
	TIMER_REBOOT,
};

#define TYPE_VENDOR_INTERFACE 0x41
#define VERSION_1_1 0x0110
#define RELEASE 0x0500
#define DFU_NAME 4
#define DETACH_TIMEOUT_MS 250
#define BLOCK_SIZE DFUT_SIM_XMOS_BLOCK_SIZE
#define SECTORS_PER_GETSTATUS 5
#define REVERT_MS 250
#define REBOOT_MS 500
#define RESET_MS 50
/* While the timer of the chip is near zero, a bus reset does not count. */
#define EARLY_US 1000000u
#define TIMER_WRAP_US UINT64_C(42949673)

struct xmos {
	struct dfut_sim_device *device;
	struct {
		uint32_t xua;
		uint16_t product_id;
		uint16_t dfu_product_id;
		uint32_t interface;
		uint32_t reset_device;
		char serial[DFUT_SIM_TEXT_SIZE];
		struct dfut_sim_return leaving;
	} options;
	struct dfut_sim_xmos_flash flash;
	uint8_t is_playing;

	bool is_dfu;
	bool is_next_dfu; /* what it reboots to */
	bool is_rebooting;
	bool was_written; /* since it was booted */
	uint64_t boot_us;
	struct dfut_sim_dfu_rules rules;
	uint8_t state;

	uint8_t descriptors[DFUT_SIM_XMOS_DESCRIPTORS_SIZE];
	size_t descriptors_size;
	struct dfut_string strings[4];
};

static uint8_t get_interface(const struct xmos *xmos)
{
	return xmos->is_dfu ? 0 : (uint8_t)xmos->options.interface;
}

static uint8_t get_attributes(const struct xmos *xmos)
{
	return DFUT_DFU_CAN_DNLOAD | DFUT_DFU_CAN_UPLOAD | DFUT_DFU_MANIFESTATION_TOLERANT |
	       (xmos->options.xua == XUA_5 ? DFUT_DFU_WILL_DETACH : 0);
}

/* Descriptors. */

static void build_runtime(struct xmos *xmos)
{
	/* clang-format off */
	const uint8_t dfu[] = {
		9, DFUT_SIM_INTERFACE_DESCRIPTOR, (uint8_t)xmos->options.interface, 0, 0,
		DFUT_SIM_DFU_CLASS, DFUT_SIM_DFU_SUBCLASS, 1, 0,
		9, DFUT_SIM_FUNCTIONAL_DESCRIPTOR, get_attributes(xmos), DETACH_TIMEOUT_MS, 0, BLOCK_SIZE, 0,
		(uint8_t)VERSION_1_1, VERSION_1_1 >> 8,
	};
	/* clang-format on */
	size_t size = dfut_sim_xmos_put_audio(xmos->descriptors, xmos->options.product_id, RELEASE,
					      (uint8_t)xmos->options.interface);

	memcpy(xmos->descriptors + size, dfu, sizeof(dfu));
	xmos->descriptors_size = size + sizeof(dfu);
	dfut_sim_xmos_finish_descriptors(xmos->descriptors, xmos->descriptors_size);
}

static void build_dfu(struct xmos *xmos)
{
	const struct dfut_sim_dfu_layout layout = {
		.vendor_id = DFUT_SIM_XMOS_VENDOR_ID,
		.product_id = xmos->options.dfu_product_id ? xmos->options.dfu_product_id : xmos->options.product_id,
		.release = RELEASE,
		.has_strings = true,
		.max_power = 50,
		.class_code = DFUT_SIM_DFU_CLASS,
		.subclass = DFUT_SIM_DFU_SUBCLASS,
		.protocol = 2,
		.alternate_count = 1,
		.first_name = xmos->options.xua == XUA_5 ? DFU_NAME : 0,
		.place = DFUT_SIM_PLACE_LAST,
		.functional_size = 9,
		.attributes = get_attributes(xmos),
		.detach_timeout_ms = DETACH_TIMEOUT_MS,
		.transfer_size = BLOCK_SIZE,
		.version = VERSION_1_1,
	};

	xmos->descriptors_size = dfut_sim_dfu_put_descriptors(xmos->descriptors, &layout);
}

static void set_mode(struct xmos *xmos, bool is_dfu)
{
	xmos->is_dfu = is_dfu;
	xmos->state = is_dfu ? DFU_IDLE : APP_IDLE;
	xmos->is_playing = !is_dfu;
	xmos->is_rebooting = false;
	xmos->was_written = false;
	xmos->boot_us = dfut_sim_device_get_time_us(xmos->device);
	dfut_sim_xmos_flash_rewind(&xmos->flash);
	xmos->rules = (struct dfut_sim_dfu_rules){
		.device = xmos->device,
		.transfer_size = BLOCK_SIZE,
		.attributes = get_attributes(xmos),
		.is_detach_free = xmos->options.xua == XUA_5,
	};
	if (is_dfu)
		build_dfu(xmos);
	else
		build_runtime(xmos);
	xmos->strings[0] = (struct dfut_string){ 1, "XMOS" };
	xmos->strings[1] = (struct dfut_string){ 2, "XMOS xCORE (Virtual)" };
	xmos->strings[2] = (struct dfut_string){ 3, xmos->options.serial };
	xmos->strings[3] = (struct dfut_string){ DFU_NAME, "XMOS DFU" };
}

/* Reboots. The request that asks for it is answered; afterwards it answers nothing any more. */

static int reboot(struct xmos *xmos, bool is_next_dfu)
{
	if (is_next_dfu && !xmos->options.leaving.leave)
		return 0;
	xmos->is_next_dfu = is_next_dfu && xmos->options.leaving.as == 0;
	xmos->is_rebooting = true;
	dfut_sim_device_set_timer(xmos->device, TIMER_REBOOT, REBOOT_MS * DFUT_SIM_US_PER_MS);
	return 0;
}

static void reboot_now(struct xmos *xmos, bool is_next_dfu)
{
	set_mode(xmos, is_next_dfu);
	dfut_sim_device_leave(xmos->device, 0, dfut_sim_return_ms(&xmos->options.leaving));
}

static int detach(struct xmos *xmos, uint16_t value)
{
	if (xmos->options.xua == XUA_5)
		return reboot(xmos, xmos->state == APP_IDLE);
	if (xmos->state != APP_IDLE) {
		xmos->state = DFU_ERROR;
		return 0;
	}
	xmos->state = APP_DETACH;
	dfut_sim_device_set_timer(xmos->device, TIMER_DETACH, value * DFUT_SIM_US_PER_MS);
	return 0;
}

/* DFU requests. */

static int refuse(struct xmos *xmos)
{
	xmos->state = DFU_ERROR;
	return DFUT_ERROR_DEVICE;
}

static void begin_download(struct xmos *xmos, uint16_t block)
{
	xmos->was_written = true;
	if (dfut_sim_xmos_flash_begin(&xmos->flash, block) && xmos->options.xua == XUA_4)
		dfut_sim_device_delay_answer(xmos->device, dfut_sim_xmos_flash_erase(&xmos->flash, UINT32_MAX));
}

static int finish_download(struct xmos *xmos)
{
	if (xmos->state == DFU_IDLE)
		return refuse(xmos);
	if (xmos->flash.filled && !dfut_sim_xmos_flash_write(&xmos->flash))
		return refuse(xmos);
	dfut_put_le32(xmos->flash.image_size, xmos->flash.offset);
	xmos->state = DFU_MANIFEST_SYNC;
	return 0;
}

static int download(struct xmos *xmos, const struct dfut_sim_setup *setup, const uint8_t *data)
{
	if ((xmos->state != DFU_IDLE && xmos->state != DFU_DNLOAD_IDLE) || setup->length > BLOCK_SIZE)
		return refuse(xmos);
	if (setup->length == 0)
		return finish_download(xmos);
	if (setup->length < BLOCK_SIZE)
		dfut_sim_device_breach(xmos->device, "%s: a block of %u bytes; the last one is to be padded (lib_xua)",
				       dfut_sim_dfu_state_get_name(xmos->state), setup->length);
	if (xmos->state == DFU_IDLE)
		begin_download(xmos, setup->value);
	dfut_sim_xmos_flash_put(&xmos->flash, setup->value, data, setup->length);
	xmos->state = DFU_DNLOAD_SYNC;
	return setup->length;
}

static int upload(struct xmos *xmos, const struct dfut_sim_setup *setup, uint8_t *data)
{
	uint32_t size = dfut_le32(xmos->flash.image_size);
	uint32_t given = setup->length < BLOCK_SIZE ? setup->length : BLOCK_SIZE;

	if (xmos->state != DFU_IDLE && xmos->state != DFU_UPLOAD_IDLE) {
		xmos->state = DFU_ERROR;
		return 0;
	}
	if (setup->length < BLOCK_SIZE)
		dfut_sim_device_breach(xmos->device, "%s: UPLOAD of %u bytes, but it always sends 64 (lib_xua)",
				       dfut_sim_dfu_state_get_name(xmos->state), setup->length);
	if (xmos->state == DFU_IDLE)
		xmos->flash.offset = 0;
	if (xmos->was_written || xmos->flash.offset >= size) {
		xmos->state = DFU_IDLE;
		return 0;
	}
	if (given)
		memcpy(data, xmos->flash.upgrade + xmos->flash.offset, given);
	xmos->flash.offset += BLOCK_SIZE;
	xmos->state = DFU_UPLOAD_IDLE;
	return (int)given;
}

static void sync(struct xmos *xmos)
{
	if (xmos->state == DFU_MANIFEST_SYNC)
		xmos->state = DFU_IDLE;
	if (xmos->state == DFU_MANIFEST || xmos->state == DFU_MANIFEST_WAIT_RESET)
		xmos->state = DFU_ERROR;
	if (xmos->state != DFU_DNLOAD_SYNC && xmos->state != DFU_DNBUSY)
		return;
	if (xmos->flash.erased < xmos->flash.size) {
		xmos->state = DFU_DNBUSY;
		dfut_sim_device_delay_answer(xmos->device,
					     dfut_sim_xmos_flash_erase(&xmos->flash, SECTORS_PER_GETSTATUS));
		return;
	}
	xmos->state = DFU_DNLOAD_IDLE;
	if (xmos->flash.filled == DFUT_SIM_XMOS_PAGE_SIZE && !dfut_sim_xmos_flash_write(&xmos->flash))
		xmos->state = DFU_ERROR;
}

static int get_status(struct xmos *xmos, const struct dfut_sim_setup *setup, uint8_t *data)
{
	struct dfut_sim_dfu_answer answer = { .status = STATUS_OK };

	sync(xmos);
	answer.state = xmos->state;
	return dfut_sim_dfu_answer_status(&xmos->rules, setup, data, &answer);
}

static int get_state(struct xmos *xmos, const struct dfut_sim_setup *setup, uint8_t *data)
{
	if (xmos->state == DFU_DNBUSY || xmos->state == DFU_MANIFEST || xmos->state == DFU_MANIFEST_WAIT_RESET)
		xmos->state = DFU_ERROR;
	return dfut_sim_dfu_answer_state(setup, data, xmos->state);
}

static int answer_dfu(struct xmos *xmos, const struct dfut_sim_setup *setup, uint8_t *data)
{
	switch ((enum dfut_sim_dfu_request)setup->request) {
	case DFUT_SIM_DFU_DETACH:
		return detach(xmos, setup->value);
	case DFUT_SIM_DFU_DNLOAD:
		return download(xmos, setup, data);
	case DFUT_SIM_DFU_UPLOAD:
		return upload(xmos, setup, data);
	case DFUT_SIM_DFU_GETSTATUS:
		return get_status(xmos, setup, data);
	case DFUT_SIM_DFU_CLRSTATUS:
		xmos->state = xmos->state == DFU_ERROR ? DFU_IDLE : DFU_ERROR;
		return 0;
	case DFUT_SIM_DFU_GETSTATE:
		return get_state(xmos, setup, data);
	case DFUT_SIM_DFU_ABORT:
		xmos->state = DFU_IDLE;
		return 0;
	}
	return DFUT_ERROR_DEVICE;
}

/* XMOS's own requests. */

static bool is_custom(const struct xmos *xmos, const struct dfut_sim_setup *setup)
{
	uint8_t last = xmos->options.xua == XUA_5 ? XMOS_SELECTIMAGE : XMOS_RESTORESTATE;
	bool is_class = setup->request_type == (DFUT_SIM_TYPE_CLASS | DFUT_SIM_RECIPIENT_INTERFACE);

	if (setup->request_type == TYPE_VENDOR_INTERFACE && xmos->options.xua == XUA_5)
		return setup->request == XMOS_REVERTFACTORY;
	return is_class && setup->request >= XMOS_RESETDEVICE && setup->request <= last;
}

static int answer_custom(struct xmos *xmos, const struct dfut_sim_setup *setup)
{
	if (setup->length)
		dfut_sim_device_breach(xmos->device, "%s: 0x%02x with %u bytes, but has none (lib_xua)",
				       dfut_sim_dfu_state_get_name(xmos->state), setup->request, setup->length);
	switch ((enum custom_request)setup->request) {
	case XMOS_RESETDEVICE:
		return reboot(xmos, xmos->options.reset_device == RESET_INTO_DFU && !xmos->is_dfu);
	case XMOS_RESETFROMDFU:
		return reboot(xmos, false);
	case XMOS_RESETINTODFU:
		return reboot(xmos, true);
	case XMOS_REVERTFACTORY:
		dfut_sim_xmos_flash_revert(&xmos->flash);
		dfut_sim_device_delay_answer(xmos->device, REVERT_MS);
		return 0;
	case XMOS_SELECTIMAGE:
	case XMOS_SAVESTATE:
	case XMOS_RESTORESTATE:
		break;
	}
	return 0;
}

/* The model. */

static int xmos_control(void *state, const struct dfut_sim_setup *setup, uint8_t *data)
{
	struct xmos *xmos = state;
	uint8_t kind = setup->request_type & (DFUT_SIM_TYPE_MASK | DFUT_SIM_RECIPIENT_MASK);
	bool is_class = kind == (DFUT_SIM_TYPE_CLASS | DFUT_SIM_RECIPIENT_INTERFACE);

	if (xmos->is_rebooting)
		return DFUT_ERROR_TIMEOUT;
	if ((uint8_t)setup->index != get_interface(xmos) || (!is_class && !is_custom(xmos, setup)))
		return DFUT_ERROR_DEVICE;
	/* Audio is stopped for good by whatever comes first. */
	if (is_class)
		xmos->is_playing = 0;
	if (is_custom(xmos, setup))
		return answer_custom(xmos, setup);
	dfut_sim_dfu_rules_check(&xmos->rules, setup, xmos->state, STATUS_OK);
	return dfut_sim_is_dfu_request(setup) ? answer_dfu(xmos, setup, data) : DFUT_ERROR_DEVICE;
}

static bool is_early(const struct xmos *xmos)
{
	uint64_t since_us = dfut_sim_device_get_time_us(xmos->device) - xmos->boot_us;

	return xmos->options.xua == XUA_5 && since_us % TIMER_WRAP_US < EARLY_US;
}

static void xmos_bus_reset(void *state)
{
	struct xmos *xmos = state;

	dfut_sim_dfu_rules_check_reset(&xmos->rules, xmos->state);
	if (xmos->is_rebooting)
		return;
	if (xmos->state == APP_DETACH && xmos->options.leaving.leave) {
		reboot_now(xmos, xmos->options.leaving.as == 0);
	} else if (xmos->is_dfu && !is_early(xmos)) {
		xmos->is_next_dfu = false;
		dfut_sim_device_set_timer(xmos->device, TIMER_REBOOT, RESET_MS * DFUT_SIM_US_PER_MS);
	}
}

static void xmos_timer(void *state, unsigned int timer)
{
	struct xmos *xmos = state;

	if (timer == TIMER_REBOOT)
		reboot_now(xmos, xmos->is_next_dfu);
	if (timer == TIMER_DETACH && xmos->state == APP_DETACH)
		xmos->state = APP_IDLE;
}

static uint32_t xmos_start(void *state, enum dfut_sim_start start)
{
	struct xmos *xmos = state;

	(void)start;
	set_mode(xmos, false);
	return xmos->options.leaving.ms;
}

static int xmos_set_mode(void *state, const char *mode)
{
	struct xmos *xmos = state;
	bool is_dfu = strcmp(mode, "bootloader") == 0;

	if (!is_dfu && strcmp(mode, "application") != 0)
		return DFUT_ERROR_USAGE;
	set_mode(xmos, is_dfu);
	return 0;
}

static const char *xmos_get_mode_name(const void *state)
{
	const struct xmos *xmos = state;

	return xmos->is_dfu ? "bootloader" : "application";
}

static const char *xmos_get_state_name(const void *state)
{
	const struct xmos *xmos = state;

	return dfut_sim_dfu_state_get_name(xmos->state);
}

static void xmos_describe(const void *state, struct dfut_sim_description *description)
{
	const struct xmos *xmos = state;

	description->descriptors = xmos->descriptors;
	description->descriptors_size = xmos->descriptors_size;
	description->strings = xmos->strings;
	description->string_count = xmos->is_dfu && xmos->options.xua == XUA_5 ? 4 : 3;
}

static int xmos_get_memory(void *state, size_t index, struct dfut_sim_memory *memory)
{
	struct xmos *xmos = state;
	const struct dfut_sim_memory memories[] = {
		{ "upgrade", xmos->flash.upgrade, xmos->flash.size },
		{ "image-size", xmos->flash.image_size, sizeof(xmos->flash.image_size) },
		{ "audio-playing", &xmos->is_playing, 1 },
	};

	if (index >= DFUT_COUNT(memories))
		return DFUT_ERROR_NOT_FOUND;
	*memory = memories[index];
	return 0;
}

#define OPTION(key, kind, member, least, most, words) \
	{ \
		key, DFUT_SIM_OPTION_##kind, offsetof(struct xmos, member), least, most, words \
	}

static const struct dfut_sim_option xmos_options[] = {
	OPTION("xua", CHOICE, options.xua, 0, 0, "4|5"),
	OPTION("pid", ID, options.product_id, 0, 0, NULL),
	OPTION("dfu-pid", ID, options.dfu_product_id, 0, 0, NULL),
	OPTION("interface", NUMBER, options.interface, 0, 8, NULL),
	OPTION("size", SIZE, flash.size, 65536, 16 * 1024 * 1024, NULL),
	OPTION("erase-percent", NUMBER, flash.erase_percent, 0, 1000, NULL),
	OPTION("reset-device", CHOICE, options.reset_device, 0, 0, "application|dfu"),
	OPTION("serial", TEXT, options.serial, 0, 0, NULL),
	DFUT_SIM_RETURN_OPTIONS(struct xmos, options.leaving),
};

static int xmos_set_option(void *state, const char *key, const char *value)
{
	return dfut_sim_option_set(xmos_options, DFUT_COUNT(xmos_options), state, key, value);
}

static int xmos_create(void *state, struct dfut_sim_device *device)
{
	struct xmos *xmos = state;

	xmos->device = device;
	xmos->options.xua = XUA_5;
	xmos->options.product_id = 0x0002;
	xmos->options.interface = 3;
	xmos->flash.size = 512 * 1024;
	xmos->flash.erase_percent = 100;
	xmos->options.leaving = (struct dfut_sim_return){ .leave = true, .returns = true, .ms = 700 };
	snprintf(xmos->options.serial, sizeof(xmos->options.serial), "0001");
	return 0;
}

static int xmos_prepare(void *state)
{
	struct xmos *xmos = state;

	return dfut_sim_xmos_flash_prepare(&xmos->flash);
}

static void xmos_destroy(void *state)
{
	struct xmos *xmos = state;

	free(xmos->flash.upgrade);
}

const struct dfut_sim_model dfut_sim_xmos = {
	.size = sizeof(struct dfut_sim_model),
	.name = "xmos",
	.text = "a sound card with XMOS's lib_xua",
	.options = "xua=4|5: version of lib_xua\n"
		   "pid=HHHH: product id\n"
		   "dfu-pid=HHHH: product id in DFU mode; 0000 for the same\n"
		   "interface=N: number of the application's DFU interface\n"
		   "size=BYTES: of the upgrade image, whole 4 KiB; K and M are understood\n"
		   "erase-percent=N: time to erase, in percent of the typical one\n"
		   "reset-device=application|dfu: where RESETDEVICE leads: as in the sources, or as in the guide\n"
		   "serial=TEXT: serial number\n" DFUT_SIM_RETURN_TEXT DFUT_SIM_COMMON_TEXT,
	.state_size = sizeof(struct xmos),
	.create = xmos_create,
	.set_option = xmos_set_option,
	.prepare = xmos_prepare,
	.destroy = xmos_destroy,
	.start = xmos_start,
	.set_mode = xmos_set_mode,
	.get_mode_name = xmos_get_mode_name,
	.get_state_name = xmos_get_state_name,
	.describe = xmos_describe,
	.get_memory = xmos_get_memory,
	.control = xmos_control,
	.bus_reset = xmos_bus_reset,
	.timer = xmos_timer,
};
