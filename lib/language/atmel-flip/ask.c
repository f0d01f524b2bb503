/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Asking a FLIP bootloader about itself. FLIP 1 answers one byte to each question, FLIP 2 has memories to be read. Of whom it is
 * not known which of both it speaks, it is asked by FLIP 1: FLIP 2 does not know its questions, and refuses the first. An AVR's
 * first two bytes are those of all AVRs.
 */

#include "language/atmel-flip/machine.h"

/* The watchdog that restarts it takes 250 ms at most. */
#define LEAVING_MS 500

enum ask_step {
	ASK_QUESTIONS,
	ASK_SIGNATURE,
	ASK_SECURITY,
	ASK_TRIAL,
};

struct flip_ask {
	struct flip flip;
	enum ask_step step;
	bool is_asking; /* what comes in is its answer */
	bool has_answer;
	bool has_waited; /* for a FLIP 2 that may be about to leave */
	bool is_waiting;
	size_t at;
};

static int begin(void *state, const struct dfut_job *job)
{
	struct flip_ask *ask = state;

	flip_begin(&ask->flip, job);
	ask->step = ask->flip.is_two ? ASK_SIGNATURE : ASK_QUESTIONS;
	if (ask->flip.own->kind == FLIP_KIND_AVR)
		ask->at = flip_put_avr_signature(ask->flip.own->answers->signature);
	return 0;
}

static int ask_question(struct flip_ask *ask, struct dfut_next *next)
{
	static const uint8_t questions[FLIP_SIGNATURE_SIZE] = { 0x30, 0x31, 0x60, 0x61 };

	ask->is_asking = true;
	flip_put_question(&ask->flip.message, questions[ask->at]);
	return flip_send(&ask->flip, "asking the bootloader about itself", 1, next);
}

static int read(struct flip_ask *ask, enum flip_unit unit, uint32_t address, uint16_t size, struct dfut_next *next)
{
	int result = flip_select(&ask->flip, unit, address, next);

	if (result != 1)
		return result;
	ask->is_asking = true;
	flip_put_read(&ask->flip.message, ask->flip.is_two, unit, address, size);
	return flip_send_at(&ask->flip, "reading", address, size, next);
}

/* What comes next, in this step. */
static int go_on(struct flip_ask *ask, struct dfut_next *next)
{
	switch (ask->step) {
	case ASK_QUESTIONS:
		return ask_question(ask, next);
	case ASK_SIGNATURE:
		return read(ask, FLIP_UNIT_SIGNATURE, 0, FLIP_SIGNATURE_SIZE, next);
	case ASK_SECURITY:
		return read(ask, FLIP_UNIT_SECURITY, 0, 1, next);
	case ASK_TRIAL:
		return read(ask, ask->flip.own->unit, 0, 2, next);
	}
	return DFUT_ERROR_PROTOCOL;
}

static int try_reading(struct flip_ask *ask, struct dfut_next *next)
{
	if (!ask->flip.own->tries_reading)
		return dfut_next_done(next, DFUT_END_STAYS);
	ask->step = ASK_TRIAL;
	return go_on(ask, next);
}

static int answered(struct flip_ask *ask, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct flip_answers *answers = ask->flip.own->answers;

	ask->is_asking = false;
	ask->has_answer = true;
	switch (ask->step) {
	case ASK_QUESTIONS:
		answers->signature[ask->at++] = outcome->data[0];
		if (ask->at < FLIP_SIGNATURE_SIZE)
			return ask_question(ask, next);
		return try_reading(ask, next);
	case ASK_SIGNATURE:
		for (size_t i = 0; i < FLIP_SIGNATURE_SIZE; i++)
			answers->signature[i] = outcome->data[i];
		/* An XMEGA has lock bits, which only reading its flash shows. */
		if (ask->flip.own->kind != FLIP_KIND_AVR32)
			return try_reading(ask, next);
		ask->step = ASK_SECURITY;
		return go_on(ask, next);
	case ASK_SECURITY:
		answers->is_secure = outcome->data[0] != 0;
		return answers->is_secure ? dfut_next_done(next, DFUT_END_STAYS) : try_reading(ask, next);
	case ASK_TRIAL:
		break;
	}
	return dfut_next_done(next, DFUT_END_STAYS);
}

/* A part whose security bit is set refuses most of what it is asked. */
static int refused(struct flip_ask *ask, struct dfut_next *next)
{
	struct flip *flip = &ask->flip;
	struct flip_answers *answers = flip->own->answers;

	if (flip->own->kind == FLIP_KIND_UNKNOWN && ask->step == ASK_QUESTIONS && ask->at == 0) {
		flip->is_two = true;
		answers->is_two = true;
		ask->step = ASK_SIGNATURE;
		ask->is_asking = false;
		dfut_failure_clear(flip->job->failure);
		return flip_recover(flip, next);
	}
	answers->is_secure = answers->is_secure || flip->own->kind == FLIP_KIND_AVR32;
	if (!answers->is_secure || ask->step == ASK_QUESTIONS)
		return DFUT_ERROR_DEVICE;
	dfut_failure_clear(flip->job->failure);
	return dfut_next_done(next, DFUT_END_STAYS);
}

/* One that was told to start its application, by somebody who was interrupted then, does so at the first command that it
 * gets. */
static bool may_be_leaving(const struct flip_ask *ask, int code)
{
	const struct flip *flip = &ask->flip;
	bool is_first = !ask->has_answer && flip->what;

	return is_first && flip->job->restarts == 0 &&
	       (code == DFUT_ERROR_GONE || (code == DFUT_ERROR_DEVICE && flip->was_taken));
}

/* A protected FLIP 2 refuses its first command, too, and stays. */
static int see_whether_it_leaves(struct flip_ask *ask, struct dfut_next *next)
{
	ask->has_waited = true;
	ask->is_waiting = true;
	ask->is_asking = false;
	dfut_failure_clear(ask->flip.job->failure);
	return dfut_next_wait(next, LEAVING_MS);
}

static int ask_next(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct flip_ask *ask = state;
	int result;

	if (ask->is_waiting) {
		ask->is_waiting = false;
		return outcome->result < 0 ? dfut_next_done(next, DFUT_END_RESTARTED) : flip_recover(&ask->flip, next);
	}
	result = flip_carry_on(&ask->flip, outcome, next);
	if (may_be_leaving(ask, result)) {
		if (result == DFUT_ERROR_GONE || !ask->flip.is_two)
			return dfut_next_done(next, DFUT_END_RESTARTED);
		if (!ask->has_waited)
			return see_whether_it_leaves(ask, next);
	}
	if (result == DFUT_ERROR_DEVICE && ask->flip.what)
		return refused(ask, next);
	if (result != 1)
		return result;
	return ask->is_asking ? answered(ask, outcome, next) : go_on(ask, next);
}

const struct dfut_machine_ops flip_ask_machine = {
	.name = "flip-ask",
	.state_size = sizeof(struct flip_ask),
	.begin = begin,
	.next = ask_next,
};
