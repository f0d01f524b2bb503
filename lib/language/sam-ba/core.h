/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What the machines of SAM-BA share: one command and its reply at a time, and the way back when there is none. */

#ifndef DFUT_SAMBA_CORE_H
#define DFUT_SAMBA_CORE_H

#include "core/port.h"
#include "language/sam-ba/machine.h"

/* As much as a bootloader can be waiting for. */
#define SAMBA_FILLER_SIZE SAMBA_CHUNK_MAX

enum samba_core_step {
	SAMBA_CLOSED,
	SAMBA_OPENING,
	SAMBA_FLUSHING, /* what others have left */
	SAMBA_BINARY,	/* N */
	SAMBA_GREETING, /* V */
	SAMBA_IDLE,	/* what was begun is done */
	SAMBA_ASKING,	/* the command */
	SAMBA_STORING,	/* ... whose data follow */
	SAMBA_SENDING,	/* data */
	SAMBA_SETTLING, /* something went wrong */
	SAMBA_FILLING,	/* what it may be waiting for */
	SAMBA_REOPENING,
	SAMBA_PINGING,	 /* V */
	SAMBA_RETURNING, /* it answers: until it is quiet */
};

struct samba_core {
	struct dfut_port port;
	const struct dfut_job *job;
	const struct samba_job *own;
	enum samba_core_step step;
	struct samba_command command; /* that is asked ... */
	struct samba_command ping;
	struct samba_reply reply;
	const uint8_t *data; /* ... and its data */
	size_t data_size;
	bool is_first; /* nobody has spoken to it before */
	bool is_once;  /* not to be repeated by itself */
	size_t speed;  /* which of those that it may have */
	unsigned int tries;
	unsigned int pings;
	int code; /* of what went wrong first */
	uint8_t filler[SAMBA_FILLER_SIZE];
};

/* Results of samba_core_run(). */
#define SAMBA_ANSWERED 1
/* The bootloader is there; whether it has carried the command out is not known. Of a sum: it knows none, and its letter is taken
 * away. */
#define SAMBA_LOST 2

void samba_core_begin(struct samba_core *core, const struct dfut_job *job);
/* Opens the port. Where nobody has spoken to it before, its version is asked for: it is in the reply then. */
int samba_core_open(struct samba_core *core, struct dfut_next *next);
/* Repeated until it is answered. */
int samba_core_ask(struct samba_core *core, struct samba_command command, struct dfut_next *next);
/* The same for what may be done only once: SAMBA_LOST if its answer did not come. */
int samba_core_ask_once(struct samba_core *core, struct samba_command command, struct dfut_next *next);
/* Into the buffer. Nobody answers, so that nothing is repeated. */
int samba_core_store(struct samba_core *core, uint32_t address, const uint8_t *data, size_t size,
		     struct dfut_next *next);
/* SAMBA_ANSWERED, SAMBA_LOST, 0: *next is filled in, or a negative error and its words. */
int samba_core_run(struct samba_core *core, const struct dfut_outcome *outcome, struct dfut_next *next);
/* Addresses count from the application, and numbers have 8 digits. */
bool samba_core_is_extended(const struct samba_core *core);
/* What to do about a bootloader that is stuck. */
void samba_hint_stuck(struct dfut_failure *failure, bool is_in_place);

#endif
