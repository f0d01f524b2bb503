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

/* A PING that is answered with an error was answered. */
static bool is_reply(struct nordic_line *line)
{
	const struct nordic_reply *reply = &line->reply;

	if (!nordic_reply_parse(&line->reply, line->decoder.frame, line->decoder.size) || reply->op != line->op)
		return false;
	return line->op != NORDIC_OP_PING || reply->result != NORDIC_RESULT_SUCCESS ||
	       reply->payload[0] == line->ping_id;
}

static int take(void *user_data, uint8_t byte)
{
	struct nordic_line *line = user_data;

	if (!slip_decode(&line->decoder, byte))
		return 0;
	if (is_reply(line))
		return 1;
	line->strays++;
	return 0;
}

void nordic_line_begin(struct nordic_line *line, const struct dfut_job *job)
{
	dfut_port_begin(&line->port, job, BAUD, take, line);
}

static int open_port(struct nordic_line *line, struct dfut_next *next)
{
	line->is_opening = true;
	return dfut_port_open(&line->port, next);
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

int nordic_line_send(struct nordic_line *line, struct dfut_next *next, uint32_t limit_ms)
{
	line->is_awaited = false;
	line->strays = 0;
	return dfut_port_send(&line->port, line->out, line->out_size, limit_ms, next);
}

int nordic_line_ask(struct nordic_line *line, struct dfut_next *next, uint8_t op, uint32_t limit_ms)
{
	line->is_awaited = true;
	line->op = op;
	line->strays = 0;
	return dfut_port_ask(&line->port, line->out, line->out_size, limit_ms, next);
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
	return line->pings == PINGS_BEFORE_REOPEN || code != DFUT_ERROR_TIMEOUT ? open_port(line, next) :
										  ping(line, next);
}

int nordic_line_find_back(struct nordic_line *line, struct dfut_next *next)
{
	line->pings = 0;
	line->strays = 0;
	return ping(line, next);
}

int nordic_line_run(struct nordic_line *line, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	unsigned int strays = line->strays;
	int result = dfut_port_run(&line->port, outcome, next);
	bool is_finding = !line->is_opening && line->is_awaited && line->op == NORDIC_OP_PING;

	if (line->is_opening && result == 1) {
		line->is_opening = false;
		return ping(line, next);
	}
	/* The PING was swallowed by what stood before it in the decoder: now that is empty. */
	if (result == 0 && is_finding && line->strays > strays && line->strays <= STRAY_LIMIT)
		return ping(line, next);
	if (result >= 0 || !is_finding || result == DFUT_ERROR_GONE)
		return result;
	return ping_again(line, result, next);
}
