/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Requests and answers of Espressif's ROM loader (esptool, docs/en/advanced-topics/serial-protocol.rst and loader.py). */

#ifndef DFUT_ESP_SERIAL_WIRE_H
#define DFUT_ESP_SERIAL_WIRE_H

#include "base/base.h"
#include "language/meaning.h"

/* What is never sent: the ends of writing (04, 12), which make the ROM leave, and all that runs code in RAM. */
enum esp_serial_op {
	ESP_SERIAL_BEGIN = 0x02,
	ESP_SERIAL_DATA = 0x03,
	ESP_SERIAL_SYNC = 0x08,
	ESP_SERIAL_WRITE_REGISTER = 0x09,
	ESP_SERIAL_READ_REGISTER = 0x0a,
	ESP_SERIAL_PARAMETERS = 0x0b,
	ESP_SERIAL_ATTACH = 0x0d,
	ESP_SERIAL_READ = 0x0e,
	ESP_SERIAL_DEFLATE_BEGIN = 0x10,
	ESP_SERIAL_DEFLATE_DATA = 0x11,
	ESP_SERIAL_MD5 = 0x13,
	ESP_SERIAL_SECURITY = 0x14,
};

/* What the ROM takes at once, and what it reads at once. */
#define ESP_SERIAL_BLOCK 0x400
#define ESP_SERIAL_READ_SIZE 64
#define ESP_SERIAL_SECTOR 4096
/* As the ROM tells it: text. */
#define ESP_SERIAL_MD5_SIZE 32
/* Of one SYNC, so many answers come. */
#define ESP_SERIAL_SYNC_ANSWERS 8

#define ESP_SERIAL_ARGUMENTS_MAX 36
/* In front of what a frame carries: END, direction, op, size, checksum */
#define ESP_SERIAL_HEAD 9
/* All of it escaped, between two ENDs. */
#define ESP_SERIAL_FRAME_MAX (2 + 2 * (8 + ESP_SERIAL_ARGUMENTS_MAX + ESP_SERIAL_BLOCK))

struct esp_serial_request {
	enum esp_serial_op op;
	uint8_t arguments[ESP_SERIAL_ARGUMENTS_MAX];
	size_t argument_size;
	const uint8_t *data; /* a block, whose checksum goes with it; NULL for none */
	size_t data_size;
	uint32_t address; /* that it is about, for people */
	uint32_t limit_ms;
};

enum esp_serial_error {
	ESP_SERIAL_ERROR_MESSAGE = 0x05, /* it does not know, or did not understand, the request */
	ESP_SERIAL_ERROR_CHECKSUM = 0x07,
};

struct esp_serial_reply {
	bool is_refused;
	uint8_t error;
	uint32_t value;
	uint8_t payload[ESP_SERIAL_READ_SIZE]; /* zeros behind it */
	size_t payload_size;
};

/* The frame; returns its bytes. */
size_t esp_serial_put_request(uint8_t frame[ESP_SERIAL_FRAME_MAX], const struct esp_serial_request *request);
/* Whether a frame answers a request of this kind. */
bool esp_serial_read_reply(struct esp_serial_reply *reply, enum esp_serial_op op, const uint8_t *frame, size_t size);

struct esp_serial_request esp_serial_sync(void);
struct esp_serial_request esp_serial_ask_security(void);
struct esp_serial_request esp_serial_read_register(uint32_t address);
/* Bits of the mask only. */
struct esp_serial_request esp_serial_write_register(uint32_t address, uint32_t value, uint32_t mask);
struct esp_serial_request esp_serial_attach(void);
struct esp_serial_request esp_serial_set_parameters(uint32_t flash_size);
/* So many bytes are erased from this address on, which takes a while; blocks follow. */
struct esp_serial_request esp_serial_begin_write(bool is_packed, uint32_t address, uint32_t size, uint32_t blocks);
/* The limit is for the bytes that come out of it. */
struct esp_serial_request esp_serial_write_block(bool is_packed, const uint8_t *data, size_t size, uint32_t number,
						 uint32_t out_size);
struct esp_serial_request esp_serial_ask_md5(uint32_t address, uint32_t size);
struct esp_serial_request esp_serial_read_flash(uint32_t address);

/* "wrong checksum" */
const char *esp_serial_error_get_text(uint8_t error);

/* In words; of a recording. */
bool esp_serial_explain(struct dfut_talk *talk, const struct dfut_tape_event *event, struct dfut_meaning *meaning);

#endif
