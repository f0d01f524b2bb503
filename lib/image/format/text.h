/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Is the whole content text, and of which kind? */

#ifndef DFUT_FORMAT_TEXT_H
#define DFUT_FORMAT_TEXT_H

#include "image/format/foreign.h"

bool dfut_text_is_web_page(const struct dfut_content *content);
bool dfut_text_is_xml(const struct dfut_content *content);
bool dfut_text_is_json(const struct dfut_content *content);
bool dfut_text_is_white(const struct dfut_content *content);
/* UTF-8, with words and blanks, or neither letters nor digits at all: a filler byte is often one of those. */
bool dfut_text_is_plain(const struct dfut_content *content);
/* UTF-16 or UTF-32 with its mark, or UTF-16 of Latin letters without */
bool dfut_text_is_wide(const struct dfut_content *content);
/* ISO 8859 and its like: mostly ASCII */
bool dfut_text_is_8_bit(const struct dfut_content *content);

#endif
