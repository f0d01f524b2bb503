/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Actions: what each kind moves, which way, and what its result can be. */

#include <stddef.h>
#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "core/action.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const uint8_t sent[] = { 1, 2, 3 };

static const struct {
	struct dfut_action action;
	uint16_t length;
	bool is_in;
	int limit;
	const char *text;
} cases[] = {
	{ { .kind = DFUT_ACTION_CONTROL, .control = { 0x21, 1, 2, 3, 3, sent } },
	  3,
	  false,
	  3,
	  "control 21 01 0002 0003 3" },
	{ { .kind = DFUT_ACTION_CONTROL, .control = { 0xa1, 3, 0, 4, 6, NULL } },
	  6,
	  true,
	  6,
	  "control a1 03 0000 0004 6" },
	{ { .kind = DFUT_ACTION_REPORT, .report = { DFUT_REPORT_FEATURE, 5, false, 3, sent } }, 3, false, 3, "report" },
	{ { .kind = DFUT_ACTION_REPORT, .report = { DFUT_REPORT_INPUT, 0, true, 64, NULL } }, 64, true, 64, "report" },
	{ { .kind = DFUT_ACTION_READ, .transfer = { 0x81, 2, 512, NULL, NULL, 0 } }, 512, true, 512, "read" },
	{ { .kind = DFUT_ACTION_WRITE, .transfer = { 0x01, 2, 3, sent, NULL, 0 } }, 3, false, 3, "write" },
	{ { .kind = DFUT_ACTION_DRIVER, .driver = { DFUT_DRIVER_ASK } }, 0, false, 1, "driver" },
	{ { .kind = DFUT_ACTION_DRIVER, .driver = { DFUT_DRIVER_ATTACH } }, 0, false, 0, "driver" },
	{ { .kind = DFUT_ACTION_OPEN, .open = { .keeps_driver = true } }, 0, false, 0, "open" },
	{ { .kind = DFUT_ACTION_CLOSE }, 0, false, 0, "close" },
	{ { .kind = DFUT_ACTION_RELEASE }, 0, false, 0, "release" },
	{ { .kind = DFUT_ACTION_RESET }, 0, false, 0, "reset" },
	{ { .kind = DFUT_ACTION_CONFIGURE, .configure = { 200 } }, 0, false, 0, "configure" },
	{ { .kind = DFUT_ACTION_ALTERNATE, .alternate = { 200 } }, 0, false, 0, "alternate" },
	{ { .kind = DFUT_ACTION_CLEAR_HALT, .clear_halt = { 0x81 } }, 0, false, 0, "clear halt" },
	{ { .kind = DFUT_ACTION_LINE_CODING, .line_coding = { 115200, 1, 0, 8 } }, 0, false, 0, "line coding" },
	{ { .kind = DFUT_ACTION_LINES, .lines = { DFUT_LINE_DTR, DFUT_LINE_DTR } }, 0, false, 0, "lines" },
};

Test(action, says_what_it_moves)
{
	char text[64];

	for (size_t i = 0; i < COUNT(cases); i++) {
		dfut_action_describe(&cases[i].action, text, sizeof(text));
		cr_expect(eq(u16, dfut_action_get_length(&cases[i].action), cases[i].length), "%s", text);
		cr_expect(eq(int, dfut_action_is_in(&cases[i].action), cases[i].is_in), "%s", text);
		cr_expect(eq(int, dfut_action_get_limit(&cases[i].action), cases[i].limit), "%s", text);
		cr_expect(eq(int, strncmp(text, cases[i].text, strlen(cases[i].text)), 0), "%s", text);
	}
}

Test(action, takes_along_what_goes_out)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct dfut_action action = cases[i].action;
		uint8_t buffer[512] = { 0 };
		bool goes_out = cases[i].length && !cases[i].is_in;

		dfut_action_move_data(&action, buffer);
		cr_expect(eq(int, memcmp(buffer, sent, sizeof(sent)) == 0, goes_out), "%s", cases[i].text);
		/* The rest of it stays. */
		cr_expect(eq(u16, dfut_action_get_length(&action), cases[i].length), "%s", cases[i].text);
	}
}

/* A bus may have been built before a kind came: all that is known now fits the room that is kept. */
Test(action, keeps_its_size)
{
	struct dfut_action action;

	cr_expect(eq(sz, sizeof(action), offsetof(struct dfut_action, reserved) + sizeof(action.reserved)));
	cr_expect(eq(sz, sizeof(action.reserved), 64));
}
