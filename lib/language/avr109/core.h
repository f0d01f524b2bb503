/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What the machines of AVR109 share: finding the bootloader on its port, one command at a time, and the words for what went
 * wrong. */

#ifndef DFUT_AVR109_CORE_H
#define DFUT_AVR109_CORE_H

#include "core/port.h"
#include "language/atmel-flip/image.h"
#include "language/avr109/wire.h"

/* What the bootloader has told of itself. */
struct avr109_answers {
	char id[AVR109_ID_SIZE + 1];
	char software[4]; /* "1.0", "" if it does not tell */
	char hardware[4];
	bool is_serial;
	bool has_increment;			  /* addresses advance by themselves */
	uint16_t block_size;			  /* 0: it takes no blocks */
	uint8_t signature[AVR109_SIGNATURE_SIZE]; /* first byte first */
};

/* What a machine is to do, beside struct dfut_job. */
struct avr109_job {
	struct avr109_answers *answers;
	enum avr109_memory memory;
	uint16_t unit; /* bytes that are written or read at once */
	/* Reading: once the bootloader has said what it is, says what is read: fills in unit, address and size. */
	int (*settle)(void *user_data);
	void *settle_data;
	uint32_t address;
	uint32_t size;
	/* Writing: what is to be in the memory, of which block it is written, and which is read back. */
	struct flip_content *content;
	bool *pending;
	const bool *checked;
	bool erases;	     /* all of it, before */
	bool blanks;	     /* its first unit, before: without it no program is started */
	bool merges;	     /* of bytes that the image has not, what is there is kept */
	unsigned int rounds; /* times that what was read back wrong is written again; 0: that is left pending */
	uint32_t erase_ms;
};

/* How an answer ends. */
enum avr109_reply {
	AVR109_REPLY_ACK,
	AVR109_REPLY_ANY,     /* one byte, whichever */
	AVR109_REPLY_BYTES,   /* so many */
	AVR109_REPLY_VERSION, /* two, or '?' */
	AVR109_REPLY_BLOCK,   /* 'Y' and two, or one that means no */
	AVR109_REPLY_LIST,    /* until a 0, or '?' */
};

enum avr109_step {
	AVR109_STEP_OPENING,
	AVR109_STEP_FLUSHING,
	AVR109_STEP_DRAINING,
	AVR109_STEP_GREETING,
	AVR109_STEP_READY,
	AVR109_STEP_ASKED,
};

/* The first member of a machine's state. */
struct avr109 {
	const struct dfut_job *job;
	const struct avr109_job *own;
	struct dfut_port port;
	enum avr109_step step;
	unsigned int attempts; /* to find it */
	uint32_t flush_left;
	unsigned int failures; /* since something was done */
	bool is_known;	       /* it has said who it is */
	bool has_answer;       /* what runs has ended with: the command's answer, else with being found again */
	uint8_t stray;	       /* of STK500, that came instead of its name; 0 for none */
	/* The command. */
	const char *what; /* it does, for people; NULL: none was sent */
	bool has_address; /* it is at one */
	uint32_t address;
	struct avr109_message message;
	enum avr109_reply reply;
	uint16_t wanted; /* AVR109_REPLY_BYTES */
	uint16_t size;	 /* that has come of the answer */
	uint8_t answer[AVR109_BLOCK_MAX];
};

int avr109_begin(void *state, const struct dfut_job *job);
/* Sends the message. what: as in "reading". size: of AVR109_REPLY_BYTES. */
int avr109_ask(struct avr109 *avr, const char *what, enum avr109_reply reply, uint16_t size, uint32_t limit_ms,
	       struct dfut_next *next);
int avr109_ask_at(struct avr109 *avr, const char *what, uint32_t address, enum avr109_reply reply, uint16_t size,
		  uint32_t limit_ms, struct dfut_next *next);
/* Goes through what is under way. 1: nothing is any more; if has_answer, the command has its answer, else the bootloader was
 * found, or found again after something was lost: what was asked of it is asked anew. 0: *next is filled in. */
int avr109_run(struct avr109 *avr, const struct dfut_outcome *outcome, struct dfut_next *next);
/* The bootloader is looked for, as what it has said can't be right: 0, or a negative error if that was so too often. */
int avr109_doubt(struct avr109 *avr, const char *why, struct dfut_next *next);
/* Something is done: it counts no more what had been lost on the way. */
void avr109_is_done(struct avr109 *avr);

#endif
