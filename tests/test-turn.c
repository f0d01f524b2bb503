/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Turns on a bus: one after the other on each, whoever ends first. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "core/turn.h"

TestSuite(turn, .timeout = 60);

static const struct dfut_bus *const bus = (const struct dfut_bus *)"bus";
static const struct dfut_bus *const other_bus = (const struct dfut_bus *)"other";

Test(turn, devices_of_one_bus_take_turns)
{
	struct dfut_turn *list = NULL;
	struct dfut_turn first = { NULL, NULL, NULL, NULL, NULL }, second = first, third = first;

	dfut_turn_ask(&first, &list, bus, "1-2.1");
	dfut_turn_ask(&second, &list, bus, "1-3");
	dfut_turn_ask(&third, &list, bus, "1-2.1.4");
	cr_expect(dfut_turn_has_come(&first));
	cr_expect(dfut_turn_is_taken(list, bus, "1-7"));
	cr_expect(not(dfut_turn_is_taken(list, bus, "11-7")));
	cr_expect(not(dfut_turn_is_taken(list, other_bus, "1-7")));
	cr_expect(not(dfut_turn_has_come(&second)));
	cr_expect(not(dfut_turn_has_come(&third)));
	/* Who does not want it any more is left out. */
	dfut_turn_end(&second);
	cr_expect(not(dfut_turn_has_come(&second)));
	cr_expect(not(dfut_turn_has_come(&third)));
	dfut_turn_end(&first);
	cr_expect(dfut_turn_has_come(&third));
	dfut_turn_end(&third);
	cr_expect(list == NULL);
}

Test(turn, other_buses_are_not_held_up)
{
	struct dfut_turn *list = NULL;
	struct dfut_turn turns[4] = { { NULL, NULL, NULL, NULL, NULL } };
	static const char *const paths[] = { "1-1", "11-1", "2-1" };

	for (size_t i = 0; i < 3; i++)
		dfut_turn_ask(&turns[i], &list, bus, paths[i]);
	dfut_turn_ask(&turns[3], &list, other_bus, "1-1");
	for (size_t i = 0; i < 4; i++)
		cr_expect(dfut_turn_has_come(&turns[i]), "%zu", i);
	for (size_t i = 0; i < 4; i++)
		dfut_turn_end(&turns[i]);
	cr_expect(list == NULL);
}

/* Asked for twice it is the same; ended twice, or never asked for, it is nobody's. */
Test(turn, a_turn_is_asked_for_and_ended_once)
{
	struct dfut_turn *list = NULL;
	struct dfut_turn turn = { NULL, NULL, NULL, NULL, NULL };

	cr_expect(not(dfut_turn_has_come(&turn)));
	dfut_turn_end(&turn);
	dfut_turn_ask(&turn, &list, bus, "");
	dfut_turn_ask(&turn, &list, bus, "");
	cr_expect(dfut_turn_has_come(&turn));
	dfut_turn_end(&turn);
	dfut_turn_end(&turn);
	cr_expect(list == NULL);
}
