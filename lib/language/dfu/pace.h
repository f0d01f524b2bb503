/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * When a device is asked about a block for the first time. Asked at once it says that it is busy, and then has to be left alone
 * for bwPollTimeout, which is often far more than it needs. Nothing says how soon it is to be asked first: how long blocks take
 * is learnt from those before. Who begins to work only once it was asked is soon asked at once again.
 */

#ifndef DFU_PACE_H
#define DFU_PACE_H

#include <stdbool.h>
#include <stdint.h>

/* Zeroed at first. */
struct dfu_pace {
	bool has_done;	    /* done_us is known */
	bool is_proven;	    /* a block was done when it was asked about after such a time */
	bool has_given_up;  /* waiting has no use */
	uint64_t done_us;   /* after which a block was done */
	uint64_t busy_us;   /* after which one was not */
	uint64_t limit_us;  /* what was waited for a block that was asked about at once */
	uint64_t first_us;  /* wait before the first question about the block under way */
	uint64_t waited_us; /* for it in all */
	bool was_busy;	    /* it was not done when it was asked about */
	unsigned int busy_count;
	unsigned int misses; /* blocks one after the other that were not done after done_us */
};

/* A block was sent. How long to wait before the first question about it. */
uint64_t dfu_pace_begin(struct dfu_pace *pace);
/* It is busy, and is left alone for so long. */
void dfu_pace_busy(struct dfu_pace *pace, uint64_t wait_us);
/* It is done. */
void dfu_pace_done(struct dfu_pace *pace);
/* The device does not work unless it is asked, or does not like to be asked late. */
void dfu_pace_give_up(struct dfu_pace *pace);

#endif
