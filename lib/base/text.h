/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* UTF-8 that others wrote, one character after the other. */

#ifndef DFUT_TEXT_H
#define DFUT_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* The length of the well-formed sequence at text and its code point; 0 if there is none. */
size_t dfut_decode_text(const char *text, uint32_t *code);

#endif
