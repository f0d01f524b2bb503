/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The table of following. It is printed in docs/architecture.md, which a test compares. */

#include "session/verdict.h"

#define ANY (~0u)
#define TRIGGER (1u << DFUT_ASKER_TRIGGER)
#define LEG (1u << DFUT_ASKER_LEG)
#define RESTART (1u << DFUT_ASKER_RESTART)
#define END(name) (1u << DFUT_END_##name)
#define AS(name) (1u << DFUT_GUISE_##name)

/* clang-format off */
static const struct dfut_verdict_row rows[] = {
	{ DFUT_SIGHTING_STAYED, TRIGGER,       END(MAY_LEAVE),               ANY,             DFUT_VERDICT_IN_PLACE },
	{ DFUT_SIGHTING_STAYED, TRIGGER,       ANY,                          ANY,             DFUT_VERDICT_NEXT },
	{ DFUT_SIGHTING_STAYED, LEG | RESTART, END(MAY_LEAVE) | END(GONE),   ANY,             DFUT_VERDICT_STAYS_BY_HAND },
	{ DFUT_SIGHTING_STAYED, ANY,           ANY,                          ANY,             DFUT_VERDICT_STAYED },

	{ DFUT_SIGHTING_LOST,   LEG | RESTART, END(RESETS),                  ANY,             DFUT_VERDICT_RESET_AWAY },
	{ DFUT_SIGHTING_LOST,   LEG | RESTART, END(GONE),                    ANY,             DFUT_VERDICT_AWAY },
	{ DFUT_SIGHTING_LOST,   RESTART,       END(RESTARTED),               ANY,             DFUT_VERDICT_AWAY },
	{ DFUT_SIGHTING_LOST,   ANY,           ANY,                          ANY,             DFUT_VERDICT_LOST },

	{ DFUT_SIGHTING_BACK,   TRIGGER,       ANY,                          AS(BOOTLOADER),  DFUT_VERDICT_ARRIVED },
	{ DFUT_SIGHTING_BACK,   TRIGGER,       ANY,                          AS(STEP),        DFUT_VERDICT_STEP },
	{ DFUT_SIGHTING_BACK,   TRIGGER,       ANY,                          AS(SAME),        DFUT_VERDICT_IN_PLACE },
	{ DFUT_SIGHTING_BACK,   TRIGGER,       ANY,                          AS(STRANGER),    DFUT_VERDICT_TAKEN },
	{ DFUT_SIGHTING_BACK,   TRIGGER,       ANY,                          ANY,             DFUT_VERDICT_NOT_THERE },
	{ DFUT_SIGHTING_BACK,   RESTART,       END(RESTARTED),               AS(APPLICATION), DFUT_VERDICT_RUNS_AGAIN },
	{ DFUT_SIGHTING_BACK,   ANY,           END(RESTARTED),               ANY,             DFUT_VERDICT_AGAIN },
	{ DFUT_SIGHTING_BACK,   ANY,           ANY,                          AS(APPLICATION), DFUT_VERDICT_STARTED },
	{ DFUT_SIGHTING_BACK,   ANY,           END(RESETS) | END(RETURNS),   ANY,             DFUT_VERDICT_OVER },
	{ DFUT_SIGHTING_BACK,   ANY,           ANY,                          AS(STAGE),       DFUT_VERDICT_NEXT_STAGE },
	{ DFUT_SIGHTING_BACK,   ANY,           END(MAY_LEAVE) | END(GONE),   ANY,             DFUT_VERDICT_BACK_BY_HAND },
	{ DFUT_SIGHTING_BACK,   ANY,           ANY,                          ANY,             DFUT_VERDICT_NOT_STARTED },
};
/* clang-format on */

const struct dfut_verdict_row *dfut_verdict_get_row(size_t index)
{
	return index < DFUT_COUNT(rows) ? &rows[index] : NULL;
}

const struct dfut_verdict_row *dfut_verdict_find(enum dfut_sighting sighting, enum dfut_asker asker, enum dfut_end end,
						 enum dfut_guise guise)
{
	for (size_t i = 0; i < DFUT_COUNT(rows); i++)
		if (rows[i].sighting == sighting && rows[i].askers & 1u << asker && rows[i].ends & 1u << end &&
		    rows[i].guises & 1u << guise)
			return &rows[i];
	return NULL;
}

static const char *get_name(const char *const *names, size_t count, size_t at)
{
	return at < count && names[at] ? names[at] : "?";
}

const char *dfut_sighting_get_name(enum dfut_sighting sighting)
{
	static const char *const names[] = { "stayed", "lost", "back" };

	return get_name(names, DFUT_COUNT(names), sighting);
}

const char *dfut_asker_get_name(enum dfut_asker asker)
{
	static const char *const names[] = { "trigger", "leg", "restart" };

	return get_name(names, DFUT_COUNT(names), asker);
}

const char *dfut_end_get_name(enum dfut_end end)
{
	static const char *const names[] = {
		[DFUT_END_STAYS] = "stays",	    [DFUT_END_LEAVES] = "leaves",   [DFUT_END_MAY_LEAVE] = "may leave",
		[DFUT_END_RESTARTED] = "restarted", [DFUT_END_REFUSED] = "refused", [DFUT_END_GONE] = "gone",
		[DFUT_END_RESETS] = "resets",	    [DFUT_END_STAYED] = "stayed",   [DFUT_END_RETURNS] = "returns",
	};

	return get_name(names, DFUT_COUNT(names), end);
}

const char *dfut_guise_get_name(enum dfut_guise guise)
{
	static const char *const names[] = { "-", "bootloader", "application", "step", "same", "stranger", "stage" };

	return get_name(names, DFUT_COUNT(names), guise);
}

const char *dfut_verdict_get_name(enum dfut_verdict verdict)
{
	static const char *const names[] = {
		[DFUT_VERDICT_ARRIVED] = "arrived",
		[DFUT_VERDICT_STEP] = "triggered again",
		[DFUT_VERDICT_IN_PLACE] = "in place",
		[DFUT_VERDICT_TAKEN] = "taken as it is",
		[DFUT_VERDICT_NEXT] = "next trigger",
		[DFUT_VERDICT_NOT_THERE] = "error: not in its bootloader",
		[DFUT_VERDICT_AGAIN] = "leg again",
		[DFUT_VERDICT_RUNS_AGAIN] = "leg again, application runs",
		[DFUT_VERDICT_STARTED] = "leg over, application runs",
		[DFUT_VERDICT_OVER] = "leg over",
		[DFUT_VERDICT_STAYS_BY_HAND] = "next way out; leg over, reset by hand",
		[DFUT_VERDICT_NEXT_STAGE] = "job over, next stage",
		[DFUT_VERDICT_BACK_BY_HAND] = "leg over, back, reset by hand",
		[DFUT_VERDICT_AWAY] = "leg over, no USB",
		[DFUT_VERDICT_RESET_AWAY] = "leg over, reset, no USB",
		[DFUT_VERDICT_STAYED] = "next way out; error: still there",
		[DFUT_VERDICT_LOST] = "error: not back",
		[DFUT_VERDICT_NOT_STARTED] = "error: not started",
	};

	return get_name(names, DFUT_COUNT(names), verdict);
}
