/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * XMOS's voice processor with sln_voice (ffva): TinyUSB's DFU class (dfu_device.c) in the running application, which
 * calls itself DFU mode and has an alternate setting for each part of the flash.
 */

#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "sim/models/xmos.h"

enum timer {
	TIMER_WORK,
	TIMER_REBOOT,
};

#define PRODUCT_ID 0x4001
#define RELEASE 0x0100
#define INTERFACE 3
#define FIRST_NAME 4
#define PART_COUNT 3
#define PART_FACTORY 0
#define TRANSFER_SIZE 4096u
#define DETACH_TIMEOUT_MS 1000
#define ATTRIBUTES (DFUT_DFU_CAN_DNLOAD | DFUT_DFU_CAN_UPLOAD | DFUT_DFU_MANIFESTATION_TOLERANT | DFUT_DFU_WILL_DETACH)
#define VERSION_1_1 0x0110
#define ERASED 0xff
#define POLL_MS 10
/* From the status stage of DETACH to the reset that it asks for */
#define REBOOT_US 2000

static const char *const part_names[PART_COUNT] = { "DFU FACTORY", "DFU UPGRADE", "DFU DATAPARTITION" };
static const char *const memory_names[PART_COUNT] = { "factory", "upgrade", "data" };

struct sln_voice {
	struct dfut_sim_device *device;
	struct {
		uint32_t size;
		uint32_t write_ms;
		uint32_t manifest_ms;
		char serial[DFUT_SIM_TEXT_SIZE];
		struct dfut_sim_return leaving;
	} options;
	uint8_t *parts[PART_COUNT];
	struct dfut_sim_dfu_rules rules;
	uint8_t alternate;
	uint8_t state;
	uint8_t status;
	bool is_written;
	bool is_manifested;

	uint8_t descriptors[DFUT_SIM_XMOS_DESCRIPTORS_SIZE];
	size_t descriptors_size;
	struct dfut_string strings[3 + PART_COUNT];
};

static void build(struct sln_voice *voice)
{
	static const uint8_t functional[] = {
		9,
		DFUT_SIM_FUNCTIONAL_DESCRIPTOR,
		ATTRIBUTES,
		DETACH_TIMEOUT_MS & 0xff,
		DETACH_TIMEOUT_MS >> 8,
		TRANSFER_SIZE & 0xff,
		TRANSFER_SIZE >> 8,
		VERSION_1_1 & 0xff,
		VERSION_1_1 >> 8,
	};
	size_t size = dfut_sim_xmos_put_audio(voice->descriptors, PRODUCT_ID, RELEASE, INTERFACE);

	for (uint8_t i = 0; i < PART_COUNT; i++) {
		const uint8_t dfu[] = {
			9, DFUT_SIM_INTERFACE_DESCRIPTOR, INTERFACE, i, 0, DFUT_SIM_DFU_CLASS, DFUT_SIM_DFU_SUBCLASS,
			2, (uint8_t)(FIRST_NAME + i),
		};

		memcpy(voice->descriptors + size, dfu, sizeof(dfu));
		size += sizeof(dfu);
		voice->strings[3 + i] = (struct dfut_string){ (uint8_t)(FIRST_NAME + i), part_names[i] };
	}
	memcpy(voice->descriptors + size, functional, sizeof(functional));
	voice->descriptors_size = size + sizeof(functional);
	dfut_sim_xmos_finish_descriptors(voice->descriptors, voice->descriptors_size);
	voice->strings[0] = (struct dfut_string){ 1, "XMOS" };
	voice->strings[1] = (struct dfut_string){ 2, "XCORE-VOICE (Virtual)" };
	voice->strings[2] = (struct dfut_string){ 3, voice->options.serial };
}

/* What ABORT, CLRSTATUS and SET_INTERFACE do in any state. */
static int start_again(struct sln_voice *voice)
{
	voice->state = DFU_IDLE;
	voice->status = STATUS_OK;
	dfut_sim_device_set_timer(voice->device, TIMER_WORK, UINT64_MAX);
	return 0;
}

static void fail(struct sln_voice *voice, uint8_t status)
{
	voice->state = DFU_ERROR;
	voice->status = status;
}

/* Requests. */

static int download(struct sln_voice *voice, const struct dfut_sim_setup *setup, const uint8_t *data)
{
	uint64_t offset = (uint64_t)setup->value * TRANSFER_SIZE;

	if (voice->state != DFU_IDLE && voice->state != DFU_DNLOAD_IDLE)
		return DFUT_ERROR_DEVICE;
	if (setup->length > TRANSFER_SIZE)
		return DFUT_ERROR_DEVICE;
	voice->state = setup->length ? DFU_DNLOAD_SYNC : DFU_MANIFEST_SYNC;
	voice->status = STATUS_OK;
	voice->is_written = false;
	voice->is_manifested = false;
	if (setup->length == 0)
		return 0;
	if (voice->alternate == PART_FACTORY)
		voice->status = ERR_WRITE;
	else if (offset + TRANSFER_SIZE > voice->options.size)
		voice->status = ERR_ADDRESS;
	if (voice->status != STATUS_OK)
		return setup->length;
	memset(voice->parts[voice->alternate] + offset, ERASED, TRANSFER_SIZE);
	memcpy(voice->parts[voice->alternate] + offset, data, setup->length);
	return setup->length;
}

static int upload(struct sln_voice *voice, const struct dfut_sim_setup *setup, uint8_t *data)
{
	uint64_t offset = (uint64_t)setup->value * TRANSFER_SIZE;
	uint64_t rest = offset < voice->options.size ? voice->options.size - offset : 0;
	size_t given = rest < setup->length ? (size_t)rest : setup->length;

	if (setup->length > TRANSFER_SIZE)
		return DFUT_ERROR_DEVICE;
	if (given)
		memcpy(data, voice->parts[voice->alternate] + offset, given);
	return (int)given;
}

/* Writing begins when the host has taken the first answer. Returns bwPollTimeout. */
static uint32_t sync(struct sln_voice *voice)
{
	if (voice->state == DFU_DNLOAD_SYNC && !voice->is_written) {
		voice->state = DFU_DNBUSY;
		dfut_sim_device_set_timer(voice->device, TIMER_WORK, voice->options.write_ms * DFUT_SIM_US_PER_MS);
		return POLL_MS;
	}
	if (voice->state == DFU_DNLOAD_SYNC)
		voice->state = DFU_DNLOAD_IDLE;
	if (voice->state == DFU_MANIFEST_SYNC && !voice->is_manifested) {
		voice->state = DFU_MANIFEST;
		dfut_sim_device_set_timer(voice->device, TIMER_WORK, voice->options.manifest_ms * DFUT_SIM_US_PER_MS);
		return POLL_MS;
	}
	if (voice->state == DFU_MANIFEST_SYNC)
		voice->state = DFU_IDLE;
	return 0;
}

static int get_status(struct sln_voice *voice, const struct dfut_sim_setup *setup, uint8_t *data)
{
	struct dfut_sim_dfu_answer answer = { .poll_ms = sync(voice) };

	answer.state = voice->state;
	answer.status = voice->state == DFU_ERROR ? voice->status : STATUS_OK;
	return dfut_sim_dfu_answer_status(&voice->rules, setup, data, &answer);
}

static void finish_work(struct sln_voice *voice)
{
	if (voice->state == DFU_DNBUSY && voice->status != STATUS_OK) {
		fail(voice, voice->status);
	} else if (voice->state == DFU_DNBUSY) {
		voice->is_written = true;
		voice->state = DFU_DNLOAD_SYNC;
	} else if (voice->state == DFU_MANIFEST) {
		voice->is_manifested = true;
		voice->state = DFU_MANIFEST_SYNC;
	}
}

static int detach(struct sln_voice *voice)
{
	if (voice->options.leaving.leave)
		dfut_sim_device_set_timer(voice->device, TIMER_REBOOT, REBOOT_US);
	return 0;
}

/* The model. */

static int sln_voice_control(void *state, const struct dfut_sim_setup *setup, uint8_t *data)
{
	struct sln_voice *voice = state;

	if ((setup->request_type & DFUT_SIM_TYPE_MASK) != DFUT_SIM_TYPE_CLASS || (uint8_t)setup->index != INTERFACE)
		return DFUT_ERROR_DEVICE;
	dfut_sim_dfu_rules_check(&voice->rules, setup, voice->state, voice->status);
	if (!dfut_sim_is_dfu_request(setup))
		return DFUT_ERROR_DEVICE;
	switch ((enum dfut_sim_dfu_request)setup->request) {
	case DFUT_SIM_DFU_DETACH:
		return detach(voice);
	case DFUT_SIM_DFU_DNLOAD:
		return download(voice, setup, data);
	case DFUT_SIM_DFU_UPLOAD:
		return upload(voice, setup, data);
	case DFUT_SIM_DFU_GETSTATUS:
		return get_status(voice, setup, data);
	case DFUT_SIM_DFU_GETSTATE:
		return dfut_sim_dfu_answer_state(setup, data, voice->state);
	case DFUT_SIM_DFU_CLRSTATUS:
	case DFUT_SIM_DFU_ABORT:
		break;
	}
	return start_again(voice);
}

static int sln_voice_set_interface(void *state, uint8_t number, uint8_t alternate)
{
	struct sln_voice *voice = state;

	if (number != INTERFACE)
		return 0;
	voice->alternate = alternate;
	return start_again(voice);
}

static uint32_t sln_voice_start(void *state, enum dfut_sim_start start)
{
	struct sln_voice *voice = state;

	(void)start;
	build(voice);
	voice->alternate = 0;
	voice->rules = (struct dfut_sim_dfu_rules){
		.device = voice->device,
		.transfer_size = TRANSFER_SIZE,
		.attributes = ATTRIBUTES,
		.is_zero_length_free = true,
		.is_detach_free = true,
		.has_no_upload_idle = true,
	};
	start_again(voice);
	return voice->options.leaving.ms;
}

static void sln_voice_timer(void *state, unsigned int timer)
{
	struct sln_voice *voice = state;

	if (timer == TIMER_WORK) {
		finish_work(voice);
		return;
	}
	sln_voice_start(voice, DFUT_SIM_START_POWER);
	dfut_sim_device_leave(voice->device, 0, dfut_sim_return_ms(&voice->options.leaving));
}

static int sln_voice_set_mode(void *state, const char *mode)
{
	if (strcmp(mode, "application") != 0)
		return DFUT_ERROR_USAGE;
	sln_voice_start(state, DFUT_SIM_START_POWER);
	return 0;
}

static const char *sln_voice_get_mode_name(const void *state)
{
	(void)state;
	return "application";
}

static const char *sln_voice_get_state_name(const void *state)
{
	const struct sln_voice *voice = state;

	return dfut_sim_dfu_state_get_name(voice->state);
}

static void sln_voice_describe(const void *state, struct dfut_sim_description *description)
{
	const struct sln_voice *voice = state;

	description->descriptors = voice->descriptors;
	description->descriptors_size = voice->descriptors_size;
	description->strings = voice->strings;
	description->string_count = DFUT_COUNT(voice->strings);
}

static int sln_voice_get_memory(void *state, size_t index, struct dfut_sim_memory *memory)
{
	struct sln_voice *voice = state;

	if (index >= PART_COUNT)
		return DFUT_ERROR_NOT_FOUND;
	*memory = (struct dfut_sim_memory){ memory_names[index], voice->parts[index], voice->options.size };
	return 0;
}

#define OPTION(key, kind, member, least, most, words) \
	{ \
		key, DFUT_SIM_OPTION_##kind, offsetof(struct sln_voice, options.member), least, most, words \
	}

static const struct dfut_sim_option sln_voice_options[] = {
	OPTION("size", SIZE, size, TRANSFER_SIZE, 16 * 1024 * 1024, NULL),
	OPTION("write-ms", NUMBER, write_ms, 0, 60000, NULL),
	OPTION("manifest-ms", NUMBER, manifest_ms, 0, 60000, NULL),
	OPTION("serial", TEXT, serial, 0, 0, NULL),
	DFUT_SIM_RETURN_OPTIONS(struct sln_voice, options.leaving),
};

static int sln_voice_set_option(void *state, const char *key, const char *value)
{
	return dfut_sim_option_set(sln_voice_options, DFUT_COUNT(sln_voice_options), state, key, value);
}

static int sln_voice_create(void *state, struct dfut_sim_device *device)
{
	struct sln_voice *voice = state;

	voice->device = device;
	voice->options.size = 512 * 1024;
	voice->options.write_ms = 50;
	voice->options.manifest_ms = 10;
	voice->options.leaving = (struct dfut_sim_return){ .leave = true, .returns = true, .ms = 700 };
	snprintf(voice->options.serial, sizeof(voice->options.serial), "123456");
	return 0;
}

static int sln_voice_prepare(void *state)
{
	struct sln_voice *voice = state;

	if (voice->options.size % TRANSFER_SIZE)
		return DFUT_ERROR_USAGE;
	for (size_t i = 0; i < PART_COUNT; i++) {
		voice->parts[i] = malloc(voice->options.size);
		if (!voice->parts[i])
			return DFUT_ERROR_NO_MEMORY;
		memset(voice->parts[i], i == PART_FACTORY ? 0xfa : ERASED, voice->options.size);
	}
	return 0;
}

static void sln_voice_destroy(void *state)
{
	struct sln_voice *voice = state;

	for (size_t i = 0; i < PART_COUNT; i++)
		free(voice->parts[i]);
}

const struct dfut_sim_model dfut_sim_sln_voice = {
	.size = sizeof(struct dfut_sim_model),
	.name = "sln-voice",
	.text = "a voice processor with XMOS's sln_voice, which has DFU mode in its application",
	.options = "size=BYTES: of each part of the flash, whole 4 KiB; K and M are understood\n"
		   "write-ms=MS: time to erase and write a block; it says 10 ms\n"
		   "manifest-ms=MS: time that the manifestation takes\n"
		   "serial=TEXT: serial number\n" DFUT_SIM_RETURN_TEXT DFUT_SIM_COMMON_TEXT,
	.state_size = sizeof(struct sln_voice),
	.create = sln_voice_create,
	.set_option = sln_voice_set_option,
	.prepare = sln_voice_prepare,
	.destroy = sln_voice_destroy,
	.start = sln_voice_start,
	.set_mode = sln_voice_set_mode,
	.get_mode_name = sln_voice_get_mode_name,
	.get_state_name = sln_voice_get_state_name,
	.describe = sln_voice_describe,
	.get_memory = sln_voice_get_memory,
	.control = sln_voice_control,
	.set_interface = sln_voice_set_interface,
	.timer = sln_voice_timer,
};
