/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A command and its answer, for machines. */

#ifndef DFUT_SONIX_ISP_EXCHANGE_H
#define DFUT_SONIX_ISP_EXCHANGE_H

#include "core/machine.h"
#include "language/sonix-isp/wire.h"

struct sonix_exchange {
	const struct dfut_job *job;
	enum sonix_command command;
	uint8_t frame[SONIX_REPORT_SIZE];
	enum { SONIX_SENDING, SONIX_ASKING, SONIX_PAUSING } step;
	unsigned int tries;   /* times that the answer was asked for */
	uint64_t patience_ms; /* beyond the usual, for what takes a chip its time */
	uint64_t until_ms;
};

/* Sends the frame, whose parameters the caller has put in behind its command. */
int sonix_exchange_send(struct sonix_exchange *exchange, struct dfut_next *next);
/* Asks for the answer only. */
int sonix_exchange_ask(struct sonix_exchange *exchange, uint64_t now_ms, struct dfut_next *next);
/* What follows an outcome: 1 if the answer is there and good (the outcome has it), 0 with *next filled in, or a negative error
 * with its words. */
int sonix_exchange_go_on(struct sonix_exchange *exchange, const struct dfut_outcome *outcome, struct dfut_next *next);

/* As dfut_fail(), for what broke on the way: the text says while doing what, the hint how the device gets well. */
int sonix_fail(const struct dfut_job *job, int code, const char *what);
extern const char sonix_power_hint[];
void sonix_hint_power(struct dfut_failure *failure);

#endif
