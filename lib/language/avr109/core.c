/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Commands of AVR109, host side, one at a time: a bootloader throws away what is in the same packet behind one. Nothing is
 * framed or checked, so that after a byte too few or too many it waits for more of a command, or takes data for commands.
 * ESC has no answer and fills up what it waits for; then its name shows whether both speak of the same again.
 */

#include <inttypes.h>
#include <stdio.h>

#include "language/avr109/core.h"

/* USB has no speed; adapters have this one (avrdude's is 19200, Arduino's 57600). */
#define BAUD 57600
#define SEND_MS 1000
#define GREET_MS 500
#define QUIET_MS 60
/* Of an answer that can't be used, the command is repeated so often. */
#define FAILURE_LIMIT 4
#define PLACE_SIZE 96
/* STK500: version 1 answers with these, version 2 begins each answer with ESC. */
#define STK_IN_SYNC 0x14
#define STK_NO_SYNC 0x15

/* How many ESC are sent at each attempt: one, then what a block may want, then what a length that was spoilt may. */
static const uint32_t flushes[] = { 1, 1, 1024, 1024, 65536 };
/* ... the port being closed and opened again before this one, which ends what is stuck in it. */
#define REOPEN_AT 3

static const uint8_t filler[1024] = { [0 ... 1023] = AVR109_ESC };
static const uint8_t greeting[] = { AVR109_GET_ID };

static int take(void *user_data, uint8_t byte);

int avr109_begin(void *state, const struct dfut_job *job)
{
	struct avr109 *avr = state;

	avr->job = job;
	avr->own = job->own;
	dfut_port_begin(&avr->port, job, BAUD, take, avr);
	return 0;
}

/* Errors. */

static const char *get_place(const struct avr109 *avr, char *text)
{
	if (!avr->what)
		snprintf(text, PLACE_SIZE, "asking for its name");
	else if (avr->has_address)
		snprintf(text, PLACE_SIZE, "%s at 0x%05" PRIx32, avr->what, avr->address);
	else
		snprintf(text, PLACE_SIZE, "%s", avr->what);
	return text;
}

static void hint(const struct avr109 *avr, int code)
{
	if (code == DFUT_ERROR_GONE)
		dfut_hint(
			avr->job->failure,
			"this bootloader starts its program 8 s after it was last read or written: repeat, which begins "
			"anew; if it does not come back, press its reset button twice");
	else
		dfut_hint(avr->job->failure, "repeat; if it happens again, press its reset button twice before");
}

static int broke(const struct avr109 *avr, int code)
{
	char where[PLACE_SIZE];

	get_place(avr, where);
	if (code == DFUT_ERROR_GONE)
		dfut_fail(avr->job->failure, code, "%s: the bootloader has left the bus", where);
	else if (code == DFUT_ERROR_TIMEOUT)
		dfut_fail(avr->job->failure, code, "%s: the bootloader does not answer", where);
	else
		dfut_fail(avr->job->failure, code, "%s: %s", where, dfut_error_get_text(code));
	hint(avr, code);
	return code;
}

static int refuse_stk500(const struct avr109 *avr)
{
	bool is_two = avr->stray == AVR109_ESC;

	dfut_fail(avr->job->failure, DFUT_ERROR_UNSUPPORTED,
		  "the bootloader answers as STK500 version %d does (0x%02x), not AVR109", is_two ? 2 : 1, avr->stray);
	dfut_hint(avr->job->failure, "avrdude can write it (-c %s)", is_two ? "wiring" : "arduino");
	return DFUT_ERROR_UNSUPPORTED;
}

/* Finding it. */

static int greet(struct avr109 *avr, struct dfut_next *next)
{
	avr->step = AVR109_STEP_GREETING;
	avr->reply = AVR109_REPLY_BYTES;
	avr->wanted = AVR109_ID_SIZE;
	avr->size = 0;
	return dfut_port_ask(&avr->port, greeting, sizeof(greeting), GREET_MS, next);
}

static int flush(struct avr109 *avr, struct dfut_next *next)
{
	uint32_t size = avr->flush_left < sizeof(filler) ? avr->flush_left : sizeof(filler);

	avr->step = AVR109_STEP_FLUSHING;
	avr->flush_left -= size;
	return dfut_port_send(&avr->port, filler, size, SEND_MS, next);
}

static int attempt(struct avr109 *avr, struct dfut_next *next)
{
	avr->flush_left = flushes[avr->attempts];
	if (avr->attempts != REOPEN_AT)
		return flush(avr, next);
	avr->step = AVR109_STEP_OPENING;
	return dfut_port_open(&avr->port, next);
}

static int find(struct avr109 *avr, struct dfut_next *next)
{
	avr->attempts = 0;
	avr->has_answer = false;
	return attempt(avr, next);
}

static int attempt_again(struct avr109 *avr, int code, struct dfut_next *next)
{
	if (++avr->attempts < DFUT_COUNT(flushes))
		return attempt(avr, next);
	return avr->stray ? refuse_stk500(avr) : broke(avr, code);
}

static bool is_name(const struct avr109 *avr)
{
	for (size_t i = 0; i < AVR109_ID_SIZE; i++)
		if (avr->answer[i] < ' ' || avr->answer[i] > '~' || avr->answer[i] == AVR109_UNKNOWN)
			return false;
	return true;
}

/* More than was asked for is not its name, either. */
static bool has_strays(const struct avr109 *avr)
{
	return avr->port.in_done < avr->port.in_size;
}

static int greeted(struct avr109 *avr, struct dfut_next *next)
{
	if (avr->size < AVR109_ID_SIZE || !is_name(avr) || has_strays(avr)) {
		bool is_stk = avr->answer[0] == STK_IN_SYNC || avr->answer[0] == STK_NO_SYNC ||
			      avr->answer[0] == AVR109_ESC;

		if (is_stk && !avr->is_known)
			avr->stray = avr->answer[0];
		return attempt_again(avr, DFUT_ERROR_PROTOCOL, next);
	}
	if (!avr->is_known)
		for (size_t i = 0; i < AVR109_ID_SIZE; i++)
			avr->own->answers->id[i] = (char)avr->answer[i];
	avr->is_known = true;
	avr->step = AVR109_STEP_READY;
	return 1;
}

/* Answers. */

static bool is_whole(const struct avr109 *avr, uint8_t byte)
{
	switch (avr->reply) {
	case AVR109_REPLY_ACK:
	case AVR109_REPLY_ANY:
		return true;
	case AVR109_REPLY_BYTES:
		/* Who does not know the question says so in one byte. */
		return avr->size == avr->wanted;
	case AVR109_REPLY_VERSION:
		return avr->size == 2 || byte == AVR109_UNKNOWN;
	case AVR109_REPLY_BLOCK:
		return avr->size == 3 || avr->answer[0] != AVR109_YES;
	case AVR109_REPLY_LIST:
		return byte == 0 || avr->answer[0] == AVR109_UNKNOWN || avr->size == sizeof(avr->answer);
	}
	return true;
}

static int take(void *user_data, uint8_t byte)
{
	struct avr109 *avr = user_data;
	bool is_greeting = avr->step == AVR109_STEP_GREETING;

	avr->answer[avr->size++] = byte;
	if (is_greeting && avr->size == 1 && (byte < ' ' || byte == AVR109_UNKNOWN))
		return 1;
	return is_whole(avr, byte);
}

int avr109_ask(struct avr109 *avr, const char *what, enum avr109_reply reply, uint16_t size, uint32_t limit_ms,
	       struct dfut_next *next)
{
	avr->what = what;
	avr->has_address = false;
	avr->reply = reply;
	avr->wanted = size < AVR109_BLOCK_MAX ? size : AVR109_BLOCK_MAX;
	avr->size = 0;
	avr->step = AVR109_STEP_ASKED;
	return dfut_port_ask(&avr->port, avr->message.bytes, avr->message.size, limit_ms, next);
}

int avr109_ask_at(struct avr109 *avr, const char *what, uint32_t address, enum avr109_reply reply, uint16_t size,
		  uint32_t limit_ms, struct dfut_next *next)
{
	int result = avr109_ask(avr, what, reply, size, limit_ms, next);

	avr->has_address = true;
	avr->address = address;
	return result;
}

static int fail_answer(const struct avr109 *avr)
{
	char where[PLACE_SIZE];

	get_place(avr, where);
	if (avr->answer[0] == AVR109_UNKNOWN)
		return dfut_fail(avr->job->failure, DFUT_ERROR_DEVICE, "%s: the bootloader does not know how (\"?\")",
				 where);
	dfut_fail(avr->job->failure, DFUT_ERROR_PROTOCOL, "%s: the bootloader answers with 0x%02x", where,
		  avr->answer[0]);
	hint(avr, DFUT_ERROR_PROTOCOL);
	return DFUT_ERROR_PROTOCOL;
}

static int lost(struct avr109 *avr, int code, struct dfut_next *next)
{
	if (++avr->failures < FAILURE_LIMIT)
		return find(avr, next);
	return code == DFUT_ERROR_PROTOCOL ? fail_answer(avr) : broke(avr, code);
}

static int answered(struct avr109 *avr, struct dfut_next *next)
{
	if ((avr->reply == AVR109_REPLY_ACK && avr->answer[0] != AVR109_ACK) || has_strays(avr))
		return lost(avr, DFUT_ERROR_PROTOCOL, next);
	avr->step = AVR109_STEP_READY;
	avr->has_answer = true;
	return 1;
}

int avr109_doubt(struct avr109 *avr, const char *why, struct dfut_next *next)
{
	char where[PLACE_SIZE];

	if (++avr->failures < FAILURE_LIMIT)
		return find(avr, next);
	dfut_fail(avr->job->failure, DFUT_ERROR_PROTOCOL, "%s: %s", get_place(avr, where), why);
	hint(avr, DFUT_ERROR_PROTOCOL);
	return DFUT_ERROR_PROTOCOL;
}

void avr109_is_done(struct avr109 *avr)
{
	avr->failures = 0;
}

/* Running. */

static int fail_open(const struct avr109 *avr, int code)
{
	dfut_fail(avr->job->failure, code, "the bootloader's serial port can't be opened: %s",
		  dfut_error_get_text(code));
	if (code == DFUT_ERROR_GONE)
		hint(avr, code);
	return code;
}

static int failed(struct avr109 *avr, int code, struct dfut_next *next)
{
	if (avr->step == AVR109_STEP_OPENING)
		return fail_open(avr, code);
	if (code == DFUT_ERROR_GONE)
		return broke(avr, code);
	return avr->step == AVR109_STEP_ASKED ? lost(avr, code, next) : attempt_again(avr, code, next);
}

static int drain(struct avr109 *avr, struct dfut_next *next)
{
	avr->step = AVR109_STEP_DRAINING;
	return dfut_port_drain(&avr->port, QUIET_MS, next);
}

int avr109_run(struct avr109 *avr, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	int result;

	if (!outcome) {
		avr->flush_left = flushes[0];
		return dfut_port_open(&avr->port, next);
	}
	result = dfut_port_run(&avr->port, outcome, next);
	if (result < 0)
		return failed(avr, result, next);
	if (result == 0)
		return 0;
	switch (avr->step) {
	case AVR109_STEP_OPENING:
		return flush(avr, next);
	case AVR109_STEP_FLUSHING:
		return avr->flush_left ? flush(avr, next) : drain(avr, next);
	case AVR109_STEP_DRAINING:
		return greet(avr, next);
	case AVR109_STEP_GREETING:
		return greeted(avr, next);
	case AVR109_STEP_ASKED:
		return answered(avr, next);
	case AVR109_STEP_READY:
		break;
	}
	return 1;
}
