/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

#ifndef DFUTRIGGER_CLI_NUMBERS_H
#define DFUTRIGGER_CLI_NUMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What a person writes on a command line, as numbers. All are false for text that is not wholly one. */

/** Decimal, or hexadecimal behind 0x; a leading zero does not mean octal. */
bool number_parse(const char *text, uint64_t max, uint64_t *value);
/** The same, with K or M (1024, 1024 * 1024) behind it. */
bool number_parse_size(const char *text, uint64_t *value);
/** Seconds with decimals, more than 0. */
bool number_parse_seconds(const char *text, unsigned int *milliseconds);
/** One to four hexadecimal digits; `length` characters of text. */
bool number_parse_id(const char *text, size_t length, uint16_t *value);
/** Pairs of hexadecimal digits. @return bytes, -1 if it is something else or more than `room` */
int number_parse_bytes(const char *text, uint8_t *bytes, size_t room);

#endif
