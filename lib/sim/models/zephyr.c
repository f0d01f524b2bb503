/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * A board with MCUboot that runs Zephyr's USB DFU sample, with either of Zephyr's two USB stacks: "new" is
 * subsys/usb/device_next/class/usbd_dfu.c with usbd_dfu_flash.c, "legacy" is subsys/usb/device/class/dfu/usb_dfu.c.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/models/zephyr.h"

#define VENDOR_ID 0x2fe3
#define APPLICATION_PRODUCT_ID 0x0005
#define BOOTLOADER_PRODUCT_ID 0xffff
#define VERSION_1_1 0x0110
#define BY_STACK UINT32_MAX

/* The bootloader's view of the flash. */
static struct dfut_sim_mcuboot get_mcuboot(const struct dfut_sim_zephyr *zephyr)
{
	return (struct dfut_sim_mcuboot){
		.slots = { zephyr->slots[0], zephyr->slots[1] },
		.slot_count = zephyr->options.slots,
		.slot_size = zephyr->options.slot_size,
	};
}

static bool boot(const struct dfut_sim_zephyr *zephyr)
{
	struct dfut_sim_mcuboot mcuboot = get_mcuboot(zephyr);

	return dfut_sim_mcuboot_boot(&mcuboot);
}

void dfut_sim_zephyr_request_upgrade(const struct dfut_sim_zephyr *zephyr)
{
	struct dfut_sim_mcuboot mcuboot = get_mcuboot(zephyr);

	dfut_sim_mcuboot_request_upgrade(&mcuboot, zephyr->options.permanent);
}

/* Modes. */

static bool is_legacy(const struct dfut_sim_zephyr *zephyr)
{
	return zephyr->options.stack == DFUT_SIM_ZEPHYR_LEGACY;
}

static void add_string(struct dfut_sim_zephyr *zephyr, uint8_t index, const char *text)
{
	zephyr->strings[zephyr->string_count].index = index;
	zephyr->strings[zephyr->string_count++].text = text;
}

/* The new stack has no strings in DFU mode but the names of the alternate settings. */
static void build_strings(struct dfut_sim_zephyr *zephyr, const struct dfut_sim_dfu_layout *layout)
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

uint16_t dfut_sim_zephyr_get_detach_timeout_ms(const struct dfut_sim_zephyr *zephyr)
{
	if (!is_legacy(zephyr))
		return 0;
	return zephyr->options.will_detach ? (uint16_t)zephyr->options.detach_ms : 1000;
}

/* Descriptors and rules of the present mode. */
static void build(struct dfut_sim_zephyr *zephyr)
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
		.first_name = !zephyr->is_bootloader ? 0 :
			      is_legacy(zephyr)	     ? 4 :
						       1,
		.place = DFUT_SIM_PLACE_LAST,
		.functional_size = 9,
		.attributes = (uint8_t)(DFUT_DFU_CAN_DNLOAD | (zephyr->options.upload ? DFUT_DFU_CAN_UPLOAD : 0) |
					(zephyr->options.tolerant ? DFUT_DFU_MANIFESTATION_TOLERANT : 0) |
					(zephyr->options.will_detach ? DFUT_DFU_WILL_DETACH : 0)),
		.detach_timeout_ms = dfut_sim_zephyr_get_detach_timeout_ms(zephyr),
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

static void set_mode(struct dfut_sim_zephyr *zephyr, bool is_bootloader)
{
	zephyr->is_bootloader = is_bootloader;
	zephyr->state = is_bootloader ? DFU_IDLE : APP_IDLE;
	zephyr->next = zephyr->state;
	zephyr->status = STATUS_OK;
	zephyr->uploaded = 0;
	zephyr->last_block = 0;
	/* The legacy class shows the slot that it writes to until a SET_INTERFACE comes. */
	zephyr->slot = is_legacy(zephyr) ? (uint8_t)dfut_sim_zephyr_get_download_slot(zephyr) : 0;
	dfut_sim_zephyr_begin_image(zephyr);
	build(zephyr);
}

static void leave_for_bootloader(struct dfut_sim_zephyr *zephyr)
{
	if (!zephyr->options.leaving.leave)
		return;
	set_mode(zephyr, zephyr->options.leaving.as == 0);
	dfut_sim_device_leave(zephyr->device, 0, dfut_sim_return_ms(&zephyr->options.leaving));
}

static void reboot(struct dfut_sim_zephyr *zephyr)
{
	bool is_booted = boot(zephyr);

	set_mode(zephyr, false);
	dfut_sim_device_leave(zephyr->device, 0,
			      is_booted ? dfut_sim_return_ms(&zephyr->options.leaving) : DFUT_SIM_NEVER);
}

int dfut_sim_zephyr_answer_status(struct dfut_sim_zephyr *zephyr, const struct dfut_sim_setup *setup, uint8_t *data)
{
	struct dfut_sim_dfu_answer answer = { zephyr->status, zephyr->options.poll_ms, zephyr->state };

	return dfut_sim_dfu_answer_status(&zephyr->rules, setup, data, &answer);
}

/* The model. */

bool dfut_sim_zephyr_is_question(const struct dfut_sim_setup *setup)
{
	return setup->request == DFUT_SIM_DFU_GETSTATUS || setup->request == DFUT_SIM_DFU_GETSTATE;
}

static int zephyr_control(void *state, const struct dfut_sim_setup *setup, uint8_t *data)
{
	struct dfut_sim_zephyr *zephyr = state;
	bool is_in = setup->request_type & DFUT_SIM_REQUEST_IN;

	if ((setup->request_type & DFUT_SIM_TYPE_MASK) != DFUT_SIM_TYPE_CLASS)
		return DFUT_ERROR_DEVICE;
	dfut_sim_dfu_rules_check(&zephyr->rules, setup, zephyr->state, zephyr->status);
	if (setup->request <= DFUT_SIM_DFU_ABORT &&
	    is_in != (setup->request == DFUT_SIM_DFU_UPLOAD || dfut_sim_zephyr_is_question(setup)))
		return DFUT_ERROR_DEVICE;
	return is_legacy(zephyr) ? dfut_sim_zephyr_legacy_control(zephyr, setup, data) :
				   dfut_sim_zephyr_new_control(zephyr, setup, data);
}

static int zephyr_set_interface(void *state, uint8_t number, uint8_t alternate)
{
	struct dfut_sim_zephyr *zephyr = state;

	(void)number;
	if (zephyr->is_bootloader)
		zephyr->slot = alternate;
	return 0;
}

/* Neither stack leaves DFU mode on a bus reset. */
static void zephyr_bus_reset(void *state)
{
	struct dfut_sim_zephyr *zephyr = state;

	dfut_sim_dfu_rules_check_reset(&zephyr->rules, zephyr->state);
	if (zephyr->options.will_detach)
		return;
	dfut_sim_device_set_timer(zephyr->device, DFUT_SIM_ZEPHYR_TIMER_DETACH, UINT64_MAX);
	if (zephyr->state == APP_DETACH)
		leave_for_bootloader(zephyr);
}

static void zephyr_timer(void *state, unsigned int timer)
{
	struct dfut_sim_zephyr *zephyr = state;

	switch ((enum dfut_sim_zephyr_timer)timer) {
	case DFUT_SIM_ZEPHYR_TIMER_DETACH:
		if (zephyr->state == APP_DETACH && zephyr->options.will_detach)
			leave_for_bootloader(zephyr);
		else if (zephyr->state == APP_DETACH)
			zephyr->state = APP_IDLE;
		return;
	case DFUT_SIM_ZEPHYR_TIMER_WORK:
		dfut_sim_zephyr_legacy_work(zephyr);
		return;
	case DFUT_SIM_ZEPHYR_TIMER_REBOOT:
		reboot(zephyr);
		return;
	}
}

static uint32_t zephyr_start(void *state, enum dfut_sim_start start)
{
	struct dfut_sim_zephyr *zephyr = state;
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
	const struct dfut_sim_zephyr *zephyr = state;

	return zephyr->is_bootloader ? "bootloader" : "application";
}

static const char *zephyr_get_state_name(const void *state)
{
	const struct dfut_sim_zephyr *zephyr = state;

	return dfut_sim_dfu_state_get_name(zephyr->state);
}

static void zephyr_describe(const void *state, struct dfut_sim_description *description)
{
	const struct dfut_sim_zephyr *zephyr = state;

	description->descriptors = zephyr->descriptors;
	description->descriptors_size = zephyr->descriptors_size;
	description->strings = zephyr->strings;
	description->string_count = zephyr->string_count;
}

static int zephyr_get_memory(void *state, size_t index, struct dfut_sim_memory *memory)
{
	static const char *const names[DFUT_SIM_SLOT_COUNT] = { "slot0", "slot1" };
	struct dfut_sim_zephyr *zephyr = state;

	if (index >= zephyr->options.slots)
		return DFUT_ERROR_NOT_FOUND;
	*memory = (struct dfut_sim_memory){ names[index], zephyr->slots[index], zephyr->options.slot_size };
	return 0;
}

#define OPTION(key, kind, member, least, most, words) \
	{ \
		key, DFUT_SIM_OPTION_##kind, offsetof(struct dfut_sim_zephyr, options.member), least, most, words \
	}

static const struct dfut_sim_option zephyr_options[] = {
	OPTION("stack", CHOICE, stack, 0, 0, "new|legacy"),
	OPTION("reboot", FLAG, reboot, 0, 0, NULL),
	OPTION("permanent", FLAG, permanent, 0, 0, NULL),
	OPTION("will-detach", FLAG, will_detach, 0, 0, NULL),
	OPTION("upload", FLAG, upload, 0, 0, NULL),
	OPTION("tolerant", FLAG, tolerant, 0, 0, NULL),
	OPTION("slot-size", SIZE, slot_size, 2 * DFUT_SIM_ZEPHYR_PAGE_SIZE, 64 * 1024 * 1024, NULL),
	OPTION("slots", NUMBER, slots, 1, DFUT_SIM_SLOT_COUNT, NULL),
	OPTION("transfer-size", SIZE, transfer_size, 8, UINT16_MAX, NULL),
	OPTION("poll-ms", NUMBER, poll_ms, 0, UINT16_MAX, NULL),
	OPTION("erase-ms", NUMBER, erase_ms, 0, 60000, NULL),
	OPTION("detach-ms", NUMBER, detach_ms, 0, UINT16_MAX, NULL),
	OPTION("serial", TEXT, serial, 0, 0, NULL),
	DFUT_SIM_RETURN_OPTIONS(struct dfut_sim_zephyr, options.leaving),
};

static int zephyr_set_option(void *state, const char *key, const char *value)
{
	return dfut_sim_option_set(zephyr_options, DFUT_COUNT(zephyr_options), state, key, value);
}

static int zephyr_create(void *state, struct dfut_sim_device *device)
{
	struct dfut_sim_zephyr *zephyr = state;

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
	struct dfut_sim_zephyr *zephyr = state;

	if (zephyr->options.slot_size % DFUT_SIM_ZEPHYR_PAGE_SIZE)
		return dfut_sim_fail(zephyr->device->sim, DFUT_ERROR_USAGE, "zephyr: slot-size=%u is no multiple of %d",
				     (unsigned int)zephyr->options.slot_size, DFUT_SIM_ZEPHYR_PAGE_SIZE);
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
		memset(zephyr->slots[i], DFUT_SIM_ZEPHYR_ERASED, zephyr->options.slot_size);
	}
	dfut_sim_mcuboot_make_image(zephyr->slots[0]);
	return zephyr->work ? 0 : DFUT_ERROR_NO_MEMORY;
}

static void zephyr_destroy(void *state)
{
	struct dfut_sim_zephyr *zephyr = state;

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
		"serial=TEXT: serial number\n" DFUT_SIM_RETURN_TEXT DFUT_SIM_COMMON_TEXT,
	.state_size = sizeof(struct dfut_sim_zephyr),
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
