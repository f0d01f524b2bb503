/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The questions that tell which chip it is, how it is protected, and how much flash it has. */

#ifndef DFUT_ESP_SERIAL_PROBE_H
#define DFUT_ESP_SERIAL_PROBE_H

#include "language/esp-serial/machine.h"
#include "language/esp-serial/script.h"

enum esp_serial_probe_step {
	ESP_SERIAL_PROBE_BEGIN,
	ESP_SERIAL_PROBE_SECURITY,
	ESP_SERIAL_PROBE_MAGIC,
	ESP_SERIAL_PROBE_WATCHDOGS,
	ESP_SERIAL_PROBE_ATTACH,
	ESP_SERIAL_PROBE_FLASH,
	ESP_SERIAL_PROBE_STRAP,
	ESP_SERIAL_PROBE_OVER,
};

struct esp_serial_probe {
	enum esp_serial_probe_step step;
	struct esp_serial_script script;
	/* The last answer to what has no checksum of its own: only the same one twice is believed. */
	struct esp_serial_reply last;
	bool has_last;
	unsigned int doubts;
};

/* Whenever the core is idle, until it returns 1; the identity is filled in then. Nothing but that is asked of a chip that is
 * not supported, or whose Secure Download Mode allows nothing else. As esp_serial_core_run(). */
int esp_serial_probe_next(struct esp_serial_probe *probe, struct esp_serial_core *core, struct dfut_next *next);

#endif
