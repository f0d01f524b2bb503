/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* String descriptors from a hostile device, and names that it may have: what becomes of them is UTF-8 without controls. */

#include <stdlib.h>
#include <string.h>

#include "base/strings.h"
#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *text)
{
	size_t length;
	uint32_t code;

	for (; *text; text += length) {
		length = dfut_decode_text(text, &code);
		if (!length || code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x202a && code <= 0x202e))
			abort();
	}
}

/* In a block of exactly its size, so that a read beyond it is seen. */
static void clean(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (!text)
		return;
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	dfut_clean_text(text);
	check(text);
	free(text);
}

static void decode(const uint8_t *data, size_t size, size_t room)
{
	uint8_t *exact = malloc(size ? size : 1);
	char *text = malloc(room);

	if (exact && text) {
		if (size)
			memcpy(exact, data, size);
		dfut_string_decode(text, room, exact, size);
		check(text);
		dfut_string_get_language(exact, size);
	}
	free(exact);
	free(text);
}

/* The first byte says how much room there is for a descriptor's text. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	clean(data + 1, size - 1);
	decode(data + 1, size - 1, data[0] + 1u);
	return 0;
}
