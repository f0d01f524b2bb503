/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A reset by the lines of the port, for the machine that does nothing else, and for those that end with it. */

#ifndef DFUT_ESP_SERIAL_RESTART_H
#define DFUT_ESP_SERIAL_RESTART_H

#include "core/port.h"
#include "language/esp-serial/machine.h"

enum esp_serial_restart_step {
	ESP_SERIAL_RESTART_OPENING,
	ESP_SERIAL_RESTART_OFF,
	ESP_SERIAL_RESTART_ON,
	ESP_SERIAL_RESTART_RESET, /* both lines are as they are to be */
	ESP_SERIAL_RESTART_RELEASING,
	ESP_SERIAL_RESTART_LISTENING,
};

struct esp_serial_restart {
	const struct dfut_job *job;
	enum esp_serial_restart_step step;
	struct dfut_port port;
	size_t matched;	 /* of what a ROM prints before it waits */
	bool has_stayed; /* it waits again */
	bool is_gone;	 /* from the bus */
};

void esp_serial_restart_begin(struct esp_serial_restart *restart, const struct dfut_job *job);
/* The outcome is NULL the first time. 1: done; 0: *next is filled in; or a negative error and its words. */
int esp_serial_restart_next(struct esp_serial_restart *restart, const struct dfut_outcome *outcome,
			    struct dfut_next *next);

#endif
