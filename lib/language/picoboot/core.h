/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What the machines of PICOBOOT share: one command with its data and its acknowledgement, and the way out of a halt. */

#ifndef DFUT_PICOBOOT_CORE_H
#define DFUT_PICOBOOT_CORE_H

#include "core/machine.h"
#include "language/picoboot/wire.h"

/* The most data of one command: as much as a session's progress is worth. */
#define PICOBOOT_READ_MAX 32768

enum picoboot_core_step {
	PICOBOOT_CLOSED,
	PICOBOOT_OPENING,
	PICOBOOT_RESETTING, /* what others may have left half done */
	PICOBOOT_IDLE,
	PICOBOOT_SENDING,
	PICOBOOT_MOVING, /* data */
	PICOBOOT_ACKNOWLEDGING,
	/* Something went wrong. */
	PICOBOOT_ASKING,
	PICOBOOT_CLEARING_IN,
	PICOBOOT_CLEARING_OUT,
	PICOBOOT_GIVING_UP,
};

struct picoboot_core {
	const struct dfut_job *job;
	const struct picoboot_job *own;
	enum picoboot_core_step step;
	struct picoboot_command command;
	const uint8_t *out; /* its data */
	uint32_t address;   /* that it is about, for people */
	uint32_t token;
	uint8_t frame[PICOBOOT_COMMAND_SIZE];
	uint8_t in[PICOBOOT_READ_MAX];
	size_t in_size;
	int code;     /* that the machine ends with */
	bool is_told; /* why */
};

void picoboot_core_begin(struct picoboot_core *core, const struct dfut_job *job);
/* Opens the interface; where nobody has looked at it before, what was left half done is ended. Until picoboot_core_run() returns 1. */
int picoboot_core_open(struct picoboot_core *core, struct dfut_next *next);
/* Sends a command; what goes out stays until it is done. */
int picoboot_core_send(struct picoboot_core *core, const struct picoboot_command *command, const uint8_t *out,
		       struct dfut_next *next);
/* 1: what was begun is done, and what came in is in core->in; 0: *next is filled in; or a negative error and its words. */
int picoboot_core_run(struct picoboot_core *core, const struct dfut_outcome *outcome, struct dfut_next *next);
/* Ends with this error, whose words are there: exclusive access is given back before. As picoboot_core_run(). */
int picoboot_core_give_up(struct picoboot_core *core, int code, struct dfut_next *next);

#endif
