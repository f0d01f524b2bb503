/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Frames of the ROM loader of an ESP chip, and its answers: esptool's docs/en/advanced-topics/serial-protocol.rst and
 * loader.py. A frame begins and ends with END; what is between frames is nothing.
 */

#include <stdlib.h>
#include <string.h>

#include "sim/parts/esp-loader.h"

#define HEADER_SIZE 8u
#define REQUEST 0
#define ANSWER 1
#define STATUS_SIZE 4u
#define STUB_STATUS_SIZE 2u
#define STUB_UNKNOWN 0xff
#define SYNC_ANSWERS 8
#define UNKNOWN_ANSWERS 8
/* In the answers to what it does not know, in place of the request's */
#define UNKNOWN_OP 0
#define SYNC_SIZE 36u
/* As in the trace of serial-protocol.rst */
#define SYNC_VALUE 0x55201207u
#define RAM_BLOCK 0x1800u
#define BLOCK_HEADER_SIZE 16u
#define FLAG_SECURE_BOOT 1u
#define FLAG_SECURE_DOWNLOAD 4u
#define PURPOSE_XTS 4
#define PURPOSE_DIGEST 9
#define ERASED 0xff
#define FLASH_SIZE (4u * 1024u * 1024u)
#define ERASE_MS 45
#define WRITE_US 1000
#define ANSWER_US 200
#define BOOT_LOG_US 20000
/* Time enough for the answer to be read */
#define END_US 20000

enum op {
	OP_BEGIN = 0x02,
	OP_DATA = 0x03,
	OP_END = 0x04,
	OP_RAM_BEGIN = 0x05,
	OP_RAM_END = 0x06,
	OP_RAM_DATA = 0x07,
	OP_SYNC = 0x08,
	OP_WRITE_REGISTER = 0x09,
	OP_READ_REGISTER = 0x0a,
	OP_SET_PARAMETERS = 0x0b,
	OP_ATTACH = 0x0d,
	OP_READ = 0x0e,
	OP_SET_RATE = 0x0f,
	OP_DEFLATE_BEGIN = 0x10,
	OP_DEFLATE_DATA = 0x11,
	OP_DEFLATE_END = 0x12,
	OP_MD5 = 0x13,
	OP_SECURITY = 0x14,
};

const char *dfut_sim_esp_loader_get_state_name(const struct dfut_sim_esp_loader *loader)
{
	if (loader->is_stub)
		return "stub";
	if (loader->is_deaf)
		return "running";
	if (loader->job.is_open)
		return "writing";
	return loader->is_attached ? "attached" : "waiting";
}

/* Time. */

static uint64_t get_busy_us(const struct dfut_sim_esp_loader *loader)
{
	uint64_t now_us = dfut_sim_device_get_time_us(loader->device);

	return loader->busy_until_us > now_us ? loader->busy_until_us - now_us : 0;
}

void dfut_sim_esp_loader_take_time(struct dfut_sim_esp_loader *loader, uint64_t us)
{
	loader->busy_until_us = dfut_sim_device_get_time_us(loader->device) + get_busy_us(loader) + us;
}

/* Answers. */

static size_t make_answer(const struct dfut_sim_esp_loader *loader, const struct dfut_sim_esp_request *request,
			  uint8_t error, uint8_t *frame)
{
	uint8_t bytes[HEADER_SIZE + sizeof(request->answer) + STATUS_SIZE] = { ANSWER, request->op };
	size_t status_size = loader->is_stub ? STUB_STATUS_SIZE : STATUS_SIZE;
	size_t size = HEADER_SIZE;
	size_t put = 0;

	/* A failure has nothing in front of its status. */
	if (error == DFUT_SIM_ESP_OK) {
		memcpy(bytes + size, request->answer, request->answer_size);
		size += request->answer_size;
	}
	bytes[size] = error != DFUT_SIM_ESP_OK;
	bytes[size + 1] = error;
	size += status_size;
	dfut_put_le16(bytes + 2, (uint16_t)(size - HEADER_SIZE));
	dfut_put_le32(bytes + 4, request->value);
	frame[put++] = DFUT_SIM_SLIP_END;
	put += dfut_sim_slip_put(frame + put, bytes, size);
	frame[put++] = DFUT_SIM_SLIP_END;
	return put;
}

static void answer(struct dfut_sim_esp_loader *loader, const struct dfut_sim_esp_request *request, uint8_t error,
		   int times)
{
	uint8_t bytes[SYNC_ANSWERS * 2 * (HEADER_SIZE + sizeof(request->answer) + STATUS_SIZE + 1)];
	size_t size = 0;

	for (int i = 0; i < times; i++)
		size += make_answer(loader, request, error, bytes + size);
	dfut_sim_serial_say(&loader->serial, bytes, size, get_busy_us(loader) + ANSWER_US);
}

/* Requests. */

static uint8_t sync(const struct dfut_sim_esp_loader *loader, struct dfut_sim_esp_request *request)
{
	static const uint8_t head[] = { 0x07, 0x07, 0x12, 0x20 };

	if (request->size != SYNC_SIZE || memcmp(request->data, head, sizeof(head)) != 0)
		return DFUT_SIM_ESP_INVALID;
	request->value = loader->is_stub ? 0 : SYNC_VALUE;
	return DFUT_SIM_ESP_OK;
}

static uint8_t tell_security(const struct dfut_sim_esp_loader *loader, struct dfut_sim_esp_request *request)
{
	uint32_t flags = loader->options.has_secure_boot ? FLAG_SECURE_BOOT : 0;

	if (request->size != 0)
		return DFUT_SIM_ESP_INVALID;
	if (loader->options.has_secure_download)
		flags |= FLAG_SECURE_DOWNLOAD;
	dfut_put_le32(request->answer, flags);
	request->answer[4] = loader->options.is_encrypted;
	request->answer[5] = loader->options.is_encrypted ? PURPOSE_XTS : 0;
	request->answer[6] = loader->options.has_secure_boot ? PURPOSE_DIGEST : 0;
	dfut_put_le32(request->answer + 12, loader->chip->id);
	request->answer_size = loader->chip->tells_id ? 20 : 12;
	return DFUT_SIM_ESP_OK;
}

/* What is loaded into RAM is not run: once it should, nobody is there any more. */
static uint8_t take_ram(struct dfut_sim_esp_loader *loader, const struct dfut_sim_esp_request *request)
{
	uint8_t checksum = 0xef;

	if (request->op == OP_RAM_BEGIN)
		return request->size == 16 ? DFUT_SIM_ESP_OK : DFUT_SIM_ESP_INVALID;
	if (request->op == OP_RAM_END) {
		if (request->size != 8)
			return DFUT_SIM_ESP_INVALID;
		loader->is_deaf = dfut_le32(request->data) == 0;
		return DFUT_SIM_ESP_OK;
	}
	if (request->size < BLOCK_HEADER_SIZE || request->size > BLOCK_HEADER_SIZE + RAM_BLOCK ||
	    dfut_le32(request->data) != request->size - BLOCK_HEADER_SIZE)
		return DFUT_SIM_ESP_INVALID;
	for (size_t i = BLOCK_HEADER_SIZE; i < request->size; i++)
		checksum ^= request->data[i];
	return request->checksum == checksum ? DFUT_SIM_ESP_OK : DFUT_SIM_ESP_CHECKSUM;
}

static uint8_t end(struct dfut_sim_esp_loader *loader, const struct dfut_sim_esp_request *request)
{
	if (request->size != 4)
		return DFUT_SIM_ESP_INVALID;
	dfut_sim_device_breach(loader->device, "%s: the loader is left with %02x, not by a reset",
			       dfut_sim_esp_loader_get_state_name(loader), request->op);
	loader->job.is_open = false;
	dfut_sim_device_set_timer(loader->device, DFUT_SIM_ESP_LOADER_RESET, get_busy_us(loader) + END_US);
	return DFUT_SIM_ESP_OK;
}

static bool is_known(const struct dfut_sim_esp_loader *loader, uint8_t op)
{
	switch (op) {
	case OP_SYNC:
	case OP_ATTACH:
	case OP_SET_PARAMETERS:
	case OP_SET_RATE:
	case OP_BEGIN:
	case OP_DATA:
	case OP_END:
	case OP_SECURITY:
		return true;
	case OP_RAM_BEGIN:
	case OP_RAM_END:
	case OP_RAM_DATA:
	case OP_WRITE_REGISTER:
	case OP_READ_REGISTER:
	case OP_READ:
	case OP_DEFLATE_BEGIN:
	case OP_DEFLATE_DATA:
	case OP_DEFLATE_END:
	case OP_MD5:
		return !loader->options.has_secure_download;
	default:
		return false;
	}
}

static uint8_t carry_out(struct dfut_sim_esp_loader *loader, struct dfut_sim_esp_request *request)
{
	switch ((enum op)request->op) {
	case OP_SYNC:
		return sync(loader, request);
	case OP_SECURITY:
		return tell_security(loader, request);
	case OP_ATTACH:
		return dfut_sim_esp_attach(loader, request);
	case OP_SET_PARAMETERS:
		return dfut_sim_esp_set_parameters(loader, request);
	case OP_SET_RATE:
		return request->size == 8 ? DFUT_SIM_ESP_OK : DFUT_SIM_ESP_INVALID;
	case OP_BEGIN:
	case OP_DEFLATE_BEGIN:
		return dfut_sim_esp_begin(loader, request);
	case OP_DATA:
	case OP_DEFLATE_DATA:
		return dfut_sim_esp_take_block(loader, request);
	case OP_END:
	case OP_DEFLATE_END:
		return end(loader, request);
	case OP_RAM_BEGIN:
	case OP_RAM_DATA:
	case OP_RAM_END:
		return take_ram(loader, request);
	case OP_WRITE_REGISTER:
		return dfut_sim_esp_write_registers(loader, request);
	case OP_READ_REGISTER:
		return dfut_sim_esp_read_register(loader, request);
	case OP_READ:
		return dfut_sim_esp_read(loader, request);
	case OP_MD5:
		return dfut_sim_esp_get_md5(loader, request);
	}
	return DFUT_SIM_ESP_INVALID;
}

/* A stub answers with a status of its own, which has two bytes. */
static void answer_as_stub(struct dfut_sim_esp_loader *loader, struct dfut_sim_esp_request *request)
{
	bool is_sync = request->op == OP_SYNC;

	answer(loader, request, is_sync ? sync(loader, request) : STUB_UNKNOWN, is_sync ? SYNC_ANSWERS : 1);
}

static void take_request(struct dfut_sim_esp_loader *loader, struct dfut_sim_esp_request *request)
{
	uint8_t error = DFUT_SIM_ESP_INVALID;

	if (loader->owes && !dfut_sim_serial_is_empty(&loader->serial) && request->op != OP_SYNC)
		dfut_sim_device_breach(loader->device, "%s: request %02x before the last answer was read",
				       dfut_sim_esp_loader_get_state_name(loader), request->op);
	loader->owes = request->op != OP_SYNC;
	if (loader->is_stub) {
		answer_as_stub(loader, request);
		return;
	}
	if (!is_known(loader, request->op)) {
		request->op = UNKNOWN_OP;
		answer(loader, request, DFUT_SIM_ESP_INVALID, UNKNOWN_ANSWERS);
		return;
	}
	if (dfut_le16(loader->frame + 2) == request->size)
		error = carry_out(loader, request);
	answer(loader, request, error, request->op == OP_SYNC && error == DFUT_SIM_ESP_OK ? SYNC_ANSWERS : 1);
}

/* Frames. */

static void take_frame(struct dfut_sim_esp_loader *loader)
{
	struct dfut_sim_esp_request request = { .op = loader->frame[1],
						.data = loader->frame + HEADER_SIZE,
						.checksum = 0 };

	if (loader->size < HEADER_SIZE || loader->frame[0] != REQUEST)
		return;
	loader->device->counters.frames++;
	request.size = loader->size - HEADER_SIZE;
	request.checksum = dfut_le32(loader->frame + 4);
	take_request(loader, &request);
}

static void take_end(struct dfut_sim_esp_loader *loader)
{
	bool is_frame = loader->is_inside && loader->size && !loader->is_wrong;

	if (is_frame)
		take_frame(loader);
	/* Two in a row: the second one begins a frame. */
	loader->is_inside = !is_frame;
	loader->is_escaped = false;
	loader->is_wrong = false;
	loader->size = 0;
}

static void add(struct dfut_sim_esp_loader *loader, uint8_t byte)
{
	size_t room = loader->is_otg ? HEADER_SIZE + BLOCK_HEADER_SIZE + DFUT_SIM_ESP_OTG_BLOCK : sizeof(loader->frame);

	if (loader->size < room) {
		loader->frame[loader->size++] = byte;
		return;
	}
	loader->is_wrong = true;
	dfut_sim_device_breach(loader->device, "%s: a request with more than 0x%x bytes is lost",
			       dfut_sim_esp_loader_get_state_name(loader),
			       (unsigned int)(room - HEADER_SIZE - BLOCK_HEADER_SIZE));
}

static void take_byte(struct dfut_sim_esp_loader *loader, uint8_t byte)
{
	if (byte == DFUT_SIM_SLIP_END) {
		take_end(loader);
	} else if (!loader->is_inside || loader->is_wrong) {
		return;
	} else if (loader->is_escaped) {
		loader->is_escaped = false;
		loader->is_wrong = byte != DFUT_SIM_SLIP_ESC_END && byte != DFUT_SIM_SLIP_ESC_ESC;
		add(loader, byte == DFUT_SIM_SLIP_ESC_END ? DFUT_SIM_SLIP_END : DFUT_SIM_SLIP_ESC);
	} else if (byte == DFUT_SIM_SLIP_ESC) {
		loader->is_escaped = true;
	} else {
		add(loader, byte);
	}
}

int dfut_sim_esp_loader_receive(struct dfut_sim_esp_loader *loader, const uint8_t *data, size_t size)
{
	loader->device->counters.bytes += size;
	for (size_t i = 0; i < size && !loader->is_deaf; i++)
		take_byte(loader, data[i]);
	return (int)size;
}

/* Life. */

void dfut_sim_esp_loader_create(struct dfut_sim_esp_loader *loader, struct dfut_sim_device *device,
				enum dfut_sim_esp_chip_name chip)
{
	loader->device = device;
	loader->chip = dfut_sim_esp_get_chip(chip);
	loader->options.flash_size = FLASH_SIZE;
	loader->options.erase_ms = ERASE_MS;
	loader->options.write_us = WRITE_US;
	loader->options.forces_download = true;
}

int dfut_sim_esp_loader_prepare(struct dfut_sim_esp_loader *loader, uint8_t *flash)
{
	if (loader->options.flash_size % DFUT_SIM_ESP_SECTOR)
		return DFUT_ERROR_USAGE;
	loader->is_flash_own = !flash;
	loader->flash = flash ? flash : malloc(loader->options.flash_size);
	if (!loader->flash)
		return DFUT_ERROR_NO_MEMORY;
	if (!flash)
		memset(loader->flash, ERASED, loader->options.flash_size);
	dfut_sim_esp_make_image(loader, loader->chip->code_address);
	if (!flash)
		dfut_sim_esp_make_image(loader, DFUT_SIM_ESP_APPLICATION);
	return 0;
}

void dfut_sim_esp_loader_free(struct dfut_sim_esp_loader *loader)
{
	if (loader->is_flash_own)
		free(loader->flash);
}

bool dfut_sim_esp_loader_is_wanted(const struct dfut_sim_esp_loader *loader)
{
	return loader->options.has_strap || loader->is_download_forced;
}

void dfut_sim_esp_loader_lose_power(struct dfut_sim_esp_loader *loader)
{
	loader->is_download_forced = false;
}

void dfut_sim_esp_loader_start(struct dfut_sim_esp_loader *loader, bool is_loader)
{
	dfut_sim_serial_start(&loader->serial, loader->device, DFUT_SIM_ESP_LOADER_REPLY);
	dfut_sim_device_set_timer(loader->device, DFUT_SIM_ESP_LOADER_RESET, UINT64_MAX);
	dfut_sim_device_set_timer(loader->device, DFUT_SIM_ESP_LOADER_WATCHDOG, UINT64_MAX);
	loader->size = 0;
	loader->is_inside = false;
	loader->is_escaped = false;
	loader->is_wrong = false;
	loader->is_stub = false;
	loader->is_deaf = !is_loader;
	loader->is_attached = false;
	loader->owes = false;
	loader->total_size = 0;
	loader->busy_until_us = 0;
	loader->job = (struct dfut_sim_esp_job){ .is_open = false };
	loader->register_count = 0;
	if (is_loader)
		dfut_sim_esp_start_watchdogs(loader);
	if (is_loader && loader->options.has_boot_log && loader->chip->boot_log)
		dfut_sim_serial_say(&loader->serial, (const uint8_t *)loader->chip->boot_log,
				    strlen(loader->chip->boot_log), BOOT_LOG_US);
}

void dfut_sim_esp_loader_start_stub(struct dfut_sim_esp_loader *loader)
{
	loader->is_stub = true;
	dfut_sim_serial_forget(&loader->serial);
}
