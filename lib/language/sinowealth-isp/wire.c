/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Reports of SinoWealth's ISP. */

#include <string.h>

#include "language/sinowealth-isp/wire.h"

/* In front of a page */
#define TAG_READ 0x72
#define TAG_WRITE 0x77

const char *sinowealth_command_get_name(enum sinowealth_command command)
{
	switch (command) {
	case SINOWEALTH_READ:
		return "the start of reading";
	case SINOWEALTH_WRITE:
		return "the start of writing";
	case SINOWEALTH_ERASE:
		return "the erase";
	case SINOWEALTH_ENABLE:
		return "enabling the firmware";
	case SINOWEALTH_REBOOT:
		return "the restart";
	}
	return "a command";
}

void sinowealth_put_command(uint8_t report[SINOWEALTH_COMMAND_SIZE], enum sinowealth_command command)
{
	memset(report, 0, SINOWEALTH_COMMAND_SIZE);
	report[0] = (uint8_t)command;
}

void sinowealth_put_page(uint8_t report[SINOWEALTH_PAGE_REPORT_SIZE], const uint8_t *page)
{
	report[0] = TAG_WRITE;
	memcpy(report + 1, page, SINOWEALTH_PAGE_SIZE);
}

const uint8_t *sinowealth_get_page(const uint8_t *report, int size)
{
	return size == SINOWEALTH_PAGE_REPORT_SIZE && report[0] == TAG_READ ? report + 1 : NULL;
}
