/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What a device's string descriptors say: a machine asks for them where the system's list of names does not do. */

#include "base/strings.h"

static bool is_string(const uint8_t *data, size_t size)
{
	return size >= 2 && data[1] == DFUT_STRING_DESCRIPTOR;
}

uint16_t dfut_string_get_language(const uint8_t *data, size_t size)
{
	return is_string(data, size) && size >= 4 ? dfut_le16(data + 2) : DFUT_LANGUAGE_US_ENGLISH;
}

static size_t put_utf8(char *out, uint32_t code)
{
	size_t more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
	static const uint8_t leads[] = { 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = more; i > 0; i--) {
		out[i] = (char)(0x80 | (code & 0x3f));
		code >>= 6;
	}
	out[0] = (char)(leads[more] | code);
	return more + 1;
}

/* A pair of surrogates is one character; half of one becomes what is cleaned away. */
static uint32_t take_character(const uint8_t *data, size_t *at, size_t end)
{
	uint32_t unit = dfut_le16(data + *at);
	uint32_t next;

	*at += 2;
	if ((unit & 0xfc00) != 0xd800 || end - *at < 2)
		return unit;
	next = dfut_le16(data + *at);
	if ((next & 0xfc00) != 0xdc00)
		return unit;
	*at += 2;
	return 0x10000 + ((unit & 0x3ff) << 10 | (next & 0x3ff));
}

void dfut_string_decode(char *text, size_t room, const uint8_t *data, size_t size)
{
	size_t end, used = 0;

	text[0] = '\0';
	if (!is_string(data, size))
		return;
	end = data[0] < size ? data[0] : size;
	for (size_t at = 2; at + 2 <= end && used + 4 < room;) {
		uint32_t code = take_character(data, &at, end);

		if (!code)
			break;
		used += put_utf8(text + used, code);
	}
	text[used] = '\0';
	dfut_clean_text(text);
}
