/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A device in a recording, and the languages that it may speak. */

#ifndef DFUT_SPEAKER_H
#define DFUT_SPEAKER_H

#include "base/index.h"
#include "language/language.h"
#include "table/table.h"

/* There are fewer languages. */
#define DFUT_SPEAKER_LIMIT 32

struct dfut_speaker {
	struct dfut_speaker *next;
	const struct dfut_entry *entry;		    /* NULL: no table knows it */
	struct dfut_talk talks[DFUT_SPEAKER_LIMIT]; /* by the index of the language */
};

struct dfut_speakers {
	struct dfut_speaker *first;
	struct dfut_index by_device;
};

/* As it arrives, or is another one than was told. False without memory. */
bool dfut_speaker_meet(struct dfut_speakers *speakers, const struct dfut_entry *table,
		       const struct dfut_tape_event *event);
/* What an action means: false, if none of its languages knows it. */
bool dfut_speaker_explain(const struct dfut_speakers *speakers, const struct dfut_tape_event *event,
			  struct dfut_meaning *meaning);
void dfut_speakers_free(struct dfut_speakers *speakers);

#endif
