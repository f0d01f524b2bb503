/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What it means that a device stayed, or left and is back, or is not: a table, and nothing else. */

#ifndef DFUT_VERDICT_H
#define DFUT_VERDICT_H

#include "core/machine.h"

/* What was seen when the waiting ended. */
enum dfut_sighting {
	DFUT_SIGHTING_STAYED, /* it did not leave in time */
	DFUT_SIGHTING_LOST,   /* it left and did not come back in time */
	DFUT_SIGHTING_BACK,
	DFUT_SIGHTING_COUNT,
};

/* Who asked it to leave. */
enum dfut_asker {
	DFUT_ASKER_TRIGGER,
	DFUT_ASKER_LEG,
	DFUT_ASKER_RESTART, /* the leg that starts the application */
	DFUT_ASKER_COUNT,
};

/* As what it is back. */
enum dfut_guise {
	DFUT_GUISE_NONE, /* it is not */
	DFUT_GUISE_BOOTLOADER,
	DFUT_GUISE_APPLICATION,
	DFUT_GUISE_STEP,     /* as another application of its entry, which is one step of several */
	DFUT_GUISE_SAME,     /* as what it was, and its trigger may work without a change that shows */
	DFUT_GUISE_STRANGER, /* as something that no table knows, by a trigger that no table knows */
	DFUT_GUISE_STAGE,    /* as another bootloader than before: what was written, or the next of several stages */
	DFUT_GUISE_COUNT,
};

/* What the session does then. */
enum dfut_verdict {
	DFUT_VERDICT_ARRIVED,	    /* the bootloader is there: the legs go on */
	DFUT_VERDICT_STEP,	    /* one step further: it is triggered again */
	DFUT_VERDICT_IN_PLACE,	    /* taken for the bootloader, which does not show */
	DFUT_VERDICT_TAKEN,	    /* taken as it is: nothing more is known */
	DFUT_VERDICT_NEXT,	    /* the next trigger, or the end */
	DFUT_VERDICT_NOT_THERE,	    /* an error: it is not in its bootloader */
	DFUT_VERDICT_AGAIN,	    /* the leg begins again */
	DFUT_VERDICT_RUNS_AGAIN,    /* the same, and its application runs */
	DFUT_VERDICT_STARTED,	    /* the leg is over, the application runs */
	DFUT_VERDICT_OVER,	    /* the leg is over */
	DFUT_VERDICT_STAYS_BY_HAND, /* the next way out; after the last the leg is over, and a person has to press reset */
	DFUT_VERDICT_NEXT_STAGE,    /* all is done: what was written is a bootloader, or starts one */
	DFUT_VERDICT_BACK_BY_HAND, /* the same, as it is in its bootloader again */
	DFUT_VERDICT_AWAY,	   /* the leg is over; the application shows no USB */
	DFUT_VERDICT_RESET_AWAY,   /* the leg is over; the part has reset itself to what shows no USB */
	DFUT_VERDICT_STAYED,	   /* the next way out; after the last an error: it is there as before */
	DFUT_VERDICT_LOST,	   /* an error: it is not back */
	DFUT_VERDICT_NOT_STARTED,  /* an error: it is in its bootloader again */
	DFUT_VERDICT_COUNT,
};

struct dfut_verdict_row {
	enum dfut_sighting sighting;
	unsigned int askers; /* bits 1 << enum dfut_asker */
	unsigned int ends;   /* bits 1 << enum dfut_end: how the machine said that it leaves */
	unsigned int guises; /* bits 1 << enum dfut_guise */
	enum dfut_verdict verdict;
};

/* The first row that fits counts; the last of each sighting fits whatever is left. NULL after the last. */
const struct dfut_verdict_row *dfut_verdict_get_row(size_t index);
const struct dfut_verdict_row *dfut_verdict_find(enum dfut_sighting sighting, enum dfut_asker asker, enum dfut_end end,
						 enum dfut_guise guise);

/* As in the table in docs/architecture.md; static. */
const char *dfut_sighting_get_name(enum dfut_sighting sighting);
const char *dfut_asker_get_name(enum dfut_asker asker);
const char *dfut_end_get_name(enum dfut_end end);
const char *dfut_guise_get_name(enum dfut_guise guise);
const char *dfut_verdict_get_name(enum dfut_verdict verdict);

#endif
