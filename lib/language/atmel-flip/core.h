/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What the machines of Atmel's FLIP share: getting ready, carrying a command out, and the words for what went wrong. */

#ifndef DFUT_FLIP_CORE_H
#define DFUT_FLIP_CORE_H

#include "language/atmel-flip/parts.h"
#include "language/atmel-flip/wire.h"
#include "language/dfu/wire.h"

/* Quirks that the language has of its own. */
enum flip_quirk {
	FLIP_QUIRK_LUFA = DFUT_QUIRK_OWN << 0, /* it is LUFA's bootloader, or QMK's, whatever it says of itself */
};

/* What the bootloader has told of itself. */
struct flip_answers {
	uint8_t signature[FLIP_SIGNATURE_SIZE]; /* zeros if it did not tell */
	bool is_two;
	bool is_lufa;
	bool is_secure; /* it lets nothing be read or written before the chip was erased */
	bool is_ready;	/* the last request ended a command that worked: the next machine may begin with one */
};

/* A part of a memory, by addresses from its first byte. */
struct flip_range {
	uint32_t address;
	uint32_t size;
	const uint8_t *data; /* NULL if it is only read */
};

/* What a machine is to do, beside struct dfut_job. */
struct flip_job {
	enum flip_kind kind;
	enum flip_unit unit;
	bool has_pages;		   /* the memory is larger than 64 KiB */
	bool tries_reading;	   /* asking: whether it can be read, too */
	bool erases;		   /* writing: the chip, before */
	bool may_be_blank;	   /* ... unless it is empty */
	bool has_written;	   /* leaving: this session has, so that it is no failure if the device stays */
	struct flip_range check;   /* writing: what must be empty before */
	struct flip_range *ranges; /* what to write, or where to read, in this order */
	size_t range_count;
	struct flip_answers *answers;
};

enum flip_step {
	FLIP_OPEN,
	FLIP_OPENED,
	FLIP_ASKED, /* for its state, to get to dfuIDLE from there */
	FLIP_RECOVERED,
	FLIP_PAUSED,
	FLIP_READY,
	/* A command. */
	FLIP_SENT,
	FLIP_WAITED,
	FLIP_JUDGE,
	FLIP_CLEARED,
	FLIP_GOT,
	FLIP_REFUSED,
};

/* The first member of a machine's state. */
struct flip {
	const struct dfut_job *job;
	const struct flip_job *own;
	bool is_two;
	enum flip_step step;
	unsigned int tries;
	uint64_t since_ms; /* when the command was sent */
	bool was_taken;	   /* ... and whether the DNLOAD itself was not refused */
	struct flip_message message;
	const char *what; /* the command does, for people */
	bool has_address; /* it is at one */
	uint32_t address;
	uint16_t answer_size; /* of what an UPLOAD gets; 0: GETSTATUS carries it out */
	bool may_differ;      /* a blank check: errCHECK_ERASED is an answer */
	struct dfu_status status;
	int unit;	 /* that is selected, -1 if that is not known */
	int page;	 /* of 64 KiB, the same */
	size_t range;	 /* that is written or read */
	uint32_t offset; /* in it */
	uint64_t done;
};

int flip_begin(struct flip *flip, const struct dfut_job *job);
void flip_progress(const void *state, uint64_t *done, uint64_t *total);
/* Sends the message. what: as in "reading". */
int flip_send(struct flip *flip, const char *what, uint16_t answer_size, struct dfut_next *next);
int flip_send_at(struct flip *flip, const char *what, uint32_t address, uint16_t answer_size, struct dfut_next *next);
/* What the command before has found. */
int flip_fetch(struct flip *flip, uint16_t size, struct dfut_next *next);
/* Gets ready, then goes through the steps of a command. 1: nothing is under way, and the outcome is what an UPLOAD got or the
 * status is what GETSTATUS said. */
int flip_carry_on(struct flip *flip, const struct dfut_outcome *outcome, struct dfut_next *next);
/* Back to dfuIDLE; carry_on() goes on. */
int flip_recover(struct flip *flip, struct dfut_next *next);
/* Whether this place has to be selected: 1 if it is, 0 with *next filled in. */
int flip_select(struct flip *flip, enum flip_unit unit, uint32_t address, struct dfut_next *next);
/* What is selected is not known any more. */
void flip_forget_selection(struct flip *flip);
/* The next piece of the ranges: false if there is none. */
bool flip_get_piece(struct flip *flip, struct flip_range *piece);
void flip_piece_is_done(struct flip *flip, uint32_t size);
int flip_out(const struct flip *flip, struct dfut_next *next, enum dfu_request request, const uint8_t *data,
	     uint16_t size, uint32_t timeout_ms);
/* Errors: code and words are set, the code is returned. */
int flip_broke(const struct flip *flip, int code);

#endif
