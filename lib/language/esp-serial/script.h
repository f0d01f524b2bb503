/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Registers of a chip, read and written one after the other through its ROM. */

#ifndef DFUT_ESP_SERIAL_SCRIPT_H
#define DFUT_ESP_SERIAL_SCRIPT_H

#include "language/esp-serial/chips.h"
#include "language/esp-serial/core.h"

#define ESP_SERIAL_SCRIPT_MAX 12

enum esp_serial_line_kind {
	ESP_SERIAL_LINE_WRITE,
	ESP_SERIAL_LINE_READ,
	ESP_SERIAL_LINE_WAIT,	 /* until the bits of the mask are clear */
	ESP_SERIAL_LINE_RESTORE, /* what line `value` has read */
};

struct esp_serial_line {
	enum esp_serial_line_kind kind;
	uint32_t address;
	uint32_t value; /* to write, or that was read */
	uint32_t mask;
};

struct esp_serial_script {
	struct esp_serial_line lines[ESP_SERIAL_SCRIPT_MAX];
	size_t count;
	size_t at;
	unsigned int waits;
	bool is_asked;
};

/* A JTAG reset does not stop the watchdogs, which would reset the chip in the middle, and an application that was asked for the
 * ROM may have left word that each reset leads there. */
void esp_serial_script_stop_watchdogs(struct esp_serial_script *script, const struct esp_serial_chip *chip);
/* The flash is asked what it is; esp_serial_script_get_flash_id() has its answer. */
void esp_serial_script_ask_flash(struct esp_serial_script *script, const struct esp_serial_chip *chip);
uint32_t esp_serial_script_get_flash_id(const struct esp_serial_script *script);
/* The watchdog resets the chip, and its ROM is not asked for again. */
void esp_serial_script_reset(struct esp_serial_script *script, const struct esp_serial_chip *chip);
/* Whether the watchdog has been set off. */
bool esp_serial_script_has_reset(const struct esp_serial_script *script);

/* Whenever the core is idle, until it returns 1. As esp_serial_core_run(). */
int esp_serial_script_next(struct esp_serial_script *script, struct esp_serial_core *core, struct dfut_next *next);

#endif
