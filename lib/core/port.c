/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Exchanges on a serial port. */

#include <string.h>

#include "core/port.h"

/* Whoever talks without an end is not drained dry. */
#define DRAIN_LIMIT 16384
#define DRAIN_LIMIT_MS 2000

void dfut_port_begin(struct dfut_port *port, const struct dfut_job *job, uint32_t baud, dfut_port_take take,
		     void *user_data)
{
	port->job = job;
	port->baud = baud;
	port->take = take;
	port->user_data = user_data;
}

/* Opening. */

static int open_node(struct dfut_port *port, struct dfut_next *next)
{
	port->step = DFUT_PORT_OPENING;
	return dfut_next_open_link(next, DFUT_LINK_SERIAL, port->job->interface);
}

int dfut_port_open(struct dfut_port *port, struct dfut_next *next)
{
	port->in_size = 0;
	port->in_done = 0;
	if (!port->is_open)
		return open_node(port, next);
	port->is_open = false;
	port->step = DFUT_PORT_CLOSING;
	return dfut_next_close(next);
}

static int done(struct dfut_port *port)
{
	port->step = DFUT_PORT_IDLE;
	return 1;
}

/* Reading. */

static int read_more(struct dfut_port *port, uint64_t now_ms, struct dfut_next *next)
{
	if (now_ms >= port->deadline_ms)
		return DFUT_ERROR_TIMEOUT;
	if (port->hears_content)
		dfut_next_content(next, 0);
	return dfut_next_read(next, port->job->interface, sizeof(port->in), (uint32_t)(port->deadline_ms - now_ms));
}

static void keep(struct dfut_port *port, const struct dfut_outcome *outcome)
{
	size_t size = outcome->result > 0 ? (size_t)outcome->result : 0;

	port->in_size = size < sizeof(port->in) ? size : sizeof(port->in);
	port->in_done = 0;
	if (port->in_size)
		memcpy(port->in, outcome->data, port->in_size);
}

static int give(struct dfut_port *port, uint64_t now_ms, struct dfut_next *next)
{
	int result = 0;

	while (result == 0 && port->in_done < port->in_size)
		result = port->take(port->user_data, port->in[port->in_done++]);
	if (result != 0)
		port->step = DFUT_PORT_IDLE;
	return result == 0 ? read_more(port, now_ms, next) : result;
}

int dfut_port_hear(struct dfut_port *port, uint64_t now_ms, uint32_t limit_ms, struct dfut_next *next)
{
	port->step = DFUT_PORT_HEARING;
	port->deadline_ms = now_ms + limit_ms;
	return give(port, now_ms, next);
}

static int drain_more(struct dfut_port *port, struct dfut_next *next)
{
	port->step = DFUT_PORT_DRAINING;
	if (port->hears_content)
		dfut_next_content(next, 0);
	return dfut_next_read(next, port->job->interface, sizeof(port->in), port->limit_ms);
}

int dfut_port_drain(struct dfut_port *port, uint32_t quiet_ms, struct dfut_next *next)
{
	port->in_size = 0;
	port->in_done = 0;
	port->drained = 0;
	port->deadline_ms = 0;
	port->limit_ms = quiet_ms;
	return drain_more(port, next);
}

static int drained(struct dfut_port *port, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	if (outcome->result == DFUT_ERROR_TIMEOUT)
		return done(port);
	if (outcome->result < 0)
		return outcome->result;
	/* From the first answer on, which may be empty, as all that follow */
	if (!port->deadline_ms)
		port->deadline_ms = outcome->elapsed_ms + DRAIN_LIMIT_MS;
	port->drained += (size_t)outcome->result;
	if (port->drained >= DRAIN_LIMIT || outcome->elapsed_ms >= port->deadline_ms)
		return done(port);
	return drain_more(port, next);
}

/* Writing. */

static int write_rest(struct dfut_port *port, struct dfut_next *next)
{
	size_t most = port->out_size < UINT16_MAX ? port->out_size : UINT16_MAX;

	port->step = DFUT_PORT_SENDING;
	if (port->sends_content)
		dfut_next_content(next, port->content_at);
	return dfut_next_write(next, port->job->interface, port->out, (uint16_t)most, port->limit_ms);
}

int dfut_port_send(struct dfut_port *port, const void *data, size_t size, uint32_t limit_ms, struct dfut_next *next)
{
	port->out = data;
	port->out_size = size;
	port->is_asking = false;
	port->sends_content = false;
	port->hears_content = false;
	port->limit_ms = limit_ms;
	/* What is there already answers nothing that is sent now. */
	port->in_size = 0;
	port->in_done = 0;
	return write_rest(port, next);
}

int dfut_port_ask(struct dfut_port *port, const void *data, size_t size, uint32_t limit_ms, struct dfut_next *next)
{
	int result = dfut_port_send(port, data, size, limit_ms, next);

	port->is_asking = true;
	return result;
}

int dfut_port_mark(struct dfut_port *port, bool is_sent, uint8_t content_at, struct dfut_next *next)
{
	port->sends_content = is_sent;
	port->hears_content = !is_sent;
	port->content_at = content_at;
	return is_sent ? dfut_next_content(next, content_at) : 0;
}

static int sent(struct dfut_port *port, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	size_t size = outcome->result > 0 ? (size_t)outcome->result : 0;

	if (outcome->result < 0)
		return outcome->result;
	if (!size || size > port->out_size)
		return DFUT_ERROR_IO;
	port->out += size;
	port->out_size -= size;
	port->content_at = size < port->content_at ? (uint8_t)(port->content_at - size) : 0;
	if (port->out_size)
		return write_rest(port, next);
	return port->is_asking ? dfut_port_hear(port, outcome->elapsed_ms, port->limit_ms, next) : done(port);
}

int dfut_port_run(struct dfut_port *port, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	switch (port->step) {
	case DFUT_PORT_IDLE:
		return 1;
	case DFUT_PORT_CLOSING:
		return open_node(port, next);
	case DFUT_PORT_OPENING:
		if (outcome->result < 0)
			return outcome->result;
		port->is_open = true;
		port->step = DFUT_PORT_BAUD;
		return dfut_next_baud(next, port->job->interface, port->baud);
	case DFUT_PORT_BAUD:
		if (outcome->result == DFUT_ERROR_GONE)
			return outcome->result;
		port->step = DFUT_PORT_RAISING;
		return dfut_next_lines(next, port->job->interface, 1, 1);
	case DFUT_PORT_RAISING:
		return outcome->result == DFUT_ERROR_GONE ? outcome->result : done(port);
	case DFUT_PORT_DRAINING:
		return drained(port, outcome, next);
	case DFUT_PORT_SENDING:
		return sent(port, outcome, next);
	case DFUT_PORT_HEARING:
		if (outcome->result < 0)
			return outcome->result;
		keep(port, outcome);
		return give(port, outcome->elapsed_ms, next);
	}
	return DFUT_ERROR_PROTOCOL;
}
