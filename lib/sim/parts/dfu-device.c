/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * A DFU device by the specification (USB DFU 1.1, appendix A), which can be bent to be like others: TinyUSB
 * (dfu_device.c, dfu_rt_device.c) and usbd-dfu-rt (class.rs).
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/parts/dfu-device.h"

enum start_as {
	START_APPLICATION,
	START_BOOTLOADER,
	START_ERROR,
	START_DNLOAD_IDLE,
	START_UPLOAD_IDLE,
};

/* pid.codes has these for tests */
#define VENDOR_ID 0x1209
#define APPLICATION_PRODUCT_ID 0x0001
#define BOOTLOADER_PRODUCT_ID 0x0002
#define FIRST_NAME 4
#define VERSION_1_1 0x0110
#define VERSION_1_0 0x0100
/* usbd-dfu-rt sends this, although it is no DfuSe device */
#define VERSION_RT 0x011a
/* TinyUSB before February 2026 */
#define VERSION_SWAPPED 0x0101

static uint8_t get_attributes(const struct dfut_sim_dfu *dfu)
{
	return (uint8_t)((dfu->options.download ? DFUT_DFU_CAN_DNLOAD : 0) |
			 (dfu->options.upload ? DFUT_DFU_CAN_UPLOAD : 0) |
			 (dfu->options.tolerant ? DFUT_DFU_MANIFESTATION_TOLERANT : 0) |
			 (dfu->options.will_detach ? DFUT_DFU_WILL_DETACH : 0));
}

static uint8_t get_second_attributes(const struct dfut_sim_dfu *dfu)
{
	unsigned int attributes = get_attributes(dfu) & ~(unsigned int)DFUT_DFU_CAN_UPLOAD;

	return (uint8_t)(attributes | (dfu->options.second_upload ? DFUT_DFU_CAN_UPLOAD : 0));
}

static uint32_t get_second_transfer_size(const struct dfut_sim_dfu *dfu)
{
	return dfu->options.second_transfer_size ? dfu->options.second_transfer_size : dfu->options.transfer_size;
}

static bool is_rt(const struct dfut_sim_dfu *dfu)
{
	return dfu->options.flavour == DFUT_SIM_DFU_FLAVOUR_RT && !dfu->is_bootloader;
}

static void add_string(struct dfut_sim_dfu *dfu, uint8_t index, const char *text)
{
	dfu->strings[dfu->string_count].index = index;
	dfu->strings[dfu->string_count++].text = text;
}

static void build_strings(struct dfut_sim_dfu *dfu)
{
	dfu->string_count = 0;
	add_string(dfu, 1, "libdfutrigger");
	add_string(dfu, 2, dfu->is_bootloader ? "Virtual DFU device (bootloader)" : "Virtual DFU device");
	add_string(dfu, 3, dfu->options.serial);
	if (dfu->options.string_text[0])
		add_string(dfu, (uint8_t)dfu->options.string, dfu->options.string_text);
	for (uint8_t i = 0; dfu->is_bootloader && i < dfut_sim_dfu_count_memories(dfu); i++)
		add_string(dfu, (uint8_t)(FIRST_NAME + i), dfu->stage ? dfu->stage_name : dfu->names[i]);
}

static uint16_t get_product_id(const struct dfut_sim_dfu *dfu)
{
	if (dfu->options.product_id)
		return dfu->options.product_id;
	return dfu->is_bootloader ? BOOTLOADER_PRODUCT_ID : APPLICATION_PRODUCT_ID;
}

static uint16_t get_version(const struct dfut_sim_dfu *dfu)
{
	static const uint16_t versions[] = { VERSION_1_0, VERSION_1_1, VERSION_RT, VERSION_SWAPPED };

	return is_rt(dfu) ? VERSION_RT : versions[dfu->options.version];
}

/* Descriptors and rules of the present mode. */
static void build(struct dfut_sim_dfu *dfu)
{
	bool is_old = dfu->options.version == 0;
	bool has_dfu = (dfu->is_bootloader || dfu->options.runtime) && !dfu->options.hidden;
	struct dfut_sim_dfu_layout layout = {
		.vendor_id = dfu->options.vendor_id,
		.product_id = get_product_id(dfu),
		.release = dfu->options.release,
		.device_class = dfu->is_bootloader && is_old ? DFUT_SIM_DFU_CLASS : 0,
		.has_strings = true,
		.max_power = 50,
		.has_association = is_rt(dfu),
		.class_code = has_dfu		  ? DFUT_SIM_DFU_CLASS :
			      dfu->options.hidden ? 0 :
						    0xff,
		.subclass = has_dfu ? DFUT_SIM_DFU_SUBCLASS : 0,
		.protocol = !has_dfu || is_old ? 0 :
			    dfu->is_bootloader ? 2 :
						 1,
		.alternate_count = dfu->is_bootloader ? (uint8_t)dfu->options.alternates : 1,
		.first_name = dfu->is_bootloader ? FIRST_NAME : 0,
		.place = has_dfu ? (enum dfut_sim_dfu_place)dfu->options.functional : DFUT_SIM_PLACE_MISSING,
		.functional_size = is_old ? 7 : 9,
		.attributes = get_attributes(dfu),
		.detach_timeout_ms = (uint16_t)dfu->options.detach_timeout_ms,
		.transfer_size = (uint16_t)dfu->options.transfer_size,
		.version = get_version(dfu),
		.second_count = dfu->is_bootloader ? (uint8_t)dfu->options.second : 0,
		.second_attributes = get_second_attributes(dfu),
		.second_transfer_size = (uint16_t)get_second_transfer_size(dfu),
	};

	dfu->descriptors_size = dfut_sim_dfu_put_descriptors(dfu->descriptors, &layout);
	build_strings(dfu);
	dfu->rules.device = dfu->device;
	/* Who says 0 takes what endpoint 0 has in a packet. */
	dfu->rules.transfer_size = layout.transfer_size ? layout.transfer_size : 64;
	dfu->rules.attributes = layout.attributes;
	dfu->rules.string = (uint8_t)dfu->options.string;
	dfu->rules.is_zero_length_free = dfu->options.flavour == DFUT_SIM_DFU_FLAVOUR_TINYUSB;
	dfu->rules.is_detach_free = dfu->options.flavour == DFUT_SIM_DFU_FLAVOUR_TINYUSB;
	dfu->rules.has_no_upload_idle = dfu->options.flavour == DFUT_SIM_DFU_FLAVOUR_TINYUSB;
	dfu->rules.poll_until_us = 0;
	dfu->units[0].attributes = layout.attributes;
	dfu->units[0].transfer_size = dfu->rules.transfer_size;
	dfu->units[1].attributes = layout.second_attributes;
	dfu->units[1].transfer_size = layout.second_transfer_size;
}

void dfut_sim_dfu_set_mode(struct dfut_sim_dfu *dfu, bool is_bootloader, uint8_t state, uint8_t status)
{
	dfu->interface = 0;
	dfu->is_manifested = false;
	dfut_sim_dfu_set_states(dfu, state, status);
	dfu->is_bootloader = is_bootloader;
	dfu->alternate = 0;
	dfu->offset = 0;
	build(dfu);
}

static void enter_application(struct dfut_sim_dfu *dfu)
{
	dfu->stage = 0;
	dfut_sim_dfu_set_mode(dfu, false, APP_IDLE, STATUS_OK);
}

/* The trigger has worked: the descriptors change now, and nobody sees them before the device is back. */
static void leave_for_bootloader(struct dfut_sim_dfu *dfu)
{
	if (!dfu->options.leaving.leave) {
		dfu->state = is_rt(dfu) ? APP_DETACH : APP_IDLE;
		return;
	}
	if (dfu->options.leaving.as == 1)
		enter_application(dfu);
	else
		dfut_sim_dfu_set_mode(dfu, true, DFU_IDLE, STATUS_OK);
	dfut_sim_dfu_leave(dfu);
}

/* After a bus reset. */
static void switch_to_bootloader(struct dfut_sim_dfu *dfu)
{
	dfu->is_window_open = false;
	dfu->is_switching = dfu->options.leave_ms > 0;
	if (dfu->is_switching)
		dfut_sim_device_set_timer(dfu->device, DFUT_SIM_DFU_TIMER_DETACH,
					  dfu->options.leave_ms * DFUT_SIM_US_PER_MS);
	else
		leave_for_bootloader(dfu);
}

/* The application's side (DFU 1.1, A.2.1 and A.2.2). */

static uint32_t get_detach_ms(const struct dfut_sim_dfu *dfu, uint16_t value)
{
	/* usbd-dfu-rt takes wValue as a delay and as the window alike */
	if (is_rt(dfu))
		return value;
	if (dfu->options.will_detach)
		return dfu->options.detach_ms;
	return value < dfu->options.detach_timeout_ms ? value : dfu->options.detach_timeout_ms;
}

static int detach(struct dfut_sim_dfu *dfu, uint16_t value)
{
	dfu->state = APP_DETACH;
	dfu->is_window_open = !dfu->options.will_detach;
	dfut_sim_device_set_timer(dfu->device, DFUT_SIM_DFU_TIMER_DETACH,
				  get_detach_ms(dfu, value) * DFUT_SIM_US_PER_MS);
	return 0;
}

static void finish_detach(struct dfut_sim_dfu *dfu)
{
	dfu->is_window_open = false;
	if (dfu->state != APP_DETACH)
		return;
	if (dfu->options.will_detach || dfu->is_switching)
		leave_for_bootloader(dfu);
	else if (!is_rt(dfu))
		dfu->state = APP_IDLE;
}

static int answer_rt(struct dfut_sim_dfu *dfu, const struct dfut_sim_setup *setup, uint8_t *data)
{
	if (setup->index != 0)
		return DFUT_ERROR_DEVICE;
	if (setup->request == DFUT_SIM_DFU_DETACH)
		return detach(dfu, setup->value);
	if (setup->request == DFUT_SIM_DFU_GETSTATUS && dfu->options.getstatus == 0)
		return dfut_sim_dfu_tell_status(dfu, setup, data, 0);
	return DFUT_ERROR_DEVICE;
}

static int answer_tinyusb_runtime(struct dfut_sim_dfu *dfu, const struct dfut_sim_setup *setup, uint8_t *data)
{
	static const uint8_t zeros[DFUT_SIM_GETSTATUS_SIZE];

	if (setup->request == DFUT_SIM_DFU_DETACH)
		return detach(dfu, setup->value);
	if (setup->request != DFUT_SIM_DFU_GETSTATUS)
		return DFUT_ERROR_DEVICE;
	memcpy(data, zeros, setup->length < sizeof(zeros) ? setup->length : sizeof(zeros));
	return setup->length < sizeof(zeros) ? setup->length : (int)sizeof(zeros);
}

static int answer_runtime(struct dfut_sim_dfu *dfu, const struct dfut_sim_setup *setup, uint8_t *data)
{
	if (setup->request == DFUT_SIM_DFU_GETSTATUS)
		return dfut_sim_dfu_tell_status(dfu, setup, data, 0);
	if (setup->request == DFUT_SIM_DFU_GETSTATE)
		return dfut_sim_dfu_answer_state(setup, data, dfu->state);
	if (setup->request == DFUT_SIM_DFU_DETACH && dfu->state == APP_IDLE)
		return detach(dfu, setup->value);
	dfu->state = APP_IDLE;
	dfut_sim_device_set_timer(dfu->device, DFUT_SIM_DFU_TIMER_DETACH, UINT64_MAX);
	return DFUT_ERROR_DEVICE;
}

/* The model. */

static int dfu_control(void *state, const struct dfut_sim_setup *setup, uint8_t *data)
{
	struct dfut_sim_dfu *dfu = state;

	if ((setup->request_type & DFUT_SIM_TYPE_MASK) != DFUT_SIM_TYPE_CLASS)
		return DFUT_ERROR_DEVICE;
	if (!dfu->is_bootloader && !dfu->options.runtime)
		return DFUT_ERROR_DEVICE;
	if (!dfut_sim_dfu_turn_to(dfu, setup->index))
		return DFUT_ERROR_DEVICE;
	if (dfu->options.flavour == DFUT_SIM_DFU_FLAVOUR_FLIP && dfut_sim_is_dfu_request(setup))
		return dfut_sim_dfu_answer_flip(dfu, setup, data);
	dfut_sim_dfu_rules_check(&dfu->rules, setup, dfu->state, dfu->status);
	if (!dfut_sim_is_dfu_request(setup))
		return DFUT_ERROR_DEVICE;
	if (is_rt(dfu))
		return answer_rt(dfu, setup, data);
	if (dfu->options.flavour == DFUT_SIM_DFU_FLAVOUR_TINYUSB)
		return dfu->is_bootloader ? dfut_sim_dfu_answer_tinyusb(dfu, setup, data) :
					    answer_tinyusb_runtime(dfu, setup, data);
	return dfu->is_bootloader ? dfut_sim_dfu_answer_mode(dfu, setup, data) : answer_runtime(dfu, setup, data);
}

static int dfu_set_interface(void *state, uint8_t number, uint8_t alternate)
{
	struct dfut_sim_dfu *dfu = state;

	if (!dfut_sim_dfu_turn_to(dfu, number))
		return DFUT_ERROR_DEVICE;
	dfu->alternate = alternate;
	if (dfu->options.flavour == DFUT_SIM_DFU_FLAVOUR_TINYUSB && dfu->is_bootloader)
		dfut_sim_dfu_reset_tinyusb(dfu);
	return 0;
}

static void dfu_bus_reset(void *state)
{
	struct dfut_sim_dfu *dfu = state;

	dfut_sim_dfu_rules_check_reset(&dfu->rules, dfu->state);
	if (dfu->is_bootloader)
		dfut_sim_dfu_reset_bootloader(dfu);
	else if (dfu->state == APP_DETACH && dfu->is_window_open)
		switch_to_bootloader(dfu);
}

static void dfu_timer(void *state, unsigned int timer)
{
	struct dfut_sim_dfu *dfu = state;

	switch ((enum dfut_sim_dfu_timer)timer) {
	case DFUT_SIM_DFU_TIMER_DETACH:
		finish_detach(dfu);
		return;
	case DFUT_SIM_DFU_TIMER_WORK:
		dfut_sim_dfu_finish_work(dfu);
		return;
	case DFUT_SIM_DFU_TIMER_RESTART:
		dfut_sim_dfu_restart(dfu);
		dfut_sim_dfu_leave(dfu);
		return;
	}
}

static void start_as(struct dfut_sim_dfu *dfu)
{
	switch ((enum start_as)dfu->options.start) {
	case START_APPLICATION:
		enter_application(dfu);
		return;
	case START_BOOTLOADER:
		dfut_sim_dfu_set_mode(dfu, true, DFU_IDLE, STATUS_OK);
		return;
	case START_ERROR:
		dfu->firmware_valid = 0;
		dfut_sim_dfu_set_mode(dfu, true, DFU_ERROR, ERR_FIRMWARE);
		return;
	case START_DNLOAD_IDLE:
		dfut_sim_dfu_set_mode(dfu, true, DFU_DNLOAD_IDLE, STATUS_OK);
		return;
	case START_UPLOAD_IDLE:
		dfut_sim_dfu_set_mode(dfu, true, DFU_UPLOAD_IDLE, STATUS_OK);
		return;
	}
}

static uint32_t dfu_start(void *state, enum dfut_sim_start start)
{
	struct dfut_sim_dfu *dfu = state;

	(void)start;
	if (dfu->is_started)
		dfut_sim_dfu_restart(dfu);
	else
		start_as(dfu);
	dfu->is_started = true;
	return dfu->options.leaving.ms;
}

static int dfu_set_mode(void *state, const char *mode)
{
	struct dfut_sim_dfu *dfu = state;

	dfu->is_started = true;
	if (strcmp(mode, "application") == 0)
		enter_application(dfu);
	else if (strcmp(mode, "bootloader") == 0)
		dfut_sim_dfu_set_mode(dfu, true, dfu->firmware_valid ? DFU_IDLE : DFU_ERROR,
				      dfu->firmware_valid ? STATUS_OK : ERR_FIRMWARE);
	else
		return DFUT_ERROR_USAGE;
	return 0;
}

static const char *dfu_get_mode_name(const void *state)
{
	const struct dfut_sim_dfu *dfu = state;

	return dfu->is_bootloader ? "bootloader" : "application";
}

static const char *dfu_get_state_name(const void *state)
{
	const struct dfut_sim_dfu *dfu = state;

	return dfut_sim_dfu_state_get_name(dfu->state);
}

static void dfu_describe(const void *state, struct dfut_sim_description *description)
{
	const struct dfut_sim_dfu *dfu = state;

	description->descriptors = dfu->descriptors;
	description->descriptors_size = dfu->descriptors_size;
	description->strings = dfu->strings;
	description->string_count = dfu->string_count;
}

static int dfu_get_memory(void *state, size_t index, struct dfut_sim_memory *memory)
{
	struct dfut_sim_dfu *dfu = state;

	if (index == dfut_sim_dfu_count_memories(dfu)) {
		*memory = (struct dfut_sim_memory){ "firmware-valid", &dfu->firmware_valid, 1 };
		return 0;
	}
	if (index > dfut_sim_dfu_count_memories(dfu))
		return DFUT_ERROR_NOT_FOUND;
	*memory = (struct dfut_sim_memory){ dfu->memory_names[index], dfu->memories[index], dfu->options.size };
	return 0;
}

#define OPTION(key, kind, member, least, most, words) \
	{ \
		key, DFUT_SIM_OPTION_##kind, offsetof(struct dfut_sim_dfu, options.member), least, most, words \
	}

static const struct dfut_sim_option dfu_options[] = {
	OPTION("flavour", CHOICE, flavour, 0, 0, "spec|tinyusb|rt|flip"),
	OPTION("version", CHOICE, version, 0, 0, "1.0|1.1|1.1a|1.01"),
	OPTION("vid", ID, vendor_id, 0, 0, NULL),
	OPTION("pid", ID, product_id, 0, 0, NULL),
	OPTION("release", ID, release, 0, 0, NULL),
	OPTION("tolerant", FLAG, tolerant, 0, 0, NULL),
	OPTION("will-detach", FLAG, will_detach, 0, 0, NULL),
	OPTION("download", FLAG, download, 0, 0, NULL),
	OPTION("upload", FLAG, upload, 0, 0, NULL),
	OPTION("readable", FLAG, readable, 0, 0, NULL),
	OPTION("transfer-size", SIZE, transfer_size, 0, UINT16_MAX, NULL),
	OPTION("detach-timeout", NUMBER, detach_timeout_ms, 0, UINT16_MAX, NULL),
	OPTION("detach-ms", NUMBER, detach_ms, 0, 3600000, NULL),
	OPTION("poll-ms", NUMBER, poll_ms, 0, 0xffffff, NULL),
	OPTION("busy", NUMBER, busy, 0, 1000, NULL),
	OPTION("manifest-ms", NUMBER, manifest_ms, 0, 0xffffff, NULL),
	OPTION("manifest-poll-ms", NUMBER, manifest_poll_ms, 0, 0xffffff, NULL),
	OPTION("leave-ms", NUMBER, leave_ms, 0, 3600000, NULL),
	OPTION("stages", NUMBER, stages, 1, 3, NULL),
	OPTION("start", CHOICE, start, 0, 0, "application|bootloader|error|dnload-idle|upload-idle"),
	OPTION("alternates", NUMBER, alternates, 1, DFUT_SIM_DFU_ALTERNATE_LIMIT, NULL),
	OPTION("second", NUMBER, second, 0, DFUT_SIM_DFU_ALTERNATE_LIMIT - 1, NULL),
	OPTION("second-transfer-size", SIZE, second_transfer_size, 1, UINT16_MAX, NULL),
	OPTION("second-upload", FLAG, second_upload, 0, 0, NULL),
	OPTION("names", TEXT, names, 0, 0, NULL),
	OPTION("size", SIZE, size, 1, UINT32_MAX, NULL),
	OPTION("erases", FLAG, erases, 0, 0, NULL),
	OPTION("reads", CHOICE, reads, 0, 0, "memory|endless|empty"),
	OPTION("functional", CHOICE, functional, 0, 0, "last|first|configuration|missing"),
	OPTION("runtime", FLAG, runtime, 0, 0, NULL),
	OPTION("hidden", FLAG, hidden, 0, 0, NULL),
	OPTION("reset-returns", CHOICE, reset_returns, 0, 0, "application|bootloader"),
	OPTION("getstatus", CHOICE, getstatus, 0, 0, "answer|stall"),
	OPTION("string", NUMBER, string, 0, 255, NULL),
	OPTION("string-text", TEXT, string_text, 0, 0, NULL),
	OPTION("serial", TEXT, serial, 0, 0, NULL),
	DFUT_SIM_RETURN_OPTIONS(struct dfut_sim_dfu, options.leaving),
};

static int dfu_set_option(void *state, const char *key, const char *value)
{
	struct dfut_sim_dfu *dfu = state;

	/* Before the options that follow it, so that these can change what it stands for. */
	if (strcmp(key, "flavour") == 0 && strcmp(value, "rt") == 0) {
		dfu->options.transfer_size = 2048;
		dfu->options.detach_timeout_ms = 255;
		dfu->options.tolerant = false;
		dfu->options.upload = true;
	}
	if (strcmp(key, "flavour") == 0 && strcmp(value, "flip") == 0) {
		dfut_sim_dfu_take_flip(dfu);
		dfu->options.start = START_BOOTLOADER;
	}
	return dfut_sim_option_set(dfu_options, DFUT_COUNT(dfu_options), dfu, key, value);
}

static int dfu_create(void *state, struct dfut_sim_device *device)
{
	struct dfut_sim_dfu *dfu = state;

	dfu->device = device;
	dfu->options.version = 1;
	dfu->options.vendor_id = VENDOR_ID;
	dfu->options.release = 0x0100;
	dfu->options.tolerant = true;
	dfu->options.will_detach = true;
	dfu->options.download = true;
	dfu->options.upload = true;
	dfu->options.readable = true;
	dfu->options.second_upload = true;
	dfu->options.transfer_size = 1024;
	dfu->options.detach_timeout_ms = 1000;
	dfu->options.detach_ms = 100;
	dfu->options.poll_ms = 10;
	dfu->options.busy = 1;
	dfu->options.manifest_ms = 100;
	dfu->options.manifest_poll_ms = DFUT_SIM_DFU_HONEST;
	dfu->options.stages = 1;
	dfu->options.alternates = 1;
	dfu->options.size = 64 * 1024;
	dfu->options.erases = true;
	dfu->options.runtime = true;
	dfu->options.leaving = (struct dfut_sim_return){ .leave = true, .returns = true, .ms = 300 };
	snprintf(dfu->options.serial, sizeof(dfu->options.serial), "0001");
	return 0;
}

static int dfu_prepare(void *state)
{
	struct dfut_sim_dfu *dfu = state;

	if (dfut_sim_dfu_count_memories(dfu) > DFUT_SIM_DFU_ALTERNATE_LIMIT)
		return DFUT_ERROR_USAGE;
	dfut_sim_dfu_name_memories(dfu);
	/* DFU 1.0 does not know the bit. */
	if (dfu->options.version == 0)
		dfu->options.will_detach = false;
	dfu->firmware_valid = 1;
	for (uint32_t i = 0; i < dfut_sim_dfu_count_memories(dfu); i++) {
		dfu->memories[i] = calloc(1, dfu->options.size);
		if (!dfu->memories[i])
			return DFUT_ERROR_NO_MEMORY;
		if (dfu->options.erases)
			memset(dfu->memories[i], DFUT_SIM_DFU_ERASED, dfu->options.size);
	}
	return 0;
}

static void dfu_destroy(void *state)
{
	struct dfut_sim_dfu *dfu = state;

	for (size_t i = 0; i < DFUT_COUNT(dfu->memories); i++)
		free(dfu->memories[i]);
}

const struct dfut_sim_model dfut_sim_dfu_device = {
	.size = sizeof(struct dfut_sim_model),
	.name = "dfu",
	.text = "a DFU device by the specification, which can be bent in many ways",
	.options =
		"flavour=spec|tinyusb|rt|flip: which implementation it is like; rt is usbd-dfu-rt in its application, flip "
		"the bootloader of an ATmega32U4, whose blocks are commands\n"
		"version=1.0|1.1|1.1a|1.01: DFU version, and length of the functional descriptor; 1.1a is what DfuSe devices say, "
		"1.01 what TinyUSB says\n"
		"vid=HHHH: vendor id\n"
		"pid=HHHH: product id in both modes\n"
		"release=HHHH: bcdDevice\n"
		"tolerant=yes|no: bitManifestationTolerant\n"
		"will-detach=yes|no: bitWillDetach; if not it waits for a bus reset\n"
		"download=yes|no: bitCanDnload\n"
		"upload=yes|no: bitCanUpload\n"
		"readable=yes|no: whether that is true; if not UPLOAD ends in dfuERROR\n"
		"transfer-size=BYTES: wTransferSize; with 0 it takes 64\n"
		"detach-timeout=MS: wDetachTimeOut\n"
		"detach-ms=MS: time from DETACH to leaving\n"
		"poll-ms=MS: bwPollTimeout while it writes\n"
		"busy=N: how often it says dfuDNBUSY for a block\n"
		"manifest-ms=MS: time that the manifestation takes\n"
		"manifest-poll-ms=MS: bwPollTimeout while it manifests, whatever time that takes\n"
		"leave-ms=MS: time from a bus reset, or what else makes it start its application, to leaving\n"
		"stages=N: bootloaders that are started one by the other, each by what it was given\n"
		"start=application|bootloader|error|dnload-idle|upload-idle: mode and state at the start\n"
		"alternates=N: alternate settings, each with a memory of its own\n"
		"second=N: alternate settings of a second DFU interface in the bootloader, whose names and memories follow\n"
		"second-transfer-size=BYTES: wTransferSize of the second, if it is another\n"
		"second-upload=yes|no: bitCanUpload of the second\n"
		"names=NAME/NAME/...: names of the alternate settings; \\\\/ is a slash in one\n"
		"size=BYTES: of each memory; K and M are understood\n"
		"erases=yes|no: whether a download erases all of it first; if not it begins with zeros, which take no room\n"
		"reads=memory|endless|empty: what an upload gets: the memory, it again and again, or nothing\n"
		"functional=last|first|configuration|missing: which descriptor the functional descriptor follows\n"
		"runtime=yes|no: whether the application has a DFU interface\n"
		"hidden=yes|no: whether its interface has no class, as in Atmel's bootloaders\n"
		"reset-returns=application|bootloader: what a bus reset in DFU mode leads to if the firmware is valid\n"
		"getstatus=answer|stall: what flavour rt makes of GETSTATUS\n"
		"string=N: iString of its errors, 0 for none\n"
		"string-text=TEXT: that string; without it asking for it stalls\n"
		"serial=TEXT: serial number\n" DFUT_SIM_RETURN_TEXT DFUT_SIM_COMMON_TEXT,
	.state_size = sizeof(struct dfut_sim_dfu),
	.create = dfu_create,
	.set_option = dfu_set_option,
	.prepare = dfu_prepare,
	.destroy = dfu_destroy,
	.start = dfu_start,
	.set_mode = dfu_set_mode,
	.get_mode_name = dfu_get_mode_name,
	.get_state_name = dfu_get_state_name,
	.describe = dfu_describe,
	.get_memory = dfu_get_memory,
	.control = dfu_control,
	.set_interface = dfu_set_interface,
	.bus_reset = dfu_bus_reset,
	.timer = dfu_timer,
};
