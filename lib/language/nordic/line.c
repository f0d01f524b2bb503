/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * The serial port of a Nordic bootloader. A frame ends with END and never begins with one: the bootloader would carry its
 * last request out again. What somebody sent before, or a part of it, is still in the bootloader's decoder and becomes a
 * part of the first frame: that one is a PING, repeated until it is answered.
 */

#include "language/nordic/line.h"

#define BAUD 115200
/* The first wait for an answer to PING; each is twice as long as the one before, up to a limit. */
#define PING_MS 250
#define PING_MAX_MS 1000
#define PING_LIMIT 5
/* A port that does not answer by then is closed and opened again: that ends what is stuck in it. */
#define PINGS_BEFORE_REOPEN 3
/* Odd answers for which a PING is repeated at once. */
#define STRAY_LIMIT 4

void nordic_line_begin(struct nordic_line *line, const struct dfut_job *job)
{
	line->job = job;
}

static int open_port(struct nordic_line *line, struct dfut_next *next)
{
	line->step = NORDIC_LINE_OPENING;
	return dfut_next_open_link(next, DFUT_LINK_SERIAL, line->job->interface);
}

int nordic_line_connect(struct nordic_line *line, struct dfut_next *next)
{
	line->pings = 0;
	return open_port(line, next);
}

/* Sending. */

void nordic_line_clear(struct nordic_line *line)
{
	line->out_size = 0;
}

size_t nordic_line_get_room(const struct nordic_line *line)
{
	size_t room = sizeof(line->out) - line->out_size;

	/* op and END */
	return room < 3 ? 0 : (room - 3) / 2;
}

void nordic_line_add(struct nordic_line *line, uint8_t op, const uint8_t *data, size_t size)
{
	line->out_size += slip_encode(line->out + line->out_size, &op, 1);
	line->out_size += slip_encode(line->out + line->out_size, data, size);
	line->out[line->out_size++] = SLIP_END;
}

static int write_rest(struct nordic_line *line, struct dfut_next *next)
{
	line->step = NORDIC_LINE_SENDING;
	return dfut_next_write(next, line->job->interface, line->out + line->out_done,
			       (uint16_t)(line->out_size - line->out_done), line->limit_ms);
}

int nordic_line_send(struct nordic_line *line, struct dfut_next *next, uint32_t limit_ms)
{
	line->out_done = 0;
	line->is_awaited = false;
	line->limit_ms = limit_ms;
	line->strays = 0;
	/* What is there already answers nothing that is sent now. */
	line->in_size = 0;
	line->in_done = 0;
	return write_rest(line, next);
}

int nordic_line_ask(struct nordic_line *line, struct dfut_next *next, uint8_t op, uint32_t limit_ms)
{
	int result = nordic_line_send(line, next, limit_ms);

	line->is_awaited = true;
	line->op = op;
	return result;
}

int nordic_line_request(struct nordic_line *line, struct dfut_next *next, uint8_t op, const uint8_t *data, size_t size,
			uint32_t limit_ms)
{
	nordic_line_clear(line);
	nordic_line_add(line, op, data, size);
	return nordic_line_ask(line, next, op, limit_ms);
}

/* Finding back. */

static int ping(struct nordic_line *line, struct dfut_next *next)
{
	uint32_t limit_ms = PING_MS << line->pings;
	unsigned int strays = line->strays;
	int result;

	line->ping_id++;
	result = nordic_line_request(line, next, NORDIC_OP_PING, &line->ping_id, 1,
				     limit_ms < PING_MAX_MS ? limit_ms : PING_MAX_MS);
	line->strays = strays;
	return result;
}

static int ping_again(struct nordic_line *line, int code, struct dfut_next *next)
{
	if (++line->pings == PING_LIMIT)
		return code;
	if (line->pings == PINGS_BEFORE_REOPEN || code != DFUT_ERROR_TIMEOUT) {
		line->step = NORDIC_LINE_CLOSED;
		return dfut_next_close(next);
	}
	return ping(line, next);
}

int nordic_line_find_back(struct nordic_line *line, struct dfut_next *next)
{
	line->pings = 0;
	line->strays = 0;
	return ping(line, next);
}

/* Receiving. */

static int read_more(struct nordic_line *line, uint64_t now_ms, struct dfut_next *next)
{
	if (now_ms >= line->deadline_ms)
		return DFUT_ERROR_TIMEOUT;
	return dfut_next_read(next, line->job->interface, sizeof(line->in), (uint32_t)(line->deadline_ms - now_ms));
}

/* A PING that is answered with an error was answered. */
static bool is_reply(struct nordic_line *line)
{
	const struct nordic_reply *reply = &line->reply;

	if (!nordic_reply_parse(&line->reply, line->decoder.frame, line->decoder.size) || reply->op != line->op)
		return false;
	return line->op != NORDIC_OP_PING || reply->result != NORDIC_RESULT_SUCCESS ||
	       reply->payload[0] == line->ping_id;
}

/* 1: the reply is there */
static int look_for_reply(struct nordic_line *line)
{
	while (line->in_done < line->in_size) {
		if (!slip_decode(&line->decoder, line->in[line->in_done++]))
			continue;
		if (is_reply(line))
			return 1;
		line->strays++;
	}
	return 0;
}

static int received(struct nordic_line *line, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	unsigned int strays = line->strays;

	line->in_size = outcome->result < NORDIC_IN_MAX ? (size_t)outcome->result : NORDIC_IN_MAX;
	line->in_done = 0;
	for (size_t i = 0; i < line->in_size; i++)
		line->in[i] = outcome->data[i];
	if (look_for_reply(line)) {
		line->step = NORDIC_LINE_IDLE;
		return 1;
	}
	/* The PING was swallowed by what stood before it in the decoder: now that is empty. */
	if (line->op == NORDIC_OP_PING && line->strays > strays && line->strays <= STRAY_LIMIT)
		return ping(line, next);
	return read_more(line, outcome->elapsed_ms, next);
}

static int sent(struct nordic_line *line, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	if (outcome->result == 0)
		return DFUT_ERROR_IO;
	line->out_done += (size_t)outcome->result;
	if (line->out_done < line->out_size)
		return write_rest(line, next);
	line->step = line->is_awaited ? NORDIC_LINE_WAITING : NORDIC_LINE_IDLE;
	if (!line->is_awaited)
		return 1;
	line->deadline_ms = outcome->elapsed_ms + line->limit_ms;
	return read_more(line, outcome->elapsed_ms, next);
}

static int run_step(struct nordic_line *line, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	switch (line->step) {
	case NORDIC_LINE_CLOSED:
		return open_port(line, next);
	case NORDIC_LINE_OPENING:
		if (outcome->result < 0)
			return outcome->result;
		line->step = NORDIC_LINE_BAUD;
		return dfut_next_baud(next, line->job->interface, BAUD);
	case NORDIC_LINE_BAUD:
		/* USB has no speed; a bridge that refuses this one is as it is. */
		if (outcome->result == DFUT_ERROR_GONE)
			return outcome->result;
		line->step = NORDIC_LINE_RAISING;
		return dfut_next_lines(next, line->job->interface, 1, 1);
	case NORDIC_LINE_RAISING:
		if (outcome->result == DFUT_ERROR_GONE)
			return outcome->result;
		return ping(line, next);
	case NORDIC_LINE_IDLE:
		return 1;
	case NORDIC_LINE_SENDING:
		return outcome->result < 0 ? outcome->result : sent(line, outcome, next);
	case NORDIC_LINE_WAITING:
		return outcome->result < 0 ? outcome->result : received(line, outcome, next);
	}
	return DFUT_ERROR_PROTOCOL;
}

int nordic_line_run(struct nordic_line *line, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	int result = run_step(line, outcome, next);
	bool is_finding = (line->step == NORDIC_LINE_SENDING || line->step == NORDIC_LINE_WAITING) &&
			  line->is_awaited && line->op == NORDIC_OP_PING;

	if (result >= 0 || !is_finding || result == DFUT_ERROR_GONE)
		return result;
	return ping_again(line, result, next);
}
