/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

#ifndef DFUTRIGGER_CLI_JSON_H
#define DFUTRIGGER_CLI_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

/** Values of JSON documents; NULL when out of memory. */

/** From now on it is noted when there is no memory for a part of a document: jansson leaves it out then. */
void json_watch_memory(void);
/** @return whether there was none since the last call */
bool json_take_failure(void);

/** Is the text UTF-8, as JSON needs it? */
bool is_json_text(const char *text);
/** Text, also if it is not UTF-8; null for "" and NULL. */
json_t *new_json_text(const char *text);
/** A number with so many hexadecimal digits, as text. */
json_t *new_json_hex(unsigned int value, int digits);
/** Bytes as hexadecimal digits. */
json_t *new_json_bytes(const uint8_t *bytes, size_t size);

#endif
