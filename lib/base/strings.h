/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* String descriptors (USB 2.0, 9.6.7). */

#ifndef DFUT_STRINGS_H
#define DFUT_STRINGS_H

#include "base/base.h"

#define DFUT_STRING_DESCRIPTOR 3
/* bLength has eight bits. */
#define DFUT_STRING_LIMIT 255
#define DFUT_LANGUAGE_US_ENGLISH 0x0409

/* The first language that string descriptor 0 tells; English if it is none. */
uint16_t dfut_string_get_language(const uint8_t *data, size_t size);
/* Its text as UTF-8 that is fit to be shown, as far as there is room; "" if it is no string descriptor. One that is shorter than
 * its bLength says is taken as it is. */
void dfut_string_decode(char *text, size_t room, const uint8_t *data, size_t size);

#endif
