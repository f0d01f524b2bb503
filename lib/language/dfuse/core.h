/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What the machines of DfuSe share: commands, which are blocks with number 0, and where a machine stands. */

#ifndef DFUT_DFUSE_CORE_H
#define DFUT_DFUSE_CORE_H

#include "language/dfu/core.h"

#define DFUSE_COMMAND_BLOCK 0
#define DFUSE_FIRST_BLOCK 2
/* Commands: the first byte of such a block. */
#define DFUSE_COMMAND_LIST 0x00
#define DFUSE_COMMAND_ADDRESS 0x21
#define DFUSE_COMMAND_ERASE 0x41
#define DFUSE_COMMAND_UNPROTECT 0x92
#define DFUSE_LIST_ROOM 16
/* A size that every one of them takes. */
#define DFUSE_SMALL_BLOCK 1024
/* A ROM may answer GETSTATUS only when all is erased: 32 s for an STM32F405 (data sheet). */
#define DFUSE_MASS_ERASE_TIMEOUT_MS 45000

/* Quirks that the language has of its own, beside those of DFU. */
enum dfuse_quirk {
	DFUSE_QUIRK_SLOW_MASS_ERASE = DFU_QUIRK_OWN
				      << 0, /* takes far longer than bwPollTimeout says, may not answer meanwhile */
	DFUSE_QUIRK_BUSY_STALL = DFU_QUIRK_OWN << 1, /* stalls GETSTATUS while it is at work */
	DFUSE_QUIRK_STUCK_ERASE = DFU_QUIRK_OWN
				  << 2,		  /* stays in dfuDNBUSY after an erase until CLRSTATUS comes twice */
	DFUSE_QUIRK_NO_BUSY = DFU_QUIRK_OWN << 3, /* has carried a command out when it answers GETSTATUS first */
	DFUSE_QUIRK_BLOCKS_1024 = DFU_QUIRK_OWN
				  << 4, /* may refuse blocks of more than 1024 bytes, whatever wTransferSize says */
	DFUSE_QUIRK_LEAVE_ADDRESS = DFU_QUIRK_OWN << 5,	 /* leaves only if the address was set before */
	DFUSE_QUIRK_LEAVE_SILENT = DFU_QUIRK_OWN << 6,	 /* leaves without an answer, or with a stall */
	DFUSE_QUIRK_FEATURE_LETTER = DFU_QUIRK_OWN << 7, /* "Device Feature" is readable, writable; its layout lies */
	DFUSE_QUIRK_SAME_NAMES = DFU_QUIRK_OWN << 8, /* all alternate settings have the first one's name, right there */
	DFUSE_QUIRK_GD32_SERIAL = DFU_QUIRK_OWN
				  << 9, /* the serial number tells the size of the flash, the layout does not */
	DFUSE_QUIRK_READ_PROTECTION = DFU_QUIRK_OWN
				      << 10, /* errVENDOR is ST's read protection, if it knows READ UNPROTECT */
};

enum dfuse_list_step {
	DFUSE_LIST_ASK,
	DFUSE_LIST_GOT,
	DFUSE_LIST_ABORTED,
	DFUSE_LIST_ENDED,
};

/* The commands that a bootloader says that it knows. */
struct dfuse_list {
	enum dfuse_list_step step;
	uint16_t room; /* what it was given */
	size_t size;
	uint8_t bytes[DFUSE_LIST_ROOM];
};

/* A part of the device's memory. */
struct dfuse_range {
	uint32_t address;
	const uint8_t *data; /* NULL where that is not what it is about */
	size_t size;
	uint8_t alternate; /* where several have memories */
};

/* What ranges have in them, by offsets that only rise. */
struct dfuse_content {
	/* The first byte from an offset on that counts, or the range's size: blocks in which none does are left out. */
	size_t (*find)(void *owner, const struct dfuse_range *range, size_t offset);
	/* What to write; it lasts until the next call. */
	const uint8_t *(*give)(void *owner, const struct dfuse_range *range, size_t offset, uint16_t size);
	/* What was read: 0, or a negative error. */
	int (*take)(void *owner, const struct dfuse_range *range, size_t offset, const uint8_t *data, uint16_t size);
	/* How many bytes count, of those that are behind the machine now. */
	size_t (*count)(void *owner, const struct dfuse_range *range, size_t offset, size_t size);
};

/* What a machine is to do, beside struct dfut_job. */
struct dfuse_job {
	const struct dfuse_range *ranges; /* where to write, or to read */
	size_t range_count;
	const struct dfuse_content *content; /* NULL: all is read, and goes to the job's writer */
	void *owner;			     /* of the content */
	uint64_t total;			     /* the bytes that count */
	const struct dfuse_range *erases;    /* the sectors to erase, before anything is written */
	size_t erase_count;
	bool mass_erase;      /* all of the memory instead */
	bool resets;	      /* the part may reset itself once all is written, as for option bytes */
	bool *is_unsure;      /* set if the part may not have taken what was written before it reset; may be NULL */
	bool *read_protected; /* set if the part refuses because of its read protection; may be NULL */
	uint32_t start;	      /* where the application begins */
};

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
	const struct dfuse_job *own;
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
	uint64_t total;
	int error;
	bool sticks; /* erasing has ended in dfuDNBUSY before */
	unsigned int clears;
	uint16_t block_limit;  /* it takes no larger ones; 0: wTransferSize is true */
	bool has_large;	       /* it has taken one that is larger than that */
	bool may_be_protected; /* it has reported what is read protection if it knows READ UNPROTECT */
	bool is_listing;       /* and is asked that */
	struct dfuse_list list;
	struct dfut_job quiet;	      /* the same job, but nobody is told what goes wrong from then on */
	struct dfut_failure ignored;  /* ... here it goes */
	struct dfut_failure *failure; /* what is told */
	uint8_t alternate;	      /* that is selected */
};

int dfuse_begin(struct dfuse *dfuse, const struct dfut_job *job);
int dfuse_send_command(struct dfuse *dfuse, enum dfuse_command command, uint32_t address, enum dfuse_step after,
		       struct dfut_next *next);
/* Gets ready, then goes through the steps of a command. 1: the machine's own step is next. */
int dfuse_carry_on(struct dfuse *dfuse, const struct dfut_outcome *outcome, struct dfut_next *next);
/* The first large block has failed, for its size as it may be: smaller ones from now on, and the address anew. False if that
 * can't be why. */
bool dfuse_shrink_blocks(struct dfuse *dfuse);
/* A block of what is left to write or read. */
uint16_t dfuse_get_block_size(const struct dfuse *dfuse, size_t left);
/* One of the size that the part itself says, by which it counts. */
bool dfuse_is_full_block(const struct dfuse *dfuse, uint16_t size);
/* Whether the address has to be set before that block. */
bool dfuse_needs_address(const struct dfuse *dfuse, uint16_t size);
/* Another memory. */
int dfuse_select(struct dfuse *dfuse, uint8_t alternate, struct dfut_next *next);
/* Out of dfuERROR, or a dfuDNBUSY that does not end. */
int dfuse_clear(struct dfuse *dfuse, enum dfuse_step after, struct dfut_next *next);
/* The device has reported an error: its words, and what a person can do about it. As dfu_core_reported(), and
 * dfuse_carry_on() returns the code in the end. */
int dfuse_reported(struct dfuse *dfuse, const struct dfu_status *status, struct dfut_next *next);

/* commands.c: to be called until it is 1, which it is once the list is there, or what came is none. The device is in dfuIDLE then. */
int dfuse_list_next(struct dfu_core *core, struct dfuse_list *list, const struct dfut_outcome *outcome,
		    struct dfut_next *next);
bool dfuse_list_has(const struct dfuse_list *list, uint8_t command);

#endif
