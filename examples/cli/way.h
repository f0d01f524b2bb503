/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

#ifndef DFUTRIGGER_CLI_WAY_H
#define DFUTRIGGER_CLI_WAY_H

#include <stdbool.h>
#include <stdint.h>

#include <dfutrigger.h>

enum way_kind {
	WAY_OF_TABLE = 0,
	WAY_CONTROL,
	WAY_REPORT,
	WAY_TOUCH,
};

/** A way into the bootloader that was given by hand. */
struct way {
	enum way_kind kind;
	uint8_t request_type;
	uint8_t request;
	uint16_t value;
	uint16_t index;
	enum dfut_report_type report_type;
	uint8_t report_id;
	uint32_t baud;
	uint16_t size;
	uint8_t data[64];
};

/** "0x20:0:0:0[:HEXDATA]", which is cut into pieces. @return false if it makes no sense */
bool way_parse_control(struct way *way, char *text);
/** "05:75000000". @return false if it makes no sense */
bool way_parse_report(struct way *way, enum dfut_report_type type, char *text);
/** "1200". @return false if it makes no sense */
bool way_parse_touch(struct way *way, const char *text);
/** Makes a session go that way. @param interface -1 for whichever fits @return 0 or a negative enum dfut_error */
int way_apply(const struct way *way, struct dfut_session *session, int interface);

#endif
