/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Frames of SONiX's ISP: a command is a feature report, its answer another one. Drawing: docs/protocols/sonix-isp.md. */

#ifndef DFUT_SONIX_ISP_WIRE_H
#define DFUT_SONIX_ISP_WIRE_H

#include "base/base.h"
#include "language/meaning.h"

#define SONIX_REPORT_SIZE 64
/* Of the parameters of a command */
#define SONIX_PARAMETERS 4
/* Of what is in an answer */
#define SONIX_ANSWER 8
/* Where the answer to the data has the last bytes of it */
#define SONIX_ANSWER_TAIL 60
#define SONIX_TAIL_SIZE 4

enum sonix_command {
	SONIX_VERSION = 1,
	SONIX_COMPARE = 2, /* the code option; nobody looks at an answer */
	SONIX_SECURE = 3,  /* sets code option and code security */
	SONIX_ERASE = 4,
	SONIX_PROGRAM = 5,
	SONIX_LEAVE = 7,
};

/* For people */
const char *sonix_command_get_name(enum sonix_command command);

/* A whole report, without parameters. */
void sonix_put_command(uint8_t frame[SONIX_REPORT_SIZE], enum sonix_command command);

enum sonix_verdict {
	SONIX_GOOD,
	SONIX_REFUSED,
	SONIX_WAITS, /* for data of somebody who did not send all of it */
	SONIX_STRANGE,
};

/* What an answer to this command says; the good ones have all of their 64 bytes. */
enum sonix_verdict sonix_judge_answer(const uint8_t *data, int size, enum sonix_command command);

/* Of chips: 0 and 0xffff are open */
struct sonix_version {
	uint8_t family;
	uint8_t sub_family;
	uint8_t member;
	uint16_t code_option;
	uint16_t security;
};

void sonix_parse_version(struct sonix_version *version, const uint8_t answer[SONIX_REPORT_SIZE]);

/* Sum of the words, modulo 65536; the size is even. */
uint16_t sonix_sum(const uint8_t *data, size_t size);

/* In words; of a recording. */
bool sonix_explain(struct dfut_talk *talk, const struct dfut_tape_event *event, struct dfut_meaning *meaning);

#endif
