/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What an action of a recording means in a bootloader's language, in words for people. */

#ifndef DFUT_MEANING_H
#define DFUT_MEANING_H

#include <stdio.h>

#include "base/tape.h"

/* What a host is at. */
enum dfut_phase {
	DFUT_PHASE_ANY, /* what stands beside each of the others */
	DFUT_PHASE_ASKING,
	DFUT_PHASE_WRITING, /* and erasing */
	DFUT_PHASE_READING,
	DFUT_PHASE_STARTING,
};

enum dfut_place_kind {
	DFUT_PLACE_NONE,
	DFUT_PLACE_ADDRESS,
	DFUT_PLACE_NUMBER, /* of a block, page or sector */
};

/* Of each device; zeroed when it arrives. */
struct dfut_talk {
	const struct dfut_tape_event *device; /* as it was last told */
	uint32_t address;		      /* that was set last */
	uint32_t left;			      /* bytes of data of the command `asked` that are still to come */
	uint8_t asked;
	bool is_guessed; /* no table knows whether the device speaks this language */
};

struct dfut_meaning {
	enum dfut_phase phase;
	const char *
		what; /* one word for all of a kind, which are counted; NULL for an answer that says no more than yes */
	enum dfut_place_kind place;
	uint64_t first, last;
	char detail[160]; /* behind what it is, where it is told by itself */
	bool is_alone;	  /* it is told by itself */
};

/* The bytes that are known of it, and how many there are. */
static inline bool dfut_meaning_has(const struct dfut_tape_event *event, size_t size)
{
	return event->data.size >= size;
}

/* Of one of many. */
static inline bool dfut_mean(struct dfut_meaning *meaning, enum dfut_phase phase, const char *what)
{
	meaning->phase = phase;
	meaning->what = what;
	return true;
}

/* The same, of bytes that begin there. */
static inline bool dfut_mean_at(struct dfut_meaning *meaning, enum dfut_phase phase, const char *what, uint64_t first,
				uint64_t size)
{
	meaning->place = DFUT_PLACE_ADDRESS;
	meaning->first = first;
	meaning->last = size ? first + size - 1 : first;
	return dfut_mean(meaning, phase, what);
}

static inline bool dfut_mean_number(struct dfut_meaning *meaning, enum dfut_phase phase, const char *what,
				    uint64_t number)
{
	meaning->place = DFUT_PLACE_NUMBER;
	meaning->first = meaning->last = number;
	return dfut_mean(meaning, phase, what);
}

/* What a number of a protocol stands for */
struct dfut_meaning_word {
	uint32_t number;
	enum dfut_phase phase;
	const char *what;
};

/* By such a list; false if the number is not in it. */
static inline bool dfut_mean_word(struct dfut_meaning *meaning, const struct dfut_meaning_word *words, size_t count,
				  uint32_t number)
{
	for (size_t i = 0; i < count; i++)
		if (words[i].number == number)
			return dfut_mean(meaning, words[i].phase, words[i].what);
	return false;
}

/* Of one that is told by itself, with what else there is to say. */
static inline bool DFUT_PRINTF(4, 5)
	dfut_mean_alone(struct dfut_meaning *meaning, enum dfut_phase phase, const char *what, const char *detail, ...)
{
	va_list arguments;

	va_start(arguments, detail);
	vsnprintf(meaning->detail, sizeof(meaning->detail), detail, arguments);
	va_end(arguments);
	meaning->is_alone = true;
	return dfut_mean(meaning, phase, what);
}

#endif
