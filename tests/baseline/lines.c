/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

#include "lines.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *allocate_or_die(void *old, size_t size)
{
	void *memory = realloc(old, size ? size : 1);

	if (!memory)
		abort();
	return memory;
}

static char *escape(const char *text)
{
	char *escaped = allocate_or_die(NULL, 4 * strlen(text) + 1);
	char *out = escaped;

	for (; *text; text++) {
		if (*text >= ' ' && *text <= '~')
			*out++ = *text;
		else
			out += sprintf(out, "\\x%02x", (unsigned char)*text);
	}
	*out = '\0';
	return escaped;
}

void lines_add(struct lines *lines, const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		abort();
	va_end(arguments);
	if (lines->count == lines->room) {
		lines->room = lines->room ? 2 * lines->room : 64;
		lines->items = allocate_or_die(lines->items, lines->room * sizeof(*lines->items));
	}
	lines->items[lines->count++] = escape(text);
	free(text);
}

void lines_clear(struct lines *lines)
{
	for (size_t i = 0; i < lines->count; i++)
		free(lines->items[i]);
	free(lines->items);
	memset(lines, 0, sizeof(*lines));
}

/* FNV-1a over words of 8 bytes: a megabyte of flash is looked at after each of many thousand runs. */
__attribute__((no_sanitize("address", "undefined"))) uint64_t digest_add(uint64_t digest, const void *data, size_t size)
{
	const uint8_t *bytes = data;
	uint64_t word;

	for (; size >= sizeof(word); bytes += sizeof(word), size -= sizeof(word)) {
		__builtin_memcpy(&word, bytes, sizeof(word));
		digest = (digest ^ word) * UINT64_C(0x100000001b3);
		digest ^= digest >> 29;
	}
	for (; size; bytes++, size--)
		digest = (digest ^ *bytes) * UINT64_C(0x100000001b3);
	return digest ^ digest >> 32;
}

uint64_t digest_lines(const struct lines *lines)
{
	uint64_t digest = DIGEST_START;

	for (size_t i = 0; i < lines->count; i++)
		digest = digest_add(digest, lines->items[i], strlen(lines->items[i]) + 1);
	return digest;
}
