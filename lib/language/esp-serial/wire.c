/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Frames of Espressif's ROM loader: SLIP with an END on either side, a header of 8 bytes, numbers, and a block. */

#include <string.h>

#include "base/slip.h"
#include "language/esp-serial/wire.h"

#define HEADER_SIZE 8
#define STATUS_SIZE 4
#define DIRECTION_REQUEST 0x00
#define DIRECTION_REPLY 0x01
#define CHECKSUM_START 0xef

#define USUAL_MS 3000
#define SYNC_MS 100
#define MIB (UINT32_C(1024) * 1024)
/* For each MiB: erasing and writing, and reading. */
#define WRITE_MIB_MS 40000
#define READ_MIB_MS 8000

/* Of flash, as the ROM is told it */
#define FLASH_BLOCK 0x10000
#define FLASH_SECTOR 0x1000
#define FLASH_PAGE 0x100
#define FLASH_STATUS_MASK 0xffff

static uint32_t get_checksum(const struct esp_serial_request *request)
{
	uint8_t sum = CHECKSUM_START;

	if (!request->data)
		return 0;
	for (size_t i = 0; i < request->data_size; i++)
		sum ^= request->data[i];
	return sum;
}

size_t esp_serial_put_request(uint8_t frame[ESP_SERIAL_FRAME_MAX], const struct esp_serial_request *request)
{
	uint8_t header[HEADER_SIZE] = { DIRECTION_REQUEST, (uint8_t)request->op };
	size_t used = 0;

	dfut_put_le16(header + 2, (uint16_t)(request->argument_size + request->data_size));
	dfut_put_le32(header + 4, get_checksum(request));
	frame[used++] = SLIP_END;
	used += slip_encode(frame + used, header, sizeof(header));
	used += slip_encode(frame + used, request->arguments, request->argument_size);
	if (request->data)
		used += slip_encode(frame + used, request->data, request->data_size);
	frame[used++] = SLIP_END;
	return used;
}

bool esp_serial_read_reply(struct esp_serial_reply *reply, enum esp_serial_op op, const uint8_t *frame, size_t size)
{
	const uint8_t *status = frame + size - STATUS_SIZE;

	if (size < HEADER_SIZE + STATUS_SIZE || frame[0] != DIRECTION_REPLY ||
	    dfut_le16(frame + 2) != size - HEADER_SIZE)
		return false;
	/* What the ROM does not understand it answers under another name. */
	if (frame[1] != (uint8_t)op &&
	    (size != HEADER_SIZE + STATUS_SIZE || !status[0] || status[1] != ESP_SERIAL_ERROR_MESSAGE))
		return false;
	*reply = (struct esp_serial_reply){ .is_refused = status[0],
					    .error = status[1],
					    .value = dfut_le32(frame + 4) };
	reply->payload_size = size - HEADER_SIZE - STATUS_SIZE;
	if (reply->payload_size > sizeof(reply->payload))
		return false;
	memcpy(reply->payload, frame + HEADER_SIZE, reply->payload_size);
	return true;
}

/* Requests. */

static void add(struct esp_serial_request *request, uint32_t value)
{
	dfut_put_le32(request->arguments + request->argument_size, value);
	request->argument_size += 4;
}

/* With so many bytes of flash, at a time for each MiB */
static uint32_t get_limit(uint32_t size, uint32_t mib_ms)
{
	uint32_t limit_ms = (uint32_t)((uint64_t)size * mib_ms / MIB);

	return limit_ms > USUAL_MS ? limit_ms : USUAL_MS;
}

struct esp_serial_request esp_serial_sync(void)
{
	struct esp_serial_request request = { .op = ESP_SERIAL_SYNC,
					      .arguments = { 0x07, 0x07, 0x12, 0x20 },
					      .argument_size = ESP_SERIAL_ARGUMENTS_MAX,
					      .limit_ms = SYNC_MS };

	memset(request.arguments + 4, 0x55, sizeof(request.arguments) - 4);
	return request;
}

struct esp_serial_request esp_serial_ask_security(void)
{
	return (struct esp_serial_request){ .op = ESP_SERIAL_SECURITY, .limit_ms = USUAL_MS };
}

struct esp_serial_request esp_serial_read_register(uint32_t address)
{
	struct esp_serial_request request = { .op = ESP_SERIAL_READ_REGISTER,
					      .address = address,
					      .limit_ms = USUAL_MS };

	add(&request, address);
	return request;
}

struct esp_serial_request esp_serial_write_register(uint32_t address, uint32_t value, uint32_t mask)
{
	struct esp_serial_request request = { .op = ESP_SERIAL_WRITE_REGISTER,
					      .address = address,
					      .limit_ms = USUAL_MS };

	add(&request, address);
	add(&request, value);
	add(&request, mask);
	add(&request, 0); /* microseconds to wait */
	return request;
}

struct esp_serial_request esp_serial_attach(void)
{
	struct esp_serial_request request = { .op = ESP_SERIAL_ATTACH, .limit_ms = USUAL_MS };

	add(&request, 0); /* the pins that the chip's eFuses say */
	add(&request, 0);
	return request;
}

struct esp_serial_request esp_serial_set_parameters(uint32_t flash_size)
{
	struct esp_serial_request request = { .op = ESP_SERIAL_PARAMETERS, .limit_ms = USUAL_MS };

	add(&request, 0);
	add(&request, flash_size);
	add(&request, FLASH_BLOCK);
	add(&request, FLASH_SECTOR);
	add(&request, FLASH_PAGE);
	add(&request, FLASH_STATUS_MASK);
	return request;
}

struct esp_serial_request esp_serial_begin_write(bool is_packed, uint32_t address, uint32_t size, uint32_t blocks)
{
	struct esp_serial_request request = { .op = is_packed ? ESP_SERIAL_DEFLATE_BEGIN : ESP_SERIAL_BEGIN,
					      .address = address,
					      .limit_ms = get_limit(size, WRITE_MIB_MS) };

	add(&request, size);
	add(&request, blocks);
	add(&request, ESP_SERIAL_BLOCK);
	add(&request, address);
	add(&request, 0); /* the ROM does not encrypt it */
	return request;
}

struct esp_serial_request esp_serial_write_block(bool is_packed, const uint8_t *data, size_t size, uint32_t number,
						 uint32_t out_size)
{
	struct esp_serial_request request = { .op = is_packed ? ESP_SERIAL_DEFLATE_DATA : ESP_SERIAL_DATA,
					      .data = data,
					      .data_size = size,
					      .limit_ms = get_limit(out_size, WRITE_MIB_MS) };

	add(&request, (uint32_t)size);
	add(&request, number);
	add(&request, 0);
	add(&request, 0);
	return request;
}

struct esp_serial_request esp_serial_ask_md5(uint32_t address, uint32_t size)
{
	struct esp_serial_request request = { .op = ESP_SERIAL_MD5,
					      .address = address,
					      .limit_ms = get_limit(size, READ_MIB_MS) };

	add(&request, address);
	add(&request, size);
	add(&request, 0);
	add(&request, 0);
	return request;
}

struct esp_serial_request esp_serial_read_flash(uint32_t address)
{
	struct esp_serial_request request = { .op = ESP_SERIAL_READ, .address = address, .limit_ms = USUAL_MS };

	add(&request, address);
	add(&request, ESP_SERIAL_READ_SIZE);
	return request;
}

const char *esp_serial_error_get_text(uint8_t error)
{
	static const char *const texts[] = {
		[0x05] = "invalid message",
		[0x06] = "failed",
		[0x07] = "wrong checksum",
		[0x08] = "flash write error",
		[0x09] = "flash read error",
		[0x0a] = "wrong length of a flash read",
		[0x0b] = "the compressed data are wrong",
		[0x0c] = "the checksum of the compressed data is wrong",
		[0x0d] = "parameters of the compression are wrong",
	};

	return error < DFUT_COUNT(texts) && texts[error] ? texts[error] : "an error that it does not name";
}
