/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What the machines of DfuSe share: commands, which are blocks with number 0, and where a machine stands. */

#ifndef DFUT_DFUSE_CORE_H
#define DFUT_DFUSE_CORE_H

#include "language/dfu/core.h"

#define DFUSE_COMMAND_BLOCK 0
#define DFUSE_FIRST_BLOCK 2
/* A ROM may answer GETSTATUS only when all is erased: 32 s for an STM32F405 (data sheet). */
#define DFUSE_MASS_ERASE_TIMEOUT_MS 45000

enum dfuse_step {
	STEP_NEXT,
	STEP_SENT,
	STEP_ASK,
	STEP_JUDGE,
	STEP_CLEARED, /* CLRSTATUS, of which it may take two */
	STEP_CLEAR_JUDGE,
	STEP_SELECT, /* another alternate setting, from dfuIDLE */
	STEP_SELECTED,
	/* Reading. */
	STEP_IDLE, /* the address is set; UPLOAD wants dfuIDLE */
	STEP_READ,
	STEP_GOT,
	STEP_REFUSED, /* an UPLOAD; the state tells why */
	STEP_ENDED,
	/* Leaving. */
	STEP_LEAVE,
	STEP_LEFT,
	STEP_LEAVE_JUDGE,
};

enum dfuse_command {
	COMMAND_MASS_ERASE,
	COMMAND_ERASE,
	COMMAND_ADDRESS,
	COMMAND_DATA,
	COMMAND_NONE,
};

struct dfuse {
	struct dfu_core core;
	enum dfuse_step step;
	enum dfuse_step after; /* the command */
	enum dfuse_command command;
	uint8_t bytes[5];
	uint32_t address; /* of the command, for people */
	bool mass_erased;
	size_t erased;
	size_t range;  /* the one that is written or read */
	size_t offset; /* in it */
	bool pointed;  /* the device expects `block` there */
	bool reading;  /* it is in dfuUPLOAD-IDLE */
	uint32_t block;
	uint16_t sent;
	uint64_t done;
	int error;
	bool sticks; /* erasing has ended in dfuDNBUSY before */
	unsigned int clears;
	uint16_t block_limit; /* it takes no larger ones; 0: wTransferSize is true */
	uint8_t alternate;    /* that is selected */
};

int dfuse_begin(struct dfuse *dfuse, const struct dfut_job *job);
int dfuse_get_ready(struct dfuse *dfuse, const struct dfut_outcome *outcome, struct dfut_action *next);
int dfuse_send_command(struct dfuse *dfuse, enum dfuse_command command, uint32_t address, enum dfuse_step after,
		       struct dfut_action *next);
/* The steps of a command. 1: it was carried out. */
int dfuse_run_command(struct dfuse *dfuse, const struct dfut_outcome *outcome, struct dfut_action *next);
/* A block was refused for its size as it seems: smaller ones from now on, and the address anew. False if that can't be why. */
bool dfuse_shrink_blocks(struct dfuse *dfuse, const struct dfu_status *status);
/* A block of what is left to write or read. */
uint16_t dfuse_get_block_size(const struct dfuse *dfuse, size_t left);
/* Whether the address has to be set before that block. */
bool dfuse_needs_address(const struct dfuse *dfuse, uint16_t size);
/* Another memory. */
int dfuse_select(struct dfuse *dfuse, uint8_t alternate, struct dfut_action *next);
/* Out of dfuERROR, or a dfuDNBUSY that does not end. */
int dfuse_clear(struct dfuse *dfuse, enum dfuse_step after, struct dfut_action *next);
/* The device has reported an error: its words, and what a person can do about it. */
int dfuse_reported(const struct dfuse *dfuse, const struct dfu_status *status);

#endif
