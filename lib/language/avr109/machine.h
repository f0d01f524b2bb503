/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What is done with an AVR109 bootloader. Each job's `own` is struct avr109_job. */

#ifndef DFUT_AVR109_MACHINE_H
#define DFUT_AVR109_MACHINE_H

#include "language/avr109/core.h"

/* Of what decides: block mode, signature */
#define AVR109_ANSWER_MAX 3

/* ask.c: the state of whoever asks first. */
struct avr109_questions {
	struct avr109 avr;
	size_t at;
	bool has_first; /* answer to this question */
	uint16_t first_size;
	uint8_t first[AVR109_ANSWER_MAX];
};

/* Opens the port, finds the bootloader and asks it about itself: 1 once all is answered, 0 with *next filled in, or a negative
 * error. */
int avr109_questions_run(struct avr109_questions *asking, const struct dfut_outcome *outcome, struct dfut_next *next);

extern const struct dfut_machine_ops avr109_ask_machine;
/* The same, then reads for the job's writer. */
extern const struct dfut_machine_ops avr109_read_machine;
/* Writes the blocks that are pending, then reads those that are to be checked: what differs is pending again, and written. */
extern const struct dfut_machine_ops avr109_write_machine;
extern const struct dfut_machine_ops avr109_leave_machine;

#endif
