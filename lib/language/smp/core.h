/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* One request of SMP and its answer at a time, repeated where one of them was lost. What the machines share. */

#ifndef DFUT_SMP_CORE_H
#define DFUT_SMP_CORE_H

#include "core/port.h"
#include "language/smp/frame.h"
#include "language/smp/machine.h"

#define SMP_ANSWER_MS 2500
#define SMP_TRIES 4

enum smp_core_step {
	SMP_CORE_CLOSED,
	SMP_CORE_OPENING,
	SMP_CORE_HELLO,	    /* the first question, which only who speaks SMP answers */
	SMP_CORE_REOPENING, /* as an exchange broke */
	SMP_CORE_ASKING,
	SMP_CORE_HEARING,
};

struct smp {
	const struct dfut_job *job;
	const struct smp_job *own;
	enum smp_core_step step;
	struct dfut_port port;
	struct smp_decoder decoder;
	uint8_t version; /* of the protocol that the device takes, less one */
	uint8_t sequence;
	struct smp_header header; /* of the request */
	struct smp_writer writer; /* of its map */
	uint8_t message[SMP_MESSAGE_MAX];
	uint8_t out[SMP_FRAME_SIZE(SMP_MESSAGE_MAX) + 1];
	uint32_t limit_ms;
	unsigned int tries_left;
	bool is_first; /* a line that somebody has begun may be there */
	bool has_hello;
	bool has_content; /* the request carries firmware */
	struct smp_answer answer;
	uint64_t now_ms;
};

void smp_begin(struct smp *smp, const struct dfut_job *job);
/* Opens the port, and asks for the parameters: DFUT_ERROR_MISMATCH, with its words, if it does not speak SMP. */
int smp_connect(struct smp *smp, struct dfut_next *next);
/* Opens it only. */
int smp_open(struct smp *smp, struct dfut_next *next);

/* A request: its map is written into what this returns, then it is sent. */
struct smp_writer *smp_request(struct smp *smp, enum smp_op op, enum smp_group group, unsigned int command);
int smp_send(struct smp *smp, uint32_t limit_ms, unsigned int tries, struct dfut_next *next);
/* One with an empty map. */
int smp_ask(struct smp *smp, enum smp_op op, enum smp_group group, unsigned int command, struct dfut_next *next);
int smp_ask_list(struct smp *smp, struct dfut_next *next);
/* Hears whatever comes: DFUT_ERROR_TIMEOUT if the port is there all the time. */
int smp_wait(struct smp *smp, uint32_t limit_ms, struct dfut_next *next);

/* 1: what was begun is done, the answer is in smp->answer; 0: *next is filled in; or a negative error, without words but for
 * those of smp_connect(). */
int smp_run(struct smp *smp, const struct dfut_outcome *outcome, struct dfut_next *next);

/* Words for an exchange that broke: "where" as in "the list of images". */
int smp_broke(struct smp *smp, int code, const char *where);
/* Words for an answer that is an error: DFUT_ERROR_DEVICE. */
int smp_refused(struct smp *smp, const char *where);

#endif
