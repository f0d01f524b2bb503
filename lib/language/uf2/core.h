/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What the machines of UF2 drives share: one command with its data and its status. */

#ifndef DFUT_UF2_CORE_H
#define DFUT_UF2_CORE_H

#include "core/machine.h"
#include "language/uf2/wire.h"

/* The most data of one command. */
#define UF2_SECTORS_MAX 64
#define UF2_DATA_MAX ((size_t)UF2_SECTORS_MAX * UF2_SECTOR)

struct uf2_job;

enum uf2_core_step {
	UF2_CLOSED,
	UF2_LOOKING, /* whether the system has mounted it */
	UF2_OPENING,
	/* What others have left half done is ended, in RP2040's ROM an image, too. The system's driver may be one of them. */
	UF2_RESETTING,
	UF2_CLEARING_IN,
	UF2_CLEARING_OUT,
	UF2_IDLE,
	UF2_SENDING,
	UF2_MOVING,	     /* data */
	UF2_CLEARING_DATA,   /* the device did not want, or have, all of it */
	UF2_TAKING,	     /* the status */
	UF2_CLEARING_STATUS, /* which may come at the second time only */
	UF2_FILE,	     /* a part of one is moved by the system's file system */
};

struct uf2_core {
	const struct dfut_job *job;
	const struct uf2_job *own;
	enum uf2_core_step step;
	bool is_mounted; /* it is talked to by files, and by no command */
	struct uf2_command command;
	const uint8_t *out; /* its data */
	char place[64];	    /* what it is about, for people */
	uint32_t tag;
	uint8_t frame[UF2_COMMAND_SIZE];
	uint8_t in[UF2_DATA_MAX];
	size_t in_size;
	bool is_moved;	 /* all that went out has been taken */
	bool has_tried;	 /* to read the status, and it was stalled */
	bool has_failed; /* the command before REQUEST SENSE ... */
	bool tolerates;	 /* ... which the machine looks at itself */
	struct uf2_sense sense;
};

void uf2_core_begin(struct uf2_core *core, const struct dfut_job *job);
/* Opens the drive as what the system has mounted, or else its interface, which is reset. Until uf2_core_run() returns 1. */
int uf2_core_open(struct uf2_core *core, struct dfut_next *next);
/* Sends a command, which is about `place`; what goes out stays until it is done. */
int uf2_core_send(struct uf2_core *core, const struct uf2_command *command, const uint8_t *out, const char *place,
		  struct dfut_next *next);
/* Of a mounted drive: as a command of this op, READ or WRITE, with so many bytes from `offset` on of a file. The name is a
 * constant. With `tolerates`, a file that is not there has failed. */
int uf2_core_move(struct uf2_core *core, enum uf2_op op, const char *file, uint32_t offset, uint32_t length,
		  const uint8_t *out, const char *place, struct dfut_next *next);
/* 1: what was begun is done, and what came in is in core->in; 0: *next is filled in; or a negative error and its words. With
 * `tolerates` a command that failed is done, too, and core->has_failed. */
int uf2_core_run(struct uf2_core *core, const struct dfut_outcome *outcome, struct dfut_next *next);

#endif
