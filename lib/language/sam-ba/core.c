/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Commands to SAM-BA's monitor. It says nothing of what it does not understand, and takes whatever comes for the data that it was
 * told of. So a reply that does not come is answered like this: wait until it is quiet, ask for the version, and if there is
 * none, give it what it may be waiting for: FF, which it skips between commands, or # where those are not skipped. No lone #
 * comes first, as that would carry out half a command; V begins another one.
 */

#include <stdio.h>
#include <string.h>

#include "language/sam-ba/core.h"

/* Those on USB have none. */
#define BAUD 115200
/* What was left in a port that has just been opened comes at once. */
#define FLUSH_MS 20
/* Times that a command is asked once more. */
#define TRIES 3
#define SUM_TRIES 2
/* What is done about silence, one after the other. */
#define PINGS 5
#define PING_FILLS 2
#define PING_REOPENS 3
#define PING_FILLS_AGAIN 4

/* Behind a bridge. Whoever hears another speed is stuck after 64 bytes. */
static const uint32_t bridge_speeds[] = { 230400, SAMBA_SLOW_BAUD };

static int take_byte(void *user_data, uint8_t byte)
{
	struct samba_core *core = user_data;

	return samba_reply_take(&core->reply, byte);
}

static bool is_behind_bridge(const struct samba_core *core)
{
	return core->own->is_in_place;
}

bool samba_core_is_extended(const struct samba_core *core)
{
	const struct samba_part *part = core->own->part ? core->own->part : core->own->expected;

	return part && part->family == SAMBA_EXTENDED;
}

static void set_speed(struct samba_core *core)
{
	uint32_t baud = core->own->identity->baud;

	if (!baud)
		baud = is_behind_bridge(core) ? bridge_speeds[core->speed] : BAUD;
	dfut_port_begin(&core->port, core->job, baud, take_byte, core);
}

void samba_core_begin(struct samba_core *core, const struct dfut_job *job)
{
	core->job = job;
	core->own = job->own;
	core->is_first = !core->own->identity->version[0];
	memset(core->filler, samba_core_is_extended(core) ? '#' : 0xff, sizeof(core->filler));
	set_speed(core);
}

int samba_core_open(struct samba_core *core, struct dfut_next *next)
{
	core->step = SAMBA_OPENING;
	core->tries = 0;
	core->is_once = false;
	return dfut_port_open(&core->port, next);
}

/* Sending. */

static int ask(struct samba_core *core, const struct samba_command *command, struct dfut_next *next)
{
	bool is_silent = command->reply == SAMBA_SILENCE;

	samba_reply_begin(&core->reply, command);
	if (is_silent)
		dfut_port_send(&core->port, command->text, command->size, command->limit_ms, next);
	else
		dfut_port_ask(&core->port, command->text, command->size, command->limit_ms, next);
	/* A single word tells which chip it is, or steers it. */
	if ((command->letter == 'W' && command->size > SAMBA_POKE_SIZE) ||
	    (command->reply == SAMBA_BYTES && command->reply_size > SAMBA_WORD_SIZE))
		dfut_port_mark(&core->port, is_silent, 0, next);
	return 0;
}

static int begin_command(struct samba_core *core, struct samba_command command, enum samba_core_step step,
			 struct dfut_next *next)
{
	core->command = command;
	core->step = step;
	core->tries = 0;
	return ask(core, &core->command, next);
}

int samba_core_ask(struct samba_core *core, struct samba_command command, struct dfut_next *next)
{
	core->is_once = false;
	return begin_command(core, command, SAMBA_ASKING, next);
}

int samba_core_ask_once(struct samba_core *core, struct samba_command command, struct dfut_next *next)
{
	core->is_once = true;
	return begin_command(core, command, SAMBA_ASKING, next);
}

int samba_core_store(struct samba_core *core, uint32_t address, const uint8_t *data, size_t size,
		     struct dfut_next *next)
{
	core->is_once = true;
	core->data = data;
	core->data_size = size;
	return begin_command(core, samba_make_store(address, size), SAMBA_STORING, next);
}

static int greet(struct samba_core *core, struct dfut_next *next)
{
	core->command = samba_make_plain('V', SAMBA_NORMAL_MS);
	core->step = SAMBA_GREETING;
	return ask(core, &core->command, next);
}

static int ask_binary(struct samba_core *core, struct dfut_next *next)
{
	core->ping = samba_make_plain('N', SAMBA_QUICK_MS);
	core->step = SAMBA_BINARY;
	return ask(core, &core->ping, next);
}

/* Finding back. */

static int drain(struct samba_core *core, enum samba_core_step step, struct dfut_next *next)
{
	core->step = step;
	return dfut_port_drain(&core->port, step == SAMBA_FLUSHING ? FLUSH_MS : SAMBA_QUICK_MS, next);
}

static int ping(struct samba_core *core, struct dfut_next *next)
{
	core->ping = samba_make_plain('V', SAMBA_NORMAL_MS);
	core->step = SAMBA_PINGING;
	return ask(core, &core->ping, next);
}

static int fill(struct samba_core *core, struct dfut_next *next)
{
	core->step = SAMBA_FILLING;
	return dfut_port_send(&core->port, core->filler, sizeof(core->filler), SAMBA_NORMAL_MS, next);
}

static int reopen(struct samba_core *core, struct dfut_next *next)
{
	core->step = SAMBA_REOPENING;
	return dfut_port_open(&core->port, next);
}

void samba_hint_stuck(struct dfut_failure *failure, bool is_in_place)
{
	dfut_hint(failure, is_in_place ?
				   "repeat: its bootloader is started anew; if that does not help, unplug it and plug "
				   "it in again" :
				   "unplug it and plug it in again, or press its reset button twice, and repeat");
}

/* Words for a code of the port. */
static int broke(const struct samba_core *core, int code)
{
	struct dfut_failure *failure = core->job->failure;
	char what[96];

	samba_describe(&core->command, core->own->origin, what, sizeof(what));
	if (core->step == SAMBA_OPENING)
		dfut_fail(failure, code, "the serial port of interface %u can't be used: %s", core->job->interface,
			  dfut_error_get_text(code));
	else if (code == DFUT_ERROR_TIMEOUT)
		dfut_fail(failure, code, "%s: the bootloader does not answer on its serial port", what);
	else
		dfut_fail(failure, code, "%s: %s", what, dfut_error_get_text(code));
	samba_hint_stuck(failure, is_behind_bridge(core));
	return code;
}

static int lost(struct samba_core *core, int code, struct dfut_next *next)
{
	core->code = code;
	if (core->tries++ == TRIES)
		return broke(core, code);
	core->pings = 0;
	return drain(core, SAMBA_SETTLING, next);
}

static int not_pinged(struct samba_core *core, struct dfut_next *next)
{
	switch (++core->pings) {
	case PING_FILLS:
	case PING_FILLS_AGAIN:
		return fill(core, next);
	case PING_REOPENS:
		return reopen(core, next);
	case PINGS:
		return broke(core, core->code);
	}
	return ping(core, next);
}

/* At the wrong speed a byte is as good as none: the other one is tried before anything else. */
static int not_greeted(struct samba_core *core, int code, struct dfut_next *next)
{
	bool has_other = is_behind_bridge(core) && !core->own->identity->baud;

	if (!has_other)
		return lost(core, code, next);
	if (++core->tries < 2 * DFUT_COUNT(bridge_speeds)) {
		if (core->tries % 2)
			return greet(core, next);
		core->speed = core->tries / 2;
		set_speed(core);
		core->step = SAMBA_OPENING;
		return dfut_port_open(&core->port, next);
	}
	return broke(core, code);
}

/* Some say that they know Z, and never answer it. */
static bool is_sum_unknown(const struct samba_core *core)
{
	return core->command.reply == SAMBA_SUM && core->tries == SUM_TRIES;
}

static int found_back(struct samba_core *core, struct dfut_next *next)
{
	if (is_sum_unknown(core))
		core->own->identity->letters &= ~(unsigned int)SAMBA_CAN_SUM;
	if (core->is_once || is_sum_unknown(core)) {
		core->step = SAMBA_IDLE;
		return SAMBA_LOST;
	}
	core->step = SAMBA_ASKING;
	return ask(core, &core->command, next);
}

/* How it goes on. */

static int opened(struct samba_core *core, struct dfut_next *next)
{
	if (core->is_first)
		return drain(core, SAMBA_FLUSHING, next);
	core->step = SAMBA_IDLE;
	return SAMBA_ANSWERED;
}

static int greeted(struct samba_core *core, struct dfut_next *next)
{
	core->own->identity->baud = core->port.baud;
	/* Some send a zero behind it. */
	return drain(core, SAMBA_IDLE, next);
}

static int done(struct samba_core *core, struct dfut_next *next)
{
	switch (core->step) {
	case SAMBA_OPENING:
		return opened(core, next);
	case SAMBA_FLUSHING:
		return ask_binary(core, next);
	case SAMBA_BINARY:
		return greet(core, next);
	case SAMBA_GREETING:
		return greeted(core, next);
	case SAMBA_STORING:
		core->step = SAMBA_SENDING;
		dfut_port_send(&core->port, core->data, core->data_size, SAMBA_LONG_MS, next);
		return dfut_port_mark(&core->port, true, 0, next);
	case SAMBA_SETTLING:
	case SAMBA_FILLING:
	case SAMBA_REOPENING:
		return ping(core, next);
	case SAMBA_PINGING:
		return drain(core, SAMBA_RETURNING, next);
	case SAMBA_RETURNING:
		return found_back(core, next);
	case SAMBA_ASKING:
		if (core->command.letter == 'V')
			return greeted(core, next);
		break;
	case SAMBA_CLOSED:
	case SAMBA_IDLE:
	case SAMBA_SENDING:
		break;
	}
	core->step = SAMBA_IDLE;
	return SAMBA_ANSWERED;
}

static int failed(struct samba_core *core, int code, struct dfut_next *next)
{
	switch (core->step) {
	case SAMBA_FLUSHING:
		return ask_binary(core, next);
	case SAMBA_BINARY:
		return greet(core, next);
	case SAMBA_GREETING:
		return not_greeted(core, code, next);
	case SAMBA_IDLE:
		return SAMBA_ANSWERED;
	case SAMBA_ASKING:
	case SAMBA_STORING:
	case SAMBA_SENDING:
		return lost(core, code, next);
	case SAMBA_SETTLING:
		return ping(core, next);
	case SAMBA_FILLING:
	case SAMBA_REOPENING:
	case SAMBA_PINGING:
		return not_pinged(core, next);
	case SAMBA_RETURNING:
		return found_back(core, next);
	case SAMBA_CLOSED:
	case SAMBA_OPENING:
		break;
	}
	return broke(core, code);
}

int samba_core_run(struct samba_core *core, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	int result = dfut_port_run(&core->port, outcome, next);

	if (result == 0)
		return 0;
	if (result == DFUT_ERROR_GONE)
		return broke(core, result);
	return result < 0 ? failed(core, result, next) : done(core, next);
}
