/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Reports of SinoWealth's ISP: one for commands, one for pages. Drawing: docs/protocols/sinowealth-isp.md. */

#ifndef DFUT_SINOWEALTH_ISP_WIRE_H
#define DFUT_SINOWEALTH_ISP_WIRE_H

#include "base/base.h"
#include "language/meaning.h"

#define SINOWEALTH_COMMAND_ID 5
#define SINOWEALTH_PAGE_ID 6
/* Without the ids */
#define SINOWEALTH_COMMAND_SIZE 5
#define SINOWEALTH_PAGE_SIZE 2048
#define SINOWEALTH_PAGE_REPORT_SIZE (1 + SINOWEALTH_PAGE_SIZE)

enum sinowealth_command {
	SINOWEALTH_READ = 0x52,
	SINOWEALTH_WRITE = 0x57,
	SINOWEALTH_ERASE = 0x45,
	SINOWEALTH_ENABLE = 0x55,
	SINOWEALTH_REBOOT = 0x5a,
};

/* For people */
const char *sinowealth_command_get_name(enum sinowealth_command command);

/* A whole report without its id; what has an address begins at 0. */
void sinowealth_put_command(uint8_t report[SINOWEALTH_COMMAND_SIZE], enum sinowealth_command command);
void sinowealth_put_page(uint8_t report[SINOWEALTH_PAGE_REPORT_SIZE], const uint8_t *page);
/* The page in a report that has come in; NULL if that is none. */
const uint8_t *sinowealth_get_page(const uint8_t *report, int size);

/* An 8051's jump: opcode, then the address with its high byte first. */
#define SINOWEALTH_LJMP 0x02

static inline uint16_t sinowealth_get_target(const uint8_t jump[3])
{
	return (uint16_t)(jump[1] << 8 | jump[2]);
}

/* In words; of a recording. */
bool sinowealth_explain(struct dfut_talk *talk, const struct dfut_tape_event *event, struct dfut_meaning *meaning);

#endif
