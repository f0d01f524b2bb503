/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Text: what is put together, and what others wrote made fit to be shown. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "base/text.h"

char *dfut_format_text(const char *text, ...)
{
	va_list arguments;
	char *result = NULL;
	int size;

	va_start(arguments, text);
	size = vsnprintf(NULL, 0, text, arguments);
	va_end(arguments);
	if (size < 0)
		return NULL;
	result = malloc((size_t)size + 1);
	if (!result)
		return NULL;
	va_start(arguments, text);
	vsnprintf(result, (size_t)size + 1, text, arguments);
	va_end(arguments);
	return result;
}

size_t dfut_decode_text(const char *from, uint32_t *code)
{
	const unsigned char *text = (const unsigned char *)from;
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t length = text[0] < 0x80			  ? 1 :
			text[0] >= 0xc0 && text[0] < 0xe0 ? 2 :
			text[0] >= 0xe0 && text[0] < 0xf0 ? 3 :
			text[0] >= 0xf0 && text[0] < 0xf8 ? 4 :
							    0;

	*code = length > 1 ? text[0] & (0x7f >> length) : text[0];
	for (size_t i = 1; i < length; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (text[i] & 0x3f);
	}
	if (length == 0 || *code < least[length] || *code > 0x10ffff || (*code >= 0xd800 && *code <= 0xdfff))
		return 0;
	return length;
}

/* Controls (C0, DEL, C1) drive a terminal, line separators end a line, bidirectional controls turn text around. */
static bool is_harmless(uint32_t code)
{
	static const struct {
		uint32_t first;
		uint32_t last;
	} harmful[] = { { 0x00, 0x1f },	    { 0x7f, 0x9f },	{ 0x61c, 0x61c },
			{ 0x200e, 0x200f }, { 0x2028, 0x202e }, { 0x2066, 0x2069 } };

	for (size_t i = 0; i < DFUT_COUNT(harmful); i++)
		if (code >= harmful[i].first && code <= harmful[i].last)
			return false;
	return true;
}

void dfut_clean_text(char *text)
{
	const char *from = text;
	char *to = text;

	while (*from) {
		uint32_t code;
		size_t length = dfut_decode_text(from, &code);

		if (length > 0 && is_harmless(code)) {
			memmove(to, from, length);
			to += length;
		} else {
			*to++ = '?';
		}
		from += length > 0 ? length : 1;
	}
	*to = '\0';
}
