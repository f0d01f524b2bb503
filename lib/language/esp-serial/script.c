/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What has to be done by registers: stop watchdogs, ask the flash what it is, reset (esptool, esptool/targets and loader.py). */

#include <inttypes.h>

#include "language/esp-serial/script.h"

#define ALL UINT32_MAX

#define WATCHDOG_KEY 0x50d83aa1
#define SUPER_KEY 0x8f1d312a
#define SUPER_AUTO_FEED (UINT32_C(1) << 31)
/* 2000 ticks of the slow clock, then a reset of the chip and its RTC */
#define WATCHDOG_TICKS 2000
#define WATCHDOG_GO (UINT32_C(1) << 31 | UINT32_C(5) << 28 | UINT32_C(1) << 8 | 2)
#define FORCE_DOWNLOAD 1

/* SPI1 */
#define SPI_COMMAND 0x00
#define SPI_COMMAND_USER (UINT32_C(1) << 18)
#define SPI_USER 0x18
#define SPI_USER_COMMAND (UINT32_C(1) << 31)
#define SPI_USER_READ (UINT32_C(1) << 28)
#define SPI_USER2 0x20
#define SPI_USER2_BITS_8 (UINT32_C(7) << 28)
#define SPI_READ_BITS 0x28
#define SPI_DATA 0x58
/* Of flash: its JEDEC id, of three bytes */
#define FLASH_READ_ID 0x9f
#define FLASH_ID_MASK 0xffffff
#define FLASH_ID_LINE 8

#define WAIT_LIMIT 10

static void write(struct esp_serial_script *script, uint32_t address, uint32_t value, uint32_t mask)
{
	script->lines[script->count++] = (struct esp_serial_line){ ESP_SERIAL_LINE_WRITE, address, value, mask };
}

static void add(struct esp_serial_script *script, enum esp_serial_line_kind kind, uint32_t address, uint32_t value)
{
	script->lines[script->count++] = (struct esp_serial_line){
		.kind = kind, .address = address, .value = value, .mask = value
	};
}

void esp_serial_script_stop_watchdogs(struct esp_serial_script *script, const struct esp_serial_chip *chip)
{
	*script = (struct esp_serial_script){ 0 };
	if (chip->option)
		write(script, chip->option, 0, FORCE_DOWNLOAD);
	write(script, chip->lock, WATCHDOG_KEY, ALL);
	write(script, chip->watchdog, 0, ALL);
	write(script, chip->lock, 0, ALL);
	if (!chip->super)
		return;
	write(script, chip->super + 4, SUPER_KEY, ALL);
	write(script, chip->super, SUPER_AUTO_FEED, SUPER_AUTO_FEED);
	write(script, chip->super + 4, 0, ALL);
}

void esp_serial_script_ask_flash(struct esp_serial_script *script, const struct esp_serial_chip *chip)
{
	*script = (struct esp_serial_script){ 0 };
	add(script, ESP_SERIAL_LINE_READ, chip->flash + SPI_USER, 0);
	add(script, ESP_SERIAL_LINE_READ, chip->flash + SPI_USER2, 0);
	write(script, chip->flash + SPI_READ_BITS, 24 - 1, ALL);
	write(script, chip->flash + SPI_USER, SPI_USER_COMMAND | SPI_USER_READ, ALL);
	write(script, chip->flash + SPI_USER2, SPI_USER2_BITS_8 | FLASH_READ_ID, ALL);
	write(script, chip->flash + SPI_DATA, 0, ALL);
	write(script, chip->flash + SPI_COMMAND, SPI_COMMAND_USER, ALL);
	add(script, ESP_SERIAL_LINE_WAIT, chip->flash + SPI_COMMAND, SPI_COMMAND_USER);
	add(script, ESP_SERIAL_LINE_READ, chip->flash + SPI_DATA, 0);
	add(script, ESP_SERIAL_LINE_RESTORE, chip->flash + SPI_USER, 0);
	add(script, ESP_SERIAL_LINE_RESTORE, chip->flash + SPI_USER2, 1);
}

uint32_t esp_serial_script_get_flash_id(const struct esp_serial_script *script)
{
	return script->lines[FLASH_ID_LINE].value & FLASH_ID_MASK;
}

void esp_serial_script_reset(struct esp_serial_script *script, const struct esp_serial_chip *chip)
{
	*script = (struct esp_serial_script){ 0 };
	if (chip->option)
		write(script, chip->option, 0, FORCE_DOWNLOAD);
	write(script, chip->lock, WATCHDOG_KEY, ALL);
	write(script, chip->watchdog + 4, WATCHDOG_TICKS, ALL);
	write(script, chip->watchdog, WATCHDOG_GO, ALL);
	write(script, chip->lock, 0, ALL);
}

bool esp_serial_script_has_reset(const struct esp_serial_script *script)
{
	return script->count && script->at + 2 >= script->count && script->is_asked;
}

static int fail_wait(const struct esp_serial_core *core)
{
	dfut_fail(core->job->failure, DFUT_ERROR_DEVICE,
		  "asking the flash what it is: the chip's SPI controller does not come to an end");
	dfut_hint(core->job->failure, "unplug it, plug it in again, and repeat");
	return DFUT_ERROR_DEVICE;
}

/* 1: the line is done. */
static int take(struct esp_serial_script *script, struct esp_serial_core *core)
{
	struct esp_serial_line *line = &script->lines[script->at];

	if (line->kind == ESP_SERIAL_LINE_READ)
		line->value = core->reply.value;
	if (line->kind != ESP_SERIAL_LINE_WAIT || !(core->reply.value & line->mask))
		return 1;
	return ++script->waits == WAIT_LIMIT ? fail_wait(core) : 0;
}

static int ask(struct esp_serial_script *script, struct esp_serial_core *core, struct dfut_next *next)
{
	const struct esp_serial_line *line = &script->lines[script->at];
	struct esp_serial_request request;

	switch (line->kind) {
	case ESP_SERIAL_LINE_WRITE:
		request = esp_serial_write_register(line->address, line->value, line->mask);
		break;
	case ESP_SERIAL_LINE_RESTORE:
		request = esp_serial_write_register(line->address, script->lines[line->value].value, ALL);
		break;
	case ESP_SERIAL_LINE_READ:
	case ESP_SERIAL_LINE_WAIT:
		request = esp_serial_read_register(line->address);
		break;
	}
	script->is_asked = true;
	return esp_serial_core_ask(core, &request, next);
}

int esp_serial_script_next(struct esp_serial_script *script, struct esp_serial_core *core, struct dfut_next *next)
{
	int result = script->is_asked ? take(script, core) : 0;

	if (result < 0)
		return result;
	script->at += (size_t)result;
	if (script->at == script->count)
		return 1;
	return ask(script, core, next);
}
