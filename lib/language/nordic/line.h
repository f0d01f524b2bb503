/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* One request and its reply at a time on the serial port of a Nordic bootloader: frames, time limits, finding back. */

#ifndef DFUT_NORDIC_LINE_H
#define DFUT_NORDIC_LINE_H

#include "core/port.h"
#include "base/slip.h"
#include "language/nordic/wire.h"

/* What is sent at once: writes of an object of 4096 bytes, all of them escaped, and a request behind them. */
#define NORDIC_OUT_MAX 8320

struct nordic_line {
	struct dfut_port port;
	bool is_opening; /* a PING follows */
	struct slip_decoder decoder;
	uint8_t out[NORDIC_OUT_MAX];
	size_t out_size;
	bool is_awaited; /* a reply to op is */
	uint8_t op;
	struct nordic_reply reply;
	/* Finding back. */
	uint8_t ping_id;
	unsigned int pings;
	unsigned int strays; /* frames that were not awaited, since the last request */
};

void nordic_line_begin(struct nordic_line *line, const struct dfut_job *job);
/* Opens the port, or closes and opens it again, and pings until the bootloader answers. Until nordic_line_run() returns 1. */
int nordic_line_connect(struct nordic_line *line, struct dfut_next *next);
/* The same with a port that is open: whatever was under way is forgotten. */
int nordic_line_find_back(struct nordic_line *line, struct dfut_next *next);

/* A batch: frames are added, then sent. */
void nordic_line_clear(struct nordic_line *line);
/* How many bytes of a frame's payload there is room for, if all of them must be escaped. */
size_t nordic_line_get_room(const struct nordic_line *line);
void nordic_line_add(struct nordic_line *line, uint8_t op, const uint8_t *data, size_t size);
/* Nobody answers. */
int nordic_line_send(struct nordic_line *line, struct dfut_next *next, uint32_t limit_ms);
/* The last frame is a request that is answered. */
int nordic_line_ask(struct nordic_line *line, struct dfut_next *next, uint8_t op, uint32_t limit_ms);
/* A request by itself. */
int nordic_line_request(struct nordic_line *line, struct dfut_next *next, uint8_t op, const uint8_t *data, size_t size,
			uint32_t limit_ms);

/* 1: what was begun is done, a reply is in line->reply; 0: *next is filled in; or a negative error, without words. */
int nordic_line_run(struct nordic_line *line, const struct dfut_outcome *outcome, struct dfut_next *next);

#endif
