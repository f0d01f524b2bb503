/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* One exchange at a time on a serial port, for machines whose bootloaders speak on one. It has no words: its machine has. */

#ifndef DFUT_PORT_H
#define DFUT_PORT_H

#include "core/machine.h"

/* What is read at once. */
#define DFUT_PORT_IN_MAX 512

/* Gets the bytes of a reply. 1: this was the last, 0: more are to come, or a negative error. */
typedef int (*dfut_port_take)(void *user_data, uint8_t byte);

enum dfut_port_step {
	DFUT_PORT_IDLE,
	DFUT_PORT_CLOSING,
	DFUT_PORT_OPENING,
	DFUT_PORT_BAUD,
	DFUT_PORT_RAISING,
	DFUT_PORT_DRAINING,
	DFUT_PORT_SENDING,
	DFUT_PORT_HEARING,
};

/* A part of its machine's state. Zeroed, it is closed. */
struct dfut_port {
	const struct dfut_job *job;
	uint32_t baud;
	enum dfut_port_step step;
	bool is_open;
	dfut_port_take take;
	void *user_data;
	const uint8_t *out;
	size_t out_size;
	bool is_asking;
	bool sends_content; /* of this exchange */
	bool hears_content;
	uint8_t content_at; /* of what is sent */
	uint32_t limit_ms;
	uint64_t deadline_ms;
	size_t drained;
	uint8_t in[DFUT_PORT_IN_MAX]; /* has come in ... */
	size_t in_size;
	size_t in_done; /* ... and was given to whoever takes it */
};

/* Who gets what comes in: `take`, NULL if nothing is ever asked. */
void dfut_port_begin(struct dfut_port *port, const struct dfut_job *job, uint32_t baud, dfut_port_take take,
		     void *user_data);

/* What follows begins something; dfut_port_run() then tells how it goes on. */

/* Opens the port, or closes it and opens it again; sets the speed, 8N1, and raises DTR and RTS. USB has no speed, and some refuse
 * lines: that is no error. */
int dfut_port_open(struct dfut_port *port, struct dfut_next *next);
/* Throws away what comes until nothing came for so long, or that does not end. */
int dfut_port_drain(struct dfut_port *port, uint32_t quiet_ms, struct dfut_next *next);
/* Nobody answers. The bytes stay the caller's, and where they are until they are sent. */
int dfut_port_send(struct dfut_port *port, const void *data, size_t size, uint32_t limit_ms, struct dfut_next *next);
/* The same, and then gives what comes to whoever takes it, until the reply is whole. What had been read before is thrown away.
 * The time for the reply counts from when all was sent. */
int dfut_port_ask(struct dfut_port *port, const void *data, size_t size, uint32_t limit_ms, struct dfut_next *next);
/* After one of both: what is sent, behind so many bytes, or else the reply, is what a memory holds. */
int dfut_port_mark(struct dfut_port *port, bool is_sent, uint8_t content_at, struct dfut_next *next);
/* More of a reply, beginning with what was read behind the last one. May be done at once: returns as dfut_port_run(). */
int dfut_port_hear(struct dfut_port *port, uint64_t now_ms, uint32_t limit_ms, struct dfut_next *next);

/* 1: what was begun is done; 0: *next is filled in; or a negative error, without words: DFUT_ERROR_TIMEOUT if the reply was not
 * whole in time. */
int dfut_port_run(struct dfut_port *port, const struct dfut_outcome *outcome, struct dfut_next *next);

#endif
