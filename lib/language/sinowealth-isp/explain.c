/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* SinoWealth's ISP in words. */

#include "language/sinowealth-isp/wire.h"

bool sinowealth_explain(struct dfut_talk *talk, const struct dfut_tape_event *event, struct dfut_meaning *meaning)
{
	if (event->kind != DFUT_TAPE_REPORT || event->type != DFUT_REPORT_FEATURE)
		return false;
	if (event->id == SINOWEALTH_PAGE_ID) {
		uint32_t address = talk->address;

		talk->address += event->result >= 0 ? SINOWEALTH_PAGE_SIZE : 0;
		return dfut_mean_at(meaning, event->is_in ? DFUT_PHASE_READING : DFUT_PHASE_WRITING,
				    event->is_in ? "read a page" : "write a page", address, SINOWEALTH_PAGE_SIZE);
	}
	if (event->id != SINOWEALTH_COMMAND_ID || event->is_in || !dfut_meaning_has(event, SINOWEALTH_COMMAND_SIZE))
		return false;
	switch (event->data.bytes[0]) {
	case SINOWEALTH_READ:
	case SINOWEALTH_WRITE:
	case SINOWEALTH_ERASE:
	case SINOWEALTH_ENABLE:
	case SINOWEALTH_REBOOT:
		break;
	default:
		return false;
	}
	talk->address = 0;
	return dfut_mean_alone(meaning, DFUT_PHASE_ANY,
			       sinowealth_command_get_name((enum sinowealth_command)event->data.bytes[0]), "%s", "");
}
