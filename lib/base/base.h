/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What crosses files inside the library: exports, failures, bytes. Objects have headers of their own. */

#ifndef DFUT_PRIVATE_H
#define DFUT_PRIVATE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dfutrigger.h"

#if defined(_WIN32)
#define DFUT_API __declspec(dllexport)
#else
#define DFUT_API __attribute__((visibility("default")))
#endif

#if defined(__MINGW32__)
#define DFUT_PRINTF(text, arguments) __attribute__((format(gnu_printf, text, arguments)))
#else
#define DFUT_PRINTF(text, arguments) __attribute__((format(printf, text, arguments)))
#endif

#define DFUT_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What editors of Windows put in front of UTF-8 */
#define DFUT_BYTE_ORDER_MARK "\xef\xbb\xbf"

/* Why something did not work, in the words that a person will read. */
struct dfut_failure {
	int code;
	unsigned int check;
	char text[1024];
	char hint[1024];
	size_t line; /* where in the hint the line begins that is to be copied; 0 if there is none */
};

/* Sets code and text, clears check and hint. Returns the code, so that it can end a function. Text and hint are cleaned. */
int dfut_fail(struct dfut_failure *failure, int code, const char *text, ...) DFUT_PRINTF(3, 4);
/* The same for a failed check (one bit of enum dfut_check). */
int dfut_fail_check(struct dfut_failure *failure, int code, unsigned int check, const char *text, ...)
	DFUT_PRINTF(4, 5);
/* Adds the hint to a failure that was just set. */
void dfut_hint(struct dfut_failure *failure, const char *text, ...) DFUT_PRINTF(2, 3);
/* Adds a line to the hint that is to be copied as it is, a command for a shell. One that does not fit whole is left out. */
void dfut_hint_line(struct dfut_failure *failure, const char *line, ...) DFUT_PRINTF(2, 3);
const char *dfut_failure_get_line(const struct dfut_failure *failure);
int dfut_fail_memory(struct dfut_failure *failure);
void dfut_failure_clear(struct dfut_failure *failure);
/* What a program's functions tell: none but a session cancels, and what is no code, or more than `most`, is DFUT_ERROR_IO. */
int dfut_error_take(int result, int most);

char *dfut_format_text(const char *text, ...) DFUT_PRINTF(1, 2);

/* text.c. What others wrote becomes one line of UTF-8 that does nothing to a terminal: controls, line separators, bidirectional
 * controls and what is no UTF-8 become '?'. Failures, facts and the log do it themselves. */
void dfut_clean_text(char *text);

static inline uint16_t dfut_le16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static inline uint32_t dfut_le32(const uint8_t *bytes)
{
	return dfut_le16(bytes) | (uint32_t)dfut_le16(bytes + 2) << 16;
}

static inline void dfut_put_le16(uint8_t *bytes, uint16_t value)
{
	bytes[0] = (uint8_t)value;
	bytes[1] = (uint8_t)(value >> 8);
}

static inline void dfut_put_le32(uint8_t *bytes, uint32_t value)
{
	dfut_put_le16(bytes, (uint16_t)value);
	dfut_put_le16(bytes + 2, (uint16_t)(value >> 16));
}

#endif
