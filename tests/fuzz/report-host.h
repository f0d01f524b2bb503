/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A device that speaks by HID reports, and says whatever the input says. */

#ifndef DFUT_FUZZ_REPORT_HOST_H
#define DFUT_FUZZ_REPORT_HOST_H

#include "machine-host.h"

/* Of a report that comes in; zeros follow */
#define REPORT_BYTES 16

/* One answer: a byte that chooses how it ends, then the first bytes of a report. */
static inline int answer_report(struct input *input, const struct dfut_next *next, uint8_t *buffer)
{
	const struct dfut_action *action = &next->action;
	uint8_t how = take_byte(input);
	size_t length;

	if (how < 8)
		return choose_error(how);
	if (next->kind != DFUT_NEXT_ACT || action->kind != DFUT_ACTION_REPORT || !action->report.is_in)
		return next->kind == DFUT_NEXT_ACT && action->kind == DFUT_ACTION_REPORT ? action->report.length : 0;
	length = how < 16 ? how % 8u * action->report.length / 8 : action->report.length;
	memset(buffer, 0, length);
	take_bytes(input, buffer, length < REPORT_BYTES ? length : REPORT_BYTES);
	return (int)length;
}

#endif
