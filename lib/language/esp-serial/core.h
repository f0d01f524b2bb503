/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What the machines of Espressif's ROM loader share: finding it, and one request after the other, repeated where that is safe. */

#ifndef DFUT_ESP_SERIAL_CORE_H
#define DFUT_ESP_SERIAL_CORE_H

#include "base/slip.h"
#include "core/port.h"
#include "language/esp-serial/wire.h"

enum esp_serial_core_step {
	ESP_SERIAL_IDLE,
	ESP_SERIAL_OPENING,
	ESP_SERIAL_SYNCING,
	ESP_SERIAL_PAUSING, /* between two tries of that */
	ESP_SERIAL_ASKING,
	ESP_SERIAL_QUIETING, /* what was left of a bad answer is thrown away; then the request is repeated */
};

struct esp_serial_core {
	struct dfut_port port;
	const struct dfut_job *job;
	enum esp_serial_core_step step;
	struct slip_decoder decoder;
	struct esp_serial_request request;
	uint8_t frame[ESP_SERIAL_FRAME_MAX];
	size_t frame_size;
	struct esp_serial_reply reply;
	unsigned int sync_limit;
	unsigned int tries;   /* of this request */
	unsigned int answers; /* to this SYNC */
	bool may_be_unknown;  /* this request, to some ROMs */
	bool is_unknown;      /* it was */
};

void esp_serial_core_begin(struct esp_serial_core *core, const struct dfut_job *job);
/* What follows begins something, until esp_serial_core_run() returns 1. */

/* Opens the port, and finds the ROM. */
int esp_serial_core_connect(struct esp_serial_core *core, struct dfut_next *next);
/* Finds it again on the port that is open: whatever was under way is forgotten. */
int esp_serial_core_find_back(struct esp_serial_core *core, struct dfut_next *next);
/* A block is repeated only if the ROM says that it did not take it; anything else is, if no good answer comes. */
int esp_serial_core_ask(struct esp_serial_core *core, const struct esp_serial_request *request, struct dfut_next *next);
/* The same; that the ROM does not know it is no error: core->is_unknown. */
int esp_serial_core_try(struct esp_serial_core *core, const struct esp_serial_request *request, struct dfut_next *next);

/* 1: what was begun is done, its answer is in core->reply; 0: *next is filled in; or a negative error and its words. */
int esp_serial_core_run(struct esp_serial_core *core, const struct dfut_outcome *outcome, struct dfut_next *next);

#endif
