/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * DFU mode of the ESP32-S2's ROM. What it is sent is a cpio archive: dfuinfo0.dat says where each of the following
 * files goes and what its MD5 is (mkdfu.py). A file's region is erased when it begins. The states are those of Zephyr's
 * old DFU class, from which the ROM's descends. Times are those of a common serial flash (W25Q32JV).
 */

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "sim/parts/esp-dfu.h"

#define ERASED 0xff
#define SECTOR_SIZE 4096u
#define BLOCK_SIZE 65536u
#define PAGE_SIZE 256u
#define SECTOR_ERASE_US 45000u
#define BLOCK_ERASE_US 150000u
#define PAGE_PROGRAM_US 400u
/* In a record of dfuinfo0.dat */
#define RECORD_ADDRESS 0
#define RECORD_FLAGS 4
#define RECORD_NAME 8
#define RECORD_NAME_SIZE 64
#define RECORD_MD5 72
#define MD5_SIZE 16
#define FLAG_PARAM 0x04
#define FLAG_NOERASE 0x08
#define FLAG_IGNORE_MD5 0x10
#define PARAMS_CHIP_SIZE 12
#define INFO_NAME "dfuinfo0.dat"
/* The first bootloader of an ESP32-S2 is here; it begins with this. */
#define CODE_ADDRESS 0x1000
#define CODE_MAGIC 0xe9

static uint64_t get_now_us(const struct dfut_sim_esp_dfu *esp)
{
	return dfut_sim_device_get_time_us(esp->device);
}

static int refuse(struct dfut_sim_esp_dfu *esp, uint8_t status)
{
	esp->state = DFU_ERROR;
	esp->status = status;
	return DFUT_ERROR_DEVICE;
}

/* Files. All return a status, and add to the time that it takes. */

static const uint8_t *get_record(const struct dfut_sim_esp_dfu *esp)
{
	return esp->records + (size_t)(esp->file - 1) * DFUT_SIM_ESP_RECORD_SIZE;
}

static bool is_params(const struct dfut_sim_esp_dfu *esp)
{
	return dfut_le32(get_record(esp) + RECORD_FLAGS) & FLAG_PARAM;
}

static uint64_t erase(struct dfut_sim_esp_dfu *esp, uint32_t address, uint32_t size)
{
	uint32_t at = address / SECTOR_SIZE * SECTOR_SIZE;
	uint64_t us = 0;

	while (at < address + size) {
		bool is_block = at % BLOCK_SIZE == 0 && address + size - at >= BLOCK_SIZE;
		uint32_t step = is_block ? BLOCK_SIZE : SECTOR_SIZE;

		memset(esp->flash + at, ERASED, step);
		us += is_block ? BLOCK_ERASE_US : SECTOR_ERASE_US;
		at += step;
	}
	return us * esp->options.erase_percent / 100;
}

static uint8_t begin_record(struct dfut_sim_esp_dfu *esp, uint64_t *us)
{
	const uint8_t *record = get_record(esp);
	uint32_t address = dfut_le32(record + RECORD_ADDRESS);
	uint32_t size = esp->cpio.file_size;

	if (memcmp(record + RECORD_NAME, esp->cpio.name, esp->cpio.name_size) != 0)
		return ERR_FILE;
	if (is_params(esp))
		return size == sizeof(esp->params) ? STATUS_OK : ERR_FILE;
	if (address > esp->chip_size || size > esp->chip_size - address)
		return ERR_ADDRESS;
	if (!(dfut_le32(record + RECORD_FLAGS) & FLAG_NOERASE))
		*us += erase(esp, address, size);
	return STATUS_OK;
}

static uint8_t begin_file(struct dfut_sim_esp_dfu *esp, uint64_t *us)
{
	esp->offset = 0;
	if (esp->file == 0) {
		bool is_info = strcmp(esp->cpio.name, INFO_NAME) == 0 &&
			       esp->cpio.file_size % DFUT_SIM_ESP_RECORD_SIZE == 0 &&
			       esp->cpio.file_size <= sizeof(esp->records);

		esp->records_size = esp->cpio.file_size;
		return is_info ? STATUS_OK : ERR_FILE;
	}
	if (esp->file > esp->records_size / DFUT_SIM_ESP_RECORD_SIZE)
		return ERR_FILE;
	return begin_record(esp, us);
}

static void program(struct dfut_sim_esp_dfu *esp, const uint8_t *bytes, size_t count, uint64_t *us)
{
	uint32_t address = dfut_le32(get_record(esp) + RECORD_ADDRESS) + esp->offset;

	for (size_t i = 0; i < count; i++) {
		esp->flash[address + i] &= bytes[i];
		if ((address + i + 1) % PAGE_SIZE == 0)
			*us += PAGE_PROGRAM_US;
	}
}

static void take_bytes(struct dfut_sim_esp_dfu *esp, const uint8_t *bytes, size_t count, uint64_t *us)
{
	memcpy(esp->received + esp->offset, bytes, count);
	if (esp->file == 0)
		memcpy(esp->records + esp->offset, bytes, count);
	else if (is_params(esp))
		memcpy(esp->params + esp->offset, bytes, count);
	else
		program(esp, bytes, count, us);
	esp->offset += (uint32_t)count;
}

static uint8_t finish_record(struct dfut_sim_esp_dfu *esp)
{
	const uint8_t *record = get_record(esp);
	uint8_t md5[DFUT_DIGEST_MAX_SIZE];
	uint32_t chip_size = dfut_le32(esp->params + PARAMS_CHIP_SIZE);

	if (!dfut_digest(md5, DFUT_DIGEST_MD5, esp->received, esp->offset))
		return ERR_VERIFY;
	if (!(dfut_le32(record + RECORD_FLAGS) & FLAG_IGNORE_MD5) && memcmp(md5, record + RECORD_MD5, MD5_SIZE) != 0)
		return ERR_VERIFY;
	if (is_params(esp) && chip_size < esp->chip_size)
		esp->chip_size = chip_size;
	return STATUS_OK;
}

static uint8_t finish_file(struct dfut_sim_esp_dfu *esp)
{
	uint8_t status = esp->file ? finish_record(esp) : STATUS_OK;

	esp->file++;
	return status;
}

static uint8_t finish_archive(struct dfut_sim_esp_dfu *esp)
{
	esp->is_complete = esp->file == esp->records_size / DFUT_SIM_ESP_RECORD_SIZE + 1;
	return esp->is_complete ? STATUS_OK : ERR_FILE;
}

static void check_rest(struct dfut_sim_esp_dfu *esp, const uint8_t *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!bytes[i])
			continue;
		dfut_sim_device_breach(esp->device, "%s: there is something behind the archive (DFU 1.1, B)",
				       dfut_sim_dfu_state_get_name(esp->state));
		return;
	}
}

static uint8_t take_block(struct dfut_sim_esp_dfu *esp, const uint8_t *data, size_t size, uint64_t *us)
{
	uint8_t status = STATUS_OK;

	while (status == STATUS_OK) {
		const uint8_t *bytes;
		size_t count;

		switch (dfut_sim_cpio_take(&esp->cpio, &data, &size, &bytes, &count)) {
		case DFUT_SIM_CPIO_NOTHING:
			check_rest(esp, bytes, count);
			return STATUS_OK;
		case DFUT_SIM_CPIO_FILE:
			status = begin_file(esp, us);
			break;
		case DFUT_SIM_CPIO_BYTES:
			take_bytes(esp, bytes, count, us);
			break;
		case DFUT_SIM_CPIO_FILE_END:
			status = finish_file(esp);
			break;
		case DFUT_SIM_CPIO_TRAILER:
			status = finish_archive(esp);
			break;
		case DFUT_SIM_CPIO_WRONG:
			status = ERR_FILE;
			break;
		}
	}
	return status;
}

/* Requests. */

static void begin_archive(struct dfut_sim_esp_dfu *esp)
{
	memset(&esp->cpio, 0, sizeof(esp->cpio));
	esp->file = 0;
	esp->records_size = 0;
	esp->chip_size = esp->options.flash_size;
	esp->is_complete = false;
}

static int download(struct dfut_sim_esp_dfu *esp, const struct dfut_sim_setup *setup, const uint8_t *data)
{
	uint64_t us = 0;

	if (esp->state != DFU_IDLE && esp->state != DFU_DNLOAD_IDLE)
		return refuse(esp, ERR_STALLEDPKT);
	if (setup->length > esp->rules.transfer_size || (setup->length == 0 && esp->state == DFU_IDLE))
		return refuse(esp, ERR_STALLEDPKT);
	if (setup->length == 0 && !esp->is_complete)
		return refuse(esp, ERR_NOTDONE);
	if (esp->state == DFU_IDLE)
		begin_archive(esp);
	dfut_sim_device_set_timer(esp->device, DFUT_SIM_ESP_TIMER, UINT64_MAX);
	if (setup->length)
		esp->status = take_block(esp, data, setup->length, &us);
	esp->state = setup->length ? DFU_DNLOAD_SYNC : DFU_MANIFEST_SYNC;
	esp->work_until_us = get_now_us(esp) + us;
	if (esp->options.work == DFUT_SIM_ESP_IN_DNLOAD) {
		esp->work_until_us = 0;
		dfut_sim_device_delay_answer(esp->device, (uint32_t)((us + 999) / 1000));
	}
	return setup->length;
}

/* It restarts by itself in either way. Both return bwPollTimeout. */
static uint32_t manifest(struct dfut_sim_esp_dfu *esp)
{
	bool is_short = esp->options.manifest == DFUT_SIM_ESP_TO_IDLE;

	esp->state = is_short ? DFU_IDLE : DFU_MANIFEST;
	dfut_sim_device_set_timer(esp->device, DFUT_SIM_ESP_TIMER, esp->options.manifest_ms * DFUT_SIM_US_PER_MS);
	return is_short ? 0 : esp->options.manifest_ms;
}

static uint32_t sync(struct dfut_sim_esp_dfu *esp)
{
	uint64_t now_us = get_now_us(esp);
	uint32_t rest_ms = esp->work_until_us > now_us ? (uint32_t)((esp->work_until_us - now_us + 999) / 1000) : 0;

	if (esp->state == DFU_MANIFEST_SYNC)
		return manifest(esp);
	if (esp->state != DFU_DNLOAD_SYNC && esp->state != DFU_DNBUSY)
		return 0;
	if (rest_ms && esp->options.work == DFUT_SIM_ESP_BUSY) {
		esp->state = DFU_DNBUSY;
		return rest_ms;
	}
	dfut_sim_device_delay_answer(esp->device, rest_ms);
	esp->state = esp->status == STATUS_OK ? DFU_DNLOAD_IDLE : DFU_ERROR;
	return 0;
}

static int get_status(struct dfut_sim_esp_dfu *esp, const struct dfut_sim_setup *setup, uint8_t *data)
{
	struct dfut_sim_dfu_answer answer = { .poll_ms = sync(esp) };

	answer.state = esp->state;
	answer.status = esp->state == DFU_ERROR ? esp->status : STATUS_OK;
	return dfut_sim_dfu_answer_status(&esp->rules, setup, data, &answer);
}

static int answer_request(struct dfut_sim_esp_dfu *esp, const struct dfut_sim_setup *setup, uint8_t *data)
{
	switch ((enum dfut_sim_dfu_request)setup->request) {
	case DFUT_SIM_DFU_DNLOAD:
		return download(esp, setup, data);
	case DFUT_SIM_DFU_GETSTATUS:
		return get_status(esp, setup, data);
	case DFUT_SIM_DFU_GETSTATE:
		return dfut_sim_dfu_answer_state(setup, data, esp->state);
	case DFUT_SIM_DFU_CLRSTATUS:
	case DFUT_SIM_DFU_ABORT:
		esp->state = DFU_IDLE;
		esp->status = STATUS_OK;
		return 0;
	case DFUT_SIM_DFU_DETACH:
		return DFUT_ERROR_DEVICE;
	case DFUT_SIM_DFU_UPLOAD:
		break;
	}
	return refuse(esp, ERR_STALLEDPKT);
}

int dfut_sim_esp_dfu_answer(struct dfut_sim_esp_dfu *esp, const struct dfut_sim_setup *setup, uint8_t *data)
{
	dfut_sim_dfu_rules_check(&esp->rules, setup, esp->state, esp->status);
	if (!dfut_sim_is_dfu_request(setup) || esp->state == DFU_MANIFEST)
		return DFUT_ERROR_DEVICE;
	return answer_request(esp, setup, data);
}

/* Its life. */

void dfut_sim_esp_dfu_set_defaults(struct dfut_sim_esp_dfu *esp)
{
	esp->code_address = CODE_ADDRESS;
	esp->options.erase_percent = 100;
	esp->options.flash_size = 2 * 1024 * 1024;
	esp->options.manifest_ms = 1000;
}

int dfut_sim_esp_dfu_prepare(struct dfut_sim_esp_dfu *esp)
{
	if (esp->options.flash_size % BLOCK_SIZE)
		return DFUT_ERROR_USAGE;
	esp->flash = malloc(esp->options.flash_size);
	esp->received = malloc(esp->options.flash_size);
	if (!esp->flash || !esp->received)
		return DFUT_ERROR_NO_MEMORY;
	memset(esp->flash, ERASED, esp->options.flash_size);
	esp->flash[esp->code_address] = CODE_MAGIC;
	return 0;
}

void dfut_sim_esp_dfu_free(struct dfut_sim_esp_dfu *esp)
{
	free(esp->received);
	free(esp->flash);
}

void dfut_sim_esp_dfu_start(struct dfut_sim_esp_dfu *esp, struct dfut_sim_device *device, uint16_t transfer_size,
			    uint8_t attributes)
{
	esp->device = device;
	esp->rules = (struct dfut_sim_dfu_rules){
		.device = device,
		.transfer_size = transfer_size,
		.attributes = attributes,
	};
	esp->state = DFU_IDLE;
	esp->status = STATUS_OK;
	begin_archive(esp);
}

bool dfut_sim_esp_dfu_has_code(const struct dfut_sim_esp_dfu *esp)
{
	return esp->flash[esp->code_address] == CODE_MAGIC;
}
