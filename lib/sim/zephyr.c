/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * A board with MCUboot that runs Zephyr's USB DFU sample, with either of Zephyr's two USB stacks: "new" is
 * subsys/usb/device_next/class/usbd_dfu.c with usbd_dfu_flash.c, "legacy" is subsys/usb/device/class/dfu/usb_dfu.c.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"

#define VENDOR_ID 0x2fe3
#define APPLICATION_PRODUCT_ID 0x0005
#define BOOTLOADER_PRODUCT_ID 0xffff
#define VERSION_1_1 0x0110
#define PAGE_SIZE 4096
#define ERASED 0xff
#define REBOOT_MS 500
#define WORK_US 1000
/* CONFIG_IMG_BLOCK_BUF_SIZE */
#define BLOCK_SIZE 512
#define BY_STACK UINT32_MAX

enum stack {
	STACK_NEW,
	STACK_LEGACY,
};

enum timer {
	TIMER_DETACH,
	TIMER_WORK,
	TIMER_REBOOT,
};

/* flash_img: collects blocks, writes full ones, erases pages as it reaches them. */
struct flash_image {
	uint8_t *slot;
	uint8_t block[BLOCK_SIZE];
	uint32_t fill;
	uint32_t written;
	uint32_t erased;
};

struct zephyr {
	struct dfut_sim_device *device;
	struct {
		uint32_t stack;
		bool reboot;
		bool permanent;
		bool will_detach;
		bool upload;
		bool tolerant;
		uint32_t slot_size;
		uint32_t slots;
		uint32_t transfer_size;
		uint32_t poll_ms;
		uint32_t erase_ms;
		uint32_t detach_ms;
		char serial[DFUT_SIM_TEXT_SIZE];
		struct dfut_sim_return leaving;
	} options;

	uint8_t *slots[DFUT_SIM_SLOT_COUNT];
	bool is_bootloader;
	uint8_t state;
	uint8_t next;
	uint8_t status;
	uint8_t slot;
	uint32_t uploaded;
	uint32_t last_block;
	struct flash_image image;
	uint8_t *work;
	uint16_t work_length;
	bool is_first_work;
	struct dfut_sim_dfu_rules rules;

	uint8_t descriptors[DFUT_SIM_DFU_DESCRIPTORS_SIZE];
	size_t descriptors_size;
	struct dfut_string strings[3 + DFUT_SIM_SLOT_COUNT];
	size_t string_count;
};

/* The bootloader's view of the flash. */
static struct dfut_sim_mcuboot get_mcuboot(const struct zephyr *zephyr)
{
	return (struct dfut_sim_mcuboot){ { zephyr->slots[0], zephyr->slots[1] }, zephyr->options.slots,
					  zephyr->options.slot_size };
}

static bool boot(const struct zephyr *zephyr)
{
	struct dfut_sim_mcuboot mcuboot = get_mcuboot(zephyr);

	return dfut_sim_mcuboot_boot(&mcuboot);
}

static void request_upgrade(const struct zephyr *zephyr)
{
	struct dfut_sim_mcuboot mcuboot = get_mcuboot(zephyr);

	dfut_sim_mcuboot_request_upgrade(&mcuboot, zephyr->options.permanent);
}

/* flash_img (subsys/dfu/img_util/flash_img.c) */

static unsigned int get_download_slot(const struct zephyr *zephyr)
{
	return zephyr->options.slots == DFUT_SIM_SLOT_COUNT ? 1 : 0;
}

static void flash_image_init(struct zephyr *zephyr)
{
	zephyr->image.slot = zephyr->slots[get_download_slot(zephyr)];
	zephyr->image.fill = 0;
	zephyr->image.written = 0;
	zephyr->image.erased = 0;
}

/* Returns the pages erased. */
static uint32_t erase_until(struct zephyr *zephyr, uint32_t end)
{
	struct flash_image *image = &zephyr->image;
	uint32_t pages = 0;

	while (image->erased < end) {
		memset(image->slot + image->erased, ERASED, PAGE_SIZE);
		image->erased += PAGE_SIZE;
		pages++;
	}
	return pages;
}

/* Returns the pages erased, or -1 if the slot is full. */
static int write_block(struct zephyr *zephyr)
{
	struct flash_image *image = &zephyr->image;
	uint32_t pages;

	if (image->fill > zephyr->options.slot_size - image->written)
		return -1;
	pages = erase_until(zephyr, image->written + image->fill);
	memcpy(image->slot + image->written, image->block, image->fill);
	image->written += image->fill;
	image->fill = 0;
	return (int)pages;
}

/* The page of the trailer has to be clean, too. */
static int flush(struct zephyr *zephyr)
{
	struct flash_image *image = &zephyr->image;
	int pages = write_block(zephyr);
	uint32_t last_page = zephyr->options.slot_size - PAGE_SIZE;

	if (pages < 0 || image->erased > last_page)
		return pages;
	memset(image->slot + last_page, ERASED, PAGE_SIZE);
	return pages + 1;
}

static int write_flash(struct zephyr *zephyr, const uint8_t *data, uint32_t length)
{
	struct flash_image *image = &zephyr->image;
	int pages = 0;

	if (length == 0)
		return flush(zephyr);
	while (length) {
		uint32_t part = BLOCK_SIZE - image->fill < length ? BLOCK_SIZE - image->fill : length;

		memcpy(image->block + image->fill, data, part);
		image->fill += part;
		data += part;
		length -= part;
		if (image->fill == BLOCK_SIZE) {
			int written = write_block(zephyr);

			if (written < 0)
				return -1;
			pages += written;
		}
	}
	return pages;
}

/* Modes. */

static bool is_legacy(const struct zephyr *zephyr)
{
	return zephyr->options.stack == STACK_LEGACY;
}

static void add_string(struct zephyr *zephyr, uint8_t index, const char *text)
{
	zephyr->strings[zephyr->string_count].index = index;
	zephyr->strings[zephyr->string_count++].text = text;
}

/* The new stack has no strings in DFU mode but the names of the alternate settings. */
static void build_strings(struct zephyr *zephyr, const struct dfut_sim_dfu_layout *layout)
{
	zephyr->string_count = 0;
	if (layout->has_strings) {
		add_string(zephyr, 1, is_legacy(zephyr) ? "ZEPHYR" : "Zephyr Project");
		add_string(zephyr, 2, is_legacy(zephyr) ? "Zephyr DFU sample" : "USBD DFU sample");
		add_string(zephyr, 3, zephyr->options.serial);
	}
	if (!layout->first_name)
		return;
	add_string(zephyr, layout->first_name, is_legacy(zephyr) ? "image_0" : "slot0_image");
	if (layout->alternate_count > 1)
		add_string(zephyr, layout->first_name + 1, is_legacy(zephyr) ? "image_1" : "slot1_image");
}

static uint16_t get_detach_timeout_ms(const struct zephyr *zephyr)
{
	if (!is_legacy(zephyr))
		return 0;
	return zephyr->options.will_detach ? (uint16_t)zephyr->options.detach_ms : 1000;
}

/* Descriptors and rules of the present mode. */
static void build(struct zephyr *zephyr)
{
	struct dfut_sim_dfu_layout layout = {
		.vendor_id = VENDOR_ID,
		.product_id = zephyr->is_bootloader ? BOOTLOADER_PRODUCT_ID : APPLICATION_PRODUCT_ID,
		.release = dfut_sim_mcuboot_get_bcd_version(zephyr->slots[0]),
		.has_strings = !zephyr->is_bootloader || is_legacy(zephyr),
		.max_power = is_legacy(zephyr) ? 50 : 125,
		.class_code = DFUT_SIM_DFU_CLASS,
		.subclass = DFUT_SIM_DFU_SUBCLASS,
		.protocol = zephyr->is_bootloader ? 2 : 1,
		.alternate_count = zephyr->is_bootloader ? (uint8_t)zephyr->options.slots : 1,
		.first_name = !zephyr->is_bootloader ? 0 : is_legacy(zephyr) ? 4 : 1,
		.place = DFUT_SIM_PLACE_LAST,
		.functional_size = 9,
		.attributes = (uint8_t)(DFUT_DFU_CAN_DNLOAD | (zephyr->options.upload ? DFUT_DFU_CAN_UPLOAD : 0) |
					(zephyr->options.tolerant ? DFUT_DFU_MANIFESTATION_TOLERANT : 0) |
					(zephyr->options.will_detach ? DFUT_DFU_WILL_DETACH : 0)),
		.detach_timeout_ms = get_detach_timeout_ms(zephyr),
		.transfer_size = (uint16_t)zephyr->options.transfer_size,
		.version = VERSION_1_1,
	};

	zephyr->descriptors_size = dfut_sim_dfu_put_descriptors(zephyr->descriptors, &layout);
	build_strings(zephyr, &layout);
	zephyr->rules = (struct dfut_sim_dfu_rules){
		.device = zephyr->device,
		.transfer_size = layout.transfer_size,
		.attributes = layout.attributes,
	};
}

static void set_mode(struct zephyr *zephyr, bool is_bootloader)
{
	zephyr->is_bootloader = is_bootloader;
	zephyr->state = is_bootloader ? DFU_IDLE : APP_IDLE;
	zephyr->next = zephyr->state;
	zephyr->status = STATUS_OK;
	zephyr->uploaded = 0;
	zephyr->last_block = 0;
	/* The legacy class shows the slot that it writes to until a SET_INTERFACE comes. */
	zephyr->slot = is_legacy(zephyr) ? (uint8_t)get_download_slot(zephyr) : 0;
	flash_image_init(zephyr);
	build(zephyr);
}

static void leave_for_bootloader(struct zephyr *zephyr)
{
	if (!zephyr->options.leaving.leave)
		return;
	set_mode(zephyr, zephyr->options.leaving.as == 0);
	dfut_sim_device_leave(zephyr->device, 0, dfut_sim_return_ms(&zephyr->options.leaving));
}

static void reboot(struct zephyr *zephyr)
{
	bool is_booted = boot(zephyr);

	set_mode(zephyr, false);
	dfut_sim_device_leave(zephyr->device, 0,
			      is_booted ? dfut_sim_return_ms(&zephyr->options.leaving) : DFUT_SIM_NEVER);
}

static int answer_status(struct zephyr *zephyr, const struct dfut_sim_setup *setup, uint8_t *data)
{
	struct dfut_sim_dfu_answer answer = { zephyr->status, zephyr->options.poll_ms, zephyr->state };

	return dfut_sim_dfu_answer_status(&zephyr->rules, setup, data, &answer);
}

static int read_slot(const struct zephyr *zephyr, uint32_t offset, uint32_t length, uint8_t *data)
{
	uint32_t left = zephyr->options.slot_size - offset;
	uint32_t given = left < length ? left : length;

	if (given)
		memcpy(data, zephyr->slots[zephyr->slot] + offset, given);
	return (int)given;
}

/*
 * The new stack. Each request first decides the next state, then has its effect, then the state changes: that is why
 * a GETSTATUS tells the state before.
 */

static int refuse_new(struct zephyr *zephyr, uint8_t status)
{
	zephyr->next = DFU_ERROR;
	zephyr->status = status;
	return DFUT_ERROR_DEVICE;
}

static bool is_question(const struct dfut_sim_setup *setup)
{
	return setup->request == DFUT_SIM_DFU_GETSTATUS || setup->request == DFUT_SIM_DFU_GETSTATE;
}

static int decide_app(struct zephyr *zephyr, const struct dfut_sim_setup *setup)
{
	if (is_question(setup))
		return 0;
	if (setup->request != DFUT_SIM_DFU_DETACH || zephyr->state != APP_IDLE)
		return DFUT_ERROR_DEVICE;
	zephyr->next = APP_DETACH;
	return 0;
}

static int decide_idle(struct zephyr *zephyr, const struct dfut_sim_setup *setup)
{
	bool is_upload_refused = !zephyr->options.upload || setup->length > zephyr->options.transfer_size;

	switch (setup->request) {
	case DFUT_SIM_DFU_DNLOAD:
		if (setup->length == 0)
			return refuse_new(zephyr, ERR_STALLEDPKT);
		zephyr->next = DFU_DNLOAD_SYNC;
		return 0;
	case DFUT_SIM_DFU_UPLOAD:
		if (is_upload_refused)
			return refuse_new(zephyr, ERR_STALLEDPKT);
		zephyr->next = DFU_UPLOAD_IDLE;
		return 0;
	case DFUT_SIM_DFU_ABORT:
		return 0;
	default:
		return is_question(setup) ? 0 : refuse_new(zephyr, ERR_STALLEDPKT);
	}
}

static int decide_dnload_idle(struct zephyr *zephyr, const struct dfut_sim_setup *setup)
{
	if (setup->request == DFUT_SIM_DFU_DNLOAD)
		zephyr->next = setup->length ? DFU_DNLOAD_SYNC : DFU_MANIFEST_SYNC;
	else if (setup->request == DFUT_SIM_DFU_ABORT)
		zephyr->next = DFU_IDLE;
	else if (!is_question(setup))
		return refuse_new(zephyr, ERR_STALLEDPKT);
	return 0;
}

static int decide_upload_idle(struct zephyr *zephyr, const struct dfut_sim_setup *setup)
{
	if (setup->request == DFUT_SIM_DFU_UPLOAD && setup->length > zephyr->options.transfer_size)
		return refuse_new(zephyr, ERR_STALLEDPKT);
	if (setup->request == DFUT_SIM_DFU_ABORT)
		zephyr->next = DFU_IDLE;
	else if (setup->request != DFUT_SIM_DFU_UPLOAD && !is_question(setup))
		return refuse_new(zephyr, ERR_STALLEDPKT);
	return 0;
}

/* CONFIG_USB_DFU_REBOOT has no counterpart there: an application that reboots when its download is complete. */
static void complete_new(struct zephyr *zephyr)
{
	request_upgrade(zephyr);
	zephyr->next = zephyr->options.tolerant ? DFU_IDLE : DFU_MANIFEST;
	if (zephyr->options.reboot)
		dfut_sim_device_set_timer(zephyr->device, TIMER_REBOOT, REBOOT_MS * DFUT_SIM_US_PER_MS);
}

static int decide_sync(struct zephyr *zephyr, const struct dfut_sim_setup *setup)
{
	if (!is_question(setup))
		return refuse_new(zephyr, ERR_STALLEDPKT);
	if (setup->request != DFUT_SIM_DFU_GETSTATUS)
		return 0;
	if (zephyr->state == DFU_MANIFEST_SYNC)
		complete_new(zephyr);
	else
		zephyr->next = DFU_DNLOAD_IDLE;
	return 0;
}

static int decide_error(struct zephyr *zephyr, const struct dfut_sim_setup *setup)
{
	if (is_question(setup))
		return 0;
	if (setup->request != DFUT_SIM_DFU_CLRSTATUS)
		return DFUT_ERROR_DEVICE;
	zephyr->next = DFU_IDLE;
	zephyr->status = STATUS_OK;
	return 0;
}

static int decide_new(struct zephyr *zephyr, const struct dfut_sim_setup *setup)
{
	switch ((enum dfut_sim_dfu_state)zephyr->state) {
	case APP_IDLE:
	case APP_DETACH:
		return decide_app(zephyr, setup);
	case DFU_IDLE:
		return decide_idle(zephyr, setup);
	case DFU_DNLOAD_SYNC:
	case DFU_DNBUSY:
	case DFU_MANIFEST_SYNC:
		return decide_sync(zephyr, setup);
	case DFU_DNLOAD_IDLE:
		return decide_dnload_idle(zephyr, setup);
	case DFU_MANIFEST:
		zephyr->next = DFU_MANIFEST_WAIT_RESET;
		return 0;
	case DFU_MANIFEST_WAIT_RESET:
		return 0;
	case DFU_UPLOAD_IDLE:
		return decide_upload_idle(zephyr, setup);
	case DFU_ERROR:
		return decide_error(zephyr, setup);
	}
	return DFUT_ERROR_DEVICE;
}

/* usbd_dfu_flash.c: whatever the alternate setting is, flash_img writes to its own slot. */
static int download_new(struct zephyr *zephyr, const struct dfut_sim_setup *setup, const uint8_t *data)
{
	int pages;

	if (setup->value == 0) {
		flash_image_init(zephyr);
		zephyr->last_block = 0;
		if (setup->length == 0)
			return 0;
	} else if (zephyr->last_block + 1 != setup->value) {
		return refuse_new(zephyr, ERR_UNKNOWN);
	}
	pages = write_flash(zephyr, data, setup->length);
	if (pages < 0)
		return refuse_new(zephyr, ERR_UNKNOWN);
	zephyr->last_block = setup->value;
	/* Flash is erased and written while the request is handled. */
	dfut_sim_device_delay_answer(zephyr->device, (uint32_t)pages * zephyr->options.erase_ms);
	return setup->length;
}

/* An error of the flash backend reaches the host as a block of nothing. */
static int upload_new(struct zephyr *zephyr, const struct dfut_sim_setup *setup, uint8_t *data)
{
	int given;

	if (setup->length == 0)
		return 0;
	if (setup->value == 0) {
		zephyr->uploaded = 0;
	} else if (zephyr->last_block + 1 != setup->value) {
		refuse_new(zephyr, ERR_UNKNOWN);
		return 0;
	}
	/* The counter adds what was asked for, so it runs past the end behind a short block. */
	if (zephyr->uploaded > zephyr->options.slot_size) {
		refuse_new(zephyr, ERR_UNKNOWN);
		return 0;
	}
	given = read_slot(zephyr, zephyr->uploaded, setup->length, data);
	zephyr->last_block = setup->value;
	zephyr->uploaded += setup->length;
	return given;
}

static int answer_new(struct zephyr *zephyr, const struct dfut_sim_setup *setup, uint8_t *data)
{
	switch ((enum dfut_sim_dfu_request)setup->request) {
	case DFUT_SIM_DFU_DETACH:
		if (zephyr->next == APP_DETACH)
			dfut_sim_device_set_timer(zephyr->device, TIMER_DETACH,
						  zephyr->options.detach_ms * DFUT_SIM_US_PER_MS);
		return 0;
	case DFUT_SIM_DFU_DNLOAD:
		return zephyr->state == DFU_MANIFEST_WAIT_RESET ? setup->length : download_new(zephyr, setup, data);
	case DFUT_SIM_DFU_UPLOAD:
		return zephyr->state == DFU_MANIFEST_WAIT_RESET ? 0 : upload_new(zephyr, setup, data);
	case DFUT_SIM_DFU_GETSTATUS:
		return setup->length == DFUT_SIM_GETSTATUS_SIZE ? answer_status(zephyr, setup, data) : 0;
	case DFUT_SIM_DFU_GETSTATE:
		return setup->length == DFUT_SIM_GETSTATE_SIZE ? dfut_sim_dfu_answer_state(setup, data, zephyr->state)
							       : 0;
	case DFUT_SIM_DFU_CLRSTATUS:
	case DFUT_SIM_DFU_ABORT:
		return 0;
	}
	return 0;
}

static int control_new(struct zephyr *zephyr, const struct dfut_sim_setup *setup, uint8_t *data)
{
	int result;

	if (setup->request > DFU_ERROR)
		return DFUT_ERROR_DEVICE;
	zephyr->next = zephyr->state;
	result = decide_new(zephyr, setup);
	if (result == 0)
		result = answer_new(zephyr, setup, data);
	zephyr->state = zephyr->next;
	return result;
}

/* The legacy stack. */

static int refuse_legacy(struct zephyr *zephyr, uint8_t status)
{
	zephyr->state = DFU_ERROR;
	zephyr->status = status;
	return DFUT_ERROR_DEVICE;
}

static void reset_counters(struct zephyr *zephyr)
{
	zephyr->uploaded = 0;
	zephyr->last_block = 0;
	flash_image_init(zephyr);
}

static bool is_app_state(const struct zephyr *zephyr)
{
	return zephyr->state == APP_IDLE || zephyr->state == APP_DETACH;
}

static int status_legacy(struct zephyr *zephyr, const struct dfut_sim_setup *setup, uint8_t *data)
{
	if (zephyr->state == DFU_MANIFEST_SYNC && zephyr->options.reboot) {
		zephyr->state = DFU_MANIFEST_WAIT_RESET;
		dfut_sim_device_set_timer(zephyr->device, TIMER_REBOOT, REBOOT_MS * DFUT_SIM_US_PER_MS);
	} else if (zephyr->state == DFU_MANIFEST_SYNC) {
		zephyr->state = DFU_IDLE;
	}
	return answer_status(zephyr, setup, data);
}

static int upload_legacy(struct zephyr *zephyr, const struct dfut_sim_setup *setup, uint8_t *data)
{
	uint32_t wanted = setup->length < zephyr->options.transfer_size ? setup->length : zephyr->options.transfer_size;
	int given;

	if (!zephyr->options.upload)
		return refuse_legacy(zephyr, ERR_STALLEDPKT);
	if (zephyr->state == DFU_IDLE)
		reset_counters(zephyr);
	else if (zephyr->state != DFU_UPLOAD_IDLE)
		return refuse_legacy(zephyr, ERR_UNKNOWN);
	if (setup->length == 0 || (uint16_t)zephyr->last_block != setup->value)
		return refuse_legacy(zephyr, ERR_UNKNOWN);
	given = read_slot(zephyr, zephyr->uploaded, wanted, data);
	zephyr->uploaded += (uint32_t)given;
	zephyr->last_block++;
	zephyr->state = DFU_UPLOAD_IDLE;
	if (zephyr->uploaded < zephyr->options.slot_size || given == setup->length)
		return given;
	/* The short block at the end never gets out. */
	zephyr->state = DFU_IDLE;
	return 0;
}

/* The worker's queue: the request is answered at once, the work takes its time. */
static int download_legacy(struct zephyr *zephyr, const struct dfut_sim_setup *setup, const uint8_t *data)
{
	uint64_t work_us = WORK_US;

	if (zephyr->state != DFU_IDLE && zephyr->state != DFU_DNLOAD_IDLE)
		return refuse_legacy(zephyr, ERR_UNKNOWN);
	if (setup->length > zephyr->options.transfer_size)
		return DFUT_ERROR_DEVICE;
	zephyr->is_first_work = zephyr->state == DFU_IDLE;
	if (zephyr->is_first_work) {
		reset_counters(zephyr);
		work_us +=
			(uint64_t)zephyr->options.slot_size / PAGE_SIZE * zephyr->options.erase_ms * DFUT_SIM_US_PER_MS;
	}
	if (zephyr->is_first_work && zephyr->slot != get_download_slot(zephyr)) {
		refuse_legacy(zephyr, ERR_WRITE);
		return setup->length;
	}
	zephyr->state = DFU_DNBUSY;
	zephyr->work_length = setup->length;
	if (setup->length)
		memcpy(zephyr->work, data, setup->length);
	dfut_sim_device_set_timer(zephyr->device, TIMER_WORK, work_us);
	return setup->length;
}

static void work_legacy(struct zephyr *zephyr)
{
	bool is_busy = zephyr->state == DFU_DNBUSY;

	if (zephyr->is_first_work)
		erase_until(zephyr, zephyr->options.slot_size);
	if (write_flash(zephyr, zephyr->work, zephyr->work_length) < 0) {
		refuse_legacy(zephyr, ERR_WRITE);
		return;
	}
	if (zephyr->work_length == 0) {
		reset_counters(zephyr);
		request_upgrade(zephyr);
	}
	/* Whoever aborted meanwhile is in dfuIDLE; the real worker takes no notice of that. */
	if (is_busy)
		zephyr->state = zephyr->work_length ? DFU_DNLOAD_IDLE : DFU_MANIFEST_SYNC;
}

static int detach_legacy(struct zephyr *zephyr, const struct dfut_sim_setup *setup)
{
	uint32_t window_ms = get_detach_timeout_ms(zephyr);

	if (zephyr->state != APP_IDLE) {
		zephyr->state = APP_IDLE;
		return DFUT_ERROR_DEVICE;
	}
	zephyr->state = APP_DETACH;
	if (!zephyr->options.will_detach && setup->value < window_ms)
		window_ms = setup->value;
	dfut_sim_device_set_timer(zephyr->device, TIMER_DETACH, window_ms * DFUT_SIM_US_PER_MS);
	return 0;
}

static int clear_legacy(struct zephyr *zephyr, const struct dfut_sim_setup *setup)
{
	if (setup->request == DFUT_SIM_DFU_ABORT)
		reset_counters(zephyr);
	zephyr->state = DFU_IDLE;
	zephyr->status = STATUS_OK;
	return 0;
}

static int control_legacy(struct zephyr *zephyr, const struct dfut_sim_setup *setup, uint8_t *data)
{
	bool is_refused = setup->request > DFUT_SIM_DFU_ABORT;

	if (setup->request == DFUT_SIM_DFU_GETSTATUS)
		return status_legacy(zephyr, setup, data);
	if (setup->request == DFUT_SIM_DFU_GETSTATE)
		return dfut_sim_dfu_answer_state(setup, data, zephyr->state);
	if (setup->request == DFUT_SIM_DFU_DETACH)
		return detach_legacy(zephyr, setup);
	if (setup->request == DFUT_SIM_DFU_UPLOAD && !zephyr->options.upload)
		return refuse_legacy(zephyr, ERR_STALLEDPKT);
	if (is_refused)
		return DFUT_ERROR_DEVICE;
	if (is_app_state(zephyr)) {
		zephyr->state = APP_IDLE;
		return DFUT_ERROR_DEVICE;
	}
	if (setup->request == DFUT_SIM_DFU_UPLOAD)
		return upload_legacy(zephyr, setup, data);
	if (setup->request == DFUT_SIM_DFU_DNLOAD)
		return download_legacy(zephyr, setup, data);
	return clear_legacy(zephyr, setup);
}

/* The model. */

static int zephyr_control(void *state, const struct dfut_sim_setup *setup, uint8_t *data)
{
	struct zephyr *zephyr = state;
	bool is_in = setup->request_type & DFUT_SIM_REQUEST_IN;

	if ((setup->request_type & DFUT_SIM_TYPE_MASK) != DFUT_SIM_TYPE_CLASS)
		return DFUT_ERROR_DEVICE;
	dfut_sim_dfu_rules_check(&zephyr->rules, setup, zephyr->state, zephyr->status);
	if (setup->request <= DFUT_SIM_DFU_ABORT &&
	    is_in != (setup->request == DFUT_SIM_DFU_UPLOAD || is_question(setup)))
		return DFUT_ERROR_DEVICE;
	return is_legacy(zephyr) ? control_legacy(zephyr, setup, data) : control_new(zephyr, setup, data);
}

static int zephyr_set_interface(void *state, uint8_t number, uint8_t alternate)
{
	struct zephyr *zephyr = state;

	(void)number;
	if (zephyr->is_bootloader)
		zephyr->slot = alternate;
	return 0;
}

/* Neither stack leaves DFU mode on a bus reset. */
static void zephyr_bus_reset(void *state)
{
	struct zephyr *zephyr = state;

	dfut_sim_dfu_rules_check_reset(&zephyr->rules, zephyr->state);
	if (zephyr->options.will_detach)
		return;
	dfut_sim_device_set_timer(zephyr->device, TIMER_DETACH, UINT64_MAX);
	if (zephyr->state == APP_DETACH)
		leave_for_bootloader(zephyr);
}

static void zephyr_timer(void *state, unsigned int timer)
{
	struct zephyr *zephyr = state;

	switch ((enum timer)timer) {
	case TIMER_DETACH:
		if (zephyr->state == APP_DETACH && zephyr->options.will_detach)
			leave_for_bootloader(zephyr);
		else if (zephyr->state == APP_DETACH)
			zephyr->state = APP_IDLE;
		return;
	case TIMER_WORK:
		work_legacy(zephyr);
		return;
	case TIMER_REBOOT:
		reboot(zephyr);
		return;
	}
}

static uint32_t zephyr_start(void *state, enum dfut_sim_start start)
{
	struct zephyr *zephyr = state;
	bool is_booted = boot(zephyr);

	(void)start;
	set_mode(zephyr, false);
	return is_booted ? zephyr->options.leaving.ms : DFUT_SIM_NEVER;
}

static int zephyr_set_mode(void *state, const char *mode)
{
	bool is_bootloader = strcmp(mode, "bootloader") == 0;

	if (!is_bootloader && strcmp(mode, "application") != 0)
		return DFUT_ERROR_USAGE;
	set_mode(state, is_bootloader);
	return 0;
}

static const char *zephyr_get_mode_name(const void *state)
{
	const struct zephyr *zephyr = state;

	return zephyr->is_bootloader ? "bootloader" : "application";
}

static const char *zephyr_get_state_name(const void *state)
{
	const struct zephyr *zephyr = state;

	return dfut_sim_dfu_state_get_name(zephyr->state);
}

static void zephyr_describe(const void *state, struct dfut_sim_description *description)
{
	const struct zephyr *zephyr = state;

	description->descriptors = zephyr->descriptors;
	description->descriptors_size = zephyr->descriptors_size;
	description->strings = zephyr->strings;
	description->string_count = zephyr->string_count;
}

static int zephyr_get_memory(void *state, size_t index, struct dfut_sim_memory *memory)
{
	static const char *const names[DFUT_SIM_SLOT_COUNT] = { "slot0", "slot1" };
	struct zephyr *zephyr = state;

	if (index >= zephyr->options.slots)
		return DFUT_ERROR_NOT_FOUND;
	*memory = (struct dfut_sim_memory){ names[index], zephyr->slots[index], zephyr->options.slot_size };
	return 0;
}

#define OPTION(key, kind, member, least, most, words) \
	{ key, DFUT_SIM_OPTION_##kind, offsetof(struct zephyr, options.member), least, most, words }

static const struct dfut_sim_option zephyr_options[] = {
	OPTION("stack", CHOICE, stack, 0, 0, "new|legacy"),
	OPTION("reboot", FLAG, reboot, 0, 0, NULL),
	OPTION("permanent", FLAG, permanent, 0, 0, NULL),
	OPTION("will-detach", FLAG, will_detach, 0, 0, NULL),
	OPTION("upload", FLAG, upload, 0, 0, NULL),
	OPTION("tolerant", FLAG, tolerant, 0, 0, NULL),
	OPTION("slot-size", SIZE, slot_size, 2 * PAGE_SIZE, 64 * 1024 * 1024, NULL),
	OPTION("slots", NUMBER, slots, 1, DFUT_SIM_SLOT_COUNT, NULL),
	OPTION("transfer-size", SIZE, transfer_size, 8, UINT16_MAX, NULL),
	OPTION("poll-ms", NUMBER, poll_ms, 0, UINT16_MAX, NULL),
	OPTION("erase-ms", NUMBER, erase_ms, 0, 60000, NULL),
	OPTION("detach-ms", NUMBER, detach_ms, 0, UINT16_MAX, NULL),
	OPTION("serial", TEXT, serial, 0, 0, NULL),
	DFUT_SIM_RETURN_OPTIONS(struct zephyr, options.leaving),
};

static int zephyr_set_option(void *state, const char *key, const char *value)
{
	return dfut_sim_option_set(zephyr_options, DFUT_COUNT(zephyr_options), state, key, value);
}

static int zephyr_create(void *state, struct dfut_sim_device *device)
{
	struct zephyr *zephyr = state;

	zephyr->device = device;
	zephyr->options.will_detach = true;
	zephyr->options.upload = true;
	zephyr->options.tolerant = true;
	/* slot0_partition and slot1_partition of the nRF52840 DK: nrf52840_partition.dtsi */
	zephyr->options.slot_size = 0x76000;
	zephyr->options.slots = DFUT_SIM_SLOT_COUNT;
	zephyr->options.transfer_size = BY_STACK;
	zephyr->options.poll_ms = BY_STACK;
	zephyr->options.erase_ms = 10;
	zephyr->options.detach_ms = 100;
	zephyr->options.leaving = (struct dfut_sim_return){ .leave = true, .returns = true, .ms = 300 };
	snprintf(zephyr->options.serial, sizeof(zephyr->options.serial), "8F3A51C07D2E64B9");
	return 0;
}

static int zephyr_prepare(void *state)
{
	struct zephyr *zephyr = state;

	if (zephyr->options.slot_size % PAGE_SIZE)
		return dfut_sim_fail(zephyr->device->sim, DFUT_ERROR_USAGE, "zephyr: slot-size=%u is no multiple of %d",
				     (unsigned int)zephyr->options.slot_size, PAGE_SIZE);
	if (!is_legacy(zephyr) && !zephyr->options.will_detach)
		return dfut_sim_fail(zephyr->device->sim, DFUT_ERROR_USAGE,
				     "zephyr: will-detach=no needs stack=legacy");
	/* Defaults of Kconfig.dfu, and of Kconfig beside usb_dfu.c */
	if (zephyr->options.transfer_size == BY_STACK)
		zephyr->options.transfer_size = is_legacy(zephyr) ? 128 : 512;
	if (zephyr->options.poll_ms == BY_STACK)
		zephyr->options.poll_ms = is_legacy(zephyr) ? 8 : 100;
	if (zephyr->options.reboot)
		zephyr->options.tolerant = false;
	zephyr->work = malloc(zephyr->options.transfer_size);
	for (uint32_t i = 0; i < zephyr->options.slots; i++) {
		zephyr->slots[i] = malloc(zephyr->options.slot_size);
		if (!zephyr->slots[i])
			return DFUT_ERROR_NO_MEMORY;
		memset(zephyr->slots[i], ERASED, zephyr->options.slot_size);
	}
	dfut_sim_mcuboot_make_image(zephyr->slots[0]);
	return zephyr->work ? 0 : DFUT_ERROR_NO_MEMORY;
}

static void zephyr_destroy(void *state)
{
	struct zephyr *zephyr = state;

	for (size_t i = 0; i < DFUT_SIM_SLOT_COUNT; i++)
		free(zephyr->slots[i]);
	free(zephyr->work);
}

const struct dfut_sim_model dfut_sim_zephyr = {
	.size = sizeof(struct dfut_sim_model),
	.name = "zephyr",
	.text = "a board with MCUboot that runs Zephyr's USB DFU sample",
	.options =
		"stack=new|legacy: which of Zephyr's USB stacks\n"
		"reboot=yes|no: reboots 500 ms after the download (CONFIG_USB_DFU_REBOOT)\n"
		"permanent=yes|no: the image is confirmed (CONFIG_USB_DFU_PERMANENT_DOWNLOAD)\n"
		"will-detach=yes|no: no needs stack=legacy, and a bus reset after DETACH (CONFIG_USB_DFU_WILL_DETACH)\n"
		"upload=yes|no: whether slots can be read\n"
		"tolerant=yes|no: bitManifestationTolerant; reboot=yes means no\n"
		"slot-size=BYTES: a multiple of 4096; K and M are understood\n"
		"slots=1|2: with one slot the image replaces the application itself\n"
		"transfer-size=BYTES: wTransferSize; 512, with the legacy stack 128\n"
		"poll-ms=MS: bwPollTimeout; 100, with the legacy stack 8\n"
		"erase-ms=MS: time to erase a page of 4096 bytes; a real nRF52840 takes 85\n"
		"detach-ms=MS: time from DETACH to leaving\n"
		"serial=TEXT: serial number\n"
		DFUT_SIM_RETURN_TEXT DFUT_SIM_COMMON_TEXT,
	.state_size = sizeof(struct zephyr),
	.create = zephyr_create,
	.set_option = zephyr_set_option,
	.prepare = zephyr_prepare,
	.destroy = zephyr_destroy,
	.start = zephyr_start,
	.set_mode = zephyr_set_mode,
	.get_mode_name = zephyr_get_mode_name,
	.get_state_name = zephyr_get_state_name,
	.describe = zephyr_describe,
	.get_memory = zephyr_get_memory,
	.control = zephyr_control,
	.set_interface = zephyr_set_interface,
	.bus_reset = zephyr_bus_reset,
	.timer = zephyr_timer,
};
